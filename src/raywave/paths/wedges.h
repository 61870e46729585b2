// SPDX-License-Identifier: Apache-2.0
// The edges that diffract. Around the line of an edge, whatever meets there (facets of any objects that end at it, run
// over it, or stand inside) fills directions across it; between two neighbouring ones is a sector. At most one sector
// is wider than a half-plane: it is the outside of the wedge, and the two facets that bound it are its faces. No such
// sector (inside a plane, at the foot of a wall, in a concave corner): nothing diffracts. What lies elsewhere around
// the line (inner walls, floors, a neighbour's wall) changes nothing.
//
// That is decided for each stretch of an edge along which the facets at it are the same; an edge is cut where another
// facet crosses its outside. Stretches that go on in each other with faces in the same planes, of the same materials,
// and nothing between, are one wedge: an edge is the same whether it is given whole or in pieces.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "raywave/scene/facets.h"

namespace raywave::paths {

/// The share of the wavelength below which cracks between faces are closed when nothing is said. Ten times larger,
/// walls of thin houses would melt; ten times smaller, slits of a fiftieth of the wavelength would count as two free
/// edges, for which there is no theory at that distance.
constexpr double kSeamOfWavelength = 0.1;

/// A part of a wedge that is one mesh edge's: where its line and faces come from.
struct WedgePiece {
  double lo = 0, hi = 0;  // metres along the wedge
  int32_t edge = 0;       // of the facet table
  /// lo and hi as fractions of the edge's length from its first to its last vertex: begin > end when it runs backwards.
  double begin = 0, end = 1;
  int32_t facet0 = -1, facet_n = -1;
  int32_t cut_lo = -1, cut_hi = -1;           // the facet in whose plane the piece begins, ends; -1: at that fraction
  bool closed_lo = false, closed_hi = false;  // there it ends anyway, or over a closed crack: not cut
};

/// A wedge, or a screen's end: points a + t direction, 0 <= t <= length. Angles about it run from face 0 (tangent
/// t_0, into the face) through the outside (normal n_0 first) to face n; direction = t_0 x n_0.
struct Wedge {
  Vec3d a, direction;
  double length_m = 0;
  Vec3d t0, n0;
  double exterior_angle_rad = 0;      // in [pi, 2 pi]; 2 pi for a screen
  Vec3d tn, nn;                       // the same of face n: into it, its normal to the outside
  int32_t facet0 = -1, facet_n = -1;  // of the first piece; the same one for a screen
  bool walled = false;                // do facets end at the edge inside: walls between two houses?
  bool where_faces_meet = false;      // over a closed crack: the line of both faces' planes, not its pieces' edges
  std::vector<int32_t> facets;        // all that are at the edge, within the seam tolerance
  std::vector<WedgePiece> pieces;     // along the wedge
  /// At its beginning and at its end: do its faces go on along another edge there? See corners.h.
  struct Turns {
    bool face_0 = false, face_n = false;
    int32_t over_0 = -1, over_n = -1;  // and the other face of that edge, or -1
    int32_t next_0 = -1, next_n = -1;  // and that edge; of a sheet in next_0, where the sheet's corner is convex
  };
  std::array<Turns, 2> turns;
  /// How far from its ends it is looked at, to either side: as near as facets that end there agree on the corner.
  double inset_m = 0;
  /// At its beginning and its end: how far the facets miss the corner there; 0 when not by more than rounding.
  std::array<double, 2> miss_m{};

  Vec3d at(double t) const { return a + t * direction; }
  /// Does a facet cut it at its beginning, at its end?
  bool is_cut(bool at_end) const {
    return at_end ? pieces.back().cut_hi >= 0 && !pieces.back().closed_hi
                  : pieces.front().cut_lo >= 0 && !pieces.front().closed_lo;
  }
  /// The piece nearest to a point's place along the wedge.
  const WedgePiece& piece_at(const Vec3d& point) const;
};

/// The point of two planes' line (normal . p = offset) that is nearest to p.
template <class T>
Vec3<T> meeting_point(const Vec3<T>& p, const Vec3<T>& normal_0, const T& offset_0, const Vec3<T>& normal_n,
                      const T& offset_n) {
  const T c = dot(normal_0, normal_n), r0 = offset_0 - dot(normal_0, p), rn = offset_n - dot(normal_n, p),
          s = T(1) / (T(1) - c * c);
  return p + (s * (r0 - c * rn)) * normal_0 + (s * (rn - c * r0)) * normal_n;
}

/// Where a point lies along a direction that scenes are not aligned with: puts places in order, ties by rounding aside.
inline double along_no_axis(const Vec3d& p) { return dot(p, Vec3d{0.5773, 0.6124, 0.5401}); }

/// Azimuth of a point about the wedge, in [0, 2 pi).
double azimuth(const Wedge& w, const Vec3d& point);

/// May rays run inside the wedge? A solid of two facets, not both opaque, without walls in it.
/// @param opaque  [num_facets], 1: transmits nothing
inline bool has_inside(const Wedge& w, const std::vector<uint8_t>& opaque) {
  return w.facet0 != w.facet_n && !w.walled && !(opaque[size_t(w.facet0)] && opaque[size_t(w.facet_n)]);
}

/// What is at the edges of a scene.
struct Edges {
  std::vector<Wedge> wedges;  // in a fixed order; each facet's: see wedges_of_facets
  /// What closes the cracks: facets go on from an edge to where the other face of its wedge lies, to the facet of their
  /// plane across a crack, or to one that the edge's line runs over.
  std::vector<scene::Strip> strips;
};

/// @param seam_tolerance_m  cracks up to this width are closed, see edge_surroundings.h; >= 0.
/// @throws Error naming object and place for a wedge that is folded onto itself.
Edges find_edges(const std::vector<std::string>& object_names, const scene::FacetTable& table, double seam_tolerance_m);

}  // namespace raywave::paths
