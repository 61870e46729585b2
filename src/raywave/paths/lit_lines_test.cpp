// SPDX-License-Identifier: Apache-2.0
// Eight lines at a time against each by itself.
#include "raywave/paths/lit_lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

/// Where the shortest way from the source's image over the line to p touches it.
double touching_place(const LitLines::Line& l, const Vec3d& p) {
  const Vec3d v = p - l.a;
  const double along = dot(v, l.direction), off = norm(v - along * l.direction);
  return (l.along * off + along * l.off) / (l.off + off);
}

class LitLinesOf : public testing::TestWithParam<int> {};

TEST_P(LitLinesOf, VisitsEachThatIsTouchedInTheConeAndFewOthers) {
  test::Draws random{uint64_t(GetParam())};
  const auto point = [&](double size) { return random.in_box({-size, -size, -size}, {size, size, size}); };
  std::vector<LitLines::Line> lines;
  for (uint32_t i = 0; i < uint32_t(GetParam()); ++i) {
    LitLines::Line l;
    l.a = point(100);
    l.direction = random.direction();
    l.along = random(-50, 50), l.off = random(0.1, 50);
    l.reach_lo = random(-5, 0), l.reach_hi = random(0, 20);
    l.box.add(l.a);
    l.box.add(l.a + 10.0 * l.direction);
    l.lit = 7 * i;
    lines.push_back(l);
  }
  const LitLines all(lines);
  int touched = 0, not_touched = 0, boxed_out = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Vec3d image = point(100);
    std::vector<std::pair<Vec3d, double>> within;
    for (int k = 0; k < trial % 4; ++k) within.push_back({point(1), random(-20, 20)});
    std::map<uint32_t, int> visits;
    all.visit(image, within, false, [&](uint32_t lit) { ++visits[lit]; });
    for (const LitLines::Line& l : lines) {
      const double t = touching_place(l, image);
      const bool in_reach = t >= l.reach_lo && t <= l.reach_hi;
      bool in_cone = true;
      for (const auto& [n, offset] : within) {
        double most = 0;
        for (const double x :
             {std::max(n.x * l.box.lo.x, n.x * l.box.hi.x), std::max(n.y * l.box.lo.y, n.y * l.box.hi.y),
              std::max(n.z * l.box.lo.z, n.z * l.box.hi.z)})
          most += x;
        in_cone = in_cone && most >= offset;
      }
      const int found = visits.count(l.lit) > 0 ? visits[l.lit] : 0;
      if (in_reach && in_cone) {
        EXPECT_EQ(found, 1) << trial << ' ' << l.lit;
        ++touched;
      } else if (!in_reach && std::min(std::abs(t - l.reach_lo), std::abs(t - l.reach_hi)) > 1e-6) {
        EXPECT_EQ(found, 0) << trial << ' ' << l.lit;
        ++not_touched;
      } else {
        boxed_out += found == 0;
      }
    }
    std::map<uint32_t, int> everywhere;
    all.visit(image, within, true, [&](uint32_t lit) { ++everywhere[lit]; });
    EXPECT_EQ(everywhere.size(), lines.size());
  }
  if (GetParam() < 1000) return;
  EXPECT_GT(touched, 500);
  EXPECT_GT(not_touched, 5000);
  EXPECT_GT(boxed_out, 100);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LitLinesOf, testing::Values(0, 1, 7, 8, 9, 64, 65, 700, 5000));

}  // namespace
}  // namespace raywave::paths
