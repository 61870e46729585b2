// SPDX-License-Identifier: Apache-2.0
// The field of one path over any scalar: length, directions at the ends, polarised transfer. A vector is carried from
// touch to touch: mirrors and slabs by field.h, wedges by em/utd.h.
//
// Spreading. Without edges and over one edge: lambda / (4 pi L), L the path's whole length (the wedge's matrix holds
// the rest). Over two edges with lengths r0, r1, r2 between the ends and the edges, and H the Hessian of the path's
// length in the two points on the edges: stationary phase gives the amplitude D_1 D_2 sin b_1 sin b_2 / (r0 r1 r2
// sqrt(det H)), from which the distance parameters follow so that each boundary of one edge is continuous when seen
// over the other; for parallel edges L_1 = sin^2(b) r0 r1 / (r0 + r1) and L_2 = sin^2(b) r1 r2 / (r1 + r2). Symmetric
// in the direction. Where the second edge lies in the first one's transition zone, and along a face that they share (a
// roof), the product of two transition functions becomes the double one, W2 of em/transition.h, with the correlation
// rho of H; along a face each ray is there twice, as the direct one and as the reflected one: half of it is incident.
// Differentiable in: positions, normals, materials, wavelength. Not in: what is touched.
#pragma once

#include <array>

#include "raywave/core/constants.h"
#include "raywave/core/spherical.h"
#include "raywave/em/utd.h"
#include "raywave/paths/field.h"
#include "raywave/paths/paths.h"
#include "raywave/paths/port_fields.h"
#include "raywave/paths/stretch.h"
#include "raywave/paths/unfold.h"

namespace raywave::paths {

/// On which face of a wedge a leg of the path runs.
enum class OnFace : int8_t { kNone, kFace0, kFaceN };

/// One interaction of a path, over any scalar.
template <class T>
struct Touch {
  Interaction type = Interaction::kSpecularReflection;
  Bend<T> bend;                                            // of a facet (transmissions too: normal) or a wedge
  Vec3<T> point;                                           // of mirrors and wedges
  const em::BasicMaterialProperties<T>* face_0 = nullptr;  // of a facet, or of a wedge's face 0
  const em::BasicMaterialProperties<T>* face_n = nullptr;
  bool transmits = false;         // do rays pass through the wedge's faces?
  std::array<int8_t, 3> sides{};  // see em::WedgeRay
  OnFace arrives_on = OnFace::kNone, leaves_on = OnFace::kNone;
  int8_t shared_end = 0;  // of two edges that meet in a corner: -1 when this one's beginning is there, +1 its end
};

template <class T>
struct PathField {
  T length_m{};
  Vec3<T> departure, arrival;  // unit directions of travel at the two ends
  /// The arriving fields of unit theta_t and phi_t as vectors, with lambda / (4 pi L); across `arrival` but for
  /// rounding.
  std::array<CVec3<T>, 2> fields;
};

/// Rows (theta_r, phi_r), columns (theta_t, phi_t).
template <class T>
std::array<Complex<T>, 4> transfer_of(const PathField<T>& f) {
  const JonesBasis<T> basis = transfer_basis(-f.arrival);
  return {dot(f.fields[0], basis.theta_hat), dot(f.fields[1], basis.theta_hat), dot(f.fields[0], basis.phi_hat),
          dot(f.fields[1], basis.phi_hat)};
}

/// How far beyond an edge's end a diffraction point may lie, in the units of W; the field is faded out from
/// kEdgeFade on.
constexpr double kEdgeReach = 6, kEdgeFade = 2;

constexpr double kOnFace = 1e-7;  // rad within which a ray runs on a face

namespace path_field_detail {

/// What the stretches between a path's ends and its edges give the wedges.
template <class T>
struct EdgeGeometry {
  T l{};                // the distance parameter, with sin^2 beta
  T before{}, after{};  // lengths to the path's ends
  T skew{1};            // the phase's curvature along the edge over that of a path without the other edge
  Vec3<T> k_in, k_out;
  T sin_in{}, sin_out{};
};

/// 1 up to kEdgeFade, 0 from kEdgeReach on, twice differentiable.
template <class T>
T fade(const T& beyond) {
  if (!(beyond > T(kEdgeFade))) return T(1);
  if (!(beyond < T(kEdgeReach))) return T(0);
  const T y = (beyond - T(kEdgeFade)) / T(kEdgeReach - kEdgeFade);
  return T(1) - y * y * y * (T(10) - T(15) * y + T(6) * y * y);
}

/// @param inside  may it lie inside the wedge?
template <class T>
T azimuth(const Vec3<T>& v, const WedgeFrame<T>& w, bool inside) {
  using std::atan2;
  T phi = atan2(dot(v, w.n0), dot(v, w.t0));
  if (phi < T(0)) phi = phi + T(2 * kPi);
  if (!(phi > w.exterior_angle)) return phi;
  if (inside && phi > w.exterior_angle + T(kOnFace) && phi < T(2 * kPi - kOnFace)) return phi;
  // rounding on a face
  return phi - w.exterior_angle < T(2 * kPi) - phi ? w.exterior_angle : T(0);
}

/// The same for a leg that may run on a face.
template <class T>
T azimuth_on(OnFace face, const Vec3<T>& v, const WedgeFrame<T>& w, bool inside) {
  if (face == OnFace::kFace0) return T(0);
  return face == OnFace::kFaceN ? w.exterior_angle : azimuth(v, w, inside);
}

/// p and q of em::EdgeMatrix for a direction.
template <class T>
struct EdgeBasis {
  Vec3<T> q, p;
  EdgeBasis(const Vec3<T>& k, const Vec3<T>& e, const T& sin_beta) : p(cross(k, e) / sin_beta) { q = cross(p, k); }
};

template <class T>
class Wedging {
 public:
  Wedging(const Touch<T>& touch, const EdgeGeometry<T>& g, const T& wavelength_m)
      : touch_(touch),
        wavelength_m_(wavelength_m),
        in_(g.k_in, touch.bend.wedge.direction, g.sin_in),
        out_(g.k_out, touch.bend.wedge.direction, g.sin_out) {
    using std::sqrt;
    const WedgeFrame<T>& w = touch.bend.wedge;
    const T wavenumber = T(2 * kPi) / wavelength_m;
    ray_.exterior_angle = w.exterior_angle;
    ray_.phi_in = azimuth_on(touch.arrives_on, -g.k_in, w, touch.transmits);
    ray_.phi_out = azimuth_on(touch.leaves_on, g.k_out, w, touch.transmits);
    ray_.sin_beta = T(0.5) * (g.sin_in + g.sin_out);
    ray_.cos_beta = T(0.5) * (dot(g.k_in, w.direction) + dot(g.k_out, w.direction));
    ray_.k_l = wavenumber * g.l;
    const T t = dot(touch.point - w.origin, w.direction);
    const auto end = [&](const T& along) {
      return along * sqrt(wavenumber * g.skew * excess_length(g.before, g.after, ray_.cos_beta, along));
    };
    ray_.end_a = end(w.lo - t);
    ray_.end_b = end(w.hi - t);
    fade_ = fade(ray_.end_a > T(0) ? ray_.end_a : -ray_.end_b);
    // Near a corner the two edges are one vertex, not two edges: nothing at it, all from kEdgeFade on.
    if (touch.shared_end != 0) {
      const T inside = touch.shared_end < 0 ? -ray_.end_a : ray_.end_b;
      fade_ = fade_ * (T(1) - fade(T(kEdgeFade) + T((kEdgeReach - kEdgeFade) / kEdgeFade) * inside));
    }
    ray_.transmits = touch.transmits;
    ray_.sides = touch.sides;
  }

  em::EdgeMatrix<T> matrix() const {
    return Complex<T>{fade_, T(0)} * em::diffraction_matrix(ray_, *touch_.face_0, *touch_.face_n, wavelength_m_);
  }
  /// The matrix in its terms, without their transition functions but with what the edge's ends leave of them.
  std::array<em::BoundaryTerm<T>, 4> terms() const {
    auto terms = em::boundary_terms(ray_, *touch_.face_0, *touch_.face_n, wavelength_m_);
    for (auto& t : terms) t.coefficient = (fade_ * em::edge_share(t.v, ray_.end_a, ray_.end_b)) * t.coefficient;
    return terms;
  }
  CVec3<T> apply(const em::EdgeMatrix<T>& m, const CVec3<T>& e) const {
    const Complex<T> q = dot(e, in_.q), p = dot(e, in_.p);
    return (m.qq * q + m.qp * p) * out_.q + (m.pq * q + m.pp * p) * out_.p;
  }

 private:
  const Touch<T>& touch_;
  T wavelength_m_;
  EdgeBasis<T> in_, out_;
  em::WedgeRay<T> ray_;
  T fade_;
};

/// The edges of a path: their distance parameters and curvatures. @return the correlation of two edges, 0 with one.
template <class T>
T edge_geometry(const std::vector<Touch<T>>& touches, const size_t* edges, size_t num_edges, const T* r, const T& total,
                EdgeGeometry<T>* g) {
  using std::sqrt;
  for (size_t i = 0; i < num_edges; ++i) {
    const Vec3<T>& e = touches[edges[i]].bend.wedge.direction;
    g[i].sin_in = norm(cross(g[i].k_in, e));
    g[i].sin_out = norm(cross(g[i].k_out, e));
  }
  if (num_edges == 1) {
    const T sin2 = g[0].sin_in * g[0].sin_out;
    g[0].l = r[0] * r[1] * sin2 / total;
    g[0].before = r[0];
    g[0].after = r[1];
    return T(0);
  }
  const Vec3<T>& e2 = touches[edges[1]].bend.wedge.direction;
  Vec3<T> e1 = touches[edges[0]].bend.wedge.direction;
  double handedness = 1;  // of e1's image
  for (size_t i = edges[0] + 1; i < edges[1]; ++i) {
    if (touches[i].type != Interaction::kSpecularReflection) continue;
    e1 = unfold_detail::mirror_direction(e1, touches[i].bend);
    handedness = -handedness;
  }
  const T s1 = g[0].sin_in * g[0].sin_out, s2 = g[1].sin_in * g[1].sin_out;
  const T h11 = s1 * (T(1) / r[0] + T(1) / r[1]), h22 = s2 * (T(1) / r[1] + T(1) / r[2]);
  const T h12 = (dot(g[1].k_in, e1) * dot(g[1].k_in, e2) - dot(e1, e2)) / r[1];
  const T det = h11 * h22 - h12 * h12, square = r[0] * r[1] * r[2];
  const T near = r[0] + r[1], far = r[1] + r[2];
  g[0].l = square * square * det / (s2 * r[2] * near * total);
  g[1].l = square * square * det / (s1 * r[0] * far * total);
  g[0].before = r[0];
  g[0].after = far;
  g[0].skew = det / h22 * r[0] * far / (s1 * total);
  g[1].before = near;
  g[1].after = r[2];
  g[1].skew = det / h11 * near * r[2] / (s2 * total);
  return T(-handedness) * h12 / sqrt(h11 * h22);
}

/// The fields behind the second of two edges, one a polarisation, from those of the first one's terms, four a
/// polarisation.
template <class T>
void over_second_edge(const Wedging<T>& wedge, const std::array<em::BoundaryTerm<T>, 4>& first, const T& correlation,
                      double factor, std::array<CVec3<T>, 8>& fields) {
  CVec3<T> sums[2];
  const auto second = wedge.terms();
  for (size_t c = 0; c < 4; ++c) {
    CVec3<T> incident[2];
    for (size_t b = 0; b < 4; ++b) {
      const Complex<T> w =
          T(factor) * em::double_edge_transition(first[b].v, second[c].v, T(em::correlation_sign(b, c)) * correlation);
      for (size_t p = 0; p < 2; ++p) incident[p] = incident[p] + w * fields[4 * p + b];
    }
    for (size_t p = 0; p < 2; ++p) sums[p] = sums[p] + wedge.apply(second[c].coefficient, incident[p]);
  }
  fields[0] = sums[0];
  fields[1] = sums[1];
}

}  // namespace path_field_detail

/// @param touches  with their points set.
template <class T>
PathField<T> path_field(const T& wavelength_m, const Vec3<T>& source_m, const Vec3<T>& target_m,
                        const std::vector<Touch<T>>& touches) {
  using namespace path_field_detail;
  PathField<T> v;
  size_t edges[2], num_edges = 0;
  T r[3]{};  // from end to edge to edge to end
  EdgeGeometry<T> geometry[2];
  Vec3<T> last = source_m, k{};
  size_t begin = 0;  // of the stretch
  const auto go_to = [&](const Vec3<T>& point, size_t end) {
    const Stretch<T> s = stretch(last, point, touches, begin, end);
    r[num_edges] = s.length_m;
    k = s.last;
    (num_edges == 0 ? v.departure : geometry[num_edges - 1].k_out) = s.first;
    last = point;
    begin = end + 1;
  };
  for (size_t i = 0; i < touches.size(); ++i) {
    if (!touches[i].bend.is_edge) continue;
    go_to(touches[i].point, i);
    geometry[num_edges].k_in = k;
    edges[num_edges++] = i;
  }
  go_to(target_m, touches.size());
  v.arrival = k;
  v.length_m = r[0];
  for (size_t i = 1; i <= num_edges; ++i) v.length_m = v.length_m + r[i];
  const T amplitude = wavelength_m / (T(4 * kPi) * v.length_m);
  const T correlation = num_edges > 0 ? edge_geometry(touches, edges, num_edges, r, v.length_m, geometry) : T(0);

  const JonesBasis<T> basis_t = transfer_basis(v.departure);
  // One field for each of the source's polarisations, between two edges one for each term of the first too.
  std::array<CVec3<T>, 8> fields{{{basis_t.theta_hat, {}}, {basis_t.phi_hat, {}}}};
  size_t num_fields = 2, edge = 0;
  std::array<em::BoundaryTerm<T>, 4> first_terms;
  k = v.departure;
  for (const Touch<T>& touch : touches) {
    if (touch.bend.is_edge) {
      const Wedging<T> wedge(touch, geometry[edge], wavelength_m);
      if (num_edges == 1) {
        const em::EdgeMatrix<T> m = wedge.matrix();
        for (size_t c = 0; c < 2; ++c) fields[c] = wedge.apply(m, fields[c]);
      } else if (edge == 0) {
        first_terms = wedge.terms();
        for (size_t c = 2; c-- > 0;) {
          const CVec3<T> incident = fields[c];
          for (size_t b = 0; b < 4; ++b) fields[4 * c + b] = wedge.apply(first_terms[b].coefficient, incident);
        }
        num_fields = 8;
      } else {
        const double along_face = touch.arrives_on != OnFace::kNone ? 0.5 : 1;
        over_second_edge(wedge, first_terms, correlation, along_face, fields);
        num_fields = 2;
      }
      k = geometry[edge++].k_out;
      continue;
    }
    const T cosine = [&] {
      using std::abs;
      const T c = abs(dot(k, touch.bend.normal));
      return c > T(1) ? T(1) : c;
    }();
    const auto c = em::coefficients(cosine, *touch.face_0, wavelength_m);
    Vec3<T> k_out = k;
    for (size_t i = 0; i < num_fields; ++i) {
      CVec3<T>& e = fields[i];
      k_out = k;
      if (touch.type == Interaction::kSpecularReflection) {
        reflect(touch.bend.normal, c, touch.face_0->specular_scale, k_out, e);
      } else {
        transmit(touch.bend.normal, c, k, e);
      }
    }
    k = k_out;
  }
  for (size_t col = 0; col < 2; ++col) v.fields[col] = {amplitude * fields[col].re, amplitude * fields[col].im};
  return v;
}

}  // namespace raywave::paths
