// SPDX-License-Identifier: Apache-2.0
// Patterns over Dual and Var: slopes against central differences, and where a pattern has none.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/em/antenna.h"
#include "raywave/em/dipole.h"

namespace raywave::em {
namespace {

using ad::Dual;

std::vector<AntennaPattern> all_patterns() {
  const auto measured = std::make_shared<MeasuredPattern>();
  measured->max_gain_dbi = 5;
  measured->azimuth_rad = {-3, -1.5, 0.1, 1.5};  // no sample where a turned element looks at a point below
  measured->azimuth_gain_db = {-20, -7, 0, -6};
  measured->elevation_rad = {-2.5, -1.5, -0.25, 1.4};
  measured->elevation_gain_db = {-15, -9, 0, -8};
  std::vector<AntennaPattern> patterns;
  for (const auto kind : {PatternKind::kIsotropic, PatternKind::kShortDipole, PatternKind::kHalfWaveDipole,
                          PatternKind::kTr38901, PatternKind::kMeasured}) {
    for (const auto model : {PolarizationModel::kTr38901Model1, PolarizationModel::kTr38901Model2})
      patterns.push_back({kind, model, measured});
  }
  return patterns;
}

struct Point {
  double theta, phi, slant;
};
const Point kPoints[] = {{1.2, 0.4, 0}, {2.0, -0.9, kPi / 4}, {0.3, 2.5, -kPi / 4}, {kPi / 2, 0.2, kPi / 2}};

TEST(PatternDerivatives, AreThoseOfTheField) {
  const double h = 1e-5;
  for (const AntennaPattern& p : all_patterns()) {
    for (const auto& [theta, phi, slant] : kPoints) {
      for (int axis = 0; axis < 2; ++axis) {
        const double dt = axis == 0 ? h : 0, dp = axis == 1 ? h : 0;
        const JonesVector up = p.field(theta + dt, phi + dp, slant), down = p.field(theta - dt, phi - dp, slant);
        const auto slope = pattern_field(p, Dual(theta, axis == 0), Dual(phi, axis == 1), slant);
        // third derivatives up to (12 ln 10 / 20 * 2 / 1.13^2)^3 = 10 times the gain of 2.5, at most 7^3 times under
        // the turn of model 1; rounding of values below 3
        const double tolerance = 1000 * h * h + 1e-15 / h;
        EXPECT_NEAR(slope.theta.re.d, (up.theta.re - down.theta.re) / (2 * h), tolerance)
            << pattern_name(p.kind) << " " << int(p.model) << " " << theta << " " << axis;
        EXPECT_NEAR(slope.phi.re.d, (up.phi.re - down.phi.re) / (2 * h), tolerance)
            << pattern_name(p.kind) << " " << int(p.model) << " " << theta << " " << axis;
        EXPECT_EQ(slope.theta.re.v, p.field(theta, phi, slant).theta.re);
        EXPECT_EQ(slope.phi.re.v, p.field(theta, phi, slant).phi.re);
      }
    }
  }
}

TEST(PatternDerivatives, ReverseIsTheTransposeOfForward) {
  for (const AntennaPattern& p : all_patterns()) {
    for (const auto& [theta, phi, slant] : kPoints) {
      ad::Tape tape;
      const ad::Recording recording(tape);
      const ad::Var t = tape.input(theta), f = tape.input(phi);
      const auto field = pattern_field(p, t, f, slant);
      tape.seed(field.theta.re, 0.3);
      tape.seed(field.phi.re, -0.8);
      tape.sweep();
      const auto tangent = pattern_field(p, Dual(theta, 0.7), Dual(phi, 1.1), slant);
      // ten operations on numbers below 10
      EXPECT_NEAR(0.7 * tape.adjoint(t) + 1.1 * tape.adjoint(f), 0.3 * tangent.theta.re.d - 0.8 * tangent.phi.re.d,
                  1e-13);
    }
  }
}

TEST(PatternDerivatives, AreFiniteAtPolesBehindAndAtSamples) {
  for (const AntennaPattern& p : all_patterns()) {
    for (const double theta : {0.0, 1e-300, 1e-9, kPi / 2, kPi - 0.2, kPi}) {
      for (const double phi : {0.0, -kPi, kPi, -1.5, 1.5}) {
        for (const double slant : {0.0, kPi / 4, kPi / 2}) {
          for (int axis = 0; axis < 2; ++axis) {
            const auto f = pattern_field(p, Dual(theta, axis == 0), Dual(phi, axis == 1), slant);
            EXPECT_TRUE(std::isfinite(f.theta.re.d) && std::isfinite(f.phi.re.d))
                << pattern_name(p.kind) << " " << int(p.model) << " " << theta << " " << phi << " " << slant;
          }
        }
      }
    }
  }
}

TEST(PatternDerivatives, DipolesLeaveTheirAxisWithTheSlopeOfTheirLimit) {
  AntennaPattern p;
  p.kind = PatternKind::kShortDipole;
  EXPECT_DOUBLE_EQ(pattern_amplitude(p, Dual(0, 1), Dual(0)).d, std::sqrt(1.5));  // sin(theta)
  EXPECT_DOUBLE_EQ(pattern_amplitude(p, Dual(kPi, 1), Dual(0)).d, -std::sqrt(1.5));
  p.kind = PatternKind::kHalfWaveDipole;  // cos(pi/2 cos(theta)) / sin(theta) = pi/4 theta + O(theta^3)
  EXPECT_DOUBLE_EQ(pattern_amplitude(p, Dual(0, 1), Dual(0)).d, std::sqrt(kHalfWaveDipoleDirectivity) * kPi / 4);
  EXPECT_NEAR(pattern_amplitude(p, Dual(kPi / 2, 1), Dual(0)).d, 0, 1e-15);  // the broadside is its maximum
}

}  // namespace
}  // namespace raywave::em
