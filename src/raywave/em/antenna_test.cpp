// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/antenna.h"
#include "raywave/em/dipole.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/constants.h"

namespace raywave::em {
namespace {

/// Mean power gain over the sphere, midpoint rule in cos(theta) and phi.
double mean_gain(const AntennaPattern& p, double slant) {
  constexpr int kTheta = 400, kPhi = 200;
  double sum = 0;
  for (int i = 0; i < kTheta; ++i) {
    const double theta = std::acos(1 - 2 * (i + 0.5) / kTheta);
    for (int j = 0; j < kPhi; ++j) {
      const JonesVector f = p.field(theta, 2 * kPi * (j + 0.5) / kPhi, slant);
      sum += norm2(f.theta) + norm2(f.phi);
    }
  }
  return sum / (kTheta * kPhi);
}

AntennaPattern pattern(PatternKind kind, PolarizationModel model = PolarizationModel::kTr38901Model2) {
  AntennaPattern p;
  p.kind = kind;
  p.model = model;
  return p;
}

TEST(AntennaPattern, LosslessAntennasRadiateWhatTheyAreFed) {
  EXPECT_NEAR(mean_gain(pattern(PatternKind::kIsotropic), 0), 1, 1e-12);
  EXPECT_NEAR(mean_gain(pattern(PatternKind::kShortDipole), 0), 1, 1e-5);  // midpoint rule
  EXPECT_NEAR(mean_gain(pattern(PatternKind::kHalfWaveDipole), 0), 1, 1e-5);
}

TEST(AntennaPattern, HalfWaveDipoleHasTheDirectivityOfItsIntegral) {
  // Cin(2 pi), the integral of (1 - cos t) / t to 2 pi, by Simpson's rule with 2000 steps
  const int n = 2000;
  const double h = 2 * kPi / n;
  double sum = 0;  // the integrand vanishes at both ends
  for (int i = 1; i < n; ++i) sum += (i % 2 ? 4 : 2) * (1 - std::cos(i * h)) / (i * h);
  EXPECT_NEAR(kHalfWaveDipoleDirectivity, 4 / (sum * h / 3), 1e-11);
  EXPECT_NEAR(std::pow(pattern(PatternKind::kHalfWaveDipole).amplitude(kPi / 2, 0.4), 2), kHalfWaveDipoleDirectivity,
              1e-15);
}

TEST(AntennaPattern, Tr38901ElementPeaksAtEightDecibelsAhead) {
  const AntennaPattern p = pattern(PatternKind::kTr38901);
  EXPECT_NEAR(20 * std::log10(p.amplitude(kPi / 2, 0)), 8, 1e-12);
  EXPECT_NEAR(20 * std::log10(p.amplitude(kPi / 2, 65 * kPi / 360)), 5, 1e-12);  // half of 65 degrees: -3 dB
  EXPECT_NEAR(20 * std::log10(p.amplitude(kPi / 2, kPi)), -22, 1e-12);
}

TEST(AntennaPattern, DipolesAreFiniteAlongTheirAxis) {
  for (const double theta : {0.0, kPi, 1e-12}) {
    for (const auto kind : {PatternKind::kShortDipole, PatternKind::kHalfWaveDipole})
      EXPECT_LT(pattern(kind).amplitude(theta, 0.3), 1e-9);
  }
}

TEST(AntennaPattern, SlantingByModelTwoKeepsThePower) {
  const AntennaPattern p = pattern(PatternKind::kTr38901);
  for (int i = 1; i < 40; ++i) {
    const double theta = kPi * i / 40, phi = 0.37 * i;
    const JonesVector f = p.field(theta, phi, -kPi / 4);
    const double c = p.amplitude(theta, phi);
    EXPECT_NEAR(norm2(f.theta) + norm2(f.phi), c * c, 1e-12 * c * c);
  }
}

/// The field as a vector in the antenna's frame.
Vec3d vector_of(const JonesVector& f, double theta, double phi) {
  const Vec3d theta_hat{std::cos(theta) * std::cos(phi), std::cos(theta) * std::sin(phi), -std::sin(theta)};
  const Vec3d phi_hat{-std::sin(phi), std::cos(phi), 0};
  return f.theta.re * theta_hat + f.phi.re * phi_hat;
}

TEST(AntennaPattern, SlantingByModelOneTurnsTheElement) {
  for (const auto kind :
       {PatternKind::kIsotropic, PatternKind::kShortDipole, PatternKind::kHalfWaveDipole, PatternKind::kTr38901}) {
    const AntennaPattern p = pattern(kind, PolarizationModel::kTr38901Model1);
    for (const double slant : {kPi / 4, -kPi / 4, kPi / 2, 1.1}) {
      const Mat3d turn = rotation_from_euler(Vec3d{0, 0, slant});  // about x
      for (int i = 1; i < 40; ++i) {
        const double theta = kPi * i / 40, phi = 0.37 * i;
        const Vec3d k =
            transposed(turn) * Vec3d{std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)};
        const double own_theta = std::acos(k.z), own_phi = std::atan2(k.y, k.x);
        const Vec3d upright = turn * vector_of(p.field(own_theta, own_phi, 0), own_theta, own_phi);
        // angles from arc cosines: roundings of 1e-15 / sin(own theta), of slopes below ten
        EXPECT_NEAR(norm(vector_of(p.field(theta, phi, slant), theta, phi) - upright), 0, 1e-13)
            << pattern_name(kind) << slant;
      }
    }
  }
}

TEST(AntennaPattern, ALyingDipoleRadiatesNothingAlongItself) {
  for (const auto kind : {PatternKind::kShortDipole, PatternKind::kHalfWaveDipole}) {
    const AntennaPattern p = pattern(kind, PolarizationModel::kTr38901Model1);
    for (const double phi : {kPi / 2, -kPi / 2}) {
      const JonesVector f = p.field(kPi / 2, phi, kPi / 2);
      EXPECT_LT(std::sqrt(norm2(f.theta) + norm2(f.phi)), 1e-15);
    }
    EXPECT_NEAR(norm2(p.field(kPi / 2, 0, kPi / 2).phi), std::pow(p.amplitude(kPi / 2, 0), 2), 1e-15);
    // the midpoint rule's grid is not the turned element's own: second order in steps of 1/200
    EXPECT_NEAR(mean_gain(p, kPi / 2), 1, 1e-4);
    EXPECT_NEAR(mean_gain(p, kPi / 4), 1, 1e-4);
  }
}

TEST(PlanarArray, ElementsRunColumnByColumnFromTheTopLeft) {
  PlanarArrayOptions o;
  o.num_rows = 2;
  o.num_cols = 3;
  o.polarization = "VH";
  const AntennaArray a = planar_array(o);
  EXPECT_EQ(a.num_ports(), 12);
  const auto offsets = a.offsets_m(0.2);
  EXPECT_NEAR(norm(offsets[0] - Vec3d{0, -0.1, 0.05}), 0, 1e-15);
  EXPECT_NEAR(norm(offsets[1] - Vec3d{0, -0.1, -0.05}), 0, 1e-15);
  EXPECT_NEAR(norm(offsets[5] - Vec3d{0, 0.1, -0.05}), 0, 1e-15);
  o.num_rows = 0;
  EXPECT_THROW(planar_array(o), Error);
  EXPECT_THROW(pattern_kind_from_name("dipol"), Error);
  EXPECT_THROW(slants_from_name("X"), Error);
}

}  // namespace
}  // namespace raywave::em
