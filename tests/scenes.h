// SPDX-License-Identifier: Apache-2.0
// Scenes that tests build by hand or load from the repository.
#pragma once

#include <string>

#include "raywave/io/scene_files.h"
#include "raywave/scene/scene.h"

namespace raywave::test {

inline scene::Scene load(const std::string& name) {
  return io::load_scene(std::string(RAYWAVE_SOURCE_DIR) + "/scenes/" + name + "/" + name + ".xml");
}

/// A rectangle with corners p, p + u, p + u + v, p + v as n x n squares of two triangles.
inline void add_rectangle(scene::Mesh& mesh, const Vec3d& p, const Vec3d& u, const Vec3d& v, int n = 1) {
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

inline scene::Mesh box(const Vec3d& lo, const Vec3d& size, int n = 1) {
  const Vec3d x{size.x, 0, 0}, y{0, size.y, 0}, z{0, 0, size.z};
  scene::Mesh mesh;
  add_rectangle(mesh, lo, y, x, n);
  add_rectangle(mesh, lo + z, x, y, n);
  add_rectangle(mesh, lo, x, z, n);
  add_rectangle(mesh, lo + y, z, x, n);
  add_rectangle(mesh, lo, z, y, n);
  add_rectangle(mesh, lo + x, y, z, n);
  return mesh;
}

inline em::Material perfect_conductor() {
  em::Material m{"pec"};
  m.perfect_conductor = true;
  return m;
}

inline em::AntennaArray antenna(const std::string& pattern, const std::string& polarization, int rows = 1,
                                int cols = 1) {
  em::PlanarArrayOptions o;
  o.pattern = pattern;
  o.polarization = polarization;
  o.num_rows = rows;
  o.num_cols = cols;
  return em::planar_array(o);
}

}  // namespace raywave::test
