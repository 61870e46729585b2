// SPDX-License-Identifier: Apache-2.0
// An engine may propose what it likes: paths are those that refining finds there.
#include "raywave/paths/ray_tracer.h"

#include <gtest/gtest.h>

#include "raywave/paths/path_solver.h"
#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

scene::Scene room_with_devices(uint64_t seed) {
  scene::Scene s = test::furnished_room(seed);
  s.frequency_hz = 3.5e9;
  const auto array = em::planar_array({});
  s.add_transmitter({"tx", {-3.1, 1.2, 1.7}, {}, {}, array});
  s.add_receiver({"rx0", {2.7, -2.2, -1.3}, {}, {}, array});
  s.add_receiver({"rx1", {-0.4, 2.9, 0.8}, {}, {}, array});
  return s;
}

TEST(RayTracer, AnotherEngineGivesTheSamePaths) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const scene::Scene s = room_with_devices(seed);
    PathOptions o;
    o.samples_per_tx = 20000;
    o.max_depth = 2;
    o.diffraction = true;
    const Paths embree = solve_paths(s, o);
    const Paths brute_force = solve_paths(s, PreparedScene(s, test::BruteForceTracer::make), o);
    EXPECT_GT(embree.num_paths(), 20);
    EXPECT_EQ(embree.surfaces, brute_force.surfaces) << seed;
    EXPECT_EQ(embree.tau_s, brute_force.tau_s) << seed;
    ASSERT_EQ(embree.a.size(), brute_force.a.size());
    for (size_t i = 0; i < embree.a.size(); ++i) EXPECT_EQ(norm2(embree.a[i] - brute_force.a[i]), 0) << seed;
  }
}

/// Proposes nothing: the direct path and edges in sight of both ends are left.
class BlindTracer : public RayTracer {
 public:
  void closest_hits(std::span<RayPacket> packets) const override {
    for (RayPacket& p : packets) {
      std::fill(p.t, p.t + RayPacket::kSize, std::numeric_limits<float>::infinity());
      std::fill(p.facet, p.facet + RayPacket::kSize, -1);
    }
  }
};

TEST(RayTracer, TheEngineDecidesNothing) {
  const scene::Scene s = room_with_devices(2);
  const PreparedScene blind(s, [](const scene::FacetTable&) { return std::make_unique<BlindTracer>(); });
  PathOptions o;
  o.max_depth = 2;
  o.samples_per_tx = 4096;
  for (const Interaction i : solve_paths(s, blind, o).interactions) EXPECT_NE(i, Interaction::kSpecularReflection);
  o.finder = Finder::kExhaustive;  // asks no engine
  const Paths all = solve_paths(s, blind, o), as_ever = solve_paths(s, o);
  EXPECT_GT(all.num_paths(), 10);
  EXPECT_EQ(all.tau_s, as_ever.tau_s);
}

}  // namespace
}  // namespace raywave::paths
