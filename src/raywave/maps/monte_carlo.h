// SPDX-License-Identifier: Apache-2.0
// The monte-carlo map of one transmitter: shot rays cross cells; each crossing adds
// |E|^2 (lambda / 4 pi)^2 Omega / (|cos theta| A_cell), Omega = 4 pi / N. Where surfaces scatter, rays go on into
// directions that are drawn (maps/scatter_events.h), and end by roulette.
#pragma once

#include <vector>

#include "raywave/maps/cells.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/varying_materials.h"

namespace raywave::maps {

/// Path gains of one transmitter, [num_cells]. Equal to the bit for any number of threads.
/// @param varying  materials that vary, or null. @param error  where anything scatters: the standard error,
/// [num_cells]; else left empty
std::vector<double> monte_carlo_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                    const paths::FieldContext& context, int tx, const Cells& cells,
                                    const RadioMapOptions& options, std::vector<double>& error,
                                    const paths::VaryingMaterials* varying = nullptr);

}  // namespace raywave::maps
