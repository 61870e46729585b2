// SPDX-License-Identifier: Apache-2.0
// For tests: forward and reverse derivatives of one function, against each other and against differences.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "raywave/ad/functions.h"

namespace raywave::ad {

/// @param f  of a vector of double, Dual or Var, which it returns one of. @param x  [n] where. @param of_value  share
/// of the value that truncation of the differences may make.
template <class F>
void expect_derivatives(const F& f, const std::vector<double>& x, double of_value, const std::string& where) {
  Tape tape;
  const Recording recording(tape);
  std::vector<Var> vars;
  for (const double v : x) vars.push_back(tape.input(v));
  const Var value = f(vars);
  tape.seed(value, 1);
  tape.sweep();
  for (size_t i = 0; i < x.size(); ++i) {
    std::vector<Dual> duals(x.begin(), x.end());
    duals[i].d = 1;
    const Dual tangent = f(duals);
    EXPECT_NEAR(tangent.v, f(x), 1e-14 * (1 + tangent.v));
    EXPECT_NEAR(tape.adjoint(vars[i]), tangent.d, 1e-12 * (1 + std::abs(tangent.d)));
    const double h = 1e-5 * std::max(0.1, std::abs(x[i]));
    std::vector<double> up = x, down = x;
    up[i] += h, down[i] -= h;
    const double difference = (f(up) - f(down)) / (2 * h);
    EXPECT_NEAR(tangent.d, difference, 2e-7 * (1 + std::abs(difference)) + of_value * tangent.v)
        << where << " by " << i;
  }
}

}  // namespace raywave::ad
