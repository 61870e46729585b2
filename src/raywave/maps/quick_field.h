// SPDX-License-Identifier: Apache-2.0
// What one element launches into a direction, in single precision: for the CPU, in vectors, and for devices. Against
// the double precision of em/antenna_pattern.cpp it errs by 1e-6 of the peak at most.
#pragma once

#include <cmath>

#include "raywave/core/complex.h"
#include "raywave/core/hd.h"

namespace raywave::maps {

enum class QuickPattern { kIsotropic, kShortDipole, kHalfWaveDipole, kTr38901 };

/// atan2(y, x) of y >= 0. No branches: it runs in vectors. Its polynomial, of atan(q) / q in q^2 at Chebyshev's places
/// in [0, 1], errs by 1e-8.
RAYWAVE_HD inline float quick_angle(float y, float x) {
  const float ax = std::fabs(x), least = y < ax ? y : ax, most = y < ax ? ax : y;
  const float q = least / (most > 1e-30f ? most : 1.0f), s = q * q;
  float r = 0.0028340642f;
  r = r * s - 0.016005030f;
  r = r * s + 0.042587608f;
  r = r * s - 0.074954458f;
  r = r * s + 0.10636755f;
  r = r * s - 0.14202571f;
  r = r * s + 0.19992484f;
  r = r * s - 0.33333066f;
  r = q + q * s * r;
  r = y <= ax ? r : 1.57079633f - r;
  return x < 0 ? 3.14159265f - r : r;
}

/// e^x for |x| <= 4: the series of e^(x / 8), whose last term is 2e-8.
RAYWAVE_HD inline float quick_exp(float x) {
  const float u = 0.125f * x;
  float e = 1.0f + u * (1.0f / 7);
  e = 1.0f + u * (1.0f / 6) * e;
  e = 1.0f + u * (1.0f / 5) * e;
  e = 1.0f + u * (1.0f / 4) * e;
  e = 1.0f + u * (1.0f / 3) * e;
  e = 1.0f + u * (1.0f / 2) * e;
  e = 1.0f + u * e;
  const float e2 = e * e, e4 = e2 * e2;
  return e4 * e4;
}

/// Real patterns of em::PatternKind, polarisation model 2 (3GPP TR 38.901 7.3.2).
struct QuickField {
  QuickPattern pattern = QuickPattern::kIsotropic;
  Vec3f local_x, local_y, local_z;  // the device's axes in the world
  Complex<float> c_theta, c_phi;    // sum of weighted slants

  /// The amplitude towards (x, y, z) of the device's frame. @param rho  sqrt(x^2 + y^2)
  template <QuickPattern kPattern>
  RAYWAVE_HD static float amplitude(float x, float y, float z, float rho) {
    if constexpr (kPattern == QuickPattern::kIsotropic) return 1.0f;
    if constexpr (kPattern == QuickPattern::kShortDipole) return 1.2247449f * rho;
    if constexpr (kPattern == QuickPattern::kHalfWaveDipole) {
      // cos(pi/2 |z|) / rho = sin(a) / a pi/2 v with v = (1 - |z|) / rho = rho / (1 + |z|), a = pi/2 rho v <= pi/2
      const float v = rho / (1 + std::fabs(z)), a = 1.57079633f * rho * v, a2 = a * a;
      const float sinc =
          1 - a2 * (1.0f / 6) *
                  (1 - a2 * (1.0f / 20) * (1 - a2 * (1.0f / 42) * (1 - a2 * (1.0f / 72) * (1 - a2 * (1.0f / 110)))));
      return 1.2809849f * 1.57079633f * v * sinc;
    }
    if constexpr (kPattern == QuickPattern::kTr38901) {
      // table 7.3-1: 8 dBi less 12 (angle / 65 degrees)^2 both ways, at most 30 dB each and together
      constexpr float kWidth = 1.13446401f, kAmplitudePerDb = 0.115129255f;  // ln(10) / 20
      const float v = quick_angle(std::fabs(z), rho) * (1 / kWidth), h = quick_angle(std::fabs(y), x) * (1 / kWidth);
      const float v_loss = 12 * v * v, h_loss = 12 * h * h;
      const float loss = (v_loss < 30 ? v_loss : 30) + (h_loss < 30 ? h_loss : 30);
      return quick_exp(kAmplitudePerDb * (8 - (loss < 30 ? loss : 30)));
    }
  }

  template <QuickPattern kPattern>
  RAYWAVE_HD CVec3<float> field(const Vec3f& k) const {
    const float x = dot(k, local_x), y = dot(k, local_y), z = dot(k, local_z);
    const float rho2 = x * x + y * y;
    const bool off_axis = rho2 > 1e-14f;
    const float inv = 1 / std::sqrt(off_axis ? rho2 : 1.0f);
    const float inv_rho = off_axis ? inv : 0.0f;
    const float cos_phi = off_axis ? x * inv : 1.0f, sin_phi = y * inv_rho, rho = rho2 * inv_rho;
    const float amplitude = QuickField::amplitude<kPattern>(x, y, z, rho);
    const Vec3f theta_hat = (z * cos_phi) * local_x + (z * sin_phi) * local_y - rho * local_z;
    const Vec3f phi_hat = cos_phi * local_y - sin_phi * local_x;
    return {amplitude * (c_theta.re * theta_hat + c_phi.re * phi_hat),
            amplitude * (c_theta.im * theta_hat + c_phi.im * phi_hat)};
  }

  RAYWAVE_HD CVec3<float> operator()(const Vec3f& k) const {
    switch (pattern) {
      case QuickPattern::kIsotropic:
        return field<QuickPattern::kIsotropic>(k);
      case QuickPattern::kShortDipole:
        return field<QuickPattern::kShortDipole>(k);
      case QuickPattern::kHalfWaveDipole:
        return field<QuickPattern::kHalfWaveDipole>(k);
      case QuickPattern::kTr38901:
        return field<QuickPattern::kTr38901>(k);
    }
    return {};
  }
};

}  // namespace raywave::maps
