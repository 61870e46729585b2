// SPDX-License-Identifier: Apache-2.0
#include "raywave/validate/mirror_chain.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

em::Lobe von_mises_fisher(double kappa) { return {.kind = em::LobeKind::kVonMisesFisher, .kappa = kappa}; }

TEST(MirrorChain, OneMirrorsIntegralIsASumOverItsPlane) {
  const MirrorChain chain({{-2, 0.3, 3}, {0.7, -0.12, 0}, {2.5, -0.4, 2}});
  const em::Lobe lobe = von_mises_fisher(60);
  const auto& m = chain.mirrors()[0];
  const auto deviation = chain.footprint_m(60)[0];
  constexpr int kSteps = 400;  // smooth and periodic at its ends, where it is 0
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    for (int j = 0; j < kSteps; ++j) {
      const auto place = [&](int k, double s) { return 9 * s * ((2.0 * k + 1) / kSteps - 1); };
      const Vec3d p = m.at + place(i, deviation[0]) * m.across + place(j, deviation[1]) * m.up;
      const Vec3d in = p - chain.from_m(), out = chain.to_m() - p;
      sum += em::reciprocal_kernel(lobe, m.normal, normalized(in), normalized(out)) / (norm2(in) * norm2(out));
    }
  }
  sum *= 18.0 * 18.0 * deviation[0] * deviation[1] / (kSteps * kSteps) * chain.length_m() * chain.length_m();
  EXPECT_NEAR(chain.over_image(lobe, 9), sum, 1e-5);
  EXPECT_NEAR(chain.over_image(lobe, 15), sum, 1e-7);
}

/// What the ratio leaves of 1 falls as 1 / kappa, to first order.
TEST(MirrorChain, NarrowLobesAreTheMirrors) {
  const MirrorChain chain({{0, 0, 0}, {3, 0.5, 0.2}, {3.8, 5, 1.5}, {2, 5.5, 3.4}});
  const double wide = chain.over_image(von_mises_fisher(3000), 9) - 1,
               narrow = chain.over_image(von_mises_fisher(6000), 9) - 1;
  EXPECT_LT(std::abs(narrow), 1e-3);
  EXPECT_NEAR(narrow / wide, 0.5, 1e-3);
}

TEST(MirrorChain, RowsOfValidatePass) {
  const auto rows = lobe_chain_validation_rows("", 0);
  EXPECT_EQ(rows.size(), 22u);
  for (const ValidationRow& row : rows)
    EXPECT_TRUE(row.pass()) << row.name << ": " << row.got << ", not " << row.expected << " within " << row.tolerance;
  for (const ValidationRow& row : rows) {
    const bool is_sampled = row.name.find("walks") != std::string::npos;
    EXPECT_LT(row.tolerance, is_sampled ? 0.38 : 1) << row.name;  // of walks 3 standard errors of 3 %
  }
}

}  // namespace
}  // namespace raywave::validate
