// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/occluders.h"

#include <algorithm>
#include <cmath>

#include "raywave/paths/ray_queries.h"

namespace raywave::paths {
namespace {

constexpr size_t kMostCorners = 12;
constexpr double kWithin = 1e-9;  // of the distance: a box this near to a shadow's border is not hidden

/// Do all its triangles lie in its plane, but for rounding?
bool is_flat(const scene::FacetTable& table, const scene::Facet& f) {
  for (uint32_t i = f.triangle_begin; i < f.triangle_end; ++i) {
    const scene::Triangle& t = table.triangles[i];
    for (const Vec3d& v : {t.a, t.b, t.c}) {
      if (std::abs(dot(f.normal, v) - f.offset) > scene::kSamePlane * table.rounding_m(v)) return false;
    }
  }
  return true;
}

/// A facet's boundary as one loop of corners; empty when it is more than one, or long.
std::vector<Vec2d> outline(const scene::FacetTable& table, const scene::Facet& f) {
  std::vector<Vec2d> loop;
  const size_t n = f.boundary_end - f.boundary_begin;
  if (n < 3 || n > kMostCorners) return loop;
  const scene::BoundarySegment* s = table.boundary.data() + f.boundary_begin;
  const auto same = [](const Vec2d& p, const Vec2d& q) { return p.x == q.x && p.y == q.y; };
  size_t at = 0;
  for (size_t count = 0; count < n; ++count) {
    loop.push_back(s[at].a);
    const Vec2d end = s[at].b;
    if (count + 1 == n) return same(end, s[0].a) ? loop : std::vector<Vec2d>();
    for (at = 0; at < n && !same(s[at].a, end); ++at) {
    }
    if (at == n || at == 0) break;
  }
  return {};
}

bool is_convex(const std::vector<Vec2d>& loop) {
  double least = 0, greatest = 0;
  for (size_t i = 0; i < loop.size(); ++i) {
    const Vec2d &a = loop[i], &b = loop[(i + 1) % loop.size()], &c = loop[(i + 2) % loop.size()];
    const double turn = (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
    least = std::min(least, turn);
    greatest = std::max(greatest, turn);
  }
  if (least < 0 && greatest > 0) return false;
  // once around, not twice
  double area = 0, turned = 0;
  for (size_t i = 0; i < loop.size(); ++i) {
    const Vec2d &a = loop[i], &b = loop[(i + 1) % loop.size()], &c = loop[(i + 2) % loop.size()];
    area += a.x * b.y - a.y * b.x;
    const Vec2d u{b.x - a.x, b.y - a.y}, v{c.x - b.x, c.y - b.y};
    turned += std::atan2(u.x * v.y - u.y * v.x, u.x * v.x + u.y * v.y);
  }
  return area != 0 && std::abs(turned) < 7;
}

}  // namespace

Occluders::Occluders(const scene::FacetTable& table) : table_(table) {
  begin_.push_back(0);
  for (const scene::Facet& f : table.facets) {
    pieces_.push_back(uint32_t(begin_.size() - 1));
    add_outline(f);
  }
  pieces_.push_back(uint32_t(begin_.size() - 1));
}

void Occluders::add_outline(const scene::Facet& f) {
  const std::vector<Vec2d> loop = is_flat(table_, f) ? outline(table_, f) : std::vector<Vec2d>();
  if (!loop.empty() && is_convex(loop)) {
    for (const Vec2d& p : loop) corners_.push_back(f.origin + p.x * f.axis_u + p.y * f.axis_v);
    begin_.push_back(uint32_t(corners_.size()));
    return;
  }
  for (uint32_t t = f.triangle_begin; t < f.triangle_end; ++t) {
    const scene::Triangle& triangle = table_.triangles[t];
    corners_.insert(corners_.end(), {triangle.a, triangle.b, triangle.c});
    begin_.push_back(uint32_t(corners_.size()));
  }
}

bool Occluders::piece_hides(size_t piece, const Vec3d& from, const Box& box) const {
  const size_t begin = begin_[piece], end = begin_[piece + 1];
  Vec3d middle{0, 0, 0};
  for (size_t i = begin; i < end; ++i) middle += corners_[i] / double(end - begin);
  const double far = std::max(norm(box.lo - from), norm(box.hi - from)) + norm(box.hi - box.lo);
  for (size_t i = begin; i < end; ++i) {
    Vec3d n = cross(corners_[i] - from, corners_[i + 1 < end ? i + 1 : begin] - from);
    if (dot(n, middle - from) > 0) n = -n;  // out of the shadow
    if (farthest_along(n, box) - dot(n, from) > -kWithin * norm(n) * far) return false;
  }
  return true;
}

bool Occluders::hides(int32_t facet, const Vec3d& from, const Box& box, const std::optional<HalfSpace>& within) const {
  const scene::Facet& f = table_.facets[size_t(facet)];
  const double height = dot(f.normal, from) - f.offset;
  const double clear =
      2 * kAlongPlane * std::max({table_.rounding_m(from), table_.rounding_m(box.lo), table_.rounding_m(box.hi)});
  if (std::abs(height) <= clear) return false;
  const double side = height > 0 ? 1 : -1;
  if (farthest_along(side * f.normal, box) - side * f.offset > -clear)
    return false;  // part of it is on the point's side
  for (uint32_t p = pieces_[size_t(facet)]; p < pieces_[size_t(facet) + 1]; ++p) {
    const auto is_within = [&](const Vec3d& v) { return !within || dot(within->normal, v) - within->offset > clear; };
    if (std::all_of(corners_.begin() + begin_[p], corners_.begin() + begin_[p + 1], is_within) &&
        piece_hides(p, from, box))
      return true;
  }
  return false;
}

}  // namespace raywave::paths
