// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/beam.h"

#include <algorithm>
#include <cmath>

namespace raywave::plane {
namespace {

/// Narrows lo..hi to where the object is on the side s of the line p q (left for s > 0), a little more than that.
void clip(const Object& o, Vec2d p, Vec2d q, double s, double& lo, double& hi) {
  constexpr double kSlack = 1e-9;  // share of the object's length, far above rounding
  const double at_a = s * cross(q - p, o.a - p), at_b = s * cross(q - p, o.b - p), slope = at_b - at_a;
  const double size = std::abs(at_a) + std::abs(at_b);
  if (!(std::abs(slope) > 1e-12 * size)) {
    if (at_a < -1e-9 * length(q - p) * (length(o.a - p) + length(o.b - p))) lo = 2, hi = -2;
    return;
  }
  const double zero = -at_a / slope;
  if (slope > 0) lo = std::max(lo, zero - kSlack);
  if (slope < 0) hi = std::min(hi, zero + kSlack);
}

}  // namespace

int side_of(Vec2d a, Vec2d b, Vec2d p) {
  const Vec2d t = b - a, d = p - a;
  const double c = cross(t, d), rounding = 1e-13 * (std::abs(t.x * d.y) + std::abs(t.y * d.x));
  return c > rounding ? 1 : c < -rounding ? -1 : 0;
}

bool follow(const Beam& beam, bool first, const Object& o, Beam& next) {
  next = {};
  if (beam.all && !first) return true;
  double lo = 0, hi = 1;
  if (!beam.all) {
    // inside the cone, and beyond the wall that it comes from
    const int turn = side_of(beam.apex, beam.from, beam.to);
    if (turn == 0) return true;  // seen edge on: nothing is known
    const double s = turn;
    clip(o, beam.apex, beam.from, s, lo, hi);
    clip(o, beam.apex, beam.to, -s, lo, hi);
    clip(o, beam.from, beam.to, -s, lo, hi);
    if (lo > hi) return false;
  }
  const Vec2d t = o.b - o.a;
  const double scale[] = {o.a.x, o.a.y, o.b.x, o.b.y};
  next = {false, mirrored(ObjectOver<double>{&o, scale}, beam.apex), o.a + lo * t, o.a + hi * t};
  return true;
}

}  // namespace raywave::plane
