// SPDX-License-Identifier: Apache-2.0
// Exact maps with materials that vary, as paths/touched_materials.h has them for paths: of a map that kept its arrivals
// the touched places are known, so that a function of place, angle and frequency is evaluated for all of them in one
// batch, and the map summed again. Which paths and tiles there are is decided by the scene's own materials.
// Derivatives: map_derivative.h, of what varied() gives.
#pragma once

#include <vector>

#include "raywave/maps/radio_map.h"
#include "raywave/paths/touched_materials.h"

namespace raywave::maps {

struct MapPlaces {
  std::vector<paths::TouchedPlace> places;
  size_t num_interactions = 0;  // of paths::TouchedMaterials
};
/// All places that the paths of a map touch; what a place of a surface scatters by several laws is one path. @param map
/// solved with keep_arrivals for this scene and these options
/// @throws Error for a map that kept nothing.
MapPlaces touched_places(const scene::Scene& scene, const paths::PreparedScene& prepared,
                         const RadioMapOptions& options, const RadioMap& map);

/// The map with these materials. @throws Error as touched_places(), and as paths::TouchedMaterials::check.
RadioMap varied(const scene::Scene& scene, const paths::PreparedScene& prepared, const RadioMapOptions& options,
                const RadioMap& map, const paths::TouchedMaterials& touched);

}  // namespace raywave::maps
