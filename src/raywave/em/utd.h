// SPDX-License-Identifier: Apache-2.0
// The uniform theory of diffraction (UTD) of a wedge: Kouyoumjian and Pathak 1974 (Proc. IEEE 62, 1448), with finite
// conductivity in a product form after Holm 2000 (IEEE Trans. AP 48, 1211), without 0 * infinity and for edges that
// end.
//
// Each of the four geometrical-optics boundaries b, at the signed angle delta_b from the observation direction, adds
//   -1/2 C_b (h(|delta_b|) / n) W(v_b; a, b),   h(x) = sin(x / 2) cot(x / 2n),   v_b = sqrt(2 k L) sin(delta_b / 2),
// to the matrix that turns the field incident on the edge, continued to the observation point as if by the straight
// ray (spreading 1 / (s' + s)), into the diffracted field. W is edge_transition: for an edge without ends the classical
// cot(.) F(.) terms come out. At its boundary C_b is what geometrical optics gains across it: 1 at the incidence
// boundaries (1 - T_0 T_n where the faces transmit), R_0 and R_n at the reflection boundaries. So the total is
// continuous. Away from it, for a ray that travels from face 0 to face n (phi > phi'; "up"):
//   C_1 = R_n R_0,  C_2 = 1,  C_3 = R_n,  C_4 = R_0,   R_0 at the source's azimuth from face 0, phi', and
//                                                       R_n at the observer's from face n, n pi - phi.
// Azimuths saturate: alpha up to pi / 2 + A, pi / 2 + 3 A / 2 from pi / 2 + 2 A on, A = 0.25 rad, so that behind a
// face's plane its coefficient stays near the normal one. "Down" (phi < phi') is the transpose of "up" with the ends
// swapped (reciprocity, exact); for |phi - phi'| < 2 A the two are blended, over less next to a face, so that on it one
// remains. On a lossy face R = -1 and the terms cancel: no field but where the surface wave has not yet decayed, see
// grazing_reflection. A perfect conductor's values are exact. Against exact solutions: docs/validation.md.
//
// Faces that transmit: C_2 = 1 - T_n T_0, T_0 at the source's azimuth or, nearer to face 0 from behind, the observer's,
// 2 pi - phi, T_n likewise. A screen (n = 2) is one sheet with one transmission T and the exact first order in 1 - T:
//   C_1 = R_n R_0 + T_n T_0 - T,  C_2 = 1 - T,  C_3 = R_n - u X,  C_4 = R_0 - (1 - u) X,  X = R_n T_0 + T_n R_0,
// T_0 at the source's, T_n at the observer's azimuth, T = u T_0 + (1 - u) T_n, u = 1 where the source is nearer to the
// sheet than the observer. So the diffracted field of walls that hardly reflect and hardly stop anything vanishes.
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
RAYWAVE_HD_CALL EdgeMatrix<T> operator*(const EdgeMatrix<T>& a, const EdgeMatrix<T>& b) {
  return {a.qq * b.qq + a.qp * b.pq, a.qq * b.qp + a.qp * b.pp, a.pq * b.qq + a.pp * b.pq, a.pq * b.qp + a.pp * b.pp};
}
template <class T>
RAYWAVE_HD EdgeMatrix<T> operator*(const Complex<T>& s, const EdgeMatrix<T>& a) {
  return {s * a.qq, s * a.qp, s * a.pq, s * a.pp};
}
template <class T>
RAYWAVE_HD EdgeMatrix<T> operator+(const EdgeMatrix<T>& a, const EdgeMatrix<T>& b) {
  return {a.qq + b.qq, a.qp + b.qp, a.pq + b.pq, a.pp + b.pp};
}
template <class T>
RAYWAVE_HD EdgeMatrix<T> operator-(const EdgeMatrix<T>& a, const EdgeMatrix<T>& b) {
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
RAYWAVE_HD Complex<T> cross_share(const FaceRay<T>& r, const Complex<T>& c_te, const Complex<T>& c_tm, double sign) {
  const T sin2_theta = T(1) - r.sin_alpha * r.sin_alpha * r.sin_beta * r.sin_beta;
  if (!(sin2_theta > T(1e-14))) return {T(0), T(0)};
  return (T(1) / sin2_theta) * (c_te + T(sign) * c_tm);
}

template <class T>
RAYWAVE_HD EdgeMatrix<T> reflection_matrix(const FaceRay<T>& r, const Complex<T>& r_te, const Complex<T>& r_tm,
                                           const T& scale) {
  const Complex<T> share = scale * cross_share(r, r_te, r_tm, 1);
  const T along = r.cos_beta * r.sin_alpha;
  const Complex<T> cross = (-(along * r.cos_alpha)) * share;
  return {scale * r_te - (along * along) * share, cross, -cross, scale * r_tm - (along * along) * share};
}

template <class T>
RAYWAVE_HD EdgeMatrix<T> transmission_matrix(const FaceRay<T>& r, const Complex<T>& t_te, const Complex<T>& t_tm) {
  const Complex<T> share = cross_share(r, t_te, t_tm, -1);
  const T along = r.cos_beta * r.sin_alpha;
  const Complex<T> cross = (-(along * r.cos_alpha)) * share;
  return {t_te - (along * along) * share, cross, cross, t_tm + (along * along) * share};
}

/// h(|x|) / n
template <class T>
RAYWAVE_HD T boundary_weight(const T& delta, const T& n) {
  using std::cos;
  using std::sin;
  if (delta * delta < T(1e-8)) return T(1) - delta * delta * (T(1) / (T(12) * n * n) + T(1.0 / 24));
  const T y = delta / (T(2) * n);
  return sin(T(0.5) * delta) * cos(y) / (n * sin(y));
}

/// The signed angle to the boundary: pi + beta (or pi - beta) brought next to 0 by whole turns of 2 pi n.
template <class T>
RAYWAVE_HD T boundary_angle(const T& angle, const T& n) {
  const double turn = 2 * kPi * ad::value_of(n);
  return angle - T(2 * kPi * std::round(ad::value_of(angle) / turn)) * n;
}

/// The argument of the transition function, on the side that the ray's `sides` say.
template <class T>
RAYWAVE_HD T transition_argument(const T& k_l, const T& delta, int side) {
  using std::sin;
  using std::sqrt;
  const T v = sqrt(T(2) * k_l) * sin(T(0.5) * delta);
  const double at = ad::value_of(v);
  if (std::abs(at) < 1e-2 && (side * at < 0 || (side < 0 && at == 0))) return v - T(at == 0 ? 1e-300 : 2 * at);
  return v;
}

/// From 0 at 0 to 1 from 1 on, with continuous slopes.
template <class T>
RAYWAVE_HD T smooth_step(const T& u) {
  if (!(u > T(0))) return T(0);
  if (!(u < T(1))) return T(1);
  return u * u * (T(3) - T(2) * u);
}

/// The faces' coefficients, of face 0 (face = 0) and n (1): what the wedge asks of its materials. Anything of this form
/// will do, such as surfaces of constant impedance.
template <class T>
struct SlabFaces {
  const BasicMaterialProperties<T>& face_0;
  const BasicMaterialProperties<T>& face_n;
  T wavelength_m;

  RAYWAVE_HD const BasicMaterialProperties<T>& material(size_t face) const { return face == 0 ? face_0 : face_n; }
  RAYWAVE_HD bool perfect_conductor(size_t face) const { return material(face).perfect_conductor; }
  RAYWAVE_HD T specular_scale(size_t face) const { return material(face).specular_scale; }
  RAYWAVE_HD SlabCoefficients<T> at(size_t face, const T& cos_theta_i) const {
    return coefficients(cos_theta_i, material(face), wavelength_m);
  }
};

constexpr double kBlend = 0.25;  // rad: A; see the top of the file

/// alpha up to pi / 2 + A, level from pi / 2 + 2 A on, once differentiable.
template <class T>
RAYWAVE_HD T saturated(const T& alpha) {
  const T u = alpha - T(kPi / 2);
  if (!(u > T(kBlend))) return alpha;
  if (!(u < T(2 * kBlend))) return T(kPi / 2 + 1.5 * kBlend);
  return alpha - (u - T(kBlend)) * (u - T(kBlend)) * T(0.5 / kBlend);
}

/// The share of "up" in a ray's coefficients: 1 from phi - phi' = 2 A on, less next to a face: 1 with the source on
/// face 0 or the observer on face n.
template <class T>
RAYWAVE_HD T upward_share(const T& phi_in, const T& phi_out, const T& n_pi) {
  const T sum = phi_in + phi_out, rest = T(2) * n_pi - sum, from_face = rest < sum ? rest : sum;
  if (!(from_face > T(0))) return T(0.5);
  const T width = from_face < T(4 * kBlend) ? from_face - from_face * from_face * T(1 / (8 * kBlend)) : T(2 * kBlend);
  return smooth_step(T(0.5) + (phi_out - phi_in) / (T(2) * width));
}

template <class T>
struct Reflections {
  Complex<T> te, tm;
};

/// R at sin(alpha) but within grazing_angle = sqrt(2 / (pi k L)) of a good conductor, where Fresnel's R goes from +1
/// (E across the edge) to -1 within sin(alpha) ~ |s|, s = 1 / sqrt(eta), far narrower than the angle that the field
/// resolves. The field along a face is 2 F(p) times the incident one with Norton's attenuation function (1937), p = -j
/// k L s^2 / 2, F = 1 - sqrt(pi) exp(j pi / 4) s sqrt(k L / 2) + ...: in magnitude 1 + R at the grazing angle. So R is
/// taken there, where |s| is below half of it; from a quarter of k L s^2 on nothing is changed. Faded out at the
/// reflection boundary (v = 0), where R is that of geometrical optics.
template <class T, class Faces>
RAYWAVE_HD_CALL Reflections<T> grazing_reflection(const FaceRay<T>& r, const Faces& faces, size_t face, const T& k_l,
                                                  const T& v) {
  using std::sqrt;
  const SlabCoefficients<T> c = faces.at(face, r.sin_alpha * r.sin_beta);
  const T grazing = sqrt(T(2) / (T(kPi) * k_l + T(32)));  // at most 1/4
  if (!(r.sin_alpha < T(2) * grazing)) return {c.r_te, c.r_tm};
  const SlabCoefficients<T> g = faces.at(face, grazing * r.sin_beta);
  const SlabCoefficients<T> e = faces.at(face, (grazing + r.sin_alpha * r.sin_alpha / (T(4) * grazing)) * r.sin_beta);
  const T one(1), edge = T(0.1) * r.sin_alpha / grazing;
  const T away = r.sin_alpha > T(0) ? smooth_step(v * v / (edge * edge)) : one;
  const auto effective = [&](const Complex<T>& at, const Complex<T>& near, const Complex<T>& moved) {
    // |s| / grazing = |1 - R| / |1 + R| there
    const T plus = norm2(Complex<T>{one + near.re, near.im}), minus = norm2(Complex<T>{one - near.re, near.im});
    if (!(T(4) * minus < plus)) return at;
    return at + (away * smooth_step(one - T(4) * minus / plus)) * (moved - at);
  };
  return {effective(c.r_te, g.r_te, e.r_te), effective(c.r_tm, g.r_tm, e.r_tm)};
}

template <class T, class Faces>
RAYWAVE_HD_CALL EdgeMatrix<T> reflection(const FaceRay<T>& r, const Faces& faces, size_t face, const T& k_l,
                                         const T& v) {
  const T scale = faces.specular_scale(face), zero(0);
  if (faces.perfect_conductor(face)) return {{-scale, zero}, {zero, zero}, {zero, zero}, {scale, zero}};
  const Reflections<T> c = grazing_reflection(r, faces, face, k_l, v);
  return reflection_matrix(r, c.te, c.tm, scale);
}
template <class T, class Faces>
RAYWAVE_HD_CALL EdgeMatrix<T> reflection(const FaceRay<T>& r, const Faces& faces, size_t face) {
  return reflection(r, faces, face, T(1), T(0));
}

template <class T, class Faces>
RAYWAVE_HD_CALL EdgeMatrix<T> passage(const FaceRay<T>& r, const Faces& faces, size_t face) {
  using std::abs;
  if (faces.perfect_conductor(face)) return {};
  const SlabCoefficients<T> c = faces.at(face, abs(r.sin_alpha) * r.sin_beta);
  return transmission_matrix(r, c.t_te, c.t_tm);
}

/// The matrix of the ray with its ends swapped.
template <class T>
RAYWAVE_HD EdgeMatrix<T> reversed(const EdgeMatrix<T>& m) {
  return {m.qq, -m.pq, -m.qp, m.pp};
}

/// The C_b of a ray from face 0 to face n; see the top of the file. @param v  arguments of the transition functions.
template <class T, class Faces>
RAYWAVE_HD_CALL std::array<EdgeMatrix<T>, 4> upward_coefficients(const WedgeRay<T>& r, const Faces& faces,
                                                                 const std::array<T, 4>& v) {
  using std::cos;
  using std::sin;
  const T one(1), zero(0), pi(kPi);
  const EdgeMatrix<T> identity{{one, zero}, {zero, zero}, {zero, zero}, {one, zero}};
  // Azimuths of the incident ray from a face by where the source is, and by where the observer is.
  const T by_source = saturated(r.phi_in), at_n = r.exterior_angle - r.phi_out, by_observer = pi - saturated(at_n);
  // seen from face n the edge runs the other way
  const EdgeMatrix<T> r0 =
      reflection(FaceRay<T>{sin(by_source), cos(by_source), r.sin_beta, r.cos_beta}, faces, 0, r.k_l, v[3]);
  const EdgeMatrix<T> rn =
      reflection(FaceRay<T>{sin(by_observer), cos(by_observer), r.sin_beta, -r.cos_beta}, faces, 1, r.k_l, v[2]);
  if (!r.transmits) return {rn * r0, identity, rn, r0};
  const auto t0_at = [&](const T& a) { return passage(FaceRay<T>{sin(a), cos(a), r.sin_beta, r.cos_beta}, faces, 0); };
  if (ad::value_of(r.exterior_angle) > 2 * kPi - 1e-9) {
    const EdgeMatrix<T> t0 = t0_at(by_source), tn = t0_at(by_observer), mixed = rn * t0 + tn * r0;
    const Complex<T> u{smooth_step(T(0.5) + (at_n - r.phi_in) * T(0.25 / kBlend)), zero};
    const Complex<T> rest{one - u.re, zero};
    const EdgeMatrix<T> t = u * t0 + rest * tn;
    return {rn * r0 + tn * t0 - t, identity - t, rn - u * mixed, r0 - rest * mixed};
  }
  // Azimuth at a wall with the source on its one side and the observer on the other: by the nearer of them.
  const auto through = [&](const T& source, const T& observer) {
    const T u = smooth_step(T(0.5) + (observer - source) * T(0.25 / kBlend));
    return u * saturated(source) + (one - u) * (pi - saturated(observer));
  };
  const T an = through(T(2) * pi - r.exterior_angle + r.phi_in, at_n);
  const EdgeMatrix<T> t0 = t0_at(through(r.phi_in, T(2) * pi - r.phi_out));
  const EdgeMatrix<T> tn = passage(FaceRay<T>{-sin(an), cos(an), r.sin_beta, -r.cos_beta}, faces, 1);
  return {rn * r0, identity - tn * t0, rn, r0};
}

template <class T, class Faces>
RAYWAVE_HD_CALL std::array<EdgeMatrix<T>, 4> boundary_coefficients(const WedgeRay<T>& r, const Faces& faces,
                                                                   const std::array<T, 4>& v) {
  const T up = upward_share(r.phi_in, r.phi_out, r.exterior_angle);
  std::array<EdgeMatrix<T>, 4> c{};
  if (up > T(0)) c = upward_coefficients(r, faces, v);
  if (!(up < T(1))) return c;
  WedgeRay<T> back = r;
  back.phi_in = r.phi_out;
  back.phi_out = r.phi_in;
  back.cos_beta = -r.cos_beta;
  const std::array<EdgeMatrix<T>, 4> d = upward_coefficients(back, faces, {v[1], v[0], v[2], v[3]});
  const Complex<T> share{up, T(0)}, rest{T(1) - up, T(0)};
  constexpr std::array<size_t, 4> kSwapped{1, 0, 2, 3};
  for (size_t b = 0; b < 4; ++b) {
    const EdgeMatrix<T> down = reversed(d[kSwapped[b]]);
    c[b] = up > T(0) ? share * c[b] + rest * down : down;
  }
  return c;
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
RAYWAVE_HD bool is_inside(const WedgeRay<T>& r, const T& phi) {
  return r.transmits && ad::value_of(phi) > ad::value_of(r.exterior_angle);
}

/// The one term of a ray between the outside and the inside of a wedge; see the top of the file. In the place that it
/// would have in boundary_terms.
template <class T, class Faces>
RAYWAVE_HD_CALL std::array<BoundaryTerm<T>, 4> boundary_terms_through(const WedgeRay<T>& r, const Faces& faces) {
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
  const auto t0 = [&] { return passage(FaceRay<T>{sin_0, cos_0, r.sin_beta, cos_beta}, faces, 0); };
  const auto tn = [&] { return passage(FaceRay<T>{sin_n, cos_n, r.sin_beta, -cos_beta}, faces, 1); };
  size_t place;
  T delta, boundary;
  EdgeMatrix<T> c;
  if (ad::value_of(outer) >= kPi) {
    place = 2;
    delta = inner + outer - T(3) * pi;
    boundary = T(3) * pi - outer;
    c = reflection(FaceRay<T>{-sin_0, cos_0, r.sin_beta, -cos_beta}, faces, 0) * tn();
  } else if (ad::value_of(from_n) >= kPi) {
    place = 3;
    delta = T(2) * n_pi - pi - outer - inner;
    boundary = T(2) * n_pi - pi - outer;
    c = reflection(FaceRay<T>{-sin_n, cos_n, r.sin_beta, cos_beta}, faces, 1) * t0();
  } else {
    place = outwards ? 0 : 1;
    delta = pi - (inner - outer);
    boundary = outer + pi;
    c = tn() - t0();
  }
  if (outwards) c = reversed(c);
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
/// reflection from face n, reflection from face 0. See the top of the file. @param faces  as SlabFaces.
template <class T, class Faces>
RAYWAVE_HD_CALL std::array<BoundaryTerm<T>, 4> boundary_terms(const WedgeRay<T>& r, const Faces& faces) {
  using namespace utd_detail;
  if (is_inside(r, r.phi_in) || is_inside(r, r.phi_out)) return boundary_terms_through(r, faces);
  const T pi(kPi), n = r.exterior_angle / pi, zero(0);
  const T difference = r.phi_out - r.phi_in, sum = r.phi_out + r.phi_in;
  const std::array<T, 4> delta{boundary_angle(pi + difference, n), boundary_angle(pi - difference, n),
                               boundary_angle(pi + sum, n), boundary_angle(pi - sum, n)};
  const std::array<int8_t, 4> side{r.sides[0], r.sides[0], r.sides[2], r.sides[1]};
  std::array<T, 4> v;
  for (size_t b = 0; b < 4; ++b) v[b] = transition_argument(r.k_l, delta[b], side[b]);
  const std::array<EdgeMatrix<T>, 4> c = boundary_coefficients(r, faces, v);
  // Observers are on the lit side of a boundary where its angle is positive: the diffracted field takes off what
  // geometrical optics has too much.
  std::array<BoundaryTerm<T>, 4> terms{};
  for (size_t b = 0; b < 4; ++b) terms[b] = {Complex<T>{T(-0.5) * boundary_weight(delta[b], n), zero} * c[b], v[b]};
  return terms;
}
template <class T>
RAYWAVE_HD_CALL std::array<BoundaryTerm<T>, 4> boundary_terms(const WedgeRay<T>& r,
                                                              const BasicMaterialProperties<T>& face_0,
                                                              const BasicMaterialProperties<T>& face_n,
                                                              const T& wavelength_m) {
  return boundary_terms(r, utd_detail::SlabFaces<T>{face_0, face_n, wavelength_m});
}

/// What diffraction makes of the field incident on a wedge; see the top of the file.
template <class T, class Faces>
RAYWAVE_HD_CALL EdgeMatrix<T> diffraction_matrix(const WedgeRay<T>& r, const Faces& faces) {
  EdgeMatrix<T> m{};
  const auto terms = boundary_terms(r, faces);
  const auto w = edge_transitions(std::array<T, 4>{terms[0].v, terms[1].v, terms[2].v, terms[3].v}, r.end_a, r.end_b);
  for (size_t b = 0; b < 4; ++b) m = m + w[b] * terms[b].coefficient;
  return m;
}
template <class T>
RAYWAVE_HD_CALL EdgeMatrix<T> diffraction_matrix(const WedgeRay<T>& r, const BasicMaterialProperties<T>& face_0,
                                                 const BasicMaterialProperties<T>& face_n, const T& wavelength_m) {
  return diffraction_matrix(r, utd_detail::SlabFaces<T>{face_0, face_n, wavelength_m});
}

/// Over two wedges in one path, whose transition zones may overlap, the terms b of the first and c of the second share
/// W2(v_b, v_c; +-rho). This is the sign, for rho the correlation of two edges whose vectors p (see EdgeMatrix) agree
/// on the stretch between them.
RAYWAVE_HD inline double correlation_sign(size_t b, size_t c) {
  const bool lit_when_out_grows = b == 0 || b == 2, lit_when_in_grows = c == 1 || c == 2;
  return lit_when_out_grows == lit_when_in_grows ? -1 : 1;
}

}  // namespace raywave::em
