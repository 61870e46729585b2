// SPDX-License-Identifier: Apache-2.0
// The uniform theory of diffraction (UTD) of a wedge: Kouyoumjian and Pathak 1974 (Proc. IEEE 62, 1448), with finite
// conductivity after Luebbers 1984 and Holm 2000, in a form without 0 * infinity and for edges that end.
//
// Each of the four geometrical-optics boundaries b, at the signed angle delta_b from the observation direction, adds
//   -1/2 C_b (h(|delta_b|) / n) W(v_b; a, b),   h(x) = sin(x / 2) cot(x / 2n),   v_b = sqrt(2 k L) sin(delta_b / 2),
// to the matrix that turns the field incident on the edge, continued to the observation point as if by the straight
// ray (spreading 1 / (s' + s)), into the diffracted field. W is edge_transition: for an edge without ends the classical
// cot(.) F(.) terms come out. C_b is what geometrical optics gains across b, at b: 1 across the incidence boundaries
// (1 - T_0 T_n where the faces transmit), R_0 and R_n across the reflection boundaries. So the total is continuous.
//
// R_0 is taken at the angle alpha with sin(alpha) = 2 a^2 b^2 / (a^3 + b^3), a = sin(phi'), b = sin(phi) (0 when
// negative): the specular angle at the boundary, grazing (R = -1, the diffracted field vanishes) when source or
// observer is on the face or behind its plane; symmetric, so that reciprocity holds; once differentiable. T_0 likewise,
// with the observer behind the face.
//
// Where rays pass through the faces there is an inside too, between face n and 2 pi. A ray over the edge from the
// outside in (or back) has one boundary: the straight ray leaves one face for the other (C = T_n - T_0), or, with the
// source behind the plane of one face, the other face's mirror image, seen from inside, ends there (C = T_n R_0 or T_0
// R_n). Its weight is cos(delta / 2), that of the half plane's aperture, times a window that takes it to 0 on the
// faces, where reflection and transmission at grazing leave no field. As the source crosses a face's plane one boundary
// becomes the other. Between two places inside there is none for exterior angles from 3 pi / 2 on; below, where the
// inside is an obtuse corner, the mirror images' ends are left out. Limits: first-order asymptotics in k L; faces as
// slabs in vacuum. Valid for exterior angles from pi to 2 pi. Differentiable in: all angles, distances, materials,
// wavelength.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "raywave/core/constants.h"
#include "raywave/em/fresnel.h"
#include "raywave/em/transition.h"

namespace raywave::em {

/// A linear map of fields in the basis of the edge-fixed planes: p = k x e / |k x e| (perpendicular to the plane of k
/// and the edge e), q = p x k (in it: "soft"). Named [out][in].
template <class T>
struct EdgeMatrix {
  Complex<T> qq, qp, pq, pp;
};
template <class T>
EdgeMatrix<T> operator*(const EdgeMatrix<T>& a, const EdgeMatrix<T>& b) {
  return {a.qq * b.qq + a.qp * b.pq, a.qq * b.qp + a.qp * b.pp, a.pq * b.qq + a.pp * b.pq, a.pq * b.qp + a.pp * b.pp};
}
template <class T>
EdgeMatrix<T> operator*(const Complex<T>& s, const EdgeMatrix<T>& a) {
  return {s * a.qq, s * a.qp, s * a.pq, s * a.pp};
}
template <class T>
EdgeMatrix<T> operator+(const EdgeMatrix<T>& a, const EdgeMatrix<T>& b) {
  return {a.qq + b.qq, a.qp + b.qp, a.pq + b.pq, a.pp + b.pp};
}
template <class T>
EdgeMatrix<T> operator-(const EdgeMatrix<T>& a, const EdgeMatrix<T>& b) {
  return {a.qq - b.qq, a.qp - b.qp, a.pq - b.pq, a.pp - b.pp};
}

/// A ray over an edge. Angles are azimuths about the edge from face 0 through the exterior to face n, in radians.
template <class T>
struct WedgeRay {
  T exterior_angle;        // n pi, in [pi, 2 pi]; 2 pi: a screen
  T phi_in, phi_out;       // of the source and of the observer, in [0, n pi]; to 2 pi when rays pass through
  T sin_beta, cos_beta;    // of the angle between ray and edge, cos_beta = k . e with e = t_0 x n_0
  T k_l;                   // wavenumber times the distance parameter L, which holds sin^2 beta
  T end_a, end_b;          // the edge's ends from the diffraction point, u = sqrt(k kappa / 2) t; may be infinite
  bool transmits = false;  // do rays pass through the faces?
  /// Across the incidence boundary and the reflection boundaries of face 0 and face n: +1 when the observer is on the
  /// lit side, -1 when not, 0: as the angles say. Set within rounding of a boundary, where the diffracted field must
  /// agree with what geometrical optics decided.
  std::array<int8_t, 3> sides{};
};

namespace utd_detail {

template <class T>
struct FaceRay {
  T sin_alpha, cos_alpha;  // azimuth of the incident ray from the face
  T sin_beta, cos_beta;
};

/// Splits a slab's coefficients (c_te, c_tm), equal up to `sign` at normal incidence, into the (q, p) basis.
/// @return c_te + c_tm (reflection: sign 1) or c_te - c_tm (transmission) over sin^2 theta, 0 at normal incidence.
template <class T>
Complex<T> cross_share(const FaceRay<T>& r, const Complex<T>& c_te, const Complex<T>& c_tm, double sign) {
  const T sin2_theta = T(1) - r.sin_alpha * r.sin_alpha * r.sin_beta * r.sin_beta;
  if (!(sin2_theta > T(1e-14))) return {T(0), T(0)};
  return (T(1) / sin2_theta) * (c_te + T(sign) * c_tm);
}

template <class T>
EdgeMatrix<T> reflection_matrix(const FaceRay<T>& r, const BasicMaterialProperties<T>& m, const T& wavelength_m) {
  if (m.perfect_conductor) {
    return {{-m.specular_scale, T(0)}, {T(0), T(0)}, {T(0), T(0)}, {m.specular_scale, T(0)}};
  }
  const SlabCoefficients<T> c = coefficients(r.sin_alpha * r.sin_beta, m, wavelength_m);
  const Complex<T> share = m.specular_scale * cross_share(r, c.r_te, c.r_tm, 1);
  const T along = r.cos_beta * r.sin_alpha;
  const Complex<T> cross = (-(along * r.cos_alpha)) * share;
  return {m.specular_scale * c.r_te - (along * along) * share, cross, -cross,
          m.specular_scale * c.r_tm - (along * along) * share};
}

template <class T>
EdgeMatrix<T> transmission_matrix(const FaceRay<T>& r, const BasicMaterialProperties<T>& m, const T& wavelength_m) {
  using std::abs;
  const SlabCoefficients<T> c = coefficients(abs(r.sin_alpha) * r.sin_beta, m, wavelength_m);
  const Complex<T> share = cross_share(r, c.t_te, c.t_tm, -1);
  const T along = r.cos_beta * r.sin_alpha;
  const Complex<T> cross = (-(along * r.cos_alpha)) * share;
  return {c.t_te - (along * along) * share, cross, cross, c.t_tm + (along * along) * share};
}

/// The incidence that stands for both ends of a diffracted ray, seen from one face; see the top of the file.
/// @param in, out  +1 where the source or observer is to be in front of the face, -1 behind its plane.
template <class T>
FaceRay<T> ray_at_face(const T& phi_in, const T& phi_out, double in, double out, const T& sin_beta, const T& cos_beta) {
  using std::cos;
  using std::sin;
  const T cos_alpha = T(0.5) * (cos(phi_in) - cos(phi_out));
  const T a = T(in) * sin(phi_in), b = T(out) * sin(phi_out);
  if (!(a > T(0)) || !(b > T(0))) return {T(0), cos_alpha, sin_beta, cos_beta};
  return {T(2 * in) * a * a * b * b / (a * a * a + b * b * b), cos_alpha, sin_beta, cos_beta};
}
template <class T>
FaceRay<T> specular_ray(const T& phi_in, const T& phi_out, const T& sin_beta, const T& cos_beta) {
  return ray_at_face(phi_in, phi_out, 1, 1, sin_beta, cos_beta);
}

/// h(|x|) / n
template <class T>
T boundary_weight(const T& delta, const T& n) {
  using std::cos;
  using std::sin;
  if (delta * delta < T(1e-8)) return T(1) - delta * delta * (T(1) / (T(12) * n * n) + T(1.0 / 24));
  const T y = delta / (T(2) * n);
  return sin(T(0.5) * delta) * cos(y) / (n * sin(y));
}

/// The signed angle to the boundary: pi + beta (or pi - beta) brought next to 0 by whole turns of 2 pi n.
template <class T>
T boundary_angle(const T& angle, const T& n) {
  const double turn = 2 * kPi * ad::value_of(n);
  return angle - T(2 * kPi * std::round(ad::value_of(angle) / turn)) * n;
}

/// The argument of the transition function, on the side that the ray's `sides` say.
template <class T>
T transition_argument(const T& k_l, const T& delta, int side) {
  using std::sin;
  using std::sqrt;
  const T v = sqrt(T(2) * k_l) * sin(T(0.5) * delta);
  const double at = ad::value_of(v);
  if (std::abs(at) < 1e-2 && (side * at < 0 || (side < 0 && at == 0))) return v - T(at == 0 ? 1e-300 : 2 * at);
  return v;
}

/// From 0 at 0 to 1 from 1 on, with continuous slopes.
template <class T>
T smooth_step(const T& u) {
  if (!(u > T(0))) return T(0);
  if (!(u < T(1))) return T(1);
  return u * u * (T(3) - T(2) * u);
}

template <class T>
EdgeMatrix<T> passage(const FaceRay<T>& r, const BasicMaterialProperties<T>& m, const T& wavelength_m) {
  return m.perfect_conductor ? EdgeMatrix<T>{} : transmission_matrix(r, m, wavelength_m);
}

}  // namespace utd_detail

/// What one boundary of geometrical optics adds to the diffracted field: coefficient times W(v; a, b). The lit side is
/// at v > 0.
template <class T>
struct BoundaryTerm {
  EdgeMatrix<T> coefficient;
  T v{};
};

template <class T>
bool is_inside(const WedgeRay<T>& r, const T& phi) {
  return r.transmits && ad::value_of(phi) > ad::value_of(r.exterior_angle);
}

/// The one term of a ray between the outside and the inside of a wedge; see the top of the file. In the place that it
/// would have in boundary_terms.
template <class T>
std::array<BoundaryTerm<T>, 4> boundary_terms_through(const WedgeRay<T>& r, const BasicMaterialProperties<T>& face_0,
                                                      const BasicMaterialProperties<T>& face_n, const T& wavelength_m) {
  using namespace utd_detail;
  using std::cos;
  using std::sin;
  std::array<BoundaryTerm<T>, 4> terms{};
  const T pi(kPi), n_pi = r.exterior_angle;
  const bool outwards = is_inside(r, r.phi_in);
  if (outwards && is_inside(r, r.phi_out)) return terms;
  const T outer = outwards ? r.phi_out : r.phi_in, inner = outwards ? r.phi_in : r.phi_out, from_n = n_pi - outer;
  // Taken from the outside in; backwards it is the transpose with the signs of p turned.
  const T cos_beta = outwards ? -r.cos_beta : r.cos_beta;
  const T sin_0 = sin(outer), cos_0 = cos(outer), sin_n = sin(from_n), cos_n = cos(from_n);
  const auto t0 = [&] { return passage({sin_0, cos_0, r.sin_beta, cos_beta}, face_0, wavelength_m); };
  const auto tn = [&] { return passage({sin_n, cos_n, r.sin_beta, -cos_beta}, face_n, wavelength_m); };
  size_t place;
  T delta, boundary;
  EdgeMatrix<T> c;
  if (ad::value_of(outer) >= kPi) {
    place = 2;
    delta = inner + outer - T(3) * pi;
    boundary = T(3) * pi - outer;
    c = reflection_matrix({-sin_0, cos_0, r.sin_beta, -cos_beta}, face_0, wavelength_m) * tn();
  } else if (ad::value_of(from_n) >= kPi) {
    place = 3;
    delta = T(2) * n_pi - pi - outer - inner;
    boundary = T(2) * n_pi - pi - outer;
    c = reflection_matrix({-sin_n, cos_n, r.sin_beta, cos_beta}, face_n, wavelength_m) * t0();
  } else {
    place = outwards ? 0 : 1;
    delta = pi - (inner - outer);
    boundary = outer + pi;
    c = tn() - t0();
  }
  if (outwards) c = {c.qq, -c.pq, -c.qp, c.pp};
  const T width = T(2) * pi - n_pi, least = n_pi + T(1e-3) * width, most = T(2) * pi - T(1e-3) * width;
  if (boundary < least) boundary = least;
  if (boundary > most) boundary = most;
  const T window =
      smooth_step(inner < boundary ? (inner - n_pi) / (boundary - n_pi) : (T(2) * pi - inner) / (T(2) * pi - boundary));
  terms[place].coefficient = Complex<T>{T(-0.5) * cos(T(0.5) * delta) * window, T(0)} * c;
  terms[place].v = transition_argument(r.k_l, delta, place < 2 ? r.sides[0] : 0);
  return terms;
}

/// The four terms of a wedge: incidence (an observer at larger azimuths is lit), incidence (at smaller ones),
/// reflection from face n, reflection from face 0. See the top of the file. @param face_0, face_n  materials.
template <class T>
std::array<BoundaryTerm<T>, 4> boundary_terms(const WedgeRay<T>& r, const BasicMaterialProperties<T>& face_0,
                                              const BasicMaterialProperties<T>& face_n, const T& wavelength_m) {
  using namespace utd_detail;
  if (is_inside(r, r.phi_in) || is_inside(r, r.phi_out)) {
    return boundary_terms_through(r, face_0, face_n, wavelength_m);
  }
  const T pi(kPi), n = r.exterior_angle / pi, zero(0), one(1);
  const T difference = r.phi_out - r.phi_in, sum = r.phi_out + r.phi_in;
  const std::array<T, 4> delta{boundary_angle(pi + difference, n), boundary_angle(pi - difference, n),
                               boundary_angle(pi + sum, n), boundary_angle(pi - sum, n)};
  const std::array<int8_t, 4> side{r.sides[0], r.sides[0], r.sides[2], r.sides[1]};
  const EdgeMatrix<T> identity{{one, zero}, {zero, zero}, {zero, zero}, {one, zero}};
  std::array<BoundaryTerm<T>, 4> terms{};
  terms[0].coefficient = terms[1].coefficient = identity;
  // seen from face n the edge runs the other way
  terms[2].coefficient = reflection_matrix(
      specular_ray(r.exterior_angle - r.phi_in, r.exterior_angle - r.phi_out, r.sin_beta, -r.cos_beta), face_n,
      wavelength_m);
  terms[3].coefficient =
      reflection_matrix(specular_ray(r.phi_in, r.phi_out, r.sin_beta, r.cos_beta), face_0, wavelength_m);
  if (r.transmits && !(face_0.perfect_conductor || face_n.perfect_conductor)) {
    const bool screen = ad::value_of(r.exterior_angle) > 2 * kPi - 1e-9;
    // The source in front of face 0 (first: 1) or of face n (first: -1), the observer behind.
    const auto through = [&](double first) {
      const EdgeMatrix<T> t0 = transmission_matrix(
          ray_at_face(r.phi_in, r.phi_out, first, -first, r.sin_beta, r.cos_beta), face_0, wavelength_m);
      if (screen) return t0;
      const EdgeMatrix<T> tn =
          transmission_matrix(ray_at_face(r.exterior_angle - r.phi_in, r.exterior_angle - r.phi_out, -first, first,
                                          r.sin_beta, -r.cos_beta),
                              face_n, wavelength_m);
      return first < 0 ? t0 * tn : tn * t0;
    };
    terms[0].coefficient = identity - through(-1);
    terms[1].coefficient = identity - through(1);
  }
  // Observers are on the lit side of a boundary where its angle is positive: the diffracted field takes off what
  // geometrical optics has too much.
  for (size_t b = 0; b < 4; ++b) {
    terms[b].coefficient = Complex<T>{T(-0.5) * boundary_weight(delta[b], n), zero} * terms[b].coefficient;
    terms[b].v = transition_argument(r.k_l, delta[b], side[b]);
  }
  return terms;
}

/// What diffraction makes of the field incident on a wedge; see the top of the file.
template <class T>
EdgeMatrix<T> diffraction_matrix(const WedgeRay<T>& r, const BasicMaterialProperties<T>& face_0,
                                 const BasicMaterialProperties<T>& face_n, const T& wavelength_m) {
  EdgeMatrix<T> m{};
  for (const auto& term : boundary_terms(r, face_0, face_n, wavelength_m)) {
    m = m + edge_transition(term.v, r.end_a, r.end_b) * term.coefficient;
  }
  return m;
}

/// Over two wedges in one path, whose transition zones may overlap, the terms b of the first and c of the second share
/// W2(v_b, v_c; +-rho). This is the sign, for rho the correlation of two edges whose vectors p (see EdgeMatrix) agree
/// on the stretch between them.
inline double correlation_sign(size_t b, size_t c) {
  const bool lit_when_out_grows = b == 0 || b == 2, lit_when_in_grows = c == 1 || c == 2;
  return lit_when_out_grows == lit_when_in_grows ? -1 : 1;
}

}  // namespace raywave::em
