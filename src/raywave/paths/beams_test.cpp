// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/beams.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

using test::Sequence;
using test::sequence_of;

TEST(Beams, FindWhatRaysFindAndTraceWhatTheySay) {
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const PreparedScene prepared(test::furnished_room(seed, 3));
    const scene::FacetTable& table = prepared.facets();
    test::Draws draw(70 + seed);
    const Vec3d source = draw.in_box({-4.5, -3.5, -2.5}, {4.5, 3.5, 2.5});
    SequenceTree tree(source);
    BeamOptions o;
    o.max_depth = 2;
    o.min_samples = o.max_samples = 4096;
    o.num_threads = 2;
    std::vector<BeamRay> rays;
    std::mutex mutex;
    explore_beams(
        prepared, o, tree, [](int64_t) {},
        [&](int64_t, const BeamRay& ray) {
          const std::lock_guard lock(mutex);
          rays.push_back(ray);
        });
    // what is said of each ray, against every triangle
    ASSERT_GT(rays.size(), 5000u);
    for (size_t i = 0; i < rays.size(); i += 97) {
      const BeamRay& r = rays[i];
      const SequenceNode& node = tree.nodes()[size_t(r.node)];
      EXPECT_NEAR(table.distance(node.surface.index, r.origin_m), 0, 1e-11);
      EXPECT_LT(norm(normalized(r.origin_m - node.image_m) - r.direction), 1e-12);
      const auto hits = test::all_hits(table, r.origin_m, r.direction, 1e-9, 100, 1e-8);
      ASSERT_FALSE(hits.empty());
      if (std::abs(hits[0].margin_m) > 1e-8) {
        EXPECT_NEAR(r.length_m, hits[0].t, 1e-10);
      }
    }
    // the sequences of rays by hand are among them
    std::set<Sequence> found;
    for (size_t n = 0; n < tree.nodes().size(); ++n) found.insert(sequence_of(tree, int32_t(n)));
    size_t num_followed = 0, num_missing = 0;
    for (int i = 0; i < 3000; ++i) {
      Vec3d at = source, d = draw.direction();
      Sequence s;
      for (int depth = 0; depth < o.max_depth; ++depth) {
        const auto hits = test::all_hits(table, at, d, 1e-9, 100, 0.02);
        if (hits.empty() || hits[0].margin_m < 0.02) break;  // slivers are for many samples
        const scene::Facet& f = table.facets[size_t(hits[0].facet)];
        s.push_back(SurfaceId::facet(f.mirror));
        num_missing += !found.count(s);
        at = at + hits[0].t * d;
        d = d - 2 * dot(d, f.normal) * f.normal;
        ++num_followed;
      }
    }
    EXPECT_GT(num_followed, 4000u);
    // what a window shows of a facet may be smaller than a sample's share of it, 1 / 4096
    EXPECT_LT(double(num_missing), 0.005 * double(num_followed));
  }
}

}  // namespace
}  // namespace raywave::paths
