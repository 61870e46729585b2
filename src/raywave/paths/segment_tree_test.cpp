// SPDX-License-Identifier: Apache-2.0
// The tree against asking everything: each box, and each triangle of a scene.
#include "raywave/paths/segment_tree.h"

#include <gtest/gtest.h>

#include <set>

#include "raywave/core/random.h"
#include "raywave/paths/ray_queries.h"

namespace raywave::paths {
namespace {

class Numbers {
 public:
  explicit Numbers(uint64_t seed) : seed_(seed) {}
  double operator()(double lo, double hi) { return lo + (hi - lo) * random_uniform(seed_, 0, 0, next_++); }
  Vec3d point(double size) { return {(*this)(-size, size), (*this)(-size, size), (*this)(-size, size)}; }

 private:
  uint64_t seed_, next_ = 0;
};

/// Does the segment pass through the box, in double precision?
bool passes(const Boxf& b, const Vec3d& o, const Vec3d& d) {
  const double from[3] = {o.x, o.y, o.z}, along[3] = {d.x, d.y, d.z};
  double first = 0, last = 1;
  for (size_t k = 0; k < 3; ++k) {
    const double lo = double(b.lo[k]) - from[k], hi = double(b.hi[k]) - from[k];
    if (along[k] == 0) {
      if (lo > 0 || hi < 0) return false;
      continue;
    }
    first = std::max(first, std::min(lo / along[k], hi / along[k]));
    last = std::min(last, std::max(lo / along[k], hi / along[k]));
  }
  return first <= last;
}

Boxf grown(const Boxf& b, float by) {
  Boxf out = b;
  for (size_t k = 0; k < 3; ++k) out.lo[k] -= by, out.hi[k] += by;
  return out;
}

TEST(SegmentTree, ProposesEveryBoxThatASegmentPassesThrough) {
  Numbers number(1);
  for (const size_t count : {0, 1, 2, 7, 8, 9, 1000}) {
    std::vector<Boxf> exact, boxes;
    for (size_t i = 0; i < count; ++i) {
      // many equal ones, flat ones and points among them
      const Vec3d p = i % 5 == 0 ? Vec3d{1, 2, 3} : number.point(10),
                  q = p + (i % 3 == 0 ? 0.0 : 1.0) * number.point(3);
      const Vec3f a(p), b(q);
      exact.push_back({{std::min(a.x, b.x), std::min(a.y, b.y), std::min(a.z, b.z)},
                       {std::max(a.x, b.x), std::max(a.y, b.y), std::max(a.z, b.z)}});
      boxes.push_back(grown(exact.back(), 1e-5f));
    }
    const SegmentTree tree(boxes);
    for (int s = 0; s < 500; ++s) {
      const Vec3d o = s % 7 == 0 ? Vec3d{1, 2, 3} : number.point(12);
      Vec3d d = number.point(12);
      if (s % 4 == 1) d.x = 0;
      if (s % 8 == 5) d.y = 0;
      std::multiset<uint32_t> found;
      EXPECT_FALSE(tree.any(o, d, [&](uint32_t i) { return found.insert(i), false; }));
      double nearest = 2;
      tree.nearest(o, d, [&](uint32_t i, float& far) {
        if (!passes(exact[i], o, d)) return;
        double lo = 0, hi = 1;  // where it is entered, by halving
        while (hi - lo > 1e-9) (passes(exact[i], o, 0.5 * (lo + hi) * d) ? hi : lo) = 0.5 * (lo + hi);
        nearest = std::min(nearest, hi);
        far = std::min(far, float(hi) + 1e-5f);
      });
      double expected = 2;
      for (uint32_t i = 0; i < count; ++i) {
        EXPECT_LE(found.count(i), 1u);
        EXPECT_TRUE(found.count(i) == 0 || passes(grown(boxes[i], 1e-4f), o, d));
        if (!passes(exact[i], o, d)) continue;
        EXPECT_EQ(found.count(i), 1u) << "box " << i << " of " << count << ", segment " << s;
        double lo = 0, hi = 1;
        while (hi - lo > 1e-9) (passes(exact[i], o, 0.5 * (lo + hi) * d) ? hi : lo) = 0.5 * (lo + hi);
        expected = std::min(expected, hi);
      }
      EXPECT_NEAR(nearest, expected, 1e-8);
    }
  }
}

TEST(RayQueries, FindWhatAskingEveryTriangleFinds) {
  Numbers number(2);
  scene::FacetTable table;
  table.reach_m = 10;
  for (int i = 0; i < 400; ++i) {
    const Vec3d a = number.point(9);
    table.triangles.push_back({a, a + number.point(3), a + number.point(3), i});
  }
  const RayQueries queries(table);
  for (int s = 0; s < 2000; ++s) {
    const double size = s % 3 == 0 ? 1000 : 12;  // also from far outside
    const Vec3d o = number.point(size), e = number.point(12), d = e - o;
    std::vector<Crossing> expected, crossings;
    for (const scene::Triangle& t : table.triangles) {
      const Vec3d n = cross(t.b - t.a, t.c - t.a);
      const double from = dot(n, o - t.a), to = dot(n, e - t.a);
      if (!(from * to < 0)) continue;
      const Vec3d p = o + from / (from - to) * d;
      if (dot(cross(t.b - t.a, p - t.a), n) < 0 || dot(cross(t.c - t.b, p - t.b), n) < 0 ||
          dot(cross(t.a - t.c, p - t.c), n) < 0) {
        continue;
      }
      expected.push_back({from / (from - to), t.facet});
    }
    std::sort(expected.begin(), expected.end(), [](const Crossing& x, const Crossing& y) { return x.t < y.t; });
    queries.crossings(o, e, {}, {}, crossings);
    EXPECT_EQ(queries.occluded(o, e, {}, {}), !expected.empty());
    ASSERT_EQ(crossings.size(), expected.size()) << "segment " << s;
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(crossings[i].facet, expected[i].facet);
      EXPECT_NEAR(crossings[i].t, expected[i].t, 1e-12);
    }
    double t;
    const int nearest = queries.closest_hit(o, d, t);
    if (expected.empty()) {
      EXPECT_TRUE(nearest < 0 || t > 1);
    } else {
      EXPECT_EQ(nearest, expected[0].facet);
      EXPECT_NEAR(t, expected[0].t, 1e-12);
    }
  }
}

TEST(SegmentTree, ProposesEveryBoxThatARegionHoldsAnyOf) {
  Numbers number(5);
  for (const size_t count : {0, 1, 9, 1000}) {
    std::vector<Boxf> boxes;
    for (size_t i = 0; i < count; ++i) {
      const Vec3f a(number.point(10)), size(number.point(1));
      boxes.push_back(
          {{a.x, a.y, a.z}, {a.x + std::abs(size.x), a.y + std::abs(size.y), a.z + (i % 3 == 0 ? 0.0f : 1.0f)}});
    }
    const SegmentTree tree(boxes);
    size_t num_proposed = 0;
    for (int r = 0; r < 100; ++r) {
      Regionf region(20);
      std::vector<std::pair<Vec3d, double>> sides;
      const Vec3d inside = number.point(8);
      for (int k = 0; k < 6; ++k) {
        const Vec3d n = number.point(1);
        sides.push_back({n, dot(n, inside) - norm(n) * number(0, 3)});
        region.keep(n, sides.back().second);
      }
      std::set<uint32_t> found;
      EXPECT_FALSE(tree.any_in(region, [&](uint32_t i) { return found.insert(i), false; }));
      num_proposed += found.size();
      for (uint32_t i = 0; i < count; ++i) {
        for (int k = 0; k < 8; ++k) {
          const auto pick = [&](size_t axis) {
            return double(boxes[i].lo[axis]) + number(0, 1) * double(boxes[i].hi[axis] - boxes[i].lo[axis]);
          };
          const Vec3d p{pick(0), pick(1), pick(2)};
          const auto holds = [&](const auto& side) { return dot(side.first, p) >= side.second; };
          if (std::all_of(sides.begin(), sides.end(), holds)) {
            EXPECT_TRUE(found.count(i)) << count << ' ' << r << ' ' << i;
          }
        }
      }
      if (count > 0) {
        EXPECT_EQ(tree.any_in(region, [](uint32_t) { return true; }), !found.empty());
      }
    }
    EXPECT_LE(num_proposed, 30 * count);
  }
}

}  // namespace
}  // namespace raywave::paths
