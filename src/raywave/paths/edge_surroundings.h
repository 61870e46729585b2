// SPDX-License-Identifier: Apache-2.0
// What lies at an edge: the other edges on its line, the facets that its line runs over and those that cross it, and
// from where to where. Decided in double precision from the geometry alone, for each edge of the facet table.
//
// Things are together when they are within the seam tolerance of each other, or within a few roundings of their
// coordinates. Within the seam tolerance but not coincident, nearest first, they are together only if
// - no surface goes on from the one to the other close by (facets joined by edges or by borders that lie on each other,
//   within twice the distance): a crack, not a small detail of one surface;
// - no two of their facets meet along another line, and no face at the edge goes on through the other facet by more
// than
//   kKerb: the two edges of a thin plate, a low kerb's two sides, stay two.
// Neither objects nor how faces are cut into triangles count.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/scene/facets.h"

namespace raywave::paths {

/// A facet lies at the line of an edge between two points and goes on from it `toward` (unit, across the line).
struct Passage {
  uint32_t edge;
  int32_t facet;
  Vec3d from, to, toward;
};

/// A facet crosses or touches the line of an edge at a point and fills there the directions across the line from
/// `first` counter-clockwise about the edge (seen against a -> b) to `second`, or all.
struct Cut {
  uint32_t edge;
  int32_t facet;
  Vec3d point, first, second;
  bool around;
};

/// Two edges run side by side between two points.
struct SideBySide {
  uint32_t edge, other;
  Vec3d from, to;
};

/// Edges that are linked, directly or by others, and what is at their lines.
struct EdgeGroup {
  std::vector<uint32_t> edges;  // ascending
  std::vector<SideBySide> links;
  std::vector<Passage> passages;
  std::vector<Cut> cuts;
};

/// What stands out of a facet, and goes on behind it, by more than this share of the seam tolerance is a kerb on it,
/// with edges of its own. Less is closed with it (an inner wall that ends in a roof, as files have them).
constexpr double kKerb = 0.1;

/// Each edge stands in one group; groups by their lowest edge. Edges of no length are left out.
/// @param seam_tolerance_m  >= 0, see above.
std::vector<EdgeGroup> group_edges(const scene::FacetTable& table, double seam_tolerance_m);

/// The distance below which edges and facets are together at this edge: the seam tolerance, at least a few roundings of
/// the edge's coordinates.
double near_edge_m(const scene::FacetTable& table, const scene::Edge& e, double seam_tolerance_m);

}  // namespace raywave::paths
