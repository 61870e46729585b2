// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"

namespace raywave::runtime {
namespace {

template <class Real>
std::vector<std::complex<Real>> noise(int n) {
  std::vector<std::complex<Real>> u(static_cast<size_t>(n));
  for (int i = 0; i < n; ++i)
    u[size_t(i)] = {Real(random_uniform(1, 0, uint64_t(i), 0) - 0.5), Real(random_uniform(1, 0, uint64_t(i), 1) - 0.5)};
  return u;
}

template <class Real>
double worst_against_direct_sum(int n, int batch) {
  const auto u = noise<Real>(n * batch);
  auto got = u;
  Fft<Real>(n, batch).forward(got.data());
  double worst = 0;
  for (int b = 0; b < batch; ++b)
    for (int m = 0; m < n; ++m) {
      std::complex<double> sum;
      for (int j = 0; j < n; ++j)
        sum += std::complex<double>(u[size_t(b * n + j)]) * std::polar(1.0, -2 * kPi * double(int64_t(m) * j % n) / n);
      worst = std::max(worst, std::abs(sum - std::complex<double>(got[size_t(b * n + m)])));
    }
  return worst;
}

TEST(Fft, EqualsTheDirectSumForOddAndEvenLengths) {
  for (const int n : {1, 7, 16, 60}) {
    // |u| < 1: rounding of n terms, each below epsilon * log2(n) + the direct sum's own n * epsilon.
    EXPECT_LT(worst_against_direct_sum<double>(n, 3), 8.0 * n * std::numeric_limits<double>::epsilon()) << n;
    EXPECT_LT(worst_against_direct_sum<float>(n, 3), 8.0 * n * std::numeric_limits<float>::epsilon()) << n;
  }
}

TEST(Fft, BackwardUndoesForwardTimesLength) {
  const int nx = 6, ny = 10;
  const auto u = noise<double>(nx * ny);
  auto v = u;
  const auto fft = Fft<double>::two_dimensional(nx, ny);
  fft.forward(v.data());
  fft.backward(v.data());
  for (size_t i = 0; i < u.size(); ++i) EXPECT_LT(std::abs(v[i] / double(nx * ny) - u[i]), 1e-15 * 8);
}

TEST(Fft, RefusesEmptyTransforms) {
  EXPECT_THROW(Fft<double>(0), Error);
  EXPECT_THROW(Fft<double>(4, 0), Error);
  EXPECT_THROW(Fft<float>::two_dimensional(0, 3), Error);
}

}  // namespace
}  // namespace raywave::runtime
