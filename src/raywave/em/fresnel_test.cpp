// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/fresnel.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/constants.h"

namespace raywave::em {
namespace {

constexpr double kTiny = 1e-13;  // some dozen operations on doubles

TEST(Fresnel, NormalIncidenceIsTheIndexRatio) {
  Complexd r_te, r_tm;
  interface_reflection(1.0, Complexd{4, 0}, r_te, r_tm);  // n = 2
  EXPECT_NEAR(r_te.re, -1.0 / 3, kTiny);
  EXPECT_NEAR(r_tm.re, 1.0 / 3, kTiny);
}

TEST(Fresnel, TmVanishesAtBrewsterAngle) {
  for (const double eta : {1.5, 4.0, 30.0}) {
    Complexd r_te, r_tm;
    interface_reflection(std::cos(std::atan(std::sqrt(eta))), Complexd{eta, 0}, r_te, r_tm);
    EXPECT_LT(abs(r_tm), kTiny);
    EXPECT_GT(abs(r_te), 0.1);
  }
}

TEST(Fresnel, RefractedCosineObeysSnell) {
  const double theta = 0.9, eta = 5;
  // q = sqrt(eta) cos(theta_t) with sin(theta) = sqrt(eta) sin(theta_t)
  const double theta_t = std::asin(std::sin(theta) / std::sqrt(eta));
  EXPECT_NEAR(transmitted_cosine(std::cos(theta), Complexd{eta, 0}).re, std::sqrt(eta) * std::cos(theta_t), kTiny);
}

TEST(Slab, LosslessConservesEnergyAndLossyLosesSome) {
  for (int i = 0; i <= 1000; ++i) {
    const double c = i / 1000.0;
    const auto lossless = slab_coefficients(c, Complexd{6.31, 0}, 0.07, 0.0857);
    EXPECT_NEAR(norm2(lossless.r_te) + norm2(lossless.t_te), 1, 1e-11) << c;
    EXPECT_NEAR(norm2(lossless.r_tm) + norm2(lossless.t_tm), 1, 1e-11) << c;
  }
  for (const auto& name : itu_material_names()) {
    for (const double f : {0.9e9, 3.5e9, 28e9, 60e9, 140e9}) {
      const auto m = properties_at(itu_material(name), f);
      for (int i = 0; i <= 200; ++i) {
        const auto s = coefficients(i / 200.0, m, kSpeedOfLight / f);
        const double te = norm2(s.r_te) + norm2(s.t_te), tm = norm2(s.r_tm) + norm2(s.t_tm);
        EXPECT_LE(te, 1 + 1e-12) << name << " " << f << " " << i;
        EXPECT_LE(tm, 1 + 1e-12) << name << " " << f << " " << i;
      }
    }
  }
}

TEST(Slab, HalfAWavelengthThickIsTransparent) {
  const double eta = 4, wavelength = 0.1, thickness = wavelength / 2 / std::sqrt(eta);
  const auto s = slab_coefficients(1.0, Complexd{eta, 0}, thickness, wavelength);
  EXPECT_LT(abs(s.r_te), kTiny);
  EXPECT_NEAR(abs(s.t_te), 1, kTiny);
}

TEST(Slab, OfVacuumIsNotThere) {
  for (const double c : {0.0, 1e-9, 0.3, 1.0}) {
    const auto s = slab_coefficients(c, Complexd{1, 0}, 0.1, 0.0857);
    EXPECT_EQ(abs(s.r_te), 0);
    EXPECT_EQ(abs(s.r_tm), 0);
    EXPECT_NEAR(abs(s.t_te), 1, kTiny);
    EXPECT_NEAR(std::remainder(arg(s.t_tm) + 2 * kPi * 0.1 / 0.0857 * c, 2 * kPi), 0, 1e-9);
  }
}

TEST(Slab, GrazingIncidenceReflectsEverything) {
  for (const Complexd eta : {Complexd{5, 0}, Complexd{5, -0.3}, Complexd{1, -5e7}}) {
    const auto s = slab_coefficients(0.0, eta, 0.1, 0.0857);
    EXPECT_NEAR(s.r_te.re, -1, kTiny);
    EXPECT_NEAR(s.r_tm.re, -1, kTiny);
    EXPECT_LT(abs(s.t_te) + abs(s.t_tm), kTiny);
  }
}

TEST(Slab, DerivativesAreFiniteAtTheSingularPoints) {
  // zero loss, normal and grazing incidence: one-sided differences of two steps agree
  const auto value = [](double c, double eta_re, double eta_im) {
    return slab_coefficients(c, Complexd{eta_re, eta_im}, 0.1, 0.0857).r_tm;
  };
  const auto slope = [&](auto at, double h) { return (at(h) - at(0)) * (1 / h); };
  const auto expect_smooth = [&](auto at) {
    const Complexd coarse = slope(at, 1e-6), fine = slope(at, 1e-7);
    ASSERT_TRUE(std::isfinite(fine.re) && std::isfinite(fine.im));
    EXPECT_LT(abs(coarse - fine), 1e-3 * (abs(fine) + 1));
  };
  expect_smooth([&](double h) { return value(0.7, 5, -h); });
  expect_smooth([&](double h) { return value(1 - h, 5, -0.1); });
  expect_smooth([&](double h) { return value(h, 5, -0.1); });
  expect_smooth([&](double h) { return value(0.7, 1 + h, 0); });
}

TEST(Slab, AThickMetalPlateIsAMirrorWithoutNaN) {
  const auto s = coefficients(0.4, properties_at(itu_material("metal", 1.0), 100e9), kSpeedOfLight / 100e9);
  EXPECT_NEAR(s.r_te.re, -1, 2e-3);  // the skin's resistance
  EXPECT_EQ(abs(s.t_te), 0);
  MaterialProperties conductor;
  conductor.perfect_conductor = true;
  const auto p = coefficients(0.4, conductor, 0.1);
  EXPECT_EQ(p.r_te.re, -1);
  EXPECT_EQ(p.r_tm.re, 1);
  EXPECT_EQ(abs(p.t_te) + abs(p.t_tm), 0);
}

}  // namespace
}  // namespace raywave::em
