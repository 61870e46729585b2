// SPDX-License-Identifier: Apache-2.0
// The transition functions of edge diffraction. G is the one of the uniform theory, in the form without 0 * infinity:
//   G(v) = erfcx(exp(j pi / 4) v),   F(v^2) = sqrt(pi) v exp(j pi / 4) G(v)   (Kouyoumjian and Pathak 1974's F).
// W is its extension to an edge that ends. With u the distance along the edge from the diffraction point in units in
// which the phase grows as u^2, the edge between a and b diffracts
//   W(v; a, b) = (1 / pi) integral from a to b of exp(-j u^2) v / (u^2 + v^2) du,
// the uniform stationary-phase form of the Maggi-Rubinowicz line integral (Born and Wolf, section 8.9), |W| <= 1.
// Limits: W(v; -inf, inf) = sgn(v) G(|v|); W(0+-; a, b) = +-1 with the diffraction point on the edge (a < 0 < b), else
// 0. It is additive in the edge, so that an edge in two pieces diffracts like one, and continuous around a corner.
#pragma once

#include "raywave/ad/functions.h"
#include "raywave/core/complex.h"

namespace raywave::em {

/// G(v) for v >= 0; relative error below 1e-13.
Complexd transition(double v);

/// The integral from 0 to x of exp(-j u^2) v / (u^2 + v^2) du, with its derivatives; odd in v and in x. At v = 0: the
/// limit from v > 0.
struct IncompleteTransition {
  Complexd value, d_v, d_x;
  Complexd d_vv, d_vx;
};
IncompleteTransition incomplete_transition(double v, double x);

namespace transition_detail {
inline Complexd value(double v, double x) { return incomplete_transition(v, x).value; }
template <class T>
Complex<T> value(const T& v, const T& x) {
  const IncompleteTransition i = incomplete_transition(ad::value_of(v), ad::value_of(x));
  return {ad::chain(i.value.re, {i.d_v.re, v}, {i.d_x.re, x}), ad::chain(i.value.im, {i.d_v.im, v}, {i.d_x.im, x})};
}
inline Complexd slope(double v, double x) { return incomplete_transition(v, x).d_v; }
template <class T>
Complex<T> slope(const T& v, const T& x) {
  const IncompleteTransition i = incomplete_transition(ad::value_of(v), ad::value_of(x));
  return {ad::chain(i.d_v.re, {i.d_vv.re, v}, {i.d_vx.re, x}), ad::chain(i.d_v.im, {i.d_vv.im, v}, {i.d_vx.im, x})};
}
}  // namespace transition_detail

/// W(v; a, b), a <= b.
template <class T>
Complex<T> edge_transition(const T& v, const T& a, const T& b) {
  return T(0.31830988618379067) * (transition_detail::value(v, b) - transition_detail::value(v, a));
}

/// dW / dv on either side of v = 0, where W jumps and its slope does not.
template <class T>
Complex<T> edge_transition_slope(const T& v, const T& a, const T& b) {
  return T(0.31830988618379067) * (transition_detail::slope(v, b) - transition_detail::slope(v, a));
}

}  // namespace raywave::em
