// SPDX-License-Identifier: Apache-2.0
// The exact map of one transmitter: the direct path is tested at every sample point; for reflections, shot rays tell
// which facet sequences reach which cells, and from there each sequence's lit region is filled, cell by cell, with
// exact solutions.
#pragma once

#include <vector>

#include "raywave/maps/cells.h"
#include "raywave/paths/evaluate.h"

namespace raywave::maps {

/// Path gains of one transmitter, [num_cells]. Equal to the bit for any number of threads.
/// @param num_arrivals  the paths to sample and probe points that were summed up are added to it.
/// @param edge_on_only  only what cells see edge-on (Cells::edge_on_m), which rays that cross them cannot measure.
std::vector<double> exact_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                              const paths::FieldContext& context, int tx, const Cells& cells,
                              const RadioMapOptions& options, int64_t& num_arrivals, bool edge_on_only = false);

}  // namespace raywave::maps
