// SPDX-License-Identifier: Apache-2.0
// Tangents against finite differences, adjoints against tangents.
#include <gtest/gtest.h>

#include "raywave/wave/simulate.h"
#include "raywave/wave/sources.h"
#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;

Scene rich_scene() {
  Scene s = beam_scene(256, 0.2503, 4, 30, 0.1);
  s.step_m = 0.5 * kL;
  s.sources[0].focus_m = 3 * kL;
  s.sources[0].phase_rad = 0.3;
  Source array;
  array.name = "array", array.kind = SourceKind::kArray;
  array.waist_m = kL, array.tilt_rad = 0.2, array.position_m = 0.3 * kL;
  array.element_offsets_m = {-2 * kL, 0, 2 * kL};
  array.weights = {{1, 0.1}, {0.8, -0.2}, {0.3, 0.7}};
  Source point;
  point.name = "point", point.kind = SourceKind::kPoint, point.distance_m = 5 * kL, point.position_m = kL;
  s.sources.push_back(array);
  s.sources.push_back(point);
  s.angle_filter_rad = 1.2;
  s.absorber.width_m = 10 * kL;
  s.objects = {
      dielectric("disc", 1.08, {disc({1.03 * kL, 6.1 * kL}, 2.07 * kL, 40)}, 0.05),
      dielectric("block", 2.3, {{{-4.1 * kL, 11.2 * kL}, {-1.3 * kL, 12.9 * kL}, {-3.4 * kL, 14.1 * kL}}}, 0.02),
      dielectric("wall", 3.1, {rectangle({-6.013 * kL, 20 * kL}, 30 * kL, 1.3 * kL)}, 0.03),
      conductor("plate", {rectangle({6.02 * kL, 16.1 * kL}, 2.03 * kL, 0.7 * kL)})};
  return s;
}

// J = Re <w, u> over all planes and sources.
double objective(const Scene& s, const SimulateOptions& o, const Planes& w) {
  const Result r = simulate(s, o);
  double sum = 0;
  for (size_t p = 0; p < w.size(); ++p)
    for (size_t i = 0; i < w[p].size(); ++i)
      for (size_t j = 0; j < w[p][i].size(); ++j)
        sum += w[p][i][j].real() * r.field[p][i][j].real() + w[p][i][j].imag() * r.field[p][i][j].imag();
  return sum;
}

Planes weights(const Scene& s, size_t planes) {
  Planes w(planes);
  for (size_t p = 0; p < planes; ++p)
    for (size_t i = 0; i < s.sources.size(); ++i) w[p].push_back(random_field(s.grid.num_y, 7 + 10 * p + i));
  return w;
}

SimulateOptions two_planes(const Scene& s, Device device = Device::kCpu) {
  SimulateOptions o;
  o.device = device;
  o.output_z_m = {9 * kL, s.z_end_m};
  o.num_threads = 1;
  return o;
}

using Edit = std::function<void(Scene&, double)>;

void move(Object& o, double dy, double dz) {
  for (Outline& outline : o.outlines)
    for (Point& p : outline) p.y_m += dy, p.z_m += dz;
}

struct Case {
  const char* name;
  size_t index;
  double step;
  Edit edit;
};
std::vector<Case> cases() {
  return {
      {"source/source0/position_m", 0, 1e-4 * kL, [](Scene& s, double h) { s.sources[0].position_m += h; }},
      {"source/source0/amplitude", 0, 1e-3, [](Scene& s, double h) { s.sources[0].amplitude += h; }},
      {"source/source0/phase_rad", 0, 1e-4, [](Scene& s, double h) { s.sources[0].phase_rad += h; }},
      {"source/source0/tilt_rad", 0, 1e-5, [](Scene& s, double h) { s.sources[0].tilt_rad += h; }},
      {"source/source0/waist_m", 0, 1e-4 * kL, [](Scene& s, double h) { s.sources[0].waist_m += h; }},
      {"source/source0/focus_m", 0, 1e-4 * kL, [](Scene& s, double h) { s.sources[0].focus_m += h; }},
      {"source/array/weights", 3, 1e-3, [](Scene& s, double h) { s.sources[1].weights[1] += Complexc(0, h); }},
      {"source/array/tilt_rad", 0, 1e-5, [](Scene& s, double h) { s.sources[1].tilt_rad += h; }},
      {"source/point/position_m", 0, 1e-4 * kL, [](Scene& s, double h) { s.sources[2].position_m += h; }},
      {"material/disc_material/relative_permittivity", 0, 1e-5,
       [](Scene& s, double h) { s.objects[0].material.relative_permittivity += h; }},
      {"material/disc_material/conductivity_s_per_m", 0, 1e-5,
       [](Scene& s, double h) { s.objects[0].material.conductivity_s_per_m += h; }},
      {"material/block_material/relative_permittivity", 0, 1e-5,
       [](Scene& s, double h) { s.objects[1].material.relative_permittivity += h; }},
      {"material/wall_material/relative_permittivity", 0, 1e-5,
       [](Scene& s, double h) { s.objects[2].material.relative_permittivity += h; }},
      {"material/wall_material/conductivity_s_per_m", 0, 1e-5,
       [](Scene& s, double h) { s.objects[2].material.conductivity_s_per_m += h; }},
      {"object/disc/translation_m", 0, 1e-5 * kL, [](Scene& s, double h) { move(s.objects[0], h, 0); }},
      {"object/disc/translation_m", 1, 1e-5 * kL, [](Scene& s, double h) { move(s.objects[0], 0, h); }},
      {"object/block/translation_m", 0, 1e-5 * kL, [](Scene& s, double h) { move(s.objects[1], h, 0); }},
      {"object/block/vertices_m", 3, 1e-5 * kL, [](Scene& s, double h) { s.objects[1].outlines[0][1].z_m += h; }},
      {"object/wall/translation_m", 0, 1e-5 * kL, [](Scene& s, double h) { move(s.objects[2], h, 0); }},
      {"object/wall/translation_m", 1, 1e-5 * kL, [](Scene& s, double h) { move(s.objects[2], 0, h); }},
      {"object/plate/translation_m", 0, 1e-5 * kL, [](Scene& s, double h) { move(s.objects[3], h, 0); }},
      {"object/plate/translation_m", 1, 1e-5 * kL, [](Scene& s, double h) { move(s.objects[3], 0, h); }},
      {"wavelength_m", 0, 1e-6 * kL,
       [](Scene& s, double h) { s.frequency_hz = kSpeedOfLight / (kSpeedOfLight / s.frequency_hz + h); }},
  };
}

class WaveGradients : public EveryDevice {};
RAYWAVE_ON_EVERY_DEVICE(WaveGradients);

TEST_P(WaveGradients, EqualsFiniteDifferencesForEveryParameter) {
  const Scene s = rich_scene();
  const SimulateOptions o = two_planes(s, GetParam());
  const Planes w = weights(s, 2);
  const Gradient g = Simulation(s, o).vjp(w);
  for (const Case& c : cases()) {
    const auto at = [&](double h) {
      Scene moved = s;
      c.edit(moved, h);
      return objective(moved, o, w);
    };
    // fourth-order central difference: truncation far below its rounding, 1e-16 |J| / step
    const double h = c.step;
    const double expected = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    const double got = g.at(c.name).at(c.index);
    const double rounding = 1e-13 * std::abs(at(0)) / h;
    EXPECT_NEAR(got, expected, 1e-7 * std::abs(expected) + rounding) << c.name << " " << c.index;
  }
}

TEST_P(WaveGradients, AdjointIsTheTransposeOfTheTangent) {
  const Scene s = rich_scene();
  const SimulateOptions o = two_planes(s, GetParam());
  const Simulation sim(s, o);
  const Planes w = weights(s, 2);
  const Gradient g = sim.vjp(w);
  for (const auto& [name, values] : g) {
    Gradient t{{name, std::vector<double>(values.size())}};
    double expected = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      t.at(name)[i] = random_uniform(3, 4, i, 5) - 0.5;
      expected += t.at(name)[i] * values[i];
    }
    const Planes dot = sim.jvp(t);
    double got = 0, size = 0;
    for (size_t p = 0; p < w.size(); ++p)
      for (size_t i = 0; i < w[p].size(); ++i)
        for (size_t j = 0; j < w[p][i].size(); ++j) {
          got += w[p][i][j].real() * dot[p][i][j].real() + w[p][i][j].imag() * dot[p][i][j].imag();
          size += std::abs(w[p][i][j]) * std::abs(dot[p][i][j]);
        }
    EXPECT_NEAR(got, expected, 1e-14 * size) << name;
  }
}

TEST_P(WaveGradients, PowersThroughPlanesAndIntoReceivers) {
  const Scene s = rich_scene();
  SimulateOptions o = two_planes(s, GetParam());
  const Vec3d receiver{0, 1.7 * kL, s.z_end_m + 0.4 * kL};
  const Simulation sim(s, o);
  const Result r = sim.run();
  const Gradient through = sim.power_gradient(r, 1), received = sim.received_power_gradient(r, receiver);
  for (const Case& c : cases()) {
    if (std::string(c.name).find("source/array") == 0 || std::string(c.name).find("source/point") == 0) continue;
    const auto both = [&](double h) {
      Scene moved = s;
      c.edit(moved, h);
      const Result m = simulate(moved, o);
      return std::pair{m.power_w_per_m(1), m.received_power(receiver)};
    };
    const auto a = both(c.step), b = both(-c.step), d = both(2 * c.step), e = both(-2 * c.step);
    const double flux = (8 * (a.first - b.first) - (d.first - e.first)) / (12 * c.step);
    const double power = (8 * (a.second - b.second) - (d.second - e.second)) / (12 * c.step);
    EXPECT_NEAR(through.at(c.name).at(c.index), flux, 1e-6 * std::abs(flux) + 1e-13 * a.first / c.step) << c.name;
    EXPECT_NEAR(received.at(c.name).at(c.index), power, 1e-6 * std::abs(power) + 1e-13 * a.second / c.step) << c.name;
  }
}

TEST_P(WaveGradients, CellsAndSamples) {
  Scene s = beam_scene(64, 0.2503, 3, 4);
  Source sampled;
  sampled.kind = SourceKind::kSampled, sampled.samples = random_field(64, 4), sampled.amplitude = 0.7,
  sampled.phase_rad = 0.4;
  s.sources = {sampled};
  s.cells = {lossy_cells(kL, 3 * kL, 4, 64)};
  SimulateOptions o = on_device();
  const Planes w = weights(s, 1);
  const Gradient g = Simulation(s, o).vjp(w);
  SimulateOptions cells_only = o, tight = o;
  cells_only.wavelength_gradient = false;
  tight.memory_bytes = 16 * 64 * (GetParam() == Device::kCpu ? 20 : 64);  // a device keeps fields for its steps as well
  const Gradient alone = Simulation(s, cells_only).vjp(w), recomputed = Simulation(s, tight).vjp(w);
  for (size_t i = 0; i < g.at("cells/index_minus_one").size(); ++i) {
    EXPECT_NEAR(alone.at("cells/index_minus_one")[i], g.at("cells/index_minus_one")[i], 1e-12);
    EXPECT_NEAR(recomputed.at("cells/index_minus_one")[i], g.at("cells/index_minus_one")[i], 1e-12);
  }
  const double h = 1e-5;
  for (const size_t i : {size_t(10), size_t(64 * 2 + 31)}) {
    const auto at = [&](Complexc d) {
      Scene m = s;
      m.cells[0].index_minus_one[i] += d;
      return objective(m, o, w);
    };
    EXPECT_NEAR(g.at("cells/index_minus_one")[2 * i], (at(h) - at(-h)) / (2 * h), 1e-8);
    EXPECT_NEAR(g.at("cells/index_minus_one")[2 * i + 1], (at({0, h}) - at({0, -h})) / (2 * h), 1e-8);
    const auto source = [&](Complexc d) {
      Scene m = s;
      m.sources[0].samples[i % 64] += d;
      return objective(m, o, w);
    };
    EXPECT_NEAR(g.at("source/source0/samples")[2 * (i % 64) + 1], (source({0, h}) - source({0, -h})) / (2 * h), 1e-9);
  }
}

// A row of 256 points stays in the lanes of its transform unless the wavelength's derivative is asked for.
TEST(WaveGradient, TheSweepInTheLanesIsTheMarch) {
  Scene s = beam_scene(256, 0.2503, 4, 12, 0.1);
  s.absorber.width_m = 8 * kL;
  s.step_m = 0.5 * kL;
  s.objects = {dielectric("disc", 1.08, {disc({kL, 2 * kL}, kL, 40)}, 0.05)};
  s.cells = {lossy_cells(4 * kL, 8 * kL, 9, 256)};
  SimulateOptions o;
  o.output_z_m = {3 * kL, 8 * kL, 12 * kL};
  const Planes w = weights(s, 3);
  SimulateOptions lanes = o;
  lanes.wavelength_gradient = false;
  Gradient expected = Simulation(s, o).vjp(w);
  const Gradient got = Simulation(s, lanes).vjp(w);
  expected.erase("wavelength_m");
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [name, values] : expected) {
    double error = 0, norm = 0;
    for (size_t i = 0; i < values.size(); ++i)
      error += std::pow(got.at(name)[i] - values[i], 2), norm += values[i] * values[i];
    EXPECT_LT(std::sqrt(error), 1e-12 * std::sqrt(norm)) << name;
  }
  // the march step by step
  const March march(std::make_shared<const Scene>(s), o.output_z_m, {}, {});
  const Result r = simulate(s, o);
  Field u = launch(s, s.sources[0], march.backend());
  for (const Step& step : march.steps()) {
    if (step.kind == Step::Kind::kOutput) {
      EXPECT_LT(relative_error(r.field[size_t(step.output)][0], u), 1e-14 * double(march.steps().size()));
    }
    march.apply(step, u);
  }
}

TEST(WaveGradient, DoesNotDependOnTheMemoryLimit) {
  const Scene s = rich_scene();
  SimulateOptions o = two_planes(s);
  const Planes w = weights(s, 2);
  const Gradient plenty = Simulation(s, o).vjp(w);
  o.memory_bytes = 16 * 256 * (8 + 3) * 10 / 7 + 1;  // three checkpoints beside the screens
  const Simulation tight(s, o);
  EXPECT_EQ(tight.num_checkpoints(), 3);
  EXPECT_EQ(tight.vjp(w), plenty);
}

// 200 slices of glass at half a wavelength: nothing is evanescent, nothing lost, so the way back needs no tape.
TEST(WaveGradient, LosslessStretchesAreMarchedBack) {
  Scene s = beam_scene(128, 0.5003, 4, 60, 0.1);
  s.step_m = 0.25 * kL;
  s.objects = {dielectric("lens", 1.08, {disc({kL, 30 * kL}, 25 * kL, 60)})};
  SimulateOptions o = two_planes(s);
  const Planes w = weights(s, 2);
  const Simulation plenty(s, o);
  const size_t steps = plenty.march().steps().size();
  EXPECT_GT(steps, 300u);
  for (const Step& step : plenty.march().steps()) EXPECT_TRUE(plenty.march().reversible(step));
  o.memory_bytes = 16 * 128 * (8 + 1) * 10 / 7 + 16;
  const Simulation tight(s, o);
  EXPECT_EQ(tight.num_checkpoints(), 1);
  const Gradient a = plenty.vjp(w), b = tight.vjp(w);
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, values] : a) {
    double error = 0, norm = 0;
    for (size_t i = 0; i < values.size(); ++i)
      error += std::pow(b.at(name)[i] - values[i], 2), norm += values[i] * values[i];
    EXPECT_LT(std::sqrt(error), 1e-14 * double(steps) * std::sqrt(norm)) << name;
  }
  const auto reversible = [](const Scene& t) {
    const March march(std::make_shared<const Scene>(t), {t.z_end_m}, {}, {});
    const auto& all = march.steps();
    return std::count_if(all.begin(), all.end(), [&](const Step& step) { return march.reversible(step); });
  };
  s.objects[0].material.conductivity_s_per_m = 0.01;  // screens lose
  EXPECT_LT(reversible(s), long(steps) * 6 / 10);
  s.objects[0].material.conductivity_s_per_m = 0;
  s.grid.spacing_m *= 0.9;  // jumps lose evanescent waves
  EXPECT_LT(reversible(s), long(steps) * 6 / 10);
}

TEST(WaveGradient, SourceShiftInFreeSpaceIsMinusTheSlopeOfTheField) {
  const Scene s = beam_scene(512, 0.5, 4, 40, 0.2);
  const Planes dot = Simulation(s).jvp({{"source/source0/position_m", {1.0}}});
  Scene shifted = s;
  const double h = 1e-3 * kL;
  const auto at = [&](double d) {
    Scene m = s;
    m.sources[0].position_m += d;
    return simulate(m).field[0][0];
  };
  const Field a = at(h), b = at(-h), c = at(2 * h), d = at(-2 * h);
  Field slope(a.size());
  for (size_t j = 0; j < a.size(); ++j) slope[j] = (8.0 * (a[j] - b[j]) - (c[j] - d[j])) / (12 * h);
  EXPECT_LT(relative_error(dot[0][0], slope), 1e-9);
}

TEST(WaveGradient, UnknownParametersAreRefused) {
  const Simulation sim(rich_scene());
  EXPECT_THROW(sim.jvp({{"source/source0/posit_m", {1.0}}}), Error);
  EXPECT_THROW(sim.jvp({{"object/disc/translation_m", {1.0}}}), Error);
  EXPECT_THROW(sim.vjp({}), Error);
}

}  // namespace
}  // namespace raywave::wave
