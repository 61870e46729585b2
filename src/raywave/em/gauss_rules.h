// SPDX-License-Identifier: Apache-2.0
// Places and weights of Gauss's rules. For the sources of this room.
#pragma once

#include <array>
#include <cmath>

#include "raywave/core/constants.h"

namespace raywave::em {

template <int N>
struct GaussRule {
  std::array<double, N> x, w;
};

/// Gauss-Legendre over [0, 1], by Newton's iteration on the Legendre polynomials.
template <int N>
GaussRule<N> legendre_rule() {
  GaussRule<N> rule;
  for (int i = 0; i < N; ++i) {
    double x = std::cos(kPi * (i + 0.75) / (N + 0.5)), slope = 1;
    for (int iteration = 0; iteration < 50; ++iteration) {
      double p = 1, before = 0;
      for (int k = 1; k <= N; ++k) {
        const double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
        before = p;
        p = next;
      }
      slope = N * (x * p - before) / (x * x - 1);
      const double step = p / slope;
      x -= step;
      if (std::abs(step) < 1e-16) break;
    }
    rule.x[size_t(i)] = 0.5 * (1 + x);
    rule.w[size_t(i)] = 1 / ((1 - x * x) * slope * slope);
  }
  return rule;
}

/// Gauss-Laguerre: integral of exp(-s) f(s) over [0, inf); starting values of Stroud and Secrest 1966.
template <int N>
GaussRule<N> laguerre_rule() {
  GaussRule<N> rule;
  double x = 0;
  for (int i = 0; i < N; ++i) {
    if (i == 0) {
      x = 3.0 / (1 + 2.4 * N);
    } else if (i == 1) {
      x += 15.0 / (1 + 2.5 * N);
    } else {
      const double ai = i - 1;
      x += (1 + 2.55 * ai) / (1.9 * ai) * (x - rule.x[size_t(i - 2)]);
    }
    double slope = 1, before = 0;
    for (int iteration = 0; iteration < 100; ++iteration) {
      double p = 1;
      before = 0;
      for (int k = 1; k <= N; ++k) {
        const double next = ((2 * k - 1 - x) * p - (k - 1) * before) / k;
        before = p;
        p = next;
      }
      slope = N * (p - before) / x;
      const double step = p / slope;
      x -= step;
      if (std::abs(step) < 1e-15 * x) break;
    }
    rule.x[size_t(i)] = x;
    rule.w[size_t(i)] = -1 / (slope * N * before);
  }
  return rule;
}

}  // namespace raywave::em
