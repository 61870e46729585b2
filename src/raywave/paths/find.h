// SPDX-License-Identifier: Apache-2.0
// Find: which facets may a path from a source reflect on, in which order? Two finders, one result: a tree of sequences.
// Transmissions need no finding: they are what a refined segment crosses.
#pragma once

#include <functional>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/shoot.h"

namespace raywave::paths {

/// Called with (done, total); false asks to stop, which throws Interrupted.
using Progress = std::function<bool(int64_t done, int64_t total)>;

/// The sequences that shot rays follow. The same tree for any number of threads.
SequenceTree shoot_sequences(const PreparedScene& scene, const ShootOptions& options, int num_threads, const Progress& progress = {});

/// Every sequence up to max_depth whose beam (the image seen through the facet's bounding rectangle) reaches the next facet.
/// Complete: occlusion is not looked at. Cost grows with facets^depth.
/// @throws Error when more than max_sequences are reached.
SequenceTree all_sequences(const PreparedScene& scene, const Vec3d& source_m, int max_depth, int num_threads,
                           int64_t max_sequences = 200000000, const Progress& progress = {});

}  // namespace raywave::paths
