// SPDX-License-Identifier: Apache-2.0
// Maps at places where they are easily wrong: sample points on walls and corners, faces of several objects in one
// place, cells at the transmitter's own height, cells on meshes with faces that cleaning takes out.
#include <gtest/gtest.h>

#include <cmath>

#include "map_surfaces.h"
#include "raywave/core/constants.h"
#include "raywave/maps/map_derivative.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "scenes.h"

namespace raywave {
namespace {

using maps::Method;
using maps::RadioMap;
using maps::RadioMapOptions;
using maps::solve_radio_map;
using maps::Surface;
using test::plane;

/// The gain in one small cell.
double gain_at(const scene::Scene& s, const Vec3d& p, const RadioMapOptions& o) {
  return solve_radio_map(s, plane(p, {1e-3, 1e-3}, 1e-3), o).path_gain[0];
}

/// The power at a point over all paths of the exhaustive finder.
double path_power(scene::Scene s, const Vec3d& p, int max_depth, bool refraction = false) {
  s.receivers.clear();
  s.add_receiver({"probe", p, {}, {}, test::antenna("iso", "VH")});
  paths::PathOptions o;
  o.max_depth = max_depth;
  o.refraction = refraction;
  o.finder = paths::Finder::kExhaustive;
  double power = 0;
  for (const Complexd& a : solve_paths(s, o).a) power += norm2(a);
  return power;
}

int add_concrete(scene::Scene& s) { return s.add_material(em::itu_material("concrete", 0.1)); }

/// A room 8 m x 6 m x 3 m about the origin, cut in two by a wall in the plane x = 0.
scene::Scene two_rooms(const Vec3d& tx) {
  scene::Scene s;
  const int concrete = add_concrete(s);
  s.add_object({"room", test::box({-4, -3, 0}, {8, 6, 3}), concrete});
  scene::Mesh wall;
  test::add_rectangle(wall, {0, -3, 0}, {0, 6, 0}, {0, 0, 3}, 1);
  s.add_object({"wall", wall, concrete});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", tx, {}, {}, test::antenna("iso", "V")});
  return s;
}

TEST(MapPlaces, APointOnAWallHasTheMeanOfItsSides) {
  const scene::Scene s = two_rooms({-2.3, 0.4, 1.1});
  constexpr double kSide = 1e-4;
  for (const bool coherent : {false, true}) {
    RadioMapOptions o;
    o.max_depth = 2;
    o.refraction = true;
    o.coherent = coherent;
    const RadioMap map = solve_radio_map(s, plane({0, 0, 1.5}, {3, 3}, 1), o);
    EXPECT_EQ(map.num_split_points, 3);
    for (const int cell : {1, 4, 7}) {
      const Vec3d p = map.cell_centers_m[size_t(cell)];
      ASSERT_EQ(p.x, 0);
      const double left = gain_at(s, p - Vec3d{kSide, 0, 0}, o), right = gain_at(s, p + Vec3d{kSide, 0, 0}, o);
      EXPECT_GT(left, 3 * right);
      // the sides are 1e-4 m off: that over a metre in power, 2 k 1e-4 m in the phase of a reflection
      EXPECT_NEAR(map.path_gain[size_t(cell)] / (0.5 * (left + right)), 1, coherent ? 2e-2 : 3e-4) << cell;
    }
  }
}

TEST(MapPlaces, WallsThatTurnWithTheMapSplitItsPointsToo) {
  // the whole scene and its map turned and moved: the same numbers
  const scene::Scene plain = two_rooms({-2.3, 0.4, 1.1});
  RadioMapOptions o;
  o.max_depth = 2;
  o.refraction = true;
  o.points_per_cell = 9;  // the middle column of each cell lies on the wall
  const RadioMap expected = solve_radio_map(plain, plane({0, 0, 1.5}, {3, 3}, 1), o);
  EXPECT_EQ(expected.num_split_points, 9);
  const Vec3d turn{0.3, 0.2, -0.1};
  const Mat3d r = rotation_from_euler(turn);
  for (const Vec3d& shift : {Vec3d{37, -12, 4}, Vec3d{691000.25, 5336000.5, 512}, Vec3d{1e7, -1e7, 1e6}}) {
    scene::Scene s = plain;
    for (auto& object : s.objects) {
      for (Vec3d& v : object.mesh.vertices_m) v = r * v + shift;
    }
    scene::Device& tx = s.transmitters[0];
    tx.position_m = r * tx.position_m + shift;
    tx.orientation_rad = turn;
    Surface surface = plane(r * Vec3d{0, 0, 1.5} + shift, {3, 3}, 1);
    surface.orientation_rad = turn;
    const RadioMap map = solve_radio_map(s, surface, o);
    EXPECT_EQ(map.num_split_points, 9);
    for (size_t i = 0; i < map.path_gain.size(); ++i)
      EXPECT_NEAR(map.path_gain[i] / expected.path_gain[i], 1, shift.x < 100 ? 1e-4 : 1e-3)
          << shift.x << " " << i;  // sides stand off
  }
}

TEST(MapPlaces, ACornerOfAHouseIsThreeQuartersOutside) {
  scene::Scene s;
  s.add_object({"house", test::box({0, 0, 0}, {4, 4, 5}), add_concrete(s)});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {-6, -7, 2}});
  RadioMapOptions o;
  o.max_depth = 1;
  const RadioMap map = solve_radio_map(s, plane({0, 0, 1}, {1, 1}, 1), o);
  EXPECT_EQ(map.num_split_points, 1);
  const double outside = gain_at(s, {-1e-4, -1e-4, 1}, o);
  ASSERT_GT(outside, 0);
  EXPECT_EQ(gain_at(s, {1e-4, 1e-4, 1}, o), 0);
  EXPECT_NEAR(map.path_gain[0] / (0.75 * outside), 1, 1e-4);
}

TEST(MapPlaces, GradientsOfPointsOnWallsAreTheMapsOwn) {
  const scene::Scene s = two_rooms({-2.3, 0.4, 1.1});
  const paths::PreparedScene prepared(s);
  RadioMapOptions o;
  o.max_depth = 2;
  o.refraction = true;
  for (const bool coherent : {false, true}) {
    o.coherent = coherent;
    const RadioMap map = solve_radio_map(s, prepared, plane({0, 0, 1.5}, {3, 3}, 1), o);
    const scene::SceneDerivative g = maps::map_vjp(s, prepared, o, map, std::vector<double>(map.path_gain.size(), 1));
    const auto total = [&](const Vec3d& by) {
      scene::Scene moved = s;
      moved.transmitters[0].position_m += by;
      double sum = 0;
      for (const double x : solve_radio_map(moved, prepared, map.surface, o).path_gain) sum += x;
      return sum;
    };
    const double h = 1e-6;
    const Vec3d exact = g.transmitters[0].position_m;
    const double size = norm(exact);
    EXPECT_NEAR(exact.x, (total({h, 0, 0}) - total({-h, 0, 0})) / (2 * h), 1e-6 * size) << coherent;
    EXPECT_NEAR(exact.y, (total({0, h, 0}) - total({0, -h, 0})) / (2 * h), 1e-6 * size) << coherent;
    EXPECT_NEAR(exact.z, (total({0, 0, h}) - total({0, 0, -h})) / (2 * h), 1e-6 * size) << coherent;
  }
}

TEST(MapPlaces, AReflectionWhereFacesOfTwoObjectsOverlapCountsOnce) {
  for (const bool road_first : {false, true}) {
    scene::Scene s;
    const int concrete = add_concrete(s);
    scene::Mesh ground, road;
    test::add_rectangle(ground, {-50, -50, 0}, {100, 0, 0}, {0, 100, 0}, 1);
    test::add_rectangle(road, {-50, -4, 0}, {100, 0, 0}, {0, 8, 0}, 1);
    if (road_first) s.add_object({"road", road, concrete});
    s.add_object({"ground", ground, concrete});
    if (!road_first) s.add_object({"road", road, concrete});
    // enough houses that the second map below is one whose sequences are found by rays
    for (int i = 0; i < 12; ++i) {
      const double x = -45 + 15 * (i / 2), y = i % 2 ? 12 : -18;
      s.add_object({"house" + std::to_string(i), test::box({x, y, 0}, {6, 6, 10}), concrete});
    }
    scene::clean_meshes(s);
    s.add_transmitter({"tx", {-20, 0, 10}, {}, {}, test::antenna("iso", "V")});
    RadioMapOptions o;
    o.max_depth = 2;
    o.samples_per_tx = 100000;
    for (const double cell : {4.0, 0.2}) {
      const RadioMap map = solve_radio_map(s, plane({10.03, 0.07, 1.5}, {48, 16}, cell), o);
      const size_t step = map.path_gain.size() / 40;
      for (size_t i = 0; i < map.path_gain.size(); i += step)
        EXPECT_NEAR(map.path_gain[i] / path_power(s, map.cell_centers_m[i], 2), 1, 1e-9) << cell << " " << i;
    }
  }
}

TEST(MapPlaces, RoomsThatShareAWallAreAsTheirPaths) {
  scene::Scene s;
  const int concrete = add_concrete(s);
  s.add_object({"a", test::box({-3, -2.5, 0}, {6, 5, 3}), concrete});
  s.add_object({"b", test::box({3, -2.5, 0}, {6, 5, 3}), concrete});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {1.03, 0.52, 1.21}});
  for (const bool refraction : {false, true}) {
    RadioMapOptions o;
    o.max_depth = 2;
    o.refraction = refraction;
    const RadioMap map = solve_radio_map(s, plane({3.04, 0.06, 1.5}, {10, 4}, 1), o);
    for (size_t i = 0; i < map.path_gain.size(); ++i) {
      const double expected = path_power(s, map.cell_centers_m[i], 2, refraction);
      EXPECT_NEAR(map.path_gain[i], expected, 1e-9 * expected) << i << " " << refraction;
    }
  }
}

/// A street between two walls, on a floor.
scene::Scene street(double tx_height_m) {
  scene::Scene s;
  const int concrete = add_concrete(s);
  scene::Mesh floor, left, right;
  test::add_rectangle(floor, {-40, -8, 0}, {80, 0, 0}, {0, 16, 0}, 1);
  test::add_rectangle(left, {-40, -8, 0}, {80, 0, 0}, {0, 0, 12}, 1);
  test::add_rectangle(right, {-40, 8, 0}, {80, 0, 0}, {0, 0, 12}, 1);
  s.add_object({"floor", floor, concrete});
  s.add_object({"left", left, concrete});
  s.add_object({"right", right, concrete});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {-20, 1, tx_height_m}, {}, {}, test::antenna("iso", "V")});
  return s;
}

TEST(MapPlaces, MonteCarloMeasuresAtTheTransmittersOwnHeight) {
  for (const double above : {0.0, 1e-7, 0.05, -0.19, 0.21}) {
    const scene::Scene s = street(1.5 + above);
    const Surface surface = plane({10, 0, 1.5}, {40, 12}, 2);
    RadioMapOptions o;
    o.max_depth = 2;
    o.points_per_cell = 9;
    const RadioMap exact = solve_radio_map(s, surface, o);
    o.method = Method::kMonteCarlo;
    o.samples_per_tx = 1000000;
    constexpr int kRuns = 8;
    std::vector<double> sum(exact.path_gain.size(), 0), sum2(sum);
    for (int run = 0; run < kRuns; ++run) {
      o.seed = uint64_t(run);
      const RadioMap map = solve_radio_map(s, surface, o);
      for (size_t i = 0; i < sum.size(); ++i)
        sum[i] += map.path_gain[i], sum2[i] += map.path_gain[i] * map.path_gain[i];
    }
    double total = 0, total_exact = 0, variance = 0;
    for (size_t i = 0; i < sum.size(); ++i) {
      const double mean = sum[i] / kRuns;
      total += mean;
      total_exact += exact.path_gain[i];
      variance += std::max(0.0, sum2[i] / kRuns - mean * mean) / (kRuns - 1);
    }
    // 9 points a cell of 2 m, 10 m and more away: a part in a hundred
    EXPECT_NEAR(total / total_exact, 1, 0.01 + 4.5 * std::sqrt(variance) / total_exact) << above;
  }
}

/// Mean and its squared standard error of the sum over the cells of Monte Carlo maps.
std::pair<double, double> monte_carlo_total(const scene::Scene& s, const Surface& surface, RadioMapOptions o) {
  constexpr int kRuns = 8;
  o.method = Method::kMonteCarlo;
  double sum = 0, sum2 = 0;
  for (int run = 0; run < kRuns; ++run) {
    o.seed = uint64_t(run);
    double total = 0;
    for (const double g : solve_radio_map(s, surface, o).path_gain) total += g;
    sum += total, sum2 += total * total;
  }
  const double mean = sum / kRuns;
  return {mean, std::max(0.0, sum2 / kRuns - mean * mean) / (kRuns - 1)};
}

double total_gain(const RadioMap& map) {
  double total = 0;
  for (const double g : map.path_gain) total += g;
  return total;
}

TEST(MapPlaces, MonteCarloSeesAnImageInTheCellsPlane) {
  // the slope z = x swaps x and z: the image stands 9 m off in the plane z = 1.5, the transmitter far above it
  scene::Scene s;
  scene::Mesh slope;
  test::add_rectangle(slope, {0, -6, 0}, {4, 0, 4}, {0, 12, 0}, 1);
  s.add_object({"slope", slope, add_concrete(s)});
  scene::clean_meshes(s);
  RadioMapOptions o;
  o.max_depth = 1;
  o.los = false;
  o.points_per_cell = 9;
  o.samples_per_tx = 300000;
  const Surface surface = plane({-4, 0.05, 1.5}, {8, 6}, 1);
  for (const double off : {0.0, 0.02, -0.09, 0.3}) {
    s.transmitters.clear();
    s.add_transmitter({"tx", {1.5 + off, 0.3, 9}, {}, {}, test::antenna("iso", "V")});
    const RadioMap exact = solve_radio_map(s, surface, o);
    ASSERT_GT(total_gain(exact), 0);
    const auto [mean, variance] = monte_carlo_total(s, surface, o);
    EXPECT_NEAR(mean / total_gain(exact), 1, 0.01 + 4.5 * std::sqrt(variance) / total_gain(exact)) << off;
    if (std::abs(off) > 0.1) continue;
    // their derivatives
    RadioMapOptions m = o;
    std::vector<Vec3d> gradients;
    for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
      m.method = method;
      const RadioMap map = solve_radio_map(s, surface, m);
      const std::vector<double> ones(map.path_gain.size(), 1);
      gradients.push_back(maps::map_vjp(s, paths::PreparedScene(s), m, map, ones).transmitters[0].position_m);
    }
    EXPECT_LT(norm(gradients[1] - gradients[0]), 0.1 * norm(gradients[0])) << off;
  }
}

TEST(MapPlaces, MonteCarloSeesEdgesInTheCellsPlane) {
  scene::Scene s;
  s.add_object({"house", test::box({0, -3, 0}, {5, 6, 5}), s.add_material(test::perfect_conductor())});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {-9, 0.5, 2}, {}, {}, test::antenna("iso", "V")});
  RadioMapOptions o;
  o.max_depth = 1;
  o.los = false;
  o.specular_reflection = false;
  o.diffraction = true;
  o.points_per_cell = 9;
  o.samples_per_tx = 300000;
  int compared = 0;
  // at the eaves' height, a little beside it, and behind the house
  for (const double height : {5.0, 5.004, 4.996, 5.4}) {
    for (const double x : {-4.0, 10.0}) {
      const Surface surface = plane({x, 0.05, height}, {6, 6}, 1);
      const double exact = total_gain(solve_radio_map(s, surface, o));
      if (exact == 0) continue;  // behind the house and below its roof: over two edges alone
      ++compared;
      const auto [mean, variance] = monte_carlo_total(s, surface, o);
      EXPECT_NEAR(mean / exact, 1, 0.03 + 4.5 * std::sqrt(variance) / exact) << height << " " << x;
    }
  }
  EXPECT_GE(compared, 6);
}

TEST(MapPlaces, BigExactMapsSeeEdgesInTheirPlane) {
  // at the eaves' height as a hair above it, where rays from the eaves cross the cells
  scene::Scene s;
  const int concrete = add_concrete(s);
  for (int i = 0; i < 12; ++i) {
    const double x = -45 + 15 * (i / 2), y = i % 2 ? 12 : -18;
    s.add_object({"house" + std::to_string(i), test::box({x, y, 0}, {6, 6, 10}), concrete});
  }
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {-20, 0, 3}, {}, {}, test::antenna("iso", "V")});
  RadioMapOptions o;
  o.max_depth = 2;
  o.los = false;
  o.diffraction = true;
  o.samples_per_tx = 100000;
  std::vector<double> totals;
  std::vector<int> lit;
  for (const double height : {10.0, 10.004}) {
    const RadioMap map = solve_radio_map(s, plane({10.03, 0.07, height}, {48, 60}, 0.6), o);
    totals.push_back(total_gain(map));
    lit.push_back(0);
    for (const double g : map.path_gain) lit.back() += g > 0;
  }
  // sums of powers, of which each beyond an edge's boundary counts apart: within 2 cm of the plane they move by 0.6 %
  EXPECT_NEAR(totals[0] / totals[1], 1, 0.01);
  EXPECT_GT(lit[0], 0.99 * lit[1]);
}

TEST(MapPlaces, MonteCarloDerivativesAtTheTransmittersOwnHeight) {
  const scene::Scene s = street(1.5);
  const paths::PreparedScene prepared(s);
  const Surface surface = plane({10, 0, 1.5}, {40, 12}, 2);
  std::vector<Vec3d> gradients;
  for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
    RadioMapOptions o;
    o.method = method;
    o.max_depth = 2;
    o.points_per_cell = 9;
    const RadioMap map = solve_radio_map(s, prepared, surface, o);
    gradients.push_back(
        maps::map_vjp(s, prepared, o, map, std::vector<double>(map.path_gain.size(), 1)).transmitters[0].position_m);
  }
  EXPECT_GT(norm(gradients[0]), 0);
  EXPECT_LT(norm(gradients[1] - gradients[0]), 0.05 * norm(gradients[0]));
}

TEST(MapPlaces, CellsOnAMeshAreItsTrianglesAsTheyWereGiven) {
  scene::Scene s;
  scene::Mesh mesh;
  mesh.vertices_m = {{0, 0, 0}, {2, 0, 0}, {2, 2, 0}, {0, 2, 0}, {4, 0, 0}, {4, 2, 0}};
  // the second has no area, the fourth is the first again, the fifth has no area either
  mesh.triangles = {{0, 1, 2}, {0, 1, 1}, {0, 2, 3}, {0, 1, 2}, {0, 1, 4}, {1, 4, 5}, {1, 5, 2}};
  const auto given = mesh.triangles;
  s.add_object({"floor", mesh, add_concrete(s)});
  const scene::MeshReport report = scene::clean_meshes(s);
  EXPECT_EQ(report.degenerate_faces, 2u);
  EXPECT_EQ(report.duplicate_faces, 1u);
  scene::clean_meshes(s);  // cleaning again changes nothing
  EXPECT_EQ(s.objects[0].mesh.triangles.size(), 4u);
  s.add_transmitter({"tx", {1, 1, 3}});
  Surface surface;
  surface.kind = Surface::Kind::kMesh;
  surface.objects = {"floor"};
  for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
    RadioMapOptions o;
    o.method = method;
    o.max_depth = 0;
    const RadioMap map = solve_radio_map(s, surface, o);
    ASSERT_EQ(map.num_cells(), int(given.size()));
    for (size_t i = 0; i < given.size(); ++i) {
      Vec3d center{};
      for (const uint32_t v : given[i]) center += mesh.vertices_m[v] / 3.0;
      EXPECT_LT(norm(map.cell_centers_m[i] - center), 1e-12) << i;
      EXPECT_EQ(map.path_gain[i] > 0, i != 1 && i != 4) << i;
    }
    EXPECT_NEAR(map.path_gain[3] / map.path_gain[0], 1, 1e-12);
  }
}

TEST(MapPlaces, TransmittersAndCellsOnFacesAreAsTheirPaths) {
  scene::Scene s;
  const int concrete = add_concrete(s);
  scene::Mesh ground;
  test::add_rectangle(ground, {-20, -20, 0}, {40, 0, 0}, {0, 40, 0}, 1);
  s.add_object({"ground", ground, concrete});
  s.add_object({"house", test::box({2, -3, 0}, {6, 6, 5}), concrete});
  scene::clean_meshes(s);
  RadioMapOptions o;
  o.max_depth = 2;
  // on the house's wall, on the ground, in the air; cells in the air and on the ground
  for (const Vec3d& tx : {Vec3d{2, 0.3, 2.2}, Vec3d{-4, 1.3, 0}, Vec3d{-4, 1.3, 2}}) {
    s.transmitters.clear();
    s.add_transmitter({"tx", tx, {}, {}, test::antenna("iso", "V")});
    for (const double height : {1.5, 0.0}) {
      const RadioMap map = solve_radio_map(s, plane({0.07, 0.11, height}, {18, 12}, 3), o);
      int lit = 0;
      for (size_t i = 0; i < map.path_gain.size(); ++i) {
        const double expected = path_power(s, map.cell_centers_m[i], 2);
        if (expected == 0) continue;  // lit in part, if at all
        // behind the house a device on the ground is seen from under it; the cell is lit in part from above
        if (tx.z == 0 && height == 0 && map.cell_centers_m[i].x > 2) continue;
        ++lit;
        EXPECT_NEAR(map.path_gain[i] / expected, 1, 1e-9) << tx.x << " " << tx.z << " " << height << " " << i;
      }
      EXPECT_GT(lit, 8) << tx.x << " " << tx.z << " " << height;
    }
  }
}

TEST(MapPlaces, AClosedBoxIsDarkInsideWhereverItLies) {
  for (const double far : {0.0, 3000.0, 1e6}) {
    scene::Scene s;
    const Vec3d at{far, far, 0};
    s.add_object({"box", test::box(at + Vec3d{-2, -2, 0}, {4, 4, 3}), s.add_material(test::perfect_conductor())});
    scene::clean_meshes(s);
    s.add_transmitter({"tx", at + Vec3d{-9, 0.5, 7}});
    for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
      RadioMapOptions o;
      o.method = method;
      o.max_depth = 2;
      o.samples_per_tx = 200000;
      const RadioMap map = solve_radio_map(s, plane(at + Vec3d{0, 0, 1.5}, {3.9, 3.9}, 0.1), o);
      for (size_t i = 0; i < map.path_gain.size(); ++i) ASSERT_EQ(map.path_gain[i], 0) << far << " " << i;
    }
  }
}

TEST(MapPlaces, APatchThatSharesASideWithALargerFaceIsNotHiddenByIt) {
  for (const bool one_object : {false, true}) {
    scene::Scene s;
    const int concrete = add_concrete(s);
    scene::Mesh large, patch;
    test::add_rectangle(large, {0, 0, 0}, {8, 0, 0}, {0, 6, 0}, 1);
    test::add_rectangle(patch, {0, 0, 0}, {8, 0, 0}, {0, 1, 0}, 1);  // on it, from the same side
    if (one_object) test::add_rectangle(large, {0, 0, 0}, {8, 0, 0}, {0, 1, 0}, 1);
    s.add_object({"large", large, concrete});
    if (!one_object) s.add_object({"patch", patch, concrete});
    scene::clean_meshes(s);
    s.add_transmitter({"tx", {1.3, 2.7, 4}, {}, {}, test::antenna("iso", "V")});
    Surface surface;
    surface.kind = Surface::Kind::kMesh;
    surface.objects = {one_object ? "large" : "patch"};
    RadioMapOptions o;
    o.max_depth = 0;
    const RadioMap map = solve_radio_map(s, surface, o);
    for (size_t i = 0; i < map.path_gain.size(); ++i) {
      const double r2 = norm2(map.cell_centers_m[i] - s.transmitters[0].position_m);
      EXPECT_NEAR(map.path_gain[i] * r2 / std::pow(s.wavelength_m() / (4 * kPi), 2), 1, 1e-9) << one_object << " " << i;
    }
    // a plane map above: one reflection, once
    o.max_depth = 1;
    const RadioMap above = solve_radio_map(s, plane({4.02, 3.03, 1.5}, {8, 6}, 1), o);
    for (size_t i = 0; i < above.path_gain.size(); ++i)
      EXPECT_NEAR(above.path_gain[i] / path_power(s, above.cell_centers_m[i], 1), 1, 1e-9) << one_object << " " << i;
  }
}

TEST(MapPlaces, CellsOfAMeshAreWhereTheyAreHoweverFarTheSceneReaches) {
  for (const double far_m : {20.0, 1e5}) {
    scene::Scene s;
    s.frequency_hz = 28e9;
    const int concrete = add_concrete(s);
    scene::Mesh floor, wall, other;
    test::add_rectangle(floor, {0, 0, 0}, {2, 0, 0}, {0, 2, 0}, 1);
    test::add_rectangle(wall, {-3, 4, 0}, {9, 0, 0}, {0, 0, 5}, 1);
    test::add_rectangle(other, {far_m, 0, 0}, {1, 0, 0}, {0, 1, 0}, 1);
    s.add_object({"floor", floor, concrete});
    s.add_object({"wall", wall, concrete});
    s.add_object({"other", other, concrete});
    scene::clean_meshes(s);
    s.add_transmitter({"tx", {1.3, 2.7, 4}, {}, {}, test::antenna("iso", "V")});
    Surface surface;
    surface.kind = Surface::Kind::kMesh;
    surface.objects = {"floor"};
    RadioMapOptions o;
    o.points_per_cell = 1;
    o.max_depth = 1;
    const RadioMap map = solve_radio_map(s, surface, o);
    for (size_t i = 0; i < map.path_gain.size(); ++i)
      EXPECT_NEAR(map.path_gain[i] / path_power(s, map.cell_centers_m[i], 1), 1,
                  3e-11 * far_m)  // the lift off the face, in roundings
          << far_m << " " << i;
  }
}

TEST(MapPlaces, WhatEdgesLightIsLookedAtAsWhatIsDark) {
  // A wall's shadow ends within one cell of a row, its middle dark: of the light itself, and of what a mirror throws.
  for (const bool mirrored : {false, true}) {
    scene::Scene s;
    s.frequency_hz = 3.5e9;
    const int concrete = add_concrete(s);
    scene::Mesh wall, mirror;
    test::add_rectangle(wall, {-40, 0, 0}, {40, 0, 0}, {0, 0, 10}, 1);
    test::add_rectangle(mirror, {-100, -20, 0}, {200, 0, 0}, {0, 0, 20}, 1);
    s.add_object({"wall", wall, concrete});
    if (mirrored) s.add_object({"mirror", mirror, concrete});
    scene::clean_meshes(s);
    s.add_transmitter({"tx", {-1, -5, 1.5}, {}, {}, test::antenna("iso", "V")});
    const double border = mirrored ? 10.0 / 35 : 2;  // of the light at y = 10
    const Surface surface = plane({border - 0.5, 10, 1.5}, {20, 4}, 4);
    RadioMapOptions o;
    o.max_depth = 1;
    o.los = !mirrored;
    o.points_per_cell = 1;
    for (const bool coherent : {false, true}) {
      o.coherent = coherent;
      o.diffraction = false;
      const double light = solve_radio_map(s, surface, o).path_gain[2];
      o.diffraction = true;
      const paths::PreparedScene prepared(s);
      const RadioMap map = solve_radio_map(s, prepared, surface, o);
      const double by_edges = gain_at(s, map.cell_centers_m[2], o);
      EXPECT_GT(light, 0);
      EXPECT_GT(by_edges, 0);
      EXPECT_NEAR(map.path_gain[2] / (light + by_edges), 1, 1e-9) << mirrored << " " << coherent;
      // nor does its slope lose the light
      std::vector<double> one(map.path_gain.size());
      one[2] = 1;
      const double slope = maps::map_vjp(s, prepared, o, map, one).transmitters[0].position_m.z, h = 3e-6;
      const auto moved = [&](double by) {
        scene::Scene other = s;
        other.transmitters[0].position_m.z += by;
        return solve_radio_map(other, surface, o).path_gain[2];
      };
      EXPECT_NEAR(slope, (moved(h) - moved(-h)) / (2 * h), 1e-6 * std::abs(slope)) << mirrored << " " << coherent;
    }
  }
}

TEST(MapPlaces, ASizeAloneLiesOverTheMiddleAtItsHeight) {
  scene::Scene s;
  s.add_object({"house", test::box({10, 20, 0}, {4, 6, 5}), add_concrete(s)});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {0, 0, 10}});
  Surface surface;
  surface.size_m = {30, 20};
  surface.height_m = 2.5;
  const RadioMap map = solve_radio_map(s, surface, {});
  EXPECT_EQ(map.surface.center_m, (Vec3d{12, 23, 2.5}));
  for (const Vec3d& c : map.cell_centers_m) EXPECT_EQ(c.z, 2.5);
  s.objects.clear();
  EXPECT_EQ(solve_radio_map(s, surface, {}).surface.center_m, (Vec3d{0, 0, 2.5}));
}

}  // namespace
}  // namespace raywave
