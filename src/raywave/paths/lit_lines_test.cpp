// SPDX-License-Identifier: Apache-2.0
// Eight lines at a time against each by itself.
#include "raywave/paths/lit_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

constexpr double kClose = 0.1;  // metres: nearer to a border single precision decides

/// Where the shortest way from the source's image over the line to p touches it.
double touching_place(const LitLines::Line& l, const Vec3d& p) {
  const Vec3d v = p - l.a;
  const double along = dot(v, l.direction), off = norm(v - along * l.direction);
  return (l.along * off + along * l.off) / (l.off + off);
}

Vec3d nearest(const LitLines::Line& l, double t) { return l.a + std::clamp(t, 0.0, l.length_m) * l.direction; }

/// By how much a place is inside of half-spaces through q, metres: the least.
double inside_m(const std::vector<Vec3d>& normals, const Vec3d& q, const Vec3d& p) {
  double least = INFINITY;
  for (const Vec3d& n : normals) least = std::min(least, dot(n, p - q));
  return least;
}
/// Of the cone from a place through a polygon, to the inside.
std::vector<Vec3d> sides_of(const Vec3d& from, const std::vector<Vec3d>& corners) {
  Vec3d middle{};
  for (const Vec3d& c : corners) middle += c;
  middle = middle / double(corners.size());
  std::vector<Vec3d> sides;
  for (size_t i = 0; i < corners.size(); ++i) {
    const Vec3d n = normalized(cross(corners[i] - from, corners[(i + 1) % corners.size()] - from));
    sides.push_back(dot(n, middle - from) < 0 ? -n : n);
  }
  return sides;
}

/// A part of space behind a plane, in a cone.
struct Behind {
  Vec3d from;
  std::vector<Vec3d> sides;
  Vec3d normal;
  double distance_m;
  Behind(const Vec3d& image, const std::vector<Vec3d>& corners) : from(image), sides(sides_of(image, corners)) {
    normal = normalized(cross(corners[1] - corners[0], corners[2] - corners[0]));
    distance_m = dot(normal, corners[0] - from);
    if (distance_m < 0) normal = -normal, distance_m = -distance_m;
  }
  double inside(const Vec3d& p) const { return std::min(inside_m(sides, from, p), dot(normal, p - from) - distance_m); }
};

/// Lines, an image, and the window and the triangles before it.
struct Trial {
  test::Draws& random;
  Vec3d image = point(100);
  std::vector<Behind> windows;
  std::vector<MirrorCone> cones;
  std::vector<Behind> dark;
  std::vector<Shadow> shadows;

  Vec3d point(double size) { return random.in_box({-size, -size, -size}, {size, size, size}); }
  Vec3d across(const Vec3d& u) { return normalized(cross(u, random.direction())); }

  Trial(test::Draws& numbers, bool with_window) : random(numbers) {
    if (with_window) {
      const Vec3d to = random.direction(), u = across(to), v = cross(to, u), at = image + 3.0 * to;
      windows.emplace_back(image, std::vector{at - 2.0 * u - 2.0 * v, at + 2.0 * u - 2.0 * v, at + 2.0 * u + 2.0 * v,
                                              at - 2.0 * u + 2.0 * v});
      const Behind& w = windows[0];
      MirrorCone& c = cones.emplace_back();
      c.behind = {2.0 * w.normal, 2.0 * (w.distance_m + dot(w.normal, image))};  // normals of any length
      for (size_t i = 0; i < 4; ++i) c.through[i] = {3.0 * w.sides[i], 3.0 * dot(w.sides[i], image)};
    }
    for (uint32_t i = 0; i < 3; ++i) {
      const Vec3d to = random.direction(), u = across(to), v = cross(to, u), at = image + 10.0 * to;
      dark.emplace_back(image, std::vector{at + 8.0 * u, at - 5.0 * u + 8.0 * v, at - 5.0 * u - 8.0 * v});
      const Behind& d = dark.back();
      Shadow& s = shadows.emplace_back(Shadow{{}, i});
      s.sides.fill({Vec3f(d.normal), float(d.distance_m)});
      for (size_t k = 0; k < 3; ++k) s.sides[k + 1] = {Vec3f(d.sides[k]), 0};
    }
  }
  double in_window(const Vec3d& p) const { return windows.empty() ? INFINITY : windows[0].inside(p); }
  double in_shadow(const Vec3d& p) const {
    double most = -INFINITY;
    for (const Behind& d : dark) most = std::max(most, d.inside(p));
    return most;
  }
  LitLines::Line line(uint32_t i) {
    LitLines::Line l;
    l.a = point(100), l.direction = random.direction(), l.length_m = 10, l.looked_within_m = 0.01;
    l.n0 = across(l.direction), l.nn = across(l.direction);
    l.is_seen_behind = i % 3 == 0;
    l.along = random(-50, 50), l.off = random(0.1, 50);
    l.reach_lo = random(-5, 0), l.reach_hi = random(0, 20);
    l.box.add(l.a);
    l.box.add(l.a + l.length_m * l.direction);
    l.lit = 7 * i;
    return l;
  }
  /// How far the image is in front of one of the faces' planes; how near to either.
  double in_front(const LitLines::Line& l) const { return std::max(dot(l.n0, image - l.a), dot(l.nn, image - l.a)); }
  double off_planes(const LitLines::Line& l) const {
    return std::min(std::abs(dot(l.n0, image - l.a)), std::abs(dot(l.nn, image - l.a)));
  }
};

TEST(LitLines, ProposeWhatIsLookedAtFromBesideItThroughTheWindow) {
  test::Draws random{1};
  for (int trial = 0; trial < 100; ++trial) {
    Trial t(random, true);
    LitLines::Line l = t.line(0);
    const Behind& w = t.windows[0];
    const Vec3d n = w.sides[size_t(trial % 4)], beyond = t.image + 8.0 * w.normal;
    l.length_m = 1e-3;
    l.direction = normalized(cross(n, w.normal));  // along a side of the cone, outside of it by half of that
    l.a = beyond - (dot(n, beyond - t.image) + 0.5 * l.looked_within_m) * n - 0.5 * l.length_m * l.direction;
    l.along = 0.5 * l.length_m, l.reach_lo = -1e3, l.reach_hi = 1e3;
    l.box = {};
    l.box.add(l.a), l.box.add(l.a + l.length_m * l.direction);
    int found = 0;
    const LitLines one({l});
    one.visit({t.image, t.cones}, [&](uint32_t) { ++found; });
    l.is_seen_behind = true;
    LitLines({l}).visit_seen({t.image, t.cones}, [&](uint32_t) { ++found; });
    EXPECT_EQ(found, 2) << trial;
  }
}

class LitLinesOf : public testing::TestWithParam<int> {};

TEST_P(LitLinesOf, VisitsEachThatIsTouchedInTheConeOutsideOfShadowsAndFewOthers) {
  test::Draws random{uint64_t(GetParam())};
  std::vector<LitLines::Line> lines;
  {
    Trial any(random, false);
    for (uint32_t i = 0; i < uint32_t(GetParam()); ++i) lines.push_back(any.line(i));
  }
  const LitLines all(lines);
  int touched = 0, not_touched = 0, not_in_cone = 0, in_shadow = 0, behind = 0, over_faces = 0;
  for (int trial = 0; trial < 40; ++trial) {
    Trial t(random, trial % 2 == 1);
    const bool is_place = trial % 4 == 0;
    std::map<uint32_t, int> visits;
    all.visit({t.image, t.cones, is_place, &t.shadows}, [&](uint32_t lit) { ++visits[lit]; });
    for (const LitLines::Line& l : lines) {
      const int found = visits.count(l.lit) > 0 ? visits[l.lit] : 0;
      const double place = touching_place(l, t.image);
      const Vec3d p = nearest(l, place);
      const double slack = kClose * (1 + std::abs(place) + norm(t.image - l.a)) / 10;
      if (place < l.reach_lo - slack || place > l.reach_hi + slack) {
        EXPECT_EQ(found, 0) << trial << ' ' << l.lit;
        ++not_touched;
      } else if (place < l.reach_lo || place > l.reach_hi) {
        EXPECT_LE(found, 1);
      } else if (is_place && t.in_front(l) < -kClose && !l.is_seen_behind) {
        EXPECT_EQ(found, 0) << trial << ' ' << l.lit;
        ++behind;
      } else if (t.in_window(p) < -10 * slack) {
        EXPECT_EQ(found, 0) << trial << ' ' << l.lit;
        ++not_in_cone;
      } else if (t.in_window(p) > 0 && t.in_shadow(p) < 0 && (!is_place || t.in_front(l) > 0 || l.is_seen_behind)) {
        EXPECT_EQ(found, 1) << trial << ' ' << l.lit;
        ++touched;
      } else if (is_place && t.in_front(l) < 0 && l.is_seen_behind) {
        EXPECT_EQ(found, 1) << trial << ' ' << l.lit;  // it may look over the corners' faces
        ++over_faces;
      } else if (t.in_shadow(p) > slack && (!is_place || t.off_planes(l) > kClose)) {
        EXPECT_EQ(found, 0) << trial << ' ' << l.lit;
        ++in_shadow;
      }
    }
  }
  std::map<uint32_t, int> everywhere;
  all.visit_all([&](uint32_t lit) { ++everywhere[lit]; });
  EXPECT_EQ(everywhere.size(), lines.size());
  if (GetParam() < 1000) return;
  for (const int count : {touched, not_touched, not_in_cone}) EXPECT_GT(count, 3000);
  for (const int count : {in_shadow, behind}) EXPECT_GT(count, 500);
  EXPECT_GT(over_faces, 20);
}

TEST_P(LitLinesOf, VisitsEachThatIsSeenAnywhere) {
  test::Draws random{uint64_t(GetParam())};
  std::vector<LitLines::Line> lines;
  {
    Trial any(random, false);
    for (uint32_t i = 0; i < uint32_t(GetParam()); ++i) lines.push_back(any.line(i));
  }
  const LitLines all(lines);
  int seen = 0, hidden = 0, outside = 0, behind = 0;
  for (int trial = 0; trial < 20; ++trial) {
    Trial t(random, trial % 2 == 1);
    std::map<uint32_t, int> visits;
    all.visit_seen({t.image, t.cones, false, &t.shadows}, [&](uint32_t lit) { ++visits[lit]; });
    for (const LitLines::Line& l : lines) {
      const int found = visits.count(l.lit) > 0 ? visits[l.lit] : 0;
      const auto any_place = [&](auto&& is) {
        for (int i = 0; i <= 20; ++i) {
          if (is(l.a + (l.length_m * i / 20) * l.direction)) return true;
        }
        return false;
      };
      const bool in_front = t.in_front(l) > 0 || l.is_seen_behind;
      const auto all_in_one = [&] {
        return std::any_of(t.dark.begin(), t.dark.end(), [&](const Behind& d) {
          return d.inside(l.a) > kClose && d.inside(nearest(l, l.length_m)) > kClose;
        });
      };
      if (in_front && any_place([&](const Vec3d& p) { return t.in_window(p) > 0 && t.in_shadow(p) < 0; })) {
        EXPECT_EQ(found, 1) << trial << ' ' << l.lit;
        ++seen;
      } else if (!l.is_seen_behind && t.in_front(l) < -kClose) {
        EXPECT_EQ(found, 0) << trial << ' ' << l.lit;
        ++behind;
      } else if (all_in_one()) {
        EXPECT_EQ(found, 0) << trial << ' ' << l.lit;
        ++hidden;
      } else {
        outside += found == 0;
      }
    }
  }
  if (GetParam() < 1000) return;
  for (const int count : {seen, outside, behind}) EXPECT_GT(count, 1000);
  EXPECT_GT(hidden, 100);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LitLinesOf, testing::Values(0, 1, 7, 8, 9, 64, 65, 700, 5000));

}  // namespace
}  // namespace raywave::paths
