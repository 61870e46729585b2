// SPDX-License-Identifier: Apache-2.0
// Where exact maps begin: which cells the rays of a sequence cross. Rays from the transmitter, rays through the beams
// of what these find, and rays behind edges.
#pragma once

#include <string>
#include <vector>

#include "raywave/maps/cells.h"
#include "raywave/paths/refine.h"
#include "raywave/paths/sequence_tree.h"

namespace raywave::maps {

/// A ray of this sequence crossed this cell, here.
struct Seed {
  int32_t node, cell;
  Vec3f point;
};

/// By node and cell, the first of each.
void sort_and_thin(std::vector<Seed>& seeds);

/// Sorted and thinned. The same for any number of threads.
/// @param device  the transmitter's name, which its rays follow from
/// @param tree    from where the transmitter stands; the sequences that are found are added to it
std::vector<Seed> find_seeds(const paths::PreparedScene& prepared, const std::string& device, const Cells& cells,
                             const RadioMapOptions& options, const Standing& standing,
                             const paths::RefineOptions& refine, paths::SequenceTree& tree);

}  // namespace raywave::maps
