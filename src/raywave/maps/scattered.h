// SPDX-License-Identifier: Apache-2.0
// What surfaces scatter into the cells of an exact map: at each sample point the tiles of paths/scatter_tiles.h, with
// the mirrors and transmissions before and behind that the options allow.
#pragma once

#include <vector>

#include "raywave/maps/arrivals.h"
#include "raywave/maps/cells.h"
#include "raywave/paths/field_context.h"
#include "raywave/scene/derivative.h"

namespace raywave::maps {

/// [num_cells]. Equal to the bit for any number of threads. @param keep  the tiles, for derivatives, or nothing
std::vector<double> scattered_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                  const paths::FieldContext& context, int tx, const Cells& cells,
                                  const RadioMapOptions& options, std::vector<CellTiles>* keep = nullptr);

/// Adds the gradient of sum(cotangent . scattered_map). @param cotangent  [num_cells]. @param kept  the map's tiles, or
/// nothing: they are found again. The same bits.
void add_scattered_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                       const paths::FieldContext& context, int tx, const Cells& cells, const RadioMapOptions& options,
                       const double* cotangent, const std::vector<CellTiles>* kept, scene::SceneDerivative& gradient);
/// How scattered_map moves along `direction`, [num_cells].
std::vector<double> scattered_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                  const paths::FieldContext& context, int tx, const Cells& cells,
                                  const RadioMapOptions& options, const scene::SceneDerivative& direction,
                                  const std::vector<CellTiles>* kept = nullptr);

}  // namespace raywave::maps
