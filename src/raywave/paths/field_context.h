// SPDX-License-Identifier: Apache-2.0
// What fields and refinement need of a scene beside its geometry, at its frequency.
#pragma once

#include <vector>

#include "raywave/em/material.h"
#include "raywave/paths/refine.h"
#include "raywave/paths/scattering_event.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

/// What fields depend on, at one frequency.
struct FieldContext {
  double wavelength_m = 0;
  std::vector<em::MaterialProperties> materials;  // [num_materials]
  std::vector<Scatterer<double>> scatterers;      // [num_materials]
  bool refraction = false;                        // do rays pass through walls? What edges diffract depends on it
};
/// Evaluates the scene's materials at its frequency; warnings go to `log`.
/// @param lobe  in the mirror's place where a material names none
FieldContext field_context(const scene::Scene& scene, bool refraction, const LogSink& log, const em::Lobe& lobe = {});

/// Does so little pass (-200 dB at normal incidence) that rays end there?
bool is_opaque(const em::MaterialProperties& material, double wavelength_m);

/// What refinement needs to know of the fields.
RefineOptions refine_options(const PreparedScene& scene, const FieldContext& context, int max_depth);

/// The object that an interaction belongs to; of a wedge between two objects, face 0's.
int32_t object_of(const PreparedScene& scene, const Step& step);

}  // namespace raywave::paths
