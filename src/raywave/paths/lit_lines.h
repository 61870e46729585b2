// SPDX-License-Identifier: Apache-2.0
// Edges that a source lights, by where they are: eight lie together, and are asked together whether the shortest way
// from an image of the target touches them where it counts, and not in what is known to be hidden from there. What is
// proposed is decided elsewhere: single precision here, and all that rounding could change is proposed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "raywave/core/box_tree.h"
#include "raywave/core/vec.h"
#include "raywave/paths/edge_sight.h"
#include "raywave/paths/lanes.h"
#include "raywave/paths/shadows.h"

namespace raywave::paths {

class LitLines {
 public:
  struct Line {
    Vec3d a, direction;         // of the edge
    double length_m;            // and the farthest from it that it is looked at from:
    double looked_within_m;     // see there
    Vec3d n0, nn;               // normals of its faces
    bool is_seen_behind;        // may targets behind both see it?
    double along, off;          // of the source's image, seen from it
    double reach_lo, reach_hi;  // where the way may touch its line, metres from a
    Box box;
    uint32_t lit;  // what it is called
  };
  LitLines() = default;
  explicit LitLines(const std::vector<Line>& lines);

  /// What is asked for an image of the target.
  struct Ask {
    Vec3d image_m;
    std::span<const MirrorCone> cones{};
    bool is_place = false;                   // the target itself, which may see the corners of edges over faces
    std::vector<Shadow>* shadows = nullptr;  // from the image; more may be added while edges are visited
  };
  /// visit(lit) for the edges that the shortest way to the image touches within reach, in the cones and outside of the
  /// shadows; perhaps for more.
  template <class Visit>
  void visit(const Ask& ask, Visit&& found) const;
  /// visit(lit) for the edges that the cones may hold any of and that no shadow, nor their own body, hides as a whole;
  /// perhaps for more.
  template <class Visit>
  void visit_seen(const Ask& ask, Visit&& found) const;
  /// The same for all.
  template <class Visit>
  void visit_all(Visit&& found) const;

 private:
  static constexpr size_t kWide = kLanes;
  struct Node {
    std::array<Lanes, 3> lo, hi;
    Lanes within;                        // the largest of its edges
    std::array<int32_t, kWide> child{};  // below 0: ~index of a leaf
    size_t size = 0;
  };
  struct Leaf {
    std::array<Lanes, 3> a, direction, n0, nn;
    Lanes along, off, reach_lo, reach_hi, length, within;
    std::array<uint32_t, kWide> lit{};
    size_t size = 0;
    unsigned seen_behind = 0;
  };
  /// The places on eight edges that the shortest ways touch, seen from the image; how far rounding may have moved them,
  /// with all from where each is looked at.
  struct Touched {
    std::array<Lanes, 3> place;
    Lanes within;
    unsigned mask;      // those within reach
    unsigned may_hide;  // those that a shadow hides
  };
  /// In single precision, seen from the image.
  struct Cone {
    Vec3f behind;
    float distance_m;  // of the mirror's plane
    std::array<Vec3f, 4> through;
  };
  struct Asked {
    const Ask& ask;
    Vec3f image;
    std::vector<Cone> cones;
    float slack_m;
  };
  int32_t build(const std::vector<Line>& lines, std::span<uint32_t> order);
  Asked prepared(const Ask& ask) const;

  /// Which children the cones may hold any of.
  static unsigned may_hold(const Node& n, const Asked& asked);
  /// Which edges are touched within reach: the place is where both ends' distances from the line divide what lies
  /// between them along it.
  static Touched touched(const Leaf& leaf, const Asked& asked);
  /// Those of them whose ways come through the mirrors.
  static unsigned through(const Leaf& leaf, const Touched& touched, const Asked& asked);
  static unsigned hidden(const Touched& touched, std::span<Shadow> shadows);
  static unsigned seen(const Leaf& leaf, const Asked& asked);
  template <class Look>
  void for_leaves(const Asked& asked, Look&& look) const;

  std::vector<Node> nodes_;
  std::vector<Leaf> leaves_;
  double reach_m_ = 0;  // the largest sum of coordinates
};

/// look(leaf) where the cones may hold any.
template <class Look>
void LitLines::for_leaves(const Asked& asked, Look&& look) const {
  if (nodes_.empty()) return;
  std::vector<int32_t> stack{0};
  while (!stack.empty()) {
    const int32_t at = stack.back();
    stack.pop_back();
    if (at < 0) {
      look(leaves_[size_t(~at)]);
      continue;
    }
    const Node& n = nodes_[size_t(at)];
    for (unsigned mask = may_hold(n, asked); mask != 0; mask &= mask - 1)
      stack.push_back(n.child[size_t(std::countr_zero(mask))]);
  }
}

template <class Visit>
void LitLines::visit(const Ask& ask, Visit&& found) const {
  const Asked asked = prepared(ask);
  for_leaves(asked, [&](const Leaf& leaf) {
    Touched t = touched(leaf, asked);
    t.mask = through(leaf, t, asked), t.may_hide &= t.mask;
    unsigned mask = ask.shadows ? t.mask & ~hidden(t, *ask.shadows) : t.mask;
    for (; mask != 0; mask &= mask - 1) found(leaf.lit[size_t(std::countr_zero(mask))]);
  });
}

template <class Visit>
void LitLines::visit_seen(const Ask& ask, Visit&& found) const {
  const Asked asked = prepared(ask);
  for_leaves(asked, [&](const Leaf& leaf) {
    for (unsigned mask = seen(leaf, asked); mask != 0; mask &= mask - 1)
      found(leaf.lit[size_t(std::countr_zero(mask))]);
  });
}

template <class Visit>
void LitLines::visit_all(Visit&& found) const {
  for (const Leaf& leaf : leaves_) {
    for (size_t i = 0; i < leaf.size; ++i) found(leaf.lit[i]);
  }
}

}  // namespace raywave::paths
