// SPDX-License-Identifier: Apache-2.0
// Fields against closed forms. Tolerances: the goals of the product, each above the error that sampling alone leaves.
#include "raywave/wave/simulate.h"

#include <gtest/gtest.h>

#include <numeric>

#include "raywave/em/fresnel.h"
#include "raywave/wave/reference.h"
#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;

struct BeamCase {
  double waist, tilt_deg, y0, z;
  std::vector<Point> points;
  std::vector<Complexc> expected;
};
std::vector<BeamCase> beam_cases() {
  std::vector<BeamCase> out;
  for (const auto& r : read_csv("gaussian.csv")) {
    if (out.empty() || out.back().waist != r[0] || out.back().tilt_deg != r[1] || out.back().z != r[3])
      out.push_back({r[0], r[1], r[2], r[3], {}, {}});
    out.back().points.push_back({r[4], r[3]});
    out.back().expected.emplace_back(r[5], r[6]);
  }
  return out;
}

double beam_error(const BeamCase& c, const SimulateOptions& options) {
  Scene s = beam_scene(8192, 0.25, c.waist / kL, c.z / kL, c.tilt_deg * kPi / 180);
  s.sources[0].position_m = c.y0;
  return relative_error(simulate(s, options).at(c.points), c.expected);
}

class WaveMarch : public EveryDevice {};
RAYWAVE_ON_EVERY_DEVICE(WaveMarch);

TEST_P(WaveMarch, GaussianBeamEqualsItsIntegral) {
  int compared = 0;
  for (const BeamCase& c : beam_cases()) {
    if (c.waist < 2 * kL || c.z > 100 * kL) continue;  // images of steep waves are the window's, not the solver's
    EXPECT_LT(beam_error(c, on_device()), 1e-12) << c.waist / kL << " " << c.tilt_deg << " " << c.z / kL;
    SimulateOptions single = on_device();
    single.backend.precision = Precision::kFloat;
    EXPECT_LT(beam_error(c, single), 2e-6) << c.waist / kL << " " << c.tilt_deg << " " << c.z / kL;
    ++compared;
  }
  EXPECT_GE(compared, 8);
}

TEST_P(WaveMarch, FluxIsKeptOverTwoThousandSteps) {
  for (const Precision precision : {Precision::kDouble, Precision::kFloat}) {
    Scene s = beam_scene(1024, 0.5, 6, 500, 0.1);
    CellMedium glass;
    glass.z_end_m = s.z_end_m, glass.num_z = 2000;
    glass.index_minus_one.assign(2000 * 1024, Complexc(1e-3, 0));  // lossless screens: nothing merges
    s.cells = {glass};
    SimulateOptions o = on_device();
    o.output_z_m = {0, s.z_end_m};
    o.backend.precision = precision;
    const Simulation sim(s, o);
    EXPECT_GE(sim.march().steps().size(), 4000u);
    const Result r = sim.run();
    const double loss = std::abs(r.power_w_per_m(1) / r.power_w_per_m(0) - 1);
    EXPECT_LT(loss, precision == Precision::kDouble ? 1e-11 : 5e-4);
  }
}

TEST(Wave, JumpsCompose) {
  Scene s = beam_scene(512, 0.5, 4, 40);
  SimulateOptions many;
  for (int i = 0; i <= 40; ++i) many.output_z_m.push_back(s.z_end_m * i / 40);
  EXPECT_LT(relative_error(simulate(s, many).field.back()[0], simulate(s).field.back()[0]), 1e-13);
}

TEST(Wave, SlitEqualsTheRayleighSommerfeldIntegral) {
  const double half = 5.1 * kL, z = 40 * kL;
  Scene s = beam_scene(8192, 0.25, 4, z / kL);
  Source plane;
  plane.kind = SourceKind::kSampled;
  const Coverage open = coverage(s.grid.cell_edges_m(), 0, 1, rectangle({0, 0.5}, 2 * half, 1));
  plane.samples.resize(8192);
  for (size_t j = 0; j < open.fraction.size(); ++j) plane.samples[size_t(open.first) + j] = open.fraction[j];
  s.sources = {plane};
  std::vector<Point> points;
  for (int i = -30; i <= 30; ++i) points.push_back({i * kL / 2, z});
  // the slit's own integral, on a grid fine enough for the midpoint rule
  Grid fine{4096, 2 * half / 4096, 2 * half / 4096 / 2, {}};
  const auto expected = green_reference(fine, Field(4096, 1.0), 0, s.wavenumber_rad_per_m(), points);
  EXPECT_LT(relative_error(simulate(s).at(points), expected), 3e-3);
}

TEST(Wave, KnifeEdgeEqualsTheHalfPlaneSolution) {
  const auto rows = read_csv("half_plane.csv");
  std::vector<Point> points;
  std::vector<Complexc> expected;
  for (const auto& r : rows)
    if (std::abs(r[0] - 20 * kL) < kL && std::abs(r[1]) < 10 * kL)
      points.push_back({r[1], r[0]}), expected.emplace_back(r[2], r[3]);
  ASSERT_GT(points.size(), 20u);
  Scene s = beam_scene(4096, 0.25, 4, 20.5);
  Source plane;
  plane.kind = SourceKind::kSampled;
  plane.samples.resize(4096);
  const Coverage open = coverage(s.grid.cell_edges_m(), 0, 1, rectangle({500 * kL, 0.5}, 1000 * kL, 1));
  for (size_t j = 0; j < open.fraction.size(); ++j) {
    const double rim = std::min(1.0, std::max(0.0, (505 * kL - s.grid.y_m(open.first + int(j))) / (300 * kL)));
    plane.samples[size_t(open.first) + j] = open.fraction[j] * 0.5 * (1 - std::cos(kPi * rim));
  }
  s.sources = {plane};
  s.absorber.width_m = 30 * kL;
  SimulateOptions o;
  o.output_z_m = {points[0].z_m};
  EXPECT_LT(relative_error(simulate(s, o).at(points), expected), 5e-3);
}

// 10 (a conductor also 20) and 40 wavelengths behind the axis, total field. What is left is the one-way model's: a
// conductor's shadow fills by waves that creep around it, which an opaque mask lacks, so that its error is the largest
// close behind it.
TEST_P(WaveMarch, CylinderEqualsItsSeries) {
  const auto rows = read_csv("cylinder.csv");
  int cases = 0;
  for (size_t i = 0; i < rows.size(); i += 61, ++cases) {
    const auto& c = rows[i];
    const bool pec = c[3] == 0, near = c[5] < 35 * kL;
    const double fine = pec ? 1.0 / 16 : 1.0 / 8;
    Scene s = beam_scene(int(320 / fine), fine, c[4] / kL, c[5] / kL);
    s.step_m = fine * kL;
    const std::vector<Outline> o{disc({c[1], c[2]}, c[0])};
    s.objects = {pec ? conductor("cylinder", o) : dielectric("cylinder", c[3], o)};
    std::vector<Point> points;
    std::vector<Complexc> expected;
    for (size_t j = i; j < i + 61; ++j)
      points.push_back({rows[j][6], rows[j][5]}), expected.emplace_back(rows[j][7], rows[j][8]);
    const double tolerance = pec ? (near ? 0.17 : 0.09) : c[3] > 1.1 ? 0.1 : 0.02;
    EXPECT_LT(relative_error(simulate(s, on_device()).at(points), expected), tolerance)
        << "eps " << c[3] << " z " << c[5] / kL;
  }
  EXPECT_EQ(cases, 7);
}

TEST_P(WaveMarch, WallsOfItuMaterialsTransmitAsSlabs) {
  // A beam of 60 wavelengths is a plane wave within 0.5 degrees; its spectrum is compared at the beam's own direction.
  for (const char* name : {"concrete", "brick", "plasterboard", "wood", "glass"})
    for (const double degrees : {0.0, 20.0, 40.0, 60.0}) {
      Scene s = beam_scene(4096, 0.25, 30, 60, degrees * kPi / 180);
      s.frequency_hz = 28e9;
      Object wall;
      wall.name = "wall";
      wall.material = em::itu_material(name);
      wall.outlines = {rectangle({0, 30 * kL}, 2000 * kL, 2 * kL)};
      SimulateOptions o = on_device();
      const Simulation free(s, o);
      s.objects = {wall};
      const Simulation sim(s, o);
      const Result r = sim.run();
      EXPECT_NE(r.choices.at(0).find("exact slab"), std::string::npos) << r.choices[0];
      const Field &with = r.field[0][0], without = free.run().field[0][0];
      Complexc a, b;
      const double ky = s.wavenumber_rad_per_m() * std::sin(degrees * kPi / 180);
      for (size_t j = 0; j < with.size(); ++j) {
        const Complexc wave = std::polar(1.0, ky * s.grid.y_m(int(j)));
        a += with[j] * wave, b += without[j] * wave;
      }
      const double cos_t = std::cos(degrees * kPi / 180), d = 2 * kL;
      const Complexd eta = em::properties_at(wall.material, s.frequency_hz).eta;
      const auto t = em::slab_coefficients(cos_t, eta, d, s.wavelength_m()).t_te;
      // a/b compares with free space over the same depth: take that phase out
      const Complexc expected = Complexc(t.re, t.im) * std::polar(1.0, s.wavenumber_rad_per_m() * d * cos_t);
      EXPECT_LT(std::abs(a / b - expected) / std::abs(expected), 0.02) << name << " " << degrees;
    }
}

TEST(Wave, GroundEqualsTheImageSource) {
  Scene s = beam_scene(2048, 0.25, 4, 150, -0.3);
  s.grid.center_m = 256 * kL + s.grid.spacing_m / 2;  // first point half a cell above y = 0
  s.sources[0].position_m = 30 * kL;                  // exp(-(30/4)^2) is nothing
  for (const Boundary ground : {Boundary::kDirichlet, Boundary::kNeumann}) {
    Scene both = s;
    both.grid.num_y = 4096, both.grid.center_m = s.grid.spacing_m / 2;
    Source image = s.sources[0];
    image.name = "image", image.position_m *= -1, image.tilt_rad *= -1;
    image.amplitude = ground == Boundary::kDirichlet ? -1 : 1;
    both.sources.push_back(image);
    const Field expected = simulate(both).coherent_sum(0);
    s.boundary = ground;
    const Field got = simulate(s).field[0][0];
    EXPECT_LT(relative_error(got, Field(expected.begin() + 2048, expected.end())), 1e-12);
  }
}

TEST(Wave, AbsorberFollowsItsLawAndDoesNotDependOnTheStep) {
  Scene s = beam_scene(1024, 0.25, 5, 1000, 0.6);
  s.absorber.width_m = 40 * kL;
  const double initial = simulate(beam_scene(1024, 0.25, 5, 1, 0.6)).power_w_per_m(0);
  // out of the window once: e^-(7 tan(75)/tan(34)) in amplitude is below 1e-16; what is left is reflected, below -90 dB
  EXPECT_LT(simulate(s).power_w_per_m(0) / initial, 1e-9);
}

TEST(Wave, PointSourceRadiatesItsPower) {
  // Half of P' goes forward; within +-60 degrees, P' / 3.
  const double f = 10e9, l = kSpeedOfLight / f, power = 2.5;
  Scene s;
  s.frequency_hz = f;
  s.grid = {8192, l / 4 * 1.001, 0, {}};
  s.z_end_m = l;
  s.angle_filter_rad = kPi / 3;
  Source p;
  p.kind = SourceKind::kPoint;
  p.distance_m = 20 * l;
  p.amplitude = line_source_amplitude(power, f);
  s.sources = {p};
  // The soft edge (0.02 in sine) takes int (step - erfc(x)^2/4) dx = 1/sqrt(2 pi) widths of power at each side.
  const double edge = 0.02 / std::sqrt(2 * kPi) / std::cos(kPi / 3);
  EXPECT_NEAR(simulate(s).power_w_per_m(0), power * (2 * kPi / 3 - 2 * edge) / (2 * kPi), 5e-4 * power);
}

TEST(Wave, SourcesInTheLanesEqualSourcesAlone) {
  Scene s = beam_scene(512, 0.25, 4, 30);
  s.absorber.width_m = 15 * kL;
  s.objects = {dielectric("disc", 1.1, {disc({2 * kL, 20 * kL}, 5 * kL)}),
               conductor("plate", {rectangle({-9 * kL, 12 * kL}, 6 * kL, kL)})};
  for (int i = 1; i < 11; ++i) {
    s.sources.push_back(s.sources[0]);
    s.sources.back().name = message("beam", i);
    s.sources.back().position_m = (i - 5) * kL, s.sources.back().tilt_rad = 0.03 * i;
  }
  SimulateOptions o;
  o.output_z_m = {0, 10 * kL, 30 * kL};
  for (const Precision precision : {Precision::kDouble, Precision::kFloat}) {
    o.backend.precision = precision;
    o.num_threads = 1;
    const Result all = simulate(s, o);
    o.num_threads = 2;
    EXPECT_EQ(simulate(s, o).field, all.field);
    const double steps = double(Simulation(s, o).march().steps().size());
    for (size_t i = 0; i < s.sources.size(); i += 3) {
      Scene alone = s;
      alone.sources = {s.sources[i]};
      const Result one = simulate(alone, o);
      for (size_t p = 0; p < 3; ++p)
        EXPECT_LT(relative_error(all.field[p][i], one.field[p][0]),
                  (precision == Precision::kDouble ? 2e-16 : 2e-7) * steps);
    }
  }
}

// Plane waves (a period of the window) meet two slabs: the field before, between and behind them from the four
// amplitudes at the two faces.
TEST(Wave, SweepsBothWaysEqualTheTwoSlabs) {
  for (const double angle_bin : {0.0, 12.0}) {
    const int n = 128;
    Scene s = beam_scene(n, 0.37, 4, 30);
    const double k = s.wavenumber_rad_per_m(), ky = 2 * kPi * angle_bin / s.grid.length_m();
    const double kz = std::sqrt(k * k - ky * ky), d1 = 1.3 * kL, d2 = 0.8 * kL, z1 = 8 * kL, z2 = 17 * kL;
    Source plane;
    plane.kind = SourceKind::kSampled;
    for (int j = 0; j < n; ++j) plane.samples.push_back(std::polar(1.0, ky * s.grid.y_m(j)));
    s.sources = {plane};
    s.objects = {dielectric("first", 4.0, {rectangle({0, z1 + d1 / 2}, 200 * kL, d1)}, 0.1),
                 dielectric("second", 6.0, {rectangle({0, z2 + d2 / 2}, 200 * kL, d2)}, 0.2)};
    SimulateOptions o;
    o.output_z_m = {z1, 12 * kL, 30 * kL};
    o.num_reflections = 24;
    const Simulation sim(s, o);
    const Result r = sim.run();
    const size_t bin = size_t(angle_bin);
    const auto coefficients = [&](size_t i, double d) {
      const Medium m = medium_of(s.objects[i].material, s.frequency_hz);
      return std::pair{sim.march().slab(m, d)[bin], sim.march().slab_reflection(m, d)[bin]};
    };
    const auto [t1, r1] = coefficients(0, d1);
    const auto [t2, r2] = coefficients(1, d2);
    const double gap = z2 - z1 - d1;
    const Complexc e = std::polar(1.0, -kz * gap), in = std::polar(1.0, -kz * z1);
    const Complexc right = in * t1 / (1.0 - r1 * r2 * e * e);  // at the first slab's far face
    const Complexc left = in * r1 + right * e * r2 * e * t1;   // at its near face
    const size_t j = 40;
    const Complexc wave = plane.samples[j];
    // the series ends at |r1 r2|^12
    const double tolerance = 4 * std::pow(std::abs(r1 * r2), 12) + 1e-12;
    EXPECT_LT(std::abs(r.backward[0][0][j] - left * wave), tolerance);
    EXPECT_LT(std::abs(r.field[1][0][j] - right * wave * std::polar(1.0, -kz * (12 * kL - z1 - d1))), tolerance);
    EXPECT_LT(std::abs(r.backward[1][0][j] - right * e * r2 * wave * std::polar(1.0, -kz * (z2 - 12 * kL))), tolerance);
    EXPECT_LT(std::abs(r.field[2][0][j] - right * e * t2 * wave * std::polar(1.0, -kz * (30 * kL - z2 - d2))),
              tolerance);
    EXPECT_LT(tolerance, 0.01);
    EXPECT_THROW(sim.vjp({}), Error);
    EXPECT_THROW(sim.jvp({}), Error);
  }
}

// A plate across the window sends the mirror image back, a strip what its aperture radiates (Babinet), in both
// polarisations; a wave between a slab and a plate goes on.
TEST(Wave, ConductorsReflect) {
  for (const Polarization polarization : {Polarization::kTe, Polarization::kTm}) {
    const double r = polarization == Polarization::kTe ? -1 : 1;
    Scene s = beam_scene(512, 0.3701, 6, 20, 0.2);
    s.polarization = polarization;
    s.step_m = kL / 8;
    SimulateOptions o;
    o.output_z_m = {4 * kL, 9 * kL};
    o.num_reflections = 1;
    s.objects = {conductor("plate", {rectangle({0, 12.55 * kL}, 500 * kL, 1.1 * kL)})};
    const Result wide = simulate(s, o);
    Scene image = s;  // unfolded: the way to the plate at 12 wavelengths and back
    image.objects.clear(), image.z_end_m = 30 * kL;
    SimulateOptions there;
    there.output_z_m = {15 * kL, 20 * kL};
    const Result far = simulate(image, there);
    for (size_t p = 0; p < 2; ++p) {
      Field expected = far.field[1 - p][0];
      for (Complexc& c : expected) c *= r;
      // slices of 1/8 from plane to plane: the face at 12 wavelengths is the edge of one, and the mask is whole
      EXPECT_LT(relative_error(wide.backward[p][0], expected), 1e-9);
    }
    EXPECT_LT(std::abs(wide.power_w_per_m(1) / wide.power_w_per_m(0) - 1), 1e-11);
    s.objects = {conductor("strip", {rectangle({kL, 12.05 * kL}, 5 * kL, 0.1 * kL)})};
    s.step_m = 0.1 * kL;
    o.output_z_m = {4 * kL, 12 * kL};
    const Result strip = simulate(s, o);
    Field aperture = strip.field[1][0];
    const Coverage c = coverage(s.grid.cell_edges_m(), 0, 1, rectangle({kL, 0.5}, 5 * kL, 1));
    std::vector<double> open(512, 0.0);
    for (size_t j = 0; j < c.fraction.size(); ++j) open[size_t(c.first) + j] = c.fraction[j];
    for (size_t j = 0; j < 512; ++j) aperture[j] *= r * open[j];
    Scene radiates = image;
    radiates.sources[0] = Source{};
    radiates.sources[0].kind = SourceKind::kSampled, radiates.sources[0].samples = aperture;
    there.output_z_m = {8 * kL};
    // the strip is one slice; evanescent waves of its rims are left out, of which exp(-5) arrives from the bin nearest
    // k
    EXPECT_LT(relative_error(strip.backward[0][0], simulate(radiates, there).field[0][0]), 1e-3);
  }
}

TEST(Wave, ReciprocityOfALosslessScene) {
  Scene s = beam_scene(512, 0.5, 4, 40);
  s.objects = {dielectric("disc", 1.1, {disc({3 * kL, 20 * kL}, 5 * kL)})};
  const Field a = random_field(512, 1), b = random_field(512, 2);
  const auto through = [&](const Field& in) {
    Scene t = s;
    t.sources[0] = Source{};
    t.sources[0].kind = SourceKind::kSampled;
    t.sources[0].samples = in;
    return simulate(t).field[0][0];
  };
  // the disc is symmetric about the middle of the march, so the reversed scene is the same one: <G a, b> = <G b, a>
  // without conj
  const Field ga = through(a), gb = through(b);
  const Complexc x = std::inner_product(ga.begin(), ga.end(), b.begin(), Complexc{});
  const Complexc y = std::inner_product(gb.begin(), gb.end(), a.begin(), Complexc{});
  EXPECT_LT(std::abs(x - y), 1e-12 * std::abs(x));
}

TEST(Wave, CentroidOfATiltedBeamMovesByTheTangent) {
  for (const int n : {1023, 1024}) {
    const Field u = simulate(beam_scene(n, 0.5, 8, 100, 0.2)).field[0][0];
    const Scene s = beam_scene(n, 0.5, 8, 100, 0.2);
    double mean = 0, sum = 0;
    for (size_t j = 0; j < u.size(); ++j) mean += std::norm(u[j]) * s.grid.y_m(int(j)), sum += std::norm(u[j]);
    // spread 1/(k w): the mean of tan over the spectrum is tan(t) (1 + O((k w)^-2))
    EXPECT_NEAR(mean / sum / (100 * kL), std::tan(0.2), 3 * std::pow(1 / (2 * kPi * 8), 2));
  }
}

TEST(Wave, TheGuardBandHoldsTheBeam) {
  Scene s = beam_scene(0, 0.25, 4, 100, 0.4);
  s.sources[0].position_m = 20 * kL;
  s.grid.num_y = guarded_num_y(s);
  // 20 + 8 + 100 tan(0.4 + asin(5/(8 pi))) wavelengths: 96.5 on each side
  EXPECT_EQ(s.grid.num_y, 1024);
  Scene wide = s;
  wide.grid.num_y = 8192;
  const Field u = simulate(s).field[0][0], v = simulate(wide).field[0][0];
  EXPECT_LT(relative_error(u, Field(v.begin() + 3584, v.begin() + 4608)), 1e-3);
  s.absorber.width_m = 20 * kL;
  // the beam itself stays in sight of the planes: 96.5 + 20
  EXPECT_EQ(guarded_num_y(s), 1024);
  Scene narrow = beam_scene(256, 0.25, 4, 100, 0.4);
  std::vector<std::string> said;
  narrow.validate([&](std::string_view text) { said.emplace_back(text); });
  ASSERT_FALSE(said.empty());
  EXPECT_NE(said.back().find("leaves the window"), std::string::npos);
  s.absorber.width_m = 0;
  s.sources[0].kind = SourceKind::kPoint;
  s.angle_filter_rad = 1.5;
  EXPECT_THROW(guarded_num_y(s), Error);
}

TEST(Wave, ThinConductorsThatLeakAreNamed) {
  Scene s = beam_scene(256, 0.2503, 4, 20);
  s.step_m = kL / 4;
  const auto warnings = [&](double center, double depth) {
    s.objects = {conductor("strip", {rectangle({0, center * kL}, 6 * kL, depth * kL)})};
    return simulate(s).warnings;
  };
  EXPECT_TRUE(warnings(10.125, 0.25).empty());  // one slice
  EXPECT_TRUE(warnings(10.1, 0.5).empty());     // one slice at least
  const auto half = warnings(10, 0.25);         // half of two slices each: 0.5 * 0.5
  ASSERT_EQ(half.size(), 1u);
  EXPECT_NE(half[0].find("object 'strip'"), std::string::npos);
  EXPECT_NE(half[0].find("lets 0.25"), std::string::npos) << half[0];
}

TEST(Wave, BadInputIsRefusedByName) {
  const auto refusal = [](const std::function<void(Scene&)>& edit, const std::string& word) {
    Scene s = beam_scene(512, 0.5, 4, 40);
    s.objects = {dielectric("disc", 1.1, {disc({0, 20 * kL}, 5 * kL)})};
    edit(s);
    try {
      simulate(s);
      ADD_FAILURE() << "accepted: " << word;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  };
  refusal([](Scene& s) { s.frequency_hz = 0; }, "frequency_hz");
  refusal([](Scene& s) { s.step_m = -1; }, "step_m");
  refusal([](Scene& s) { s.z_end_m = 0; }, "z_end_m");
  refusal([](Scene& s) { s.grid.spacing_m = 0; }, "grid.spacing_m");
  refusal([](Scene& s) { s.sources[0].waist_m = -1; }, "waist_m");
  refusal(
      [](Scene& s) {
        s.sources[0].tilt_rad = 1.5;
        s.grid.spacing_m *= 1.2;
      },
      "tilt_rad");
  refusal([](Scene& s) { s.sources[0].position_m = 1e3; }, "outside the grid");
  refusal([](Scene& s) { s.objects[0].outlines = {disc({1e3, 20 * kL}, kL)}; }, "outside the grid");
  refusal([](Scene& s) { s.objects[0].outlines = {disc({0, 0}, kL)}; }, "outside the march");
  refusal([](Scene& s) { s.objects = {conductor("plate", {rectangle({0, kL}, kL, 2 * kL)})}; }, "inside the conductor");
  refusal([](Scene& s) { s.sources.push_back(s.sources[0]); }, "used twice");
  SimulateOptions o;
  o.memory_bytes = 100;
  EXPECT_THROW(simulate(beam_scene(512, 0.5, 4, 40), o), Error);
}

TEST(WaveProgress, IsToldAndMarchesStopWhereTheyAreAsked) {
  Scene s = beam_scene(64, 0.4, 3, 40);
  s.objects = {dielectric("pane", 2, {rectangle({0, 20 * kL}, 3 * kL, 30 * kL)})};
  s.sources.push_back(s.sources[0]);
  s.sources[1].name = "other";
  for (const int64_t memory : {int64_t(1) << 30, int64_t(1) << 15}) {
    int64_t last = -1, whole = 0, stop_at = -1;
    SimulateOptions o;
    o.memory_bytes = memory, o.num_threads = 1;
    o.progress = [&](int64_t done, int64_t total) {
      EXPECT_GE(done, last);
      last = done, whole = total;
      return stop_at < 0 || done < stop_at;
    };
    const Simulation sim(s, o);
    const Planes w{{random_field(64, 1), random_field(64, 2)}};
    const auto told = [&](const std::function<void()>& work) {
      last = stop_at = -1;
      work();
      EXPECT_EQ(last, whole);
      EXPECT_EQ(whole, int64_t(2 * sim.march().steps().size()));
      last = -1, stop_at = whole / 3;
      EXPECT_THROW(work(), runtime::Interrupted);
      EXPECT_LT(last, whole / 2);
    };
    told([&] { sim.run(); });
    told([&] { sim.jvp({{"wavelength_m", {1}}}); });
    told([&] { sim.vjp(w); });
  }
}

}  // namespace
}  // namespace raywave::wave
