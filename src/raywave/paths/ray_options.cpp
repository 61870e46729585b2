// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/ray_options.h"

#include <cmath>
#include <limits>

#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/unfold.h"

namespace raywave::paths {

void RayOptions::validate() const {
  if (max_depth < 0) throw Error(message("max_depth must be >= 0, got ", max_depth));
  if (max_depth > kMostDepth) throw Error(message("max_depth must be <= ", kMostDepth, ", got ", max_depth));
  if (max_diffractions < 1 || max_diffractions > int(kMostEdges))
    throw Error(message("max_diffractions must be in [1, ", kMostEdges, "], got ", max_diffractions));
  if (seam_tolerance_m && !(*seam_tolerance_m >= 0 && std::isfinite(*seam_tolerance_m)))
    throw Error(message("seam_tolerance_m must be >= 0, got ", *seam_tolerance_m));
  if (samples_per_tx < 1) throw Error(message("samples_per_tx must be >= 1, got ", samples_per_tx));
  require_positive("scattering_tolerance", scattering_tolerance);
  if (max_tiles < 1) throw Error(message("max_tiles must be >= 1, got ", max_tiles));
  if (is_directional()) em::validate(lobe, "reflection: ");
  if (keep_specular && !is_directional())
    throw Error("keep_specular needs directional reflection: otherwise all surfaces are mirrors");
  require_positive("keep_specular_m2", keep_specular_m2);
  if (num_threads < 0) throw Error(message("num_threads must be >= 0 (0: all), got ", num_threads));
}

PreparedScene prepared_for(const PreparedScene& geometry, const scene::Scene& scene, const RayOptions& options) {
  const PreparedScene seams = geometry.with_seams(options.seam_tolerance_m, scene.wavelength_m(), options.diffraction);
  if (!options.is_directional()) return seams.with_device(options.device);
  const double least_m2 = options.keep_specular ? options.keep_specular_m2 : std::numeric_limits<double>::infinity();
  return seams.with_mirrors(least_m2).with_device(options.device);
}

}  // namespace raywave::paths
