// SPDX-License-Identifier: Apache-2.0
// Links past one object, for the tests of diffraction.
#pragma once

#include "raywave/paths/path_solver.h"
#include "scenes.h"

namespace raywave::test {

inline paths::PathOptions options(int max_depth, int max_diffractions = 1) {
  paths::PathOptions o;
  o.max_depth = max_depth;
  o.diffraction = true;
  o.max_diffractions = max_diffractions;
  o.finder = paths::Finder::kExhaustive;
  return o;
}

inline scene::Scene link(double frequency_hz, const em::Material& material, const scene::Mesh& mesh, const Vec3d& tx,
                         const Vec3d& rx = {0, 0, 0}) {
  scene::Scene s;
  s.frequency_hz = frequency_hz;
  s.add_material(material);
  s.add_object({"object", mesh, 0});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", tx, {}, {}, antenna("iso", "VH")});
  s.add_receiver({"rx", rx, {}, {}, antenna("iso", "VH")});
  return s;
}

inline scene::Mesh block(const Vec3d& lo, const Vec3d& hi) { return scene::box(lo, hi - lo); }
inline scene::Mesh rectangle(const Vec3d& p, const Vec3d& u, const Vec3d& v) {
  scene::Mesh m;
  scene::add_rectangle(m, p, u, v);
  return m;
}

inline em::Material concrete() { return em::itu_material("concrete", 0.1); }

/// Links past some objects of one material.
inline scene::Scene links(double frequency_hz, const std::vector<scene::Mesh>& meshes, const Vec3d& tx,
                          const std::vector<Vec3d>& rxs, const em::Material& material = concrete()) {
  scene::Scene s;
  s.frequency_hz = frequency_hz;
  s.add_material(material);
  for (size_t i = 0; i < meshes.size(); ++i) s.add_object({"object " + std::to_string(i), meshes[i], 0});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", tx, {}, {}, antenna("iso", "VH")});
  for (size_t i = 0; i < rxs.size(); ++i)
    s.add_receiver({"rx" + std::to_string(i), rxs[i], {}, {}, antenna("iso", "VH")});
  return s;
}

}  // namespace raywave::test
