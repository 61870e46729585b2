// SPDX-License-Identifier: Apache-2.0
#include "raywave/ad/gradient_check.h"

#include <gtest/gtest.h>

#include "raywave/core/error.h"

namespace raywave::ad {
namespace {

double cubic(const std::vector<double>& x) { return x[0] * x[0] * x[0] + 2 * x[0] * x[1]; }

TEST(GradientCheck, PassesTheRightGradientAndCatchesAPlantedError) {
  const std::vector<double> x{2, -1}, right{3 * 4 - 2, 4}, wrong{3 * 4 - 2 + 0.01, 4};
  // the third derivative is 6: the difference is off by h^2 = 1e-8
  const GradientCheck good = check_gradient(cubic, x, right, 1e-4);
  EXPECT_TRUE(good.passed(1e-8)) << good.largest_error;
  EXPECT_EQ(good.value, 4);
  EXPECT_FALSE(check_gradient(cubic, x, wrong, 1e-4).passed(1e-4));
}

TEST(GradientCheck, ZeroWhereTheFunctionMovesFails) {
  const GradientCheck check = check_gradient(cubic, {2, -1}, {10, 0}, 1e-4);
  EXPECT_NEAR(check.rows[1].relative_error, 1, 1e-9);
}

TEST(GradientCheck, RoundingOfALargeValueIsNoErrorButAWrongSlopeIs) {
  // 2^30 plus a slope of 1e-4: sums are rounded to 2^-22, which a step of 1e-3 turns into 2e-4
  const auto f = [](const std::vector<double>& x) { return 0x1.0p30 + 1e-4 * x[0] + 1000 * x[1]; };
  const GradientCheck right = check_gradient(f, {1, 1}, {1e-4, 1000}, 1e-3, 0);
  EXPECT_NE(right.rows[0].difference, 1e-4);
  EXPECT_TRUE(right.passed(1e-6)) << right.largest_error;
  EXPECT_FALSE(check_gradient(f, {1, 1}, {1e-4, 1001}, 1e-3, 0).passed(9e-4));
}

TEST(GradientCheck, RefusesWhatItCannotCompare) {
  EXPECT_THROW(check_gradient(cubic, {1, 2}, {1}, 1e-3), Error);
  EXPECT_THROW(check_gradient(cubic, {1, 2}, {1, 2}, 0), Error);
  EXPECT_THROW(check_gradient(cubic, {1, 2}, {1, 0.0 / 0.0}, 1e-3), Error);
}

}  // namespace
}  // namespace raywave::ad
