// SPDX-License-Identifier: Apache-2.0
// The edges that diffract. Facets of different objects that meet along a line (a roof and its walls) form one wedge, so
// that each physical edge counts once; edges inside a plane, and edges whose outside is filled by another surface (a
// wall's foot on the ground), diffract nothing and are left out.
#pragma once

#include <string>
#include <vector>

#include "raywave/scene/facets.h"

namespace raywave::paths {

class RayQueries;

/// A wedge, or a screen's end: points a + t direction, 0 <= t <= length. Angles about it run from face 0 (tangent
/// t_0, into the face) through the outside (normal n_0 first) to face n; direction = t_0 x n_0.
struct Wedge {
  Vec3d a, direction;
  double length_m = 0;
  Vec3d t0, n0;
  double exterior_angle_rad = 0;               // in [pi, 2 pi]; 2 pi for a screen
  int32_t facet0 = -1, facet_n = -1;           // the same one for a screen
  int32_t inner0 = -1, inner_n = -1;           // facets that end at the edge inside: walls between two houses
  double normal0_sign = 1, normal_n_sign = 1;  // outward normals are these times the facets'
  /// Where the line comes from: the mesh vertices of an edge of the facet table. The wedge spans begin ... end of its
  /// length (fractions), from its first vertex to its last when begin < end, backwards otherwise.
  int32_t edge = 0;
  double begin = 0, end = 1;

  Vec3d at(double t) const { return a + t * direction; }
};

/// Azimuth of a point about the wedge, in [0, 2 pi).
double azimuth(const Wedge& w, const Vec3d& point);

/// May rays run inside the wedge? A solid of two facets, not both opaque, without walls in it.
/// @param opaque  [num_facets], 1: transmits nothing
inline bool has_inside(const Wedge& w, const std::vector<uint8_t>& opaque) {
  return w.facet0 != w.facet_n && w.inner0 < 0 && w.inner_n < 0 &&
         !(opaque[size_t(w.facet0)] && opaque[size_t(w.facet_n)]);
}

/// The wedges of a scene, in a fixed order. Each facet's wedges: see wedges_of_facets.
/// @throws Error naming object and place for a wedge that is folded onto itself.
std::vector<Wedge> find_wedges(const std::vector<std::string>& object_names, const scene::FacetTable& table,
                               const RayQueries& queries);

}  // namespace raywave::paths
