// SPDX-License-Identifier: Apache-2.0
// Many sources marched at once: SIMD lanes are sources. The transform runs decimation in frequency, the jump's table is
// stored in the order that leaves, and the inverse runs decimation in time, so that nothing is permuted. The last stage
// of the inverse, the screen and the first stage of the next transform are one pass; a group of lanes is marched to the
// end while it stays in cache.
#pragma once

#include <complex>
#include <span>
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

  /// Forward transform, a gain for every place and lane ([num_y][re, im][kLanes]), and back, without the scale 1/N.
  void transform(const Real* gain, Real* group) const;
  /// Wavenumber index at each place after the forward transform.
  const std::vector<int>& order() const { return order_; }

  int num_y() const { return n_; }
  size_t group_size() const { return size_t(n_) * 2 * kLanes; }

 private:
  int n_;
  std::vector<int> order_;         // wavenumber index at each place after the forward transform
  std::vector<Real> twiddles_;     // per stage, (w, w^2, w^3) of each butterfly
  std::vector<size_t> stage_at_;   // where a stage's twiddles begin
  std::vector<int> stage_length_;  // n, n/4, ... > 4
};

/// One row: the four quarters of its points go into the lanes, a four-point transform runs across them, and the lanes
/// are four rows of a quarter of the length.
class RowTransform {
 public:
  /// Powers of two from 256 to 262144.
  static bool supports(int n);
  /// @throws Error for a length that is not supported.
  explicit RowTransform(int n);

  /// A gain in this transform's order, with the 1/N of the inverse; `g` in the order of fft_wavenumbers.
  std::vector<std::complex<double>> table(std::span<const std::complex<double>> g) const;
  /// u <- F^-1 (g F u).
  void apply(const std::complex<double>* table, std::complex<double>* u) const;

  /// The same in parts, so that a march stays in the lanes: enter, turns, leave. A turn is the gain, what stands
  /// between two jumps, and the entrance to the next.
  class Lanes {
   public:
    explicit Lanes(const RowTransform& row);
    double* data() { return blocks_[0].v; }

   private:
    struct alignas(32) Block {
      double v[8];
    };
    std::vector<Block> blocks_;
  };
  void enter(const std::complex<double>* u, Lanes& lanes) const;
  void leave(const std::complex<double>* table, Lanes& lanes, std::complex<double>* u) const;
  /// u <- F^-1 (g F u), tape <- u unless null, u <- screen u. Tape and screen are in the lanes' order.
  void turn(const std::complex<double>* table, const std::complex<double>* screen, std::complex<double>* tape,
            Lanes& lanes) const;
  /// u_bar <- F^-1 (g F u_bar), u_bar <- conj(screen) u_bar; unless tape is null, gradient <- rate u_bar conj(tape), in
  /// the order of the row.
  void turn_back(const std::complex<double>* table, const std::complex<double>* screen,
                 const std::complex<double>* tape, std::complex<double> rate, std::complex<double>* gradient,
                 Lanes& lanes) const;
  /// From the order of the row to that of the lanes, and back. [n], not in place.
  void to_lanes(const std::complex<double>* row, std::complex<double>* lanes) const;
  void from_lanes(const std::complex<double>* lanes, std::complex<double>* row) const;

 private:
  template <class Between>
  void turn_with(const std::complex<double>* table, double* lanes, Between&& between) const;
  int n_;
  FusedMarch<double> quarter_;
  std::vector<double> twiddles_;
};

/// u_j <- t_j u_j.
void multiply(std::span<std::complex<double>> u, const std::complex<double>* t);
/// u_bar_j <- conj(t_j) u_bar_j, and then field_j <- rate u_bar_j conj(field_j): a screen's gradient in the field's
/// place.
void reverse_screen(std::span<std::complex<double>> u_bar, const std::complex<double>* t, std::complex<double>* field,
                    std::complex<double> rate);

extern template class FusedMarch<double>;
extern template class FusedMarch<float>;

}  // namespace raywave::wave
