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

/// delay and gain of all paths, in the order of delays, but for those that carry nothing: far past the ends of two
/// edges a ray may run along a third face, and rounding decides whether it meets its border.
std::vector<std::pair<double, double>> figures(const Paths& paths) {
  std::vector<std::pair<double, double>> out;
  for (size_t p = 0; p < size_t(paths.num_paths()); ++p) {
    out.push_back({paths.tau_s[p] * 299792458.0,
                   std::hypot(paths.a[size_t(paths.a_begin[p])].re, paths.a[size_t(paths.a_begin[p])].im)});
  }
  double strongest = 0;
  for (const auto& [delay, gain] : out) strongest = std::max(strongest, gain);
  std::erase_if(out, [&](const auto& path) { return path.second < 1e-5 * strongest; });
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
      for (const auto& faces : {loose_box(5e-3), loose_box(-5e-3), loose_box(0, 4e-3), loose_box(1e-3, -3e-3)}) {
        SCOPED_TRACE(testing::Message() << material << ", a corner at " << faces[0].vertices_m[0].y);
        expect_same(solve_paths(scene_of(faces, {-6, 3.3, 4.1}, rx, material), o), whole, 1e-7);
      }
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

using Face = std::vector<Vec3d>;  // a polygon, counter-clockwise from outside

std::vector<Face> prism(const std::vector<Vec2d>& base, double height_m) {
  std::vector<Face> faces(2);
  for (size_t i = 0; i < base.size(); ++i) {
    const Vec2d &p = base[i], &q = base[(i + 1) % base.size()];
    faces.push_back({{p.x, p.y, 0}, {q.x, q.y, 0}, {q.x, q.y, height_m}, {p.x, p.y, height_m}});
    faces[0].push_back({p.x, p.y, height_m});
    faces[1].insert(faces[1].begin(), {p.x, p.y, 0});
  }
  return faces;
}

std::vector<Face> gabled_house() {
  const Vec3d a{0, 0, 0}, b{6, 0, 0}, c{6, 9, 0}, d{0, 9, 0}, up{0, 0, 3}, r{3, 0, 5}, s{3, 9, 5};
  return {{a, b, b + up, r, a + up},
          {b, c, c + up, b + up},
          {c, d, d + up, s, c + up},
          {d, a, a + up, d + up},
          {b + up, c + up, s, r},
          {d + up, a + up, r, s},
          {d, c, b, a}};
}

std::vector<Face> pyramid() {
  const Vec3d a{0, 0, 0}, b{6, 0, 0}, c{6, 6, 0}, d{0, 6, 0}, top{3, 3, 5};
  return {{a, b, top}, {b, c, top}, {c, d, top}, {d, a, top}, {d, c, b, a}};
}

/// The face in its own plane, its borders moved: corners lie at random up to `most_m` outside them or inside (from 1
/// to 1: grown, from -1 to -1: smaller).
Face pushed(const Face& f, double most_m, double from, double to, uint64_t& draw) {
  Vec3d normal{};
  for (size_t i = 0; i < f.size(); ++i) normal += cross(f[i], f[(i + 1) % f.size()]);
  normal = normalized(normal);
  Face out;
  for (size_t i = 0; i < f.size(); ++i) {
    const Vec3d before = f[i] - f[(i + f.size() - 1) % f.size()], after = f[(i + 1) % f.size()] - f[i];
    const Vec3d m = normalized(cross(before, normal)), n = normalized(cross(after, normal));
    const auto by = [&] {
      draw = draw * 6364136223846793005u + 1442695040888963407u;
      return most_m * (from + (to - from) * double(draw >> 11) * 0x1p-53);
    };
    const double x = by(), y = by(), c = dot(m, n);
    out.push_back(f[i] + ((x - c * y) * m + (y - c * x) * n) / (1 - c * c));
  }
  return out;
}

/// By ears: the L of six corners has one that turns inwards, its fourth.
Mesh mesh_of(const Face& f) {
  Mesh m;
  m.vertices_m = f;
  const auto n = uint32_t(f.size());
  const uint32_t apex = n == 6 ? 3 : 0;
  for (uint32_t i = 1; i + 1 < n; ++i) m.triangles.push_back({apex, (apex + i) % n, (apex + i + 1) % n});
  return m;
}

TEST(Seams, ABodyOfAnyAnglesWhoseFacesDoNotMeetOrCrossIsTheBody) {
  const std::vector<Vec2d> l{{0, 0}, {8, 0}, {8, 4}, {3, 4}, {3, 9}, {0, 9}}, acute{{0, 0}, {5, 0}, {1.2, 3}};
  std::vector<Face> l_house = prism(l, 5);
  std::rotate(l_house[1].begin(), l_house[1].begin() + 5, l_house[1].end());  // its inner corner fourth, too
  PathOptions o = with_edges();
  o.max_depth = 1;
  uint64_t draw = 7;
  for (const auto& body : {gabled_house(), pyramid(), l_house, prism(acute, 4)}) {
    std::vector<Mesh> whole;
    for (const Face& f : body) whole.push_back(mesh_of(f));
    for (const auto& [from, to] : {std::pair{-1, -1}, std::pair{1, 1}, std::pair{-1, 0}, std::pair{-1, 1}}) {
      std::vector<Mesh> loose;
      for (const Face& f : body) loose.push_back(mesh_of(pushed(f, 3e-3, from, to, draw)));
      const Vec3d tx{-5.2, -3.1, 7.3};
      Scene there = scene_of(whole, tx, {11, 12, 4}), here = scene_of(loose, tx, {11, 12, 4});
      for (int i = 0; i < 40; ++i) {
        const Vec3d at{3 + 9 * std::cos(0.16 * i), 4 + 10 * std::sin(0.16 * i), 2 + 0.2 * i};
        for (Scene* s : {&there, &here}) s->add_receiver({"rx " + std::to_string(i), at, {}, {}, em::planar_array({})});
      }
      SCOPED_TRACE(testing::Message() << body.size() << " faces, " << from << " to " << to);
      expect_same(solve_paths(here, o), solve_paths(there, o), 1e-7);
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
