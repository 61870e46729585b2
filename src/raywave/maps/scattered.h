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

/// What scatters over kept tiles with materials that vary, [num_cells].
std::vector<double> varied_scattered(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                     const paths::FieldContext& context, int tx, const Cells& cells,
                                     const RadioMapOptions& options, const KeptArrivals& kept);
/// The faces that those paths touch, a place of a surface once. @param first_of_cell  TouchOrder::of_cells
void add_scattered_places(const scene::Scene& scene, const paths::PreparedScene& prepared,
                          const paths::FieldContext& context, int tx, const Cells& cells,
                          const RadioMapOptions& options, const KeptArrivals& kept,
                          const std::vector<int64_t>& first_of_cell, std::vector<paths::TouchedPlace>& places);

/// Adds the gradient of sum(cotangent . scattered_map). @param cotangent  [num_cells]. @param kept  what the map
/// kept, or nothing: tiles are found again. The same bits. @param slopes  [num_rows] of touched materials
void add_scattered_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                       const paths::FieldContext& context, int tx, const Cells& cells, const RadioMapOptions& options,
                       const double* cotangent, const KeptArrivals* kept, scene::SceneDerivative& gradient,
                       em::PlaceNumbers<double>* slopes);
/// How scattered_map moves along `direction`, [num_cells]. @param moved  [num_rows]: how touched materials move
std::vector<double> scattered_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                  const paths::FieldContext& context, int tx, const Cells& cells,
                                  const RadioMapOptions& options, const scene::SceneDerivative& direction,
                                  const KeptArrivals* kept, const em::PlaceNumbers<double>* moved);

}  // namespace raywave::maps
