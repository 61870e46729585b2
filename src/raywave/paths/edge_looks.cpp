// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_looks.h"

#include <algorithm>
#include <cmath>

#include "raywave/paths/corners.h"

namespace raywave::paths {
namespace {

bool is_inside(const Wedge& w, double t) { return t >= w.inset_m && t <= w.length_m - w.inset_m; }

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

/// @param find  (place): what is in the way there
template <class Find>
bool EdgeLooks::end_hidden(int32_t node, bool at_end, Try which, const Wedge& w, Find&& find) const {
  const double corner = at_end ? w.length_m : 0, out = at_end ? w.inset_m : -w.inset_m;
  const Vec3d at = w.at(which == kInside || w.is_cut(at_end) ? corner - out : corner + out);
  const Obstacle o = find(at);
  if (o.leg < 0) return false;
  if (w.miss_m[at_end ? 1 : 0] == 0 || o.leg != tree_.nodes()[size_t(node)].depth) return true;
  for (const Vec3d& p : about_corner(w, at_end)) {  // the Refiner looks along this leg from there as well
    if (!looks_.hides_last_leg(node, at, p, {w.facet0, w.facet_n}) && is_this_side(looks_.queries(), w, at_end, p))
      return false;
  }
  return true;
}

bool EdgeLooks::hide(int32_t node, double t, Try which, const Wedge& w, Memory& memory) const {
  if (!is_looked_along(node, w, std::abs(t))) return false;
  const Vec3d& image = tree_.nodes()[size_t(node)].image_m;
  const auto find_again = [&](const Vec3d& at) {
    std::array<Obstacle, 2>& last = memory.obstacles.towards(at - image);
    if (is_behind(last[0], node, at, w)) return last[0];
    std::swap(last[0], last[1]);
    if (is_behind(last[0], node, at, w)) return last[0];
    Obstacle now = memory.last;
    if (!is_behind(now, node, at, w)) {
      now = find(node, at, w);
      if (now.leg == tree_.nodes()[size_t(node)].depth) memory.found.push_back(now.triangle);
    }
    if (now.leg >= 0) last[0] = memory.last = now;
    return now;
  };
  if (!is_past_end(w, t)) return is_inside(w, t) && find_again(w.at(t)).leg >= 0;
  Known& known = memory.ends[t < 0 ? 0 : 1][which];
  if (known == kUnknown) known = end_hidden(node, t > 0, which, w, find_again) ? kHidden : kSeen;
  return known == kHidden;
}

bool EdgeLooks::hide(int32_t node, double t, Try which, const Wedge& w) const {
  if (!is_looked_along(node, w, std::abs(t))) return false;
  const auto find_at = [&](const Vec3d& at) { return find(node, at, w); };
  return is_past_end(w, t) ? end_hidden(node, t > 0, which, w, find_at) : is_inside(w, t) && find_at(w.at(t)).leg >= 0;
}

bool EdgeLooks::hide(int32_t node, double t, Try which, const Wedge& w, const Seen& seen) const {
  return seen.ends_known && is_past_end(w, t) ? seen.past[t < 0 ? 0 : 1][which] : hide(node, t, which, w);
}

bool EdgeLooks::Seen::may_be_at(double t, double length_m) const {
  if (t < lo || t > hi) return false;
  if (t < inset_m || t > length_m - inset_m || hidden == 0) return true;
  return (hidden >> std::min(int(kShares * (t / length_m)), kShares - 1) & 1) == 0;
}

bool EdgeLooks::Seen::may_be_in(double from, double to, double length_m) const {
  from = std::max(from, lo), to = std::min(to, hi);
  if (from > to) return false;
  if (from < inset_m || to > length_m - inset_m || hidden == 0) return true;
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
  const auto find_at = [&](const Vec3d& at) { return find(node, at, w); };
  int first = 0, last = kShares;
  while (first < last && (seen.hidden >> first & 1) != 0) ++first;
  while (first < last && (seen.hidden >> (last - 1) & 1) != 0) --last;
  for (const bool at_end : {false, true}) {
    for (const Try which : kTries) seen.past[at_end ? 1 : 0][which] = end_hidden(node, at_end, which, w, find_at);
  }
  const auto all = [](const std::array<bool, 2>& tries) { return tries[kInside] && tries[kOutside]; };
  if (all(seen.past[0])) seen.lo = first == last ? w.length_m : w.length_m * first / kShares;
  if (all(seen.past[1])) seen.hi = first == last ? 0 : w.length_m * last / kShares;
  seen.ends_known = true, seen.inset_m = w.inset_m;
  return seen;
}

bool hidden_between(const PreparedScene& scene, const Wedge& w, double t, const Wedge& v, double u) {
  if (!is_inside(w, t) || !is_inside(v, u)) return false;
  const Vec3d a = w.at(t), b = v.at(u);
  return off_faces(w, b - a) && off_faces(v, b - a) &&
         scene.queries().occluded(a, b, EndFacets::at_edge(w), EndFacets::at_edge(v), kClear);
}

}  // namespace raywave::paths
