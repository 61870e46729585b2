// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/mirrors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace raywave::scene {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double dot(const Vec2d& a, const Vec2d& b) { return a.x * b.x + a.y * b.y; }

bool in_plane_of(const FacetTable& table, const Facet& f, const Facet& g) {
  for (uint32_t t = g.triangle_begin; t < g.triangle_end; ++t) {
    const Triangle& triangle = table.triangles[t];
    for (const Vec3d& p : {triangle.a, triangle.b, triangle.c}) {
      if (std::abs(dot(f.normal, p) - f.offset) > kSamePlane * table.rounding_m(p)) return false;
    }
  }
  return true;
}

/// Do the insides of two triangles of a plane meet? They do unless a side of one has the other beyond it.
bool overlap(const std::array<Vec2d, 3>& p, const std::array<Vec2d, 3>& q, double tolerance_m) {
  const auto parted = [&](const auto& x, const auto& y) {
    const double turn = cross(x[1] - x[0], x[2] - x[0]) < 0 ? -1 : 1;
    for (size_t k = 0; k < 3; ++k) {
      const Vec2d d = x[(k + 1) % 3] - x[k];
      const double slack = tolerance_m * std::sqrt(dot(d, d));
      if (std::all_of(y.begin(), y.end(), [&](const Vec2d& v) { return turn * cross(d, v - x[k]) <= slack; }))
        return true;
    }
    return false;
  };
  return !parted(p, q) && !parted(q, p);
}

bool overlap(const FacetTable& table, const Facet& f, const Facet& g) {
  const auto corners = [&](uint32_t t) {
    const Triangle& x = table.triangles[t];
    return std::array<Vec2d, 3>{table.to_uv(f, x.a), table.to_uv(f, x.b), table.to_uv(f, x.c)};
  };
  const double tolerance_m = kSamePlane * table.rounding_m(table.triangles[f.triangle_begin].a);
  for (uint32_t s = f.triangle_begin; s < f.triangle_end; ++s) {
    for (uint32_t t = g.triangle_begin; t < g.triangle_end; ++t) {
      if (overlap(corners(s), corners(t), tolerance_m)) return true;
    }
  }
  return false;
}

/// Gives a facet another frame of its plane.
void set_frame(FacetTable& table, Facet& f, const Facet& like) {
  const Facet old = f;
  const auto moved = [&](const Vec2d& p) {
    return table.to_uv(like, old.origin + p.x * old.axis_u + p.y * old.axis_v);
  };
  f.origin = like.origin;
  f.axis_u = like.axis_u;
  f.axis_v = like.axis_v;
  f.min_uv = {kInf, kInf};
  f.max_uv = {-kInf, -kInf};
  for (uint32_t i = f.boundary_begin; i < f.boundary_end; ++i) {
    BoundarySegment& s = table.boundary[i];
    s = {moved(s.a), moved(s.b)};
    for (const Vec2d& p : {s.a, s.b}) {
      f.min_uv = {std::min(f.min_uv.x, p.x), std::min(f.min_uv.y, p.y)};
      f.max_uv = {std::max(f.max_uv.x, p.x), std::max(f.max_uv.y, p.y)};
    }
  }
}

/// Facets of one plane whose bounding boxes meet: sorted by plane offset, only near neighbours are compared.
std::vector<std::pair<int, int>> coplanar_pairs(const FacetTable& table) {
  struct Plane {
    Vec3d normal;  // sign fixed
    double offset, reach;
    int facet;
  };
  std::vector<Plane> planes;
  planes.reserve(table.facets.size());
  for (size_t i = 0; i < table.facets.size(); ++i) {
    const Facet& f = table.facets[i];
    const double sign = dot(cross(f.axis_u, f.axis_v), f.normal) < 0 ? -1 : 1;
    const double reach = std::max(std::max(std::abs(f.min_uv.x), std::abs(f.max_uv.x)),
                                  std::max(std::abs(f.min_uv.y), std::abs(f.max_uv.y)));
    planes.push_back({sign * f.normal, sign * f.offset, reach, int(i)});
  }
  std::sort(planes.begin(), planes.end(), [](const Plane& a, const Plane& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.facet < b.facet;
  });
  constexpr double kTurn = 1e-6;  // rad that rounding may turn a small facet's plane by; a window, not a decision
  std::vector<std::pair<int, int>> pairs;
  for (size_t i = 0; i < planes.size(); ++i) {
    const Facet& a = table.facets[size_t(planes[i].facet)];
    const double window = kTurn * planes[i].reach + kSamePlane * table.rounding_m(a.origin);
    for (size_t j = i + 1; j < planes.size() && planes[j].offset - planes[i].offset <= window; ++j) {
      const Facet& b = table.facets[size_t(planes[j].facet)];
      if (norm(cross(a.normal, b.normal)) > kTurn) continue;
      const double slack = window;
      if (a.min_uv.x > b.max_uv.x + slack || b.min_uv.x > a.max_uv.x + slack || a.min_uv.y > b.max_uv.y + slack ||
          b.min_uv.y > a.max_uv.y + slack)
        continue;
      pairs.push_back(std::minmax(planes[i].facet, planes[j].facet));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

/// Joins the facets of one plane that cover common places.
void join_overlapping(FacetTable& table) {
  auto& facets = table.facets;
  table.members.clear();
  table.disputed.clear();
  for (size_t i = 0; i < facets.size(); ++i) {
    facets[i].mirror = int32_t(i);
    facets[i].member_begin = facets[i].member_end = 0;
  }
  const auto root = [&](int i) {
    while (facets[size_t(i)].mirror != i) i = facets[size_t(i)].mirror;
    return i;
  };
  bool any = false;
  std::vector<std::pair<int, int>> pairs;
  for (const auto& [i, j] : coplanar_pairs(table)) {
    const Facet &a = facets[size_t(i)], &b = facets[size_t(j)];
    if (in_plane_of(table, a, b) || in_plane_of(table, b, a)) pairs.push_back({i, j});
  }
  for (const auto& [i, j] : table.layers) pairs.push_back(std::minmax(i, j));
  for (const auto& [i, j] : pairs) {
    const Facet &a = facets[size_t(i)], &b = facets[size_t(j)];
    if (!overlap(table, a, b)) continue;
    if (a.material != b.material) table.disputed.push_back({i, j});
    const int x = root(i), y = root(j);
    facets[size_t(std::max(x, y))].mirror = std::min(x, y);
    any = true;
  }
  if (!any) return;
  std::vector<std::vector<int32_t>> members(facets.size());
  for (size_t i = 0; i < facets.size(); ++i) {
    facets[i].mirror = root(int(i));
    members[size_t(facets[i].mirror)].push_back(int32_t(i));
  }
  for (size_t m = 0; m < facets.size(); ++m) {
    if (members[m].size() < 2) continue;
    Facet& f = facets[m];
    f.member_begin = uint32_t(table.members.size());
    table.members.insert(table.members.end(), members[m].begin(), members[m].end());
    f.member_end = uint32_t(table.members.size());
    for (const int32_t i : members[m]) set_frame(table, facets[size_t(i)], f);
  }
}

}  // namespace

void find_mirrors(FacetTable& table) {
  join_overlapping(table);
  for (Facet& f : table.facets) {
    f.mirror_min_uv = f.min_uv;
    f.mirror_max_uv = f.max_uv;
  }
  for (const Facet& f : table.facets) {
    Facet& m = table.facets[size_t(f.mirror)];
    m.mirror_min_uv = {std::min(m.mirror_min_uv.x, f.min_uv.x), std::min(m.mirror_min_uv.y, f.min_uv.y)};
    m.mirror_max_uv = {std::max(m.mirror_max_uv.x, f.max_uv.x), std::max(m.mirror_max_uv.y, f.max_uv.y)};
  }
}

}  // namespace raywave::scene
