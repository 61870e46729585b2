// SPDX-License-Identifier: Apache-2.0
// Compares exact derivatives with central differences of the function itself, component by component.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace raywave::ad {

struct GradientCheckRow {
  int component = 0;
  double exact = 0;
  double difference = 0;      // (f(x + h) - f(x - h)) / (2 h)
  double relative_error = 0;  // |exact - difference| / scale, see GradientCheck
  double rounding = 0;        // the part of it that rounding of the function's values explains
  bool passed(double tolerance) const { return relative_error <= tolerance + rounding; }
};

struct GradientCheck {
  double value = 0;
  double step = 0;
  std::vector<GradientCheckRow> rows;  // one a component
  /// Errors are taken relative to the larger of a component's own size and `floor` times the largest component, so that
  /// components that are zero by symmetry don't fail on rounding. Rounding explains what an error of 8 units in the
  /// last place of the function's value puts into a difference.
  double largest_error = 0;
  bool passed(double tolerance) const {
    return std::all_of(rows.begin(), rows.end(), [&](const GradientCheckRow& r) { return r.passed(tolerance); });
  }
};

/// @param f  the function, called 2 n + 1 times.
/// @param x  where, [n]. @param exact  the derivative under test, [n]. @param step  h > 0, in the units of x.
/// @throws Error for sizes that differ, a step that is not positive, or values that are not finite.
GradientCheck check_gradient(const std::function<double(const std::vector<double>&)>& f, const std::vector<double>& x,
                             const std::vector<double>& exact, double step, double floor = 1e-3);

}  // namespace raywave::ad
