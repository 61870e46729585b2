// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/sampler_view.h"

#include <cmath>
#include <utility>

namespace raywave::plane {
namespace {

using Ends = std::pair<Vec2d, Vec2d>;

/// From the source to the target as (1, 0).
class View {
 public:
  View(Vec2d source, Vec2d target) : origin_(source) {
    const Vec2d d = target - source;
    const double n = dot(d, d);
    axis_ = n > 0 ? (1 / n) * d : Vec2d{1, 0};
  }
  Vec2d operator()(Vec2d p) const {
    const Vec2d d = p - origin_;
    return {dot(d, axis_), cross(axis_, d)};
  }
  /// Counter-clockwise as seen from the source.
  Ends ends(Vec2d a, Vec2d b) const {
    a = (*this)(a), b = (*this)(b);
    return cross(a, b) < 0 ? Ends{b, a} : Ends{a, b};
  }

 private:
  Vec2d origin_, axis_;
};

double sine(Vec2d a, Vec2d b) {
  const double n = dot(a, a) * dot(b, b);
  return n > 0 ? cross(a, b) / std::sqrt(n) : 0;
}

void add(double x, std::vector<float>& out) { out.push_back(float(x)); }

/// A direction, and how near.
void add_squashed(Vec2d v, std::vector<float>& out) {
  const double near = 1 / (1 + length(v));
  add(v.x * near, out), add(v.y * near, out), add(near, out);
}

Vec2d mirrored_by(Vec2d p, Vec2d a, Vec2d b) {
  const Vec2d t = b - a, normal{t.y, -t.x};
  const double n = dot(normal, normal);
  return n > 0 ? p - (2 * dot(p - a, normal) / n) * normal : p;
}

constexpr Vec2d kTarget{1, 0};

/// Another segment in the cone through a window from an apex.
void add_cone(Vec2d apex, const Ends& window, const Ends& other, std::vector<float>& out) {
  for (const Vec2d w : {window.first, window.second})
    for (const Vec2d e : {other.first, other.second}) add(sine(w - apex, e - apex), out);
}

/// A wall that the origin shines at, perhaps through a window: 17 numbers.
void add_mirror(const Ends& wall, const Ends* window, std::vector<float>& out) {
  add_squashed(wall.first, out), add_squashed(wall.second, out);
  const Vec2d image = mirrored_by({0, 0}, wall.first, wall.second), to_target = kTarget - image;
  add_squashed(image, out);
  add(sine(wall.first - image, to_target), out), add(sine(wall.second - image, to_target), out);
  if (!window) {
    out.insert(out.end(), 6, 0.0F);
    return;
  }
  add_cone({0, 0}, *window, wall, out);
  for (const Vec2d w : {window->first, window->second})
    add(sine(mirrored_by(w, wall.first, wall.second) - image, to_target), out);
}

Ends lit_ends(const View& view, const Object& wall, const Beam& lit) {
  return lit.all ? view.ends(wall.a, wall.b) : view.ends(lit.from, lit.to);
}

}  // namespace

void add_wall(const Sight& sight, const Object& wall, const Beam& lit, std::vector<float>& out) {
  const View view(sight.source, sight.target);
  const Ends ends = lit_ends(view, wall, lit);
  Ends window;
  if (sight.has_window()) window = view.ends(sight.beam.from, sight.beam.to);
  add_mirror(ends, sight.has_window() ? &window : nullptr, out);
  const Ends whole = view.ends(wall.a, wall.b);
  add(length(ends.second - ends.first) / std::max(length(whole.second - whole.first), 1e-300), out);
  for (const Vec2d e : {ends.first, ends.second}) {
    add(sine(e - kTarget, Vec2d{-1, 0}), out);
    add(1 / (1 + length(e - kTarget)), out);
  }
}

void add_pair(const Sight& sight, const Object& wall, const Beam& lit, const Object& other, int remaining,
              std::vector<float>& out) {
  const View view(sight.source, sight.target);
  const Ends ends = lit_ends(view, wall, lit), there = view.ends(other.a, other.b);
  add_cone({0, 0}, ends, there, out);
  // on which side of the wall: that of the source is positive
  const Vec2d t = ends.second - ends.first;
  const double scale = 1 / std::max(length(t), 1e-300), source = cross(t, Vec2d{} - ends.first) < 0 ? -scale : scale;
  for (const Vec2d e : {there.first, there.second}) {
    const double d = source * cross(t, e - ends.first);
    add(d / (1 + std::abs(d)), out);
  }
  add(1 / (1 + length(0.5 * (there.first + there.second - ends.first - ends.second))), out);
  const double numbers[] = {wall.a.x, wall.a.y, wall.b.x, wall.b.y};
  const View behind(mirrored(ObjectOver<double>{&wall, numbers}, sight.source), sight.target);
  const Ends window = lit_ends(behind, wall, lit);
  add_mirror(behind.ends(other.a, other.b), &window, out);
  add_cone(kTarget, ends, there, out);
  for (const int r : {1, 2, 3}) out.push_back(remaining == r || (r == 3 && remaining > r) ? 1.0F : 0.0F);
}

void add_sight(const Sight& sight, std::vector<float>& out) {
  if (!sight.has_window()) {
    out.insert(out.end(), size_t(kSightNumbers), 0.0F);
    return;
  }
  const Ends window = View(sight.source, sight.target).ends(sight.beam.from, sight.beam.to);
  add_squashed(window.first, out), add_squashed(window.second, out);
  out.push_back(1);
}

}  // namespace raywave::plane
