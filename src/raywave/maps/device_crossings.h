// SPDX-License-Identifier: Apache-2.0
// Monte Carlo maps on a device: what CrossingEstimator adds up, with rays launched, traced, followed and deposited
// there (crossing_kernels.h). The host gives tables and takes the sums.
#pragma once

#include <vector>

#include "raywave/maps/cells.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/shoot.h"

namespace raywave::maps {

/// @throws Error naming what a device has no Monte Carlo maps of: scattering, materials that vary,
/// meshes, terrain.
void require_device_can(const RadioMapOptions& options, const Cells& cells, bool vary);

/// The sum of |E|^2 / |cos theta| in each cell, rays from the transmitter's place. The same bits for any number of
/// blocks. [num_cells]
/// @param edge_on  is there anything that is left to exact solutions? Set when an image is.
std::vector<double> device_crossings(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                     const paths::FieldContext& context, int tx, const Cells& cells,
                                     const RadioMapOptions& options, const paths::TileShooter& shooter, bool& edge_on);

}  // namespace raywave::maps
