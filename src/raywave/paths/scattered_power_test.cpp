// SPDX-License-Identifier: Apache-2.0
// Scattered power against sums over a fine grid, the image method, the ends swapped, and differences.
#include "raywave/paths/scattered_power.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/parameters.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

using scene::Scene;

em::AntennaArray antenna(const char* polarization, em::PatternKind kind = em::PatternKind::kIsotropic) {
  em::AntennaArray a;
  a.polarization = polarization;
  a.slants_rad = em::slants_from_name(polarization);
  a.pattern.kind = kind;
  return a;
}

scene::Mesh rectangle(double x0, double x1, double y0, double y1, double z = 0) {
  scene::Mesh m;
  m.vertices_m = {{x0, y0, z}, {x1, y0, z}, {x1, y1, z}, {x0, y1, z}};
  m.triangles = {{0, 1, 2}, {0, 2, 3}};
  return m;
}

Scene patch(const em::Material& material, const char* polarization, double half = 0.5) {
  Scene s;
  s.frequency_hz = 28e9;
  s.add_material(material);
  s.add_object({"patch", rectangle(-half, half, -half, half), 0});
  s.add_transmitter({"tx", {-1.3, 0.4, 1.7}, {}, {}, antenna(polarization)});
  s.add_receiver({"rx", {0.9, -0.7, 2.2}, {}, {}, antenna(polarization)});
  scene::clean_meshes(s);
  return s;
}

em::Material metal(double scattering, const char* pattern) {
  em::Material m;
  m.name = "metal";
  m.perfect_conductor = true;
  m.scattering_coefficient = scattering;
  m.scattering_pattern = pattern;
  return m;
}

double gain(const Scene& s, const ScatterOptions& o = {}) { return scattered_power(s, PreparedScene(s), o).gain.at(0); }

/// Of a metal surface z = 0 over all polarisations: a sum over the middles of a grid.
double summed(const Scene& s, const em::Lobe& lobe, double share, double x0, double x1, double y0, double y1) {
  constexpr int kSteps = 100;
  const Vec3d up{0, 0, 1};
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    for (int j = 0; j < kSteps; ++j) {
      const Vec3d p{x0 + (x1 - x0) * (i + 0.5) / kSteps, y0 + (y1 - y0) * (j + 0.5) / kSteps, 0};
      const Vec3d in = p - s.transmitters[0].position_m, out = s.receivers[0].position_m - p;
      sum += em::reciprocal_kernel(lobe, up, normalized(in), normalized(out)) / (norm2(in) * norm2(out));
    }
  }
  const double scale = s.wavelength_m() / (4 * kPi);
  // of four port pairs, between which power is neither lost nor won: half a field of gain 1 at each
  return 0.5 * share * scale * scale * sum * (x1 - x0) * (y1 - y0) / (kSteps * kSteps);
}

TEST(ScatteredPower, OfAMetalPatchIsItsSurfaceIntegral) {
  for (const char* pattern :
       {"lambertian", "directive(alpha_r=10)", "backscattering(alpha_r=20, alpha_i=30, lambda_=0.7)",
        "backscattering(alpha_r=1, alpha_i=1, lambda_=0.5)"}) {
    em::Material m = metal(0.7, pattern);
    for (const double xpd : {0.0, 0.4}) {  // moves power between the polarisations, of which all are counted
      m.xpd_coefficient = xpd;
      const Scene s = patch(m, "VH");
      const double expected = summed(s, em::lobe_from_text(pattern), 0.49, -0.5, 0.5, -0.5, 0.5);
      EXPECT_NEAR(gain(s), expected, 2e-4 * expected) << pattern;  // the tolerance, and the grid's own
    }
  }
}

/// All directions below the device meet the patch, by the cosine law: 2 cos(out) / r2^2; on its side half of them.
TEST(ScatteredPower, OfADeviceOnAFaceIsItsLimitFromTheLitSide) {
  ScatterOptions o;
  o.tolerance = 1e-4;
  const struct {
    Vec3d at;
    double share;
  } places[] = {{{0.1, -0.23, 0}, 1}, {{0.2, 0.2, 0}, 1}, {{0.5, 0.13, 0}, 0.5}, {{-0.5, -0.5, 0}, 0.25}};
  for (const auto& place : places) {  // inside, where triangles meet, on a side, on a corner
    Scene s = patch(metal(0.7, "lambertian"), "VH");
    s.transmitters[0].position_m = place.at;
    const Vec3d out = s.receivers[0].position_m - place.at;
    const double scale = s.wavelength_m() / (4 * kPi);
    const double expected = place.share * 0.5 * 0.49 * scale * scale * 2 * normalized(out).z / norm2(out);
    EXPECT_NEAR(gain(s, o) / expected, 1, 3e-4) << place.at.x << ' ' << place.at.y;
    std::swap(s.transmitters[0].position_m, s.receivers[0].position_m);
    EXPECT_NEAR(gain(s, o) / expected, 1, 3e-4) << "swapped: " << place.at.x << ' ' << place.at.y;
    s.transmitters[0].position_m.z *= -1;  // from below
    EXPECT_NEAR(gain(s, o) / expected, 1, 3e-4) << "below: " << place.at.x << ' ' << place.at.y;
  }
}

TEST(ScatteredPower, OfADeviceOnAFaceIsThatOfOneALittleAboveByEveryLaw) {
  for (const char* pattern : {"directive(alpha_r=3)", "half_vector(slope=0.3)"}) {
    em::Material m = em::itu_material("concrete");
    m.scattering_coefficient = 0.6, m.scattering_pattern = pattern, m.xpd_coefficient = 0.2;
    ScatterOptions o;
    o.tolerance = 3e-3;
    o.reflection = em::lobe_from_text("von_mises_fisher(kappa=5)");
    Scene s = patch(m, "V", 1);
    s.transmitters[0].position_m = {0.1, -0.23, 0};
    s.transmitters[0].orientation_rad = {0.3, 0.5, -0.2};
    const double on = gain(s, o);
    s.transmitters[0].position_m.z = 1e-7;
    EXPECT_NEAR(on / gain(s, o), 1, 1e-2) << pattern;
    // beside a wall, in the line that both share: as far off either as off the other
    s.add_object({"wall", scene::box({0.1, -1, 0}, {0.3, 1, 1}), 0});
    s.receivers[0].position_m.x = -0.9;
    scene::clean_meshes(s);
    s.transmitters[0].position_m = {0.1, -0.23, 0};
    o.max_depth = 1;
    const double between = gain(s, o);
    s.transmitters[0].position_m = {0.1 - 1e-7, -0.23, 1e-7};
    EXPECT_NEAR(between / gain(s, o), 1, 1e-2) << pattern;
  }
}

/// However the face is turned: rounding puts a device on either side of it.
TEST(ScatteredPower, SamplesOfADeviceOnAFaceAreTheTilesToEitherSide) {
  int places = 0;
  for (int turn = 0; turn < 6; ++turn) {
    const double a = 0.4 + turn, b = 0.7 * turn - 1;
    const auto turned = [&](const Vec3d& p) {
      const Vec3d q{std::cos(a) * p.x - std::sin(a) * p.y, std::sin(a) * p.x + std::cos(a) * p.y, p.z};
      return Vec3d{q.x, std::cos(b) * q.y - std::sin(b) * q.z, std::sin(b) * q.y + std::cos(b) * q.z};
    };
    Scene s = patch(metal(0.7, "lambertian"), "VH");
    s.transmitters[0].position_m = {0.1, -0.23, 0};
    s.add_receiver({"below", {0.4, 0.3, -1.9}, {}, {}, antenna("VH")});
    for (Vec3d& v : s.objects[0].mesh.vertices_m) v = turned(v);
    for (scene::Device* d : {&s.transmitters[0], &s.receivers[0], &s.receivers[1]})
      d->position_m = turned(d->position_m);
    ScatterOptions o;
    o.tolerance = 1e-4;
    const ScatteredPower tiles = scattered_power(s, PreparedScene(s), o);
    o.method = ScatterMethod::kSampled, o.samples_per_tx = 40000;
    const ScatteredPower samples = scattered_power(s, PreparedScene(s), o);
    for (size_t rx = 0; rx < 2; ++rx, ++places) {
      ASSERT_GT(tiles.gain[rx], 0);
      EXPECT_NEAR(samples.gain[rx] / tiles.gain[rx], 1, 4 * samples.error[rx] / tiles.gain[rx] + 2e-3)
          << turn << ' ' << rx;
    }
  }
  EXPECT_EQ(places, 12);
}

TEST(ScatteredPower, OfADeviceOnAFaceHasASlopeAlongIt) {
  Scene s = patch(metal(0.7, "directive(alpha_r=4)"), "V");
  s.transmitters[0].position_m = {0.1, -0.23, 0};
  ScatterOptions o;
  o.tolerance = 1e-5;
  const PreparedScene prepared(s);
  const ScatteredPower power = scattered_power(s, prepared, o);
  scene::SceneDerivative move(s);
  move.transmitters[0].position_m = {0.8, -0.6, 0};
  const double slope = scattered_power_jvp(s, prepared, o, power, move, {})[0];
  const auto moved = [&](double by) {
    Scene t = s;
    t.transmitters[0].position_m += by * Vec3d{0.8, -0.6, 0};
    return gain(t, o);
  };
  EXPECT_NEAR(slope, (moved(0.05) - moved(-0.05)) / 0.1, 1e-2 * std::abs(slope));
  const scene::SceneDerivative back = scattered_power_vjp(s, prepared, o, power, {1.0}, nullptr);
  EXPECT_NEAR(dot(back.transmitters[0].position_m, move.transmitters[0].position_m), slope, 1e-9 * std::abs(slope));
  // the whole scene moved changes nothing
  Vec3d all = back.transmitters[0].position_m + back.receivers[0].position_m;
  for (const Vec3d& v : back.objects[0].vertices_m) all += v;
  EXPECT_LT(norm(all), 1e-9 * std::abs(slope));
}

TEST(ScatteredPower, XpdIsTheShareAcross) {
  // straight down and up again: polarisations keep their directions
  Scene s = patch(metal(1, "lambertian"), "V", 0.05);
  s.transmitters[0].position_m = {-3, 0.01, 5}, s.receivers[0].position_m = {3, -0.01, 5};
  PreparedScene prepared(s);
  const double kept = gain(s);
  s.materials[0].xpd_coefficient = 1;
  EXPECT_LT(gain(s), 1e-3 * kept);  // directions over the patch turn by 1 in 50: what is across is that squared
  s.materials[0].xpd_coefficient = 0.3;
  EXPECT_NEAR(gain(s), 0.7 * kept, 2e-4 * kept);
}

Scene room() {
  Scene s;
  s.frequency_hz = 60e9;
  s.add_material(em::itu_material("concrete", 0.2));
  s.add_material(em::itu_material("wood", 0.03));
  s.materials[0].scattering_coefficient = 0.4, s.materials[0].xpd_coefficient = 0.2;
  s.materials[0].scattering_pattern = "directive(alpha_r=6)";
  s.materials[1].scattering_coefficient = 0.6,
  s.materials[1].scattering_pattern = "backscattering(alpha_r=5, alpha_i=9, lambda_=0.4)";
  s.add_object({"walls", scene::box({-4, -3, 0}, {8, 6, 3}), 0});
  s.add_object({"table", scene::box({-1, -0.6, 0.7}, {2, 1.2, 0.05}), 1});
  s.add_object({"shelf", scene::box({1.5, 1.0, 0}, {0.8, 0.4, 2}), 1});
  s.add_transmitter({"tx", {-3.1, 2.2, 2.6}, {0.3, 0.1, 0}, {}, antenna("V", em::PatternKind::kTr38901)});
  s.add_receiver({"rx", {2.7, -1.9, 1.1}, {2, -0.2, 0.1}, {}, antenna("VH", em::PatternKind::kShortDipole)});
  scene::clean_meshes(s);
  return s;
}

TEST(ScatteredPower, IsTheSameWithTheEndsSwapped) {
  const Scene there = room();
  Scene back = there;
  std::swap(back.transmitters[0].position_m, back.receivers[0].position_m);
  std::swap(back.transmitters[0].orientation_rad, back.receivers[0].orientation_rad);
  std::swap(back.transmitters[0].array, back.receivers[0].array);
  ScatterOptions o;
  o.max_tiles = 500;
  o.reflection = em::lobe_from_text("von_mises_fisher(kappa=5)");
  const auto a = scattered_power(there, PreparedScene(there), o), b = scattered_power(back, PreparedScene(back), o);
  EXPECT_GT(a.shaded[0], 0);  // of the table and the shelf
  // the integrands are the same to rounding, so that tiles are cut alike
  EXPECT_NEAR(a.gain[0], b.gain[0], 1e-9 * a.gain[0]);
  o.num_threads = 1;
  EXPECT_EQ(scattered_power(there, PreparedScene(there), o).gain[0], a.gain[0]);
}

TEST(ScatteredPower, EndsWhereAScreenShadesTheSurface) {
  Scene s = patch(metal(0.7, "lambertian"), "VH", 1);
  s.transmitters[0].position_m.x = 0.6;
  scene::Mesh screen;  // in the plane x = 0.13, reaching the patch
  screen.vertices_m = {{0.13, -9, 0}, {0.13, 9, 0}, {0.13, 9, 9}, {0.13, -9, 9}};
  screen.triangles = {{0, 1, 2}, {0, 2, 3}};
  em::Material other = metal(0, "lambertian");
  other.name = "screen";
  s.add_material(other);
  s.add_object({"screen", screen, 1});
  scene::clean_meshes(s);
  ScatterOptions o;
  o.tolerance = 1e-3;
  const auto power = scattered_power(s, PreparedScene(s), o);
  const double expected = summed(s, em::Lobe{}, 0.49, 0.13, 1, -1, 1);
  EXPECT_NEAR(power.gain[0], expected, 2e-3 * expected);
  EXPECT_GT(power.shaded[0], 0);
  EXPECT_LT(power.shaded[0], 0.2);
  s.receivers[0].position_m.x = -0.4;  // behind the screen
  EXPECT_EQ(gain(s), 0);
}

TEST(ScatteredPower, OfNarrowLobesIsTheMirrors) {
  Scene s = patch(em::itu_material("concrete", 0.3), "V", 6);
  PathOptions mirrors;
  mirrors.max_depth = 1, mirrors.los = false, mirrors.finder = Finder::kExhaustive;
  double image = 0;
  for (const Complexd& a : solve_paths(s, mirrors).a) image += norm2(a);
  ScatterOptions o;
  double last = 0;
  for (const double kappa : {1000.0, 10000.0}) {
    em::Lobe lobe{em::LobeKind::kVonMisesFisher};
    lobe.kappa = kappa;
    o.reflection = lobe;
    o.tolerance = 1e-5;
    const double error = gain(s, o) / image - 1;
    EXPECT_LT(std::abs(error), 10 / kappa) << kappa;  // of the lobe, and of the reflectivity over its footprint
    if (last != 0) {                                  // the first order in 1 / kappa
      EXPECT_NEAR(error * 10, last, 0.05 * std::abs(last)) << kappa;
    }
    last = error;
  }
  s.materials[0].scattering_coefficient = 0.6;  // leaves the mirror 1 - S^2
  o.diffuse = false;
  EXPECT_NEAR(gain(s, o) / image, 0.64, 1e-3);
}

TEST(ScatteredPower, DerivativesAreThoseOfDifferences) {
  Scene s = patch(em::itu_material("concrete", 0.01), "VH");
  s.transmitters[0].orientation_rad = {0.2, 0.3, 0.1};
  s.transmitters[0].array.pattern.kind = em::PatternKind::kShortDipole;
  s.materials[0].scattering_coefficient = 0.5, s.materials[0].xpd_coefficient = 0.3;
  s.receivers[0].array = antenna("V");
  s.materials[0].scattering_pattern = "directive(alpha_r=3)";
  ScatterOptions o;
  o.reflection = em::lobe_from_text("von_mises_fisher(kappa=8)");
  o.tolerance = 1e-7;  // of the estimate, which is far above the error where all is smooth
  const PreparedScene prepared(s);
  const ScatteredPower power = scattered_power(s, prepared, o);
  const scene::SceneDerivative gradient = scattered_power_vjp(s, prepared, o, power, {1});
  scene::ParameterTree tree = scene::gradient_tree(s, gradient), moved;
  double along = 0;
  int count = 0;
  for (const scene::Parameter& p : scene::parameters(s)) {
    if (!scene::is_differentiable(s, p.name, kDifferentiableByScattering)) continue;
    const std::vector<double> exact = tree.at(p.name);
    // a slab turns the phase within it by a radian in a millimetre
    const double unit = p.name.ends_with("thickness_m") ? 1e-3 : 1;
    const double h = 1e-4 * unit * std::max(1.0, *std::max_element(p.value.begin(), p.value.end()));
    if (p.name == "object/patch/vertices_m" || p.name.starts_with("device") || p.name.starts_with("material") ||
        p.name == "frequency_hz") {
      for (size_t i = 0; i < exact.size(); ++i) {
        std::vector<double> up = p.value, down = p.value;
        up[i] += h, down[i] -= h;
        Scene a = s, b = s;
        scene::set_parameter(a, p.name, up), scene::set_parameter(b, p.name, down);
        const double difference = (gain(a, o) - gain(b, o)) / (2 * h);
        // the sums' tolerance over the step, and the step's own second order
        EXPECT_NEAR(exact[i] * h, difference * h, 3e-9 * power.gain[0] + 1e-6 * std::abs(difference * h))
            << p.name << " " << i;
        ++count;
      }
    }
    moved[p.name].resize(exact.size());
    for (size_t i = 0; i < exact.size(); ++i) {
      moved[p.name][i] = h * std::sin(1.0 + double(i) + double(p.name.size()));
      if (p.name.starts_with("object/") && !p.name.ends_with("vertices_m")) moved[p.name][i] = 0;
      along += moved[p.name][i] * exact[i];
    }
  }
  EXPECT_GT(count, 25);
  const double forward = scattered_power_jvp(s, prepared, o, power, scene::tangent(s, moved)).at(0);
  EXPECT_NEAR(forward, along, 1e-12 * power.gain[0] + 1e-9 * std::abs(along));
}

/// How far samples are from tiles, in standard errors.
double deviation(const Scene& s, ScatterOptions o) {
  o.tolerance = 1e-3;
  const double tiles = gain(s, o);
  o.method = ScatterMethod::kSampled;
  const ScatteredPower samples = scattered_power(s, PreparedScene(s), o);
  EXPECT_GT(samples.error[0], 0);
  EXPECT_LT(samples.error[0], 0.05 * samples.gain[0]);
  return (samples.gain[0] - tiles) / samples.error[0];
}

TEST(ScatteredPower, SamplesAgreeWithTilesWithinTheirStandardError) {
  ScatterOptions o;
  o.samples_per_tx = 20000;
  em::Material m = em::itu_material("concrete", 0.01);
  m.scattering_coefficient = 0.6, m.xpd_coefficient = 0.3, m.scattering_pattern = "directive(alpha_r=3)";
  Scene s = patch(m, "V", 2);
  EXPECT_LT(std::abs(deviation(s, o)), 3.5);
  ScatterOptions lobe = o;
  lobe.reflection = em::lobe_from_text("von_mises_fisher(kappa=15)");
  EXPECT_LT(std::abs(deviation(s, lobe)), 3.5);
  // a mirror before the place and behind it
  s.add_material(em::itu_material("metal", 0.01));
  s.materials[1].name = "mirror";
  scene::Mesh wall;
  wall.vertices_m = {{-3, 2.5, -1}, {3, 2.5, -1}, {3, 2.5, 5}, {-3, 2.5, 5}};
  wall.triangles = {{0, 1, 2}, {0, 2, 3}};
  s.add_object({"mirror", wall, 1});
  scene::clean_meshes(s);
  const double alone = gain(s, o);
  o.max_depth = 2;
  EXPECT_GT(gain(s, o), 1.1 * alone);
  EXPECT_LT(std::abs(deviation(s, o)), 3.5);
}

TEST(ScatteredPower, OfSeveralPlacesIsReciprocal) {
  // two rough walls that see each other: up to three places in a path, both ways within the standard errors
  Scene there = patch(metal(1, "lambertian"), "VH", 2), back;
  scene::Mesh wall;
  wall.vertices_m = {{-3, 2.5, 0}, {3, 2.5, 0}, {3, 2.5, 4}, {-3, 2.5, 4}};
  wall.triangles = {{0, 1, 2}, {0, 2, 3}};
  there.add_object({"wall", wall, 0});
  scene::clean_meshes(there);
  back = there;
  std::swap(back.transmitters[0].position_m, back.receivers[0].position_m);
  ScatterOptions o;
  o.method = ScatterMethod::kSampled, o.max_depth = 1, o.samples_per_tx = 40000;
  const double once = gain(there, o);
  o.max_depth = 3;
  const auto a = scattered_power(there, PreparedScene(there), o), b = scattered_power(back, PreparedScene(back), o);
  EXPECT_GT(a.gain[0], 1.2 * once);
  EXPECT_LT(std::abs(a.gain[0] - b.gain[0]), 3.5 * std::hypot(a.error[0], b.error[0]));
  o.num_threads = 1;
  EXPECT_EQ(scattered_power(there, PreparedScene(there), o).gain, a.gain);
  EXPECT_THROW(scattered_power_vjp(there, PreparedScene(there), o, a, {1}), Error);
}

TEST(ScatteredPower, BadOptionsAreRefused) {
  const Scene s = patch(metal(0.7, "lambertian"), "V");
  const PreparedScene prepared(s);
  ScatterOptions o;
  o.diffuse = false;
  EXPECT_THROW(scattered_power(s, prepared, o), Error);
  o.diffuse = true, o.tolerance = 0;
  EXPECT_THROW(scattered_power(s, prepared, o), Error);
  o.tolerance = 1e-3, o.reflection = em::Lobe{em::LobeKind::kVonMisesFisher};
  o.reflection->kappa = -3;
  EXPECT_THROW(scattered_power(s, prepared, o), Error);
}

}  // namespace
}  // namespace raywave::paths
