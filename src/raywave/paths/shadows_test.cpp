// SPDX-License-Identifier: Apache-2.0
// What lies in a shadow is hidden, as all triangles say; and most of what a triangle hides lies in its shadow.
#include "raywave/paths/shadows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/paths/ray_queries.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

bool is_in(const Shadow& s, const Vec3d& image_m, const Vec3d& p) {
  return std::all_of(s.sides.begin(), s.sides.end(), [&](const Shadow::Side& side) {
    return dot(Vec3d(side.normal), p - image_m) >= double(side.least_m);
  });
}

TEST(Shadow, HoldsWhatATriangleOrItsFacetHidesAndNothingElse) {
  int in = 0, hidden = 0, missed = 0, beside_triangle = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const PreparedScene prepared(test::furnished_room(seed));
    const scene::FacetTable& table = prepared.facets();
    test::Draws draw(seed);
    const auto place = [&] { return draw.in_box({-6, -5, -4}, {6, 5, 4}); };
    for (int trial = 0; trial < 4000; ++trial) {
      const auto triangle = uint32_t(draw(0, double(table.triangles.size())));
      const Vec3d source = place();
      const int32_t mirror = trial % 2 == 0 ? -1 : table.facets[size_t(draw(0, double(table.facets.size())))].mirror;
      const Vec3d image = mirror < 0 ? source : raywave::paths::mirror(source, table.facets[size_t(mirror)]);
      const auto shadow = shadow_of(prepared, triangle, image, mirror);
      if (!shadow) continue;
      // about the triangle, beyond it
      const scene::Triangle& t = table.triangles[triangle];
      const double u = draw(-0.3, 1.3), v = draw(-0.3, 1.3);
      const Vec3d on = t.a + u * (t.b - t.a) + v * (t.c - t.a), p = image + draw(0.8, 3) * (on - image);
      Vec3d from = image;
      if (mirror >= 0) {
        const double here = table.distance(mirror, p), there = table.distance(mirror, image);
        if (!(here * there < 0)) {
          EXPECT_FALSE(is_in(*shadow, image, p));
          continue;
        }
        from = p + (here / (here - there)) * (image - p);
      }
      bool crosses = false;
      for (const auto& hit : test::all_hits(table, from, p - from, 0, 1, 0)) crosses |= hit.facet == t.facet;
      if (is_in(*shadow, image, p)) {
        EXPECT_TRUE(crosses) << seed << ' ' << trial;
        EXPECT_TRUE(prepared.queries().occluded(from, p, {}, {})) << seed << ' ' << trial;
        ++in;
        beside_triangle += u < 0 || v < 0 || u + v > 1;
      }
      const bool surely = std::min({u, v, 1 - u - v}) > 0.02 && norm(p - on) > 0.5 && dot(p - on, on - image) > 0;
      hidden += surely && crosses;
      missed += surely && crosses && !is_in(*shadow, image, p);
    }
  }
  EXPECT_GT(in, 1000);
  EXPECT_GT(hidden, 500);
  EXPECT_GT(beside_triangle, 100);  // the other half of its facet
  EXPECT_LT(missed, hidden / 20);   // at grazing
}

/// A wall of two triangles, their fourth corner beside the middle of a side.
scene::Scene almost_a_triangle(double bulge_m, double off_m) {
  scene::Scene s;
  s.frequency_hz = 28e9;
  s.add_material(em::itu_material("concrete"));
  scene::Mesh mesh;
  mesh.vertices_m = {{-25, 0, 30}, {25, 0, 30}, {0, 0, 0}, {0, off_m, 30 + bulge_m}};
  mesh.triangles = {{0, 2, 3}, {2, 1, 3}};
  s.add_object({"wall", mesh, 0});
  return s;
}

TEST(Shadow, OfTwoTrianglesThatAreNotQuitePlaneLiesBehindThem) {
  test::Draws draw(1);
  int in = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const double bulge_m = std::pow(10, draw(-5, -3)), off_m = draw(-3e-4, 3e-4);
    const PreparedScene prepared(almost_a_triangle(bulge_m, off_m));
    ASSERT_EQ(prepared.facets().facets.size(), 1u);
    for (int place = 0; place < 400; ++place) {
      const Vec3d image{draw(-30, 30), std::copysign(std::pow(10, draw(-2, 1)), draw(-1, 1)), draw(0, 35)};
      const auto shadow = shadow_of(prepared, uint32_t(place % 2), image, -1);
      if (!shadow) continue;
      const double x = draw(-20, 20);
      const Vec3d on = place % 4 == 0 ? Vec3d{x, 0, 30 + bulge_m * draw(-2, 2)} : Vec3d{x, 0, draw(0, 30)};
      const Vec3d p = image + draw(0.1, 3) * (on - image);
      if (!is_in(*shadow, image, p)) continue;
      ++in;
      EXPECT_TRUE(prepared.queries().occluded(image, p, {}, {}))
          << bulge_m << ' ' << off_m << " from " << image.x << ' ' << image.y << ' ' << image.z << " to " << p.x << ' '
          << p.y << ' ' << p.z;
    }
  }
  EXPECT_GT(in, 1000);
}

TEST(KnownObstacles, KeepWhatHidMostForEachMirror) {
  const PreparedScene prepared(test::furnished_room(1));
  const scene::FacetTable& table = prepared.facets();
  KnownObstacles known;
  const Vec3d image{0.3, -0.2, 0.1};
  std::vector<Shadow> used;
  known.shadows(prepared, image, -1, used);
  EXPECT_TRUE(used.empty());
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < 40; ++i) found.push_back(i % uint32_t(table.triangles.size()));
  known.keep(prepared, -1, found, used);
  known.shadows(prepared, image, -1, used);
  ASSERT_GE(used.size(), 3u);
  EXPECT_LE(used.size(), KnownObstacles::kMost);
  std::vector<uint32_t> triangles;
  for (const Shadow& s : used) triangles.push_back(s.triangle);
  const uint32_t most = triangles.back();
  used.back().times = 5;
  known.keep(prepared, -1, {}, used);
  known.shadows(prepared, image, -1, used);
  EXPECT_EQ(used.front().triangle, most);
  std::sort(triangles.begin(), triangles.end());
  EXPECT_EQ(std::unique(triangles.begin(), triangles.end()), triangles.end());  // each once
  known.shadows(prepared, image, 0, used);
  EXPECT_TRUE(used.empty());  // another mirror's
}

}  // namespace
}  // namespace raywave::paths
