// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/transition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "raywave/core/constants.h"

namespace raywave::em {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// The defining integral by Simpson's rule on a grid that resolves both the pole and the phase.
Complexd by_quadrature(double v, double x) {
  Complexd sum;
  // u = v sinh(s) spreads the pole; steps follow the phase
  const double end = std::asinh(x / v);
  const int n = 2 * int(2000 + 400 * x * x);
  const auto f = [&](double s) {
    const double u = v * std::sinh(s);
    return (1 / std::cosh(s)) * expj(-u * u);  // v / (u^2 + v^2) du = ds / cosh(s)
  };
  const double h = end / n;
  for (int i = 0; i <= n; ++i) sum += (i == 0 || i == n ? 1.0 : i % 2 ? 4.0 : 2.0) * f(i * h);
  return (h / 3) * sum;
}

TEST(Transition, HasItsClosedValues) {
  EXPECT_NEAR(transition(0).re, 1, 1e-13);
  EXPECT_NEAR(transition(0).im, 0, 1e-13);
  // erfcx(z) -> 1 / (sqrt(pi) z) (1 - 1 / (2 z^2)) for large |z|, here z^2 = j v^2; the next term is 3 / (4 v^4)
  for (const double v : {1e2, 1e4}) {
    const Complexd limit = (1 / (std::sqrt(kPi) * v)) * expj(-kPi / 4) * Complexd{1, 1 / (2 * v * v)};
    EXPECT_NEAR(abs(transition(v) - limit) / abs(limit), 0, 1 / std::pow(v, 4) + 1e-13);
  }
  // the Fresnel integral: the integral of exp(-j u^2) from v on is sqrt(pi) / 2 exp(-j pi / 4) exp(-j v^2) G(v)
  const double h = 1e-4, v = 0.8;
  const auto rest = [](double u) { return std::sqrt(kPi / 8) * Complexd{1, -1} * (expj(-u * u) * transition(u)); };
  const Complexd slope = (1 / (2 * h)) * (rest(v + h) - rest(v - h));
  EXPECT_NEAR(abs(slope + expj(-v * v)), 0, 4 * h * h);
}

TEST(IncompleteTransition, IsItsIntegralInAllRegions) {
  for (const double v : {1e-6, 1e-3, 0.1, 0.7, 1.9, 2.5, 3.1, 8.0, 40.0}) {
    for (const double x : {1e-3, 0.3, 1.0, 1.99, 2.01, 2.9, 3.05, 4.5, 8.5, 12.0}) {
      const Complexd exact = by_quadrature(v, x);
      EXPECT_NEAR(abs(incomplete_transition(v, x).value - exact), 0, 1e-10) << v << " " << x;
    }
  }
}

TEST(IncompleteTransition, IsContinuousWhereTheMethodChanges) {
  const double e = 1e-9;
  for (const double v : {0.01, 1.0, 2.5, 2.9999, 5.0}) {
    for (const double x : {2.0, 4.0, 8.0, std::sqrt(std::max(0.0, 9 - v * v))}) {
      if (x == 0) continue;
      const IncompleteTransition lo = incomplete_transition(v, x - e), hi = incomplete_transition(v, x + e);
      EXPECT_NEAR(abs(hi.value - lo.value - (2 * e) * lo.d_x), 0, 3e-12) << v << " " << x;
    }
  }
}

TEST(IncompleteTransition, DerivativesAreItsDifferences) {
  for (const double v : {-2.0, 0.05, 0.9, 2.6, 6.0}) {
    for (const double x : {-3.5, 0.2, 1.4, 2.6, 5.0, 9.0}) {
      const double h = 1e-5;
      const IncompleteTransition i = incomplete_transition(v, x);
      const Complexd dv =
          (1 / (2 * h)) * (incomplete_transition(v + h, x).value - incomplete_transition(v - h, x).value);
      const Complexd dx =
          (1 / (2 * h)) * (incomplete_transition(v, x + h).value - incomplete_transition(v, x - h).value);
      // third derivatives grow as (2 x)^3 and 1 / v^3
      const double tolerance = h * h * (std::pow(2 * std::abs(x), 3) + 6 / std::pow(std::abs(v), 3) + 10) + 1e-12 / h;
      EXPECT_NEAR(abs(i.d_v - dv), 0, tolerance) << v << " " << x;
      EXPECT_NEAR(abs(i.d_x - dx), 0, tolerance) << v << " " << x;
      const IncompleteTransition up = incomplete_transition(v + h, x), down = incomplete_transition(v - h, x);
      const IncompleteTransition right = incomplete_transition(v, x + h), left = incomplete_transition(v, x - h);
      // one order more of the same growth
      const double slopes_tolerance = tolerance * (2 * std::abs(x) + 4 / std::abs(v) + 4);
      EXPECT_NEAR(abs(i.d_vv - (1 / (2 * h)) * (up.d_v - down.d_v)), 0, slopes_tolerance) << v << " " << x;
      EXPECT_NEAR(abs(i.d_vx - (1 / (2 * h)) * (right.d_v - left.d_v)), 0, slopes_tolerance) << v << " " << x;
    }
  }
}

TEST(EdgeTransition, OfAnEndlessEdgeIsTheOneOfTheUniformTheory) {
  for (const double v : {1e-9, 0.3, 1.0, 4.0, 50.0}) {
    EXPECT_NEAR(abs(edge_transition(v, -kInf, kInf) - transition(v)), 0, 1e-13);
    EXPECT_NEAR(abs(edge_transition(-v, -kInf, kInf) + transition(v)), 0, 1e-13);
  }
}

TEST(EdgeTransition, JumpsByTwoAcrossTheBoundaryWhereTheEdgeIsAndNotBesideIt) {
  const double e = 1e-12;
  EXPECT_NEAR(abs(edge_transition(e, -2.0, 3.0) - edge_transition(-e, -2.0, 3.0) - Complexd{2, 0}), 0, 1e-10);
  EXPECT_NEAR(abs(edge_transition(e, 0.5, 3.0) - edge_transition(-e, 0.5, 3.0)), 0, 1e-10);
}

TEST(EdgeTransition, IsAdditive) {
  const Complexd whole = edge_transition(0.7, -4.0, 6.0);
  EXPECT_NEAR(abs(edge_transition(0.7, -4.0, 1.3) + edge_transition(0.7, 1.3, 6.0) - whole), 0, 1e-14);
}

}  // namespace
}  // namespace raywave::em
