// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/transition.h"

#include <gtest/gtest.h>

#include <array>
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

TEST(Transition, FourAtOnceAreTheSingleOnesToTheBit) {
  for (const double a : {-kInf, -30.0, -5.0, -1.3, -1e-3, 0.0, 0.4, 3.2, 7.0}) {
    for (const double b : {0.7, 2.5, 8.5, 40.0, kInf}) {
      if (b < a) continue;
      const std::array<double, 4> v{-6.1, 1e-300, 0.37, 12.0};
      const auto four = edge_transitions(v, a, b);
      const auto slopes = edge_transitions_with_slopes(v, a, b);
      for (size_t i = 0; i < 4; ++i) {
        const Complexd one = edge_transition(v[i], a, b);
        EXPECT_EQ(four[i].re, one.re) << v[i] << " " << a << " " << b;
        EXPECT_EQ(four[i].im, one.im) << v[i] << " " << a << " " << b;
        const IncompleteTransition at_b = incomplete_transition(v[i], b), at_a = incomplete_transition(v[i], a);
        EXPECT_EQ(slopes[i].value.re, (1 / kPi) * (at_b.value - at_a.value).re);
        EXPECT_EQ(slopes[i].value.im, (1 / kPi) * (at_b.value - at_a.value).im);
        EXPECT_EQ(slopes[i].d_v.re, (1 / kPi) * (at_b.d_v - at_a.d_v).re);
        EXPECT_EQ(slopes[i].d_a.im, -(1 / kPi) * at_a.d_x.im);
        EXPECT_EQ(slopes[i].d_b.re, (1 / kPi) * at_b.d_x.re);
      }
    }
  }
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

/// Beside an edge, where what both of its ends have in common cancels.
TEST(IncompleteTransition, BetweenEndsOnOneSideIsItsIntegral) {
  for (const double v : {1e-3, 0.7, 2.5, 8.0}) {
    for (const double a : {0.3, 1.7, 2.9, 4.5}) {
      for (const double b : {3.05, 5.0, 8.5}) {
        const Complexd exact = by_quadrature(v, b) - by_quadrature(v, a);
        EXPECT_NEAR(abs(incomplete_transition_between(v, a, b) - exact), 0, 1e-10) << v << " " << a << " " << b;
        EXPECT_NEAR(abs(incomplete_transition_between(-v, -b, -a) + exact), 0, 1e-10) << v << " " << a << " " << b;
      }
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

TEST(EdgeShare, IsOneWithoutEndsAndAsTheEdgeIsOnTheBoundary) {
  for (const double v : {-7.0, -0.2, 1e-300, 0.9, 30.0}) {
    EXPECT_NEAR(abs(edge_share(v, -kInf, kInf) - Complexd{1, 0}), 0, 1e-13);
    const Complexd product = edge_share(v, -0.6, 2.0) * edge_transition(v, -kInf, kInf);
    EXPECT_NEAR(abs(product - edge_transition(v, -0.6, 2.0)), 0, 1e-13);
  }
  EXPECT_NEAR(abs(edge_share(1e-12, -0.6, 2.0) - Complexd{1, 0}), 0, 1e-11);
  EXPECT_NEAR(abs(edge_share(1e-12, 0.6, 2.0)), 0, 1e-11);
}

// ---- Two edges

/// A j / pi times the integral of exp(-j (u1^2 - 2 rho u1 u2 + u2^2)) over u1 > y1, u2 > y2, A = sqrt(1 - rho^2): the
/// field behind two knife edges. The inner integral is a Fresnel integral, the outer one runs along a path on which the
/// integrand decays, by Simpson's rule.
Complexd behind_two_knife_edges(double y1, double y2, double rho) {
  const double a2 = 1 - rho * rho, end = 16, angle = kPi / 8;
  const Complexd turn = expj(-angle);
  const auto f = [&](double t) {
    // The inner integral from z = y2 - rho u1 on along a path like this
    const Complexd u1 = Complexd{y1, 0} + t * turn, z = Complexd{y2, 0} - rho * u1;
    Complexd inner;
    const int n = 1600;
    const double h = 2 * end / n;
    for (int i = 0; i <= n; ++i) {
      const Complexd w = z + (i * h) * expj(-kPi / 4), w2 = w * w;
      inner += (i == 0 || i == n ? 1.0 : i % 2 ? 4.0 : 2.0) * exp(Complexd{w2.im, -w2.re});
    }
    const Complexd u2 = a2 * (u1 * u1);
    return (h / 3) * expj(-kPi / 4) * inner * exp(Complexd{u2.im, -u2.re}) * turn;
  };
  Complexd sum;
  const int n = 1200;
  const double h = end / n;
  for (int i = 0; i <= n; ++i) sum += (i == 0 || i == n ? 1.0 : i % 2 ? 4.0 : 2.0) * f(i * h);
  return (std::sqrt(a2) / kPi * h / 3) * (Complexd{0, 1} * sum);
}

TEST(DoubleEdgeTransition, IsTheFieldBehindTwoKnifeEdges) {
  for (const auto& [y1, y2, rho] :
       {std::array{0.5, 0.7, 0.3}, std::array{1.2, 1.0, 0.7}, std::array{0.8, 0.82, 0.9}, std::array{2.0, 1.5, 0.1},
        std::array{0.5, 0.7, -0.3}, std::array{1.0, 0.2, -0.6}}) {
    const Complexd phase = expj(-(y1 * y1 - 2 * rho * y1 * y2 + y2 * y2));
    const Complexd w2 = double_edge_transition(rho * y2 - y1, rho * y1 - y2, rho);
    EXPECT_NEAR(abs(0.25 * phase * w2 - behind_two_knife_edges(y1, y2, rho)), 0, 1e-7) << y1 << " " << y2 << " " << rho;
  }
}

TEST(DoubleEdgeTransition, HasItsLimits) {
  const auto w = [](double v) { return edge_transition(v, -kInf, kInf); };
  for (const double x1 : {-2.0, 0.3, 5.0}) {
    for (const double x2 : {-0.7, 1.1, 9.0}) {
      EXPECT_NEAR(abs(double_edge_transition(x1, x2, 1e-12) - w(x1) * w(x2)), 0, 1e-11);
      // far from both boundaries: corrections of 1 / x^2
      const Complexd far = double_edge_transition(100 * x1, 100 * x2, 0.6), product = 0.8 * w(100 * x1) * w(100 * x2);
      EXPECT_NEAR(abs(far - product) / abs(product), 0, 1e-3);
      EXPECT_NEAR(abs(double_edge_transition(x1, x2, 0.4) - double_edge_transition(x2, x1, 0.4)), 0, 1e-13);
    }
  }
  for (const double rho : {-0.8, 0.3, 0.99}) {
    const double a = std::sqrt(1 - rho * rho), x2 = 0.45;
    const Complexd jump = double_edge_transition(1e-300, x2, rho) - double_edge_transition(-1e-300, x2, rho);
    EXPECT_NEAR(abs(jump - 2.0 * w(x2 / a)), 0, 1e-13);
  }
}

TEST(DoubleEdgeTransition, SlopesAreItsDifferencesAlsoAtTheCornerOfBothBoundaries) {
  const double h = 1e-5;
  for (const auto& [x1, x2, rho] :
       {std::array{0.4, -0.9, 0.6}, std::array{-2.0, -2.5, -0.7}, std::array{3.0, 0.2, 0.95},
        std::array{6.0, -9.0, 0.3}, std::array{1e-3, 2e-3, 0.5}, std::array{-1e-4, 1e-4, 0.5}}) {
    const DoubleTransition w = double_edge_transition_with_slopes(x1, x2, rho);
    const double a2 = 1 - rho * rho, growth = (2 * (std::abs(x1) + std::abs(x2)) + 2) / a2,
                 tolerance = h * h * growth * growth * growth + 1e-12 / h;
    const auto slope = [&](double d1, double d2, double d_rho) {
      return (1 / (2 * h)) * (double_edge_transition(x1 + d1, x2 + d2, rho + d_rho) -
                              double_edge_transition(x1 - d1, x2 - d2, rho - d_rho));
    };
    EXPECT_NEAR(abs(w.d_x1 - slope(h, 0, 0)), 0, tolerance) << x1 << " " << x2;
    EXPECT_NEAR(abs(w.d_x2 - slope(0, h, 0)), 0, tolerance) << x1 << " " << x2;
    EXPECT_NEAR(abs(w.d_rho - slope(0, 0, h)), 0, tolerance) << x1 << " " << x2;
  }
  const DoubleTransition origin = double_edge_transition_with_slopes(-1e-300, -1e-300, 0.5);
  const DoubleTransition beside = double_edge_transition_with_slopes(-1e-9, -2e-9, 0.5);
  EXPECT_NEAR(abs(origin.value - beside.value), 0, 1e-8);
  EXPECT_NEAR(abs(origin.d_x1 - beside.d_x1), 0, 1e-7);
}

TEST(DoubleEdgeTransition, IsContinuousWhereTheMethodChanges) {
  // the radius 3 of x1, x2 and x = 2, 4, 8
  for (const double rho : {-0.6, 0.2, 0.9}) {
    const double a = std::sqrt(1 - rho * rho), e = 1e-9;
    for (const double x2 : {0.3, 2.0, 4.0, 8.0}) {
      for (const double x1 : {a * std::sqrt(std::max(0.0, 9 - x2 * x2)) - rho * x2, 2.0, 4.0, 8.0}) {
        const DoubleTransition w = double_edge_transition_with_slopes(x1, x2, rho);
        const Complexd up = double_edge_transition(x1 + e, x2 + e, rho),
                       down = double_edge_transition(x1 - e, x2 - e, rho);
        EXPECT_NEAR(abs(up - down - (2 * e) * (w.d_x1 + w.d_x2)), 0, 1e-11) << x1 << " " << x2 << " " << rho;
      }
    }
  }
}

/// The triple Fresnel integral itself on the paths u_i = y_i + exp(-j pi / 4) s_i, by Simpson's rule in three
/// dimensions: W3 = -8 sqrt(D / pi^3) integral over s_i > 0 of exp(-Q(s) + 2 exp(j pi / 4) x . s), Q(s) = |s|^2 - 2
/// rho12 s1 s2 - 2 rho23 s2 s3, for x < 0.
Complexd triple_by_quadrature(const std::array<double, 3>& x, double rho12, double rho23) {
  const int n = 120;
  const double d = 1 - rho12 * rho12 - rho23 * rho23, end = 7 / std::sqrt(std::min(1.0, 2 * d)), h = end / n;
  const auto weight = [&](int i) { return (i == 0 || i == n ? 1.0 : i % 2 ? 4.0 : 2.0) * h / 3; };
  const double root2 = std::sqrt(2.0);
  Complexd sum;
  for (int i = 0; i <= n; ++i) {
    for (int j = 0; j <= n; ++j) {
      for (int k = 0; k <= n; ++k) {
        const double a = i * h, b = j * h, c = k * h, linear = root2 * (x[0] * a + x[1] * b + x[2] * c);
        const double q = a * a + b * b + c * c - 2 * rho12 * a * b - 2 * rho23 * b * c;
        sum += (weight(i) * weight(j) * weight(k) * std::exp(linear - q)) * expj(linear);
      }
    }
  }
  return (-8 * std::sqrt(d / (kPi * kPi * kPi))) * sum;
}

TEST(TripleEdgeTransition, IsTheTripleFresnelIntegral) {
  constexpr double kSimpson = 4e-5;  // h^4, h = 0.08 at most
  for (const auto& [x, rho] : {std::pair{std::array{-0.3, -0.8, -0.1}, std::array{0.3, 0.4}},
                               std::pair{std::array{-1.2, -0.05, -0.6}, std::array{-0.5, 0.6}},
                               std::pair{std::array{-0.4, -0.4, -2.0}, std::array{0.6, 0.6}},
                               std::pair{std::array{-1e-3, -1e-3, -1e-3}, std::array{0.5, -0.2}}}) {
    const Complexd exact = triple_by_quadrature(x, rho[0], rho[1]);
    EXPECT_NEAR(abs(triple_edge_transition(x[0], x[1], x[2], rho[0], rho[1]) - exact), 0, kSimpson)
        << x[0] << " " << x[1];
    // a sign of an argument turns with those of its correlations and of W3
    EXPECT_NEAR(abs(triple_edge_transition(x[0], -x[1], x[2], -rho[0], -rho[1]) + exact), 0, kSimpson);
    EXPECT_NEAR(abs(triple_edge_transition(-x[0], x[1], x[2], -rho[0], rho[1]) + exact), 0, kSimpson);
  }
}

TEST(TripleEdgeTransition, JumpsByTheRayOverTheTwoOtherEdges) {
  for (const auto& [p, q, a, b] : {std::array{0.3, -1.1, 0.3, 0.6}, std::array{-0.2, -0.4, 0.7, 0.6},
                                   std::array{5.0, 2.0, -0.6, 0.1}, std::array{-20.0, 0.01, 0.9, -0.4}}) {
    const auto jump = [&](size_t which) {
      std::array<double, 3> up{p, p, p}, down;
      up[which == 0 ? 1 : 0] = p;
      up[which == 2 ? 1 : 2] = q;
      down = up;
      up[which] = 1e-300;
      down[which] = -1e-300;
      return triple_edge_transition(up[0], up[1], up[2], a, b) -
             triple_edge_transition(down[0], down[1], down[2], a, b);
    };
    const double sa = std::sqrt(1 - a * a), sb = std::sqrt(1 - b * b);
    EXPECT_NEAR(abs(jump(0) - 2.0 * double_edge_transition(p / sa, q, b / sa)), 0, 1e-9) << p;
    EXPECT_NEAR(abs(jump(1) - 2.0 * double_edge_transition(p / sa, q / sb, a * b / (sa * sb))), 0, 1e-9) << p;
    EXPECT_NEAR(abs(jump(2) - 2.0 * double_edge_transition(p, q / sb, a / sb)), 0, 1e-9) << p;
  }
}

TEST(TripleEdgeTransition, IsAProductWithoutCorrelationAndHasItsSlopes) {
  const auto w = [](double v) { return edge_transition(v, -kInf, kInf); };
  const double h = 1e-5;
  for (const auto& x : {std::array{0.4, -0.9, 0.6}, std::array{-2.0, -2.5, 7.0}, std::array{-30.0, 1e-3, 0.2}}) {
    EXPECT_NEAR(abs(triple_edge_transition(x[0], x[1], x[2], 0, 0) - w(x[0]) * w(x[1]) * w(x[2])), 0, 1e-11);
    EXPECT_NEAR(
        abs(triple_edge_transition(x[0], x[1], x[2], 0, 0.7) - w(x[0]) * double_edge_transition(x[1], x[2], 0.7)), 0,
        1e-9);
    const std::array<double, 2> rho{0.5, -0.7};
    const TripleTransition t = triple_edge_transition_with_slopes(x, rho);
    EXPECT_NEAR(abs(t.value - triple_edge_transition(x[0], x[1], x[2], rho[0], rho[1])), 0, 1e-15);
    for (size_t i = 0; i < 5; ++i) {
      auto up = x, down = x;
      auto rho_up = rho, rho_down = rho;
      (i < 3 ? up[i] : rho_up[i - 3]) += h;
      (i < 3 ? down[i] : rho_down[i - 3]) -= h;
      const Complexd slope =
          (1 / (2 * h)) * (triple_edge_transition(up[0], up[1], up[2], rho_up[0], rho_up[1]) -
                           triple_edge_transition(down[0], down[1], down[2], rho_down[0], rho_down[1]));
      EXPECT_NEAR(abs((i < 3 ? t.d_x[i] : t.d_rho[i - 3]) - slope), 0, 1e-6) << i << " " << x[0];
    }
  }
}

TEST(TripleEdgeTransition, AllAtOnceAreTheSingleOnes) {
  const Arguments x{{{0.3, -1.1, 40, -0.02}, {-0.7, 0.1, 2, -9}, {-0.2, 5, -1e-300, 0.6}}};
  const SignTable sign{{{1, -1, 1, -1}, {-1, 1, -1, 1}, {-1, 1, -1, 1}, {1, -1, 1, -1}}};
  std::array<Complexd, 64> values;
  std::array<TripleTransition, 64> slopes;
  triple_edge_transitions(x, {0.6, -0.5}, sign, values);
  triple_edge_transitions(x, {0.6, -0.5}, sign, slopes);
  for (size_t n = 0; n < 64; ++n) {
    const size_t i = n / 16, j = n / 4 % 4, k = n % 4;
    const TripleTransition t =
        triple_edge_transition_with_slopes({x[0][i], x[1][j], x[2][k]}, {sign[i][j] * 0.6, sign[j][k] * -0.5});
    EXPECT_NEAR(abs(values[n] - t.value), 0, 1e-11) << n;
    EXPECT_NEAR(abs(slopes[n].value - t.value), 0, 1e-11) << n;
    for (size_t m = 0; m < 3; ++m) EXPECT_NEAR(abs(slopes[n].d_x[m] - t.d_x[m]), 0, 1e-10) << n << " " << m;
    for (size_t m = 0; m < 2; ++m) EXPECT_NEAR(abs(slopes[n].d_rho[m] - t.d_rho[m]), 0, 1e-10) << n << " " << m;
  }
}

}  // namespace
}  // namespace raywave::em
