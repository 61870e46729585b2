// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/transition.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/em/gauss_rules.h"
#include "raywave/em/transition_numerics.h"

namespace raywave::em {
namespace {

using transition_detail::sign_of;

/// erfcx(z) exp(-x^2), z = y exp(j pi / 4) - x, with its slope in z; bounded for all x.
struct DampedErfcx {
  Complexd value, slope;
};
DampedErfcx damped_erfcx(double y, double x) {
  const double turned = std::sqrt(0.5) * y, damping = std::exp(-x * x);
  const Complexd z{turned - x, turned};
  DampedErfcx e;
  if (z.re >= 0) {
    e.value = damping * transition_tables().faddeeva({-z.im, z.re});
  } else {  // erfcx(z) = 2 exp(z^2) - erfcx(-z)
    e.value =
        2 * std::exp(-2 * turned * x) * expj(2 * z.re * z.im) - damping * transition_tables().faddeeva({z.im, -z.re});
  }
  e.slope = 2.0 * (z * e.value) - Complexd{2 / std::sqrt(kPi) * damping, 0};
  return e;
}

/// W3 for all combinations of n arguments an edge, by a rule over panels that double from the scale on which the
/// integrand changes up to where it has decayed. @param signs  see triple_edge_transitions. @param out  [n, n, n]
template <bool kSlopes>
void triple(size_t n, const Arguments& x, const std::array<double, 2>& rho, const SignTable& signs,
            TripleTransition* out) {
  static const GaussRule<16> rule = legendre_rule<16>();
  const Complexd turn = std::sqrt(0.5) * Complexd{1, 1};
  const double root2 = std::sqrt(2.0), d = 1 - rho[0] * rho[0] - rho[1] * rho[1];
  Arguments y{};
  double finest = 1, slowest = std::abs(x[1][0]);
  for (size_t b = 0; b < n; ++b) {
    for (size_t i = 0; i < 3; ++i) y[i][b] = std::abs(x[i][b]);
    slowest = std::min(slowest, y[1][b]);
  }
  for (size_t i = 0; i < 3; ++i) {
    const double share = i == 1 ? 1 : std::abs(rho[i / 2]);
    finest += share * *std::max_element(y[i].begin(), y[i].begin() + long(n));
  }
  std::fill(out, out + n * n * n, TripleTransition{});
  double from = 0, width = 0.5 / finest;
  for (int panel = 0; panel < 60; ++panel, from += width, width *= 2) {
    for (size_t node = 0; node < rule.x.size(); ++node) {
      const double s = from + width * rule.x[node];
      std::array<std::array<DampedErfcx, 2>, 4> g, h;  // by the sign of the correlation: +, -
      std::array<Complexd, 4> w;
      for (size_t b = 0; b < n; ++b) {
        for (size_t k = 0; k < 2; ++k) {
          g[b][k] = damped_erfcx(y[0][b], (k == 0 ? s : -s) * rho[0]);
          h[b][k] = damped_erfcx(y[2][b], (k == 0 ? s : -s) * rho[1]);
        }
        w[b] = (width * rule.w[node] * std::exp(-d * s * s - root2 * y[1][b] * s)) * expj(-root2 * y[1][b] * s);
      }
      for (size_t i = 0; i < n; ++i) {
        for (size_t j = 0; j < n; ++j) {
          const DampedErfcx& gi = g[i][signs[i][j] * sign_of(x[0][i]) * sign_of(x[1][j]) < 0];
          const Complexd wg = w[j] * gi.value, wg_slope = kSlopes ? w[j] * gi.slope : Complexd{};
          for (size_t k = 0; k < n; ++k) {
            const DampedErfcx& hk = h[k][signs[j][k] * sign_of(x[1][j]) * sign_of(x[2][k]) < 0];
            TripleTransition& t = out[(i * n + j) * n + k];
            const Complexd product = wg * hk.value;
            t.value += product;
            if constexpr (kSlopes) {
              const Complexd of_g = wg_slope * hk.value, of_h = wg * hk.slope;
              t.d_x[0] += of_g;
              t.d_x[1] += s * product;
              t.d_x[2] += of_h;
              t.d_rho[0] += s * of_g;
              t.d_rho[1] += s * of_h;
            }
          }
        }
      }
    }
    const double end = from + width;
    if (-d * end * end - root2 * slowest * end < -30) break;
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      for (size_t k = 0; k < n; ++k) {
        TripleTransition& t = out[(i * n + j) * n + k];
        const std::array<double, 3> sign{sign_of(x[0][i]), sign_of(x[1][j]), sign_of(x[2][k])};
        const double factor = sign[0] * sign[1] * sign[2] * 2 * std::sqrt(d / kPi);
        t.value = factor * t.value;
        if constexpr (!kSlopes) continue;
        t.d_x[0] = (sign[0] * factor) * (turn * t.d_x[0]);
        t.d_x[1] = (sign[1] * factor) * (-2.0 * (turn * t.d_x[1]));
        t.d_x[2] = (sign[2] * factor) * (turn * t.d_x[2]);
        // in the correlations with their own signs
        t.d_rho[0] = -(signs[i][j] * rho[0] / d) * t.value - (sign[0] * sign[1] * factor) * t.d_rho[0];
        t.d_rho[1] = -(signs[j][k] * rho[1] / d) * t.value - (sign[1] * sign[2] * factor) * t.d_rho[1];
      }
    }
  }
}

}  // namespace

Complexd triple_edge_transition(double x1, double x2, double x3, double rho12, double rho23) {
  TripleTransition t;
  triple<false>(1, {{{x1}, {x2}, {x3}}}, {rho12, rho23}, {{{1}}}, &t);
  return t.value;
}

TripleTransition triple_edge_transition_with_slopes(const std::array<double, 3>& x, const std::array<double, 2>& rho) {
  TripleTransition t;
  triple<true>(1, {{{x[0]}, {x[1]}, {x[2]}}}, rho, {{{1}}}, &t);
  return t;
}

void triple_edge_transitions(const Arguments& x, const std::array<double, 2>& rho, const SignTable& sign,
                             std::array<Complexd, 64>& values) {
  std::array<TripleTransition, 64> all;
  triple<false>(4, x, rho, sign, all.data());
  for (size_t i = 0; i < 64; ++i) values[i] = all[i].value;
}

void triple_edge_transitions(const Arguments& x, const std::array<double, 2>& rho, const SignTable& sign,
                             std::array<TripleTransition, 64>& values) {
  triple<true>(4, x, rho, sign, values.data());
}

}  // namespace raywave::em
