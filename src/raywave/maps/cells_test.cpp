// SPDX-License-Identifier: Apache-2.0
// Where segments cross the cells of an uneven terrain, against its triangles one by one.
#include "raywave/maps/cells.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/scene/shapes.h"

namespace raywave::maps {
namespace {

constexpr int kSide = 8;  // cells of 1 m
double height(int x, int y) { return 1.2 * std::sin(1.1 * x) * std::cos(0.9 * y) + 0.1 * x; }

scene::Scene hills() {
  scene::Scene s;
  s.add_material(em::itu_material("concrete"));
  scene::Mesh ground;
  for (int y = 0; y <= kSide; ++y) {
    for (int x = 0; x <= kSide; ++x) ground.vertices_m.push_back({double(x), double(y), height(x, y)});
  }
  for (uint32_t y = 0; y < kSide; ++y) {
    for (uint32_t x = 0; x < kSide; ++x) {
      const uint32_t i = y * (kSide + 1) + x, above = i + kSide + 1;
      ground.triangles.push_back({i, i + 1, above + 1});
      ground.triangles.push_back({i, above + 1, above});
    }
  }
  s.add_object({"ground", ground, 0});
  scene::clean_meshes(s);
  return s;
}

TEST(Cells, EachOfATerrainsTriangleIsCrossedInItsOwnPlane) {
  const scene::Scene s = hills();
  const paths::PreparedScene prepared(s);
  const scene::Scene centred = prepared.centred(s);
  const Vec3d origin = prepared.origin_m();
  Surface surface;
  surface.kind = Surface::Kind::kTerrain;
  surface.objects = {"ground"};
  surface.cell_size_m = {1, 1};
  surface.height_m = 0.5;
  surface = moved(surface, -origin);
  const Cells cells(centred, prepared, surface, {});
  ASSERT_EQ(cells.size(), kSide * kSide);
  std::vector<CellCrossing> found;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double z[4] = {height(x, y), height(x + 1, y), height(x + 1, y + 1), height(x, y + 1)};
      for (const auto& [u, v] : {std::pair{0.7, 0.2}, {0.2, 0.7}, {0.93, 0.88}, {0.31, 0.35}, {0.5, 0.5}}) {
        const double slope_u = u >= v ? z[1] - z[0] : z[2] - z[3], slope_v = u >= v ? z[2] - z[1] : z[3] - z[0];
        const Vec3d place = Vec3d{x + u, y + v, z[0] + u * slope_u + v * slope_v + 0.5} - origin;
        for (const Vec3d& lean : {Vec3d{}, Vec3d{0.04, -0.03, 0}}) {  // steeper than the hills: one crossing
          const Vec3d up{lean.x, lean.y, 1};
          cells.crossings(place + 20.0 * up, place - 20.0 * up, found);
          SCOPED_TRACE(testing::Message() << x << ", " << y << " at " << u << ", " << v);
          ASSERT_EQ(found.size(), 1u);
          EXPECT_EQ(found[0].cell, y * kSide + x);
          EXPECT_NEAR(found[0].t, 0.5, 1e-6);
          const Vec3d normal = normalized(Vec3d{-slope_u, -slope_v, 1});
          if (u != v) {
            EXPECT_NEAR(found[0].abs_cos, dot(normalized(up), normal), 1e-5);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace raywave::maps
