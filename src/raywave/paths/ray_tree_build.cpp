// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/ray_tree_build.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "raywave/core/error.h"
#include "raywave/paths/ray_tracer.h"

namespace raywave::paths {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr int kBins = 16;
constexpr uint32_t kLeaf = 4;  // triangles, at most
/// Below these levels halves are equal in number: 16 more are enough for any number of triangles.
constexpr int kByArea = kRayTreeDepth - 16;

using Point = std::array<float, 3>;
Point point_of(const Vec3f& v) { return {v.x, v.y, v.z}; }

struct Box {
  Point low{kInf, kInf, kInf}, high{-kInf, -kInf, -kInf};

  void add(const Point& p) {
    for (size_t k = 0; k < 3; ++k) low[k] = std::min(low[k], p[k]), high[k] = std::max(high[k], p[k]);
  }
  void add(const Box& b) { add(b.low), add(b.high); }
  double half_area() const {
    if (!(low[0] <= high[0])) return 0;
    const double x = double(high[0]) - low[0], y = double(high[1]) - low[1], z = double(high[2]) - low[2];
    return x * y + y * z + z * x;
  }
};

struct Range {
  uint32_t begin, end;
  uint32_t size() const { return end - begin; }
};

class Builder {
 public:
  Builder(const scene::FacetTable& table, TreeTriangles triangles) : order_(table.triangles.size()) {
    std::iota(order_.begin(), order_.end(), 0u);
    for (const scene::Triangle& t : table.triangles) {
      const std::array<Vec3f, 3> corners = triangles == TreeTriangles::kGrown
                                               ? search_corners(table, t)
                                               : std::array{Vec3f(t.a), Vec3f(t.b), Vec3f(t.c)};
      all_.push_back({corners[0], corners[1], corners[2], t.facet});
      Box box;
      for (const Vec3f& c : corners) box.add(point_of(c));
      boxes_.push_back(box);
    }
  }

  RayTree build() {
    if (order_.empty()) return std::move(out_);
    add_node({0, uint32_t(order_.size())}, 0);
    for (const uint32_t i : order_) out_.triangles.push_back(all_[i]);
    return std::move(out_);
  }

 private:
  float middle(uint32_t i, size_t axis) const { return 0.5f * boxes_[i].low[axis] + 0.5f * boxes_[i].high[axis]; }
  Box box_of(const Range& r) const {
    Box box;
    for (uint32_t i = r.begin; i < r.end; ++i) box.add(boxes_[order_[i]]);
    return box;
  }

  int32_t add_node(const Range& all, int depth) {
    if (depth >= kRayTreeDepth) throw InternalError("the tree of triangles is too deep");
    const size_t at = out_.nodes.size();
    out_.nodes.emplace_back();
    const std::vector<Range> parts = split_in_four(all, depth < kByArea);
    RayTreeNode node{};
    for (size_t i = 0; i < RayTreeNode::kWide; ++i) {
      const Box box = i < parts.size() ? box_of(parts[i]) : Box{};
      for (size_t k = 0; k < 3; ++k) node.low[k][i] = box.low[k], node.high[k][i] = box.high[k];
      if (i >= parts.size()) continue;
      const bool leaf = parts[i].size() <= kLeaf;
      node.count[i] = leaf ? int32_t(parts[i].size()) : 0;
      node.first[i] = leaf ? int32_t(parts[i].begin) : add_node(parts[i], depth + 1);
    }
    out_.nodes[at] = node;
    return int32_t(at);
  }

  /// Splits the largest part until there are four: by area, or by number.
  std::vector<Range> split_in_four(const Range& all, bool by_area) {
    std::vector<Range> parts{all};
    while (parts.size() < RayTreeNode::kWide) {
      size_t largest = parts.size();
      double most = -1;
      for (size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].size() <= kLeaf) continue;
        const double size = by_area ? box_of(parts[i]).half_area() : double(parts[i].size());
        if (size > most) most = size, largest = i;
      }
      if (largest == parts.size()) break;
      const Range r = parts[largest];
      const uint32_t at = by_area ? split_by_area(r) : split_by_number(r);
      parts[largest].end = at;
      parts.push_back({at, r.end});
    }
    return parts;
  }

  uint32_t split_by_number(const Range& r) {
    const Box middles = middles_of(r);
    size_t axis = 0;
    for (size_t k = 1; k < 3; ++k)
      if (middles.high[k] - middles.low[k] > middles.high[axis] - middles.low[axis]) axis = k;
    const uint32_t half = r.begin + r.size() / 2;
    std::nth_element(order_.begin() + r.begin, order_.begin() + half, order_.begin() + r.end,
                     [&](uint32_t i, uint32_t j) {
                       const float x = middle(i, axis), y = middle(j, axis);
                       return x != y ? x < y : i < j;
                     });
    return half;
  }

  Box middles_of(const Range& r) const {
    Box middles;
    for (uint32_t i = r.begin; i < r.end; ++i)
      middles.add(Point{middle(order_[i], 0), middle(order_[i], 1), middle(order_[i], 2)});
    return middles;
  }

  uint32_t split_by_area(const Range& r) {
    const Box middles = middles_of(r);
    double least = std::numeric_limits<double>::infinity();
    size_t best_axis = 3;
    int best_bin = 0;
    const auto bin_of = [&](uint32_t i, size_t axis) {
      const float size = middles.high[axis] - middles.low[axis];
      return std::min(kBins - 1, int((middle(i, axis) - middles.low[axis]) / size * kBins));
    };
    for (size_t axis = 0; axis < 3; ++axis) {
      if (!(middles.high[axis] > middles.low[axis])) continue;
      std::array<Box, kBins> boxes;
      std::array<uint32_t, kBins> counts{};
      for (uint32_t i = r.begin; i < r.end; ++i) {
        const auto bin = size_t(bin_of(order_[i], axis));
        boxes[bin].add(boxes_[order_[i]]);
        ++counts[bin];
      }
      std::array<double, kBins> behind{};  // cost of the bins from here on
      Box box;
      uint32_t count = 0;
      for (size_t b = kBins - 1; b > 0; --b) {
        box.add(boxes[b]);
        behind[b] = box.half_area() * (count += counts[b]);
      }
      box = {}, count = 0;
      for (size_t b = 0; b + 1 < kBins; ++b) {
        box.add(boxes[b]);
        count += counts[b];
        const double cost = box.half_area() * count + behind[b + 1];
        if (count > 0 && count < r.size() && cost < least) least = cost, best_axis = axis, best_bin = int(b);
      }
    }
    if (best_axis == 3) return split_by_number(r);  // all in one place
    const auto at = std::partition(order_.begin() + r.begin, order_.begin() + r.end,
                                   [&](uint32_t i) { return bin_of(i, best_axis) <= best_bin; });
    return uint32_t(at - order_.begin());
  }

  std::vector<RayTreeTriangle> all_;
  std::vector<Box> boxes_;
  std::vector<uint32_t> order_;
  RayTree out_;
};

}  // namespace

RayTree build_ray_tree(const scene::FacetTable& table, TreeTriangles triangles) {
  return Builder(table, triangles).build();
}

}  // namespace raywave::paths
