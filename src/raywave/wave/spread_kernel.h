// SPDX-License-Identifier: Apache-2.0
// What nonuniform Fourier transforms spread points with: the kernel "exponential of semicircle",
// exp(beta (sqrt(1 - x^2) - 1)) on |x| <= 1, some points of a grid wide that is twice as fine as the transform needs
// (Barnett, Magland, af Klinteberg 2019). Both of its functions are polynomials fitted once to rounding.
#pragma once

#include <array>
#include <cstddef>

#include "raywave/core/constants.h"

namespace raywave::wave {

class SpreadKernel {
 public:
  static constexpr int kMostWidth = 16;

  /// The narrowest whose relative error is about the tolerance, 1e-14 to 0.1.
  static const SpreadKernel& for_tolerance(double tolerance);

  /// In points of the grid.
  int width() const { return width_; }

  /// Its values at the points of the grid that it covers. @param place  of its middle, in points of the grid.
  /// @param values  [kMostWidth]; from width() on: 0. @return the first of these points.
  int spread(double place, double* values) const;

  /// 1 / (sum over the grid of the kernel times exp(j k i)). @param k  radians a point of the grid, at most pi / 2.
  double correction(double k) const {
    const double y = (8 / (kPi * kPi)) * k * k - 1;
    double b1 = 0, b2 = 0;
    for (size_t i = kCorrectionTerms - 1; i > 0; --i) {
      const double b = 2 * y * b1 - b2 + correction_[i];
      b2 = b1, b1 = b;
    }
    return y * b1 - b2 + correction_[0];
  }

 private:
  explicit SpreadKernel(int width);
  double exact(double x) const;
  double exact_correction(double k) const;

  static constexpr int kTerms = 21, kCorrectionTerms = 16;
  int width_;
  double beta_;
  /// Of the powers of 2 y - 1, y = distance of the first point from where the kernel begins; highest power first.
  std::array<std::array<double, kMostWidth>, kTerms> powers_{};
  std::array<double, kCorrectionTerms> correction_{};  // Chebyshev coefficients over the square of k
};

}  // namespace raywave::wave
