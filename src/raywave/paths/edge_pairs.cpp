// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_pairs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/paths/image_looks.h"

namespace raywave::paths {
namespace {

using Lanes3 = std::array<Lanes, 3>;

constexpr float kRoundings = 16 * std::numeric_limits<float>::epsilon();

double largest(const Vec3d& p) { return std::abs(p.x) + std::abs(p.y) + std::abs(p.z); }
bool is_bounded(const FirstEdges::Line& l) { return l.hi - l.lo < std::numeric_limits<double>::infinity(); }
Vec3d at(const FirstEdges::Line& l, double t) { return l.a + t * l.direction; }

Lanes3 minus(const Vec3f& p, const Lanes3& q) { return {p.x - q[0], p.y - q[1], p.z - q[2]}; }
Lanes3 minus(const Lanes3& p, const Vec3f& q) { return {p[0] - q.x, p[1] - q.y, p[2] - q.z}; }
Lanes3 plus(const Lanes3& p, const Lanes& t, const Lanes3& d) {
  return {p[0] + t * d[0], p[1] + t * d[1], p[2] + t * d[2]};
}

Lanes3 wide(const Vec3f& p) { return {p.x - Lanes{}, p.y - Lanes{}, p.z - Lanes{}}; }

/// Where places lie along lines, and how far off them.
struct Sides {
  Lanes along, off;
};
Sides sides_of(const Lanes3& direction, const Lanes3& p) {
  const Lanes along = dot(direction, p);
  const Lanes3 u = plus(p, -along, direction);
  return {along, square_root(dot(u, u))};
}

/// A stretch of another edge's line as lines see it: its ends, its middle.
struct Across {
  Sides from, to, middle;
  Lanes size;
};

/// Surely past what counts of the lines, whichever place of the stretch the way from the image goes on to? Where it
/// touches a line lies between its foot and that place's in the ratio of their distances, which is monotonous in both
/// numbers of the place. @param rounding_m  of all coordinates
unsigned missed(const Sides& image, const Across& there, const Lanes& lo, const Lanes& hi, float rounding_m) {
  const Lanes near = most(Lanes{}, there.middle.off - 0.5f * there.size), far = most(there.from.off, there.to.off);
  const Lanes along = size(image.along) + size(there.from.along) + size(there.to.along);
  const Lanes exact = rounding_m + kRoundings * (along + image.off + far);
  const Lanes share_near = 1 / (image.off + near), share_far = 1 / (image.off + far);
  const Lanes slope = most(size(image.along - there.from.along), size(image.along - there.to.along)) * share_near;
  const Lanes slack = exact * (1 + slope), first = lo - slack, last = hi + slack;
  unsigned before = mask_of(image.off > exact), behind = before;  // nearer to its line an image says nothing
  for (const Lanes& place : {there.from.along, there.to.along}) {
    const Lanes to_near = (image.along * near + place * image.off) * share_near,
                to_far = (image.along * far + place * image.off) * share_far;
    before &= mask_of(to_near < first) & mask_of(to_far < first);
    behind &= mask_of(to_near > last) & mask_of(to_far > last);
  }
  return before | behind;
}

}  // namespace

FirstEdges::FirstEdges(std::span<const Line> lines, double within_m) : within_m_(float(within_m)) {
  double most_m = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i % kLanes == 0) blocks_.emplace_back();
    Block& b = blocks_.back();
    const Line& l = lines[i];
    const auto lane = int(i % kLanes);
    set_lane(b.a, size_t(lane), l.a), set_lane(b.direction, size_t(lane), l.direction);
    set_lane(b.n0, size_t(lane), l.n0), set_lane(b.nn, size_t(lane), l.nn);
    b.length[lane] = float(l.length_m), b.along[lane] = float(l.along), b.off[lane] = float(l.off);
    b.lo[lane] = float(l.lo), b.hi[lane] = float(l.hi);
    b.name[size_t(lane)] = l.name;
    b.used |= 1u << lane, b.any_side |= unsigned(l.any_side) << lane, b.bounded |= unsigned(is_bounded(l)) << lane;
    most_m = std::max({most_m, largest(l.a), largest(at(l, l.length_m))});
  }
  largest_m_ = float(most_m);
}

FirstEdges::Seconds::Seconds(std::span<const Line> lines) {
  for (const Line& l : lines) {
    Second& s = seconds_.emplace_back();
    s.a = Vec3f(l.a), s.b = Vec3f(at(l, l.length_m)), s.direction = Vec3f(l.direction);
    s.n0 = Vec3f(l.n0), s.nn = Vec3f(l.nn);
    s.any_side = l.any_side, s.is_bounded = is_bounded(l);
    s.along = float(l.along), s.off = float(l.off), s.lo = float(l.lo), s.hi = float(l.hi);
    s.largest_m = float(std::max(largest(l.a), largest(at(l, l.length_m))));
    if (!s.is_bounded) continue;
    s.from = Vec3f(at(l, l.lo)), s.to = Vec3f(at(l, l.hi)), s.middle = Vec3f(at(l, 0.5 * (l.lo + l.hi)));
    s.size_m = float(l.hi - l.lo);
    s.largest_m = std::max(s.largest_m, float(std::max(largest(at(l, l.lo)), largest(at(l, l.hi)))));
  }
}

unsigned FirstEdges::may_meet(const Block& w, const Seconds::Second& v) const {
  const float rounding_m = kRoundings * (largest_m_ + v.largest_m), behind_m = within_m_ + rounding_m;
  const auto in_front = [&](const Lanes3& n0, const Lanes3& nn, const Lanes3& p) {
    return mask_of(most(dot(n0, p), dot(nn, p)) >= -behind_m - float(kClear) * size(p));
  };
  unsigned mask = w.used;
  mask &= w.any_side | in_front(w.n0, w.nn, minus(v.a, w.a)) | in_front(w.n0, w.nn, minus(v.b, w.a));
  if (mask == 0) return 0;
  const Lanes3 begin = minus(w.a, v.a);
  if (!v.any_side) {
    const Lanes3 n0 = wide(v.n0), nn = wide(v.nn);
    mask &= in_front(n0, nn, begin) | in_front(n0, nn, plus(begin, w.length, w.direction));
    if (mask == 0) return 0;
  }
  if (v.is_bounded) {
    const Across there{sides_of(w.direction, minus(v.from, w.a)), sides_of(w.direction, minus(v.to, w.a)),
                       sides_of(w.direction, minus(v.middle, w.a)), v.size_m - Lanes{}};
    mask &= ~missed({w.along, w.off}, there, w.lo, w.hi, rounding_m);
    if (mask == 0) return 0;
  }
  const Lanes3 direction = wide(v.direction);
  const auto side = [&](const Lanes& t) { return sides_of(direction, plus(begin, t, w.direction)); };
  const Across there{side(w.lo), side(w.hi), side(0.5f * (w.lo + w.hi)), w.hi - w.lo};
  return mask &
         ~(w.bounded & missed({v.along - Lanes{}, v.off - Lanes{}}, there, v.lo - Lanes{}, v.hi - Lanes{}, rounding_m));
}

}  // namespace raywave::paths
