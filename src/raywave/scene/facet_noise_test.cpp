// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/facet_noise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/scene/shapes.h"

namespace raywave::scene {
namespace {

constexpr double kLeg = 0.25;  // of the triangles, metres

double normal_number(uint64_t draw) {  // Box and Muller
  return std::sqrt(-2 * std::log1p(-random_uniform(7, 0, draw, 0))) * std::cos(2 * kPi * random_uniform(7, 0, draw, 1));
}

/// A plane of right triangles, n x n x 2, whose vertices are moved along its normal so that facets have these slopes
/// about each axis; each cut into parts x parts of its own plane.
Mesh noisy_plane(double slope, int n, int parts = 1) {
  Mesh mesh;
  const auto vertex = [&](int i, int j) {
    return Vec3d{i * kLeg, j * kLeg, slope * kLeg / std::sqrt(2.0) * normal_number(uint64_t(i * (n + 1) + j))};
  };
  const auto add = [&](const Vec3d& a, const Vec3d& b, const Vec3d& c) {
    const auto at = [&](int u, int v) { return a + (double(u) / parts) * (b - a) + (double(v) / parts) * (c - b); };
    const auto one = [&](const Vec3d& p, const Vec3d& q, const Vec3d& r) {
      const auto first = uint32_t(mesh.vertices_m.size());
      mesh.vertices_m.insert(mesh.vertices_m.end(), {p, q, r});
      mesh.triangles.push_back({first, first + 1, first + 2});
    };
    for (int u = 0; u < parts; ++u) {
      for (int v = 0; v <= u; ++v) {
        one(at(u, v), at(u + 1, v), at(u + 1, v + 1));
        if (v < u) one(at(u, v), at(u + 1, v + 1), at(u, v + 1));
      }
    }
  };
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      add(vertex(i, j), vertex(i + 1, j), vertex(i + 1, j + 1));
      add(vertex(i, j), vertex(i + 1, j + 1), vertex(i, j + 1));
    }
  }
  return mesh;
}

FacetTable table_of(std::vector<Mesh> meshes) {
  Scene s;
  s.add_material(em::Material{"wall"});
  for (Mesh& m : meshes) s.add_object({"object" + std::to_string(s.objects.size()), std::move(m), 0});
  clean_meshes(s);
  return build_facets(s);
}

TEST(FacetNoise, SlopesAreThoseThatWereDrawn) {
  for (const double slope : {0.01, 0.1, 0.3}) {
    const FacetNoise noise(table_of({box({0, 0, 0}, {1, 1, 1}), noisy_plane(slope, 40)}), 1);
    EXPECT_NEAR(noise.slope(), slope, 0.08 * slope);
    EXPECT_GE(noise.places_m().size(), 450u);
  }
}

TEST(FacetNoise, FinerTrianglesOfTheSameFacetsAreTheSame) {
  const FacetNoise coarse(table_of({noisy_plane(0.1, 20)}), 0), fine(table_of({noisy_plane(0.1, 20, 3)}), 0);
  EXPECT_NEAR(fine.largest_kappa(1, 3, 1e9), coarse.largest_kappa(1, 3, 1e9), 0.2 * coarse.largest_kappa(1, 3, 1e9));
}

TEST(FacetNoise, TheLargestKappaHasTheSpreadAsked) {
  const FacetNoise noise(table_of({noisy_plane(0.1, 40)}), 0);
  for (const double spread : {0.5, 1.0, 3.0}) {
    for (const double leg : {3.0, 10.0})
      EXPECT_NEAR(noise.spread_db(noise.largest_kappa(spread, leg, 1e9), leg), spread, 1e-4);
  }
  EXPECT_EQ(noise.largest_kappa(1, 3, 60), 60);
}

TEST(FacetNoise, FlatFacesAreClean) {
  Mesh wide = noisy_plane(0, 40);
  for (Vec3d& v : wide.vertices_m) v += Vec3d{4e5, 5e6, 100};
  const FacetTable table = table_of({box({0, 0, 0}, {3, 4, 5}, 10), wide});
  for (const int object : {0, 1}) {
    const FacetNoise noise(table, object);
    EXPECT_EQ(noise.slope(), 0);
    EXPECT_EQ(noise.spread_db(1e9, 3), 0);
    EXPECT_EQ(noise.largest_kappa(1, 3, 1e9), 1e9);
  }
}

/// A house whose outline bends by some degrees at each of its walls.
TEST(FacetNoise, WallsOfABentOutlineAreNoNoise) {
  Mesh mesh;
  Vec3d at{0, 0, 0};
  double heading = 0;
  for (int i = 0; i < 40; ++i) {
    heading += 0.2 * random_uniform(3, 0, uint64_t(i), 0);
    const double width = 4 + 4 * random_uniform(3, 0, uint64_t(i), 1);
    const Vec3d next = at + width * Vec3d{std::cos(heading), std::sin(heading), 0}, up{0, 0, 10};
    const auto first = uint32_t(mesh.vertices_m.size());
    mesh.vertices_m.insert(mesh.vertices_m.end(), {at, next, next + up, at + up});
    mesh.triangles.push_back({first, first + 1, first + 2}), mesh.triangles.push_back({first, first + 2, first + 3});
    at = next;
  }
  EXPECT_EQ(FacetNoise(table_of({mesh}), 0).slope(), 0);
}

}  // namespace
}  // namespace raywave::scene
