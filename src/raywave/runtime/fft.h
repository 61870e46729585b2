// SPDX-License-Identifier: Apache-2.0
// Discrete Fourier transforms: rows, batches of rows, planes. What computes is line_fft.h; no library stands behind it.
// Forward: U_m = sum_j u_j exp(-2 pi j m i / N); backward has the other sign; neither is
// scaled. One may be shared by threads. Same bits every time, but not on machines of another instruction set (sums are
// fused where they can be).
#pragma once

#include <complex>
#include <memory>

namespace raywave::runtime {

/// Complex transforms of `batch` contiguous rows, each [num_y] or [num_x, num_y]. Real: double or float.
template <class Real>
class Fft {
 public:
  /// One-dimensional. @throws Error unless n >= 1 and batch >= 1.
  explicit Fft(int n, int batch = 1);
  /// Two-dimensional, row-major [num_x, num_y].
  static Fft two_dimensional(int num_x, int num_y);
  ~Fft();
  Fft(Fft&&) noexcept;
  Fft& operator=(Fft&&) noexcept;

  /// In place. @param data  [batch, n], at any alignment.
  void forward(std::complex<Real>* data) const;
  void backward(std::complex<Real>* data) const;

 private:
  struct Plans;
  explicit Fft(std::unique_ptr<Plans> plans);
  std::unique_ptr<Plans> plans_;
};

extern template class Fft<double>;
extern template class Fft<float>;

}  // namespace raywave::runtime
