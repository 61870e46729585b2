// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/shapes.h"

namespace raywave::scene {

void add_rectangle(Mesh& mesh, const Vec3d& p, const Vec3d& u, const Vec3d& v, int n) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const auto at = [&](int a, int b) { return p + (double(a) / n) * u + (double(b) / n) * v; };
      const auto k = uint32_t(mesh.vertices_m.size());
      for (const Vec3d& q : {at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)}) mesh.vertices_m.push_back(q);
      mesh.triangles.push_back({k, k + 1, k + 2});
      mesh.triangles.push_back({k, k + 2, k + 3});
    }
  }
}

Mesh box(const Vec3d& lo, const Vec3d& size, int n) {
  const Vec3d x{size.x, 0, 0}, y{0, size.y, 0}, z{0, 0, size.z};
  Mesh mesh;
  add_rectangle(mesh, lo, y, x, n);
  add_rectangle(mesh, lo + z, x, y, n);
  add_rectangle(mesh, lo, x, z, n);
  add_rectangle(mesh, lo + y, z, x, n);
  add_rectangle(mesh, lo, z, y, n);
  add_rectangle(mesh, lo + x, y, z, n);
  return mesh;
}

}  // namespace raywave::scene
