// SPDX-License-Identifier: Apache-2.0
// Facets and edges. Coplanar neighbouring triangles of one object and material are one facet, so that splitting a mesh
// changes nothing: paths are found, de-duplicated and named by facet. Edges are where facets meet at an angle, or end.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/scene/facet_view.h"
#include "raywave/scene/scene.h"

namespace raywave::scene {

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
  uint32_t source = 0;  // index into the object's mesh; kNoSource: none, it closes a crack (with_strips())
};
constexpr uint32_t kNoSource = 0xffffffffu;

/// A quadrilateral of a facet's plane, from `from` to `to` on its border and on to `beyond_to` and `beyond_from`, which
/// lie in the plane of the facet `up_to` (-1: of none): added to the facet, or taken off where it lies inside.
struct Strip {
  int32_t facet, up_to;
  uint32_t edge;  // of which that border is
  Vec3d from, to, beyond_to, beyond_from;
  bool taken_off;
};

struct FacetTable {
  std::vector<Facet> facets;
  std::vector<BoundarySegment> boundary;
  std::vector<Triangle> triangles;  // grouped by facet
  std::vector<Edge> edges;
  std::vector<uint32_t> edge_vertices;
  std::vector<int32_t> members;
  std::vector<std::array<int32_t, 2>> layers;  // facets of one object that lie on each other: a face given twice
  /// Pairs of facets of different materials that cover the same places of one plane: the lower one owns them.
  std::vector<std::array<int32_t, 2>> disputed;
  Vec3d origin_m;      // in the scene's coordinates; everything here is relative to it
  double reach_m = 0;  // the largest coordinate here

  /// One rounding of coordinates as they are compared: those of the scene, as it gave them, and those of a point p
  /// (relative to origin_m). Metres; 1e-15 in a room, 1e-9 where it lies 1e7 m from its coordinates' origin.
  double rounding_m(const Vec3d& p) const {
    return std::numeric_limits<double>::epsilon() * (largest(origin_m) + reach_m + largest(p));
  }
  static double largest(const Vec3d& v) { return std::max({std::abs(v.x), std::abs(v.y), std::abs(v.z)}); }

  FacetView view() const { return {facets.data(), boundary.data(), members.data()}; }
  Vec2d to_uv(const Facet& f, const Vec3d& p) const { return FacetView::to_uv(f, p); }
  double distance(int facet, const Vec3d& p) const {
    return dot(facets[size_t(facet)].normal, p) - facets[size_t(facet)].offset;
  }

  /// Is the point (assumed in the plane) inside? See FacetView.
  bool contains(int facet, const Vec3d& point) const { return view().contains(facet, point); }
  /// The same, its border and `tolerance_m` beyond it included.
  bool touches(int facet, const Vec3d& point, double tolerance_m) const;

  /// Who owns a place of a mirror, and the owner of a facet's point: see FacetView.
  int owner(int mirror, const Vec3d& point) const { return view().owner(mirror, point); }
  int canonical(int facet, const Vec3d& point) const { return view().canonical(facet, point); }
  /// visit(facet) for all facets of a mirror, in order.
  template <class Visit>
  void for_members(int mirror, Visit&& visit) const {
    const Facet& f = facets[size_t(mirror)];
    if (f.member_begin == f.member_end) visit(mirror);
    for (uint32_t i = f.member_begin; i < f.member_end; ++i) visit(members[i]);
  }
};

/// How many roundings of their coordinates two planes may differ by and still be one. A computed plane is off by up to
/// about ten; ten times more would begin to hide gaps that people model (1e-13 m in a room), ten times less would take
/// the plane of a turned house for two.
constexpr double kSamePlane = 32;
/// Neighbouring triangles are one facet up to this share of its largest triangle's longest side out of its plane. Files
/// in single precision round a wall of 5 m, 1 km from their origin, by 1e-5 of it; from 1e-4 rad on facets have an
/// edge.
constexpr double kCoplanarShare = 2e-5;

/// Builds facets and edges of a cleaned scene. Deterministic: order follows objects and triangles.
/// @param origin_m  taken off all coordinates, in double precision.
FacetTable build_facets(const Scene& scene, const Vec3d& origin_m = {0, 0, 0});

/// The same facets and edges, some of the facets larger or smaller; their planes stay.
FacetTable with_strips(const FacetTable& table, const std::vector<Strip>& strips);

}  // namespace raywave::scene
