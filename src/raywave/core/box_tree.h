// SPDX-License-Identifier: Apache-2.0
// A tree of boxes in double precision: which of them overlap a given one? For questions of the size of roundings, which
// the ray engine (single precision) cannot answer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "raywave/core/vec.h"

namespace raywave {

struct Box {
  Vec3d lo{1e300, 1e300, 1e300}, hi{-1e300, -1e300, -1e300};

  void add(const Vec3d& p) {
    lo = {std::min(lo.x, p.x), std::min(lo.y, p.y), std::min(lo.z, p.z)};
    hi = {std::max(hi.x, p.x), std::max(hi.y, p.y), std::max(hi.z, p.z)};
  }
  void add(const Box& b) {
    add(b.lo);
    add(b.hi);
  }
  Box grown(double by) const { return {lo - Vec3d{by, by, by}, hi + Vec3d{by, by, by}}; }
  bool overlaps(const Box& o) const {
    return lo.x <= o.hi.x && o.lo.x <= hi.x && lo.y <= o.hi.y && o.lo.y <= hi.y && lo.z <= o.hi.z && o.lo.z <= hi.z;
  }
};

class BoxTree {
 public:
  explicit BoxTree(std::vector<Box> boxes) : boxes_(std::move(boxes)), order_(boxes_.size()) {
    std::iota(order_.begin(), order_.end(), 0u);
    if (!boxes_.empty()) build(0, uint32_t(boxes_.size()));
  }

  /// Calls visit(index) for every box that overlaps this one, in a fixed order.
  template <class Visit>
  void overlapping(const Box& box, Visit&& found) const {
    visit([&](const Box& b) { return b.overlaps(box); }, found);
  }
  /// The same for every box that may(box), which holds for a box if it does for one inside of it.
  template <class May, class Visit>
  void visit(May&& may, Visit&& found) const {
    uint32_t stack[64], size = 0;
    if (!nodes_.empty()) stack[size++] = 0;
    while (size > 0) {
      const Node& n = nodes_[stack[--size]];
      if (!may(n.box)) continue;
      if (n.right == 0) {
        for (uint32_t i = n.begin; i < n.end; ++i) {
          if (may(boxes_[order_[i]])) found(order_[i]);
        }
      } else {
        stack[size++] = n.right;
        stack[size++] = uint32_t(&n - nodes_.data()) + 1;
      }
    }
  }

 private:
  static constexpr uint32_t kLeaf = 4;
  struct Node {
    Box box;
    uint32_t begin, end, right = 0;  // of order_; the left child follows its parent; right = 0: a leaf
  };

  /// Halves by number, so that the depth is the logarithm's.
  void build(uint32_t begin, uint32_t end) {
    const size_t at = nodes_.size();
    Node n{{}, begin, end};
    Box middles;
    for (uint32_t i = begin; i < end; ++i) {
      n.box.add(boxes_[order_[i]]);
      middles.add(boxes_[order_[i]].lo + boxes_[order_[i]].hi);
    }
    nodes_.push_back(n);
    if (end - begin <= kLeaf) return;
    const Vec3d size = middles.hi - middles.lo;
    const auto key = [&](uint32_t i) {
      const Vec3d m = boxes_[i].lo + boxes_[i].hi;
      return size.x >= size.y && size.x >= size.z ? m.x : size.y >= size.z ? m.y : m.z;
    };
    const uint32_t half = begin + (end - begin) / 2;
    std::nth_element(order_.begin() + begin, order_.begin() + half, order_.begin() + end, [&](uint32_t x, uint32_t y) {
      const double kx = key(x), ky = key(y);
      return kx != ky ? kx < ky : x < y;
    });
    build(begin, half);
    nodes_[at].right = uint32_t(nodes_.size());
    build(half, end);
  }

  std::vector<Box> boxes_;
  std::vector<uint32_t> order_;
  std::vector<Node> nodes_;
};

}  // namespace raywave
