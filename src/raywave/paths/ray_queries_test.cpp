// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/ray_queries.h"

#include <gtest/gtest.h>

#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

using test::Draws;

/// Nearer to a triangle's side than this a hit is left out: what lies there is decided by rules for borders.
constexpr double kTie = 1e-9;

bool is_tie(const std::vector<test::Hit>& hits) {
  return std::any_of(hits.begin(), hits.end(), [](const test::Hit& h) { return std::abs(h.margin_m) < kTie; });
}

/// One entry a facet in order, as crossings() gives them: the two triangles of a face do not both count.
std::vector<int32_t> facets_of(const std::vector<test::Hit>& hits) {
  std::vector<int32_t> out;
  for (const test::Hit& h : hits) {
    if (out.empty() || out.back() != h.facet) out.push_back(h.facet);
  }
  return out;
}

TEST(RayQueries, CrossingsAreThoseOfAllTriangles) {
  size_t num_crossings = 0, num_tried = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const PreparedScene prepared(test::furnished_room(seed));
    Draws draw(100 + seed);
    std::vector<Crossing> crossings;
    for (int i = 0; i < 300; ++i) {
      const Vec3d a = draw.in_box({-6, -5, -4}, {6, 5, 4}), b = draw.in_box({-6, -5, -4}, {6, 5, 4});
      const auto hits = test::all_hits(prepared.facets(), a, b - a, 0, 1, kTie);
      if (is_tie(hits)) continue;
      prepared.queries().crossings(a, b, {}, {}, crossings);
      const std::vector<int32_t> expected = facets_of(hits);
      ASSERT_EQ(crossings.size(), expected.size()) << "seed " << seed << " segment " << i;
      for (size_t k = 0; k < expected.size(); ++k) EXPECT_EQ(crossings[k].facet, expected[k]) << seed << " " << i;
      EXPECT_EQ(prepared.queries().occluded(a, b, {}, {}), !expected.empty()) << seed << " " << i;
      const int64_t obstacle = prepared.queries().obstacle(a, b, {}, {});
      EXPECT_EQ(obstacle < 0, expected.empty());
      if (obstacle >= 0) {
        const int32_t facet = prepared.facets().triangles[size_t(obstacle)].facet;
        EXPECT_NE(std::find(expected.begin(), expected.end(), facet), expected.end());
      }
      num_crossings += expected.size();
      ++num_tried;
    }
  }
  EXPECT_GT(num_tried, 2300u);
  EXPECT_GT(num_crossings, 2000u);
}

TEST(RayQueries, EndsOnFacetsDoNotCrossThem) {
  const PreparedScene prepared(test::furnished_room(3));
  const scene::FacetTable& table = prepared.facets();
  Draws draw(7);
  std::vector<Crossing> crossings;
  int num_tried = 0;
  for (int i = 0; i < 400; ++i) {
    const auto pick = [&] {
      const scene::Triangle& t = table.triangles[size_t(draw(0, double(table.triangles.size())))];
      const double u = draw(0.1, 0.4), v = draw(0.1, 0.4);
      return std::pair(t.a + u * (t.b - t.a) + v * (t.c - t.a), t.facet);
    };
    const auto [a, at_a] = pick();
    const auto [b, at_b] = pick();
    if (at_a == at_b || prepared.queries().same_plane(at_a, at_b)) continue;
    auto hits = test::all_hits(table, a, b - a, 1e-9, 1 - 1e-9, kTie);
    if (is_tie(hits)) continue;
    prepared.queries().crossings(a, b, at_a, at_b, crossings);
    EXPECT_EQ(crossings.size(), facets_of(hits).size()) << i;
    ++num_tried;
  }
  EXPECT_GT(num_tried, 300);
}

TEST(RayQueries, TheClosestHitIsTheNearestOfAllTriangles) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const PreparedScene prepared(test::furnished_room(seed));
    Draws draw(200 + seed);
    for (int i = 0; i < 300; ++i) {
      const Vec3d origin = draw.in_box({-4.9, -3.9, -2.9}, {4.9, 3.9, 2.9}), direction = draw.direction();
      const auto hits = test::all_hits(prepared.facets(), origin, direction, 0, 100, kTie);
      if (is_tie(hits)) continue;
      double t = 0;
      const int32_t facet = prepared.queries().closest_hit(origin, direction, t);
      ASSERT_FALSE(hits.empty());  // a closed room
      EXPECT_EQ(facet, hits[0].facet) << seed << " " << i;
      EXPECT_NEAR(t, hits[0].t, 1e-12);
    }
  }
}

TEST(RayQueries, PacketsProposeWhatDoublePrecisionFinds) {
  const PreparedScene prepared(test::furnished_room(5));
  Draws draw(11);
  int num_tried = 0;
  for (int i = 0; i < 50; ++i) {
    // neighbours: one place, directions within a tenth
    const Vec3d origin(Vec3f(draw.in_box({-4.5, -3.5, -2.5}, {4.5, 3.5, 2.5}))), axis = draw.direction();
    RayPacket packet;
    std::vector<Vec3d> directions;
    for (int k = 0; k < RayPacket::kSize; ++k) {
      const Vec3f d(normalized(axis + 0.1 * draw.direction()));
      directions.emplace_back(d);
      packet.active[k] = k % 5 == 4 ? 0 : -1;
      packet.ox[k] = float(origin.x), packet.oy[k] = float(origin.y), packet.oz[k] = float(origin.z);
      packet.dx[k] = d.x, packet.dy[k] = d.y, packet.dz[k] = d.z;
      packet.t[k] = -1, packet.facet[k] = -2;
    }
    prepared.queries().tracer().closest_hits({&packet, 1});
    for (int k = 0; k < RayPacket::kSize; ++k) {
      if (!packet.active[k]) {
        EXPECT_EQ(packet.facet[k], -1);
        EXPECT_FALSE(std::isfinite(packet.t[k]));
        continue;
      }
      // single precision: 1e-6 of 10 m, and a triangle's side by as much
      const auto hits = test::all_hits(prepared.facets(), origin, directions[size_t(k)], 0, 100, 1e-4);
      if (hits.empty() || std::abs(hits[0].margin_m) < 1e-4) continue;
      EXPECT_EQ(packet.facet[k], hits[0].facet);
      EXPECT_NEAR(packet.t[k], hits[0].t, 2e-5);
      ++num_tried;
    }
  }
  EXPECT_GT(num_tried, 500);
}

TEST(RayQueries, PointsForPacketsStayOnTheirSide) {
  const PreparedScene prepared(test::furnished_room(2));
  const scene::FacetTable& table = prepared.facets();
  Draws draw(3);
  for (int i = 0; i < 200; ++i) {
    const scene::Triangle& t = table.triangles[size_t(draw(0, double(table.triangles.size())))];
    const double u = draw(0.1, 0.4), v = draw(0.1, 0.4), side = i % 2 ? 1 : -1;
    const Vec3d p = t.a + u * (t.b - t.a) + v * (t.c - t.a) + side * 1e-9 * table.facets[size_t(t.facet)].normal;
    const Vec3d clear(prepared.queries().clear_of_surfaces(p));
    EXPECT_GT(side * table.distance(t.facet, clear), 0) << i;
    EXPECT_LT(norm(clear - p), 1e-2) << i;
  }
}

TEST(RayQueries, WhatIsInTheWayWithinARegionIsWhatIsInTheWay) {
  int num_known = 0, num_hidden = 0, num_free = 0;
  size_t num_among = 0, num_all = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const PreparedScene prepared(test::furnished_room(seed));
    const RayQueries& queries = prepared.queries();
    Draws draw(500 + seed);
    // from a point to the places of a triangle
    const Vec3d from = draw.in_box({-4, -3, -2}, {4, 3, 2}), to = draw.in_box({-4, -3, -2}, {4, 3, 2});
    std::array<Vec3d, 4> corners{from};
    Vec3d center{};
    for (size_t i = 1; i < 4; ++i) {
      corners[i] = to + draw.in_box({-1, -1, -1}, {1, 1, 1});
      center += corners[i] / 3.0;
    }
    std::vector<std::pair<Vec3d, double>> sides;
    for (size_t i = 1; i < 4; ++i) {
      Vec3d n = cross(corners[i] - from, corners[i % 3 + 1] - from);
      if (dot(n, center - from) < 0) n = -n;
      sides.push_back({n, dot(n, from)});
    }
    RayQueries::Among among;
    queries.look_within(sides, corners, among);
    num_known += among.is_known;
    num_among += among.triangles.size();
    num_all += prepared.facets().triangles.size();
    for (int i = 0; i < 100; ++i) {
      const Vec3d share = draw.in_box({0, 0, 0}, {1, 1, 1});
      const double sum = share.x + share.y + share.z;
      const Vec3d at = (share.x / sum) * corners[1] + (share.y / sum) * corners[2] + (share.z / sum) * corners[3];
      const bool hidden = queries.occluded(from, at, {}, {});
      EXPECT_EQ(queries.occluded(from, at, {}, {}, among), hidden) << "seed " << seed;
      ++(hidden ? num_hidden : num_free);
    }
  }
  EXPECT_GT(num_hidden, 1000);
  EXPECT_GT(num_free, 1000);
  EXPECT_EQ(num_known, 60);
  EXPECT_LT(num_among, num_all / 4);
}

}  // namespace
}  // namespace raywave::paths
