// SPDX-License-Identifier: Apache-2.0
// How the transition functions of one and of two edges are computed (em/transition.h): for the CPU transition.cpp's,
// for a device the header's.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/em/transition.h"
#include "raywave/em/transition_tables.h"

namespace raywave::em {
namespace transition_detail {

RAYWAVE_HD inline Complexd sqrt_principal(const Complexd& z) {
  const double modulus = abs(z), re = std::sqrt(0.5 * (modulus + z.re));
  return {re, z.im / (2 * re)};
}

/// The integrals from x to infinity for several v over the path on which exp(-j u^2) decays, u^2 = x^2 - j s: its
/// phase and the roots du / ds do not depend on v.
template <int N, size_t K>
RAYWAVE_HD_CALL inline std::array<Complexd, K> tails(const std::array<double, K>& v, double x) {
  const LaguerrePlaces<N>& rule = transition_tables().laguerre<N>();
  constexpr size_t kVectors = LaguerrePlaces<N>::kVectors;
  const double x2 = x * x;
  std::array<double, 4 * kVectors> re, im;  // of weight / root, apart from the sums, so that it runs in vectors
  for (size_t i = 0; i < re.size(); ++i) {
    const Complexd root = sqrt_principal({x2, -rule.x[i]});
    const double share = rule.w[i] / norm2(root);
    re[i] = share * root.re, im[i] = -share * root.im;
  }
  std::array<Lanes, kVectors> a, b, s;
  for (size_t i = 0; i < re.size(); ++i) a[i / 4][i % 4] = re[i], b[i / 4][i % 4] = im[i], s[i / 4][i % 4] = rule.x[i];
  const Complexd phase = expj(-x2);
  std::array<Complexd, K> out;
  for (size_t k = 0; k < K; ++k) {
    const double r2 = x2 + v[k] * v[k];
    Lanes sum_re{}, sum_im{};
    for (size_t i = 0; i < kVectors; ++i) {
      const Lanes share = 1 / (r2 * r2 + s[i] * s[i]);
      sum_re += share * (r2 * a[i] - s[i] * b[i]);
      sum_im += share * (r2 * b[i] + s[i] * a[i]);
    }
    const Complexd sum{sum_re[0] + sum_re[1] + sum_re[2] + sum_re[3], sum_im[0] + sum_im[1] + sum_im[2] + sum_im[3]};
    out[k] = phase * Complexd{0, -0.5 * v[k]} * sum;
  }
  return out;
}

RAYWAVE_HD inline bool far_out(double v, double x) { return x > 2 && x * x + v * v > 9; }
template <size_t K>
RAYWAVE_HD inline std::array<Complexd, K> far_tails(const std::array<double, K>& v, double x) {
  return x > 8 ? tails<10>(v, x) : x > 4 ? tails<16>(v, x) : tails<40>(v, x);
}

/// The integral from 0 to x but for its pole's exp(j v^2) atan(x / v), times exp(-j v^2): with w = u^2 + v^2,
/// exp(-j u^2) = exp(j v^2) (1 + (exp(-j w) - 1)), and (exp(-j w) - 1) / w is entire. For v^2 + x^2 < 9.
RAYWAVE_HD_CALL inline Complexd without_pole(double v, double x) {
  const Places28& rule = transition_tables().legendre;
  const Series<32>& series = transition_tables().phase_over;
  Places w;
  for (size_t i = 0; i < w.size(); ++i) w[i] = (x * x) * (rule.x[i] * rule.x[i]) + v * v;
  return (x * v) * series.at(w).sum(rule.w);
}

/// The integrals from 0 to x for several v: so often (pi / 2) G(v), and the rest.
template <size_t K>
struct Integrals {
  std::array<double, K> of_g{};
  std::array<Complexd, K> rest{};
};

/// v, x >= 0. What depends on x alone is found once.
template <size_t K>
RAYWAVE_HD_CALL inline Integrals<K> integrals(const std::array<double, K>& v, double x) {
  const Places28& rule = transition_tables().legendre;
  const Series<24>& series = transition_tables().phase;
  Integrals<K> out;
  if (std::isinf(x)) {
    out.of_g.fill(1);
    return out;
  }
  enum class Way { kNear, kFarOut, kFarPole };  // the last: the pole is far away and x <= 2
  std::array<Way, K> way;
  for (size_t k = 0; k < K; ++k)
    way[k] = far_out(v[k], x) ? Way::kFarOut : x * x + v[k] * v[k] > 9 ? Way::kFarPole : Way::kNear;
  const auto any = [&](Way w) { return std::find(way.begin(), way.end(), w) != way.end(); };
  if (any(Way::kFarOut)) out.rest = far_tails(v, x);
  Places u2;
  ComplexPlaces phases;
  if (any(Way::kFarPole)) {
    for (size_t i = 0; i < u2.size(); ++i) u2[i] = (x * x) * (rule.x[i] * rule.x[i]);
    phases = series.at(u2);
  }
  for (size_t k = 0; k < K; ++k) {
    const double v2 = v[k] * v[k];
    if (way[k] == Way::kFarOut) {
      out.of_g[k] = 1;
      out.rest[k] = -out.rest[k];
    } else if (way[k] == Way::kNear) {
      out.rest[k] = expj(v2) * (Complexd{std::atan2(x, v[k]), 0} + without_pole(v[k], x));
    } else {
      Places weights;
      for (size_t i = 0; i < u2.size(); ++i) weights[i] = rule.w[i] * (x * v[k]) / (u2[i] + v2);
      out.rest[k] = phases.sum(weights);
    }
  }
  return out;
}

RAYWAVE_HD inline double sign_of(double x) { return x < 0 ? -1 : 1; }

/// What is left of exp(j x^2) tail(v; x) without its pole's exp(j (v^2 + x^2)) atan(v / x).
RAYWAVE_HD_CALL inline Complexd tail_without_pole(double v, double x) {
  const double sign = sign_of(v) * sign_of(x);
  v = std::abs(v);
  x = std::abs(x);
  const Complexd pole = expj(v * v);
  return (-sign * expj(x * x)) * (pole * without_pole(v, x) + 0.5 * kPi * (pole - transition(v)));
}

/// exp(j x^2) tail(v; x) where v^2 + x^2 > 9.
RAYWAVE_HD_CALL inline Complexd phased_tail(double v, double x) {
  const double sign = sign_of(v) * sign_of(x);
  v = std::abs(v);
  x = std::abs(x);
  const Complexd rest =
      far_out(v, x) ? far_tails<1>({v}, x)[0] : 0.5 * kPi * transition(v) - integrals<1>({v}, x).rest[0];
  return sign * (expj(x * x) * rest);
}

}  // namespace transition_detail

RAYWAVE_HD_OF_CPP Complexd transition(double v) {
  const double r = v * std::sqrt(0.5);
  return transition_tables().faddeeva({-r, r});  // erfcx(z) = w(j z)
}

namespace transition_detail {

/// G at several places at once: the same bits as one by one.
template <size_t N>
RAYWAVE_HD inline std::array<Complexd, 4 * N> transitions(const std::array<double, 4 * N>& v) {
  std::array<Lanes, N> r, re, im;
  for (size_t i = 0; i < 4 * N; ++i) r[i / 4][i % 4] = v[i] * std::sqrt(0.5);
  transition_tables().faddeeva.on_diagonal(r, re, im);
  std::array<Complexd, 4 * N> out;
  for (size_t i = 0; i < 4 * N; ++i) out[i] = {re[i / 4][i % 4], im[i / 4][i % 4]};
  return out;
}

/// What the slopes of all functions up to x have in common.
struct UpTo {
  double x, sign;
  Complexd phase, fresnel;  // exp(-j x^2) and its integral from 0
  /// @param g  of |x|
  RAYWAVE_HD UpTo(double at, const Complexd& g) : x(std::abs(at)), sign(sign_of(at)) {
    if (std::isinf(x)) return;
    phase = expj(-x * x);
    fresnel = std::sqrt(kPi / 8) * Complexd{1, -1} * (Complexd{1, 0} - phase * g);
  }
};

/// @param g  of |v|. @param i  the integral of |v| up to |x|
RAYWAVE_HD_CALL inline IncompleteTransition with_slopes(double v, const UpTo& to, const Complexd& g,
                                                        const Complexd& i) {
  const double sv = sign_of(v), sx = to.sign, sign = sv * sx, x = to.x;
  v = std::abs(v);
  const double r2 = v * v + x * x;
  if (r2 == 0) return {};
  const Complexd two_j{0, 2};
  if (std::isinf(x)) {
    // G' = 2 j v G - 2 exp(j pi / 4) / sqrt(pi)
    const Complexd slope = two_j * (v * g) - std::sqrt(2 / kPi) * Complexd{1, 1};
    return {sign * i, sx * 0.5 * kPi * slope, {}};
  }
  return {sign * i, sx * (two_j * (v * i) - (x / r2) * to.phase - two_j * to.fresnel), sv * ((v / r2) * to.phase)};
}

template <size_t K>
RAYWAVE_HD inline std::array<double, K> absolute(const std::array<double, K>& v) {
  std::array<double, K> at;
  for (size_t k = 0; k < K; ++k) at[k] = std::abs(v[k]);
  return at;
}

/// The values alone. @param g_of  G of several |v|, asked where it does not cancel
template <size_t K, class Transitions>
RAYWAVE_HD inline std::array<Complexd, K> between(const std::array<double, K>& v, double a, double b,
                                                  Transitions&& g_of) {
  const std::array<double, K> at = absolute(v);
  const Integrals<K> to_a = integrals(at, std::abs(a)), to_b = integrals(at, std::abs(b));
  std::array<double, K> of_g;
  std::array<Complexd, K> out;
  for (size_t k = 0; k < K; ++k) {
    const double sign = sign_of(v[k]), sign_a = sign * sign_of(a), sign_b = sign * sign_of(b);
    of_g[k] = sign_b * to_b.of_g[k] - sign_a * to_a.of_g[k];
    out[k] = sign_b * to_b.rest[k] - sign_a * to_a.rest[k];
  }
  if (std::all_of(of_g.begin(), of_g.end(), [](double x) { return x == 0; })) return out;
  const std::array<Complexd, K> g = g_of(at);
  for (size_t k = 0; k < K; ++k) out[k] += (0.5 * kPi * of_g[k]) * g[k];
  return out;
}

RAYWAVE_HD inline Complexd transition_or_zero(double x) { return std::isinf(x) ? Complexd{} : transition(std::abs(x)); }

}  // namespace transition_detail

RAYWAVE_HD_OF_CPP IncompleteTransition incomplete_transition(double v, double x) {
  using namespace transition_detail;
  const Complexd g = transition(std::abs(v));
  const Integrals<1> i = integrals<1>({std::abs(v)}, std::abs(x));
  return with_slopes(v, UpTo(x, transition_or_zero(x)), g, (0.5 * kPi * i.of_g[0]) * g + i.rest[0]);
}

RAYWAVE_HD_OF_CPP Complexd incomplete_transition_between(double v, double a, double b) {
  using namespace transition_detail;
  return between<1>({v}, a, b, [](const std::array<double, 1>& at) { return std::array{transition(at[0])}; })[0];
}

RAYWAVE_HD_OF_CPP std::array<Complexd, 4> edge_transitions(const std::array<double, 4>& v, double a, double b) {
  using namespace transition_detail;
  std::array<Complexd, 4> out = between(v, a, b, transitions<1>);
  for (Complexd& w : out) w = (1 / kPi) * w;
  return out;
}

RAYWAVE_HD_OF_CPP std::array<EdgeTransition, 4> edge_transitions_with_slopes(const std::array<double, 4>& v, double a,
                                                                             double b) {
  using namespace transition_detail;
  const auto finite = [](double x) { return std::isinf(x) ? 0.0 : std::abs(x); };
  const std::array<double, 4> at = absolute(v);
  const auto g = transitions<2>({at[0], at[1], at[2], at[3], finite(a), finite(b), 0.0, 0.0});
  const UpTo to_a(a, g[4]), to_b(b, g[5]);
  const Integrals<4> of_a = integrals(at, std::abs(a)), of_b = integrals(at, std::abs(b));
  std::array<EdgeTransition, 4> out;
  for (size_t i = 0; i < 4; ++i) {
    const auto whole = [&](const Integrals<4>& of) { return (0.5 * kPi * of.of_g[i]) * g[i] + of.rest[i]; };
    const IncompleteTransition at_b = with_slopes(v[i], to_b, g[i], whole(of_b)),
                               at_a = with_slopes(v[i], to_a, g[i], whole(of_a));
    const double scale = 1 / kPi;
    out[i] = {scale * (at_b.value - at_a.value), scale * (at_b.d_v - at_a.d_v), -scale * at_a.d_x, scale * at_b.d_x};
  }
  return out;
}

RAYWAVE_HD_OF_CPP Complexd double_edge_transition(double x1, double x2, double rho) {
  using namespace transition_detail;
  const double a = std::sqrt((1 - rho) * (1 + rho)), h = (x1 + rho * x2) / a, k = (x2 + rho * x1) / a;
  const double radius2 = h * h + x2 * x2;  // = k^2 + x1^2
  if (radius2 > 9) return (2 / kPi) * (phased_tail(h, x2) + phased_tail(k, x1));
  // The poles' two angles add up to one that the signs and rho alone decide.
  const double angle = std::asin(rho) + 0.5 * kPi * sign_of(x1) * sign_of(x2);
  return (2 / kPi) * (angle * expj(radius2) + tail_without_pole(h, x2) + tail_without_pole(k, x1));
}

RAYWAVE_HD_OF_CPP DoubleTransition double_edge_transition_with_slopes(double x1, double x2, double rho) {
  using namespace transition_detail;
  const double a = std::sqrt((1 - rho) * (1 + rho)), h = (x1 + rho * x2) / a, k = (x2 + rho * x1) / a;
  const Complexd value = double_edge_transition(x1, x2, rho);
  // (2 / pi) exp(j x^2) times the Fresnel integral from x to sgn(x) inf
  const auto fresnel = [](double x) {
    return (sign_of(x) / std::sqrt(2 * kPi)) * (Complexd{1, -1} * transition(std::abs(x)));
  };
  const Complexd g1 = fresnel(x1), g2 = fresnel(x2), two_j{0, 2};
  return {value, (1 / a) * (two_j * (h * value - g2 - rho * g1)), (1 / a) * (two_j * (k * value - g1 - rho * g2)),
          (1 / (a * a)) * (two_j * (h * k * value - k * g2 - h * g1) + Complexd{2 * a / kPi, 0})};
}

}  // namespace raywave::em
