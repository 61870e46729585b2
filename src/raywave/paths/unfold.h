// SPDX-License-Identifier: Apache-2.0
// Where a path touches facets and edges: mirrors by the image method, edges by Fermat's principle (the path over an
// edge is the shortest one, which puts the ray on Keller's cone), over any scalar.
//
// The stretch before the first edge is unfolded by mirroring the source forward, what follows an edge by mirroring it
// back; then one edge has a closed form, and over two or three edges the length is convex in their points. All but the
// second edge's point follow from it in closed form, so that one increasing function of one number, the length's slope
// along the second edge, has to vanish: it is bracketed, and Newton's steps that leave the bracket or do not halve the
// slope are replaced by bisection. Where edges meet in a corner the slope jumps across it; when it changes its sign
// there, the shortest path runs through the corner: it belongs to the vertex and there is no path over both edges. Over
// dual numbers and tapes the points found in double precision are moved by one Newton step, which carries their exact
// derivative.
// Differentiable in: all positions. Not in: which surfaces are touched.
#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "raywave/ad/functions.h"
#include "raywave/core/vec.h"

namespace raywave::paths {

/// Edges in one path.
constexpr size_t kMostEdges = 3;
constexpr double kOnLine = 1e-9;  // rad between an end and an edge's line below which the edge has no cone to it

/// A wedge as fields see it: points origin + t direction, lo <= t <= hi; see Wedge.
template <class T>
struct WedgeFrame {
  Vec3<T> origin, direction, t0, n0;
  T lo{}, hi{}, exterior_angle{};
};

/// A facet that reflects, or a wedge.
template <class T>
struct Bend {
  bool is_edge = false;
  Vec3<T> normal;
  T offset{};
  WedgeFrame<T> wedge;
};

namespace unfold_detail {

template <class T>
RAYWAVE_HD Vec3<T> mirror(const Vec3<T>& p, const Bend<T>& f) {
  return p - T(2) * (dot(f.normal, p) - f.offset) * f.normal;
}
template <class T>
RAYWAVE_HD Vec3<T> mirror_direction(const Vec3<T>& d, const Bend<T>& f) {
  return d - T(2) * dot(f.normal, d) * f.normal;
}

/// The reflection points from a to b over facets [first, last) into points [first, last).
/// @param known  the path is there. Then ends may lie on facets and points coincide; else that is no path: @return
/// false when a facet does not lie between the images.
template <class T>
bool reflection_points(const Vec3<T>& a, const Vec3<T>& b, const Bend<T>* bends, size_t first, size_t last,
                       Vec3<T>* points, bool known) {
  Vec3<T> image = a;
  for (size_t i = first; i < last; ++i) points[i] = image = mirror(image, bends[i]);  // images first
  Vec3<T> next = b;
  for (size_t i = last; i-- > first;) {
    const Vec3<T> from = points[i];
    const T d_image = dot(bends[i].normal, from) - bends[i].offset;
    const T d_next = dot(bends[i].normal, next) - bends[i].offset;
    if (known && ad::value_of(d_image) == ad::value_of(d_next)) {  // both ends on the facet: halfway
      points[i] = next = T(0.5) * (from + next);
      continue;
    }
    if (!known && !(ad::value_of(d_image) * ad::value_of(d_next) < 0)) return false;
    points[i] = next = from + (d_image / (d_image - d_next)) * (next - from);
  }
  return true;
}

template <class T>
RAYWAVE_HD Vec3d values(const Vec3<T>& v) {
  return {ad::value_of(v.x), ad::value_of(v.y), ad::value_of(v.z)};
}

/// A straight line that a path goes over.
template <class T>
struct EdgeLine {
  Vec3<T> origin, direction;
  Vec3<T> at(const T& t) const { return origin + t * direction; }
};

/// Where the shortest path from s over the line to p touches it.
template <class T>
T fermat_point(const EdgeLine<T>& line, const Vec3<T>& s, const Vec3<T>& p, T* from_s = nullptr, T* from_p = nullptr) {
  const Vec3<T> ds = s - line.origin, dp = p - line.origin;
  const T zs = dot(ds, line.direction), zp = dot(dp, line.direction);
  const T hs = norm(ds - zs * line.direction), hp = norm(dp - zp * line.direction);
  if (from_s) *from_s = hs;
  if (from_p) *from_p = hp;
  return (zs * hp + zp * hs) / (hs + hp);
}

/// The unfolded problem: from s over lines to p, in the places t along them.
template <class T>
struct EdgeChain {
  Vec3<T> s, p;
  size_t n = 0;
  std::array<EdgeLine<T>, kMostEdges> lines;

  /// The length's gradient and its Hessian, which couples neighbours alone.
  struct State {
    std::array<T, kMostEdges> g{}, diagonal{};
    std::array<T, kMostEdges - 1> off{};
  };
  void at(const T* t, State& out) const {
    Vec3<T> last = s;
    for (size_t i = 0; i <= n; ++i) {
      const Vec3<T> next = i < n ? lines[i].at(t[i]) : p;
      const T r = norm(next - last);
      const Vec3<T> k = (next - last) / r;
      if (i > 0) {
        const T c = dot(k, lines[i - 1].direction);
        out.g[i - 1] = out.g[i - 1] - c;
        out.diagonal[i - 1] = out.diagonal[i - 1] + (T(1) - c * c) / r;
      }
      if (i < n) {
        const T c = dot(k, lines[i].direction);
        out.g[i] = c;
        out.diagonal[i] = (T(1) - c * c) / r;
        if (i > 0) {
          const Vec3<T>& e = lines[i - 1].direction;
          out.off[i - 1] = (dot(k, e) * c - dot(e, lines[i].direction)) / r;
        }
      }
      last = next;
    }
  }
};

/// What one side of a line gives to the slope of the length at the point q on it: from x, straight or over another
/// line.
struct SideSlope {
  double cosine, curvature;  // of the ray that comes to q with the line; the length's second derivative
  double t = 0, leg;         // place on the other line, and the distance from it (or from x)
};
inline SideSlope side_slope(const Vec3d& x, const EdgeLine<double>* over, const Vec3d& q, const Vec3d& e) {
  const double t = over ? fermat_point(*over, x, q) : 0;
  const Vec3d from = over ? over->at(t) : x;
  const double r = norm(q - from);
  if (!(r > 0)) {  // in the corner: any slope between those on its two sides
    const double c = over ? dot(normalized(from - x), over->direction) * dot(over->direction, e) : 0;
    return {c, 0, t, 0};
  }
  const Vec3d k = (q - from) / r;
  const double c = dot(k, e);
  double curvature = (1 - c * c) / r;
  if (over) {
    const double r0 = norm(from - x), c0 = dot(from - x, over->direction) / r0, c1 = dot(k, over->direction);
    const double own = (1 - c0 * c0) / r0 + (1 - c1 * c1) / r, mixed = (c1 * c - dot(over->direction, e)) / r;
    if (own > 0) curvature -= mixed * mixed / own;
  }
  return {c, curvature, t, r};
}

/// The shortest path over two or three lines. @return false when it belongs to a vertex, or along a line.
/// @param t  a guess of the second line's place; out: all places.
inline bool solve(const EdgeChain<double>& chain, double* t) {
  const EdgeLine<double>& line = chain.lines[1];
  const EdgeLine<double>* behind = chain.n > 2 ? &chain.lines[2] : nullptr;
  const double infinity = std::numeric_limits<double>::infinity();
  double lo = -infinity, hi = infinity, at = t[1], last = infinity, reach = 0;
  SideSlope a{}, b{};
  for (int iteration = 0; iteration < 400; ++iteration) {
    const Vec3d q = line.at(at);
    a = side_slope(chain.s, &chain.lines[0], q, line.direction);
    b = side_slope(chain.p, behind, q, line.direction);
    const double g = a.cosine + b.cosine, curvature = a.curvature + b.curvature;
    if (!std::isfinite(g)) return false;
    if (std::abs(g) < 1e-15) break;  // a few roundings of cosines
    (g < 0 ? lo : hi) = at;
    const bool bracketed = std::isfinite(lo) && std::isfinite(hi);
    double next = curvature > 0 ? at - g / curvature : (g < 0 ? infinity : -infinity);
    if (bracketed) {
      if (!(next > lo && next < hi) || std::abs(g) > 0.5 * last) next = lo + 0.5 * (hi - lo);
    } else {
      reach = reach > 0 ? 4 * reach : norm(q - chain.s) + norm(q - chain.p);
      next = next > at ? std::min(next, at + reach) : std::max(next, at - reach);
    }
    if (next == at || next == lo || next == hi) break;  // as far as rounding lets it
    last = std::abs(g);
    at = next;
  }
  t[0] = a.t;
  t[1] = at;
  if (behind) t[2] = b.t;
  // A leg's direction is known to the places' rounding over its length; the Hessian's determinant (edge_field.h) needs
  // its square below the third power of the leg's share of the path. Shorter legs belong to the corner.
  const Vec3d q = line.at(at);
  const double rounding = std::numeric_limits<double>::epsilon() * (norm(q) + norm(chain.s) + norm(chain.p));
  const double shortest = 16 * std::cbrt(rounding * rounding * (norm(q - chain.s) + norm(q - chain.p)));
  return a.leg > shortest && b.leg > shortest;
}

/// The places on the lines: one Newton step from those in double precision, over the Hessian there.
template <class T>
bool chain_points(const EdgeChain<T>& chain, double guess, T* t) {
  EdgeChain<double> plain{values(chain.s), values(chain.p), chain.n, {}};
  for (size_t i = 0; i < chain.n; ++i) {
    plain.lines[i] = {values(chain.lines[i].origin), values(chain.lines[i].direction)};
  }
  std::array<double, kMostEdges> places{};
  places[1] = guess;
  if (!solve(plain, places.data())) return false;
  typename EdgeChain<T>::State s;
  EdgeChain<double>::State h;
  plain.at(places.data(), h);
  for (size_t i = 0; i < chain.n; ++i) t[i] = T(places[i]);
  chain.at(t, s);
  // the tridiagonal system, from the first line to the last and back
  std::array<double, kMostEdges> pivot{};
  std::array<T, kMostEdges> step;
  for (size_t i = 0; i < chain.n; ++i) {
    pivot[i] = h.diagonal[i];
    step[i] = s.g[i];
    if (i == 0) continue;
    const double share = h.off[i - 1] / pivot[i - 1];
    pivot[i] -= share * h.off[i - 1];
    step[i] = step[i] - T(share) * step[i - 1];
  }
  for (size_t i = chain.n; i-- > 0;) {
    if (!(pivot[i] > 0)) return false;
    if (i + 1 < chain.n) step[i] = step[i] - T(h.off[i]) * step[i + 1];
    step[i] = T(1 / pivot[i]) * step[i];
    t[i] = t[i] - step[i];
  }
  return true;
}

}  // namespace unfold_detail

/// The excess length of the path over a point `along` off the diffraction point on the edge, divided by along^2; half
/// the phase's curvature at 0. With A and B the legs to that point, A - r0 and B - r1 are taken out of their roots, so
/// that nothing cancels. @param before, after  the legs to the diffraction point. @param cosine  between ray and edge.
template <class T>
RAYWAVE_HD_CALL T excess_length(const T& before, const T& after, const T& cosine, const T& along) {
  using std::sqrt;
  const T a = before + sqrt(before * before + T(2) * before * cosine * along + along * along);
  const T b = after + sqrt(after * after - T(2) * after * cosine * along + along * along);
  return T(1) / a + T(1) / b +
         cosine * ((along - T(2) * after * cosine) / (b * b) - (along + T(2) * before * cosine) / (a * a));
}

/// The touching points of a path from source to target over bends [0, n), at most kMostEdges of them edges. @return
/// false when there is none. @param known  see reflection_points. Whether points lie on their facets and edges is the
/// caller's to ask.
template <class T>
bool touching_points(const Vec3<T>& source, const Vec3<T>& target, const Bend<T>* bends, size_t n, Vec3<T>* points,
                     bool known = false) {
  using namespace unfold_detail;
  std::array<size_t, kMostEdges> edges;
  size_t num_edges = 0;
  for (size_t i = 0; i < n; ++i) {
    if (!bends[i].is_edge) continue;
    if (num_edges == kMostEdges) return false;
    edges[num_edges++] = i;
  }
  if (num_edges == 0) return reflection_points(source, target, bends, 0, n, points, known);
  // From the end to the first edge, what was passed is mirrored in each facet.
  EdgeChain<T> chain;
  chain.n = num_edges;
  chain.s = source;
  chain.p = target;
  for (size_t i = 0; i < edges[0]; ++i) chain.s = mirror(chain.s, bends[i]);
  size_t next = num_edges;
  for (size_t i = n; i-- > edges[0];) {
    if (bends[i].is_edge) {
      chain.lines[--next] = {bends[i].wedge.origin, bends[i].wedge.direction};
      continue;
    }
    chain.p = mirror(chain.p, bends[i]);
    for (size_t j = next; j < num_edges; ++j) {
      chain.lines[j] = {mirror(chain.lines[j].origin, bends[i]), mirror_direction(chain.lines[j].direction, bends[i])};
    }
  }
  std::array<T, kMostEdges> t{};
  if (num_edges == 1) {
    T from_s, from_p;
    t[0] = fermat_point(chain.lines[0], chain.s, chain.p, &from_s, &from_p);
    const Vec3<T> q = chain.lines[0].at(t[0]);
    if (!(ad::value_of(from_s) > kOnLine * ad::value_of(norm(q - chain.s)))) return false;
    if (!(ad::value_of(from_p) > kOnLine * ad::value_of(norm(q - chain.p)))) return false;
  } else {
    const WedgeFrame<T>& second = bends[edges[1]].wedge;
    const double middle = 0.5 * (ad::value_of(second.lo) + ad::value_of(second.hi));
    if (!chain_points(chain, middle, t.data())) return false;
  }
  for (size_t e = 0; e < num_edges; ++e) {
    const WedgeFrame<T>& w = bends[edges[e]].wedge;
    points[edges[e]] = w.origin + t[e] * w.direction;
  }
  Vec3<T> from = source;
  size_t begin = 0;
  for (size_t e = 0; e <= num_edges; ++e) {
    const size_t end = e < num_edges ? edges[e] : n;
    if (!reflection_points(from, e < num_edges ? points[end] : target, bends, begin, end, points, known)) {
      return false;
    }
    if (e < num_edges) from = points[end];
    begin = end + 1;
  }
  return true;
}

}  // namespace raywave::paths
