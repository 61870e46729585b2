// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/lit_lines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace raywave::paths {

LitLines::LitLines(const std::vector<Line>& lines) {
  if (lines.empty()) return;
  std::vector<uint32_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0u);
  build(lines, order);
}

namespace {

using Line = LitLines::Line;

/// Halves by number, along the axis on which their middles lie farthest apart; those of one edge stay together.
size_t halve(const std::vector<Line>& lines, std::span<uint32_t> order) {
  Box middles;
  for (const uint32_t i : order) middles.add(lines[i].box.lo + lines[i].box.hi);
  const Vec3d size = middles.hi - middles.lo;
  const auto key = [&](uint32_t i) {
    const Vec3d m = lines[i].box.lo + lines[i].box.hi;
    return size.x >= size.y && size.x >= size.z ? m.x : size.y >= size.z ? m.y : m.z;
  };
  const size_t half = order.size() / 2;
  std::nth_element(order.begin(), order.begin() + long(half), order.end(), [&](uint32_t x, uint32_t y) {
    const double kx = key(x), ky = key(y);
    return kx != ky ? kx < ky : x < y;
  });
  return half;
}

}  // namespace

int32_t LitLines::build(const std::vector<Line>& lines, std::span<uint32_t> order) {
  const auto node = nodes_.size();
  nodes_.emplace_back();
  std::vector<std::span<uint32_t>> parts{order};
  while (parts.size() < kWide) {  // all of a level are halved, so that eight lie in most leaves
    std::vector<std::span<uint32_t>> halves;
    for (const auto& part : parts) {
      if (part.size() <= kWide) {
        halves.push_back(part);
        continue;
      }
      const size_t half = halve(lines, part);
      halves.push_back(part.first(half));
      halves.push_back(part.subspan(half));
    }
    if (halves.size() == parts.size()) break;
    parts = std::move(halves);
  }
  nodes_[node].size = parts.size();
  for (size_t i = 0; i < parts.size(); ++i) {
    Box box;
    for (const uint32_t l : parts[i]) box.add(lines[l].box);
    const double lo[3] = {box.lo.x, box.lo.y, box.lo.z}, hi[3] = {box.hi.x, box.hi.y, box.hi.z};
    for (size_t k = 0; k < 3; ++k) nodes_[node].lo[k].set(i, lo[k]), nodes_[node].hi[k].set(i, hi[k]);
    if (parts[i].size() > kWide) {
      const int32_t child = build(lines, parts[i]);
      nodes_[node].child[i] = child;
      continue;
    }
    nodes_[node].child[i] = ~int32_t(leaves_.size());
    Leaf& leaf = leaves_.emplace_back();
    leaf.size = parts[i].size();
    std::sort(parts[i].begin(), parts[i].end());
    for (size_t l = 0; l < kWide; ++l) {
      const Line& line = lines[parts[i][std::min(l, leaf.size - 1)]];
      const double a[3] = {line.a.x, line.a.y, line.a.z}, d[3] = {line.direction.x, line.direction.y, line.direction.z};
      for (size_t k = 0; k < 3; ++k) leaf.a[k].set(l, a[k]), leaf.direction[k].set(l, d[k]);
      leaf.along.set(l, line.along), leaf.off.set(l, line.off);
      leaf.reach_lo.set(l, line.reach_lo), leaf.reach_hi.set(l, line.reach_hi);
      leaf.lit[l] = line.lit;
    }
  }
  return int32_t(node);
}

unsigned LitLines::touched(const Leaf& leaf, const Vec3d& p) {
  unsigned mask = 0;
  for (size_t h = 0; h < 2; ++h) {
    const Lanes x = p.x - leaf.a[0].half[h], y = p.y - leaf.a[1].half[h], z = p.z - leaf.a[2].half[h];
    const Lanes &dx = leaf.direction[0].half[h], &dy = leaf.direction[1].half[h], &dz = leaf.direction[2].half[h];
    const Lanes along = x * dx + y * dy + z * dz;
    const Lanes u = x - along * dx, v = y - along * dy, w = z - along * dz;
    Lanes off = u * u + v * v + w * w;
    for (size_t i = 0; i < kHalf; ++i) off[i] = std::sqrt(off[i]);
    const Lanes t = (leaf.along.half[h] * off + along * leaf.off.half[h]) / (leaf.off.half[h] + off);
    // in line with the edge it is not a number, and is asked for elsewhere
    const Lanes slack = kRounding * ((along < 0 ? -along : along) + off);
    const auto before = t<leaf.reach_lo.half[h] - slack, behind = t> leaf.reach_hi.half[h] + slack;
    mask |= (mask_of(before | behind) ^ ((1u << kHalf) - 1)) << (kHalf * h);
  }
  return mask & ((1u << leaf.size) - 1);
}

}  // namespace raywave::paths
