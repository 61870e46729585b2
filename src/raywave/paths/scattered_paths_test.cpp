// SPDX-License-Identifier: Apache-2.0
// Paths over places that scatter: against the surface's integral, images of the ends, the ends swapped, differences.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/paths_derivative.h"
#include "raywave/paths/scattered_power.h"
#include "raywave/scene/parameter_table.h"
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

em::Material material(const char* name, double scattering, const char* pattern, bool metal = true) {
  em::Material m = metal ? em::Material() : em::itu_material("concrete", 0.02);
  m.name = name;
  m.perfect_conductor = metal;
  m.scattering_coefficient = scattering;
  m.scattering_pattern = pattern;
  return m;
}

scene::Mesh rectangle(const Vec3d& corner, const Vec3d& a, const Vec3d& b) {
  scene::Mesh m;
  m.vertices_m = {corner, corner + a, corner + a + b, corner + b};
  m.triangles = {{0, 1, 2}, {0, 2, 3}};
  return m;
}

Scene patch(const em::Material& m, const char* polarization = "VH") {
  Scene s;
  s.frequency_hz = 28e9;
  s.add_material(m);
  s.add_object({"patch", rectangle({-0.5, -0.5, 0}, {1, 0, 0}, {0, 1, 0}), 0});
  s.add_transmitter({"tx", {-1.3, 0.4, 1.7}, {}, {}, antenna(polarization)});
  s.add_receiver({"rx", {0.9, -0.7, 2.2}, {}, {}, antenna(polarization)});
  scene::clean_meshes(s);
  return s;
}

PathOptions options(int depth = 1, double tolerance = 1e-3) {
  PathOptions o;
  o.max_depth = depth, o.los = false, o.finder = Finder::kExhaustive;
  o.diffuse_reflection = true, o.scattering_tolerance = tolerance;
  return o;
}

bool has(const Paths& p, int64_t path, Interaction kind) {
  for (int64_t i = p.interaction_begin[size_t(path)]; i < p.interaction_begin[size_t(path) + 1]; ++i) {
    if (p.interactions[size_t(i)] == kind) return true;
  }
  return false;
}
/// The power of the paths with a place that scatters, over all pairs of ports.
double scattered(const Paths& p, size_t depth = 0) {
  double sum = 0;
  for (int64_t i = 0; i < p.num_paths(); ++i) {
    if (!has(p, i, Interaction::kDiffuseReflection) && !has(p, i, Interaction::kDirectionalReflection)) continue;
    if (depth > 0 && size_t(p.interaction_begin[size_t(i) + 1] - p.interaction_begin[size_t(i)]) != depth) continue;
    for (int64_t k = p.a_begin[size_t(i)]; k < p.a_begin[size_t(i) + 1]; ++k) sum += norm2(p.a[size_t(k)]);
  }
  return sum;
}

TEST(ScatteredPaths, AddUpToScatteredPower) {
  for (const double xpd : {0.0, 0.3, 1.0}) {
    em::Material m = material("wall", 0.6, "directive(alpha_r=6)", false);
    m.xpd_coefficient = xpd;
    Scene s = patch(m);
    s.transmitters[0].array.element_positions_wavelengths = {{0, 0, 0}, {0, 0.5, 0}};
    PathOptions o = options(1, 1e-4);
    o.specular_reflection = false;
    ScatterOptions tiles;
    const double power = scattered_power(s, PreparedScene(s), tiles).gain.at(0);
    EXPECT_NEAR(scattered(solve_paths(s, o)), 8 * power, 1e-12 * power) << xpd;
    // a lobe in the mirror's place
    o.specular_reflection = true, o.reflection = Reflection::kDirectional;
    o.lobe = em::lobe_from_text("von_mises_fisher(kappa=20)");
    tiles.reflection = o.lobe;
    const Paths both = solve_paths(s, o);
    const double sum = scattered_power(s, PreparedScene(s), tiles).gain.at(0);
    EXPECT_NEAR(scattered(both), 8 * sum, 1e-12 * sum);
    for (int64_t p = 0; p < both.num_paths(); ++p) EXPECT_FALSE(has(both, p, Interaction::kSpecularReflection));
  }
}

TEST(ScatteredPaths, MirrorsBeforeAndBehindArePathsFromImages) {
  Scene s = patch(material("rough", 0.7, "directive(alpha_r=3)"));
  s.add_material(material("clean", 0, "lambertian"));
  s.add_object({"mirror", rectangle({-3, 2, -1}, {6, 0, 0}, {0, 0, 9}), 1});  // y = 2
  scene::clean_meshes(s);
  PathOptions o = options(2, 1e-5);
  const Paths found = solve_paths(s, o);
  Scene image = patch(material("rough", 0.7, "directive(alpha_r=3)"));
  o.max_depth = 1;
  const double direct = scattered(solve_paths(image, o));
  EXPECT_NEAR(scattered(found, 1), direct, 3e-5 * direct);
  // of a perfect mirror, with all polarisations counted: the end's image
  image.transmitters[0].position_m.y = 4 - image.transmitters[0].position_m.y;
  double before = scattered(solve_paths(image, o));
  image = patch(material("rough", 0.7, "directive(alpha_r=3)"));
  image.receivers[0].position_m.y = 4 - image.receivers[0].position_m.y;
  const double behind = scattered(solve_paths(image, o));
  EXPECT_NEAR(scattered(found, 2), before + behind, 5e-5 * (before + behind));
}

TEST(ScatteredPaths, PassWallsOfNothing) {
  Scene s = patch(material("rough", 0.7, "lambertian"));
  PathOptions o = options(3, 1e-4);
  const double alone = scattered(solve_paths(s, o));
  em::Material nothing;
  nothing.name = "nothing";
  nothing.thickness_m = 0.1;
  s.add_material(nothing);
  s.add_object({"veil", rectangle({-3, -3, 1}, {6, 0, 0}, {0, 6, 0}), 1});
  scene::clean_meshes(s);
  EXPECT_EQ(scattered(solve_paths(s, o)), 0);
  o.refraction = true;
  const Paths found = solve_paths(s, o);
  EXPECT_NEAR(scattered(found, 3), alone, 1e-9 * alone);  // a transmission, the place, a transmission
  o.max_depth = 2;
  EXPECT_EQ(scattered(solve_paths(s, o)), 0);
}

Scene room() {
  Scene s;
  s.frequency_hz = 10e9;
  s.add_material(material("walls", 0.4, "directive(alpha_r=6)", false));
  s.add_material(material("wood", 0.6, "backscattering(alpha_r=5, alpha_i=9, lambda_=0.4)", false));
  s.materials[0].xpd_coefficient = 0.2;
  s.add_object({"walls", scene::box({-4, -3, 0}, {8, 6, 3}), 0});
  s.add_object({"table", scene::box({-1, -0.6, 0.7}, {2, 1.2, 0.05}), 1});
  s.add_transmitter({"tx", {-3.1, 2.2, 2.6}, {0.3, 0.1, 0}, {}, antenna("V", em::PatternKind::kTr38901)});
  s.add_receiver({"rx", {2.7, -1.9, 1.1}, {2, -0.2, 0.1}, {}, antenna("VH", em::PatternKind::kShortDipole)});
  scene::clean_meshes(s);
  return s;
}

TEST(ScatteredPaths, AreTheSameWithTheEndsSwapped) {
  const Scene there = room();
  Scene back = there;
  std::swap(back.transmitters[0].position_m, back.receivers[0].position_m);
  std::swap(back.transmitters[0].orientation_rad, back.receivers[0].orientation_rad);
  std::swap(back.transmitters[0].array, back.receivers[0].array);
  std::swap(back.transmitters[0].name, back.receivers[0].name);
  PathOptions o = options(3, 0.1);
  o.max_tiles = 50;
  o.scattering_phases = ScatteringPhases::kRandom;
  const Paths a = solve_paths(there, o), b = solve_paths(back, o);
  ASSERT_EQ(a.num_paths(), b.num_paths());
  EXPECT_GT(scattered(a, 3), 0.02 * scattered(a));  // with two mirrors
  EXPECT_NEAR(scattered(a), scattered(b), 1e-9 * scattered(a));
  // The sum with phases, too: each place has its own, the same both ways.
  const auto total = [](const Paths& p) {
    double power = 0;
    for (size_t port = 0; port < 2; ++port) {
      Complexd sum;
      for (int64_t i = 0; i < p.num_paths(); ++i)
        sum += p.a[size_t(p.a_begin[size_t(i)]) + port] * expj(-2 * kPi * p.frequency_hz * p.tau_s[size_t(i)]);
      power += norm2(sum);
    }
    return power;
  };
  EXPECT_NEAR(total(a), total(b), 1e-6 * total(a));
}

TEST(ScatteredPaths, HavePhasesOfTheirOwnWhenAsked) {
  const Scene s = patch(material("rough", 0.7, "lambertian"), "V");
  PathOptions o = options();
  o.specular_reflection = false;
  const Paths none = solve_paths(s, o);
  o.scattering_phases = ScatteringPhases::kRandom;
  const Paths random = solve_paths(s, o);
  ASSERT_EQ(none.a.size(), random.a.size());
  ASSERT_GT(none.a.size(), 50u);
  Complexd mean;
  for (size_t i = 0; i < none.a.size(); ++i) {
    EXPECT_NEAR(norm2(none.a[i]), norm2(random.a[i]), 1e-12 * norm2(none.a[i]));
    mean += (1 / double(none.a.size())) * (random.a[i] / none.a[i]);
  }
  EXPECT_LT(std::sqrt(norm2(mean)), 4 / std::sqrt(double(none.a.size())));  // four standard deviations of a walk
  o.seed = 43;
  EXPECT_NE(solve_paths(s, o).a[0].re, random.a[0].re);
}

TEST(ScatteredPaths, OfElementsShareTheirPlaces) {
  Scene s = patch(material("rough", 0.7, "lambertian"), "V");
  auto& array = s.receivers[0].array;
  array.element_positions_wavelengths = {{0, -0.25, 0}, {0, 0.25, 0}};
  PathOptions o = options();
  o.specular_reflection = false;
  o.synthetic_array = false, o.scattering_phases = ScatteringPhases::kRandom;
  const Paths p = solve_paths(s, o);
  ASSERT_EQ(p.links.size(), 2u);
  const int64_t n = p.links[0].path_end - p.links[0].path_begin;
  ASSERT_EQ(n, p.links[1].path_end - p.links[1].path_begin);
  std::vector<Vec3d> first(p.vertices_m.begin(), p.vertices_m.begin() + n),
      second(p.vertices_m.begin() + n, p.vertices_m.end());
  const auto by_place = [](const Vec3d& a, const Vec3d& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; };
  std::sort(first.begin(), first.end(), by_place), std::sort(second.begin(), second.end(), by_place);
  for (size_t i = 0; i < first.size(); ++i) EXPECT_EQ(norm(first[i] - second[i]), 0);
}

/// Gradients against differences of the total power, at tiles so fine that both sums are the integral.
TEST(ScatteredPaths, DerivativesAreThoseOfDifferences) {
  Scene s = patch(material("rough", 0.5, "directive(alpha_r=3)", false));
  s.materials[0].xpd_coefficient = 0.3;
  s.add_material(material("clean", 0, "lambertian", false));
  s.add_object({"mirror", rectangle({-3, 2, -1}, {6, 0, 0}, {0, 0.3, 9}), 1});
  s.transmitters[0].orientation_rad = {0.2, 0.3, 0.1};
  s.transmitters[0].array = antenna("V", em::PatternKind::kShortDipole);
  scene::clean_meshes(s);
  PathOptions o = options(2, 1e-6);
  o.specular_reflection = true;
  const PreparedScene prepared(s);
  const auto power = [&](const Scene& at) { return scattered(solve_paths(at, o)); };
  const Paths paths = solve_paths(s, prepared, o);
  PathsDerivative cotangent;
  for (int64_t p = 0; p < paths.num_paths(); ++p) {
    const bool counts = has(paths, p, Interaction::kDiffuseReflection);
    for (int64_t k = paths.a_begin[size_t(p)]; k < paths.a_begin[size_t(p) + 1]; ++k)
      cotangent.a.push_back(counts ? 2.0 * paths.a[size_t(k)] : Complexd{});
  }
  const scene::SceneDerivative gradient = paths_vjp(s, prepared, o, paths, cotangent);
  const scene::ParameterTree tree = scene::gradient_tree(s, gradient);
  const double whole = power(s);
  scene::ParameterTree moved;
  double along = 0;
  for (const auto& [name, h] :
       std::vector<std::pair<std::string, double>>{{"device/tx/position_m", 1e-3},
                                                   {"device/rx/position_m", 1e-3},
                                                   {"device/tx/orientation_rad", 1e-3},
                                                   {"material/rough/scattering_coefficient", 1e-3},
                                                   {"material/rough/xpd_coefficient", 1e-3},
                                                   {"material/rough/relative_permittivity", 1e-3},
                                                   {"material/clean/relative_permittivity", 1e-3},
                                                   {"object/patch/vertices_m", 1e-3},
                                                   {"object/mirror/vertices_m", 1e-3}}) {
    const std::vector<double>& exact = tree.at(name);
    const std::vector<double> value = scene::parameter(s, name).value;
    for (size_t i = 0; i < exact.size(); ++i) {
      moved[name].push_back(h * std::sin(1.0 + double(i) + double(name.size())));
      along += moved[name][i] * exact[i];
      if (i % 3 == 1 && exact.size() > 3) continue;  // time
      std::vector<double> up = value, down = value;
      up[i] += h, down[i] -= h;
      Scene a = s, b = s;
      scene::set_parameter(a, name, up), scene::set_parameter(b, name, down);
      const double difference = (power(a) - power(b)) / 2;
      EXPECT_NEAR(exact[i] * h, difference, 3e-7 * whole + 1e-4 * std::abs(difference)) << name << " " << i;
    }
  }
  const PathsDerivative forward = paths_jvp(s, prepared, o, paths, scene::tangent(s, moved));
  double sum = 0;
  for (size_t i = 0; i < cotangent.a.size(); ++i)
    sum += cotangent.a[i].re * forward.a[i].re + cotangent.a[i].im * forward.a[i].im;
  EXPECT_NEAR(sum, along, 1e-9 * std::abs(along));
}

TEST(ScatteredPaths, DopplerIsTheCarrierTimesHowLengthsShrink) {
  Scene s = patch(material("rough", 0.7, "lambertian"), "V");
  s.objects[0].velocity_m_per_s = {0.4, -2, 5};
  s.receivers[0].velocity_m_per_s = {1, 0, -1};
  const PreparedScene prepared(s);
  PathOptions o = options();
  const Paths p = solve_paths(s, prepared, o);
  ASSERT_GT(p.num_paths(), 20);
  const auto moved =
      scene::tangent(s, {{"object/patch/translation_m", {0.4, -2, 5}}, {"device/rx/position_m", {1, 0, -1}}});
  const PathsDerivative d = paths_jvp(s, prepared, o, p, moved);
  for (size_t i = 0; i < p.tau_s.size(); ++i)
    EXPECT_NEAR(p.doppler_hz[i], -p.frequency_hz * d.tau_s[i], 1e-9 * p.frequency_hz * 5 / kSpeedOfLight);
}

TEST(ScatteredPaths, BadOptionsAreRefused) {
  PathOptions o = options();
  o.scattering_tolerance = 0;
  EXPECT_THROW(o.validate(), Error);
  o = options();
  o.max_tiles = 0;
  EXPECT_THROW(o.validate(), Error);
  o = options();
  o.reflection = Reflection::kDirectional;
  o.lobe.kappa = -1;
  EXPECT_THROW(o.validate(), Error);
}

}  // namespace
}  // namespace raywave::paths
