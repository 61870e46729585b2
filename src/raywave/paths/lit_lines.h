// SPDX-License-Identifier: Apache-2.0
// Edges that a source lights, by where they are: eight lie together, and are asked together whether the shortest way
// from an image of the target touches them where it counts. What is proposed is decided elsewhere.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>
#ifdef __AVX__
#include <immintrin.h>
#endif

#include "raywave/core/box_tree.h"
#include "raywave/core/vec.h"

namespace raywave::paths {

/// Half-spaces normal . p >= offset.
using HalfSpaces = std::span<const std::pair<Vec3d, double>>;

class LitLines {
 public:
  struct Line {
    Vec3d a, direction;         // of the edge
    double along, off;          // of the source's image, seen from it
    double reach_lo, reach_hi;  // where the way may touch its line, metres from a
    Box box;
    uint32_t lit;  // what it is called
  };
  LitLines() = default;
  explicit LitLines(const std::vector<Line>& lines);

  /// visit(lit) for the edges that the half-spaces may hold any of and that the shortest way to the image touches
  /// within reach; perhaps for more. @param everywhere  for all of them
  template <class Visit>
  void visit(const Vec3d& image_m, HalfSpaces within, bool everywhere, Visit&& found) const;

 private:
  static constexpr size_t kWide = 8, kHalf = 4;
  typedef double Lanes __attribute__((vector_size(8 * kHalf)));
  struct Eight {
    std::array<Lanes, 2> half{};
    void set(size_t i, double x) { half[i / kHalf][i % kHalf] = x; }
  };
  struct Node {
    std::array<Eight, 3> lo, hi;
    std::array<int32_t, kWide> child{};  // below 0: ~index of a leaf
    size_t size = 0;
  };
  struct Leaf {
    std::array<Eight, 3> a, direction;
    Eight along, off, reach_lo, reach_hi;
    std::array<uint32_t, kWide> lit{};
    size_t size = 0;
  };
  int32_t build(const std::vector<Line>& lines, std::span<uint32_t> order);

  template <class Compared>
  static unsigned mask_of(const Compared& yes) {
#ifdef __AVX__
    return unsigned(_mm256_movemask_pd(std::bit_cast<__m256d>(yes)));
#else
    unsigned mask = 0;
    for (size_t i = 0; i < kHalf; ++i) mask |= unsigned(yes[i] != 0) << i;
    return mask;
#endif
  }
  /// Which children the half-spaces may hold any of.
  static unsigned may_hold(const Node& n, HalfSpaces within) {
    unsigned mask = 0;
    for (size_t h = 0; h < 2; ++h) {
      unsigned own = (1u << kHalf) - 1;
      for (const auto& [normal, offset] : within) {
        // the box's corner that lies farthest to the inside
        const Lanes most = normal.x * (normal.x < 0 ? n.lo : n.hi)[0].half[h] +
                           normal.y * (normal.y < 0 ? n.lo : n.hi)[1].half[h] +
                           normal.z * (normal.z < 0 ? n.lo : n.hi)[2].half[h];
        const Lanes size = most < 0 ? -most : most;
        own &= mask_of(most + kRounding * size >= offset - kRounding * (offset < 0 ? -offset : offset));
        if (own == 0) break;
      }
      mask |= own << (kHalf * h);
    }
    return mask & ((1u << n.size) - 1);
  }
  /// Which edges are touched within reach: the place is where both ends' distances from the line divide what lies
  /// between them along it.
  static unsigned touched(const Leaf& leaf, const Vec3d& p);

  static constexpr double kRounding = 1e-12;
  std::vector<Node> nodes_;
  std::vector<Leaf> leaves_;
};

template <class Visit>
void LitLines::visit(const Vec3d& image_m, HalfSpaces within, bool everywhere, Visit&& found) const {
  if (nodes_.empty()) return;
  std::vector<int32_t> stack{0};
  while (!stack.empty()) {
    const int32_t at = stack.back();
    stack.pop_back();
    if (at >= 0) {
      const Node& n = nodes_[size_t(at)];
      unsigned mask = everywhere ? (1u << n.size) - 1 : may_hold(n, within);
      for (; mask != 0; mask &= mask - 1) stack.push_back(n.child[size_t(std::countr_zero(mask))]);
      continue;
    }
    const Leaf& leaf = leaves_[size_t(~at)];
    unsigned mask = everywhere ? (1u << leaf.size) - 1 : touched(leaf, image_m);
    for (; mask != 0; mask &= mask - 1) found(leaf.lit[size_t(std::countr_zero(mask))]);
  }
}

}  // namespace raywave::paths
