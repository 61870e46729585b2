// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace raywave::scene {
namespace {

double area(const std::vector<Vec2d>& loop) {
  double sum = 0;
  for (size_t i = 0; i < loop.size(); ++i) sum += 0.5 * cross(loop[i], loop[(i + 1) % loop.size()]);
  return std::abs(sum);
}

/// The sides of a box without floor and roof, the first `sides` of four.
Mesh box(const Vec3d& low, const Vec3d& size, uint32_t sides = 4) {
  Mesh m;
  for (uint32_t i = 0; i < 4; ++i) {
    const double x = low.x + (i == 1 || i == 2 ? size.x : 0), y = low.y + (i >= 2 ? size.y : 0);
    m.vertices_m.push_back({x, y, low.z}), m.vertices_m.push_back({x, y, low.z + size.z});
  }
  for (uint32_t i = 0; i < sides; ++i) {
    const uint32_t a = 2 * i, b = 2 * ((i + 1) % 4);
    m.triangles.push_back({a, b, b + 1}), m.triangles.push_back({a, b + 1, a + 1});
  }
  return m;
}

TEST(HorizontalCut, ABoxIsItsGroundPlanWhereverItLies) {
  for (const double away : {0.0, 1048576.0}) {
    const auto loops = horizontal_cut(box({away + 1, 2, 0}, {4, 3, 5}), 2.5, 0.2);
    ASSERT_EQ(loops.size(), 1u);
    EXPECT_EQ(loops[0].size(), 8u);  // corners, and where the diagonals of its sides are cut
    std::vector<Vec2d> near = loops[0];
    for (Vec2d& p : near) p.x -= away;
    EXPECT_NEAR(area(near), 12, 1e-9);
  }
  // at the height of its floor and its roof: half-open
  EXPECT_EQ(horizontal_cut(box({0, 0, 0}, {4, 3, 5}), 0, 0.2).size(), 1u);
  EXPECT_TRUE(horizontal_cut(box({0, 0, 0}, {4, 3, 5}), 5, 0.2).empty());
}

TEST(HorizontalCut, OpenChainsAreWallsOfTheirThickness) {
  const auto walls = horizontal_cut(box({0, 0, 0}, {4, 3, 5}, 3), 2.5, 0.2);
  double sum = 0;
  for (const auto& w : walls) sum += area(w);
  EXPECT_EQ(walls.size(), 6u);  // three sides of two triangles
  EXPECT_NEAR(sum, 0.2 * 11, 1e-12);
}

TEST(HorizontalCut, TwoBodiesAreTwoLoops) {
  Mesh m = box({0, 0, 0}, {1, 1, 3});
  const Mesh other = box({5, 0, 0}, {2, 1, 3});
  const auto shift = uint32_t(m.vertices_m.size());
  m.vertices_m.insert(m.vertices_m.end(), other.vertices_m.begin(), other.vertices_m.end());
  for (const auto& t : other.triangles) m.triangles.push_back({t[0] + shift, t[1] + shift, t[2] + shift});
  const auto loops = horizontal_cut(m, 1, 0.2);
  ASSERT_EQ(loops.size(), 2u);
  EXPECT_NEAR(area(loops[0]) + area(loops[1]), 3, 1e-12);
}

}  // namespace
}  // namespace raywave::scene
