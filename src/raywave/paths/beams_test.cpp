// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/beams.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

using test::Sequence;
using test::sequence_of;

struct NodeRay {
  int32_t node;
  BeamRay ray;
};

/// All rays. @param wanted  of the last depth, those that are asked for
std::vector<NodeRay> rays_of(
    const PreparedScene& prepared, const BeamOptions& options, SequenceTree& tree,
    const std::function<bool(const BeamRay&)>& wanted = [](const BeamRay&) { return true; }) {
  std::vector<NodeRay> all;
  std::vector<std::vector<BeamRay>> of_tasks;
  BeamVisitor visitor;
  visitor.begin_depth = [&](int64_t num_tasks) { of_tasks.assign(size_t(num_tasks), {}); };
  visitor.wants = [&](int64_t, const BeamRay& ray) { return wanted(ray); };
  visitor.found = [&](int64_t task, const BeamRay& ray) { of_tasks[size_t(task)].push_back(ray); };
  visitor.end_depth = [&](const std::vector<int32_t>& node_of) {
    for (const auto& rays : of_tasks) {
      for (const BeamRay& ray : rays) all.push_back({node_of[size_t(ray.candidate)], ray});
    }
  };
  explore_beams(prepared, options, tree, visitor);
  return all;
}

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
    const std::vector<NodeRay> rays = rays_of(prepared, o, tree);
    // what is said of each ray, against every triangle
    ASSERT_GT(rays.size(), 5000u);
    for (size_t i = 0; i < rays.size(); i += 97) {
      const BeamRay& r = rays[i].ray;
      const SequenceNode& node = tree.nodes()[size_t(rays[i].node)];
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

TEST(Beams, LightWhatNothingHides) {
  // a wall of 8 m by 8 m, 10 m from the source, and half-way a screen that hides its lower left part of 6 m by 4 m
  scene::Scene s;
  s.add_material(em::itu_material("metal", 0.1));
  const auto wall = [&](const char* name, const Vec3d& corner, double y_m, double z_m) {
    scene::Mesh mesh;
    scene::add_rectangle(mesh, corner, {0, y_m, 0}, {0, 0, z_m});
    s.add_object({name, mesh, 0});
  };
  wall("wall", {10, -4, -4}, 8, 8);
  wall("screen", {5, -2.5, -2.5}, 3.5, 2.5);
  const PreparedScene prepared(s);
  SequenceTree tree(-prepared.origin_m());
  BeamOptions o;
  o.max_depth = 2;
  o.min_samples = o.max_samples = 4096;
  int lit = 0;
  for (const NodeRay& r : rays_of(prepared, o, tree)) {
    const SequenceNode& n = tree.nodes()[size_t(r.node)];
    const Vec3d p = r.ray.origin_m + prepared.origin_m();
    if (n.depth > 1 || p.x < 9) continue;
    ++lit;
    EXPECT_FALSE(p.y > -4 && p.y < 2 && p.z > -4 && p.z < 0) << p.y << ' ' << p.z;
  }
  // well-spread points: within a few times sqrt(4096) of their share
  EXPECT_NEAR(lit, 4096 * (1 - 6.0 * 4 / 64), 64);
}

TEST(Beams, AskWhatIsWantedAtTheLastDepthAlone) {
  const PreparedScene prepared(test::furnished_room(1, 3));
  BeamOptions o;
  o.max_depth = 2;
  SequenceTree tree(Vec3d{0.3, -0.2, 0.1}), fewer(tree);
  const auto up = [](const BeamRay& ray) { return ray.direction.z > 0; };
  const std::vector<NodeRay> all = rays_of(prepared, o, tree), some = rays_of(prepared, o, fewer, up);
  std::vector<NodeRay> expected;
  for (const NodeRay& r : all) {
    if (tree.nodes()[size_t(r.node)].depth == 1 || up(r.ray)) expected.push_back(r);
  }
  ASSERT_LT(expected.size(), all.size());
  ASSERT_EQ(some.size(), expected.size());
  for (size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(sequence_of(fewer, some[i].node), sequence_of(tree, expected[i].node));
    EXPECT_EQ(some[i].ray.origin_m, expected[i].ray.origin_m);
    EXPECT_EQ(some[i].ray.length_m, expected[i].ray.length_m);
  }
}

}  // namespace
}  // namespace raywave::paths
