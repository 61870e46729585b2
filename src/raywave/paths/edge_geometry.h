// SPDX-License-Identifier: Apache-2.0
// What the stretches of a path between its ends and its edges give the wedges: distance parameters, curvatures and
// correlations (see the top of edge_field.h), azimuths, depths beside faces. Over any scalar.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/paths/touch.h"
#include "raywave/paths/unfold.h"

namespace raywave::paths {

/// How far beyond an edge's end a diffraction point may lie, in the units of W; the field is faded out from
/// kEdgeFade on.
constexpr double kEdgeReach = 6, kEdgeFade = 2;

/// How far behind a face's plane the field on it is continued past a corner, in the units of W.
constexpr double kPastReach = 3;

/// How near to a face's plane both legs of a path past its corner lie, in the units of W, where the vertex is seen
/// straight on.
constexpr double kInPlane = 0.3;

/// How far behind the plane of the face that such a leg runs along (over_height), and from where it fades out.
constexpr double kOverReach = 4, kOverFade = 2;

/// EdgeFacts::Vertex is below this, in the units of W, and rounding far below it.
constexpr double kVertex = 1e-7;

constexpr double kOnFace = 1e-7;  // rad within which a ray runs on a face

namespace path_field_detail {

/// What the stretches between a path's ends and its edges give the wedges.
template <class T>
struct EdgeGeometry {
  T l{};                // the distance parameter, with sin^2 beta
  T before{}, after{};  // lengths to the path's ends
  T skew{1};            // the phase's curvature along the edge over that of a path without the other edges
  T alone{1};           // the argument of W at the other edges' boundaries, over that of W2 or W3
  T correlation{};      // with the next edge
  // How far the legs beside this edge and a neighbour are from the plane of the face between the two, or of both where
  // they share a corner without a face: the sum of squared depths, see face_depth(). Infinite: neither.
  T flat{std::numeric_limits<double>::infinity()};
  // Where the lines of this edge and its neighbours on a face (before, behind) cross beyond an end of it: which end,
  // its last (1), its first (-1), no such (0), and how far along the edge from its point.
  std::array<int, 2> crosses_beyond{};
  std::array<T, 2> crossing{};
  Vec3<T> k_in, k_out;
  T sin_in{}, sin_out{};
};

/// 1 up to kEdgeFade, 0 from kEdgeReach on, twice differentiable.
template <class T>
RAYWAVE_HD_CALL T fade(const T& beyond) {
  if (!(beyond > T(kEdgeFade))) return T(1);
  if (!(beyond < T(kEdgeReach))) return T(0);
  const T y = (beyond - T(kEdgeFade)) / T(kEdgeReach - kEdgeFade);
  return T(1) - y * y * y * (T(10) - T(15) * y + T(6) * y * y);
}

/// From 1 at 0 to 0 at 1 and beyond, twice differentiable.
template <class T>
RAYWAVE_HD T fall(const T& y) {
  return fade(T(kEdgeFade) + T(kEdgeReach - kEdgeFade) * y);
}

/// The height of an end of the path over a plane through a corner, in the units of W. @param distance  to the corner.
template <class T>
RAYWAVE_HD T over_height(const T& k_l, const T& height, const T& distance) {
  using std::sqrt;
  return sqrt(T(0.5) * k_l) * height / distance;
}

/// @param inside  may it lie inside the wedge?
template <class T>
RAYWAVE_HD_CALL T azimuth(const Vec3<T>& v, const WedgeFrame<T>& w, bool inside) {
  using std::atan2;
  T phi = atan2(dot(v, w.n0), dot(v, w.t0));
  if (phi < T(0)) phi = phi + T(2 * kPi);
  if (!(phi > w.exterior_angle)) return phi;
  if (inside && phi > w.exterior_angle + T(kOnFace) && phi < T(2 * kPi - kOnFace)) return phi;
  // rounding on a face
  return phi - w.exterior_angle < T(2 * kPi) - phi ? w.exterior_angle : T(0);
}

/// The same for a leg that may run on a face: along it, whatever moves; else next to it by whole turns.
template <class T>
RAYWAVE_HD_CALL T azimuth_on(OnFace face, Along along, const Vec3<T>& v, const WedgeFrame<T>& w, bool inside) {
  if (face == OnFace::kNone) return azimuth(v, w, inside);
  const T at = face == OnFace::kFace0 ? T(0) : w.exterior_angle;
  if (along != Along::kNone) return at;
  using std::atan2;
  const T phi = atan2(dot(v, w.n0), dot(v, w.t0));
  return phi + T(2 * kPi * std::round((ad::value_of(at) - ad::value_of(phi)) / (2 * kPi)));
}
RAYWAVE_HD inline OnFace other_face(OnFace face) {
  return face == OnFace::kNone ? face : face == OnFace::kFace0 ? OnFace::kFaceN : OnFace::kFace0;
}
/// The distance parameter that this edge alone would have.
template <class T>
RAYWAVE_HD T free_distance(const EdgeGeometry<T>& g) {
  return g.sin_in * g.sin_out * g.before * g.after / (g.before + g.after);
}
/// How far a direction away from an edge is from the continuation of its face over the edge, in the units of W.
template <class T>
RAYWAVE_HD_CALL T face_depth(const WedgeFrame<T>& w, OnFace face, const Vec3<T>& v, const T& k_l) {
  using std::sin;
  using std::sqrt;
  const T phi = azimuth(v, w, true);
  const T angle = (face == OnFace::kFace0 ? phi : w.exterior_angle - phi) - T(kPi);
  return sqrt(T(2) * k_l) * sin(T(0.5) * (angle - T(2 * kPi * std::round(ad::value_of(angle) / (2 * kPi)))));
}

/// Do edges that follow each other meet in a corner?
RAYWAVE_HD inline bool share_corner(const EdgeFacts& from, const EdgeFacts& to) {
  return (from.shares_begin || from.shares_end) && (to.shares_begin || to.shares_end);
}

/// An edge's direction as seen from a later touch, mirrored in what is between. @param handedness  of the image.
template <class T>
RAYWAVE_HD Vec3<T> image_direction(Touches<T> touches, size_t edge, size_t until, double& handedness) {
  Vec3<T> e = touches[edge].bend.wedge.direction;
  handedness = 1;
  for (size_t i = edge + 1; i < until; ++i) {
    if (!mirrors(touches[i].type)) continue;
    e = unfold_detail::mirror_direction(e, touches[i].bend);
    handedness = -handedness;
  }
  return e;
}

static_assert(kMostEdges == 3, "carry() is told the number of edges, edge_geometry() knows up to three");
using EdgeIndices = std::array<size_t, kMostEdges>;

/// The edges of a path: their distance parameters, curvatures and correlations; see the top of the file.
/// @param r  [num_edges + 1]
template <class T>
RAYWAVE_HD_CALL void edge_geometry(Touches<T> touches, const EdgeIndices& edges, size_t num_edges, const T* r,
                                   const T& total, EdgeGeometry<T>* g) {
  using std::sqrt;
  std::array<T, kMostEdges> s{}, h{};                     // sin^2 beta; the Hessian's diagonal
  std::array<T, kMostEdges - 1> off{}, pair{}, twist2{};  // between neighbours; their own two rows' determinant
  std::array<T, kMostEdges - 1> skewness{T(1), T(1)};
  T before{};
  for (size_t i = 0; i < num_edges; ++i) {
    const Vec3<T>& e = touches[edges[i]].bend.wedge.direction;
    g[i].sin_in = norm(cross(g[i].k_in, e));
    g[i].sin_out = norm(cross(g[i].k_out, e));
    s[i] = g[i].sin_in * g[i].sin_out;
    before = before + r[i];
    g[i].before = before;
    g[i].after = total - before;
    g[i].l = s[i] * r[i] * r[i + 1] / (r[i] + r[i + 1]);
  }
  if (num_edges == 1) {
    g[0].after = r[1];
    return;
  }
  for (size_t i = 0; i < num_edges; ++i) h[i] = s[i] * (T(1) / r[i] + T(1) / r[i + 1]);
  for (size_t i = 0; i + 1 < num_edges; ++i) {
    double handedness;
    const Vec3<T> e = image_direction<T>(touches, edges[i], edges[i + 1], handedness);
    const Vec3<T>& next = touches[edges[i + 1]].bend.wedge.direction;
    const Vec3<T>& k = g[i + 1].k_in;
    off[i] = (dot(k, e) * dot(k, next) - dot(e, next)) / r[i + 1];
    // h h' - off^2, with Gram's determinant of k, e, e' in place of a difference of what grows as 1 / r^2 at a corner
    const T twist = dot(k, cross(e, next)) / r[i + 1];
    twist2[i] = twist * twist;
    const T product = r[i] * r[i + 1] * r[i + 2];
    pair[i] = s[i] * s[i + 1] * (r[i] + r[i + 1] + r[i + 2]) / product + twist2[i];
    skewness[i] = T(1) + twist2[i] * product / (s[i] * s[i + 1] * (r[i] + r[i + 1] + r[i + 2]));
    g[i].correlation = T(-handedness) * off[i] / sqrt(off[i] * off[i] + pair[i]);
  }
  std::array<T, kMostEdges> least{};  // the curvature along an edge with the other points at their best
  if (num_edges == 2) {
    least[0] = pair[0] / h[1];
    least[1] = pair[0] / h[0];
    g[0].l = g[0].l * skewness[0];
    g[1].l = g[1].l * skewness[0];
  } else {
    const T det = s[0] * s[1] * s[2] * total / (r[0] * r[1] * r[2] * r[3]) + twist2[0] * h[2] + twist2[1] * h[0];
    const T both = skewness[0] * skewness[1];
    const T rest = det * r[0] * r[1] * r[2] * r[3] / (s[0] * s[1] * s[2] * total * both);
    g[0].l = g[0].l * skewness[0] * rest;
    g[1].l = g[1].l * both;
    g[2].l = g[2].l * skewness[1] * rest;
    least[0] = det / pair[1];
    least[1] = det / (h[0] * h[2]);
    least[2] = det / pair[0];
  }
  for (size_t i = 0; i < num_edges; ++i) {
    g[i].skew = least[i] * g[i].before * g[i].after / (s[i] * total);
    g[i].alone = sqrt(h[i] / least[i]);
  }
}

/// The same from a plane without a face that holds the edge and the leg to its neighbour.
template <class T>
RAYWAVE_HD T plane_depth(const Vec3<T>& edge, const Vec3<T>& normal, const Vec3<T>& leg, const Vec3<T>& v,
                         const T& k_l) {
  using std::atan2;
  using std::sin;
  using std::sqrt;
  const Vec3<T> straight = dot(leg, edge) * edge - leg;
  return sqrt(T(2) * k_l) * sin(T(0.5) * atan2(dot(v, normal), dot(v, normalized(straight))));
}

/// Do the lines of two edges lie in one plane, and cross?
template <class T>
RAYWAVE_HD bool lines_cross(const WedgeFrame<T>& v, const WedgeFrame<T>& w) {
  constexpr double kGap = 1e-6;  // of what is between
  const Vec3<T> n = cross(v.direction, w.direction), between = w.origin - v.origin;
  const double gap = ad::value_of(dot(between, n));
  return gap * gap <= kGap * kGap * ad::value_of(norm2(between)) * ad::value_of(norm2(n));
}

/// Sets where the lines of neighbours in one plane cross, but in a common corner. @return whether they do beyond ends
template <class T>
RAYWAVE_HD_CALL bool set_crossing(const Touch<T>& from, const Touch<T>& to, EdgeGeometry<T>& before,
                                  EdgeGeometry<T>& behind) {
  constexpr double kParallel = 1e-3, kAtEnd = 1e-6;
  const Vec3<T> n = cross(from.bend.wedge.direction, to.bend.wedge.direction), between = to.point - from.point;
  const T n2 = norm2(n);
  if (!(n2 > T(kParallel * kParallel))) return false;
  const auto set = [&](const Touch<T>& at, const Vec3<T>& other, size_t side, EdgeGeometry<T>& g) {
    const WedgeFrame<T>& w = at.bend.wedge;
    const T along = dot(cross(between, other), n) / n2, t = dot(at.point - w.origin, w.direction) + along;
    const double beyond = kAtEnd * std::abs(ad::value_of(w.hi - w.lo));
    g.crossing[side] = along;
    g.crosses_beyond[side] = t > w.hi + T(beyond) ? 1 : t < w.lo - T(beyond) ? -1 : 0;
  };
  set(from, to.bend.wedge.direction, 1, before);
  set(to, from.bend.wedge.direction, 0, behind);
  return before.crosses_beyond[1] != 0 || behind.crosses_beyond[0] != 0;
}

/// Sets EdgeGeometry::flat, between two such faces the farther one, and where lines cross.
template <class T>
RAYWAVE_HD_CALL void set_flat(Touches<T> touches, const EdgeIndices& edges, size_t num_edges, const T& wavelength_m,
                              EdgeGeometry<T>* g) {
  const T wavenumber = T(2 * kPi) / wavelength_m;
  for (size_t i = 0; i + 1 < num_edges; ++i) {
    const Touch<T>&from = touches[edges[i]], &to = touches[edges[i + 1]];
    T flat(std::numeric_limits<double>::infinity());
    const bool on_face = is_along_face(from.edge.leaves_along), next = edges[i] + 1 == edges[i + 1];
    bool meet = next && share_corner(from.edge, to.edge);
    if (!share_corner(from.edge, to.edge) && (on_face || (next && lines_cross(from.bend.wedge, to.bend.wedge))))
      meet = set_crossing(from, to, g[i], g[i + 1]);
    if (on_face) {
      const T x = face_depth(from.bend.wedge, from.edge.leaves_on, -g[i].k_in, wavenumber * free_distance(g[i]));
      const T y = face_depth(to.bend.wedge, to.edge.arrives_on, g[i + 1].k_out, wavenumber * free_distance(g[i + 1]));
      flat = x * x + y * y;
    } else if (meet) {
      const Vec3<T>&e = from.bend.wedge.direction, &f = to.bend.wedge.direction;
      const Vec3<T> normal = normalized(cross(e, f));
      const T x = plane_depth(e, normal, g[i].k_out, -g[i].k_in, wavenumber * free_distance(g[i]));
      const T y = plane_depth(f, normal, -g[i + 1].k_in, g[i + 1].k_out, wavenumber * free_distance(g[i + 1]));
      flat = x * x + y * y;
    }
    if (i == 0 || flat > g[i].flat) g[i].flat = flat;
    g[i + 1].flat = flat;
  }
}

}  // namespace path_field_detail

}  // namespace raywave::paths
