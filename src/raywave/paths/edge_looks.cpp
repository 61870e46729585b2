// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_looks.h"

#include <algorithm>
#include <cmath>

namespace raywave::paths {
namespace {

bool is_inside(const Wedge& w, double t) { return t >= w.inset_m && t <= w.length_m - w.inset_m; }
bool is_on(const Wedge& w, double t) { return t >= 0 && t <= w.length_m; }

/// Does a direction run off the planes of both faces?
bool off_faces(const Wedge& w, const Vec3d& direction) {
  const double least = kClear * norm(direction);
  return std::abs(dot(direction, w.n0)) > least && std::abs(dot(direction, w.nn)) > least;
}

}  // namespace

std::array<Obstacle, 2>& Obstacles::towards(const Vec3d& d) {
  const double sum = std::abs(d.x) + std::abs(d.y) + std::abs(d.z);
  if (!(sum > 0)) return in_[0];
  double u = d.x / sum, v = d.y / sum;  // the octahedron, unfolded
  if (d.z < 0) {
    const double x = u;
    u = std::copysign(1 - std::abs(v), x);
    v = std::copysign(1 - std::abs(x), v);
  }
  const auto place = [](double x) { return std::clamp(int((0.5 + 0.5 * x) * kSide), 0, kSide - 1); };
  return in_[size_t(place(u) * kSide + place(v))];
}

/// Does the Refiner look at places of the edge's line along the rays through the mirrors alone, up to this distance
/// from the edge's beginning?
bool EdgeLooks::is_looked_along(int32_t node, const Wedge& w, double within_m) const {
  if (opaque_) return false;
  if (node != 0) return true;
  const Vec3d v = tree_.nodes()[0].image_m - w.a;
  const double least = kClear * (norm(v) + within_m), off_0 = dot(v, w.n0), off_n = dot(v, w.nn);
  return std::min(std::abs(off_0), std::abs(off_n)) > least && std::max(off_0, off_n) > 0;
}

Obstacle EdgeLooks::find(int32_t node, const Vec3d& at, const Wedge& w) const {
  return looks_.find(node, at, EndFacets::at_edge(w));
}

bool EdgeLooks::is_behind(const Obstacle& o, int32_t node, const Vec3d& at, const Wedge& w) const {
  return looks_.is_behind(o, node, at, EndFacets::at_edge(w));
}

template <class Hidden>
bool EdgeLooks::end_hidden(bool at_end, const Wedge& w, Hidden&& hidden) {
  if (w.miss_m[at_end ? 1 : 0] > 0) return false;  // the Refiner looks from about there as well
  const double corner = at_end ? w.length_m : 0, out = at_end ? w.inset_m : -w.inset_m;
  return hidden(w.at(corner - out)) && (w.is_cut(at_end) || hidden(w.at(corner + out)));
}

bool EdgeLooks::hide(int32_t node, double t, const Wedge& w, Memory& memory) const {
  if (!is_looked_along(node, w, std::abs(t))) return false;
  const Vec3d& image = tree_.nodes()[size_t(node)].image_m;
  const auto hidden = [&](const Vec3d& at) {
    std::array<Obstacle, 2>& last = memory.obstacles.towards(at - image);
    if (is_behind(last[0], node, at, w)) return true;
    std::swap(last[0], last[1]);
    if (is_behind(last[0], node, at, w)) return true;
    const Obstacle now = find(node, at, w);
    if (now.leg >= 0) last[0] = now;
    return now.leg >= 0;
  };
  if (is_on(w, t)) return is_inside(w, t) && hidden(w.at(t));
  Known& known = memory.ends[t < 0 ? 0 : 1];
  if (known == kUnknown) known = end_hidden(t > 0, w, hidden) ? kHidden : kSeen;
  return known == kHidden;
}

bool EdgeLooks::hide(int32_t node, double t, const Wedge& w) const {
  if (!is_looked_along(node, w, std::abs(t))) return false;
  const auto hidden = [&](const Vec3d& at) { return find(node, at, w).leg >= 0; };
  return is_on(w, t) ? is_inside(w, t) && hidden(w.at(t)) : end_hidden(t > 0, w, hidden);
}

bool EdgeLooks::hide(int32_t node, double t, const Wedge& w, const Seen& seen) const {
  return !(seen.ends_known && !is_on(w, t)) && hide(node, t, w);
}

bool EdgeLooks::Seen::may_be_at(double t, double length_m) const {
  if (t < lo || t > hi) return false;
  if (t < 0 || t > length_m || hidden == 0) return true;
  return (hidden >> std::min(int(kShares * (t / length_m)), kShares - 1) & 1) == 0;
}

bool EdgeLooks::Seen::may_be_in(double from, double to, double length_m) const {
  from = std::max(from, lo), to = std::min(to, hi);
  if (from > to) return false;
  if (from < 0 || to > length_m || hidden == 0) return true;
  const auto share = [&](double t) { return std::min(int(kShares * (t / length_m)), kShares - 1); };
  for (int i = share(from); i <= share(to); ++i) {
    if ((hidden >> i & 1) == 0) return true;
  }
  return false;
}

EdgeLooks::Seen EdgeLooks::seen_part(int32_t node, const Wedge& w, double lo, double hi) const {
  Seen seen{lo, hi};
  if (!is_looked_along(node, w, std::max(std::abs(lo), std::abs(hi)))) return seen;
  // One triangle that hides both ends of a stretch, seen from one point, hides all of it.
  const auto end = [&](int i) { return w.at(std::clamp(w.length_m * i / kShares, w.inset_m, w.length_m - w.inset_m)); };
  for (int i = 0; i <= kShares;) {
    const Obstacle o = find(node, end(i), w);
    for (int j = i; j > 0 && (seen.hidden >> (j - 1) & 1) == 0 && is_behind(o, node, end(j - 1), w); --j)
      seen.hidden |= uint8_t(1u << (j - 1));
    for (++i; i <= kShares && is_behind(o, node, end(i), w); ++i) seen.hidden |= uint8_t(1u << (i - 1));
  }
  const auto hidden = [&](const Vec3d& at) { return find(node, at, w).leg >= 0; };
  int first = 0, last = kShares;
  while (first < last && (seen.hidden >> first & 1) != 0) ++first;
  while (first < last && (seen.hidden >> (last - 1) & 1) != 0) --last;
  const bool begins = !end_hidden(false, w, hidden), ends = !end_hidden(true, w, hidden);
  if (!begins) seen.lo = first == last ? w.length_m : w.length_m * first / kShares;
  if (!ends) seen.hi = first == last ? 0 : w.length_m * last / kShares;
  seen.ends_known = true;
  return seen;
}

bool hidden_between(const PreparedScene& scene, const Wedge& w, double t, const Wedge& v, double u) {
  if (!is_inside(w, t) || !is_inside(v, u)) return false;
  const Vec3d a = w.at(t), b = v.at(u);
  return off_faces(w, b - a) && off_faces(v, b - a) &&
         scene.queries().occluded(a, b, EndFacets::at_edge(w), EndFacets::at_edge(v), kClear);
}

}  // namespace raywave::paths
