// SPDX-License-Identifier: Apache-2.0
// The transition functions of edge diffraction. G is the one of the uniform theory, in the form without 0 * infinity:
//   G(v) = erfcx(exp(j pi / 4) v),   F(v^2) = sqrt(pi) v exp(j pi / 4) G(v)   (Kouyoumjian and Pathak 1974's F).
// W is its extension to an edge that ends. With u the distance along the edge from the diffraction point in units in
// which the phase grows as u^2, the edge between a and b diffracts
//   W(v; a, b) = (1 / pi) integral from a to b of exp(-j u^2) v / (u^2 + v^2) du,
// the uniform stationary-phase form of the Maggi-Rubinowicz line integral (Born and Wolf, section 8.9), |W| <= 1.
// Limits: W(v; -inf, inf) = sgn(v) G(|v|); W(0+-; a, b) = +-1 with the diffraction point on the edge (a < 0 < b), else
// 0. It is additive in the edge, so that an edge in two pieces diffracts like one, and continuous around a corner.
//
// W2 is G for a ray over two edges whose transition zones may overlap. With rho the correlation of the two edges (of
// the quadratic form that the path's length is in their points), A = sqrt(1 - rho^2), and
// tail(v; x) = integral from x to sgn(x) inf of exp(-j u^2) v / (u^2 + v^2) du,
//   W2(x1, x2; rho) = (2 / pi) (exp(j x2^2) tail((x1 + rho x2) / A; x2) + exp(j x1^2) tail((x2 + rho x1) / A; x1)).
// The double Fresnel integral behind two knife edges, A j / pi times the integral of exp(-j (u1^2 - 2 rho u1 u2 +
// u2^2)) over u1 > y1, u2 > y2, is a quarter of exp(-j (y1^2 - 2 rho y1 y2 + y2^2)) W2(rho y2 - y1, rho y1 - y2; rho)
// where both arguments are negative. Limits: A W(x1) W(x2) for rho -> 0 or both far from 0; it jumps by 2 W(x2 / A)
// across x1 = 0, which is what the ray over the second edge alone brings; 2 W over one edge for rho -> 1.
#pragma once

#include <limits>

#include "raywave/ad/functions.h"
#include "raywave/core/complex.h"

namespace raywave::em {

/// G(v) for v >= 0; relative error below 1e-13.
Complexd transition(double v);

/// The integral from 0 to x of exp(-j u^2) v / (u^2 + v^2) du, with its derivatives; odd in v and in x. At v = 0: the
/// limit from v > 0.
struct IncompleteTransition {
  Complexd value, d_v, d_x;
};
IncompleteTransition incomplete_transition(double v, double x);

/// W2(x1, x2; rho), |rho| < 1, with its derivatives on either side of x1 = 0 and x2 = 0. The sides are those of the
/// signs, also of 1e-300; 0 counts as positive.
struct DoubleTransition {
  Complexd value, d_x1, d_x2, d_rho;
};
Complexd double_edge_transition(double x1, double x2, double rho);
DoubleTransition double_edge_transition_with_slopes(double x1, double x2, double rho);

namespace transition_detail {
inline Complexd value(double v, double x) { return incomplete_transition(v, x).value; }
template <class T>
Complex<T> value(const T& v, const T& x) {
  const IncompleteTransition i = incomplete_transition(ad::value_of(v), ad::value_of(x));
  return {ad::chain(i.value.re, {i.d_v.re, v}, {i.d_x.re, x}), ad::chain(i.value.im, {i.d_v.im, v}, {i.d_x.im, x})};
}
}  // namespace transition_detail

/// W(v; a, b), a <= b.
template <class T>
Complex<T> edge_transition(const T& v, const T& a, const T& b) {
  return T(0.31830988618379067) * (transition_detail::value(v, b) - transition_detail::value(v, a));
}

/// The part of an edge without ends that lies between a and b: W(v; a, b) / W(v; -inf, inf).
template <class T>
Complex<T> edge_share(const T& v, const T& a, const T& b) {
  const Complex<T> part = transition_detail::value(v, b) - transition_detail::value(v, a);
  const T infinity(std::numeric_limits<double>::infinity());
  return part / (T(2) * transition_detail::value(v, infinity));
}

template <class T>
Complex<T> double_edge_transition(const T& x1, const T& x2, const T& rho) {
  const DoubleTransition w = double_edge_transition_with_slopes(ad::value_of(x1), ad::value_of(x2), ad::value_of(rho));
  return {ad::chain(w.value.re, {w.d_x1.re, x1}, {w.d_x2.re, x2}, {w.d_rho.re, rho}),
          ad::chain(w.value.im, {w.d_x1.im, x1}, {w.d_x2.im, x2}, {w.d_rho.im, rho})};
}

}  // namespace raywave::em
