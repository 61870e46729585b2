// SPDX-License-Identifier: Apache-2.0
// Beams: the part of a facet that a sequence of reflections can light is a convex polygon (the facet's bounding
// rectangle cut by the pyramid of the beam before). Sampling each beam finds the sequences and the places that evenly
// shot rays miss, because a small beam gets as many rays as a large one.
#pragma once

#include <functional>
#include <vector>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/runtime/progress.h"

namespace raywave::paths {

struct BeamOptions {
  int max_depth = 3;
  int min_samples = 256, max_samples = 4096;  // rays a beam
  double sample_spacing_m = 2;                // aimed at between these bounds
  int num_threads = 0;
};

/// A ray that leaves the last facet of a sequence, up to the next surface (t = infinity: none), |direction| = 1.
struct BeamRay {
  int32_t candidate;  // the sequence, among those that are tried at this depth
  Vec3d origin_m, direction;
  double length_m;
};

/// What is done with the rays of beams, depth by depth. Rays come from several threads, with the index of their task;
/// tasks are numbered in an order that does not depend on threads, and each has candidates of its own, in their order.
struct BeamVisitor {
  std::function<void(int64_t num_tasks)> begin_depth;
  /// At the last depth, where nothing goes on from a ray: is it wanted, if it should be there? Whether it is, and how
  /// far it goes, is not known yet. Sequences without such rays are not added.
  std::function<bool(int64_t task, const BeamRay& ray)> wants;
  std::function<void(int64_t task, const BeamRay& ray)> found;
  /// @param node_of  where candidates are in the tree; -1: nothing of them is lit
  std::function<void(const std::vector<int32_t>& node_of)> end_depth;
};

/// Follows the beams of all sequences of `tree`, adding the sequences that they meet, depth by depth. All facets are
/// tried as the first one.
void explore_beams(const PreparedScene& scene, const BeamOptions& options, SequenceTree& tree,
                   const BeamVisitor& visitor);

}  // namespace raywave::paths
