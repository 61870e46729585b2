// SPDX-License-Identifier: Apache-2.0
// Find, with edges: where may a sequence from the source and one from a target meet? At an edge, or at two, that the
// shortest way between both images goes over or nearly: a closed form for one, one convex problem for two, before
// anything is traced.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "raywave/core/box_tree.h"
#include "raywave/paths/edge_looks.h"
#include "raywave/paths/edge_pairs.h"
#include "raywave/paths/edge_sight.h"
#include "raywave/paths/find_edges.h"
#include "raywave/paths/lit_lines.h"
#include "raywave/paths/shadows.h"

namespace raywave::paths {

/// Is the point where a ray may reach the wedge: outside of its solid, or inside of one that transmits?
bool in_reach(const Wedge& w, const Vec3d& p, const std::vector<uint8_t>* opaque);

/// An end of the path inside the solid's sector may be reached past a corner (Along::kPast), whichever end it is.
bool past_corner(const Wedge& w, const std::vector<uint8_t>* opaque);

/// May a ray run from one wedge to the other?
bool may_face(const PreparedScene& scene, const EdgeOptions& options, int32_t i, int32_t j);

/// What that is asked of.
struct Facing {
  Vec3d a, b, n0, nn;  // ends; normals out of the faces
  bool any_side;       // rays run inside it too
};
Facing facing_of(const Wedge& w, const EdgeOptions& options);
bool may_face(const Facing& w, const Facing& v, double seam_tolerance_m);

Box box_of(const Wedge& w);

/// A sequence over one edge or two: the source's node, the edges, a target's node.
struct Meeting {
  int32_t source, wedge, target, second = -1;
};

/// Finds the meetings at edges that the source lights: where the shortest way between both images over the edge's line
/// goes over the edge, or near enough past its end, and through the mirrors beside it, with nothing in the way behind
/// it, which hides most. As the Refiner decides, which has the last word where rounding matters.
class MeetingFinder {
 public:
  /// It holds references to the first three. @param lit  what the source lights, sorted by wedge.
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
  static Side side_of(const Vec3d& a, const Vec3d& direction, const Vec3d& p) {
    const Vec3d v = p - a;
    const double along = dot(v, direction);
    return {along, norm(v - along * direction)};
  }
  static Side side_of(const Wedge& w, const Vec3d& p) { return side_of(w.a, w.direction, p); }

  /// The part of an edge's line where the shortest way between anything and an end of the path may touch it and still
  /// count: the edge and what is near enough past its ends, wherever the other end is. Infinite: no bound is known.
  struct Reach {
    double lo, hi;  // metres along the edge
  };
  Reach reach_of(const Wedge& w, const Side& end) const;
  /// The same without what is surely hidden.
  EdgeLooks::Seen seen_reach(const EdgeLooks& looks, int32_t node, const Wedge& w, const Side& end) const;
  /// Wherever along its line an edge is touched.
  enum class Known : uint8_t { kNo, kYes, kPerhaps };
  /// An edge and the source, as the edge sees its image.
  struct Lit {
    Vec3d a, direction;  // of the wedge, as are these:
    double length_m, inset_m;
    Side side;
    EdgeLooks::Seen seen;  // within reach
    int32_t node, depth, wedge;
    Known passes;  // may the source itself, behind both faces, go past a corner?
    /// The edge's own place that is nearest to one on its line.
    Vec3d nearest(double t) const { return a + std::clamp(t, 0.0, length_m) * direction; }
  };
  /// Of lit_; and where the shortest way from a target's node touches it, metres along the edge.
  struct Touched {
    uint32_t lit;
    double t;
  };
  /// Another edge within its reach, as seen from an edge: between which places along its line, and how far off it.
  struct Across {
    Reach along, off;
    bool is_bounded;
  };
  static Across across(const Wedge& w, const Wedge& other, const Reach& within);
  /// Where does the shortest way from an end of the path to a place there touch the edge's line? Bounds that hold it.
  static Reach touched_from(const Side& end, const Across& there);

  /// The edges that leave room for so many mirrors behind them.
  struct Reached {
    LitLines lines;
    FirstEdges firsts;  // before a second one
  };
  Reached reached(int after) const;

  /// What is known while a target's node is gone through.
  struct Walk {
    Walk(const PreparedScene& scene, const SequenceTree& tree, const EdgeOptions& options)
        : target(tree), sight(scene, tree, options.max_depth, options.opaque), looks(scene, tree, options.opaque) {}
    const SequenceTree& target;
    EdgeSight sight;
    EdgeLooks looks;
    EdgeLooks::Memory memory;
    std::vector<Touched> touched;  // and not looked at yet
    std::vector<Shadow> shadows;
    int32_t wedge = -1;  // the last one, and whether the target is where it may arrive
    bool asked = false, may_arrive = false;
    std::array<Known, 2> corners{Known::kPerhaps, Known::kPerhaps};  // sees the target its begin, its end over faces?
  };
  void find(int32_t node, Walk& walk, std::vector<Meeting>& out) const;
  void meet_touched(int32_t node, Walk& walk, std::vector<Meeting>& out) const;
  void meet(const Touched& touched, int32_t node, Walk& walk, std::vector<Meeting>& out) const;
  /// From the source or from the target's node, whichever place the Refiner looks at.
  bool is_hidden(const Wedge& w, double t, const Lit& lit, int32_t node, Walk& walk) const;

  /// A second edge, as a target's node sees it.
  struct Second {
    const SequenceTree* target = nullptr;
    const EdgeLooks* looks = nullptr;
    const Wedge* wedge = nullptr;
    LitWedge at{};
    Facing facing{};
    Side side{};
    EdgeLooks::Seen seen{};
    const SequenceNode& image() const { return target->nodes()[size_t(at.node)]; }
  };
  /// @param seconds  of targets' nodes of one depth
  void meet_over_two(std::span<const Second> seconds, std::vector<Meeting>& out) const;

  /// As touches() and through() for two edges. Where there is doubt: yes. @param there  the second one, seen from w
  bool may_go_over(const Lit& lit, const Wedge& w, const Across& there, const Second& second) const;

  /// Is the shortest way's point on the edge, or near enough past an end? @param t  where, metres along the edge
  bool touches(const Lit& lit, const Side& there, double& t) const;
  /// Is a place on the edge, or near enough past an end? As Refiner::in_reach().
  bool is_near(double length_m, double t, double before, double after, double cosine) const;

  /// Does the ray between an image and the edge meet the rectangles of its mirrors?
  bool through(const SequenceTree& tree, int32_t node, Vec3d at, double inset_m) const;

  /// The shortest way over an edge's line.
  struct Way {
    double t;  // where it touches it, metres along the edge
    Side source, target;
  };
  /// Can an end of the path behind both faces of the edge go past its corner? As Refiner::go_past_corner().
  /// @param seen  (at_end): is the corner there seen over any face?
  template <class Seen>
  bool may_pass_corner(const Wedge& w, const Vec3d& end_m, const Way& way, Seen&& seen) const;
  Known may_pass_corner(const Wedge& w, const Vec3d& end_m, const Reach& within) const;
  bool is_behind(const Wedge& w, const Vec3d& end_m, double t) const;
  /// Is the corner at one of the edge's ends seen, if its point was there? @param distance_m  the way's distance
  /// parameter
  bool sees_corner(const Wedge& w, const Vec3d& end_m, bool at_end, double distance_m) const;
  /// Is nothing in the way over one of the faces at least? Asked once for each edge.
  bool is_seen_over(const Wedge& w, bool at_end, Walk& walk) const;

  bool may_arrive(const Wedge& w, const SequenceNode& target) const;
  bool may_arrive(const Wedge& w, const SequenceNode& target, Walk& walk) const;

  const PreparedScene& scene_;
  const EdgeOptions& options_;
  const SequenceTree& source_;
  std::vector<Lit> lit_;  // sorted by wedge
  std::vector<Reached> by_depth_;
  const EdgeLooks looks_;  // of the source
  mutable KnownObstacles obstacles_;
};

}  // namespace raywave::paths
