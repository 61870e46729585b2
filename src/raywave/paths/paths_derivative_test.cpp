// SPDX-License-Identifier: Apache-2.0
// Derivatives of paths against central differences of the whole solver, and the two modes against each other.
#include "raywave/paths/paths_derivative.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "raywave/core/random.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/paths/scene_over.h"
#include "raywave/scene/parameters.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

using scene::Scene;

/// Tetrahedra and a triangle: every facet is one triangle, so that single vertices may move.
Scene triangles_scene() {
  Scene s;
  s.frequency_hz = 2e9;
  em::Material brick = em::itu_material("brick", 0.2);
  brick.scattering_coefficient = 0.3;
  s.add_material(brick);
  em::Material wall{"wall"};
  wall.relative_permittivity = 4;
  wall.conductivity_s_per_m = 0.02;
  wall.thickness_m = 0.05;
  wall.scattering_coefficient = 0.2;
  s.add_material(wall);
  s.add_object({"floor", {{{-40, -40, 0}, {50, -38, 0.1}, {3, 60, -0.2}}, {{0, 1, 2}}}, 0, {0, 0, 0}});
  s.add_object({"tent",
                {{{-2, -2, 0.5}, {3, -1.5, 0.6}, {0.5, 2.5, 0.4}, {0.3, 0.2, 4.1}},
                 {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}}},
                1,
                {0.5, -0.2, 0.1}});
  em::PlanarArrayOptions cross;
  cross.pattern = "tr38901";
  cross.polarization = "cross";
  cross.num_cols = 2;
  s.add_transmitter({"tx", {-6, 1, 3}, {0.1, 0.2, -0.1}, {1, 2, 3}, em::planar_array(cross)});
  em::PlanarArrayOptions dipole;
  dipole.pattern = "hw_dipole";
  dipole.num_rows = 2;
  s.add_receiver({"rx", {5, -0.7, 1.4}, {0.3, -0.1, 0.2}, {-1, 0.4, 0}, em::planar_array(dipole)});
  return s;
}

PathOptions options_for(bool refraction) {
  PathOptions o;
  o.max_depth = refraction ? 3 : 2;
  o.diffraction = true;
  o.max_diffractions = 2;
  o.refraction = refraction;
  o.finder = Finder::kExhaustive;
  return o;
}

std::string signature(const Paths& paths, int64_t p) {
  std::string name;
  for (auto i = size_t(paths.interaction_begin[size_t(p)]); i < size_t(paths.interaction_begin[size_t(p) + 1]); ++i) {
    name += std::to_string(int(paths.interactions[i])) + ":" + std::to_string(paths.surfaces[i].index) + " ";
  }
  return name;
}

/// Weights of the outputs of a path: by what it touches, so that they are the same when the order of paths changes.
double weight(const std::string& signature, int output) {
  uint64_t key = uint64_t(output);
  for (const char c : signature) key = mix64(key ^ uint64_t(uint8_t(c)));
  return double(mix64(key) >> 11) * 0x1.0p-53 - 0.5;
}

/// Outputs of unlike size brought to about one.
constexpr double kGainScale = 1e3, kDelayScale = 1e8, kDopplerScale = 0.05;

PathsDerivative cotangent_of(const Paths& paths) {
  PathsDerivative c;
  c.a.resize(paths.a.size());
  for (auto* v : {&c.tau_s, &c.theta_t, &c.phi_t, &c.theta_r, &c.phi_r, &c.doppler_hz})
    v->resize(size_t(paths.num_paths()));
  for (size_t p = 0; p < size_t(paths.num_paths()); ++p) {
    const std::string s = signature(paths, int64_t(p));
    c.tau_s[p] = kDelayScale * weight(s, 0);
    c.theta_t[p] = weight(s, 1);
    c.phi_t[p] = weight(s, 2);
    c.theta_r[p] = weight(s, 3);
    c.phi_r[p] = weight(s, 4);
    c.doppler_hz[p] = kDopplerScale * weight(s, 5);
    for (auto k = paths.a_begin[p]; k < paths.a_begin[p + 1]; ++k) {
      const int output = 6 + 2 * int(k - paths.a_begin[p]);
      c.a[size_t(k)] = {kGainScale * weight(s, output), kGainScale * weight(s, output + 1)};
    }
  }
  return c;
}

double pair(const PathsDerivative& c, const PathsDerivative& d) {
  double sum = c.frequency_hz * d.frequency_hz;
  for (size_t i = 0; i < c.a.size(); ++i) sum += c.a[i].re * d.a[i].re + c.a[i].im * d.a[i].im;
  const auto add = [&](const std::vector<double>& x, const std::vector<double>& y) {
    for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  };
  add(c.tau_s, d.tau_s);
  add(c.theta_t, d.theta_t);
  add(c.phi_t, d.phi_t);
  add(c.theta_r, d.theta_r);
  add(c.phi_r, d.phi_r);
  add(c.doppler_hz, d.doppler_hz);
  return sum;
}

double loss(const Scene& s, const PathOptions& o, size_t expected_paths) {
  const Paths paths = solve_paths(s, o);
  EXPECT_EQ(size_t(paths.num_paths()), expected_paths);
  PathsDerivative values;
  values.a = paths.a;
  values.tau_s = paths.tau_s;
  values.theta_t = paths.theta_t;
  values.phi_t = paths.phi_t;
  values.theta_r = paths.theta_r;
  values.phi_r = paths.phi_r;
  values.doppler_hz = paths.doppler_hz;
  return pair(cotangent_of(paths), values);
}

/// @param every  one in so many of the numbers is moved.
void expect_gradient(Scene s, const PathOptions& o, size_t every = 1) {
  for (em::Material& m : s.materials) m.xpd_coefficient = 0.3;  // off its bounds
  const PreparedScene prepared(s);
  const Paths paths = solve_paths(s, prepared, o);
  ASSERT_GT(paths.num_paths(), 8);
  const scene::SceneDerivative gradient = paths_vjp(s, prepared, o, paths, cotangent_of(paths));
  const scene::ParameterTree by_name = scene::gradient_tree(s, gradient);
  size_t count = 0;
  for (const scene::Parameter& p : scene::parameters(s)) {
    if (!scene::is_differentiable(s, p.name, kDifferentiableByPaths)) continue;
    const std::vector<double>& exact = by_name.at(p.name);
    const double size = p.name == "frequency_hz" ? 2e9 : p.name.find("velocity") != std::string::npos ? 10 : 1;
    const double h = 2e-5 * size;
    double largest = 0;
    for (const double x : exact) largest = std::max(largest, std::abs(x) * size);
    for (size_t i = 0; i < exact.size(); ++i) {
      if (count++ % every != 0) continue;
      const auto moved = [&](double by) {
        Scene copy = s;
        std::vector<double> value = p.value;
        value[i] += by;
        scene::set_parameter(copy, p.name, value);
        return loss(copy, o, size_t(paths.num_paths()));
      };
      // fourth order; the fields' phases turn by k = 42 a metre (twice that in W's arguments), their fifth derivative
      // is below (2 k)^5 of the outputs' size, and rounding leaves 1e-12 / h of the sum
      const double difference = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h) * size;
      const double tolerance = 1e-6 * std::max(1.0, largest);
      EXPECT_NEAR(exact[i] * size, difference, tolerance) << p.name << "[" << i << "]";
    }
  }
}

TEST(PathsDerivative, GradientIsTheCentralDifferenceForEveryParameter) {
  expect_gradient(triangles_scene(), options_for(false));
}

TEST(PathsDerivative, GradientIsTheCentralDifferenceThroughWalls) {
  expect_gradient(triangles_scene(), options_for(true));
}

TEST(PathsDerivative, GradientIsTheCentralDifferenceOverThreeEdges) {
  PathOptions o = options_for(false);
  o.max_depth = o.max_diffractions = 3;
  o.specular_reflection = false;
  expect_gradient(triangles_scene(), o, 7);
}

// Forty reflections between two plates: no fixed number of bends.
/// Faces of two triangles, not quite flat, and a block that the floor cuts: single vertices tilt the mean of a face's
/// planes, and the floor's plane moves the ends of the block's edges.
TEST(PathsDerivative, GradientIsTheCentralDifferenceForBlocksThatStandInTheFloor) {
  Scene s = triangles_scene();
  s.objects.clear();
  scene::Mesh floor;
  scene::add_rectangle(floor, {-40, -40, 0.1}, {90, 1, 0.3}, {-2, 90, -0.2});
  s.add_object({"floor", floor, 0, {0, 0, 0}});
  scene::Mesh block;
  for (int i = 0; i < 8; ++i) {
    const Vec3d warp{std::sin(3.0 * i), std::cos(5.0 * i), std::sin(7.0 * i)};
    const double taper = i & 1 ? 0.8 : 1;  // no two triangles alike: facets are numbered by size
    block.vertices_m.push_back(Vec3d{taper * (i & 4 ? 1.5 : -1.3), taper * (i & 2 ? 1.2 : -1.05), i & 1 ? 3.2 : -0.4} +
                               2e-6 * warp);
  }
  block.triangles = {{0, 1, 3}, {0, 3, 2}, {4, 6, 7}, {4, 7, 5}, {0, 4, 5}, {0, 5, 1},
                     {2, 3, 7}, {2, 7, 6}, {0, 2, 6}, {0, 6, 4}, {1, 5, 7}, {1, 7, 3}};
  s.add_object({"block", block, 1, {0.5, -0.2, 0.1}});
  s.add_receiver({"beside", {-3.1, -4.6, 1.7}});
  PathOptions o = options_for(false);
  o.max_diffractions = 1;
  expect_gradient(s, o);
}

TEST(PathsDerivative, GradientIsTheCentralDifferenceOverAClosedCrack) {
  Scene s = triangles_scene();
  s.objects.clear();
  // two walls that end short of each other by 6 mm, each one triangle, at other heights: where both end in one place
  // there are two slopes
  s.add_object({"left", {{{-5, 0.2, 0}, {-0.006, 0, -4}, {-0.006, 0, 7}}, {{0, 1, 2}}}, 0, {0, 0, 0}});
  s.add_object({"right", {{{0, 0.006, -4.3}, {0.1, 6, 1}, {0, 0.006, 7.2}}, {{0, 1, 2}}}, 1, {0.5, -0.2, 0.1}});
  s.add_receiver({"behind", {2, 3, 1.7}});
  s.add_receiver({"beside", {-3, -2, 1.2}});
  PathOptions o = options_for(false);
  o.max_diffractions = 1;
  expect_gradient(s, o);
}

TEST(PathsDerivative, AtDepthFortyTheGradientOfTheDelayIsTheImages) {
  Scene s;
  s.frequency_hz = 1e9;
  s.add_material(em::itu_material("concrete", 0.1));
  scene::Mesh plates;
  scene::add_rectangle(plates, {-30, -30, 0}, {60, 0, 0}, {0, 60, 0});
  scene::add_rectangle(plates, {-30, -30, 3}, {0, 60, 0}, {60, 0, 0});
  s.add_object({"plates", plates, 0});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {-8, 0, 1}, {}, {}, em::planar_array({})});
  s.add_receiver({"rx", {9, 1, 1.7}, {}, {}, em::planar_array({})});
  for (const bool diffraction : {false, true}) {
    PathOptions o;
    o.max_depth = diffraction ? 3 : 40;
    o.finder = diffraction ? Finder::kExhaustive : Finder::kShootAndBounce;
    o.diffraction = diffraction;
    o.max_diffractions = diffraction ? 3 : 1;
    const PreparedScene prepared(s);
    const Paths paths = solve_paths(s, prepared, o);
    size_t deepest = 0;
    PathsDerivative c;
    c.tau_s.resize(size_t(paths.num_paths()));
    for (size_t p = 0; p < c.tau_s.size(); ++p) {
      const auto depth = size_t(paths.interaction_begin[p + 1] - paths.interaction_begin[p]);
      deepest = std::max(deepest, depth);
      c.tau_s[p] = depth == 40 ? 1 : 0;
    }
    EXPECT_GE(deepest, diffraction ? 2u : 40u);
    const auto gradient = paths_vjp(s, prepared, o, paths, c);
    if (diffraction) continue;
    // two sequences of forty, one from the floor, one from the ceiling; images at x_t and heights 120 m up and down
    double expected = 0;
    for (const double image_z : {1.0 + 120, 1.0 - 120}) {
      const Vec3d along = Vec3d{9, 1, 1.7} - Vec3d{-8, 0, image_z};
      expected += along.x / norm(along) / kSpeedOfLight;
    }
    EXPECT_NEAR(gradient.receivers[0].position_m.x, expected, 1e-12 * expected);
    EXPECT_NEAR(gradient.transmitters[0].position_m.x, -expected, 1e-12 * expected);
  }
}

TEST(PathsDerivative, GradientIsTheCentralDifferenceForExactArrays) {
  PathOptions o = options_for(false);
  o.synthetic_array = false;
  o.max_diffractions = 1;
  expect_gradient(triangles_scene(), o);
}

TEST(PathsDerivative, BothModesAgreeToRounding) {
  const Scene s = triangles_scene();
  const PathOptions o = options_for(true);
  const PreparedScene prepared(s);
  const Paths paths = solve_paths(s, prepared, o);
  const PathsDerivative cotangent = cotangent_of(paths);
  const scene::SceneDerivative gradient = paths_vjp(s, prepared, o, paths, cotangent);
  scene::ParameterTree direction;
  for (const scene::Parameter& p : scene::parameters(s)) {
    for (size_t i = 0; i < p.value.size(); ++i) {
      const double scale = p.name == "frequency_hz" ? 1e8 : 0.1;
      direction[p.name].push_back(scale * weight(p.name, int(i)));
    }
  }
  const scene::SceneDerivative tangent = scene::tangent(s, direction);
  const double forward = pair(cotangent, paths_jvp(s, prepared, o, paths, tangent));
  const double reverse = scene::dot(gradient, tangent);
  EXPECT_NEAR(forward, reverse, 1e-11 * std::max(1.0, std::abs(forward)));
}

TEST(PathsDerivative, SameBitsForAnyNumberOfThreads) {
  const Scene s = triangles_scene();
  PathOptions o = options_for(false);
  const PreparedScene prepared(s);
  const Paths paths = solve_paths(s, prepared, o);
  o.num_threads = 1;
  const auto one = scene::gradient_tree(s, paths_vjp(s, prepared, o, paths, cotangent_of(paths)));
  o.num_threads = 2;
  const auto two = scene::gradient_tree(s, paths_vjp(s, prepared, o, paths, cotangent_of(paths)));
  EXPECT_EQ(one, two);
}

TEST(PathsDerivative, WhatWasTakenForAPathThatIsNoneIsForgotten) {
  const Scene s = triangles_scene();
  const PreparedScene prepared(s);
  // The gradient of the first transmitter's x + 2 y over two paths, one abandoned between them.
  const auto gradient = [&](bool abandoned, bool forgotten) {
    scene::SceneDerivative out(s);
    ad::Tape tape;
    const ad::Recording recording(tape);
    SceneOver<ad::Var> over(s, prepared, false, out);
    over.restart();
    over.share(tape);
    for (int path = 0; path < 2; ++path) {
      if (abandoned) {
        (void)over.receiver(0, -1);
        (void)over.facet(0);
        if (forgotten) over.forget();
        tape.back_to_mark();
      }
      const Vec3<ad::Var> at = over.transmitter(0, -1).position_m;
      for (int i = 0; i < 100; ++i) (void)tape.input(0);  // what is not forgotten is within the tape still
      tape.seed(at.x + ad::Var(2) * at.y, 1);
      tape.sweep();
      over.collect(tape);
      tape.back_to_mark();
    }
    over.finish(tape);
    return scene::gradient_tree(s, out);
  };
  EXPECT_EQ(gradient(true, true), gradient(false, true));
  EXPECT_NE(gradient(true, false), gradient(false, true)) << "the test would not see it";
}

TEST(PathsDerivative, RefusesCotangentsThatDoNotFit) {
  const Scene s = triangles_scene();
  const PathOptions o = options_for(false);
  const PreparedScene prepared(s);
  const Paths paths = solve_paths(s, prepared, o);
  PathsDerivative c;
  c.tau_s = {1, 2};
  try {
    paths_vjp(s, prepared, o, paths, c);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("cotangent of tau_s has 2"), std::string::npos) << e.what();
  }
  c = cotangent_of(paths);
  c.a[3].im = std::nan("");
  EXPECT_THROW(paths_vjp(s, prepared, o, paths, c), Error);
}

}  // namespace
}  // namespace raywave::paths
