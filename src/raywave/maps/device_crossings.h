// SPDX-License-Identifier: Apache-2.0
// Monte Carlo maps on a device: what CrossingEstimator adds up, with rays launched, traced, followed and deposited
// there (crossing_kernels.h). The host gives tables and takes the sums.
#pragma once

#include <vector>

#include "raywave/maps/cells.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/shoot.h"

namespace raywave::maps {

/// @throws Error naming what a device has no Monte Carlo maps of: lobes of one's own, materials that vary.
void require_device_can(const RadioMapOptions& options, const paths::FieldContext& context, bool vary);

struct DeviceSums {
  std::vector<double> sums;     // of |E|^2 / |cos theta|, [num_cells]
  std::vector<double> squares;  // where rays scatter: as RayVisits has them, [num_cells]; else empty
};

/// What crosses each cell, rays from the transmitter's place. The same bits for any number of blocks.
/// @param edge_on  is there anything that is left to exact solutions? Set when a plane's cells see an image so.
DeviceSums device_crossings(const scene::Scene& scene, const paths::PreparedScene& prepared,
                            const paths::FieldContext& context, int tx, const Cells& cells,
                            const RadioMapOptions& options, const paths::TileShooter& shooter, bool& edge_on);

}  // namespace raywave::maps
