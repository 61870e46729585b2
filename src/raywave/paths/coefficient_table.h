// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/em/fresnel.h"

namespace raywave::paths {

/// Slab coefficients of one material over cos(theta), linear between samples. Spacing 1/4096: the error is below 1e-5
/// for the ITU materials but for metal beyond 89.9 degrees, far below the noise of the rays.
class CoefficientTable {
 public:
  static constexpr int kSamples = 4096;
  struct Entry {
    Complex<float> te, tm;
  };

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
    const float x = std::min(cos_theta, 1.0f) * kSamples;
    const int i = std::min(int(x), kSamples - 1);
    const float f = x - float(i);
    const Entry* entry = (transmission ? transmission_ : reflection_).data() + i;
    const auto mix = [f](const Complex<float>& p, const Complex<float>& q) {
      return Complex<float>{p.re + f * (q.re - p.re), p.im + f * (q.im - p.im)};
    };
    te = mix(entry[0].te, entry[1].te);
    tm = mix(entry[0].tm, entry[1].tm);
  }

 private:
  std::vector<Entry> reflection_, transmission_;  // apart: a map without refraction reads the first alone
};

}  // namespace raywave::paths
