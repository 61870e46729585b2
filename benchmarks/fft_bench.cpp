// SPDX-License-Identifier: Apache-2.0
// The transforms of runtime/fft.h against FFTW's, planned as a library must plan (estimated, at any alignment): forward
// and back, microseconds, the best of nine turns taken in alternation. One thread.
#include <fftw3.h>

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstdio>
#include <utility>
#include <vector>

#include "raywave/runtime/fft.h"

namespace {

using raywave::runtime::Fft;

template <class Real>
struct Api;
template <>
struct Api<double> {
  using Plan = fftw_plan;
  using Complex = fftw_complex;
  static constexpr auto plan = fftw_plan_dft;
  static constexpr auto execute = fftw_execute;
  static constexpr auto destroy = fftw_destroy_plan;
};
template <>
struct Api<float> {
  using Plan = fftwf_plan;
  using Complex = fftwf_complex;
  static constexpr auto plan = fftwf_plan_dft;
  static constexpr auto execute = fftwf_execute;
  static constexpr auto destroy = fftwf_destroy_plan;
};

template <class Body>
double microseconds(int times, const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) body();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / times;
}

/// Of a pair of transforms: ours, FFTW's.
template <class Real>
std::pair<double, double> times(int num_x, int num_y) {
  const size_t count = size_t(num_x) * size_t(num_y);
  std::vector<std::complex<Real>> u(count), v(count);
  const auto fft = num_x > 1 ? Fft<Real>::two_dimensional(num_x, num_y) : Fft<Real>(num_y);
  using A = Api<Real>;
  auto* data = reinterpret_cast<typename A::Complex*>(v.data());
  const int sides[2] = {num_x, num_y}, rank = num_x > 1 ? 2 : 1;
  const int* n = num_x > 1 ? sides : sides + 1;
  const auto forward = A::plan(rank, n, data, data, FFTW_FORWARD, FFTW_ESTIMATE | FFTW_UNALIGNED);
  const auto backward = A::plan(rank, n, data, data, FFTW_BACKWARD, FFTW_ESTIMATE | FFTW_UNALIGNED);
  const int turns = std::max(1, int(1e5 / double(count)));
  std::pair<double, double> best{1e300, 1e300};
  for (int r = 0; r < 9; ++r) {
    best.first = std::min(best.first, microseconds(turns, [&] { fft.forward(u.data()), fft.backward(u.data()); }));
    best.second = std::min(best.second, microseconds(turns, [&] { A::execute(forward), A::execute(backward); }));
  }
  A::destroy(forward), A::destroy(backward);
  return best;
}

}  // namespace

int main() {
  std::printf("%12s %28s %28s\n", "points", "double: ours, FFTW, ratio", "float: ours, FFTW, ratio");
  constexpr std::pair<int, int> kShapes[] = {{1, 512},   {1, 768},   {1, 4096}, {1, 6000},   {1, 8192},  {1, 65536},
                                             {32, 32},   {64, 64},   {96, 128}, {128, 128},  {240, 256}, {256, 256},
                                             {480, 500}, {512, 512}, {1, 1009}, {1024, 1024}};
  for (const auto& [num_x, num_y] : kShapes) {
    const auto d = times<double>(num_x, num_y);
    const auto f = times<float>(num_x, num_y);
    std::printf("%5d x %4d %11.1f %10.1f %5.2f %12.1f %10.1f %5.2f\n", num_x, num_y, d.first, d.second,
                d.first / d.second, f.first, f.second, f.first / f.second);
  }
}
