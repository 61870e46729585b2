// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_rays.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

/// A block on the ground: every ray leaves a lit edge on its Keller cone, outside the block, and ends at what all
/// triangles say.
TEST(EdgeRays, LeaveOnKellersConeAndHitWhatIsThere) {
  scene::Scene s;
  s.add_material(em::itu_material("concrete"));
  s.add_object({"block", scene::box({-2, -1.5, 0}, {4, 3, 5}), 0});
  scene::Mesh ground;
  scene::add_rectangle(ground, {-30, -30, 0}, {60, 0, 0}, {0, 60, 0});
  s.add_object({"ground", ground, 0});
  scene::clean_meshes(s);
  const PreparedScene prepared(s);
  const scene::FacetTable& table = prepared.facets();
  const Vec3d source = Vec3d{-9, -6.5, 7.3} - prepared.origin_m();
  const SequenceTree tree(source);
  RefineOptions refine;
  refine.max_depth = 2;
  refine.wavelength_m = 0.1;
  EdgeRayOptions o;
  o.max_depth = 2;
  const EdgeShooter shooter(prepared, tree, refine, o);
  Refiner refiner(prepared, refine);
  SequenceTree part(source);
  std::set<int32_t> lit;
  int num_rays = 0, num_behind_ground = 0;
  for (int64_t e = 0; e < shooter.num_edges(); ++e) {
    double spread = 0;
    int32_t wedge = -1;
    const auto visit = [&](const EdgeRaySegment& r) {
      const Step& edge = r.steps->front();
      ASSERT_EQ(edge.type, Interaction::kDiffraction);
      const Wedge& w = prepared.wedges()[size_t(edge.surface.index)];
      lit.insert(wedge = edge.surface.index);
      EXPECT_EQ(part.nodes()[size_t(r.node)].num_wedges, 1);
      EXPECT_NEAR(norm(r.direction), 1, 1e-12);
      if (r.steps->size() == 1) {
        ++num_rays;
        spread += r.spread_m;
        EXPECT_LT(norm(cross(r.origin_m - w.a, w.direction)), 1e-9);
        EXPECT_NEAR(r.before_m, norm(r.origin_m - source), 1e-9);
        EXPECT_EQ(r.behind_m, 0);
        EXPECT_NEAR(dot(r.direction, w.direction), dot(normalized(r.origin_m - source), w.direction), 1e-9);
        EXPECT_LT(azimuth(w, r.origin_m + r.direction), w.exterior_angle_rad + 1e-9);
      } else {  // from the edge over the last facet of the sequence
        ++num_behind_ground;
        EXPECT_NEAR(table.distance(r.steps->back().surface.index, r.origin_m), 0, 1e-9);
        EXPECT_GT(r.behind_m, 0);
      }
      const auto hits = test::all_hits(table, r.origin_m, r.direction, 1e-6, 1000, 1e-6);
      if (!hits.empty() && std::abs(hits[0].margin_m) < 1e-6) return;
      if (hits.empty()) {
        EXPECT_FALSE(std::isfinite(r.length_m));
      } else {
        EXPECT_NEAR(r.length_m, hits[0].t, 1e-9);
      }
    };
    shooter.run(e, refiner, part, visit, [](const EdgeRaySegment&) { return true; });
    if (wedge < 0) continue;
    // the sum of the rays' tubes: the integral of sin^2 beta over the edge times the outside's angle
    const Wedge& w = prepared.wedges()[size_t(wedge)];
    double expected = 0;
    constexpr int kPlaces = 1000;
    for (int i = 0; i < kPlaces; ++i) {
      const Vec3d k = normalized(w.at((i + 0.5) / kPlaces * w.length_m) - source);
      expected += norm2(cross(k, w.direction)) * w.length_m / kPlaces * w.exterior_angle_rad;
    }
    // jittered places, 8 of them, over a smooth integrand
    EXPECT_NEAR(spread / expected, 1, 0.1) << wedge;
  }
  // the roof's four edges, three of the four upright ones and the ground's four rims; the foot of the block has none
  EXPECT_EQ(lit.size(), 11u);
  EXPECT_GT(num_rays, 1000);
  EXPECT_GT(num_behind_ground, 100);
}

/// What nothing can follow is left out where it is not wanted; all else stays what it is.
TEST(EdgeRays, LastSegmentsAreTracedWhereTheyAreWanted) {
  scene::Scene s;
  s.add_material(em::itu_material("concrete"));
  s.add_object({"block", scene::box({-2, -1.5, 0}, {4, 3, 5}), 0});
  s.add_object({"other", scene::box({8, -4, 0}, {2, 9, 6}), 0});
  scene::clean_meshes(s);
  const PreparedScene prepared(s);
  const Vec3d source = Vec3d{-9, -6.5, 7.3} - prepared.origin_m();
  const SequenceTree tree(source);
  RefineOptions refine;
  refine.max_depth = 2;
  refine.wavelength_m = 0.1;
  EdgeRayOptions o;
  o.max_depth = 2;
  const EdgeShooter shooter(prepared, tree, refine, o);
  const auto visited = [&](auto&& wants) {
    Refiner refiner(prepared, refine);
    SequenceTree part(source);
    std::vector<std::array<double, 5>> all;  // direction, length, number of steps
    for (int64_t e = 0; e < shooter.num_edges(); ++e) {
      shooter.run(
          e, refiner, part,
          [&](const EdgeRaySegment& r) {
            all.push_back({r.direction.x, r.direction.y, r.direction.z, r.length_m, double(r.steps->size())});
          },
          wants);
    }
    return all;
  };
  const auto down = [](const EdgeRaySegment& r) { return r.direction.z < 0; };
  auto all = visited([](const EdgeRaySegment&) { return true; });
  const auto some = visited(down);
  EXPECT_LT(some.size(), all.size());
  std::erase_if(all, [](const auto& r) { return r[4] == 2 && !(r[2] < 0); });
  EXPECT_EQ(some, all);
}

}  // namespace
}  // namespace raywave::paths
