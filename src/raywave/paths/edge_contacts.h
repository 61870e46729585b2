// SPDX-License-Identifier: Apache-2.0
// What each edge's line comes near to, before it is decided what is together: see edge_surroundings.h.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "raywave/paths/edge_surroundings.h"

namespace raywave::paths {

/// The sine of the angle up to which lines run along each other, and lines along planes. Steeper, they cross at a
/// point: they are within the tolerance over less than 20 times its length.
constexpr double kRunsAlong = 0.05;

/// A few roundings of an edge's coordinates, metres; and is the edge no longer than that?
double edge_rounding_m(const scene::FacetTable& table, const scene::Edge& e);
bool is_too_short(const scene::FacetTable& table, const scene::Edge& e);

/// The unit vector across a line that points into a facet, which lies to the left of its boundary.
inline Vec3d inward(const scene::FacetTable& table, int facet, const Vec3d& along) {
  return normalized(cross(table.facets[size_t(facet)].normal, along));
}
/// The same from an edge into one of its facets. (The boundary of facet 0 runs from a to b, that of facet 1 backwards
/// if windings agree.)
inline Vec3d into_facet(const scene::FacetTable& table, const scene::Edge& e, int32_t facet) {
  const Vec3d in = inward(table, facet, e.b - e.a);
  return facet == e.facet1 && !e.windings_disagree ? -in : in;
}
/// Of the edge's facets, visit(facet, direction into it).
template <class Visit>
void for_facets(const scene::FacetTable& table, const scene::Edge& e, Visit&& visit) {
  visit(e.facet0, into_facet(table, e, e.facet0));
  if (e.facet1 >= 0) visit(e.facet1, into_facet(table, e, e.facet1));
}

/// What may be together, before it is decided: an edge with another one, or with a facet that its line runs over.
struct EdgeContact {
  double distance_m;
  uint32_t edge, other;  // an edge, or a facet
  bool with_facet;
  Vec3d from, to;
  /// Nearest first; distances that are one but for rounding (8 steps an octave) in the order of edges.
  int32_t step() const { return distance_m > 0 ? int32_t(std::floor(8 * std::log2(distance_m))) : -100000; }
  bool operator<(const EdgeContact& o) const {
    if (step() != o.step()) return step() < o.step();
    if (edge != o.edge) return edge < o.edge;
    return with_facet != o.with_facet ? o.with_facet : other < o.other;
  }
};

/// What one edge finds around itself.
struct AroundEdge {
  std::vector<EdgeContact> contacts;
  std::vector<Passage> passages;
  std::vector<Cut> cuts;
};

/// Of each edge of the table; of two edges beside each other the lower one finds the contact.
std::vector<AroundEdge> look_around(const scene::FacetTable& table, double seam_tolerance_m);

}  // namespace raywave::paths
