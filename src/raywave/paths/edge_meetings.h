// SPDX-License-Identifier: Apache-2.0
// Find, with edges: where may a sequence from the source and one from a target meet? At an edge, or at two, that the
// shortest way between both images goes over or nearly: a closed form for one, one convex problem for two, before
// anything is traced.
#pragma once

#include <vector>

#include "raywave/paths/box_tree.h"
#include "raywave/paths/edge_sight.h"
#include "raywave/paths/find_edges.h"

namespace raywave::paths {

/// Is the point where a ray may reach the wedge: outside of its solid, or inside of one that transmits?
bool in_reach(const Wedge& w, const Vec3d& p, const std::vector<uint8_t>* opaque);

/// An end of the path inside the solid's sector may be reached past a corner (Along::kPast), whichever end it is.
bool past_corner(const Wedge& w, const std::vector<uint8_t>* opaque);

/// May a ray run from one wedge to the other?
bool may_face(const PreparedScene& scene, const EdgeOptions& options, int32_t i, int32_t j);

Box box_of(const Wedge& w);

/// A sequence over one edge or two: the source's node, the edges, a target's node.
struct Meeting {
  int32_t source, wedge, target, second = -1;
};

/// Finds the meetings at edges that the source lights: where the shortest way between both images over the edge's line
/// goes over the edge, or near enough past its end, and through the mirrors beside it. What is in the way is left to
/// the Refiner; edges are many and most are missed. As the Refiner decides, but for what rounding may change.
class MeetingFinder {
 public:
  /// It holds references to all of these. @param lit  what the source lights, sorted by wedge.
  MeetingFinder(const PreparedScene& scene, const EdgeOptions& options, const SequenceTree& source,
                const std::vector<LitWedge>& lit);

  /// @param target  reflections from the target.
  std::vector<Meeting> find(const SequenceTree& target) const;

  /// The meetings over a second edge, which a target sees.
  std::vector<Meeting> find_over_two(const SequenceTree& target, const std::vector<LitWedge>& seen) const;

 private:
  /// Where an end of the path is seen from an edge: along its line and off it, metres.
  struct Side {
    double along, off;
  };
  static Side side_of(const Wedge& w, const Vec3d& p) {
    const Vec3d v = p - w.a;
    const double along = dot(v, w.direction);
    return {along, norm(v - along * w.direction)};
  }

  /// The edges that leave room for so many mirrors behind them.
  struct Reached {
    std::vector<int32_t> wedges;
    BoxTree boxes;
  };
  Reached reached(int after) const;

  void find(const SequenceTree& target, int32_t node, EdgeSight& sight, std::vector<Meeting>& out) const;

  void meet(int32_t wedge, const SequenceTree& tree, int32_t node, std::vector<Meeting>& out) const;

  void meet_over_two(const SequenceTree& target, const LitWedge& seen, std::vector<Meeting>& out) const;

  /// As touches() and through() for two edges. Where there is doubt: yes.
  bool may_go_over(const LitWedge& lit, const SequenceTree& target, const LitWedge& seen) const;

  /// Is the shortest way's point on the edge, or near enough past an end? @param t  where, metres along the edge
  bool touches(const Wedge& w, const Side& a, const Side& b, double& t) const;
  /// Is a place on the edge, or near enough past an end? As Refiner::in_reach().
  bool is_near(const Wedge& w, double t, double before, double after, double cosine) const;

  /// Does the ray between an image and the edge meet the rectangles of its mirrors?
  bool through(const SequenceTree& tree, int32_t node, Vec3d at, const Wedge& w) const;

  bool may_arrive(const Wedge& w, const SequenceNode& target) const;

  const PreparedScene& scene_;
  const EdgeOptions& options_;
  const SequenceTree& source_;
  const std::vector<LitWedge>& lit_;
  std::vector<Side> sides_;      // of lit_
  std::vector<uint32_t> begin_;  // [num_wedges + 1] of lit_
  std::vector<Reached> by_depth_;
};

}  // namespace raywave::paths
