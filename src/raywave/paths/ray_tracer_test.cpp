// SPDX-License-Identifier: Apache-2.0
// An engine may propose what it likes: paths are those that refining finds there.
#include "raywave/paths/ray_tracer.h"

#include <gtest/gtest.h>

#include "raywave/paths/device_tracer.h"
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

struct Engine {
  const char* name;
  TracerFactory make;
  bool needs_cuda = false;
};

/// One body for every engine.
class EveryTracer : public testing::TestWithParam<Engine> {
 public:
  void SetUp() override {
    if (GetParam().needs_cuda && !ray_cuda_state().usable) GTEST_SKIP() << "CUDA: " << ray_cuda_state().words;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, EveryTracer,
                         testing::Values(Engine{"brute_force", test::BruteForceTracer::make},
                                         Engine{"embree", embree_tracer},
                                         Engine{"emulated", tracer_on(runtime::Device::kEmulated)},
                                         Engine{"cuda", tracer_on(runtime::Device::kCuda), true}),
                         [](const auto& engine) { return std::string(engine.param.name); });

TEST_P(EveryTracer, GivesTheSamePaths) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const scene::Scene s = room_with_devices(seed);
    PathOptions o;
    o.samples_per_tx = 20000;
    o.max_depth = 2;
    o.diffraction = true;
    o.refraction = seed == 2;
    const Paths expected = solve_paths(s, PreparedScene(s, test::BruteForceTracer::make), o);
    const Paths got = solve_paths(s, PreparedScene(s, GetParam().make), o);
    EXPECT_GT(got.num_paths(), 20);
    EXPECT_EQ(got.surfaces, expected.surfaces) << seed;
    EXPECT_EQ(got.tau_s, expected.tau_s) << seed;
    ASSERT_EQ(got.a.size(), expected.a.size());
    for (size_t i = 0; i < got.a.size(); ++i) EXPECT_EQ(norm2(got.a[i] - expected.a[i]), 0) << seed;
  }
}

/// The distance that single precision may be off by: roundings of coordinates of a few metres, over the angle of
/// incidence.
TEST_P(EveryTracer, HitsWhatIsClosest) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const PreparedScene prepared(test::furnished_room(seed, 12), GetParam().make);
    test::Draws draw(100 + seed);
    std::vector<RayPacket> packets(300);
    for (RayPacket& p : packets) {
      for (int i = 0; i < RayPacket::kSize; ++i) {
        const Vec3d o = draw.in_box({-4.9, -3.9, -2.9}, {4.9, 3.9, 2.9});
        // of some rays a component vanishes, two of others
        Vec3d d = draw.direction();
        if (i % 4 == 1) d.z = 0;
        if (i % 4 == 2) d = {i % 8 == 2 ? 1.0 : 0.0, i % 8 == 2 ? 0.0 : -1.0, 0};
        p.active[i] = i % 5 == 4 ? 0 : -1;
        p.alone[i] = i % 3 == 0 || &p == &packets[7];
        p.ox[i] = float(o.x), p.oy[i] = float(o.y), p.oz[i] = float(o.z);
        p.dx[i] = float(d.x), p.dy[i] = float(d.y), p.dz[i] = float(d.z);
      }
    }
    std::vector<RayPacket> expected = packets;
    prepared.tracer().closest_hits(packets);
    test::BruteForceTracer(prepared.facets()).closest_hits(expected);
    int num_hits = 0, num_others = 0;
    for (size_t k = 0; k < packets.size(); ++k) {
      const RayPacket &p = packets[k], &q = expected[k];
      for (int i = 0; i < RayPacket::kSize; ++i) {
        if (!p.active[i]) {
          EXPECT_EQ(p.facet[i], -1);
          continue;
        }
        if (p.facet[i] != q.facet[i]) {
          ++num_others;  // a ray that passes a border within rounding
          continue;
        }
        ++num_hits;
        const Vec3f n(prepared.normals()[size_t(p.facet[i])]);
        const float cosine = std::fabs(n.x * p.dx[i] + n.y * p.dy[i] + n.z * p.dz[i]);
        EXPECT_NEAR(p.t[i], q.t[i], 4e-6f / cosine + 1e-6f) << seed << " " << k << " " << i;
      }
    }
    EXPECT_GT(num_hits, 3000) << "all rays are inside of a closed room";
    EXPECT_LE(num_others, 4) << seed;
  }
}

TEST_P(EveryTracer, HasScenesOfAnySize) {
  // nothing, one triangle, and thousands in one place, which no plane parts
  for (const int num_triangles : {0, 1, 3000}) {
    scene::Scene s;
    s.frequency_hz = 1e9;
    s.add_material(em::itu_material("concrete"));
    for (int i = 0; i < num_triangles; ++i) {
      scene::Mesh mesh;
      const double z = num_triangles > 1 ? 1e-3 * (i % 10) : 0;
      mesh.vertices_m = {{-1, -1, z}, {1, -1, z}, {0, 1, z}};
      mesh.triangles = {{0, 1, 2}};
      s.add_object({"plate " + std::to_string(i), mesh, 0});
    }
    const PreparedScene prepared(s, GetParam().make);
    const double top = num_triangles > 1 ? 0.5 * 9e-3 : 0;  // the middle of the box is the origin
    RayPacket p{};
    for (int i = 0; i < RayPacket::kSize; ++i) {
      p.active[i] = -1;
      p.ox[i] = 0.01f * float(i), p.oy[i] = 0, p.oz[i] = 2;
      p.dz[i] = i % 2 == 0 ? -1.0f : 1.0f;
    }
    prepared.tracer().closest_hits({&p, 1});
    for (int i = 0; i < RayPacket::kSize; ++i) {
      const bool hits = num_triangles > 0 && i % 2 == 0;
      EXPECT_EQ(p.facet[i] >= 0, hits) << num_triangles;
      EXPECT_EQ(std::isfinite(p.t[i]), hits) << num_triangles;
      if (hits) {
        EXPECT_NEAR(p.t[i], 2 - top, 1e-6) << num_triangles;
      }
    }
  }
}

TEST(RayTracer, ADeviceThatIsNotThereIsSaid) {
  if (ray_cuda_state().usable) GTEST_SKIP() << "there is one: " << ray_cuda_state().words;
  PathOptions o;
  o.device = runtime::Device::kCuda;
  try {
    solve_paths(room_with_devices(1), o);
    ADD_FAILURE() << "solved on a device that is not there";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("device cuda"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("cpu"), std::string::npos) << e.what();
  }
}

TEST(RayTracer, OptionsNameTheDevice) {
  const scene::Scene s = room_with_devices(3);
  PathOptions o;
  o.samples_per_tx = 20000;
  const Paths here = solve_paths(s, o);
  o.device = runtime::Device::kEmulated;
  for (const int num_threads : {1, 3}) {
    o.num_threads = num_threads;
    const Paths there = solve_paths(s, o);
    EXPECT_GT(there.num_paths(), 20);
    EXPECT_EQ(there.surfaces, here.surfaces);
    EXPECT_EQ(there.tau_s, here.tau_s);
  }
  const PreparedScene prepared = prepared_for(PreparedScene(s), s, o);
  ASSERT_NE(prepared.tracer().on_device(), nullptr);
  EXPECT_EQ(prepared.tracer().on_device()->device(), runtime::Device::kEmulated);
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
