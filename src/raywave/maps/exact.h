// SPDX-License-Identifier: Apache-2.0
// The exact map of one transmitter: the direct path is tested at every sample point; for reflections, shot rays tell
// which facet sequences reach which cells, and from there each sequence's lit region is filled, cell by cell, with
// exact solutions.
#pragma once

#include <vector>

#include "raywave/maps/arrivals.h"
#include "raywave/maps/cells.h"
#include "raywave/paths/field_context.h"

namespace raywave::maps {

/// The places that a transmitter counts as standing at, for cells on either side of the faces that it is on; those
/// behind them serve cells that are dark otherwise. Where neither it nor cells lie on faces: one.
std::vector<Standing> standings(const paths::PreparedScene& prepared, const Vec3d& source_m, const Cells& cells);

/// Path gains of one transmitter, [num_cells]. Equal to the bit for any number of threads.
/// @param num_arrivals  the paths to sample and probe points that were summed up are added to it.
/// @param edge_on_only  only what cells see edge-on (Cells::edge_on_m), which rays that cross them cannot measure.
/// @param kept  what the map sums up is added to it.
/// @param only  these sequences of facets, from any source point, and not the direct path; null: all that are found.
std::vector<double> exact_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                              const paths::FieldContext& context, int tx, const Cells& cells,
                              const RadioMapOptions& options, int64_t& num_arrivals, bool edge_on_only = false,
                              std::vector<MapArrivals>* kept = nullptr, const paths::SequenceTree* only = nullptr);

}  // namespace raywave::maps
