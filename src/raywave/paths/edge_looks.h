// SPDX-License-Identifier: Apache-2.0
// Looks from an end of a path at places on edges, through the mirrors of a sequence: is something in the way by more
// than rounding? As the Refiner looks, which has the last word where rounding matters.
#pragma once

#include <array>
#include <vector>

#include "raywave/paths/image_looks.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/wedges.h"

namespace raywave::paths {

/// What hid a place, seen from an image, often hides those beside it: the last two obstacles in each small part of the
/// sphere, the last one first.
class Obstacles {
 public:
  void forget() { in_.fill({}); }
  std::array<Obstacle, 2>& towards(const Vec3d& direction);

 private:
  static constexpr int kSide = 8;
  std::array<std::array<Obstacle, 2>, kSide * kSide> in_;
};

class EdgeLooks {
 public:
  /// It holds references. @param opaque  [num_facets], where facets transmit: then nothing hides anything.
  EdgeLooks(const PreparedScene& scene, const SequenceTree& tree, const std::vector<uint8_t>* opaque)
      : looks_(scene, tree), tree_(tree), opaque_(opaque) {}

  /// In place of a point past an edge's end the Refiner looks along all legs at a place beside the corner: a little
  /// inside of the end, then, where that is not to be, a little outside of it. On the edge both are the point itself.
  enum Try : uint8_t { kInside, kOutside };
  static constexpr std::array<Try, 2> kTries{kInside, kOutside};
  static bool is_past_end(const Wedge& w, double t) { return t < 0 || t > w.length_m; }
  /// Is a path that may go past an edge's end hidden in each of them? @param hidden  (Try)
  template <class Hidden>
  static bool all_tries(bool past_end, Hidden&& hidden) {
    return hidden(kInside) && (!past_end || hidden(kOutside));
  }

  /// Of an edge's line, and of what is near enough past its ends, [lo, hi], what is not surely hidden from a node: from
  /// the first such place to the last, without shares of the edge that are. Nothing: lo > hi.
  struct Seen {
    double lo, hi;
    uint8_t hidden = 0;                            // a bit for each of kShares equal shares
    bool ends_known = false;                       // what is past the ends was looked at:
    std::array<std::array<bool, 2>, 2> past = {};  // hidden past the begin and the end, by Try
    double inset_m = 0;                            // of the wedge: nearer to an end a place may count as past it
    bool may_be_at(double t, double length_m) const;
    /// Anywhere in between?
    bool may_be_in(double from, double to, double length_m) const;
  };

  /// What a target knows of the last edge that it was asked for.
  enum Known : uint8_t { kUnknown, kSeen, kHidden };
  struct Memory {
    std::array<std::array<Known, 2>, 2> ends{};  // past the begin and the end, by Try
    Obstacles obstacles;
    Obstacle last;                // wherever: edges are asked for by place
    std::vector<uint32_t> found;  // triangles that hide something behind the last mirror
    void forget() { obstacles.forget(), last = {}, found.clear(); }
  };
  /// Is a place on the edge or past its end hidden from a node? It is looked at as the Refiner does; where the Refiner
  /// may look along yet another ray (past corners): no. The answer is the same with the memory and without.
  bool hide(int32_t node, double t, Try which, const Wedge& w, Memory& memory) const;
  bool hide(int32_t node, double t, Try which, const Wedge& w) const;
  /// The same for a place that may be seen. @param seen  seen_part() of node and edge, or nothing known
  bool hide(int32_t node, double t, Try which, const Wedge& w, const Seen& seen) const;

  static constexpr int kShares = 8;
  Seen seen_part(int32_t node, const Wedge& w, double lo, double hi) const;

 private:
  bool is_looked_along(int32_t node, const Wedge& w, double within_m) const;
  Obstacle find(int32_t node, const Vec3d& at, const Wedge& w) const;
  bool is_behind(const Obstacle& o, int32_t node, const Vec3d& at, const Wedge& w) const;
  template <class Find>
  bool end_hidden(int32_t node, bool at_end, Try which, const Wedge& w, Find&& find) const;

  const ImageLooks looks_;
  const SequenceTree& tree_;
  const std::vector<uint8_t>* opaque_;
};

/// The same for the ray between places on two edges.
bool hidden_between(const PreparedScene& scene, const Wedge& w, double t, const Wedge& v, double u);

}  // namespace raywave::paths
