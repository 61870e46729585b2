// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/shoot.h"

#include <gtest/gtest.h>

#include "raywave/paths/find.h"
#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

TEST(Shoot, DirectionsCoverTheSphereEvenly) {
  const PreparedScene prepared(test::furnished_room(1));
  ShootOptions o;
  o.num_rays = 100000;
  o.max_depth = 0;
  const TileShooter shooter(prepared, o);
  Vec3d sum;
  double xx = 0, xy = 0, zz = 0;
  int64_t n = 0;
  RayTile tile;
  for (int64_t t = 0; t < shooter.num_tiles(); ++t) {
    shooter.run(t, tile, [&](const RayTile& state, int) {
      for (const RayPacket& p : state.packets) {
        for (int i = 0; i < RayPacket::kSize; ++i) {
          const Vec3d d{p.dx[i], p.dy[i], p.dz[i]};
          EXPECT_NEAR(norm(d), 1, 1e-5);
          sum += d;
          xx += d.x * d.x, xy += d.x * d.y, zz += d.z * d.z;
          ++n;
        }
      }
    });
  }
  ASSERT_EQ(n, shooter.num_rays());
  ASSERT_GE(n, 100000);
  // stratified: a cell's jitter moves a direction by its size, 1 / sqrt(n); the means then err by about 1 / n
  const double tolerance = 30.0 / double(n);
  EXPECT_LT(norm(sum) / double(n), tolerance);
  EXPECT_NEAR(xx / double(n), 1.0 / 3, tolerance);
  EXPECT_NEAR(zz / double(n), 1.0 / 3, tolerance);
  EXPECT_NEAR(xy / double(n), 0, tolerance);
}

/// Follows every ray in double precision beside the tiles: the same facets, but where it nearly missed one.
TEST(Shoot, RaysAreReflectedFromFacetToFacet) {
  const PreparedScene prepared(test::furnished_room(4));
  const scene::FacetTable& table = prepared.facets();
  ShootOptions o;
  o.origin_m = {0.4, 1.9, -0.3};
  o.num_rays = 2000;
  o.max_depth = 3;
  const TileShooter shooter(prepared, o);
  struct Ray {
    Vec3d origin, direction;
    bool followed = true;
  };
  int64_t agreed = 0, left = 0;
  for (int64_t t = 0; t < shooter.num_tiles(); ++t) {
    std::vector<Ray> rays(RayTile::kRays);
    RayTile tile;
    SequenceTree tree(o.origin_m);
    SequenceFollower follower;
    std::vector<std::vector<int32_t>> sequences(RayTile::kRays);
    follower.restart();
    shooter.run(t, tile, [&](const RayTile& state, int depth) {
      for (int lane = 0; lane < RayTile::kRays; ++lane) {
        const RayPacket& p = state.packets[size_t(lane / 16)];
        const int i = lane % 16;
        Ray& ray = rays[size_t(lane)];
        if (!ray.followed) continue;
        ASSERT_TRUE(p.active[i]);
        if (depth == 0) ray = {o.origin_m, normalized(Vec3d{p.dx[i], p.dy[i], p.dz[i]})};
        const auto hits = test::all_hits(table, ray.origin, ray.direction, 1e-6, 100, 1e-3);
        ASSERT_FALSE(hits.empty());
        if (std::abs(hits[0].margin_m) < 1e-3 || (hits.size() > 1 && hits[1].t - hits[0].t < 1e-3)) {
          ray.followed = false;  // too near to a side for single precision
          ++left;
          continue;
        }
        EXPECT_EQ(p.facet[i], hits[0].facet);
        EXPECT_NEAR(p.t[i], hits[0].t, 1e-4);
        EXPECT_EQ(state.event[size_t(lane)], depth == o.max_depth ? Event::kEnd : Event::kReflect);
        ++agreed;
        sequences[size_t(lane)].push_back(table.facets[size_t(hits[0].facet)].mirror);
        const Vec3d n = table.facets[size_t(hits[0].facet)].normal;
        ray.origin = ray.origin + hits[0].t * ray.direction;
        ray.direction = ray.direction - 2 * dot(ray.direction, n) * n;
      }
      follower.follow(state, table, tree);
    });
    for (int lane = 0; lane < RayTile::kRays; ++lane) {
      if (!rays[size_t(lane)].followed) continue;
      const SequenceNode* node = &tree.nodes()[size_t(follower.node(lane))];
      ASSERT_EQ(node->depth, o.max_depth);
      for (int d = o.max_depth; d-- > 0; node = &tree.nodes()[size_t(node->parent)])
        EXPECT_EQ(node->surface.index, sequences[size_t(lane)][size_t(d)]);
    }
  }
  EXPECT_GT(agreed, 7000);
  EXPECT_LT(left, 200);
}

}  // namespace
}  // namespace raywave::paths
