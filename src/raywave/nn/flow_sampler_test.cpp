// SPDX-License-Identifier: Apache-2.0
#include "raywave/nn/flow_sampler.h"

#include <gtest/gtest.h>

#include <cmath>

namespace raywave::nn {
namespace {

// Over two levels: what each leaf gets is the whole part of count times its share, or one more, and in the mean over
// seeds its share (a z-test, 4 standard deviations of a number that is one of two neighbours).
TEST(Comb, GivesEachSequenceItsShare) {
  const std::vector<double> first{0.5, 0, 3, 1.5};
  const std::vector<std::vector<double>> then{{1}, {1, 1}, {2, 1, 0}, {0.25, 0.75}};
  constexpr int kCount = 7, kSeeds = 4000;
  std::vector<std::vector<double>> sum{{0}, {0, 0}, {0, 0, 0}, {0, 0}};
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto parts = Comb(kCount, seed, 1).split(first);
    size_t all = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      const auto leaves = parts[i].split(then[i]);
      double flow = 0;
      for (const double f : then[i]) flow += f;
      for (size_t k = 0; k < leaves.size(); ++k) {
        const double share = kCount * first[i] / 5 * then[i][k] / flow;
        const auto n = double(leaves[k].count());
        EXPECT_GE(n, std::floor(share - 1e-9));
        EXPECT_LE(n, std::ceil(share + 1e-9));
        sum[i][k] += n / kSeeds, all += leaves[k].count();
      }
    }
    EXPECT_EQ(all, size_t(kCount));
  }
  for (size_t i = 0; i < sum.size(); ++i) {
    double flow = 0;
    for (const double f : then[i]) flow += f;
    for (size_t k = 0; k < sum[i].size(); ++k) {
      const double share = kCount * first[i] / 5 * then[i][k] / flow;
      EXPECT_NEAR(sum[i][k], share, 4 * 0.5 / std::sqrt(double(kSeeds)) + 1e-12);
    }
  }
}

TEST(Comb, HasNothingToGiveWhereThereIsNoChoice) {
  EXPECT_TRUE(Comb(3, 1, 1).split({}).empty());
  const std::vector<double> none{0, 0};
  size_t all = 0;
  for (const Comb& c : Comb(3, 1, 1).split(none)) all += c.count();
  EXPECT_EQ(all, 3U);  // flows that rounded to nothing still are choices
}

}  // namespace
}  // namespace raywave::nn
