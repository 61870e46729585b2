// SPDX-License-Identifier: Apache-2.0
#include "raywave/nn/layers.h"

#include <gtest/gtest.h>
#include <algorithm>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "raywave/core/error.h"
#include "raywave/core/random.h"

namespace raywave::nn {
namespace {

std::vector<double> numbers(size_t n, uint64_t seed) {
  std::vector<double> out(n);
  for (size_t i = 0; i < n; ++i) out[i] = random_uniform(seed, 1, i, 0) - 0.5;
  return out;
}

double weighted(std::span<const double> y, const std::vector<double>& w) {
  return std::inner_product(w.begin(), w.end(), y.begin(), 0.0);
}

/// Of a function of the parameters. 1e-6: differences are off by about 1e-10 here, kinks nearer than that were not hit.
template <class Value>
void expect_slopes(Parameters<double>& p, const std::vector<double>& slope, const Value& value) {
  const double h = 1e-6;
  for (size_t i = 0; i < p.value.size(); i += 3) {
    const double at = p.value[i];
    p.value[i] = at + h;
    const double up = value();
    p.value[i] = at - h;
    const double down = value();
    p.value[i] = at;
    EXPECT_NEAR(slope[i], (up - down) / (2 * h), 1e-6 * (1 + std::abs(slope[i]))) << i;
  }
}

TEST(Mlp, AdjointIsTheDerivativeByParametersAndInputs) {
  Parameters<double> p;
  const Mlp<double> net({5, 11, 7, 3}, p, 4);
  auto x = numbers(4 * 5, 1);
  const auto w = numbers(4 * 3, 2);
  MlpTape<double> tape;
  net.forward(p, x, 4, tape);
  std::vector<double> slope(p.value.size()), x_bar;
  net.backward(p, tape, w, slope, x_bar);
  const auto value = [&] {
    MlpTape<double> t;
    return weighted(net.forward(p, x, 4, t), w);
  };
  expect_slopes(p, slope, value);
  for (size_t i = 0; i < x.size(); ++i) {
    const double at = x[i];
    x[i] = at + 1e-6;
    const double up = value();
    x[i] = at - 1e-6;
    const double down = value();
    x[i] = at;
    EXPECT_NEAR(x_bar[i], (up - down) / 2e-6, 1e-6);
  }
}

TEST(DeepSets, AdjointIsTheDerivativeAndOrderPlaysNoPart) {
  Parameters<double> p;
  const DeepSets<double> net({3, 9, 6}, p, 5);
  const std::vector<size_t> begin{0, 5, 5, 7};  // the second set is empty
  auto x = numbers(7 * 3, 3);
  const auto w = numbers(3 * 12, 4);
  DeepSetsTape<double> tape;
  const auto out = net.forward(p, x, begin, tape);
  const std::vector<double> before(out.begin(), out.end());
  for (size_t i = 12; i < 24; ++i) EXPECT_EQ(before[i], 0);
  std::vector<double> slope(p.value.size()), x_bar;
  net.backward(p, tape, w, slope, x_bar);
  const auto value = [&] {
    DeepSetsTape<double> t;
    return weighted(net.forward(p, x, begin, t), w);
  };
  expect_slopes(p, slope, value);
  for (size_t i = 0; i < x.size(); ++i) {
    const double at = x[i];
    x[i] = at + 1e-6;
    const double up = value();
    x[i] = at - 1e-6;
    const double down = value();
    x[i] = at;
    EXPECT_NEAR(x_bar[i], (up - down) / 2e-6, 1e-6);
  }
  std::rotate(x.begin(), x.begin() + 6, x.begin() + 15);
  const auto turned = net.forward(p, x, begin, tape);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(turned[i], before[i], 1e-14);
}

// Tiles against sums one by one, at sizes that leave rests.
TEST(Mlp, OneLayerIsAMatrixAndAVector) {
  Parameters<double> p;
  const Mlp<double> net({7, 21}, p, 9);
  const auto x = numbers(6 * 7, 3);
  MlpTape<double> tape;
  const auto y = net.forward(p, x, 6, tape);
  for (size_t r = 0; r < 6; ++r) {
    for (size_t o = 0; o < 21; ++o) {
      double sum = p.value[7 * 21 + o];
      for (size_t i = 0; i < 7; ++i) sum += x[r * 7 + i] * p.value[i * 21 + o];
      EXPECT_NEAR(y[r * 21 + o], sum, 1e-14);
    }
  }
}

TEST(Adam, LearnsWhatASumOfTwoIs) {
  Parameters<double> p;
  const Mlp<double> net({2, 16, 1}, p, 8);
  Adam<double> adam(0.01);
  double loss = 0;
  for (int step = 0; step < 2000; ++step) {
    const auto x = numbers(2 * 16, uint64_t(100 + step));
    MlpTape<double> tape;
    const auto y = net.forward(p, x, 16, tape);
    std::vector<double> bar(16), slope(p.value.size()), x_bar;
    loss = 0;
    for (size_t r = 0; r < 16; ++r) {
      const double e = y[r] - (x[2 * r] + x[2 * r + 1]);
      loss += e * e / 16, bar[r] = 2 * e / 16;
    }
    net.backward(p, tape, bar, slope, x_bar);
    adam.step(p.value, slope);
  }
  EXPECT_LT(loss, 1e-4);  // of numbers whose variance is 1/6
}

TEST(Adam, LeavesOutSlopesThatAreNoNumbers) {
  Adam<double> adam(0.1);
  std::vector<double> x{1, 2};
  adam.step(x, std::vector<double>{NAN, 1});
  EXPECT_EQ(x, (std::vector<double>{1, 2}));
}

TEST(ModelFile, ComesBackAndSaysWhatIsWrong) {
  const auto path = (std::filesystem::temp_directory_path() / "raywave_model_test.bin").string();
  const std::vector<int64_t> shape{3, 4};
  const std::vector<float> value{1.5F, -2, 0.25F};
  save_model(path, "test", shape, value);
  const ModelFile back = load_model(path, "test");
  EXPECT_EQ(back.shape, shape);
  EXPECT_EQ(back.value, value);
  EXPECT_THROW(load_model(path, "other"), Error);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_THROW(load_model(path, "test"), Error);
  std::filesystem::remove(path);
  EXPECT_THROW(load_model(path, "test"), Error);
}

}  // namespace
}  // namespace raywave::nn
