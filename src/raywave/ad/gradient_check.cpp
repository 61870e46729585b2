// SPDX-License-Identifier: Apache-2.0
#include "raywave/ad/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/error.h"

namespace raywave::ad {

GradientCheck check_gradient(const std::function<double(const std::vector<double>&)>& f, const std::vector<double>& x,
                             const std::vector<double>& exact, double step, double floor) {
  require_positive("step", step);
  if (x.size() != exact.size())
    throw Error(message("the point has ", x.size(), " components, its derivative ", exact.size()));
  GradientCheck check;
  check.step = step;
  check.value = f(x);
  require_finite("the function's value", check.value);
  double largest = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    std::vector<double> up = x, down = x;
    up[i] += step;
    down[i] -= step;
    const double difference = (f(up) - f(down)) / (up[i] - down[i]);
    require_finite(message("component ", i, ": the difference"), difference);
    require_finite(message("component ", i, ": the derivative"), exact[i]);
    check.rows.push_back({int(i), exact[i], difference, 0});
    largest = std::max({largest, std::abs(difference), std::abs(exact[i])});
  }
  const double rounding = 8 * std::numeric_limits<double>::epsilon() * std::abs(check.value) / step;
  for (GradientCheckRow& row : check.rows) {
    const double scale = std::max({std::abs(row.exact), std::abs(row.difference), floor * largest});
    row.relative_error = scale > 0 ? std::abs(row.exact - row.difference) / scale : 0;
    row.rounding = scale > 0 ? rounding / scale : 0;
    check.largest_error = std::max(check.largest_error, row.relative_error);
  }
  return check;
}

}  // namespace raywave::ad
