// SPDX-License-Identifier: Apache-2.0
// The complex error function of the upper half plane. Relative error below 1e-13. For the sources of this room.
#pragma once

#include <array>
#include <cmath>

#include "raywave/core/complex.h"
#include "raywave/core/constants.h"
#include "raywave/em/lanes.h"

namespace raywave::em {

/// w(z) = exp(-z^2) erfc(-j z) for Im z >= 0 by the rational series of Weideman 1994 (SIAM J. Numer. Anal. 31,
/// "Computation of the complex error function").
class Faddeeva {
 public:
  static Faddeeva make() {
    Faddeeva f;
    f.scale_ = std::sqrt(kTerms / std::sqrt(2.0));
    constexpr int kSamples = 4 * kTerms;
    // Fourier coefficients of exp(-t^2) (scale^2 + t^2) over t = scale tan(theta / 2)
    for (int n = 0; n < kTerms; ++n) {
      double sum = 0;
      for (int j = 0; j < kSamples; ++j) {
        const double theta = 2 * kPi * (j + 0.5) / kSamples - kPi, t = f.scale_ * std::tan(theta / 2);
        sum += std::exp(-t * t) * (f.scale_ * f.scale_ + t * t) * std::cos((n + 1) * theta);
      }
      f.coefficients_[size_t(n)] = sum / kSamples;
    }
    return f;
  }
  RAYWAVE_HD_CALL Complexd operator()(const Complexd& z) const {
    const Complexd jz{-z.im, z.re};
    const Complexd below{scale_ - jz.re, -jz.im}, above{scale_ + jz.re, jz.im};
    const Complexd ratio = above / below;
    Complexd sum;
    for (size_t n = kTerms; n-- > 0;) sum = sum * ratio + Complexd{coefficients_[n], 0};
    return (2.0 * sum / below + Complexd{1 / std::sqrt(kPi), 0}) / below;
  }
  /// The same at z = (-1 + j) r, in vectors: the same bits.
  template <size_t N>
  RAYWAVE_HD_CALL void on_diagonal(const std::array<Lanes, N>& r, std::array<Lanes, N>& re,
                                   std::array<Lanes, N>& im) const {
    std::array<Lanes, N> b, s, p, q;  // below is b + j r, s one over its square, the ratio p + j q
    const auto divide = [&](size_t i, const Lanes& x, const Lanes& y, Lanes& u, Lanes& v) {
      u = (x * b[i] + y * r[i]) * s[i];
      v = (y * b[i] - x * r[i]) * s[i];
    };
    for (size_t i = 0; i < N; ++i) {
      b[i] = scale_ + r[i];
      s[i] = 1.0 / (b[i] * b[i] + r[i] * r[i]);
      divide(i, scale_ - r[i], -r[i], p[i], q[i]);
      re[i] = im[i] = Lanes{};
    }
    for (size_t n = kTerms; n-- > 0;) {
      for (size_t i = 0; i < N; ++i) {
        const Lanes x = re[i] * p[i] - im[i] * q[i], y = re[i] * q[i] + im[i] * p[i];
        re[i] = x + coefficients_[n], im[i] = y;
      }
    }
    for (size_t i = 0; i < N; ++i) {
      Lanes x, y;
      divide(i, 2.0 * re[i], 2.0 * im[i], x, y);
      x += 1 / std::sqrt(kPi);
      divide(i, x, y, re[i], im[i]);
    }
  }

 private:
  static constexpr int kTerms = 40;
  double scale_;
  std::array<double, kTerms> coefficients_;
};

}  // namespace raywave::em
