// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/spread_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace raywave::wave {
namespace {

/// Chebyshev coefficients of a function on [-1, 1] from its values at the nodes.
template <size_t N, class Function>
std::array<double, N> chebyshev(Function&& f) {
  std::array<double, N> value, c{};
  for (size_t i = 0; i < N; ++i) value[i] = f(std::cos(kPi * (double(i) + 0.5) / N));
  for (size_t k = 0; k < N; ++k) {
    for (size_t i = 0; i < N; ++i) c[k] += value[i] * std::cos(kPi * double(k) * (double(i) + 0.5) / N);
    c[k] *= (k == 0 ? 1.0 : 2.0) / N;
  }
  return c;
}

/// The same polynomial by powers, lowest first.
template <size_t N>
std::array<double, N> powers(const std::array<double, N>& c) {
  std::array<double, N> sum{}, last{}, now{};  // of T_(k-1), T_k
  last[0] = 1, now[1] = 1;
  for (size_t i = 0; i < N; ++i) sum[i] = c[0] * last[i] + c[1] * now[i];
  for (size_t k = 2; k < N; ++k) {
    std::array<double, N> next{};
    for (size_t i = 0; i < N; ++i) next[i] = (i > 0 ? 2 * now[i - 1] : 0.0) - last[i];
    for (size_t i = 0; i < N; ++i) sum[i] += c[k] * next[i];
    last = now, now = next;
  }
  return sum;
}

template <int kLanes, size_t N>
void horner(const std::array<std::array<double, SpreadKernel::kMostWidth>, N>& c, double z, double* values) {
  double v[kLanes];
  for (int i = 0; i < kLanes; ++i) v[i] = c[0][size_t(i)];
  for (size_t k = 1; k < N; ++k) {
    for (int i = 0; i < kLanes; ++i) v[i] = v[i] * z + c[k][size_t(i)];
  }
  for (int i = 0; i < kLanes; ++i) values[i] = v[i];
  for (int i = kLanes; i < SpreadKernel::kMostWidth; ++i) values[i] = 0;
}

}  // namespace

const SpreadKernel& SpreadKernel::for_tolerance(double tolerance) {
  constexpr int kLeast = 3;
  static const std::vector<SpreadKernel> all = [] {
    std::vector<SpreadKernel> kernels;
    for (int width = kLeast; width <= kMostWidth; ++width) kernels.push_back(SpreadKernel(width));
    return kernels;
  }();
  const int width = std::clamp(int(std::ceil(-std::log10(tolerance))) + 2, kLeast, kMostWidth);
  return all[size_t(width - kLeast)];
}

SpreadKernel::SpreadKernel(int width) : width_(width), beta_(2.3 * width) {
  for (int q = 0; q < width; ++q) {
    const auto of_point = powers(chebyshev<kTerms>([&](double z) {
      return exact((2 * q + z + 1) / width - 1);  // at (z + 1) / 2 + q points from where the kernel begins
    }));
    for (size_t k = 0; k < kTerms; ++k) powers_[k][size_t(q)] = of_point[kTerms - 1 - k];
  }
  correction_ = chebyshev<kCorrectionTerms>(
      [&](double y) { return exact_correction(0.5 * kPi * std::sqrt(std::max(0.0, 0.5 * (y + 1)))); });
}

double SpreadKernel::exact(double x) const { return std::exp(beta_ * (std::sqrt(std::max(0.0, 1 - x * x)) - 1)); }

double SpreadKernel::exact_correction(double k) const {
  // the kernel's Fourier integral; x = sin(t) makes the midpoint rule converge exponentially
  const int n = 24 + 6 * width_;
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    const double t = kPi / 2 * (i + 0.5) / n;
    sum += std::exp(beta_ * (std::cos(t) - 1)) * std::cos(0.5 * k * width_ * std::sin(t)) * std::cos(t);
  }
  return 2 * n / (width_ * sum * kPi);
}

int SpreadKernel::spread(double place, double* values) const {
  const double begin = place - 0.5 * width_, first = std::ceil(begin), z = 2 * (first - begin) - 1;
  if (width_ <= 4) {
    horner<4>(powers_, z, values);
  } else if (width_ <= 8) {
    horner<8>(powers_, z, values);
  } else if (width_ <= 12) {
    horner<12>(powers_, z, values);
  } else {
    horner<16>(powers_, z, values);
  }
  return int(first);
}

}  // namespace raywave::wave
