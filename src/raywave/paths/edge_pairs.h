// SPDX-License-Identifier: Apache-2.0
// Which of the edges that a source lights may a path go over before a second edge? Bounds on where the shortest way
// touches both, and whether they face each other, of eight edges together. What is proposed is decided elsewhere:
// single precision here, and all that rounding could change is proposed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "raywave/paths/lanes.h"

namespace raywave::paths {

class FirstEdges {
 public:
  /// An edge, and an end of the path as the edge sees its image.
  struct Line {
    Vec3d a, direction;  // of the edge
    double length_m;
    Vec3d n0, nn;       // normals of its faces
    bool any_side;      // rays run inside it too
    double along, off;  // of the image, metres along the edge's line and off it
    double lo, hi;      // where the way may touch the line, metres from a; infinite: anywhere
    uint32_t name;
  };
  FirstEdges() = default;
  /// @param within_m  how far behind its faces an edge may be seen, of a scene's seams
  FirstEdges(std::span<const Line> lines, double within_m);

  /// The same of some second edges and of the other end.
  class Seconds {
   public:
    explicit Seconds(std::span<const Line> lines);

   private:
    friend class FirstEdges;
    struct Second {
      Vec3f a, b, direction, n0, nn;  // both ends
      Vec3f from, to, middle;         // of where the way may touch it
      float along, off, lo, hi, size_m, largest_m;
      bool any_side, is_bounded;
    };
    std::vector<Second> seconds_;
  };

  /// visit(second, name) of every pair that the shortest way between both ends may touch where it counts, perhaps of
  /// more; of one second in the order of the lines.
  template <class Visit>
  void visit(const Seconds& seconds, Visit&& found) const {
    for (const Block& block : blocks_) {  // in the near cache for all seconds
      for (size_t s = 0; s < seconds.seconds_.size(); ++s) {
        for (unsigned mask = may_meet(block, seconds.seconds_[s]); mask != 0; mask &= mask - 1)
          found(s, block.name[size_t(std::countr_zero(mask))]);
      }
    }
  }

 private:
  struct Block {
    std::array<Lanes, 3> a, direction, n0, nn;
    Lanes length, along, off, lo, hi;
    std::array<uint32_t, kLanes> name{};
    unsigned used = 0, any_side = 0, bounded = 0;
  };
  unsigned may_meet(const Block& block, const Seconds::Second& second) const;

  std::vector<Block> blocks_;
  float within_m_ = 0, largest_m_ = 0;
};

}  // namespace raywave::paths
