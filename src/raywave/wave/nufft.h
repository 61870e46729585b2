// SPDX-License-Identifier: Apache-2.0
// Nonuniform Fourier transforms by spreading to a twice finer grid (spread_kernel.h) and a uniform transform (Barnett,
// Magland, af Klinteberg 2019). The relative error is about the tolerance asked.
#pragma once

#include <complex>
#include <memory>
#include <vector>

namespace raywave::wave {

class Nufft {
 public:
  /// Points in radians over a period 2 pi (any value; taken modulo 2 pi) and modes -num_modes/2 ... (num_modes - 1)/2.
  /// @param tolerance  in [1e-14, 0.1]. @throws Error.
  Nufft(const std::vector<double>& points_rad, int num_modes, double tolerance);
  ~Nufft();
  Nufft(Nufft&&) noexcept;

  /// f_m = sum_j c_j exp(-j m x_j), [num_modes] in increasing m.
  void type1(const std::complex<double>* c, std::complex<double>* f) const;
  /// c_j = sum_m f_m exp(+j m x_j). The adjoint of type 1.
  void type2(const std::complex<double>* f, std::complex<double>* c) const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

/// f_t = sum_j c_j exp(j sign (s_t x_j)), any real x and s: type 3. Cost n log n while (range of x)(range of s) is of
/// their number.
std::vector<std::complex<double>> nufft_type3(const std::vector<double>& x, const std::vector<std::complex<double>>& c,
                                              const std::vector<double>& s, int sign, double tolerance);

/// Points and targets of two dimensions.
struct Pairs {
  std::vector<double> a, b;
};
/// f_t = sum_j c_j exp(j sign (s.a_t x.a_j + s.b_t x.b_j)). @throws Error when the fine grid would need more than
/// kType3Points points.
std::vector<std::complex<double>> nufft_type3(const Pairs& x, const std::vector<std::complex<double>>& c,
                                              const Pairs& s, int sign, double tolerance);
/// Points of the fine grid that this takes, and the width of the spreading kernel.
double type3_grid_points(const Pairs& x, const Pairs& s, double tolerance);
int nufft_kernel_width(double tolerance);
inline constexpr double kType3Points = 1 << 24;

}  // namespace raywave::wave
