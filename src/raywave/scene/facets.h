// SPDX-License-Identifier: Apache-2.0
// Facets and edges. Coplanar neighbouring triangles of one object and material are one facet, so that splitting a mesh
// changes nothing: paths are found, de-duplicated and named by facet. Edges are where facets meet at an angle, or end.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/scene/scene.h"

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
  /// Facets of lower number in the same plane whose bounding boxes overlap this one's: two objects that share a wall.
  uint32_t twin_begin = 0, twin_end = 0;  // into FacetTable::twins
};

/// A boundary segment in its facet's (u, v) frame; all of a facet turn the same way round.
struct BoundarySegment {
  Vec2d a, b;
};

/// An edge between two facets of one object (wedge) or the end of one facet (screen).
struct Edge {
  Vec3d a, b;                      // end points, metres
  int32_t facet0 = 0;              // the facet whose boundary runs from a to b
  int32_t facet1 = -1;             // the neighbour; -1: free edge
  double exterior_angle_rad = 0;   // n pi: 2 pi for a free edge, 3 pi / 2 for a box's corner
  bool windings_disagree = false;  // facet 1's normal points to the other side than facet 0's
  /// The object's vertices from a to b, all on the line: into FacetTable::edge_vertices.
  uint32_t vertex_begin = 0, vertex_end = 0;
};

/// One triangle of the search mesh.
struct Triangle {
  Vec3d a, b, c;
  int32_t facet;
  uint32_t source = 0;  // index into the object's mesh
};

struct FacetTable {
  std::vector<Facet> facets;
  std::vector<BoundarySegment> boundary;
  std::vector<Triangle> triangles;  // grouped by facet
  std::vector<Edge> edges;
  std::vector<uint32_t> edge_vertices;
  std::vector<int32_t> twins;

  Vec2d to_uv(const Facet& f, const Vec3d& p) const {
    return {dot(p - f.origin, f.axis_u), dot(p - f.origin, f.axis_v)};
  }
  /// Is the point (assumed in the plane) inside? Winding number over the boundary with a half-open rule: a point on a
  /// line shared by two facets belongs to exactly one of them.
  bool contains(int facet, const Vec3d& point) const;

  /// The lowest-numbered facet that holds the same point of the same plane: the name under which a path over shared
  /// walls is found once.
  int canonical(int facet, const Vec3d& point) const;
};

/// Builds facets and edges of a cleaned scene. Deterministic: order follows objects and triangles.
FacetTable build_facets(const Scene& scene);

}  // namespace raywave::scene
