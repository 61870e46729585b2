// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "raywave/core/complex.h"
#include "raywave/em/fresnel.h"
#include "raywave/paths/coefficient_entry.h"

namespace raywave::paths {

/// Slab coefficients of one material over cos(theta), linear between samples. Spacing 1/4096: the error is below 1e-5
/// for the ITU materials but for metal beyond 89.9 degrees, far below the noise of the rays.
class CoefficientTable {
 public:
  static constexpr int kSamples = CoefficientEntry::kSamples;

  CoefficientTable(const em::MaterialProperties& m, double wavelength_m)
      : reflection_(kSamples + 1), transmission_(kSamples + 1) {
    for (int i = 0; i <= kSamples; ++i) {
      const auto c = em::coefficients(double(i) / kSamples, m, wavelength_m);
      const auto narrow = [](const Complexd& z, double scale) {
        return Complex<float>{float(scale * z.re), float(scale * z.im)};
      };
      reflection_[size_t(i)] = {narrow(c.r_te, m.specular_scale), narrow(c.r_tm, m.specular_scale)};
      transmission_[size_t(i)] = {narrow(c.t_te, 1), narrow(c.t_tm, 1)};
    }
  }
  void at(float cos_theta, Complex<float>& te, Complex<float>& tm, bool transmission) const {
    const CoefficientEntry c = coefficients_at((transmission ? transmission_ : reflection_).data(), cos_theta);
    te = c.te, tm = c.tm;
  }
  /// [kSamples + 1]
  const std::vector<CoefficientEntry>& reflection() const { return reflection_; }
  const std::vector<CoefficientEntry>& transmission() const { return transmission_; }

 private:
  std::vector<CoefficientEntry> reflection_, transmission_;  // apart: a map without refraction reads the first alone
};

}  // namespace raywave::paths
