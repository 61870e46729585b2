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
//
// W3 is the same for three edges with correlations rho12 and rho23 between neighbours (none between the outer two): the
// triple Fresnel integral, of which the outer two integrals are functions G. With D = 1 - rho12^2 - rho23^2 and E(z) =
// erfcx(z), for x1, x2, x3 < 0
//   W3 = -2 sqrt(D / pi) integral over s > 0 of exp(-s^2 - 2 e^{j pi/4} |x2| s) E(e^{j pi/4} |x1| - rho12 s)
//        E(e^{j pi/4} |x3| - rho23 s) ds,
// the middle one turned onto the path on which it decays. A sign of an argument turns with those of its correlations
// and of W3, as for W2. It jumps by 2 W2 of the two others across each x = 0.
#pragma once

#include <array>
#include <limits>

#include "raywave/ad/functions.h"
#include "raywave/core/complex.h"

namespace raywave::em {

/// G(v) for v >= 0; relative error below 1e-13.
RAYWAVE_HD_OF_CPP Complexd transition(double v);

/// The integral from 0 to x of exp(-j u^2) v / (u^2 + v^2) du, with its derivatives; odd in v and in x. At v = 0: the
/// limit from v > 0.
struct IncompleteTransition {
  Complexd value, d_v, d_x;
};
RAYWAVE_HD_OF_CPP IncompleteTransition incomplete_transition(double v, double x);

/// The same from a to b: value alone.
RAYWAVE_HD_OF_CPP Complexd incomplete_transition_between(double v, double a, double b);

/// W of four arguments, as wedges need it, with its derivatives: the same bits as one by one, in a third of the time.
struct EdgeTransition {
  Complexd value, d_v, d_a, d_b;
};
RAYWAVE_HD_OF_CPP std::array<Complexd, 4> edge_transitions(const std::array<double, 4>& v, double a, double b);
RAYWAVE_HD_OF_CPP std::array<EdgeTransition, 4> edge_transitions_with_slopes(const std::array<double, 4>& v, double a,
                                                                             double b);

/// W2(x1, x2; rho), |rho| < 1, with its derivatives on either side of x1 = 0 and x2 = 0. The sides are those of the
/// signs, also of 1e-300; 0 counts as positive.
struct DoubleTransition {
  Complexd value, d_x1, d_x2, d_rho;
};
RAYWAVE_HD_OF_CPP Complexd double_edge_transition(double x1, double x2, double rho);
RAYWAVE_HD_OF_CPP DoubleTransition double_edge_transition_with_slopes(double x1, double x2, double rho);

/// W3(x1, x2, x3; rho12, rho23), rho12^2 + rho23^2 < 1, with its derivatives on either side of each x = 0; signs as in
/// W2. Relative error below 1e-9.
struct TripleTransition {
  Complexd value;
  std::array<Complexd, 3> d_x;
  std::array<Complexd, 2> d_rho;
};
Complexd triple_edge_transition(double x1, double x2, double x3, double rho12, double rho23);
TripleTransition triple_edge_transition_with_slopes(const std::array<double, 3>& x, const std::array<double, 2>& rho);

/// W3 for each choice of one of four arguments at every edge, the way wedges need it: at [16 i + 4 j + k] W3(x1[i],
/// x2[j], x3[k]; sign(i, j) rho12, sign(j, k) rho23), each sign +1 or -1. A hundredth of the single ones' time.
using SignTable = std::array<std::array<double, 4>, 4>;
using Arguments = std::array<std::array<double, 4>, 3>;
void triple_edge_transitions(const Arguments& x, const std::array<double, 2>& rho, const SignTable& sign,
                             std::array<Complexd, 64>& values);
void triple_edge_transitions(const Arguments& x, const std::array<double, 2>& rho, const SignTable& sign,
                             std::array<TripleTransition, 64>& values);

namespace transition_detail {
template <class T>
RAYWAVE_HD_CALL Complex<T> value(const T& v, const T& x) {
  const IncompleteTransition i = incomplete_transition(ad::value_of(v), ad::value_of(x));
  return {ad::chain(i.value.re, {i.d_v.re, v}, {i.d_x.re, x}), ad::chain(i.value.im, {i.d_v.im, v}, {i.d_x.im, x})};
}
RAYWAVE_HD inline Complexd between(double v, double a, double b) { return incomplete_transition_between(v, a, b); }
template <class T>
RAYWAVE_HD Complex<T> between(const T& v, const T& a, const T& b) {
  return value(v, b) - value(v, a);
}
}  // namespace transition_detail

/// W(v; a, b), a <= b.
template <class T>
RAYWAVE_HD_CALL Complex<T> edge_transition(const T& v, const T& a, const T& b) {
  return T(0.31830988618379067) * transition_detail::between(v, a, b);
}

template <class T>
RAYWAVE_HD_CALL std::array<Complex<T>, 4> edge_transitions(const std::array<T, 4>& v, const T& a, const T& b) {
  using ad::value_of;
  const auto w = edge_transitions_with_slopes({value_of(v[0]), value_of(v[1]), value_of(v[2]), value_of(v[3])},
                                              value_of(a), value_of(b));
  std::array<Complex<T>, 4> out;
  for (size_t i = 0; i < 4; ++i) {
    const auto part = [&](double Complexd::*of) {
      return ad::chain(w[i].value.*of, {w[i].d_v.*of, v[i]}, {w[i].d_a.*of, a}, {w[i].d_b.*of, b});
    };
    out[i] = {part(&Complexd::re), part(&Complexd::im)};
  }
  return out;
}

/// The part of an edge without ends that lies between a and b: W(v; a, b) / W(v; -inf, inf).
template <class T>
RAYWAVE_HD_CALL Complex<T> edge_share(const T& v, const T& a, const T& b) {
  const T infinity(std::numeric_limits<double>::infinity());
  return transition_detail::between(v, a, b) / transition_detail::between(v, -infinity, infinity);
}

template <class T>
RAYWAVE_HD_CALL Complex<T> double_edge_transition(const T& x1, const T& x2, const T& rho) {
  const DoubleTransition w = double_edge_transition_with_slopes(ad::value_of(x1), ad::value_of(x2), ad::value_of(rho));
  return {ad::chain(w.value.re, {w.d_x1.re, x1}, {w.d_x2.re, x2}, {w.d_rho.re, rho}),
          ad::chain(w.value.im, {w.d_x1.im, x1}, {w.d_x2.im, x2}, {w.d_rho.im, rho})};
}

inline std::array<Complexd, 64> triple_edge_transitions(const Arguments& x, double rho12, double rho23,
                                                        const SignTable& sign) {
  std::array<Complexd, 64> values;
  triple_edge_transitions(x, {rho12, rho23}, sign, values);
  return values;
}
template <class T>
std::array<Complex<T>, 64> triple_edge_transitions(const std::array<std::array<T, 4>, 3>& x, const T& rho12,
                                                   const T& rho23, const SignTable& sign) {
  Arguments plain;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t b = 0; b < 4; ++b) plain[i][b] = ad::value_of(x[i][b]);
  }
  std::array<TripleTransition, 64> all;
  triple_edge_transitions(plain, {ad::value_of(rho12), ad::value_of(rho23)}, sign, all);
  std::array<Complex<T>, 64> out;
  for (size_t n = 0; n < 64; ++n) {
    const size_t i = n / 16, j = n / 4 % 4, k = n % 4;
    const auto part = [&](double Complexd::*of) {
      const TripleTransition& w = all[n];
      const T of_x = ad::chain(w.value.*of, {w.d_x[0].*of, x[0][i]}, {w.d_x[1].*of, x[1][j]}, {w.d_x[2].*of, x[2][k]});
      return ad::chain(w.value.*of, {1, of_x}, {sign[i][j] * w.d_rho[0].*of, rho12},
                       {sign[j][k] * w.d_rho[1].*of, rho23});
    };
    out[n] = {part(&Complexd::re), part(&Complexd::im)};
  }
  return out;
}

}  // namespace raywave::em

#ifdef __CUDACC__
#include "raywave/em/transition_numerics.h"
#endif
