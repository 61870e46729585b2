// SPDX-License-Identifier: Apache-2.0
// For tests: what is sampled is judged by its own spread. Independent runs (seeds) give a mean and its standard error;
// their quotient's law is Student's, so that few runs are not trusted too much.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "raywave/core/constants.h"

namespace raywave {

/// P(|t| > x) of Student's distribution with `freedom` degrees, by Simpson's rule over the angle atan(t / sqrt(n)), in
/// which its density is that of cos^(n-1).
inline double student_two_sided(double x, int freedom) {
  const double edge = std::atan(std::abs(x) / std::sqrt(double(freedom)));
  const auto integral = [&](double begin, double end) {
    constexpr int kSteps = 2000;
    const double h = (end - begin) / kSteps;
    double sum = 0;
    for (int i = 0; i <= kSteps; ++i)
      sum += (i == 0 || i == kSteps ? 1 : i % 2 ? 4 : 2) * std::pow(std::cos(begin + i * h), freedom - 1);
    return sum * h / 3;
  };
  return integral(edge, 0.5 * kPi) / integral(0, 0.5 * kPi);
}

/// How many standard errors the mean of `runs` runs may be off, that a right program fails one of `comparisons` such
/// tests with the probability of `false_alarm` (Bonferroni). Seeds are fixed, so that it fails always or never.
inline double z_limit(int runs, int comparisons = 1, double false_alarm = 0.01) {
  double low = 0, high = 1e3;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (student_two_sided(middle, runs - 1) > false_alarm / comparisons ? low : high) = middle;
  }
  return high;
}

struct Spread {
  double mean = 0, standard_error = 0;
};
inline Spread spread_of(const std::vector<double>& runs) {
  const auto n = double(runs.size());
  Spread s;
  for (const double x : runs) s.mean += x / n;
  double squares = 0;
  for (const double x : runs) squares += (x - s.mean) * (x - s.mean);
  s.standard_error = std::sqrt(squares / (n - 1) / n);
  return s;
}

/// The z-test of independent runs. @param relative_error  what the standard error must be below, relative to
/// `expected`: a test whose spread is larger than that sees nothing.
inline void expect_mean(const std::vector<double>& runs, double expected, double relative_error,
                        const std::string& what = "", int comparisons = 1) {
  const Spread s = spread_of(runs);
  EXPECT_LE(std::abs(s.mean - expected), z_limit(int(runs.size()), comparisons) * s.standard_error)
      << what << ": mean " << s.mean << ", standard error " << s.standard_error << ", expected " << expected;
  EXPECT_LE(s.standard_error, relative_error * std::abs(expected)) << what;
}

}  // namespace raywave
