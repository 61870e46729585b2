// SPDX-License-Identifier: Apache-2.0
// Nonuniform transforms at a tolerance of 1e-12, one thread, as finufft_bench.py has them. Prints one JSON line of
// seconds. usage: nufft_bench RUNS
#include <chrono>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "raywave/core/random.h"
#include "raywave/wave/nufft.h"

namespace {

using raywave::wave::Nufft;
using C = std::complex<double>;

constexpr double kTolerance = 1e-12;

std::vector<double> uniform(size_t n, double half, uint64_t axis) {
  std::vector<double> x(n);
  for (size_t i = 0; i < n; ++i) x[i] = half * (2 * raywave::random_uniform(3, axis, i, 0) - 1);
  return x;
}

template <class Body>
void row(std::string& json, const char* name, int runs, const Body& body) {
  json += (json.empty() ? "{\"" : ", \"") + std::string(name) + "\": [";
  for (int r = 0; r < runs; ++r) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    json += (r > 0 ? ", " : "") + std::to_string(1e3 * seconds.count()) + "e-3";
  }
  json += "]";
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 5;
  constexpr int kModes = 50000;
  const std::vector<double> x = uniform(100000, 3.14, 1);
  std::vector<C> c(x.size(), C(0.6, -0.8)), f(kModes);
  std::string json;
  row(json, "plan", runs, [&] { const Nufft plan(x, kModes, kTolerance); });
  const Nufft plan(x, kModes, kTolerance);
  row(json, "type1", runs, [&] { plan.type1(c.data(), f.data()); });
  row(json, "type2", runs, [&] { plan.type2(f.data(), c.data()); });
  const std::vector<double> s = uniform(100000, 20000, 2);
  row(json, "type3", runs, [&] { raywave::wave::nufft_type3(x, c, s, 1, kTolerance); });
  for (const auto& [name, half] : {std::pair{"plane_type3", 100.0}, std::pair{"plane_type3_wide", 400.0}}) {
    const raywave::wave::Pairs from{uniform(40000, 1, 4), uniform(40000, 1, 5)},
        to{uniform(40000, half, 6), uniform(40000, half, 7)};
    c.resize(40000);
    row(json, name, runs, [&] { raywave::wave::nufft_type3(from, c, to, 1, kTolerance); });
  }
  std::printf("%s}\n", json.c_str());
}
