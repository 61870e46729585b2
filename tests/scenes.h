// SPDX-License-Identifier: Apache-2.0
// Scenes that tests build by hand or load from the repository.
#pragma once

#include <string>

#include "raywave/io/scene_files.h"
#include "raywave/scene/scene.h"
#include "raywave/scene/shapes.h"

namespace raywave::test {

inline scene::Scene load(const std::string& name) {
  return io::load_scene(std::string(RAYWAVE_SOURCE_DIR) + "/scenes/" + name + "/" + name + ".xml");
}

using scene::add_rectangle;
using scene::box;

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
