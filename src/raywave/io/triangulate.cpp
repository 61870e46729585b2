// SPDX-License-Identifier: Apache-2.0
#include "raywave/io/triangulate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace raywave::io::detail {
namespace {

using Triangle = std::array<int, 3>;

/// Share of a triangle's longest side within which a point lies on its border: far above the rounding of coordinates
/// that count from the polygon's first corner, far below what a drawing means. Ten times larger changes nothing in
/// drawings; at zero, corners on straight sides block ears at random.
constexpr double kOnBorder = 1e-9;

double dot(const Vec2d& a, const Vec2d& b) { return a.x * b.x + a.y * b.y; }
double turn(const Vec2d& a, const Vec2d& b, const Vec2d& c) { return cross(b - a, c - a); }

/// The polygon seen along an axis, counter-clockwise, from its first corner: differences of coordinates stay exact.
std::vector<Vec2d> flattened(const std::vector<Vec3d>& vertices, std::span<const uint32_t> corners) {
  const Vec3d origin = vertices[corners[0]];
  Vec3d normal{0, 0, 0};  // Newell
  for (size_t i = 0; i < corners.size(); ++i)
    normal = normal + cross(vertices[corners[i]] - origin, vertices[corners[(i + 1) % corners.size()]] - origin);
  const double ax = std::abs(normal.x), ay = std::abs(normal.y), az = std::abs(normal.z);
  std::vector<Vec2d> out;
  for (const uint32_t corner : corners) {
    const Vec3d p = vertices[corner] - origin;
    if (az >= ax && az >= ay) {
      out.push_back(normal.z < 0 ? Vec2d{p.x, -p.y} : Vec2d{p.x, p.y});
    } else if (ax >= ay) {
      out.push_back(normal.x < 0 ? Vec2d{p.y, -p.z} : Vec2d{p.y, p.z});
    } else {
      out.push_back(normal.y < 0 ? Vec2d{p.z, -p.x} : Vec2d{p.z, p.x});
    }
  }
  return out;
}

/// The corners that are left, as a ring.
class Ears {
 public:
  explicit Ears(const std::vector<Vec2d>& p) : p_(p), next_(p.size()), previous_(p.size()) {
    const int n = int(p.size());
    for (int i = 0; i < n; ++i) next_[size_t(i)] = (i + 1) % n, previous_[size_t(i)] = (i + n - 1) % n;
  }

  std::vector<Triangle> cut() {
    std::vector<Triangle> out;
    int at = 1, left = int(p_.size());
    for (; left > 3; --left) {
      const int ear = find(at, left);
      out.push_back({previous(ear), ear, next(ear)});
      next_[size_t(previous(ear))] = next(ear);
      previous_[size_t(next(ear))] = previous(ear);
      at = next(ear);
      ring_begin_ = at;
    }
    out.push_back({previous(at), at, next(at)});
    return out;
  }

 private:
  int next(int i) const { return next_[size_t(i)]; }
  int previous(int i) const { return previous_[size_t(i)]; }
  const Vec2d& point(int i) const { return p_[size_t(i)]; }

  /// An ear; of a polygon that has none left, a corner on a straight line, else the one that turns left the most.
  /// A triangle that no side passes through is an ear only when it is inside: of a ring that runs out and back over the
  /// same points, or of parts that a seam joins, others lie outside.
  int find(int begin, int left) const {
    int flat = -1, best = begin;
    double most = -INFINITY;
    for (int i = begin, k = 0; k < left; i = next(i), ++k) {
      const Vec2d &a = point(previous(i)), &b = point(i), &c = point(next(i));
      const double area = turn(a, b, c), border = border_of(a, b, c);
      if (area > border && is_free(previous(i), i, next(i), border) && is_inside(1. / 3 * (a + b + c))) return i;
      if (flat < 0 && std::abs(area) <= border) flat = i;
      if (area > most) most = area, best = i;
    }
    return flat >= 0 ? flat : best;
  }

  static double border_of(const Vec2d& a, const Vec2d& b, const Vec2d& c) {
    return kOnBorder * std::max({dot(b - a, b - a), dot(c - b, c - b), dot(a - c, a - c)});
  }

  /// Does no side of what is left pass through the inside of the triangle?
  bool is_free(int a, int b, int c, double border) const {
    for (int i = next(c); i != b; i = next(i)) {
      if (passes(point(a), point(b), point(c), border, point(previous(i)), point(i))) return false;
    }
    return true;
  }

  /// Does the ring wind about the point, counter-clockwise? The point lies on no side.
  bool is_inside(const Vec2d& point_2d) const {
    int winding = 0;
    const int first = ring_begin_;
    int i = first;
    do {
      const Vec2d &p = point(i), &q = point(next(i));
      if ((p.y <= point_2d.y) != (q.y <= point_2d.y)) {
        const bool is_left = turn(p, q, point_2d) > 0;
        if (is_left && p.y <= point_2d.y) ++winding;
        if (!is_left && p.y > point_2d.y) --winding;
      }
      i = next(i);
    } while (i != first);
    return winding > 0;
  }

  static bool passes(const Vec2d& a, const Vec2d& b, const Vec2d& c, double border, const Vec2d& p, const Vec2d& q) {
    if (std::max(p.x, q.x) <= std::min({a.x, b.x, c.x}) || std::min(p.x, q.x) >= std::max({a.x, b.x, c.x}) ||
        std::max(p.y, q.y) <= std::min({a.y, b.y, c.y}) || std::min(p.y, q.y) >= std::max({a.y, b.y, c.y})) {
      return false;
    }
    double from = 0, to = 1;  // of p to q, inside all three sides
    for (const auto& [s, e] : {std::pair(a, b), std::pair(b, c), std::pair(c, a)}) {
      const double at_p = turn(s, e, p) - border, at_q = turn(s, e, q) - border;
      if (at_p <= 0 && at_q <= 0) return false;
      if (at_p < 0) from = std::max(from, at_p / (at_p - at_q));
      if (at_q < 0) to = std::min(to, at_p / (at_p - at_q));
    }
    return from < to;
  }

  const std::vector<Vec2d>& p_;
  std::vector<int> next_, previous_;
  int ring_begin_ = 0;  // a corner that is left
};

/// Is the diagonal a-b, with c to its left and d to its right, better turned to c-d?
bool is_better_turned(const std::vector<Vec2d>& p, int a, int b, int c, int d) {
  const Vec2d ac = p[size_t(a)] - p[size_t(c)], bc = p[size_t(b)] - p[size_t(c)], ad = p[size_t(a)] - p[size_t(d)],
              bd = p[size_t(b)] - p[size_t(d)];
  const double scale = kOnBorder * std::sqrt(dot(ac, ac) * dot(bc, bc) * dot(ad, ad) * dot(bd, bd));
  // the sine of the sum of the angles at c and d
  if (!(cross(ac, bc) * dot(ad, bd) + dot(ac, bc) * cross(bd, ad) < -scale)) return false;
  const auto is_left = [&](int u, int v, int w) {
    const Vec2d uv = p[size_t(v)] - p[size_t(u)], uw = p[size_t(w)] - p[size_t(u)];
    return cross(uv, uw) > kOnBorder * std::max(dot(uv, uv), dot(uw, uw));
  };
  return is_left(c, a, d) && is_left(d, b, c);
}

void turn_diagonals(const std::vector<Vec2d>& p, std::vector<Triangle>& triangles) {
  std::map<std::pair<int, int>, size_t> at;  // a side in its triangle's direction
  std::vector<std::pair<int, int>> open;
  const auto enter = [&](size_t t) {
    for (size_t k = 0; k < 3; ++k) {
      const std::pair side{triangles[t][k], triangles[t][(k + 1) % 3]};
      at[side] = t;
      open.push_back(side);
    }
  };
  for (size_t t = 0; t < triangles.size(); ++t) enter(t);
  const auto apex = [&](size_t t, int a, int b) { return triangles[t][0] + triangles[t][1] + triangles[t][2] - a - b; };
  // Each flip lowers a bounded quantity, so that this ends by itself; rounding gets no say in it.
  for (size_t flips = 0; !open.empty() && flips < p.size() * p.size();) {
    const auto [a, b] = open.back();
    open.pop_back();
    const auto left = at.find({a, b}), right = at.find({b, a});
    if (left == at.end() || right == at.end()) continue;
    const size_t t = left->second, u = right->second;
    const int c = apex(t, a, b), d = apex(u, a, b);
    if (!is_better_turned(p, a, b, c, d)) continue;
    at.erase(left), at.erase(right);
    triangles[t] = {c, a, d}, triangles[u] = {d, b, c};
    enter(t), enter(u);
    ++flips;
  }
}

std::vector<Triangle> split(const std::vector<Vec2d>& p) {
  if (p.size() == 4 && turn(p[0], p[1], p[2]) > 0 && turn(p[0], p[2], p[3]) > 0 && turn(p[1], p[2], p[3]) > 0 &&
      turn(p[3], p[0], p[1]) > 0 && !is_better_turned(p, 0, 2, 3, 1)) {
    return {{0, 1, 2}, {0, 2, 3}};  // what most polygons are
  }
  std::vector<Triangle> triangles = Ears(p).cut();
  turn_diagonals(p, triangles);
  return triangles;
}

}  // namespace

void triangulate(const std::vector<Vec3d>& vertices, std::span<const uint32_t> corners,
                 std::vector<std::array<uint32_t, 3>>& triangles) {
  if (corners.size() == 3) {
    triangles.push_back({corners[0], corners[1], corners[2]});
    return;
  }
  std::vector<uint32_t> distinct;  // from their neighbours
  for (const uint32_t corner : corners) {
    if (distinct.empty() || !(vertices[distinct.back()] == vertices[corner])) distinct.push_back(corner);
  }
  while (distinct.size() > 1 && vertices[distinct.back()] == vertices[distinct[0]]) distinct.pop_back();
  if (distinct.empty()) return;
  if (distinct.size() < 3) {
    triangles.push_back({distinct[0], distinct.back(), distinct.back()});
    return;
  }
  for (const Triangle& t : split(flattened(vertices, distinct)))
    triangles.push_back({distinct[size_t(t[0])], distinct[size_t(t[1])], distinct[size_t(t[2])]});
}

}  // namespace raywave::io::detail
