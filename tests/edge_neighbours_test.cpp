// SPDX-License-Identifier: Apache-2.0
// Bodies that meet as people draw them: walls that overlap or miss each other by less than the seam tolerance, chimneys
// through roofs, stairs on the ground, openings in walls. How far they miss, how they are cut into triangles and
// objects, and where the scene lies must not decide over edges' fields.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "diffraction_scenes.h"
#include "raywave/core/random.h"
#include "relative_fields.h"

namespace raywave {
namespace {

using scene::Mesh;
using test::difference;
using test::options;

constexpr double kHz = 1e9, kTolerance = 0.1 * kSpeedOfLight / kHz;

std::vector<Complexd> fields(const scene::Scene& s) { return test::relative_fields(s, options(1, 1)); }

/// Every triangle in two, three or four, whichever; its neighbours are not asked.
Mesh cut(const Mesh& m, uint64_t seed) {
  Mesh out;
  const auto add = [&](const Vec3d& a, const Vec3d& b, const Vec3d& c) {
    const auto n = uint32_t(out.vertices_m.size());
    out.vertices_m.insert(out.vertices_m.end(), {a, b, c});
    out.triangles.push_back({n, n + 1, n + 2});
  };
  for (uint64_t i = 0; i < m.triangles.size(); ++i) {
    const auto& t = m.triangles[i];
    const Vec3d a = m.vertices_m[t[0]], b = m.vertices_m[t[1]], c = m.vertices_m[t[2]];
    const double how = random_uniform(seed, 0, i, 0);
    if (how < 0.35) {
      const Vec3d p = 0.5 * (a + b), q = 0.5 * (b + c), r = 0.5 * (c + a);
      add(a, p, r), add(b, q, p), add(c, r, q), add(p, q, r);
    } else if (how < 0.6) {
      const Vec3d p = 0.2 * a + 0.5 * b + 0.3 * c;
      add(a, b, p), add(b, c, p), add(c, a, p);
    } else if (how < 0.8) {
      const Vec3d p = a + (0.2 + 0.6 * random_uniform(seed, 0, i, 1)) * (b - a);
      add(a, p, c), add(p, b, c);
    } else {
      add(a, b, c);
    }
  }
  return out;
}
std::vector<Mesh> in_triangles(const std::vector<Mesh>& meshes) {
  std::vector<Mesh> out;
  for (const Mesh& m : meshes) {
    for (const auto& t : m.triangles)
      out.push_back({{m.vertices_m[t[0]], m.vertices_m[t[1]], m.vertices_m[t[2]]}, {{0, 1, 2}}});
  }
  return out;
}

struct Place {
  std::vector<Mesh> bodies;
  Vec3d tx;
  std::vector<Vec3d> rxs;
};
scene::Scene scene_of(const Place& p) { return test::links(kHz, p.bodies, p.tx, p.rxs, test::perfect_conductor()); }
/// The largest difference that cuts make: of all faces, and with each triangle an object.
double difference_by_cuts(const Place& p, uint64_t num_cuts = 3) {
  const auto whole = fields(scene_of(p));
  double worst = 0;
  for (uint64_t seed = 1; seed <= num_cuts; ++seed) {
    Place q = p;
    for (Mesh& m : q.bodies) m = cut(m, seed);
    worst = std::max(worst, difference(fields(scene_of(q)), whole));
    q.bodies = in_triangles(q.bodies);
    worst = std::max(worst, difference(fields(scene_of(q)), whole));
  }
  return worst;
}
/// The largest step of the field as something moves from an eighth of the tolerance inside to half of it off.
double largest_step(const std::function<Place(double)>& at) {
  double worst = 0;
  std::vector<Complexd> last;
  for (const double miss :
       {-0.12, -0.101, -0.099, -0.05, -1e-3, -1e-7, 0.0, 1e-7, 1e-3, 0.05, 0.099, 0.101, 0.12, 0.3, 0.5}) {
    const auto here = fields(scene_of(at(miss * kTolerance)));
    if (!last.empty()) worst = std::max(worst, difference(here, last));
    last = here;
  }
  return worst;
}

const Mesh& ground() {
  static const Mesh m = [] {
    Mesh g;
    scene::add_rectangle(g, {-20, -20, 0}, {40, 0, 0}, {0, 40, 0});
    return g;
  }();
  return m;
}
/// Rectangles from which walls and stairs are made, each by three corners.
Mesh rectangles(const std::vector<std::array<Vec3d, 3>>& all) {
  Mesh m;
  for (const auto& [p, q, r] : all) scene::add_rectangle(m, p, q - p, r - p);
  return m;
}
/// Steps down along x from the height at x = 0; sides in columns.
Mesh stairs(int num, double run, double rise, double y0, double y1) {
  std::vector<std::array<Vec3d, 3>> all;
  const double length = num * run;
  for (int i = 0; i < num; ++i) {
    const double x0 = i * run, x1 = (i + 1) * run, z = (num - i) * rise;
    all.push_back({Vec3d{x0, y0, z}, Vec3d{x1, y0, z}, Vec3d{x0, y1, z}});
    all.push_back({Vec3d{x1, y0, z}, Vec3d{x1, y1, z}, Vec3d{x1, y0, z - rise}});
    for (const double y : {y0, y1}) all.push_back({Vec3d{x0, y, 0}, Vec3d{x1, y, 0}, Vec3d{x0, y, z}});
  }
  all.push_back({Vec3d{0, y0, 0}, Vec3d{0, y1, 0}, Vec3d{0, y0, num * rise}});
  all.push_back({Vec3d{0, y0, 0}, Vec3d{length, y0, 0}, Vec3d{0, y1, 0}});
  return rectangles(all);
}

/// Two walls of an L, the second one higher by a third of a wavelength and begun on the first one's back.
Place corner(double miss) {
  return {{scene::box({-1.42, 0, 0}, {1.63, 0.208, 2.61}), scene::box({0, 0.208 + miss, 0}, {0.21, 1.81, 2.715})},
          {-1.98, 0.3, 0.763},
          {{3.154, -0.355, 5.184}, {-1.487, 1.551, 3.201}, {2.3, -1.1, 3.4}}};
}
TEST(EdgeNeighbours, WallsThatMeetInACornerMayMissEachOther) { EXPECT_LT(largest_step(corner), 0.01); }
TEST(EdgeNeighbours, WallsThatMeetInACornerAreTheSameHoweverTheyAreCut) {
  for (const double miss : {-0.5, -0.03, 0.0, 1e-4, 0.5})
    EXPECT_LT(difference_by_cuts(corner(miss * kTolerance)), 2e-3) << miss;
}

/// A house's corner stands in its neighbour's wall; seen from below, where both hang in the air.
Place terrace(double miss) {
  return {{scene::box({-2, -1.456, 0}, {2, 2.912, 1.004}), scene::box({miss, -1.325, 0}, {1.87, 2.65, 1.368})},
          {-2.418, 2.133, -1.335},
          {{2.307, 1.476, 1.052}, {1.1, 2.9, 0.4}}};
}
TEST(EdgeNeighbours, NothingIsSeenThroughTheWallInWhichACornerStands) { EXPECT_LT(largest_step(terrace), 0.01); }

/// A chimney through a roof, three fifths of the tolerance inside the gable.
TEST(EdgeNeighbours, AChimneyInsideAGableIsTheSameHoweverItIsCut) {
  const double back = 1.857, side = 1.709, eave = 1.316, ridge = 2.386;
  Mesh house = rectangles({{Vec3d{-side, -back, eave}, Vec3d{0, -back, ridge}, Vec3d{-side, back, eave}},
                           {Vec3d{side, -back, eave}, Vec3d{0, -back, ridge}, Vec3d{side, back, eave}},
                           {Vec3d{-side, -back, 0}, Vec3d{-side, back, 0}, Vec3d{-side, -back, eave}},
                           {Vec3d{side, -back, 0}, Vec3d{side, back, 0}, Vec3d{side, -back, eave}},
                           {Vec3d{-side, -back, 0}, Vec3d{side, -back, 0}, Vec3d{-side, back, 0}}});
  for (const double y : {-back, back}) {
    const auto n = uint32_t(house.vertices_m.size());
    house.vertices_m.insert(house.vertices_m.end(),
                            {{-side, y, 0}, {side, y, 0}, {side, y, eave}, {0, y, ridge}, {-side, y, eave}});
    for (uint32_t k = 1; k < 4; ++k) house.triangles.push_back({n, n + k, n + k + 1});
  }
  EXPECT_LT(difference_by_cuts(
                {{house, scene::box({-0.282, 1.275, 0}, {0.564, back - 0.6 * kTolerance - 1.275, 2.952}), ground()},
                 {1.256, 2.26, 5.053},
                 {{-0.737, 2.314, 0.936}, {0.4, 3.1, 1.6}}}),
            1e-3);
}

TEST(EdgeNeighbours, StairsOnTheGroundAreTheSameHoweverTheyAreCut) {
  EXPECT_LT(difference_by_cuts({{stairs(4, 0.322, 0.202, -1.356, 1.22), ground()},
                                {1.715, -1.472, 0.185},
                                {{3.449, 3.161, 2.488}, {-1.2, 2.4, 0.9}}},
                               40),
            1e-6);
  EXPECT_LT(difference_by_cuts(
                {{stairs(3, 0.234, 0.127, -1.13, 0.682)}, {0.284, -1.344, -0.402}, {{0.113, 1.084, 0.386}}}, 40),
            1e-6);
}

/// A box on a roof, 3e-8 m above it.
TEST(EdgeNeighbours, PlatesOnEachOtherAreTwoFaces) {
  EXPECT_LT(
      difference_by_cuts({{scene::box({-1.5, -1, 0}, {3, 2, 2.23064}),
                           scene::box({-0.406, -0.6, 2.23064 + 1e-6 * kTolerance}, {1.092, 1.2, 1.335}), ground()},
                          {2.016, 0.319, 3.751},
                          {{1.133, 0.232, 2.613}}},
                         40),
      1e-6);
}

/// A wall from -width to width with a door from x0 to x1; of rectangles that meet at places of their own.
Mesh wall_with_door(double x0, double x1, double height, double width, double top, double thickness) {
  const double w = width, h = height, t = thickness;
  std::vector<std::array<Vec3d, 3>> all{
      {Vec3d{x0, 0, 0}, Vec3d{x0, t, 0}, Vec3d{x0, 0, h}},   {Vec3d{x1, 0, 0}, Vec3d{x1, t, 0}, Vec3d{x1, 0, h}},
      {Vec3d{x0, 0, h}, Vec3d{x1, 0, h}, Vec3d{x0, t, h}},   {Vec3d{-w, 0, top}, Vec3d{w, 0, top}, Vec3d{-w, t, top}},
      {Vec3d{-w, 0, 0}, Vec3d{-w, t, 0}, Vec3d{-w, 0, top}}, {Vec3d{w, 0, 0}, Vec3d{w, t, 0}, Vec3d{w, 0, top}},
      {Vec3d{-w, 0, 0}, Vec3d{x0, 0, 0}, Vec3d{-w, t, 0}},   {Vec3d{x1, 0, 0}, Vec3d{w, 0, 0}, Vec3d{x1, t, 0}}};
  for (const double y : {0.0, t}) {
    all.push_back({Vec3d{-w, y, 0}, Vec3d{x0, y, 0}, Vec3d{-w, y, h}});
    all.push_back({Vec3d{x1, y, 0}, Vec3d{w, y, 0}, Vec3d{x1, y, h}});
    all.push_back({Vec3d{-w, y, h}, Vec3d{w, y, h}, Vec3d{-w, y, top}});
  }
  return rectangles(all);
}
/// Some millimetres under the faces of a metal wall of less than two tolerances, above its door and beside it; of less
/// than one all but.
TEST(EdgeNeighbours, AThinWallWithADoorIsDarkInside) {
  for (const double thickness : {0.9 * kTolerance, 1.3 * kTolerance, 1.99 * kTolerance}) {
    std::vector<Vec3d> places;
    for (int i = 0; i < 120; ++i) {
      const double x = -2.2 + 4.4 * std::fmod(0.618034 * i, 1.0), z = 0.1 + 2.8 * std::fmod(0.754878 * i, 1.0);
      if (z > 1.48 || x < -0.65 || x > 0.48) places.push_back({x, thickness * (0.05 + 0.15 * (i % 7)), z});
    }
    for (const Vec3d& tx : {Vec3d{-5.006, -2.175, -1.779}, Vec3d{1.026, -2.121, 4.258}, Vec3d{0.6, 0.95, 4}}) {
      const auto inside =
          fields(scene_of({{wall_with_door(-0.638, 0.467, 1.4725, 2.2615, 2.948, thickness)}, tx, places}));
      EXPECT_LT(difference(inside, std::vector<Complexd>(inside.size())), thickness < kTolerance ? 0.01 : 1e-12)
          << thickness;
    }
  }
}

/// Where the noses of a stair are in line a ray over two of them touches the one between.
TEST(EdgeNeighbours, ARayBetweenTwoEdgesThatTouchesAThirdOnePasses) {
  scene::Scene s =
      scene_of({{stairs(4, 0.31, 0.17, -0.9, 1.1)},
                {-0.7, 0.2, 0.9},
                {{1.7, 0.1, 0.02}, {2.1, 0.4, -0.1}, {1.5, -0.2, -0.12}, {2.6, 0.3, 0.2}, {1.9, 0.6, -0.3}}});
  const auto here = test::relative_fields(s, options(2, 2));
  for (const Vec3d& by : {Vec3d{0.1, 0.2, 0.3}, Vec3d{-7.3, 1.9, 0.77}, Vec3d{123.4, -56.7, 8.9}}) {
    for (auto& o : s.objects) {
      for (Vec3d& v : o.mesh.vertices_m) v += by;
    }
    for (auto& d : s.transmitters) d.position_m += by;
    for (auto& d : s.receivers) d.position_m += by;
    EXPECT_LT(difference(test::relative_fields(s, options(2, 2)), here), 1e-3);
  }
}

/// The corner inside an opening is an edge of the wall's inside alone; at UTM coordinates it is no more.
TEST(EdgeNeighbours, AnOpeningIsTheSameWhereverTheSceneLies) {
  const scene::Scene here = scene_of({{wall_with_door(-0.255, 0.41, 1.68, 2.4, 2.827, 0.077)},
                                      {-2.421, -0.511, 0.538},
                                      {{2.64, -0.486, 2.654}, {1.9, 0.7, 2.3}}});
  scene::Scene there = here;
  const auto move = [](Vec3d& v) {  // around z: what is vertical stays so
    v = Vec3d{0.96 * v.x - 0.28 * v.y, 0.28 * v.x + 0.96 * v.y, v.z} + Vec3d{412345.678, 5412345.678, 100};
  };
  for (auto& o : there.objects) {
    for (Vec3d& v : o.mesh.vertices_m) move(v);
  }
  for (auto& d : there.transmitters) move(d.position_m);
  for (auto& d : there.receivers) move(d.position_m);
  EXPECT_LT(difference(fields(here), fields(there)), 1e-5);
}

}  // namespace
}  // namespace raywave
