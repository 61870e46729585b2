// SPDX-License-Identifier: Apache-2.0
// A tree of boxes in single precision that a segment may pass through: it proposes, and whoever visits it decides.
// Eight boxes a node, tested together; a leaf is one box. What it proposes holds everything that passes through a box
// as given: boxes must be larger than the thing inside by what rounding segments to single precision moves them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/paths/lanes.h"

namespace raywave::paths {

struct Boxf {
  std::array<float, 3> lo, hi;
};

/// A convex region: half-spaces normal . p >= offset.
class Regionf {
 public:
  /// @param reach_m  the largest coordinate that is asked for: places are inside by what rounding may be wrong there
  explicit Regionf(double reach_m) : reach_m_(reach_m) {}
  void clear() { planes_.clear(); }
  void keep(const Vec3d& normal, double offset) {
    const double size = std::abs(normal.x) + std::abs(normal.y) + std::abs(normal.z);
    constexpr double kRounding = 8 * double(std::numeric_limits<float>::epsilon());
    planes_.push_back({Vec3f(normal), float(offset - kRounding * (size * reach_m_ + std::abs(offset)))});
  }

 private:
  friend class SegmentTree;
  struct Plane {
    Vec3f normal;
    float least;
  };
  const double reach_m_;
  std::vector<Plane> planes_;
};

class SegmentTree {
 public:
  SegmentTree() = default;
  /// Deterministic.
  explicit SegmentTree(const std::vector<Boxf>& boxes);

  /// test(index) for the boxes that the segment from `origin` to `origin + direction` passes through, until one says
  /// true. @return whether one did.
  template <class Test>
  bool any(const Vec3d& origin, const Vec3d& direction, Test&& test) const;

  /// test(index) for the boxes that a region holds any of, perhaps for more, until one says true. @return whether one
  /// did.
  template <class Test>
  bool any_in(const Regionf& region, Test&& test) const;

  /// test(index, far) for the boxes that the segment passes through before the fraction `far` of its length, which
  /// test() may reduce; nearer boxes mostly first.
  template <class Test>
  void nearest(const Vec3d& origin, const Vec3d& direction, Test&& test) const;

 private:
  static constexpr int kWide = int(kLanes);
  static constexpr size_t kMostOnStack = 256;  // see kDeep in the source

  struct alignas(32) Node {
    Lanes side[2][3];      // lower, upper; of empty places: nowhere
    int32_t child[kWide];  // >= 0: a node; below: ~index of a box
  };
  struct Builder;

  struct Ray {
    Lanes origin[3], inverse[3];
    size_t enters_at[3];  // the lower side, or the upper one
    Ray(const Vec3d& o, const Vec3d& d) {
      const float from[3] = {float(o.x), float(o.y), float(o.z)}, along[3] = {float(d.x), float(d.y), float(d.z)};
      for (int k = 0; k < 3; ++k) {
        // no division by zero: a shorter step is below all rounding
        constexpr float kLeast = 1e-30f;
        const float v = along[k] < kLeast && along[k] > -kLeast ? kLeast : along[k];
        enters_at[k] = v < 0;
        origin[k] = from[k] - Lanes{};
        inverse[k] = 1 / v - Lanes{};
      }
    }
  };

  /// Which of a node's boxes have a corner in each half-space.
  static unsigned meets(const Node& n, const Regionf& region) {
    unsigned mask = mask_of(n.side[0][0] <= n.side[1][0]);  // places that are not empty
    for (const Regionf::Plane& p : region.planes_) {
      // the corner that lies farthest to the inside
      const Lanes most = p.normal.x * n.side[p.normal.x >= 0][0] + p.normal.y * n.side[p.normal.y >= 0][1] +
                         p.normal.z * n.side[p.normal.z >= 0][2];
      mask &= mask_of(p.least - Lanes{} <= most);
      if (mask == 0) break;
    }
    return mask;
  }

  /// Which of a node's boxes the ray passes through before `far`; where it enters them.
  static unsigned meets(const Node& n, const Ray& ray, float far, Lanes& enters) {
    // rounding of three operations, to both sides
    constexpr float kMore = 1 + 4 * std::numeric_limits<float>::epsilon();
    constexpr float kLess = 1 - 4 * std::numeric_limits<float>::epsilon();
    Lanes first = Lanes{}, last = far - Lanes{};
    for (int k = 0; k < 3; ++k) {
      const Lanes near = (n.side[ray.enters_at[k]][k] - ray.origin[k]) * ray.inverse[k];
      const Lanes away = (n.side[1 - ray.enters_at[k]][k] - ray.origin[k]) * ray.inverse[k];
      first = near > first ? near : first;
      last = away < last ? away : last;
    }
    enters = first;
    return mask_of(first * kLess <= last * kMore);
  }

  std::vector<Node> nodes_;
};

template <class Test>
bool SegmentTree::any(const Vec3d& origin, const Vec3d& direction, Test&& test) const {
  if (nodes_.empty()) return false;
  const Ray ray(origin, direction);
  int32_t stack[kMostOnStack];
  size_t size = 0;
  for (int32_t at = 0;; at = stack[--size]) {
    const Node& n = nodes_[size_t(at)];
    Lanes enters;
    for (unsigned mask = meets(n, ray, 1, enters); mask != 0; mask &= mask - 1) {
      const int32_t child = n.child[std::countr_zero(mask)];
      if (child >= 0) {
        stack[size++] = child;
      } else if (test(uint32_t(~child))) {
        return true;
      }
    }
    if (size == 0) return false;
  }
}

template <class Test>
bool SegmentTree::any_in(const Regionf& region, Test&& test) const {
  if (nodes_.empty()) return false;
  int32_t stack[kMostOnStack];
  size_t size = 0;
  for (int32_t at = 0;; at = stack[--size]) {
    const Node& n = nodes_[size_t(at)];
    for (unsigned mask = meets(n, region); mask != 0; mask &= mask - 1) {
      const int32_t child = n.child[std::countr_zero(mask)];
      if (child >= 0) {
        stack[size++] = child;
      } else if (test(uint32_t(~child))) {
        return true;
      }
    }
    if (size == 0) return false;
  }
}

template <class Test>
void SegmentTree::nearest(const Vec3d& origin, const Vec3d& direction, Test&& test) const {
  if (nodes_.empty()) return;
  const Ray ray(origin, direction);
  struct Entry {
    int32_t child;
    float enters;
  };
  Entry stack[kMostOnStack];
  size_t size = 0;
  stack[size++] = {0, 0};
  float far = 1;
  while (size > 0) {
    const Entry e = stack[--size];
    if (e.enters > far) continue;
    if (e.child < 0) {
      test(uint32_t(~e.child), far);
      continue;
    }
    const Node& n = nodes_[size_t(e.child)];
    Lanes enters;
    const size_t begin = size;
    for (unsigned mask = meets(n, ray, far, enters); mask != 0; mask &= mask - 1) {
      const int i = std::countr_zero(mask);
      Entry next{n.child[i], enters[i]};
      size_t place = size++;
      for (; place > begin && stack[place - 1].enters < next.enters; --place) stack[place] = stack[place - 1];
      stack[place] = next;
    }
  }
}

}  // namespace raywave::paths
