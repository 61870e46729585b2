// SPDX-License-Identifier: Apache-2.0
// Find: which facets may a path from a source reflect on, in which order? Two finders, one result: a tree of sequences.
// Transmissions need no finding: they are what a refined segment crosses.
#pragma once

#include <array>
#include <optional>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/shoot.h"
#include "raywave/runtime/progress.h"

namespace raywave::paths {

/// Keeps the sequence of each ray of a tile while it is traced.
class SequenceFollower {
 public:
  void restart() { node_.fill(0); }
  /// After the events of a depth are chosen: rays that reflect move on to the child over the facet they hit.
  void follow(const RayTile& tile, const scene::FacetTable& table, SequenceTree& tree);
  /// The node of a ray: the sequence of its segments so far.
  int32_t node(int lane) const { return node_[size_t(lane)]; }

 private:
  std::array<int32_t, RayTile::kRays> node_{};
};

/// The sequences that shot rays follow. The same tree for any number of threads.
SequenceTree shoot_sequences(const PreparedScene& scene, const ShootOptions& options, int num_threads,
                             const runtime::Progress& progress = {});

/// Every sequence up to max_depth whose beam (the image seen through the facet's bounding rectangle) reaches the next
/// facet. Complete: occlusion is not looked at. Cost grows with facets^depth. Nothing when there are more than
/// max_sequences.
std::optional<SequenceTree> all_sequences(const PreparedScene& scene, const Vec3d& source_m, int max_depth,
                                          int num_threads, int64_t max_sequences,
                                          const runtime::Progress& progress = {});

}  // namespace raywave::paths
