// SPDX-License-Identifier: Apache-2.0
// Fourier transforms of one length, the part of fft.h that computes. Stockham's algorithm: each pass takes one factor
// of the length and leaves the data sorted, so that the inner loops run along memory in vectors. Factors are 4, 2, 3,
// 5, 7, 11, 13; any other length is a convolution with a chirp (Bluestein), three to five times as long. Error: a few
// roundings of the largest |U|; tests hold it to the direct sum.
#pragma once

#include <complex>
#include <memory>
#include <vector>

namespace raywave::runtime {

/// One length, many times.
template <class Real>
class LineFft {
 public:
  /// @param n  >= 1
  explicit LineFft(int n);
  ~LineFft();
  LineFft(LineFft&&) noexcept;

  int length() const { return n_; }
  /// `lines` transforms at once whose points stand side by side: data and scratch are [n, lines]. In place; scratch is
  /// overwritten.
  void run(bool forward, std::complex<Real>* data, std::complex<Real>* scratch, int lines) const;

 private:
  struct Pass {
    int radix, parts;            // parts: length of the transforms that are left
    std::vector<Real> twiddles;  // [parts, radix - 1, 2]: exp(-2 pi j p k / (radix parts))
  };
  struct Chirp;
  template <bool kForward>
  void passes(std::complex<Real>* data, std::complex<Real>* scratch, int lines) const;
  int n_;
  std::vector<Pass> passes_;
  std::unique_ptr<Chirp> chirp_;  // where the length has another factor
};

extern template class LineFft<double>;
extern template class LineFft<float>;

}  // namespace raywave::runtime
