// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/height_field.h"

#include <gtest/gtest.h>

#include <set>

#include "raywave/core/random.h"

namespace raywave::maps {
namespace {

double uniform(uint64_t& state) {
  state = mix64(state);
  return double(state >> 11) * 0x1.0p-53;
}

constexpr int kNumX = 37, kNumY = 21;
const Vec3d kCorner{-400, 300, 0}, kSideX{8, 3, 1}, kSideY{-2, 6, 0};

/// Hills, and a hole in them.
std::vector<double> hills() {
  std::vector<double> z;
  for (int y = 0; y <= kNumY; ++y) {
    for (int x = 0; x <= kNumX; ++x) {
      const bool hole = x > 12 && x < 16 && y > 5 && y < 9;
      z.push_back(hole ? std::nan("") : 15 * std::sin(0.4 * x) * std::cos(0.5 * y) + 0.3 * x);
    }
  }
  return z;
}

double height(const std::vector<double>& z, int x, int y) { return z[size_t(y * (kNumX + 1) + x)]; }

/// Is the ray over a cell at one of many places, and there between its least and greatest height?
std::set<int> met(const std::vector<double>& z, const Vec3d& o, const Vec3d& d, double inside_m) {
  const double area = kSideX.x * kSideY.y - kSideX.y * kSideY.x;
  std::set<int> cells;
  for (int i = 0; i < 20000; ++i) {
    const Vec3d p = o + 0.05 * i * d - kCorner;
    const double x = (p.x * kSideY.y - p.y * kSideY.x) / area, y = (kSideX.x * p.y - kSideX.y * p.x) / area;
    if (!(x >= 0 && y >= 0 && x < kNumX && y < kNumY)) continue;
    const int u = int(x), v = int(y);
    const double c[4] = {height(z, u, v), height(z, u + 1, v), height(z, u, v + 1), height(z, u + 1, v + 1)};
    if (std::isnan(c[0] + c[1] + c[2] + c[3])) continue;
    const auto [lo, hi] = std::minmax_element(c, c + 4);
    if (p.z >= *lo + inside_m && p.z <= *hi - inside_m) cells.insert(v * kNumX + u);
  }
  return cells;
}

TEST(HeightField, RayMeetsTheCellsThatItIsInBetweenTheHeightsOf) {
  const std::vector<double> z = hills();
  const HeightField field(kNumX, kNumY, kCorner, kSideX, kSideY, z, 1e-3);
  uint64_t state = 3;
  int64_t num_met = 0;
  for (int i = 0; i < 1000; ++i) {
    const Vec3d o = kCorner + (1.6 * uniform(state) - 0.3) * kNumX * kSideX +
                    (1.6 * uniform(state) - 0.3) * kNumY * kSideY + Vec3d{0, 0, 80 * uniform(state) - 30};
    Vec3d d{2 * uniform(state) - 1, 2 * uniform(state) - 1, uniform(state) - 0.5};
    if (i % 10 == 0) d.x = 0;
    if (i % 15 == 0) d.y = 0;
    if (i % 20 == 1) d.z = 0;
    d = normalized(d);
    std::set<int> found;
    EXPECT_FALSE(field.any(o, d, [&](int cell) { return found.insert(cell), false; }));
    const std::set<int> least = met(z, o, d, 0);
    num_met += int64_t(least.size());
    for (const int cell : least) EXPECT_TRUE(found.count(cell)) << "ray " << i << ", cell " << cell;
    // at most what is passed between two places, or nearer than the margin
    EXPECT_LE(found.size(), met(z, o, d, -0.1).size() + 2) << "ray " << i;
  }
  EXPECT_GT(num_met, 400);
}

TEST(HeightField, EndsWhereEnoughIsKnown) {
  const HeightField field(kNumX, kNumY, kCorner, kSideX, kSideY, hills(), 1e-3);
  const Vec3d over = kCorner + 3.5 * kSideX + 2.5 * kSideY + Vec3d{0, 0, 100};
  int asked = 0, cell = -1;
  const auto first = [&](int c) { return ++asked, cell = c, true; };
  EXPECT_TRUE(field.any(over, {0, 0, -1}, first));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(cell, 2 * kNumX + 3);
  EXPECT_FALSE(field.any(over, {0, 0, 1}, first));                       // into the sky
  EXPECT_FALSE(field.any(over, normalized(Vec3d{1, 0.4, 0.1}), first));  // the same, far
  EXPECT_FALSE(field.any(kCorner + 14.5 * kSideX + 7.5 * kSideY + Vec3d{0, 0, 100}, {0, 0, -1}, first));  // the hole
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace raywave::maps
