// SPDX-License-Identifier: Apache-2.0
// Laws that radio maps obey: free space, exact against the exhaustive finder, monte-carlo against exact, the same bytes
// for any number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "map_surfaces.h"
#include "raywave/core/constants.h"
#include "raywave/core/test_statistics.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/shapes.h"
#include "scenes.h"

namespace raywave {
namespace {

using maps::Method;
using maps::RadioMap;
using maps::RadioMapOptions;
using maps::solve_radio_map;
using maps::Surface;
using test::plane;

double total_of(const RadioMap& map) { return std::accumulate(map.path_gain.begin(), map.path_gain.end(), 0.0); }

TEST(RadioMap, FreeSpaceIsFriisInEveryCellOfATiltedPlane) {
  scene::Scene s;
  s.add_transmitter({"tx", {1, 2, 30}, {}, {}, test::antenna("iso", "V")});
  Surface surface = plane({5, 0, 0}, {40, 20}, 2);
  surface.orientation_rad = {0.3, 0.4, 0.1};
  for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
    RadioMapOptions o;
    o.method = method;
    o.samples_per_tx = 4000000;
    const RadioMap map = solve_radio_map(s, surface, o);
    ASSERT_EQ(map.num_cells(), 200);
    double worst = 0;
    for (int i = 0; i < map.num_cells(); ++i) {
      const double r2 = norm2(map.cell_centers_m[size_t(i)] - s.transmitters[0].position_m);
      const double friis = std::pow(s.wavelength_m() / (4 * kPi), 2) / r2;
      worst = std::max(worst, std::abs(map.path_gain[size_t(i)] / friis - 1));
    }
    // Monte Carlo: a cell of 4 m^2 at 30 m holds about 1300 of the 4e6 stratified rays; 5 sigma of unstratified ones.
    // And the mean over a cell differs from its centre by (cell / r)^2.
    EXPECT_LT(worst, method == Method::kExact ? 1e-12 : 5 / std::sqrt(1300.0)) << int(method);
  }
}

TEST(RadioMap, ExactEqualsTheExhaustiveFinderAtEverySamplePoint) {
  scene::Scene s = test::load("street_canyon");
  s.add_transmitter({"tx", {-20, 1, 12}, {}, {}, test::antenna("dipole", "V")});
  Vec3d lo, hi;
  s.bounding_box(lo, hi);
  Surface surface = plane({0, 0, 1.5}, {60, 12}, 3);
  RadioMapOptions o;
  o.max_depth = 3;
  const RadioMap map = solve_radio_map(s, surface, o);
  for (int i = 0; i < map.num_cells(); ++i) {
    s.add_receiver({"rx" + std::to_string(i), map.cell_centers_m[size_t(i)], {}, {}, test::antenna("iso", "VH")});
  }
  paths::PathOptions p;
  p.max_depth = 3;
  p.finder = paths::Finder::kExhaustive;
  const paths::Paths all = solve_paths(s, p);
  int lit = 0;
  for (const auto& link : all.links) {
    double power = 0;  // both receiving polarisations together: the power of the field
    for (int64_t k = all.a_begin[size_t(link.path_begin)]; k < all.a_begin[size_t(link.path_end)]; ++k)
      power += norm2(all.a[size_t(k)]);
    if (power == 0) continue;
    ++lit;
    EXPECT_NEAR(map.path_gain[size_t(link.rx)] / power, 1, 1e-10) << link.rx;
  }
  EXPECT_GT(lit, 40);
}

/// Half a metre from a long eave a few metres of it light all of the shadow.
TEST(RadioMap, ExactSeesWhatIsFarBehindAnEdgeBesideTheTransmitter) {
  scene::Scene s;
  const int concrete = s.add_material(em::itu_material("concrete", 0.1));
  s.add_object({"block", scene::box({-40, 0, 0}, {80, 12, 20}), concrete});
  for (int i = 0; i < 12; ++i)
    s.add_object({"house" + std::to_string(i), scene::box({-80.0 + 15 * i, -30, 0}, {6, 6, 10}), concrete});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {3, 11.6, 21}, {}, {}, test::antenna("iso", "V")});
  RadioMapOptions o;
  o.max_depth = 2;
  o.diffraction = true;
  o.samples_per_tx = 100000;
  const RadioMap map =
      solve_radio_map(s, plane({0, 15.5, 1.5}, {60, 6}, 0.2), o);  // more cells than are tried with all sequences
  std::vector<double> found, gain;
  for (int i = 7; i < map.num_cells(); i += 53) {
    found.push_back(map.path_gain[size_t(i)]);
    s.add_receiver({"rx" + std::to_string(i), map.cell_centers_m[size_t(i)], {}, {}, test::antenna("iso", "VH")});
  }
  paths::PathOptions p;
  p.max_depth = 2;
  p.diffraction = true;
  const paths::Paths all = solve_paths(s, p);
  for (const auto& link : all.links) {
    gain.push_back(0);
    for (int64_t k = all.a_begin[size_t(link.path_begin)]; k < all.a_begin[size_t(link.path_end)]; ++k)
      gain.back() += norm2(all.a[size_t(k)]);
  }
  const double most = *std::max_element(gain.begin(), gain.end());
  for (size_t i = 0; i < gain.size(); ++i) EXPECT_NEAR(found[i], gain[i], 0.01 * gain[i] + 1e-3 * most) << i;
}

TEST(RadioMap, MonteCarloAgreesWithExactWithinItsOwnSpread) {
  scene::Scene s = test::load("street_canyon");
  s.add_transmitter({"tx", {-20, 1, 12}, {}, {}, test::antenna("iso", "V")});
  const Surface surface = plane({0, 0, 1.5}, {60, 12}, 3);
  RadioMapOptions o;
  o.points_per_cell = 9;
  const RadioMap exact = solve_radio_map(s, surface, o);
  o.method = Method::kMonteCarlo;
  o.samples_per_tx = 400000;
  constexpr int kRuns = 16;
  std::vector<double> sum(size_t(exact.num_cells()), 0), sum2(sum), totals;
  for (int run = 0; run < kRuns; ++run) {
    o.seed = uint64_t(run);
    const RadioMap map = solve_radio_map(s, surface, o);
    totals.push_back(total_of(map));
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += map.path_gain[i], sum2[i] += map.path_gain[i] * map.path_gain[i];
  }
  int outliers = 0, cells = 0;
  for (size_t i = 0; i < sum.size(); ++i) {
    const double mean = sum[i] / kRuns, variance = std::max(0.0, sum2[i] / kRuns - mean * mean) * kRuns / (kRuns - 1.0);
    if (mean == 0 || exact.path_gain[i] == 0) continue;
    ++cells;
    // 9 points do not resolve the shadow lines inside a cell: 1/9 of its gain is allowed on top of 4.5 sigma (80
    // comparisons)
    if (std::abs(mean - exact.path_gain[i]) > 4.5 * std::sqrt(variance / kRuns) + exact.path_gain[i] / 9) ++outliers;
  }
  EXPECT_GT(cells, 60);
  EXPECT_EQ(outliers, 0);
  // All cells together, against sample points that resolve the shadow lines: 0.04 % by their own change from 1 m to 0.5
  o.method = Method::kExact;
  const RadioMap fine = solve_radio_map(s, plane({0, 0, 1.5}, {60, 12}, 0.5), o);
  expect_mean(totals, total_of(fine) / 36, 0.001);
}

TEST(RadioMap, SameBytesForAnyNumberOfThreads) {
  scene::Scene s = test::load("old_town");
  s.add_transmitter({"tx", {-20, 10, 30}, {}, {}, test::antenna("tr38901", "cross", 2, 2)});
  Surface surface;
  for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
    RadioMapOptions o;
    o.method = method;
    o.samples_per_tx = 100000;
    o.samples_per_beam = 32;
    o.num_threads = 1;
    const RadioMap one = solve_radio_map(s, surface, o);
    o.num_threads = 2;
    EXPECT_EQ(one.path_gain, solve_radio_map(s, surface, o).path_gain);
    EXPECT_EQ(one.path_gain, solve_radio_map(s, surface, o).path_gain);
  }
}

TEST(RadioMap, TerrainFollowsASlopeAtItsHeight) {
  scene::Scene s;
  const int ground = s.add_material(em::itu_material("medium_dry_ground"));
  scene::Mesh slope;
  test::add_rectangle(slope, {-50, -50, -10}, {100, 0, 20}, {0, 100, 0}, 4);
  s.add_object({"slope", slope, ground});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {0, 0, 60}});
  Surface surface;
  surface.kind = Surface::Kind::kTerrain;
  surface.objects = {"slope"};
  surface.height_m = 2;
  RadioMapOptions o;
  o.max_depth = 0;
  const RadioMap map = solve_radio_map(s, surface, o);
  double friis = 0;
  for (int i = 0; i < map.num_cells(); ++i) {
    const Vec3d c = map.cell_centers_m[size_t(i)];
    EXPECT_NEAR(c.z, 0.2 * c.x + 2, 1e-9);
    friis += std::pow(s.wavelength_m() / (4 * kPi), 2) / norm2(c - s.transmitters[0].position_m);
  }
  EXPECT_NEAR(total_of(map) / friis, 1, 1e-12);
  o.points_per_cell = 9;
  const double mean = total_of(solve_radio_map(s, surface, o));
  o.method = Method::kMonteCarlo;
  o.samples_per_tx = 100000;
  std::vector<double> runs;
  for (o.seed = 0; o.seed < 16; ++o.seed) runs.push_back(total_of(solve_radio_map(s, surface, o)));
  expect_mean(runs, mean, 0.003);
}

// Which of a terrain's cells the rays of a beam may cross is asked of heights, of a plane's by where they cross it.
TEST(RadioMap, ExactOverLevelGroundIsThatOverThePlane) {
  scene::Scene s = test::load("old_town");
  s.add_transmitter({"tx", {-20, 10, 30}, {}, {}, test::antenna("iso", "V")});
  Surface surface;
  surface.cell_size_m = {5, 5};
  RadioMapOptions o;
  o.samples_per_tx = 1000;  // beams find nearly all of it
  o.samples_per_beam = 64;
  const RadioMap over_plane = solve_radio_map(s, surface, o);
  surface.kind = Surface::Kind::kTerrain;
  surface.objects = {"ground"};
  const RadioMap over_ground = solve_radio_map(s, surface, o);
  o.num_threads = 1;
  EXPECT_EQ(solve_radio_map(s, surface, o).path_gain, over_ground.path_gain);
  ASSERT_EQ(over_plane.num_cells(), over_ground.num_cells());
  for (size_t i = 0; i < over_plane.path_gain.size(); ++i)
    EXPECT_NEAR(over_ground.path_gain[i], over_plane.path_gain[i], 1e-6 * over_plane.path_gain[i]) << "cell " << i;
}

// Rays that are shot end at a face within single precision: what crosses cells there must not be left to it.
TEST(RadioMap, MonteCarloSeesCellsThatLieOnTheGround) {
  for (const double side : {1.0, -1.0}) {
    for (const double height : {0.0, 1e-9, 1e-6}) {
      scene::Scene s;
      const int ground = s.add_material(em::itu_material("concrete", 0.1));
      scene::Mesh plate;
      test::add_rectangle(plate, {-12, -9, 0}, {20, 0, 0}, {0, 20, 0}, 1);
      s.add_object({"ground", plate, ground});
      s.add_transmitter({"tx", {0.3, 0.2, 3 * side}, {}, {}, test::antenna("iso", "V")});
      Surface terrain = plane({0, 0, 0}, {8, 8}, 1);
      terrain.kind = Surface::Kind::kTerrain;
      terrain.objects = {"ground"};
      terrain.height_m = height;
      for (const Surface& surface : {plane({0, 0, height * side}, {8, 8}, 1), terrain}) {
        if (side < 0 && surface.kind == Surface::Kind::kTerrain) continue;
        RadioMapOptions o;
        o.max_depth = 1;
        o.refraction = side > 0;
        o.points_per_cell = 9;
        const double exact = total_of(solve_radio_map(s, surface, o));
        o.method = Method::kMonteCarlo;
        o.samples_per_tx = 200000;
        EXPECT_NEAR(total_of(solve_radio_map(s, surface, o)) / exact, 1, 0.01) << side << " " << height;
      }
    }
  }
}

TEST(RadioMap, MeshFacesSeeWhatReachesTheirFront) {
  scene::Scene s;
  const int concrete = s.add_material(em::itu_material("concrete"));
  s.add_object({"box", test::box({-1, -1, -1}, {2, 2, 2}, 3), concrete});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {20, 0, 0}});
  Surface surface;
  surface.kind = Surface::Kind::kMesh;
  surface.objects = {"box"};
  RadioMapOptions o;
  o.max_depth = 0;
  o.points_per_cell = 9;
  const auto total = [&] {
    const RadioMap map = solve_radio_map(s, surface, o);
    for (int i = 0; i < map.num_cells(); ++i) {
      const bool front = std::abs(map.cell_centers_m[size_t(i)].x - 1) < 1e-9;
      EXPECT_EQ(map.path_gain[size_t(i)] > 0, front) << i << " " << int(o.method);
    }
    return total_of(map);
  };
  const double exact = total();
  o.method = Method::kMonteCarlo;
  o.samples_per_tx = 1000000;  // 880 rays hit the front, and every triangle of it
  std::vector<double> runs;
  for (o.seed = 0; o.seed < 16; ++o.seed) runs.push_back(total());
  expect_mean(runs, exact, 0.01);
}

/// A point in front of a face has what comes and what the face throws back, by both methods.
TEST(RadioMap, MeshFacesHaveTheirOwnReflection) {
  scene::Scene s;
  em::Material metal{"metal"};
  metal.perfect_conductor = true;
  s.add_object({"box", test::box({-1, -1, -1}, {2, 2, 2}, 3), s.add_material(metal)});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {20, 0, 0}});
  Surface surface;
  surface.kind = Surface::Kind::kMesh;
  surface.objects = {"box"};
  for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
    RadioMapOptions o;
    o.method = method;
    o.points_per_cell = 9;
    o.samples_per_tx = 4000000;  // 3,500 rays hit the front
    o.max_depth = 0;
    const double straight = total_of(solve_radio_map(s, surface, o));
    o.max_depth = 1;
    EXPECT_NEAR(total_of(solve_radio_map(s, surface, o)) / straight, 2, 1e-3) << int(method);  // three rays
  }
}

TEST(RadioMap, SinrAndAssociationFollowFromTheGains) {
  scene::Scene s;
  s.add_transmitter({"a", {-100, 0, 10}, {}, {}, {}, 30});
  s.add_transmitter({"b", {100, 0, 10}, {}, {}, {}, 40});
  const RadioMap map = solve_radio_map(s, plane({0, 0, 0}, {200, 10}, 10), {});
  const auto rss = map.rss_w(), sinr = map.sinr();
  const auto by_gain = map.tx_association("path_gain"), by_rss = map.tx_association("rss");
  const auto n = size_t(map.num_cells());
  for (size_t i = 0; i < n; ++i) {
    EXPECT_DOUBLE_EQ(rss[i], map.path_gain[i] * 1.0);
    EXPECT_DOUBLE_EQ(rss[n + i], map.path_gain[n + i] * 10.0);
    EXPECT_DOUBLE_EQ(sinr[i], rss[i] / (map.noise_power_w + rss[n + i]));
  }
  EXPECT_EQ(by_gain.front(), 0);
  EXPECT_EQ(by_gain.back(), 1);
  EXPECT_EQ(by_gain[9], 0);
  EXPECT_EQ(by_rss[9], 1);  // ten times the power reaches past the middle
  EXPECT_THROW(map.tx_association("snr"), Error);
}

TEST(RadioMap, CoherentSumsShowTheTwoRayInterference) {
  scene::Scene s = test::load("two_ray_floor");
  s.add_transmitter({"tx", {0, 0, 10}, {}, {}, test::antenna("iso", "H")});
  const Surface surface = plane({60, 0, 2}, {40, 0.02}, 0.02);
  RadioMapOptions o;
  o.max_depth = 1;
  o.coherent = true;
  const RadioMap coherent = solve_radio_map(s, surface, o);
  o.coherent = false;
  const RadioMap powers = solve_radio_map(s, surface, o);
  double least = 1, most = 0;
  for (size_t i = 0; i < coherent.path_gain.size(); ++i) {
    const double ratio = coherent.path_gain[i] / powers.path_gain[i];
    EXPECT_GT(ratio, 0);
    EXPECT_LE(ratio, 2 + 1e-9);  // |a + b|^2 <= 2 (|a|^2 + |b|^2)
    least = std::min(least, ratio);
    most = std::max(most, ratio);
  }
  EXPECT_LT(least, 0.1);
  EXPECT_GT(most, 1.9);
}

TEST(RadioMap, BadSurfacesAreRefusedWithTheirNumbers) {
  scene::Scene s = test::load("two_ray_floor");
  s.add_transmitter({"tx", {0, 0, 10}});
  const auto expect_message = [&](const Surface& surface, const RadioMapOptions& o, const char* part) {
    try {
      solve_radio_map(s, surface, o);
      FAIL() << part;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  };
  expect_message(plane({0, 0, 1}, {10, 10}, 0), {}, "cell_size_m.x must be > 0");
  expect_message(plane({0, 0, 1}, {10, 0}, 1), {}, "zero area");
  expect_message(plane({0, 0, 1}, {1e6, 1e6}, 0.1), {}, "GB, more than max_bytes = 4 GB");
  Surface mesh;
  mesh.kind = Surface::Kind::kMesh;
  mesh.objects = {"flor"};
  expect_message(mesh, {}, "did you mean");
  RadioMapOptions o;
  o.points_per_cell = 2;
  expect_message(plane({0, 0, 1}, {10, 10}, 1), o, "points_per_cell must be 1, 4 or 9, got 2");
}

}  // namespace
}  // namespace raywave
