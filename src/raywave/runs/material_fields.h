// SPDX-License-Identifier: Apache-2.0
// Materials of a run that vary over their surfaces: files that Python's rw.materials.Texture and Network save, named in
// [[material]] of run.toml (texture = "paint.npz", network = "wall.npz"), as functions of the place.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "raywave/paths/touched_materials.h"
#include "raywave/paths/varying_materials.h"
#include "raywave/runs/run_config.h"
#include "raywave/scene/scene.h"

namespace raywave::runs {

/// Sets those numbers that vary. @param numbers  the scene's, changed
using MaterialField = std::function<void(const Vec3d& point_m, em::PlaceNumbers<double>& numbers)>;

struct MaterialFields {
  std::vector<MaterialField>
      of;  // [num_materials], empty functions where the scene's own is; no entries: nothing varies
  bool empty() const { return of.empty(); }
};

/// @param scene  with the run's changes: where a network says nothing else it starts at these numbers
/// @throws Error naming the file that cannot be read, or the material that cannot vary.
MaterialFields read_material_fields(const RunConfig& run, const scene::Scene& scene);

/// The same as rays ask for them, both kept. @throws Error, when asked, naming material and place where numbers are not
/// finite.
paths::VaryingMaterials varying_materials(const MaterialFields& fields, const scene::Scene& scene);
/// The numbers at touched places, of so many TouchedPlace::touch. @throws Error as above.
paths::TouchedMaterials touched_materials(const MaterialFields& fields, const scene::Scene& scene, int64_t num_touches,
                                          const std::vector<paths::TouchedPlace>& places);

/// A material's own, with kappa where it has a von Mises-Fisher lobe.
em::PlaceNumbers<double> place_numbers_of(const em::Material& material, double frequency_hz);
/// One file, by what it holds. @param base  where a network starts
MaterialField load_material_field(const std::string& path, const em::PlaceNumbers<double>& base);

}  // namespace raywave::runs
