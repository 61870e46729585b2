// SPDX-License-Identifier: Apache-2.0
// One row's march: decimation in frequency with four neighbours of the row in a register, so that the last stage of an
// inverse transform, what stands between two jumps, and the first stage of the next transform are one pass. The last
// four points of each transform are turned across registers; a gain lies in the order that leaves, and nothing is
// permuted.
#pragma once

#include <complex>
#include <span>
#include <vector>

namespace raywave::wave {

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
    struct alignas(64) Block {
      double v[8];
    };
    std::vector<Block> blocks_;
  };
  /// Rows that the turn after this one reads, or null: they are fetched while this one computes.
  struct Ahead {
    const std::complex<double>* screen = nullptr;
    const std::complex<double>* tape = nullptr;
  };
  void enter(const std::complex<double>* u, Lanes& lanes) const;
  void leave(const std::complex<double>* table, Lanes& lanes, std::complex<double>* u) const;
  /// u <- F^-1 (g F u), tape <- u unless null, u <- screen u. Tape and screen are in the lanes' order, so that a turn
  /// goes through them from end to end.
  void turn(const std::complex<double>* table, const std::complex<double>* screen, std::complex<double>* tape,
            Lanes& lanes, const Ahead& ahead) const;
  /// u_bar <- F^-1 (g F u_bar), u_bar <- conj(screen) u_bar; unless tape is null, gradient <- rate u_bar conj(tape), in
  /// the order of the row.
  void turn_back(const std::complex<double>* table, const std::complex<double>* screen,
                 const std::complex<double>* tape, std::complex<double> rate, std::complex<double>* gradient,
                 Lanes& lanes, const Ahead& ahead) const;
  /// From the order of the row to that of the lanes, and back. [n], not in place.
  void to_lanes(const std::complex<double>* row, std::complex<double>* lanes) const;
  void from_lanes(const std::complex<double>* lanes, std::complex<double>* row) const;

 private:
  template <class Between>
  void turn_with(const std::complex<double>* table, double* lanes, const Ahead& ahead, Between&& between) const;
  void inner(const std::complex<double>* table, double* lanes, const Ahead& ahead) const;
  int n_;
  std::vector<int> order_;         // wavenumber index at each place of a table
  std::vector<int> stage_length_;  // in points: n, n/4, ... >= 16
  std::vector<size_t> stage_at_;   // where a stage's twiddles begin
  std::vector<double> twiddles_;  // per stage (w, w^2, w^3) of each four butterflies, then those of two points of eight
};

/// u_j <- t_j u_j.
void multiply(std::span<std::complex<double>> u, const std::complex<double>* t);
/// u_bar_j <- conj(t_j) u_bar_j, and then field_j <- rate u_bar_j conj(field_j): a screen's gradient in the field's
/// place.
void reverse_screen(std::span<std::complex<double>> u_bar, const std::complex<double>* t, std::complex<double>* field,
                    std::complex<double> rate);

}  // namespace raywave::wave
