// SPDX-License-Identifier: Apache-2.0
// Rays that leave edges: from places along a lit wedge over its Keller cone, followed through reflections. They find
// what the field behind an edge lights (exact maps) and carry its power (monte-carlo maps).
#pragma once

#include <vector>

#include "raywave/paths/edge_sight.h"
#include "raywave/paths/find_edges.h"
#include "raywave/paths/ray_options.h"
#include "raywave/paths/refine.h"

namespace raywave::paths {

struct EdgeRayOptions {
  int max_depth = 3;
  bool reflection = true;    // follow reflections behind the edge
  int max_diffractions = 1;  // 2: also over a second edge of one of the first edge's faces
  int places = 8;            // along the edge
  bool by_angle = true;      // every other place by the source's angle, else all by length
  int directions = 32;       // around it
  uint64_t seed = 42;        // of the jitter
};

EdgeRayOptions edge_ray_options(const RayOptions& options);

/// One segment of a ray behind an edge (behind the second of two).
struct EdgeRaySegment {
  int32_t node;                    // of the part's tree: the sequence so far
  const std::vector<Step>* steps;  // the interactions so far, points included; the edge is one of them
  Vec3d origin_m, direction;
  double length_m = 0;        // up to the next surface; infinity: none
  double before_m, behind_m;  // path length from the source to the edge and from there to the segment's origin
  double spread_m;            // (dt dphi) sin^2 beta: the tube's area at distance s from the edge is this times
                              // s (before + s) / before
};

class EdgeShooter {
 public:
  /// @param tree  the source's sequences of reflections; the wedges that they light are found.
  EdgeShooter(const PreparedScene& scene, const SequenceTree& tree, const RefineOptions& refine,
              const EdgeRayOptions& options);

  /// Lit edges, and pairs of a lit edge and a second one.
  int64_t num_edges() const { return int64_t(lit_.size()); }
  /// Shares that many rays among them, as many places as directions.
  void share_rays(int64_t num_rays);
  /// Shoots the rays of one of them. visit(segment) is called for each segment; nodes are those of `part`, a tree from
  /// the same source.
  /// @param wants  wants(segment), its length not known yet: is one asked for that nothing can follow?
  template <class Visit, class Wants>
  void run(int64_t index, Refiner& refiner, SequenceTree& part, Visit&& visit, Wants&& wants) const {
    Shot shot;
    for (int place = 0; place < options_.places; ++place) {
      if (!light(index, place, refiner, part, shot)) continue;
      for (int direction = 0; direction < options_.directions; ++direction) {
        EdgeRaySegment s = launch(index, place, direction, shot);
        while (may_go_on(shot) || wants(static_cast<const EdgeRaySegment&>(s))) {
          trace(s, shot);
          visit(static_cast<const EdgeRaySegment&>(s));
          if (!bounce(s, part, shot)) break;
        }
      }
    }
  }

 private:
  struct Shot {
    GeometricPath path;  // to the place on the edge
    std::vector<Step> steps;
    int32_t node = 0;
    Vec3d point_m, k_in;
    double before_m = 0, width_m = 0;  // of the edge, that the place stands for
    int hit = -1;
  };
  struct PlaceOnEdge {
    double along_m, width_m;
  };
  PlaceOnEdge place_at(int64_t index, int place) const;
  bool light(int64_t index, int place, Refiner& refiner, SequenceTree& part, Shot& shot) const;
  EdgeRaySegment launch(int64_t index, int place, int direction, Shot& shot) const;
  void trace(EdgeRaySegment& s, Shot& shot) const;
  bool may_go_on(const Shot& shot) const { return options_.reflection && int(shot.steps.size()) < options_.max_depth; }
  bool bounce(EdgeRaySegment& s, SequenceTree& part, Shot& shot) const;
  double jitter(int64_t index, int place, int direction, int which) const;

  const PreparedScene& scene_;
  const SequenceTree& tree_;
  EdgeRayOptions options_;
  struct Lit {
    int32_t node, first, last;  // node of tree_, wedges; first = last for one edge
    LitPart part;               // of the last wedge, from its first lit place to its last
  };
  std::vector<Lit> lit_;
};

}  // namespace raywave::paths
