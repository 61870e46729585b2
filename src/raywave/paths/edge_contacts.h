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
