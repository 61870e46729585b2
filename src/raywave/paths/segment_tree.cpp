// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/segment_tree.h"

namespace raywave::paths {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr Boxf kNowhere{{kInf, kInf, kInf}, {-kInf, -kInf, -kInf}};

void add(Boxf& box, const Boxf& other) {
  for (size_t k = 0; k < 3; ++k) {
    box.lo[k] = std::min(box.lo[k], other.lo[k]);
    box.hi[k] = std::max(box.hi[k], other.hi[k]);
  }
}
/// Half of its area: how likely a line meets it.
float area(const Boxf& b) {
  const float x = b.hi[0] - b.lo[0], y = b.hi[1] - b.lo[1], z = b.hi[2] - b.lo[2];
  return x < 0 ? 0 : x * y + y * z + z * x;
}
float middle(const Boxf& b, size_t axis) { return b.lo[axis] + b.hi[axis]; }  // twice

}  // namespace

struct SegmentTree::Builder {
  struct Range {
    uint32_t begin, end;
    Boxf box, middles;
    uint32_t size() const { return end - begin; }
  };
  /// Below this depth ranges are halved by number, so that the depth, and with it the stack of a search, has a bound:
  /// 20 nodes and the logarithm's 11 leave up to 7 children each.
  static constexpr int kDeep = 20;
  static constexpr size_t kBins = 16;

  const std::vector<Boxf>& boxes;
  std::vector<Node>& nodes;
  std::vector<uint32_t> order;

  Range range(uint32_t begin, uint32_t end) const {
    Range r{begin, end, kNowhere, kNowhere};
    for (uint32_t i = begin; i < end; ++i) {
      const Boxf& b = boxes[order[i]];
      add(r.box, b);
      for (size_t k = 0; k < 3; ++k) {
        r.middles.lo[k] = std::min(r.middles.lo[k], middle(b, k));
        r.middles.hi[k] = std::max(r.middles.hi[k], middle(b, k));
      }
    }
    return r;
  }

  uint32_t halve(const Range& r, size_t axis) {
    const uint32_t half = r.begin + r.size() / 2;
    std::nth_element(order.begin() + r.begin, order.begin() + half, order.begin() + r.end, [&](uint32_t x, uint32_t y) {
      const float mx = middle(boxes[x], axis), my = middle(boxes[y], axis);
      return mx != my ? mx < my : x < y;
    });
    return half;
  }

  /// Where to cut a range: between bins of the middles, where areas times numbers are least.
  uint32_t cut(const Range& r, bool by_number) {
    size_t axis = 0;
    for (size_t k = 1; k < 3; ++k) {
      if (r.middles.hi[k] - r.middles.lo[k] > r.middles.hi[axis] - r.middles.lo[axis]) axis = k;
    }
    const float lo = r.middles.lo[axis], width = r.middles.hi[axis] - lo;
    if (by_number || r.size() <= 2 || !(width > 0)) return halve(r, axis);
    const float per_bin = float(kBins) / width;
    const auto bin_of = [&](uint32_t i) {
      return std::min(size_t((middle(boxes[i], axis) - lo) * per_bin), kBins - 1);
    };
    std::array<Boxf, kBins> bins;
    std::array<uint32_t, kBins> counts{};
    bins.fill(kNowhere);
    for (uint32_t i = r.begin; i < r.end; ++i) {
      const size_t bin = bin_of(order[i]);
      add(bins[bin], boxes[order[i]]);
      ++counts[bin];
    }
    std::array<float, kBins> above{};  // cost of the bins from here on
    Boxf box = kNowhere;
    uint32_t count = 0;
    for (size_t b = kBins; b-- > 1;) {
      add(box, bins[b]);
      above[b] = area(box) * float(count += counts[b]);
    }
    size_t best = 0;
    float least = kInf;
    box = kNowhere;
    count = 0;
    for (size_t b = 1; b < kBins; ++b) {
      add(box, bins[b - 1]);
      count += counts[b - 1];
      const float cost = area(box) * float(count) + above[b];
      if (count > 0 && count < r.size() && cost < least) least = cost, best = b;
    }
    if (best == 0) return halve(r, axis);
    const auto at =
        std::partition(order.begin() + r.begin, order.begin() + r.end, [&](uint32_t i) { return bin_of(i) < best; });
    return uint32_t(at - order.begin());
  }

  int32_t build(const Range& all, int depth) {
    std::array<Range, kWide> parts{all};
    size_t num_parts = 1;
    while (num_parts < size_t(kWide)) {  // the largest is cut next
      size_t largest = num_parts;
      float most = -1;
      for (size_t i = 0; i < num_parts; ++i) {
        if (parts[i].size() < 2) continue;
        const float size = depth > kDeep ? float(parts[i].size()) : area(parts[i].box);
        if (size > most) most = size, largest = i;
      }
      if (largest == num_parts) break;
      const Range whole = parts[largest];
      const uint32_t at = cut(whole, depth > kDeep);
      parts[largest] = range(whole.begin, at);
      parts[num_parts++] = range(at, whole.end);
    }
    const auto node = nodes.size();
    nodes.emplace_back();
    for (int i = 0; i < kWide; ++i) {
      const bool used = size_t(i) < num_parts;
      const Boxf& b = used ? parts[size_t(i)].box : kNowhere;
      for (size_t k = 0; k < 3; ++k) nodes[node].side[0][k][i] = b.lo[k], nodes[node].side[1][k][i] = b.hi[k];
      nodes[node].child[i] = 0;
    }
    for (size_t i = 0; i < num_parts; ++i) {
      const Range& r = parts[i];
      const int32_t child = r.size() == 1 ? ~int32_t(order[r.begin]) : build(r, depth + 1);
      nodes[node].child[i] = child;
    }
    return int32_t(node);
  }
};

SegmentTree::SegmentTree(const std::vector<Boxf>& boxes) {
  if (boxes.empty()) return;
  Builder builder{boxes, nodes_, std::vector<uint32_t>(boxes.size())};
  for (size_t i = 0; i < boxes.size(); ++i) builder.order[i] = uint32_t(i);
  nodes_.reserve(boxes.size() / 4 + 1);
  builder.build(builder.range(0, uint32_t(boxes.size())), 0);
  nodes_.shrink_to_fit();
}

}  // namespace raywave::paths
