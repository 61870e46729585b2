// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>
#include <utility>
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
  // every factor that has a pass of its own, alone, first (16, 60), last and in the middle; lengths with others: 17, 97
  for (const int n : {1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 14, 16, 17, 33, 60, 91, 97, 128, 143, 210, 250}) {
    // |u| < 1: rounding of n terms, each below epsilon * log2(n) + the direct sum's own n * epsilon.
    EXPECT_LT(worst_against_direct_sum<double>(n, 3), 8.0 * n * std::numeric_limits<double>::epsilon()) << n;
    EXPECT_LT(worst_against_direct_sum<float>(n, 3), 8.0 * n * std::numeric_limits<float>::epsilon()) << n;
  }
}

TEST(Fft, PlanesAreRowsThenColumns) {
  // odd widths: the last block of columns is a narrow one
  for (const auto& [nx, ny] : {std::pair{1, 9}, {9, 1}, {6, 10}, {5, 19}, {34, 12}}) {
    auto got = noise<double>(nx * ny), rows = got;
    Fft<double>::two_dimensional(nx, ny).forward(got.data());
    Fft<double>(ny, nx).forward(rows.data());
    for (int y = 0; y < ny; ++y) {
      std::vector<std::complex<double>> column;
      for (int x = 0; x < nx; ++x) column.push_back(rows[size_t(x * ny + y)]);
      Fft<double>(nx).forward(column.data());
      for (int x = 0; x < nx; ++x)
        EXPECT_LT(std::abs(column[size_t(x)] - got[size_t(x * ny + y)]), 8 * 1e-16 * nx * ny) << nx << " x " << ny;
    }
  }
}

TEST(Fft, ThreadsShareOne) {
  const int n = 1000;
  const auto u = noise<double>(n);
  const Fft<double> fft(n);
  auto alone = u;
  fft.forward(alone.data());
  std::vector<std::vector<std::complex<double>>> got(4, u);
  std::vector<std::thread> threads;
  for (auto& v : got) {
    threads.emplace_back([&fft, &v, &u] {
      for (int i = 0; i < 50; ++i) v = u, fft.forward(v.data());
    });
  }
  for (std::thread& t : threads) t.join();
  for (const auto& v : got) EXPECT_EQ(v, alone);
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
