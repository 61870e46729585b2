// SPDX-License-Identifier: Apache-2.0
// Where a path touches facets and edges: mirrors by the image method, edges by Fermat's principle (the path over an
// edge is the shortest one, which puts the ray on Keller's cone), over any scalar.
//
// The stretch before an edge is unfolded by mirroring the source forward, the one after it by mirroring what follows
// back; then one edge has a closed form and two edges are a convex problem in two unknowns (Newton). Over dual numbers
// and tapes the point found in double precision is moved by one Newton step, which carries its exact derivative.
// Differentiable in: all positions. Not in: which surfaces are touched.
#pragma once

#include <cmath>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/core/vec.h"

namespace raywave::paths {

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
Vec3<T> mirror(const Vec3<T>& p, const Bend<T>& f) {
  return p - T(2) * (dot(f.normal, p) - f.offset) * f.normal;
}
template <class T>
Vec3<T> mirror_direction(const Vec3<T>& d, const Bend<T>& f) {
  return d - T(2) * dot(f.normal, d) * f.normal;
}

/// The reflection points from a to b over facets [first, last) into points [first, last).
/// @param known  the path is there. Then ends may lie on facets and points coincide; else that is no path: @return
/// false when a facet does not lie between the images.
template <class T>
bool reflection_points(const Vec3<T>& a, const Vec3<T>& b, const Bend<T>* bends, size_t first, size_t last,
                       Vec3<T>* images, Vec3<T>* points, bool known) {
  Vec3<T> image = a;
  for (size_t i = first; i < last; ++i) images[i] = image = mirror(image, bends[i]);
  Vec3<T> next = b;
  for (size_t i = last; i-- > first;) {
    const T d_image = dot(bends[i].normal, images[i]) - bends[i].offset;
    const T d_next = dot(bends[i].normal, next) - bends[i].offset;
    if (known && ad::value_of(d_image) == ad::value_of(d_next)) {  // both ends on the facet: halfway
      points[i] = next = T(0.5) * (images[i] + next);
      continue;
    }
    if (!known && !(ad::value_of(d_image) * ad::value_of(d_next) < 0)) return false;
    points[i] = next = images[i] + (d_image / (d_image - d_next)) * (next - images[i]);
  }
  return true;
}

/// The unfolded problem of two edges: |s - q1| + |q1 - q2| + |q2 - p|, its gradient and Hessian in (t1, t2).
template <class T>
struct TwoEdges {
  Vec3<T> s, o1, e1, o2, e2, p;
  struct State {
    T g1, g2, h11, h12, h22;
  };
  bool at(const T& t1, const T& t2, State& out) const {
    const Vec3<T> q1 = o1 + t1 * e1, q2 = o2 + t2 * e2;
    const T d0 = norm(q1 - s), d1 = norm(q2 - q1), d2 = norm(p - q2);
    if (!(d0 > T(0)) || !(d1 > T(0)) || !(d2 > T(0))) return false;
    const Vec3<T> k0 = (q1 - s) / d0, k1 = (q2 - q1) / d1, k2 = (p - q2) / d2;
    const T c01 = dot(k0, e1), c11 = dot(k1, e1), c12 = dot(k1, e2), c22 = dot(k2, e2);
    out.g1 = c01 - c11;
    out.g2 = c12 - c22;
    out.h11 = (T(1) - c01 * c01) / d0 + (T(1) - c11 * c11) / d1;
    out.h22 = (T(1) - c12 * c12) / d1 + (T(1) - c22 * c22) / d2;
    out.h12 = (c11 * c12 - dot(e1, e2)) / d1;
    return true;
  }
};

/// Newton's iteration with halved steps, over double.
inline bool solve(const TwoEdges<double>& problem, double& t1, double& t2) {
  TwoEdges<double>::State s, next;
  if (!problem.at(t1, t2, s)) return false;
  for (int iteration = 0; iteration < 60; ++iteration) {
    const double det = s.h11 * s.h22 - s.h12 * s.h12;
    if (!(det > 0)) return false;
    const double d1 = -(s.h22 * s.g1 - s.h12 * s.g2) / det, d2 = -(s.h11 * s.g2 - s.h12 * s.g1) / det;
    const double size = std::abs(s.g1) + std::abs(s.g2);
    if (size < 1e-15) return true;
    double step = 1;
    bool better = false;
    for (int halving = 0; halving < 30 && !better; ++halving, step *= 0.5) {
      if (!problem.at(t1 + step * d1, t2 + step * d2, next)) continue;
      better = std::abs(next.g1) + std::abs(next.g2) < size;
      if (better) t1 += step * d1, t2 += step * d2;
    }
    if (!better) return size < 1e-9;  // as far as rounding lets it
    s = next;
  }
  return std::abs(s.g1) + std::abs(s.g2) < 1e-9;
}

template <class T>
T fermat_point(const WedgeFrame<T>& w, const Vec3<T>& s, const Vec3<T>& p, bool& ok) {
  const Vec3<T> ds = s - w.origin, dp = p - w.origin;
  const T zs = dot(ds, w.direction), zp = dot(dp, w.direction);
  const T hs = norm(ds - zs * w.direction), hp = norm(dp - zp * w.direction);
  ok = ad::value_of(hs) > 0 && ad::value_of(hp) > 0;
  return ok ? (zs * hp + zp * hs) / (hs + hp) : T(0);
}

template <class T>
Vec3d values(const Vec3<T>& v) {
  return {ad::value_of(v.x), ad::value_of(v.y), ad::value_of(v.z)};
}

template <class T>
bool two_edge_points(const TwoEdges<T>& problem, double guess1, double guess2, T& t1, T& t2) {
  const TwoEdges<double> plain{values(problem.s),  values(problem.o1), values(problem.e1),
                               values(problem.o2), values(problem.e2), values(problem.p)};
  if (!solve(plain, guess1, guess2)) return false;
  typename TwoEdges<T>::State s;
  TwoEdges<double>::State h;
  if (!plain.at(guess1, guess2, h) || !problem.at(T(guess1), T(guess2), s)) return false;
  const double det = h.h11 * h.h22 - h.h12 * h.h12;
  t1 = T(guess1) - T(h.h22 / det) * s.g1 + T(h.h12 / det) * s.g2;
  t2 = T(guess2) - T(h.h11 / det) * s.g2 + T(h.h12 / det) * s.g1;
  return true;
}

}  // namespace unfold_detail

/// The excess length of the path over a point `along` off the diffraction point on the edge, divided by along^2; half
/// the phase's curvature at 0. With A and B the legs to that point, A - r0 and B - r1 are taken out of their roots, so
/// that nothing cancels. @param before, after  the legs to the diffraction point. @param cosine  between ray and edge.
template <class T>
T excess_length(const T& before, const T& after, const T& cosine, const T& along) {
  using std::sqrt;
  const T a = before + sqrt(before * before + T(2) * before * cosine * along + along * along);
  const T b = after + sqrt(after * after - T(2) * after * cosine * along + along * along);
  return T(1) / a + T(1) / b +
         cosine * ((along - T(2) * after * cosine) / (b * b) - (along + T(2) * before * cosine) / (a * a));
}

constexpr size_t kMostBends = 32;

/// The touching points of a path from source to target over bends [0, n), at most two of them edges. @return false when
/// there is none. @param known  see reflection_points. Whether points lie on their facets and edges is the caller's to
/// ask.
template <class T>
bool touching_points(const Vec3<T>& source, const Vec3<T>& target, const Bend<T>* bends, size_t n, Vec3<T>* points,
                     bool known = false) {
  using namespace unfold_detail;
  Vec3<T> images[kMostBends];
  size_t edges[2], num_edges = 0;
  for (size_t i = 0; i < n; ++i) {
    if (bends[i].is_edge) edges[num_edges++] = i;
  }
  if (num_edges == 0) return reflection_points(source, target, bends, 0, n, images, points, known);
  Vec3<T> s = source, p = target;
  for (size_t i = 0; i < edges[0]; ++i) s = mirror(s, bends[i]);
  for (size_t i = n; i-- > edges[num_edges - 1] + 1;) p = mirror(p, bends[i]);
  const WedgeFrame<T>& first = bends[edges[0]].wedge;
  bool ok = true;
  if (num_edges == 1) {
    const T t = fermat_point(first, s, p, ok);
    if (!ok) return false;
    points[edges[0]] = first.origin + t * first.direction;
  } else {
    const WedgeFrame<T>& second = bends[edges[1]].wedge;
    TwoEdges<T> problem{s, first.origin, first.direction, second.origin, second.direction, p};
    for (size_t i = edges[1]; i-- > edges[0] + 1;) {
      problem.o2 = mirror(problem.o2, bends[i]);
      problem.e2 = mirror_direction(problem.e2, bends[i]);
      problem.p = mirror(problem.p, bends[i]);
    }
    T t1, t2;
    const auto middle = [](const WedgeFrame<T>& w) { return 0.5 * (ad::value_of(w.lo) + ad::value_of(w.hi)); };
    if (!two_edge_points(problem, middle(first), middle(second), t1, t2)) return false;
    points[edges[0]] = first.origin + t1 * first.direction;
    points[edges[1]] = second.origin + t2 * second.direction;
  }
  Vec3<T> from = source;
  size_t begin = 0;
  for (size_t e = 0; e <= num_edges; ++e) {
    const size_t end = e < num_edges ? edges[e] : n;
    const Vec3<T> to = e < num_edges ? points[edges[e]] : target;
    if (!reflection_points(from, to, bends, begin, end, images, points, known)) return false;
    if (e < num_edges) from = points[edges[e]];
    begin = end + 1;
  }
  return true;
}

}  // namespace raywave::paths
