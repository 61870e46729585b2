// SPDX-License-Identifier: Apache-2.0
// What surfaces scatter into the cells of an exact map: at each sample point the tiles of paths/scatter_tiles.h, with
// the mirrors and transmissions before and behind that the options allow.
#pragma once

#include <vector>

#include "raywave/maps/cells.h"
#include "raywave/paths/field_context.h"
#include "raywave/scene/derivative.h"

namespace raywave::maps {

/// [num_cells]. Equal to the bit for any number of threads.
std::vector<double> scattered_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                  const paths::FieldContext& context, int tx, const Cells& cells,
                                  const RadioMapOptions& options);

/// Adds the gradient of sum(cotangent . scattered_map). @param cotangent  [num_cells]
void add_scattered_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                       const paths::FieldContext& context, int tx, const Cells& cells, const RadioMapOptions& options,
                       const double* cotangent, scene::SceneDerivative& gradient);
/// How scattered_map moves along `direction`, [num_cells].
std::vector<double> scattered_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                  const paths::FieldContext& context, int tx, const Cells& cells,
                                  const RadioMapOptions& options, const scene::SceneDerivative& direction);

}  // namespace raywave::maps
