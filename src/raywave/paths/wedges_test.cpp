// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/wedges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

scene::Scene scene_of(const std::vector<scene::Mesh>& meshes) {
  scene::Scene s;
  s.add_material(em::itu_material("concrete"));
  for (size_t i = 0; i < meshes.size(); ++i) s.add_object({"object " + std::to_string(i), meshes[i], 0});
  scene::clean_meshes(s);
  return s;
}
std::vector<Wedge> wedges_of(const std::vector<scene::Mesh>& meshes) {
  const PreparedScene prepared(scene_of(meshes));
  std::vector<Wedge> wedges = prepared.wedges();
  for (Wedge& w : wedges) w.a += prepared.origin_m();  // back to the scene's coordinates
  return wedges;
}

scene::Mesh rectangle(const Vec3d& p, const Vec3d& u, const Vec3d& v, int n = 1) {
  scene::Mesh m;
  scene::add_rectangle(m, p, u, v, n);
  return m;
}

/// A roof of two rectangles over the ridge y = 0, each falling by `slope`.
scene::Mesh ridge(double slope) {
  scene::Mesh m;
  m.vertices_m = {{0, 0, 5},
                  {10, 0, 5},
                  {10, -3, 5 - 3 * slope},
                  {0, -3, 5 - 3 * slope},
                  {10, 3, 5 - 3 * slope},
                  {0, 3, 5 - 3 * slope}};
  m.triangles = {{0, 3, 2}, {0, 2, 1}, {0, 1, 4}, {0, 4, 5}};
  return m;
}

void expect_frame(const Wedge& w) {
  EXPECT_NEAR(norm(w.t0), 1, 1e-12);
  EXPECT_NEAR(norm(w.n0), 1, 1e-12);
  EXPECT_LT(norm(cross(w.t0, w.n0) - w.direction), 1e-12);
  EXPECT_NEAR(azimuth(w, w.at(0.3) + w.t0), 0, 1e-12);
  EXPECT_NEAR(azimuth(w, w.at(0.3) + w.n0), kPi / 2, 1e-12);
}

TEST(Wedges, OfABoxAreItsTwelveEdges) {
  const auto wedges = wedges_of({scene::box({-1, -2, -3}, {2, 4, 6})});
  ASSERT_EQ(wedges.size(), 12u);
  double length = 0;
  for (const Wedge& w : wedges) {
    expect_frame(w);
    EXPECT_NEAR(w.exterior_angle_rad, 1.5 * kPi, 1e-12);
    EXPECT_NE(w.facet0, w.facet_n);
    length += w.length_m;
    // the box's middle is inside the solid, the mirrored point outside
    EXPECT_GT(azimuth(w, {0, 0, 0}), w.exterior_angle_rad);
    EXPECT_LT(azimuth(w, 3.0 * w.at(0.5 * w.length_m)), w.exterior_angle_rad);
  }
  EXPECT_NEAR(length, 4 * (2 + 4 + 6), 1e-12);
}

TEST(Wedges, OfAPlateAreItsFourSides) {
  for (const int n : {1, 5}) {
    const auto wedges = wedges_of({rectangle({0, 0, 0}, {2, 0, 0}, {0, 3, 0}, n)});
    ASSERT_EQ(wedges.size(), 4u);
    for (const Wedge& w : wedges) {
      expect_frame(w);
      EXPECT_EQ(w.exterior_angle_rad, 2 * kPi);
      EXPECT_EQ(w.facet0, w.facet_n);
      EXPECT_NEAR(azimuth(w, {1, 1.5, 0}), 0, 1e-9);  // the plate itself
    }
  }
}

TEST(Wedges, FlatEdgesAreLeftOutNearlyFlatOnesKept) {
  const auto at_ridge = [](const std::vector<Wedge>& wedges) {
    return std::count_if(wedges.begin(), wedges.end(), [](const Wedge& w) {
      return std::abs(w.at(0.5 * w.length_m).y) < 1e-9 && std::abs(w.direction.x) > 0.9;
    });
  };
  // a bend of 2 atan(slope)
  const auto flat = wedges_of({ridge(1e-5)}), bent = wedges_of({ridge(1e-3)});
  EXPECT_EQ(at_ridge(flat), 0);
  EXPECT_EQ(at_ridge(bent), 1);
  const auto w =
      std::find_if(bent.begin(), bent.end(), [](const Wedge& x) { return std::abs(x.exterior_angle_rad - kPi) < 0.1; });
  ASSERT_NE(w, bent.end());
  EXPECT_NEAR(w->exterior_angle_rad - kPi, 2 * std::atan(1e-3), 1e-9);
}

TEST(Wedges, OfTwoObjectsThatMeetAreOne) {
  // a wall, and a roof over a part of its length: one wedge where they meet, ends where they do not
  const auto wall = rectangle({0, 0, 0}, {10, 0, 0}, {0, 0, 4});
  const auto roof = rectangle({3, 0, 4}, {4, 0, 0}, {0, 6, 0});
  const auto wedges = wedges_of({wall, roof});
  double joined = 0, free = 0;
  for (const Wedge& w : wedges) {
    const Vec3d m = w.at(0.5 * w.length_m);
    if (std::abs(m.y) > 1e-9 || std::abs(m.z - 4) > 1e-9) continue;
    expect_frame(w);
    const bool wedge = std::abs(w.exterior_angle_rad - 1.5 * kPi) < 1e-9;
    EXPECT_TRUE(wedge || w.exterior_angle_rad == 2 * kPi);
    (wedge ? joined : free) += w.length_m;
    if (wedge) {
      EXPECT_GT(m.x, 3);
      EXPECT_LT(m.x, 7);
    }
  }
  EXPECT_NEAR(joined, 4, 1e-6);
  EXPECT_NEAR(free, 6, 1e-6);
}

TEST(Wedges, PiecesKnowTheirShareOfTheMeshsEdge) {
  const scene::Scene s =
      scene_of({rectangle({0, 0, 0}, {10, 0, 0}, {0, 0, 4}), rectangle({3, 0, 4}, {4, 0, 0}, {0, 6, 0})});
  const PreparedScene prepared(s);
  for (const Wedge& w : prepared.wedges()) {
    const scene::Edge& e = prepared.facets().edges[size_t(w.edge)];
    EXPECT_LT(norm(e.a + w.begin * (e.b - e.a) - w.a), 1e-9);
    EXPECT_LT(norm(e.a + w.end * (e.b - e.a) - w.at(w.length_m)), 1e-9);
  }
}

TEST(Wedges, WhereTheOutsideIsFilledNothingDiffracts) {
  // a house on the ground: no wedge at its foot; a fence that stands on it: no end there
  const auto ground = rectangle({-20, -20, 0}, {40, 0, 0}, {0, 40, 0});
  for (const auto& standing : {scene::box({-1, -1, 0}, {2, 2, 3}), rectangle({-1, 0, 0}, {2, 0, 0}, {0, 0, 3})}) {
    int on_ground = 0;
    for (const Wedge& w : wedges_of({ground, standing})) {
      const Vec3d m = w.at(0.5 * w.length_m);
      on_ground += std::abs(m.z) < 1e-6 && std::abs(m.x) < 19 && std::abs(m.y) < 19;
    }
    EXPECT_EQ(on_ground, 0);
  }
}

/// The prism over a polygon, counter-clockwise, from z = 0 to `height`.
scene::Mesh prism(const std::vector<Vec2d>& corners, double height) {
  scene::Mesh m;
  const auto n = uint32_t(corners.size());
  for (const double z : {0.0, height}) {
    for (const Vec2d& c : corners) m.vertices_m.push_back({c.x, c.y, z});
  }
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t j = (i + 1) % n;
    m.triangles.push_back({i, j, n + j});
    m.triangles.push_back({i, n + j, n + i});
  }
  for (uint32_t i = 1; i + 1 < n; ++i) {
    m.triangles.push_back({0, i + 1, i});
    m.triangles.push_back({n, n + i, n + i + 1});
  }
  return m;
}

TEST(Wedges, HousesWithACommonWallDiffractByWhatRemainsOutside) {
  // Two houses meet in the plane x = 0; their fronts bend at the common edge by `bend`, outwards where positive.
  for (const double bend : {0.1, -0.1, 0.0}) {
    const double s = 4 * std::tan(bend);
    const auto west = prism({{0, 0}, {0, 5}, {-4, 5}, {-4, s}}, 9), east = prism({{0, 0}, {4, 0}, {4, 5}, {0, 5}}, 6);
    int below = 0, above = 0;
    for (const Wedge& w : wedges_of({west, east})) {
      const Vec3d m = w.at(0.5 * w.length_m);
      if (std::hypot(m.x, m.y) > 1e-6 || std::abs(w.direction.z) < 0.9) continue;
      expect_frame(w);
      if (m.z < 6) {
        ++below;
        EXPECT_NEAR(w.length_m, 6, 1e-6);
        EXPECT_NEAR(w.exterior_angle_rad, kPi + bend, 1e-9);
      } else {  // the taller one alone
        ++above;
        EXPECT_NEAR(w.length_m, 3, 1e-6);
        EXPECT_NEAR(w.exterior_angle_rad, 1.5 * kPi + bend, 1e-9);
      }
    }
    EXPECT_EQ(below, bend > 0 ? 1 : 0) << bend;
    EXPECT_EQ(above, 1) << bend;
  }
}

TEST(Wedges, ASurfaceGivenTwiceIsOne) {
  const auto plate = rectangle({0, 0, 0}, {2, 0, 0}, {0, 3, 0});
  EXPECT_EQ(wedges_of({plate, plate}).size(), 4u);
  const auto box = scene::box({0, 0, 0}, {1, 1, 1});
  EXPECT_EQ(wedges_of({box, box}).size(), 12u);
}

}  // namespace
}  // namespace raywave::paths
