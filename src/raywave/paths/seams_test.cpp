// SPDX-License-Identifier: Apache-2.0
// Cracks below the seam tolerance are closed: what reflects, passes and diffracts is that of faces that meet.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/paths/path_solver.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

using scene::Mesh;
using scene::Scene;

constexpr double kWavelength = 0.1;

Mesh rectangle(const Vec3d& p, const Vec3d& u, const Vec3d& v) {
  Mesh m;
  scene::add_rectangle(m, p, u, v);
  return m;
}

Scene scene_of(const std::vector<Mesh>& meshes, const Vec3d& tx, const Vec3d& rx, const char* material = "metal") {
  Scene s;
  s.frequency_hz = 299792458.0 / kWavelength;
  s.add_material(em::itu_material(material, 0.2));
  for (size_t i = 0; i < meshes.size(); ++i) s.add_object({"object " + std::to_string(i), meshes[i], 0});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", tx, {}, {}, em::planar_array({})});
  s.add_receiver({"rx", rx, {}, {}, em::planar_array({})});
  return s;
}

PathOptions with_edges() {
  PathOptions o;
  o.max_depth = 2;
  o.diffraction = true;
  return o;
}

/// A wall in the plane x = 0 of two plates with a crack between them at y = 0; the second one `behind` the first.
std::vector<Mesh> cracked_wall(double crack_m, double behind_m = 0) {
  return {rectangle({0, -5, 0}, {0, 5 - crack_m / 2, 0}, {0, 0, 5}),
          rectangle({behind_m, crack_m / 2, 0}, {0, 5 - crack_m / 2, 0}, {0, 0, 5})};
}

/// delay and gain of all paths, in the order of delays.
std::vector<std::pair<double, double>> figures(const Paths& paths) {
  std::vector<std::pair<double, double>> out;
  for (size_t p = 0; p < size_t(paths.num_paths()); ++p) {
    out.push_back({paths.tau_s[p] * 299792458.0,
                   std::hypot(paths.a[size_t(paths.a_begin[p])].re, paths.a[size_t(paths.a_begin[p])].im)});
  }
  std::sort(out.begin(), out.end());
  return out;
}
void expect_same(const Paths& a, const Paths& b, double tolerance) {
  const auto x = figures(a), y = figures(b);
  ASSERT_EQ(x.size(), y.size());
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(x[i].first, y[i].first, tolerance) << i;
    EXPECT_NEAR(x[i].second, y[i].second, tolerance * std::max(x[i].second, 1e-12)) << i;
  }
}

TEST(Seams, NothingPassesACrackAndItReflects) {
  for (const Vec3d& rx : {Vec3d{4, 0, 2.3}, Vec3d{-4, 0, 2.3}, Vec3d{4, 1, 2.2}, Vec3d{-4, -1, 2.2}}) {
    const Vec3d tx{-3, -0.75 * (rx.x > 0 ? rx.y : -rx.y), 2.1};  // seen through the crack, or mirrored in it
    const Paths whole = solve_paths(scene_of(cracked_wall(0), tx, rx), with_edges());
    for (const double crack : {1e-6, 1e-3, 9.9e-3}) {
      for (const double behind : {0.0, 1e-4 * crack}) {
        const Paths paths = solve_paths(scene_of(cracked_wall(crack, behind), tx, rx), with_edges());
        expect_same(paths, whole, 1e-5);
      }
    }
    EXPECT_GT(solve_paths(scene_of(cracked_wall(0.0101), tx, rx), with_edges()).num_paths(), 0);
  }
}

TEST(Seams, AWallThatEndsAboveTheGroundStandsOnIt) {
  const Mesh ground = rectangle({-10, -10, 0}, {20, 0, 0}, {0, 20, 0});
  const auto paths = [&](double gap, const Vec3d& rx) {
    return solve_paths(scene_of({ground, rectangle({0, -4, gap}, {0, 8, 0}, {0, 0, 3 - gap})}, {-4, 0, 0.004}, rx),
                       with_edges());
  };
  // under the wall, seen straight
  expect_same(paths(6e-3, {4, 0, 0.002}), paths(0, {4, 0, 0.002}), 1e-6);
  expect_same(paths(6e-3, {5, 1, 0.001}), paths(0, {5, 1, 0.001}), 1e-6);
}

/// The six faces of a box as objects of their own, each smaller by `in` all around (larger for less than 0), or moved
/// by `off` and `off` / 2 along its sides.
std::vector<Mesh> loose_box(double in, double off = 0) {
  const Vec3d lo{-3, 2, 0}, side{4, 4, 5};
  const Vec3d axes[3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  const double sides[3] = {side.x, side.y, side.z};
  std::vector<Mesh> faces;
  for (size_t i = 0; i < 3; ++i) {
    const Vec3d &n = axes[i], &u = axes[(i + 1) % 3], &v = axes[(i + 2) % 3];
    for (const double end : {0.0, 1.0})
      faces.push_back(rectangle(lo + end * sides[i] * n + in * (u + v) + off * (u + 0.5 * v),
                                (sides[(i + 1) % 3] - 2 * in) * u, (sides[(i + 2) % 3] - 2 * in) * v));
  }
  return faces;
}

TEST(Seams, ABoxOfFacesThatDoNotMeetOrCrossIsTheBox) {
  PathOptions o = with_edges();
  o.max_diffractions = 2;
  for (const Vec3d& rx : {Vec3d{9, 1.2, 1.5}, Vec3d{2.3, -4.4, 1.5}, Vec3d{0.2, 1.1, 9}, Vec3d{-1, 4, 2}}) {
    for (const char* material : {"metal", "concrete"}) {
      o.refraction = std::string(material) == "concrete";
      const Paths whole = solve_paths(scene_of(loose_box(0), {-6, 3.3, 4.1}, rx, material), o);
      for (const auto& faces : {loose_box(5e-3), loose_box(-5e-3), loose_box(0, 4e-3), loose_box(1e-3, -3e-3)})
        expect_same(solve_paths(scene_of(faces, {-6, 3.3, 4.1}, rx, material), o), whole, 1e-7);
    }
  }
}

TEST(Seams, WhatSlantsAcrossAnEdgeIsTakenOffAndPutOn) {
  // a wall under a roof whose border crosses the wall's plane, and the wall's top the roof's
  Mesh roof, wall;
  roof.vertices_m = {{-3, -0.003, 2}, {3, 0.004, 2}, {3, 4, 2}, {-3, 4, 2}};
  wall.vertices_m = {{-3, 0, 0}, {3, 0, 0}, {3, 0, 1.998}, {-3, 0, 2.004}};
  roof.triangles = wall.triangles = {{0, 1, 2}, {0, 2, 3}};
  const std::vector<Mesh> whole{rectangle({-3, 0, 2}, {6, 0, 0}, {0, 4, 0}),
                                rectangle({-3, 0, 0}, {6, 0, 0}, {0, 0, 2})};
  for (const double x : {-2.5, 0.2, 2.6}) {
    for (const double over : {-0.003, -0.0005, 0.0005, 0.003}) {
      // past the edge, so near to it on either side
      const Vec3d tx{x, -1, 1.0 + over}, rx{x, 1.2, 3.2 + over};
      const Paths here = solve_paths(scene_of({roof, wall}, tx, rx), with_edges()),
                  there = solve_paths(scene_of(whole, tx, rx), with_edges());
      EXPECT_EQ(here.interaction_begin[1] == 0, there.interaction_begin[1] == 0) << x << " " << over;
    }
  }
}

TEST(Seams, WithoutEdgesTheGeometryIsAsItIs) {
  PathOptions o = with_edges();
  o.diffraction = false;
  EXPECT_EQ(solve_paths(scene_of(cracked_wall(5e-3), {-3, 0, 2}, {4, 0, 2}), o).num_paths(), 1);
}

}  // namespace
}  // namespace raywave::paths
