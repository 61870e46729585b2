// SPDX-License-Identifier: Apache-2.0
// The knife edge through the path solver: a screen, a thin wedge and a thin box against ITU-R P.526.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "diffraction_scenes.h"
#include "field_walk.h"
#include "raywave/em/fresnel.h"

namespace raywave {
namespace {

using test::link;
using test::options;

/// ITU-R P.526-15, eq. (29): J(nu) from the Fresnel integrals, by Simpson's rule; as amplitude.
double knife_edge_amplitude(double nu) {
  std::complex<double> sum;
  const int n = 20000;
  const double h = std::abs(nu) / n;
  for (int i = 0; i <= n; ++i) {
    const double t = i * h;
    sum += (i == 0 || i == n ? 1.0 : i % 2 ? 4.0 : 2.0) * std::exp(std::complex<double>(0, kPi * t * t / 2));
  }
  sum *= h / 3 * (nu < 0 ? -1 : 1);
  return 0.5 * std::hypot(1 - sum.real() - sum.imag(), sum.real() - sum.imag());
}

scene::Mesh tall_screen() {
  scene::Mesh m;
  test::add_rectangle(m, {0, -4000, -4000}, {0, 8000, 0}, {0, 0, 4000});
  return m;
}

/// |field| / free space behind an obstacle whose top is at z = 0, ends at depth h below its top's level.
std::array<double, 2> behind(const scene::Mesh& mesh, double frequency_hz, double d1, double d2, double h,
                             int max_diffractions = 1, const em::Material& material = test::perfect_conductor()) {
  scene::Scene s = link(frequency_hz, material, mesh, {-d1, 0, -h}, {d2, 0, -h});
  const paths::Paths p = solve_paths(s, options(max_diffractions, max_diffractions));
  const auto f = test::total_field(p, p.links[0]);
  const double unit = s.wavelength_m() / (4 * kPi * (d1 + d2));
  return {abs(f[0]) / unit, abs(f[3]) / unit};
}

TEST(KnifeEdge, AScreenIsTheKnifeEdgeOfItuRP526) {
  // At several frequencies: with wavelength and wavenumber swapped anywhere nothing of this would hold.
  for (const double frequency_hz : {0.4e9, 3.5e9, 28e9}) {
    const double wavelength = kSpeedOfLight / frequency_hz, d1 = 120, d2 = 75;
    for (const double nu : {-1.5, -0.7, -1e-4, 0.4, 1.0, 2.4}) {
      const double h = nu * std::sqrt(wavelength * d1 * d2 / (2 * (d1 + d2)));
      const double bend = std::abs(h) * (1 / d1 + 1 / d2), knife = knife_edge_amplitude(nu);
      const auto [v, hh] = behind(tall_screen(), frequency_hz, d1, d2, h);
      // Knife edges know no polarisation: they leave out the screen's two terms of the reflection boundary, which is
      // about pi away: -1/2 W each, |W| < 1 / sqrt(2 pi k L), of opposite signs for the two polarisations, so that the
      // mean knows them in second order only. The screen's far sides and foot add below 1e-3.
      const double k_l = 2 * kPi / wavelength * d1 * d2 / (d1 + d2), other = 1 / std::sqrt(2 * kPi * k_l);
      const double tolerance = other + 1e-3;
      EXPECT_NEAR(v, knife, tolerance) << frequency_hz << " " << nu;
      EXPECT_NEAR(hh, knife, tolerance) << frequency_hz << " " << nu;
      EXPECT_NEAR(0.5 * (v + hh), knife, other * other + 0.5 * bend * bend + 1e-3) << frequency_hz << " " << nu;
    }
  }
}

TEST(KnifeEdge, AThinWedgeBecomesTheKnifeEdge) {
  const double frequency_hz = 1e9, d1 = 60, d2 = 40;
  double before = 0;
  for (const double half_angle : {0.1, 0.02, 0.004}) {
    const double half = 4000 * std::tan(half_angle);
    scene::Mesh ridge;
    test::add_rectangle(ridge, {-half, -4000, -4000}, {0, 8000, 0}, {half, 0, 4000});
    test::add_rectangle(ridge, {half, -4000, -4000}, {-half, 0, 4000}, {0, 8000, 0});
    double worst = 0;
    for (const double h : {-1.0, 0.0, 2.0}) {
      const auto knife = behind(tall_screen(), frequency_hz, d1, d2, h), wedge = behind(ridge, frequency_hz, d1, d2, h);
      for (size_t i = 0; i < 2; ++i) worst = std::max(worst, std::abs(knife[i] - wedge[i]));
    }
    EXPECT_LT(worst, half_angle) << half_angle;
    // first order in the angle
    if (before > 0) {
      EXPECT_LT(worst, 0.3 * before) << half_angle;
    }
    before = worst;
  }
}

// The two edges' transition zones overlap: single diffractions, double ones both ways and their boundaries add up to
// the one edge.
TEST(KnifeEdge, AThinBoxBecomesIt) {
  const double frequency_hz = 1e9, d1 = 60, d2 = 40;
  scene::Mesh screen;
  test::add_rectangle(screen, {0, -400, -400}, {0, 800, 0}, {0, 0, 400});
  for (const em::Material& material : {test::perfect_conductor(), test::concrete()}) {
    double before = 0;
    for (const double width : {1.0, 0.1, 0.01}) {
      const scene::Mesh box = test::box({-0.5 * width, -400, -400}, {width, 800, 400});
      double worst = 0;
      for (const double h : {-1.0, 0.0, 2.0, 10.0}) {
        const auto knife = behind(screen, frequency_hz, d1, d2, h, 1, material),
                   thin = behind(box, frequency_hz, d1, d2, h, 2, material);
        for (size_t i = 0; i < 2; ++i) worst = std::max(worst, std::abs(knife[i] - thin[i]));
      }
      // The reflections from the box's top, of the size sqrt(width / wavelength) times the screen's own reflection
      // terms, and at last the difference of the wedges' far boundaries: measured 0.061, 0.015 and 0.0034 (metal).
      // A lossy top is soft however narrow it is: R_t = -1 at grazing. Between its two rays in line with the ends, of
      // which one is reflected by it, W2(0, 0; +-rho) = (2 / pi) acos(-+rho): the sum 1/4 (W2(rho) + R_t W2(-rho)) is
      // 1/2 - acos(rho) / pi, where R_t = +1 gives the knife edge's 1/2. With sqrt(1 - rho^2) = sqrt(width (d1 + d2) /
      // (d1 d2)) that is 0.065 sqrt(width). To it comes at most the screen's own reflection terms, which a box of right
      // angles weighs differently: 1/2 |R| |W|, |W| = 1 / sqrt(2 pi k L). Measured 0.068, 0.0235 and 0.0089.
      const double k_l = 2 * kPi * frequency_hz / kSpeedOfLight * d1 * d2 / (d1 + d2);
      const auto c = em::coefficients(1.0, em::properties_at(material, frequency_hz), kSpeedOfLight / frequency_hz);
      const bool metal = material.perfect_conductor;
      const double own = metal ? 0 : 0.5 * abs(c.r_te) / std::sqrt(2 * kPi * k_l);
      const double soft_top = std::sqrt(width * (d1 + d2) / (d1 * d2)) / kPi;
      EXPECT_LT(worst, metal ? 0.07 * std::sqrt(width) : soft_top + own) << width;
      if (before > 0 && metal) {
        EXPECT_LT(worst, 0.3 * before) << width;
      }
      before = worst;
    }
  }
}

}  // namespace
}  // namespace raywave
