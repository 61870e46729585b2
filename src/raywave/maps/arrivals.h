// SPDX-License-Identifier: Apache-2.0
// What a map sums up, path by path: the sequence, where it arrives, and with what weight. Derivatives replay these.
#pragma once

#include <memory>
#include <vector>

#include "raywave/maps/cells.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/scatter_tiles.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/touched_materials.h"

namespace raywave::maps {

/// One path to one point of a cell; the cell's gain holds weight * |field|^2.
struct WeightedArrival {
  int32_t node, cell;
  int32_t sample;  // SamplePoint::id, for coherent sums; -1: adds as power
  Vec3d point_m;
  Vec3d aside_m;  // where the point counts as standing
  double weight;
};

/// Of one place that the transmitter counts as standing at: the source of the tree.
struct MapArrivals {
  paths::SequenceTree tree;
  std::vector<WeightedArrival> arrivals;
  /// Coherent maps: the total field at each sample point, by Cells::slot; else empty.
  std::vector<CVec3<double>> fields;
};

/// What surfaces scatter into a cell: the tiles of each of its sample points.
using CellTiles = std::vector<std::vector<paths::Tile>>;

/// Which interactions are whose among those of materials that vary. Each path has RadioMapOptions::max_depth of them,
/// those that it lacks are nobody's: so the order is known before any path is looked at.
struct TouchOrder {
  std::vector<std::vector<int64_t>> of_arrivals;  // [num_tx, places of the transmitter], of the first arrival
  std::vector<std::vector<int64_t>> of_cells;     // [num_tx, num_cells], of the first place that scatters there
  int64_t count = 0;
};

/// What a map keeps for its derivatives.
struct KeptArrivals {
  std::vector<std::vector<MapArrivals>> paths;                       // [num_tx]
  std::vector<std::shared_ptr<const std::vector<CellTiles>>> tiles;  // [num_tx][num_cells], where surfaces scatter
  paths::TouchedMaterials touched;                                   // that vary: maps/varied_map.h
  TouchOrder order;
};

std::vector<MapArrivals> exact_arrivals(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                        const paths::FieldContext& context, int tx, const Cells& cells,
                                        const RadioMapOptions& options, bool edge_on_only = false,
                                        const paths::SequenceTree* only = nullptr);

/// The rays that cross a cell after one sequence, as one arrival at their mean point that stands for the area that
/// they cover. @throws Error with refraction: chance decides which way those rays go.
std::vector<MapArrivals> monte_carlo_arrivals(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                              const paths::FieldContext& context, int tx, const Cells& cells,
                                              const RadioMapOptions& options);

}  // namespace raywave::maps
