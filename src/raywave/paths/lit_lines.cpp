// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/lit_lines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace raywave::paths {

namespace {
double size(const Vec3d& p) { return std::abs(p.x) + std::abs(p.y) + std::abs(p.z); }
}  // namespace

LitLines::LitLines(const std::vector<Line>& lines) {
  if (lines.empty()) return;
  for (const Line& l : lines) reach_m_ = std::max({reach_m_, size(l.box.lo), size(l.box.hi)});
  std::vector<uint32_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0u);
  build(lines, order);
}

namespace {

using Line = LitLines::Line;

constexpr float kFloat = std::numeric_limits<float>::epsilon();
constexpr float kNearPlane = 1e-5f;  // of a distance: above kClear and in_reach()'s

/// Halves by number, so that leaves are full, along the axis on which their middles lie farthest apart; those of one
/// edge stay together.
size_t halve(const std::vector<Line>& lines, std::span<uint32_t> order, size_t full) {
  Box middles;
  for (const uint32_t i : order) middles.add(lines[i].box.lo + lines[i].box.hi);
  const Vec3d size = middles.hi - middles.lo;
  const auto key = [&](uint32_t i) {
    const Vec3d m = lines[i].box.lo + lines[i].box.hi;
    return size.x >= size.y && size.x >= size.z ? m.x : size.y >= size.z ? m.y : m.z;
  };
  const size_t half = (order.size() / 2 + full - 1) / full * full;
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
      const size_t half = halve(lines, part, kWide);
      halves.push_back(part.first(half));
      halves.push_back(part.subspan(half));
    }
    if (halves.size() == parts.size()) break;
    parts = std::move(halves);
  }
  nodes_[node].size = parts.size();
  for (size_t i = 0; i < parts.size(); ++i) {
    Box box;
    double within = 0;
    for (const uint32_t l : parts[i]) box.add(lines[l].box), within = std::max(within, lines[l].looked_within_m);
    Node& n = nodes_[node];
    set_lane(n.lo, i, box.lo), set_lane(n.hi, i, box.hi);
    n.within[int(i)] = float(within);
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
      const auto lane = int(l);
      set_lane(leaf.a, l, line.a), set_lane(leaf.direction, l, line.direction), set_lane(leaf.n0, l, line.n0),
          set_lane(leaf.nn, l, line.nn);
      leaf.along[lane] = float(line.along), leaf.off[lane] = float(line.off);
      leaf.reach_lo[lane] = float(line.reach_lo), leaf.reach_hi[lane] = float(line.reach_hi);
      leaf.length[lane] = float(line.length_m), leaf.within[lane] = float(line.looked_within_m);
      leaf.seen_behind |= unsigned(line.is_seen_behind) << l;
      leaf.lit[l] = line.lit;
    }
  }
  return int32_t(node);
}

LitLines::Asked LitLines::prepared(const Ask& ask) const {
  Asked asked{ask, Vec3f(ask.image_m), {}, float(16 * double(kFloat) * (reach_m_ + size(ask.image_m)))};
  for (const MirrorCone& c : ask.cones) {
    Cone& own = asked.cones.emplace_back();
    own.behind = Vec3f(normalized(c.behind.normal));
    own.distance_m = float((c.behind.offset - raywave::dot(c.behind.normal, ask.image_m)) / norm(c.behind.normal));
    for (size_t i = 0; i < 4; ++i) own.through[i] = Vec3f(normalized(c.through[i].normal));
  }
  return asked;
}

unsigned LitLines::may_hold(const Node& n, const Asked& asked) {
  unsigned mask = (1u << n.size) - 1;
  std::array<Lanes, 3> lo, hi;
  const float image[3] = {asked.image.x, asked.image.y, asked.image.z};
  for (size_t k = 0; k < 3; ++k) lo[k] = n.lo[k] - image[k], hi[k] = n.hi[k] - image[k];
  const auto most = [&](const Vec3f& normal) {  // at the box's corner that lies farthest to the inside
    return dot(normal, (normal.x < 0 ? lo : hi)[0], (normal.y < 0 ? lo : hi)[1], (normal.z < 0 ? lo : hi)[2]);
  };
  for (const Cone& c : asked.cones) {  // as through()
    const Lanes slack = 5 * n.within + asked.slack_m, behind = most(c.behind);
    const Lanes room = slack * (1 + size(behind) * (1 / c.distance_m));
    unsigned in = mask_of(behind >= c.distance_m - slack);
    for (const Vec3f& side : c.through) in &= mask_of(most(side) >= -room);
    mask &= in | mask_of(slack > 0.5f * c.distance_m - Lanes{});
    if (mask == 0) return 0;
  }
  return mask;
}

unsigned LitLines::through(const Leaf& leaf, const Touched& t, const Asked& asked) {
  unsigned mask = t.mask;
  for (const Cone& c : asked.cones) {
    if (mask == 0) return 0;
    // At the mirror the Refiner's last word is left so much room; behind it that is more. With an image about as near
    // to its mirror as that nothing is known.
    const Lanes slack = 4 * leaf.within + t.within;
    const Lanes behind = dot(c.behind, t.place[0], t.place[1], t.place[2]);
    const unsigned unknown = mask_of(slack > 0.5f * c.distance_m - Lanes{});
    const Lanes room = slack * (1 + size(behind) * (1 / c.distance_m));
    unsigned in = mask_of(behind >= c.distance_m - slack);
    for (const Vec3f& side : c.through) in &= mask_of(dot(side, t.place[0], t.place[1], t.place[2]) >= -room);
    mask &= in | unknown;
  }
  return mask;
}

unsigned LitLines::hidden(const Touched& t, std::span<Shadow> shadows) {
  unsigned mask = t.may_hide;
  for (size_t i = 0; i < shadows.size() && mask != 0; ++i) {
    unsigned inside = mask;
    for (const Shadow::Side& side : shadows[i].sides) {
      inside &= mask_of(dot(side.normal, t.place[0], t.place[1], t.place[2]) >= side.least_m + t.within);
      if (inside == 0) break;
    }
    if (inside == 0) continue;
    mask &= ~inside;
    shadows[i].times += uint32_t(std::popcount(inside));
    if (i > 0) std::swap(shadows[i], shadows[i / 2]);
  }
  return t.may_hide & ~mask;
}

unsigned LitLines::seen(const Leaf& leaf, const Asked& asked) {
  const float image[3] = {asked.image.x, asked.image.y, asked.image.z};
  std::array<Lanes, 3> a, b;  // both ends, seen from the image
  for (size_t k = 0; k < 3; ++k) a[k] = leaf.a[k] - image[k], b[k] = a[k] + leaf.length * leaf.direction[k];
  const auto over = [](const Vec3f& n, const std::array<Lanes, 3>& p) { return dot(n, p[0], p[1], p[2]); };
  unsigned mask = (1u << leaf.size) - 1;
  const Lanes within = leaf.within + asked.slack_m;
  for (const Cone& c : asked.cones) {  // as through()
    const Lanes slack = 4 * leaf.within + within, behind = most(over(c.behind, a), over(c.behind, b));
    const Lanes room = slack * (1 + size(behind) * (1 / c.distance_m));
    unsigned in = mask_of(behind >= c.distance_m - slack);
    for (const Vec3f& side : c.through) in &= mask_of(most(over(side, a), over(side, b)) >= -room);
    mask &= in | mask_of(slack > 0.5f * c.distance_m - Lanes{});
    if (mask == 0) return 0;
  }
  if (!asked.ask.is_place) {
    const Lanes off_0 = -dot(leaf.n0, a[0], a[1], a[2]), off_n = -dot(leaf.nn, a[0], a[1], a[2]);
    const Lanes rounding = asked.slack_m + kNearPlane * size(a);
    mask &= leaf.seen_behind | ~mask_of((off_0 < -rounding) & (off_n < -rounding));
  }
  if (!asked.ask.shadows) return mask;
  for (size_t i = 0; i < asked.ask.shadows->size() && mask != 0; ++i) {
    Shadow& s = (*asked.ask.shadows)[i];
    unsigned inside = mask;
    for (const Shadow::Side& side : s.sides) {
      inside &= mask_of(least(over(side.normal, a), over(side.normal, b)) >= side.least_m + within);
      if (inside == 0) break;
    }
    if (inside == 0) continue;
    mask &= ~inside;
    s.times += uint32_t(std::popcount(inside));
    if (i > 0) std::swap(s, (*asked.ask.shadows)[i / 2]);
  }
  return mask;
}

LitLines::Touched LitLines::touched(const Leaf& leaf, const Asked& asked) {
  const Lanes zero{};
  const Lanes x = asked.image.x - leaf.a[0], y = asked.image.y - leaf.a[1], z = asked.image.z - leaf.a[2];
  const Lanes along = dot(leaf.direction, x, y, z);
  const Lanes u = x - along * leaf.direction[0], v = y - along * leaf.direction[1], w = z - along * leaf.direction[2];
  Lanes off = u * u + v * v + w * w;
  for (int i = 0; i < int(kWide); ++i) off[i] = std::sqrt(off[i]);
  const Lanes share = 1 / (leaf.off + off);  // in line with the edge it is not a number, and is asked for elsewhere
  const Lanes t = (leaf.along * off + along * leaf.off) * share;
  const Lanes own = asked.slack_m + 16 * kFloat * (size(leaf.along) + leaf.off),
              slack = own * (1 + size(leaf.along - along) * share);
  const unsigned out = mask_of((t < leaf.reach_lo - slack) | (t > leaf.reach_hi + slack));
  const Lanes on = t < zero ? zero : t > leaf.length ? leaf.length : t;
  Touched all{{on * leaf.direction[0] - x, on * leaf.direction[1] - y, on * leaf.direction[2] - z},
              leaf.within + slack,
              ~out & ((1u << leaf.size) - 1),
              0};
  all.may_hide = all.mask;
  if (!asked.ask.is_place || all.mask == 0) return all;
  // A target behind the faces, or by their planes, looks along other rays as well, over a corner's faces.
  const Lanes off_0 = dot(leaf.n0, x, y, z), off_n = dot(leaf.nn, x, y, z);
  const Lanes least = asked.slack_m + kNearPlane * (size(x) + size(y) + size(z) + size(t) + leaf.length);
  all.mask &= leaf.seen_behind | ~mask_of((off_0 < -least) & (off_n < -least));
  all.may_hide &= mask_of((size(off_0) > least) & (size(off_n) > least) & ((off_0 > zero) | (off_n > zero)));
  return all;
}

}  // namespace raywave::paths
