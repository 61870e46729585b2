// SPDX-License-Identifier: Apache-2.0
// A triangulation is right when its triangles have the polygon's winding, fill its area and lie inside it.
#include "raywave/io/triangulate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <random>

namespace raywave::io::detail {
namespace {

using Outline = std::vector<Vec2d>;
using Triangles = std::vector<std::array<uint32_t, 3>>;

const Outline kAngle = {{0, 0}, {10, 0}, {10, 4}, {4, 4}, {4, 10}, {0, 10}};
const Outline kComb = {{0, 0}, {9, 0}, {9, 5}, {8, 1}, {7, 5}, {6, 1},
                       {5, 5}, {4, 1}, {3, 5}, {2, 1}, {1, 5}, {0.5, 1}};
const Outline kMidpoints = {{0, 0}, {2, 0}, {5, 0}, {5, 2}, {5, 3}, {3, 3}, {0, 3}, {0, 1}};
/// A square with a square hole, joined by a seam from (0, 0) to (1, 1).
const Outline kHole = {{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}, {1, 1}, {1, 3}, {3, 3}, {3, 1}, {1, 1}};
const Outline kSpiral = {{0, 0},     {7, 0},     {7, 6},     {1, 6},     {1, 2},     {5, 2},
                         {5, 4},     {3, 4},     {3, 3.5},   {4.5, 3.5}, {4.5, 2.5}, {1.5, 2.5},
                         {1.5, 5.5}, {6.5, 5.5}, {6.5, 0.5}, {0.5, 0.5}, {0.5, 6},   {0, 6}};

/// Even-odd rule.
bool is_inside(const Outline& p, double x, double y) {
  bool in = false;
  for (size_t i = 0, j = p.size() - 1; i < p.size(); j = i++) {
    if ((p[i].y > y) != (p[j].y > y) && x < (p[j].x - p[i].x) * (y - p[i].y) / (p[j].y - p[i].y) + p[i].x) in = !in;
  }
  return in;
}

double area_of(const Outline& p) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += 0.5 * cross(p[i], p[(i + 1) % p.size()]);
  return sum;
}

/// Two squares that a seam with a bend joins: the seam's own corner has nothing inside.
const Outline kDumbbell = {{0, 0}, {1, 0}, {1, 1}, {2, 2}, {3, 1}, {3, 0},
                           {4, 0}, {4, 1}, {3, 1}, {2, 2}, {1, 1}, {0, 1}};
/// It touches itself at (2, 2), in a corner or on a side.
const Outline kTwoTips = {{0, 0}, {4, 0}, {2, 2}, {4, 4}, {0, 4}, {2, 2}};
const Outline kTipOnSide = {{0, 0}, {6, 0}, {6, 4}, {5, 4}, {3, 0}, {1, 4}, {0, 4}};
/// A whisker, out to (9, 2) and back over the same points.
const Outline kWhisker = {{0, 0}, {4, 0}, {4, 2}, {7, 2}, {9, 2}, {4, 2}, {4, 4}, {0, 4}};

using Lift = std::function<Vec3d(const Vec2d&)>;

/// `allowed` flat triangles may be left where three corners in a row lie on a line.
void expect_fills(const Outline& outline, const Lift& lift, double tolerance, const std::string& label) {
  std::vector<Vec3d> vertices;
  for (const Vec2d& p : outline) vertices.push_back(lift(p));
  std::vector<uint32_t> corners(outline.size());
  std::iota(corners.begin(), corners.end(), 0u);
  Triangles triangles;
  triangulate(vertices, corners, triangles);
  EXPECT_EQ(triangles.size(), outline.size() - 2) << label;
  const double sign = area_of(outline) < 0 ? -1 : 1;
  double filled = 0;
  for (const auto& t : triangles) {
    const Vec2d &a = outline[t[0]], &b = outline[t[1]], &c = outline[t[2]];
    const double area = 0.5 * cross(b - a, c - a) * sign;
    EXPECT_GT(area, 0) << label;
    filled += area;
    EXPECT_TRUE(is_inside(outline, (a.x + b.x + c.x) / 3, (a.y + b.y + c.y) / 3)) << label;
  }
  EXPECT_NEAR(filled, std::abs(area_of(outline)), tolerance) << label;
}

Outline rolled(const Outline& p, size_t first, bool backwards) {
  Outline out;
  for (size_t i = 0; i < p.size(); ++i) out.push_back(p[(first + (backwards ? p.size() - i : i)) % p.size()]);
  return out;
}

TEST(Triangulate, FillsConcavePolygonsOfEitherWindingFromAnyCornerInAnyPlane) {
  const std::vector<std::pair<const char*, Lift>> planes = {
      {"level",
       [](const Vec2d& p) {
         return Vec3d{p.x, p.y, 2};
       }},
      {"wall",
       [](const Vec2d& p) {
         return Vec3d{p.x, 3, p.y};
       }},
      {"other wall",
       [](const Vec2d& p) {
         return Vec3d{7, p.x, p.y};
       }},
      {"slope",
       [](const Vec2d& p) {
         return Vec3d{p.x, p.y, 0.5 * p.x - 0.25 * p.y};
       }},
      {"nearly plane",
       [](const Vec2d& p) {
         return Vec3d{p.x, p.y, 0.01 * std::sin(9 * p.x + 5 * p.y)};
       }},
      {"far away",
       [](const Vec2d& p) {
         return Vec3d{691234.5 + p.x, 5334567.25 + p.y, 512};
       }},
      {"small",
       [](const Vec2d& p) {
         return Vec3d{1e-3 * p.x, 1e-3 * p.y, 0};
       }},
  };
  const std::vector<std::pair<const char*, Outline>> outlines = {
      {"angle", kAngle}, {"comb", kComb}, {"midpoints", kMidpoints}, {"hole", kHole}, {"spiral", kSpiral}};
  for (const auto& [shape, outline] : outlines) {
    for (const auto& [plane, lift] : planes) {
      for (size_t first = 0; first < outline.size(); ++first) {
        for (const bool backwards : {false, true}) {
          // areas of at most 100 m^2, twenty roundings
          expect_fills(rolled(outline, first, backwards), lift, 100 * 20 * 2.3e-16,
                       std::string(shape) + ", " + plane + ", " + std::to_string(first));
        }
      }
    }
  }
}

TEST(Triangulate, FillsRandomStars) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> radius(0.2, 5);
  for (int trial = 0; trial < 300; ++trial) {
    Outline star;
    const int n = 4 + trial % 40;
    for (int i = 0; i < n; ++i) {
      const double r = radius(random), angle = 2 * 3.141592653589793 * i / n;
      star.push_back({r * std::cos(angle), r * std::sin(angle)});
    }
    expect_fills(
        star,
        [](const Vec2d& p) {
          return Vec3d{p.x, p.y, 0};
        },
        100 * 50 * 2.3e-16, "star " + std::to_string(trial));
  }
}

TEST(Triangulate, ACornerOnAStraightSideLeavesNoSliver) {
  // exactly on the side, and off it by a rounding of single precision to either side
  for (const double off : {0.0, 1e-7, -1e-7}) {
    const std::vector<Vec3d> vertices = {{0, 0, 0}, {2, off, 0}, {4, 0, 0}, {2, 3, 0}};
    Triangles triangles;
    triangulate(vertices, std::vector<uint32_t>{0, 1, 2, 3}, triangles);
    ASSERT_EQ(triangles.size(), 2u);
    for (const auto& t : triangles) {
      const Vec3d area = cross(vertices[t[1]] - vertices[t[0]], vertices[t[2]] - vertices[t[0]]);
      EXPECT_GT(area.z, 5) << off;
    }
  }
}

TEST(Triangulate, PartsThatTouchOrAreJoinedBySeamsAreFilledOnce) {
  for (const Outline& outline : {kDumbbell, kTwoTips, kTipOnSide, kWhisker, kHole}) {
    for (size_t first = 0; first < outline.size(); ++first) {
      for (const bool backwards : {false, true}) {
        const Outline p = rolled(outline, first, backwards);
        std::vector<Vec3d> vertices;
        for (const Vec2d& v : p) vertices.push_back({v.x, v.y, 0});
        std::vector<uint32_t> corners(p.size());
        std::iota(corners.begin(), corners.end(), 0u);
        Triangles triangles;
        triangulate(vertices, corners, triangles);
        double signed_area = 0, area = 0;
        for (const auto& t : triangles) {
          const double twice = cross(p[t[1]] - p[t[0]], p[t[2]] - p[t[0]]);
          signed_area += twice / 2;
          area += std::abs(twice) / 2;
        }
        EXPECT_NEAR(signed_area, area_of(p), 1e-13) << p.size() << " " << first;
        EXPECT_NEAR(area, std::abs(area_of(p)), 1e-13) << p.size() << " " << first;
      }
    }
  }
}

TEST(Triangulate, RepeatedCornersAndFewOnesAreCounted) {
  const std::vector<Vec3d> vertices = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}, {1, 0, 0}};
  const auto split = [&](const std::vector<uint32_t>& corners) {
    Triangles triangles;
    triangulate(vertices, corners, triangles);
    return triangles;
  };
  EXPECT_EQ(split({0, 1, 4, 2, 3, 3, 0}), (Triangles{{0, 1, 2}, {0, 2, 3}}));
  EXPECT_EQ(split({}).size(), 0u);
  EXPECT_EQ(split({2}).size(), 1u);
  EXPECT_EQ(split({2, 1}).size(), 1u);
  EXPECT_EQ(split({1, 4, 1, 4}).size(), 1u);
  EXPECT_EQ(split({0, 2, 1, 3}).size(), 2u);  // crosses itself
}

}  // namespace
}  // namespace raywave::io::detail
