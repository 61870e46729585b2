// SPDX-License-Identifier: Apache-2.0
// Facets as plain arrays, for the CPU and for devices: which facet owns a place of a plane (FacetTable has the rest).
#pragma once

#include <cstdint>

#include "raywave/core/hd.h"
#include "raywave/core/vec.h"

namespace raywave::scene {

/// A planar polygon with holes: {p : normal . p = offset}, bounded by directed edges.
struct Facet {
  Vec3d normal;       // unit
  double offset = 0;  // metres
  /// Frame in the plane. It depends on the plane alone (up to the sign of the normal), so that facets of one plane
  /// share it; axis_u x axis_v = +-normal.
  Vec3d origin, axis_u, axis_v;
  Vec2d min_uv, max_uv;  // bounding box in that frame, metres
  int32_t object = 0, material = 0;
  uint32_t boundary_begin = 0, boundary_end = 0;  // into FacetTable::boundary
  uint32_t triangle_begin = 0, triangle_end = 0;  // into FacetTable::triangles
  /// Facets of one plane that overlap are one mirror, named by the lowest of them; this one's, itself when alone.
  int32_t mirror = 0;
  /// Of a mirror with more than one facet: all of them, in order, and their common bounding box.
  uint32_t member_begin = 0, member_end = 0;  // into FacetTable::members
  Vec2d mirror_min_uv, mirror_max_uv;
};

/// A boundary segment in its facet's (u, v) frame; all of a facet turn the same way round.
struct BoundarySegment {
  Vec2d a, b;
};

struct FacetView {
  const Facet* facets = nullptr;
  const BoundarySegment* boundary = nullptr;
  const int32_t* members = nullptr;

  RAYWAVE_HD static Vec2d to_uv(const Facet& f, const Vec3d& p) {
    return {dot(p - f.origin, f.axis_u), dot(p - f.origin, f.axis_v)};
  }

  /// Is the point (assumed in the plane) inside? Winding number over the boundary with a half-open rule: a point on a
  /// line shared by two facets of a mirror, or of one object's plane, belongs to one of them.
  RAYWAVE_HD bool contains(int32_t facet, const Vec3d& point) const {
    const Facet& f = facets[facet];
    const Vec2d p = to_uv(f, point);
    if (p.x < f.min_uv.x || p.x > f.max_uv.x || p.y < f.min_uv.y || p.y > f.max_uv.y) return false;
    int winding = 0;
    for (uint32_t i = f.boundary_begin; i < f.boundary_end; ++i) winding += crossing(boundary[i].a, boundary[i].b, p);
    return winding != 0;
  }

  /// Who owns a place of a mirror: the lowest-numbered facet (objects in the scene's order) that covers it; -1: none.
  RAYWAVE_HD int32_t owner(int32_t mirror, const Vec3d& point) const {
    const Facet& f = facets[mirror];
    if (f.member_begin == f.member_end) return contains(mirror, point) ? mirror : -1;
    for (uint32_t i = f.member_begin; i < f.member_end; ++i) {
      if (contains(members[i], point)) return members[i];
    }
    return -1;
  }

  /// The owner of a facet's point; the facet itself where rounding at its border says none.
  RAYWAVE_HD int32_t canonical(int32_t facet, const Vec3d& point) const {
    const int32_t o = owner(facets[facet].mirror, point);
    return o < 0 ? facet : o;
  }

 private:
  /// What a directed segment adds to the winding number about p. The same expression for both directions of a shared
  /// segment, so that its two facets never both hold a point.
  RAYWAVE_HD static int crossing(const Vec2d& a, const Vec2d& b, const Vec2d& p) {
    const bool up = a.y <= p.y && b.y > p.y, down = b.y <= p.y && a.y > p.y;
    if (!up && !down) return 0;
    const Vec2d lo = up ? a : b, hi = up ? b : a;
    if (!(cross(hi - lo, p - lo) > 0)) return 0;
    return up ? 1 : -1;
  }
};

}  // namespace raywave::scene
