// SPDX-License-Identifier: Apache-2.0
// Completeness: the default finder has the paths of the exhaustive one, with edges and reflections before and behind
// them, also where an edge is lit in a short stretch, or only its end is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "diffraction_scenes.h"
#include "raywave/core/constants.h"
#include "raywave/core/random.h"

namespace raywave {
namespace {

using paths::Paths;

double random(uint64_t& state, double lo, double hi) {
  state = mix64(state + 0x9E3779B97F4A7C15u);
  return lo + (hi - lo) * double(state >> 11) * 0x1p-53;
}

/// Houses on a ground, each turned by some angle, receivers in the streets.
scene::Scene town(uint64_t seed, int side, int num_receivers, double frequency_hz) {
  scene::Scene s;
  s.frequency_hz = frequency_hz;
  s.add_material(test::concrete());
  uint64_t state = seed;
  for (int i = 0; i < side * side; ++i) {
    const Vec3d size{random(state, 8, 16), random(state, 8, 16), random(state, 5, 25)};
    const Mat3d turn = rotation_from_euler(Vec3d{random(state, -0.5, 0.5), 0, 0});
    scene::Mesh house = scene::box(Vec3d{-0.5 * size.x, -0.5 * size.y, 0}, size);
    for (Vec3d& v : house.vertices_m) v = turn * v + Vec3d{22.0 * (i / side), 22.0 * (i % side), 0};
    s.add_object({"house " + std::to_string(i), house, 0});
  }
  scene::Mesh ground;
  scene::add_rectangle(ground, {-60, -60, 0}, {100 + 22.0 * side, 0, 0}, {0, 100 + 22.0 * side, 0});
  s.add_object({"ground", ground, 0});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {11, 11, 14}, {}, {}, test::antenna("iso", "VH")});
  for (int i = 0; i < num_receivers; ++i) {
    const double x = random(state, -15, 22 * side), y = random(state, -15, 22 * side);
    s.add_receiver({"rx" + std::to_string(i), {x, y, 1.5}, {}, {}, test::antenna("iso", "VH")});
  }
  return s;
}

/// What tells paths apart, and their power over that of their link.
struct Found {
  std::vector<int32_t> name;  // receiver, interactions, facets
  double share;
  bool operator<(const Found& o) const { return name < o.name; }
};
std::vector<Found> found(const Paths& p) {
  std::vector<Found> all;
  for (const auto& link : p.links) {
    const auto power = [&](int64_t i) {
      double sum = 0;
      for (size_t k = 4 * size_t(i); k < 4 * size_t(i) + 4; ++k) sum += norm2(p.transfer[k]);
      return sum;
    };
    double total = 0;
    for (int64_t i = link.path_begin; i < link.path_end; ++i) total += power(i);
    for (int64_t i = link.path_begin; i < link.path_end; ++i) {
      Found f{{link.rx}, power(i) / total};
      for (int64_t k = p.interaction_begin[size_t(i)]; k < p.interaction_begin[size_t(i) + 1]; ++k) {
        f.name.push_back(int32_t(p.interactions[size_t(k)]));
        f.name.push_back(p.surfaces[size_t(k)].index);
      }
      all.push_back(f);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

void expect_the_same(const scene::Scene& s, paths::PathOptions o) {
  o.finder = paths::Finder::kShootAndBounce;
  const auto shot = found(solve_paths(s, o));
  o.finder = paths::Finder::kExhaustive;
  const auto all = found(solve_paths(s, o));
  std::vector<Found> lost, invented;
  std::set_difference(all.begin(), all.end(), shot.begin(), shot.end(), std::back_inserter(lost));
  std::set_difference(shot.begin(), shot.end(), all.begin(), all.end(), std::back_inserter(invented));
  EXPECT_TRUE(invented.empty()) << invented.size() << " that are not there, of " << shot.size();
  double most = 0;
  for (const Found& f : lost) most = std::max(most, f.share);
  EXPECT_TRUE(lost.empty()) << lost.size() << " of " << all.size() << " lost, up to " << most << " of a link's power";
  EXPECT_GT(all.size(), 20u);
}

TEST(Finders, OneEdgeAndAReflectionInATown) {
  for (const uint64_t seed : {1, 2}) expect_the_same(town(seed, 4, 40, 3.5e9), test::options(2));
}

TEST(Finders, TwoEdges) { expect_the_same(town(3, 3, 20, 1e9), test::options(2, 2)); }

TEST(Finders, OneEdgeInABigTown) { expect_the_same(town(4, 17, 150, 3.5e9), test::options(1)); }

// A device a millionth of a metre from a wall is behind it, seen from any edge.
/// A leg that runs a little above the floor is reflected in it before or behind the wall that it meets: of the two
/// orders there is one, and the rays that would find it must meet the wall below the ends' height.
TEST(Finders, BothEndsOnTheFloorOfARoomOrALittleAbove) {
  for (const double away : {0.0, 1.0}) {
    const Vec3d move{691000.25 * away, 5336000.5 * away, 512 * away};
    scene::Mesh room = scene::box({0, 0, 0}, {5.3, 4.1, 3});
    for (auto& t : room.triangles) std::swap(t[1], t[2]);
    for (Vec3d& v : room.vertices_m) v = v + move;
    for (const double height : {0.0, 1e-7, 1e-5, 1e-4}) {
      scene::Scene s;
      s.frequency_hz = 3e9;
      s.add_material(test::concrete());
      s.add_object({"room", room, 0});
      s.add_transmitter({"tx", Vec3d{1.234, 0.7, height} + move, {}, {}, test::antenna("iso", "VH")});
      s.add_receiver({"rx", Vec3d{3.1, 2.9, 0.7 * height} + move, {}, {}, test::antenna("iso", "VH")});
      paths::PathOptions o = test::options(3);
      o.diffraction = o.refraction = false;
      expect_the_same(s, o);
    }
  }
}

TEST(Finders, NothingLeavesAClosedConductingBox) {
  const Vec3d half{2, 3, 1.25};
  for (const Vec3d& far : {Vec3d{0, 0, 0}, Vec3d{3e3, 5e3, 100}, Vec3d{1e7, -9e6, 2e6}}) {
    const Mat3d turn = rotation_from_euler(Vec3d{0.7, -0.4, 1.9});
    for (const Vec3d& tx : {Vec3d{0.3, -1.2, 0.4}, Vec3d{2 - 1e-6, 0, 0}, Vec3d{2 - 1e-6, 3 - 1e-6, 1.25 - 1e-4}}) {
      scene::Scene s;
      s.frequency_hz = 2e9;
      s.add_material(test::perfect_conductor());
      scene::Mesh mesh = scene::box(-half, 2.0 * half);
      for (Vec3d& v : mesh.vertices_m) v = turn * v + far;
      s.add_object({"box", mesh, 0});
      scene::clean_meshes(s);
      s.add_transmitter({"tx", turn * tx + far, {}, {}, test::antenna("iso", "VH")});
      uint64_t state = 9;
      for (int i = 0; i < 60; ++i) {
        const Vec3d side{random(state, -1, 1), random(state, -1, 1), random(state, -1, 1)};
        const Vec3d rx{side.x + (side.x < 0 ? -half.x : half.x), 4 * side.y, 3 * side.z};
        s.add_receiver({"rx" + std::to_string(i), turn * rx + far, {}, {}, test::antenna("iso", "VH")});
      }
      for (const int depth : {1, 2})
        EXPECT_EQ(solve_paths(s, test::options(depth)).num_paths(), 0) << far.x << " " << tx.x;
    }
  }
}

}  // namespace
}  // namespace raywave
