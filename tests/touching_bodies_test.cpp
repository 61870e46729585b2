// SPDX-License-Identifier: Apache-2.0
// Edges of bodies that touch, overlap or miss each other by less than the seam tolerance: as if they met exactly,
// however they are given; and nothing arrives inside closed conductors.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diffraction_scenes.h"
#include "field_walk.h"
#include "raywave/core/random.h"

namespace raywave {
namespace {

using paths::Paths;
using test::block;
using test::options;
using test::rectangle;
using test::total_field;

scene::Mesh turned_over(scene::Mesh m) {
  for (auto& t : m.triangles) std::swap(t[1], t[2]);
  return m;
}

/// Perfect conductors at 1 GHz: the seam tolerance is 3 cm.
scene::Scene conductors(const std::vector<scene::Mesh>& meshes, const Vec3d& tx, const std::vector<Vec3d>& rxs) {
  return test::links(1e9, meshes, tx, rxs, test::perfect_conductor());
}

std::vector<Vec3d> places(int count, const Vec3d& lo, const Vec3d& hi) {
  std::vector<Vec3d> out;
  uint64_t state = 7;
  const auto random = [&](double from, double to) {
    state = mix64(state + 0x9E3779B97F4A7C15u);
    return from + (to - from) * double(state >> 11) * 0x1p-53;
  };
  for (int i = 0; i < count; ++i) {
    const double x = random(lo.x, hi.x), y = random(lo.y, hi.y);
    out.push_back({x, y, random(lo.z, hi.z)});
  }
  return out;
}

/// The largest difference of the links' fields, in units of the free field.
double difference(const scene::Scene& a, const paths::PathOptions& oa, const scene::Scene& b,
                  const paths::PathOptions& ob) {
  const Paths p = solve_paths(a, oa), q = solve_paths(b, ob);
  double worst = 0;
  for (size_t i = 0; i < p.links.size(); ++i) {
    const auto f = total_field(p, p.links[i]), g = total_field(q, q.links[i]);
    const double free = a.wavelength_m() /
                        (4 * kPi * norm(a.receivers[size_t(p.links[i].rx)].position_m - a.transmitters[0].position_m));
    for (size_t k = 0; k < f.size(); ++k) worst = std::max(worst, abs(f[k] - g[k]) / free);
  }
  return worst;
}

TEST(TouchingBodies, RefractionChangesNothingWhereNothingIsLetThrough) {
  const std::vector<scene::Mesh> houses{block({-3, -1, 0}, {3, 1, 2.5}), block({-0.6, 1, 0}, {1.4, 3, 4.3}),
                                        rectangle({-20, -20, 0}, {40, 0, 0}, {0, 40, 0})};
  const scene::Scene s = conductors(houses, {-5.2, -2.4, 3.1}, places(40, {-7, -7, 0.5}, {7, 7, 7}));
  for (const int edges : {1, 2}) {
    paths::PathOptions with = options(2, edges);
    with.refraction = true;
    EXPECT_LT(difference(s, options(2, edges), s, with), 1e-12) << edges;
  }
}

/// Gable house whose roof overhangs its walls a little.
TEST(TouchingBodies, ARoofThatOverhangsByLessThanTheToleranceEndsAtTheWallsWhicheverComesFirst) {
  const auto house = [](double overhang, bool roof_first) {
    const double slope = 1.9 / 3.44;
    scene::Mesh walls, roof;
    scene::add_rectangle(walls, {-2.5, -3.44, 0}, {5, 0, 0}, {0, 0, 3.27});
    scene::add_rectangle(walls, {2.5, 3.44, 0}, {-5, 0, 0}, {0, 0, 3.27});
    for (const double x : {-2.5, 2.5}) {
      const auto first = uint32_t(walls.vertices_m.size());
      for (const Vec3d& v :
           {Vec3d{x, -3.44, 0}, Vec3d{x, 3.44, 0}, Vec3d{x, 3.44, 3.27}, Vec3d{x, 0, 5.17}, Vec3d{x, -3.44, 3.27}})
        walls.vertices_m.push_back(v);
      for (uint32_t k = 1; k < 4; ++k) walls.triangles.push_back({first, first + k, first + k + 1});
    }
    for (const double side : {-1.0, 1.0}) {
      scene::add_rectangle(roof, {-2.5 - overhang, 0, 5.17}, {5 + 2 * overhang, 0, 0},
                           {0, side * (3.44 + overhang), -slope * (3.44 + overhang)});
    }
    std::vector<scene::Mesh> meshes{walls, roof};
    if (roof_first) std::swap(meshes[0], meshes[1]);
    return conductors(meshes, {6.1, -5.3, 2.2}, places(60, {-8, -8, 1}, {8, 8, 8}));
  };
  for (const double overhang : {1e-6, 1e-3, 8e-3}) {
    for (const bool roof_first : {false, true})
      EXPECT_LT(difference(house(0, false), options(1), house(overhang, roof_first), options(1)), 1e-9)
          << overhang << roof_first;
  }
}

/// A roof alone carries a ray between two of its rims on both sides; a wall under it leaves one of them.
TEST(TouchingBodies, WhatStandsOnOneSideOfASheetLeavesTheOthersHalf) {
  const auto over_both_rims = [](const std::vector<scene::Mesh>& meshes, bool refraction) {
    paths::PathOptions o = options(3, 2);
    o.refraction = refraction;
    const Paths p = solve_paths(conductors(meshes, {-6, 0.2, 2}, {{6, -0.4, 2}}), o);
    double amplitude = 0;
    for (size_t i = 0; i < size_t(p.num_paths()); ++i) {
      const auto k = size_t(p.interaction_begin[i]);
      if (p.interaction_begin[i + 1] - p.interaction_begin[i] != 2) continue;
      if (std::abs(p.vertices_m[k].x + 2) > 1e-9 || std::abs(p.vertices_m[k + 1].x - 2) > 1e-9) continue;
      for (size_t j = 0; j < 4; ++j) amplitude = std::max(amplitude, abs(p.transfer[4 * i + j]));
    }
    return amplitude;
  };
  const scene::Mesh roof = rectangle({-2, -2, 3}, {4, 0, 0}, {0, 4, 0}),
                    below = rectangle({0.1, -1.5, 0}, {0, 3, 0}, {0, 0, 3}),
                    above = rectangle({0.1, -1.5, 3}, {0, 3, 0}, {0, 0, 0.5});
  for (const bool refraction : {false, true}) {
    for (const scene::Mesh& sheet : {roof, turned_over(roof)}) {
      const double both = over_both_rims({sheet}, refraction);
      EXPECT_GT(both, 0);
      EXPECT_NEAR(over_both_rims({sheet, below}, refraction), 0.5 * both, 1e-3 * both);
      EXPECT_NEAR(over_both_rims({sheet, above}, refraction), 0.5 * both, 1e-3 * both);
      EXPECT_EQ(over_both_rims({sheet, below, above}, refraction), 0);
    }
  }
}

/// What stands out of a roof by less than the tolerance is a kerb with a rim of its own: the field behind it is
/// continuous across its rim's shadow, and across the tolerance.
TEST(TouchingBodies, AKerbLowerThanTheToleranceDiffracts) {
  const auto fields = [](double height) {
    const double rim = 3 + 4.5 * height;  // seen from the eave at x = -3 over the rim at x = -1, at x = 6
    const scene::Scene s = conductors({block({-3, -3.1, 0}, {3, 2.9, 3}), block({-1, -1, 0}, {1.2, 1, 3 + height})},
                                      {-6, 0.1, 2.8}, {{6, 0.3, rim + 1e-6}, {6, 0.3, rim - 1e-6}});
    const Paths p = solve_paths(s, options(2, 2));
    std::array<double, 2> out{};
    for (const auto& link : p.links) {
      const double free = s.wavelength_m() / (4 * kPi * 12);
      for (const Complexd& f : total_field(p, link))
        out[size_t(link.rx)] = std::max(out[size_t(link.rx)], abs(f) / free);
    }
    return out;
  };
  const auto above = fields(0.0303), below = fields(0.0297);  // the tolerance is 0.03 m
  for (const double height : {0.02, 0.0297, 0.0303}) {
    const auto f = fields(height);
    EXPECT_NEAR(f[0], f[1], 0.01) << height;
  }
  EXPECT_NEAR(above[0], below[0], 0.01);
}

TEST(TouchingBodies, CracksOfEqualWidthAreClosedLikeOthers) {
  const auto houses = [](double between, double under) {
    return conductors({block({-3, -1, 0}, {3, 1, 2.5}), block({0.66, 1 + between, 0}, {4.66, 3.7, 4.3}),
                       rectangle({-20, -20, -under}, {40, 0, 0}, {0, 40, 0})},
                      {7.3, 0.26, 6.9}, places(30, {-6, -6, 0.4}, {6, 0, 6}));
  };
  for (const double between : {1e-9, 1e-6}) {
    for (const double under : {1e-9, 1e-6})
      EXPECT_LT(difference(houses(0, 0), options(2), houses(between, under), options(2)), 2e-4) << between << under;
  }
}

/// A neighbour that stands into a house's eave, or ends short of it, by less than the tolerance.
TEST(TouchingBodies, EndsOfEdgesAtANeighbourAreThoseOfOneThatTouches) {
  const auto houses = [](double gap) {
    return conductors({block({-3, -1, 0}, {3, 1, 2.57}), block({0.66, 1 + gap, 0}, {2.66, 3.72, 4.33})},
                      {7.32, 0.26, 6.89}, places(60, {-7, -7, 0.4}, {7, 7, 6}));
  };
  for (const double gap : {1e-9, 1e-6, 1e-4, -1e-9, -1e-6, -1e-4}) {
    // over a crack what goes past a corner in the wall's plane passes before the neighbour's, which stands behind it
    EXPECT_LT(difference(houses(0), options(1), houses(gap), options(1)), gap > 0 ? 0.02 : 1e-4 - 30 * gap) << gap;
  }
}

/// Corners where four edges meet: over which of two faces a leg goes past them.
TEST(TouchingBodies, TheOrderOfABodysTrianglesSaysNothing) {
  const std::vector<Vec3d> corners{{1.9, 0.3, 2.2},   {-1.7, -0.4, 2.9}, {0.2, 1.8, 2.1},
                                   {-0.1, -1.9, 2.6}, {0.3, 0.2, 4.3},   {-0.4, 0.1, 0.7}};
  std::vector<std::array<uint32_t, 3>> faces{{0, 2, 4}, {2, 1, 4}, {1, 3, 4}, {3, 0, 4},
                                             {2, 0, 5}, {1, 2, 5}, {3, 1, 5}, {0, 3, 5}};
  const auto body = [&](size_t order) {
    scene::Mesh m;
    m.vertices_m = corners;
    for (size_t i = 0; i < faces.size(); ++i) {
      auto t = faces[(i * (2 * order + 1) + order) % faces.size()];
      std::rotate(t.begin(), t.begin() + long(order % 3), t.end());
      m.triangles.push_back(t);
    }
    return m;
  };
  const auto places_around = places(80, {-6, -6, 0.3}, {6, 6, 6});
  for (const Vec3d& tx : {Vec3d{-2.1, 6.6, 1.8}, Vec3d{-1.7, -4.9, 0.2}, Vec3d{5.2, 1.1, 5.4}}) {
    for (const size_t order : {1, 2, 3})
      EXPECT_LT(difference(conductors({body(0)}, tx, places_around), options(1),
                           conductors({body(order)}, tx, places_around), options(1)),
                1e-9)
          << order;
  }
}

/// One body with a re-entrant corner, which from inside is a convex one. (Along its outside walls rays came to it.)
TEST(TouchingBodies, NothingArrivesInsideAnL) {
  const std::vector<Vec3d> outline{{-3, -1, 0}, {3, -1, 0}, {3, 1, 0}, {1, 1, 0}, {1, 3, 0}, {-3, 3, 0}};
  const Vec3d up{0, 0, 3};
  scene::Mesh body;
  for (size_t i = 0; i < outline.size(); ++i)
    scene::add_rectangle(body, outline[i], outline[(i + 1) % outline.size()] - outline[i], up);
  const auto first = uint32_t(body.vertices_m.size());
  for (const Vec3d& v : outline) body.vertices_m.push_back(v);
  for (const Vec3d& v : outline) body.vertices_m.push_back(v + up);
  for (const auto& t : {std::array<uint32_t, 3>{0, 1, 2}, {0, 2, 3}, {0, 3, 4}, {0, 4, 5}}) {
    body.triangles.push_back({first + t[0], first + t[2], first + t[1]});
    body.triangles.push_back({first + 6 + t[0], first + 6 + t[1], first + 6 + t[2]});
  }
  for (const Vec3d& tx : {Vec3d{6.58, 0.1, 1.86}, Vec3d{2.39, 3.72, 4.19}, Vec3d{-0.58, 3.98, 4.75}}) {
    const Paths p = solve_paths(conductors({body}, tx, places(40, {-2.9, -0.9, 0.1}, {0.9, 0.9, 2.9})), options(2, 2));
    double most = 0;
    for (const Complexd& t : p.transfer) most = std::max(most, abs(t));
    EXPECT_LT(most, 1e-12) << tx.x;
  }
}

TEST(TouchingBodies, NothingArrivesInsideClosedConductors) {
  const struct {
    const char* name;
    std::vector<scene::Mesh> bodies;
    std::vector<std::pair<Vec3d, Vec3d>> insides;
  } cases[] = {{"steps",
                {block({-1.2, -1.5, 0}, {-0.4, 1.5, 0.5}), block({-0.4, -1.5, 0}, {0.4, 1.5, 1}),
                 block({0.4, -1.5, 0}, {1.2, 1.5, 1.5})},
                {{{-1.19, -1.49, 0.01}, {-0.41, 1.49, 0.49}}, {{-0.39, -1.49, 0.01}, {0.39, 1.49, 0.99}}}},
               {"an L of two heights",
                {block({-3, -1, 0}, {3, 1, 3}), block({-3, 1, 0}, {-1, 3.6, 3.6})},
                {{{-2.99, -0.99, 0.01}, {2.99, 0.99, 2.99}}, {{-2.99, 1.01, 0.01}, {-1.01, 3.59, 3.59}}}},
               {"a terrace",
                {block({-4, -2, 0}, {-1, 2, 3}), block({-1, -2, 0}, {1, 2, 4}), block({1, -1, 0}, {4, 1, 3})},
                {{{-3.99, -1.99, 0.01}, {-1.01, 1.99, 2.99}}, {{-0.99, -1.99, 0.01}, {0.99, 1.99, 3.99}}}}};
  for (const auto& c : cases) {
    for (const auto& [lo, hi] : c.insides) {
      for (const Vec3d& tx : {Vec3d{6.1, 4.2, 2.3}, Vec3d{-5.3, -1.7, 0.8}}) {
        for (const int edges : {1, 2}) {
          const Paths p = solve_paths(conductors(c.bodies, tx, places(25, lo, hi)), options(2, edges));
          double most = 0;
          for (const Complexd& t : p.transfer) most = std::max(most, abs(t));
          EXPECT_LT(most, 1e-12) << c.name << ", edges " << edges;
        }
      }
    }
  }
}

}  // namespace
}  // namespace raywave
