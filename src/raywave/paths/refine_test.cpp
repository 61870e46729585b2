// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/refine.h"

#include <gtest/gtest.h>

#include "raywave/paths/find.h"
#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

constexpr double kTie = 1e-8;

struct Answer {
  bool there = false, tie = false;
  std::vector<Vec3d> points;
};

/// The image method over a sequence of facets, and every leg against every triangle.
Answer by_hand(const scene::FacetTable& table, const Vec3d& source, const Vec3d& target,
               const std::vector<int32_t>& facets) {
  Answer out;
  std::vector<Vec3d> images{source};
  for (const int32_t f : facets) images.push_back(mirror(images.back(), table.facets[size_t(f)]));
  Vec3d next = target;
  out.points.assign(facets.size(), {});
  for (size_t i = facets.size(); i-- > 0;) {
    const double a = table.distance(facets[i], images[i + 1]), b = table.distance(facets[i], next);
    if (!(a * b < 0)) return out;
    const Vec3d d = next - images[i + 1], p = images[i + 1] + a / (a - b) * d;
    bool on_it = false;
    for (const test::Hit& h : test::all_hits(table, images[i + 1], d, 0, 1, kTie)) {
      if (h.facet != facets[i]) continue;
      on_it = on_it || h.margin_m > 0;
      out.tie = out.tie || (std::abs(h.margin_m) < kTie && table.facets[size_t(h.facet)].mirror != h.facet);
    }
    if (!on_it) return out;
    out.points[i] = next = p;
  }
  Vec3d from = source;
  for (size_t i = 0; i <= facets.size(); ++i) {
    const Vec3d to = i < facets.size() ? out.points[i] : target;
    const double end = 1e-9 / norm(to - from);
    const auto hits = test::all_hits(table, from, to - from, end, 1 - end, kTie);
    for (const test::Hit& h : hits) out.tie = out.tie || std::abs(h.margin_m) < kTie;
    if (!hits.empty()) return out;
    from = to;
  }
  out.there = true;
  return out;
}

TEST(Refiner, FindsTheImagePathsThatNothingCuts) {
  int num_there = 0, num_tried = 0;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const PreparedScene prepared(test::furnished_room(seed, 3));
    const scene::FacetTable& table = prepared.facets();
    test::Draws draw(50 + seed);
    const Vec3d source = draw.in_box({-4.5, -3.5, -2.5}, {4.5, 3.5, 2.5});
    const auto tree = all_sequences(prepared, source, 2, 1, 1000000);
    ASSERT_TRUE(tree);
    RefineOptions options;
    options.max_depth = 2;
    Refiner refiner(prepared, options);
    GeometricPath path;
    for (int t = 0; t < 3; ++t) {
      const Vec3d target = draw.in_box({-4.5, -3.5, -2.5}, {4.5, 3.5, 2.5});
      for (size_t n = 0; n < tree->nodes().size(); ++n) {
        std::vector<int32_t> facets;
        for (auto i = int32_t(n); i != 0; i = tree->nodes()[size_t(i)].parent)
          facets.insert(facets.begin(), tree->nodes()[size_t(i)].surface.index);
        const Answer expected = by_hand(table, source, target, facets);
        if (expected.tie) continue;
        ++num_tried;
        ASSERT_EQ(refiner.path(*tree, int32_t(n), target, path), expected.there) << seed << " node " << n;
        if (!expected.there) continue;
        ++num_there;
        ASSERT_EQ(path.steps.size(), facets.size());
        for (size_t i = 0; i < facets.size(); ++i) {
          EXPECT_EQ(path.steps[i].surface, SurfaceId::facet(facets[i]));
          EXPECT_LT(norm(path.steps[i].point_m - expected.points[i]), 1e-11);
        }
        // and settling moves a found path to where it already is
        std::vector<Step> settled = path.steps;
        refiner.settle(source, target, settled);
        for (size_t i = 0; i < facets.size(); ++i) EXPECT_LT(norm(settled[i].point_m - path.steps[i].point_m), 1e-11);
      }
    }
  }
  EXPECT_GT(num_tried, 1000);
  EXPECT_GT(num_there, 100);
}

}  // namespace
}  // namespace raywave::paths
