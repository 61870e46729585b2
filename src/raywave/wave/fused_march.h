// SPDX-License-Identifier: Apache-2.0
// Many sources marched at once: SIMD lanes are sources. The transform runs decimation in frequency, the jump's table is
// stored in the order that leaves, and the inverse runs decimation in time, so that nothing is permuted. The last stage
// of the inverse, the screen and the first stage of the next transform are one pass; a group of lanes is marched to the
// end while it stays in cache.
#pragma once

#include <complex>
#include <vector>

namespace raywave::wave {

template <class Real>
class FusedMarch {
 public:
  static constexpr int kLanes = int(32 / sizeof(Real));  // one 256-bit register
  /// Powers of two from 64 to 65536.
  static bool supports(int num_y);
  /// @throws Error for a length that is not supported.
  explicit FusedMarch(int num_y);

  /// A jump's table in the transform's order, with the 1/N of the inverse; `g` in the order of fft_wavenumbers.
  std::vector<std::complex<Real>> jump_table(const std::vector<std::complex<double>>& g) const;

  /// One operation: a jump, then a screen where there is one.
  struct Op {
    const std::complex<Real>* jump = nullptr;    // [num_y] from jump_table; null: no jump
    const std::complex<Real>* screen = nullptr;  // [num_y]; null: none
  };
  /// Lane-major data of one group, [num_y][re, im][kLanes], aligned to 32 bytes: marched in place.
  void run(const std::vector<Op>& ops, Real* group) const;

  int num_y() const { return n_; }
  size_t group_size() const { return size_t(n_) * 2 * kLanes; }

 private:
  int n_;
  std::vector<int> order_;         // wavenumber index at each place after the forward transform
  std::vector<Real> twiddles_;     // per stage, (w, w^2, w^3) of each butterfly
  std::vector<size_t> stage_at_;   // where a stage's twiddles begin
  std::vector<int> stage_length_;  // n, n/4, ... > 4
};

extern template class FusedMarch<double>;
extern template class FusedMarch<float>;

}  // namespace raywave::wave
