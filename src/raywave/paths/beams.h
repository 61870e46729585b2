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

/// A ray that leaves the last facet of a node's sequence, up to the next surface (t = infinity: none), |direction| = 1.
struct BeamRay {
  int32_t node;
  Vec3d origin_m, direction;
  double length_m;
};

/// Follows the beams of all sequences of `tree`, adding the sequences that they meet, level by level. All facets are
/// tried as the first one. on_ray is called for every ray, from several threads, with the index of its task; tasks are
/// numbered in an order that does not depend on threads, `begin_tasks(n)` comes before each level.
void explore_beams(const PreparedScene& scene, const BeamOptions& options, SequenceTree& tree,
                   const std::function<void(int64_t num_tasks)>& begin_tasks,
                   const std::function<void(int64_t task, const BeamRay& ray)>& on_ray);

}  // namespace raywave::paths
