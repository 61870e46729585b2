// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/cut.h"

#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace raywave::scene {
namespace {

using Segment = std::pair<Vec2d, Vec2d>;

std::vector<Segment> segments_of(const Mesh& mesh, double height) {
  std::vector<Segment> out;
  for (const auto& t : mesh.triangles) {
    std::vector<Vec2d> hits;
    for (size_t e = 0; e < 3; ++e) {
      const Vec3d &a = mesh.vertices_m[t[e]], &b = mesh.vertices_m[t[(e + 1) % 3]];
      // half-open, so that a vertex on the plane is met once
      if ((a.z <= height) == (b.z <= height)) continue;
      // same arithmetic from both sides of a shared edge, so that ends meet to the bit
      const bool swap = std::tie(b.x, b.y, b.z) < std::tie(a.x, a.y, a.z);
      const Vec3d &p = swap ? b : a, &q = swap ? a : b;
      const double s = (height - p.z) / (q.z - p.z);
      hits.push_back({p.x + s * (q.x - p.x), p.y + s * (q.y - p.y)});
    }
    if (hits.size() == 2 && (hits[0].x != hits[1].x || hits[0].y != hits[1].y)) out.push_back({hits[0], hits[1]});
  }
  return out;
}

std::vector<Vec2d> wall(const Vec2d& a, const Vec2d& b, double thickness) {
  const double dx = b.x - a.x, dy = b.y - a.y, half = 0.5 * thickness / std::hypot(dx, dy);
  const Vec2d n{-dy * half, dx * half};
  return {a - n, b - n, b + n, a + n};
}

}  // namespace

std::vector<std::vector<Vec2d>> horizontal_cut(const Mesh& mesh, double height_m, double thickness_m) {
  const std::vector<Segment> segments = segments_of(mesh, height_m);
  const auto key = [](const Vec2d& p) { return std::pair{std::llround(p.x * 1e7), std::llround(p.y * 1e7)}; };
  std::multimap<std::pair<long long, long long>, size_t> ends;
  for (size_t i = 0; i < segments.size(); ++i)
    ends.emplace(key(segments[i].first), i), ends.emplace(key(segments[i].second), i);
  std::vector<bool> used(segments.size());
  // the end that a segment not used yet has beyond p
  const auto beyond = [&](const Vec2d& p) -> const Vec2d* {
    const auto [lo, hi] = ends.equal_range(key(p));
    for (auto it = lo; it != hi; ++it) {
      if (used[it->second]) continue;
      used[it->second] = true;
      const Segment& s = segments[it->second];
      return key(s.first) == key(p) ? &s.second : &s.first;
    }
    return nullptr;
  };
  std::vector<std::vector<Vec2d>> out;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (used[i]) continue;
    used[i] = true;
    std::vector<Vec2d> loop{segments[i].first, segments[i].second};
    while (key(loop.front()) != key(loop.back())) {
      const Vec2d* next = beyond(loop.back());
      if (!next) break;
      loop.push_back(*next);
    }
    if (key(loop.front()) == key(loop.back()) && loop.size() > 3) {
      loop.pop_back();
      out.push_back(loop);
      continue;
    }
    for (size_t e = 0; e + 1 < loop.size(); ++e) out.push_back(wall(loop[e], loop[e + 1], thickness_m));
  }
  return out;
}

}  // namespace raywave::scene
