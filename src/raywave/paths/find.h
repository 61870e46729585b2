// SPDX-License-Identifier: Apache-2.0
// Find: which facets may a path from a source reflect on, in which order? Two finders, one result: a tree of sequences.
// Transmissions need no finding: they are what a refined segment crosses.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/shoot.h"
#include "raywave/runtime/parallel.h"
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

/// A ray's segment, from a surface (or the source) to the next, and the sequence that it has followed.
struct FollowedRay {
  int32_t node;   // of the chunk's tree
  Vec3d image_m;  // of the source, in that sequence
  Vec3d origin_m, direction;
  double length_m;  // infinity: it meets nothing
};

/// Shoots rays and follows their sequences, in chunks of tiles whose number does not depend on threads: what is drawn
/// and the order of nodes are the same for any number of them.
/// @param begin  () -> a chunk's own part
/// @param visit  (part, FollowedRay), every segment
/// @param end    (part, where the chunk's nodes are in the whole tree), in the order of chunks
/// @return the sequences of all chunks.
template <class Begin, class Visit, class End>
SequenceTree follow_rays(const PreparedScene& scene, const ShootOptions& options, int num_threads,
                         const runtime::Progress& progress, Begin&& begin, Visit&& visit, End&& end) {
  using Part = decltype(begin());
  const TileShooter shooter(scene, options);
  const int64_t num_chunks = std::min<int64_t>(64, shooter.num_tiles());
  std::vector<SequenceTree> trees(static_cast<size_t>(num_chunks), SequenceTree(options.origin_m));
  std::vector<std::optional<Part>> parts(static_cast<size_t>(num_chunks));
  runtime::Reporter reporter(progress, num_chunks);
  runtime::parallel_for(num_chunks, num_threads, [&](int64_t chunk) {
    reporter.check();
    Part& part = parts[size_t(chunk)].emplace(begin());
    SequenceTree& tree = trees[size_t(chunk)];
    RayTile tile;
    SequenceFollower follower;
    const int64_t last = shooter.num_tiles() * (chunk + 1) / num_chunks;
    constexpr int64_t kAhead = 4096;  // tiles whose hits a device finds at once: 2 MB a depth
    HitsAhead hits;
    for (int64_t t = shooter.num_tiles() * chunk / num_chunks, found = t; t < last; ++t) {
      if (t == found) hits = shooter.ahead(t, std::min(kAhead, last - t)), found += kAhead;
      follower.restart();
      shooter.run_with(hits, t, tile, [&](const RayTile& state, int) {
        for (int lane = 0; lane < RayTile::kRays; ++lane) {
          const RayPacket& p = state.packets[size_t(lane / RayPacket::kSize)];
          const int i = lane % RayPacket::kSize;
          if (!p.active[i]) continue;
          const int32_t node = follower.node(lane);
          visit(part, FollowedRay{node,
                                  tree.nodes()[size_t(node)].image_m,
                                  {p.ox[i], p.oy[i], p.oz[i]},
                                  {p.dx[i], p.dy[i], p.dz[i]},
                                  double(p.t[i])});
        }
        follower.follow(state, scene.facets(), tree);
      });
    }
    reporter.task_done();
  });
  SequenceTree whole(options.origin_m);
  for (size_t chunk = 0; chunk < trees.size(); ++chunk) {
    end(*std::move(parts[chunk]), whole.merge(trees[chunk]));
    trees[chunk] = SequenceTree(options.origin_m);  // frees its memory
    parts[chunk].reset();
  }
  return whole;
}

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
