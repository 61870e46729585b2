// SPDX-License-Identifier: Apache-2.0
#include "raywave/core/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace raywave {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

}  // namespace

void require_finite(std::string_view name, double value) {
  if (!std::isfinite(value)) throw Error(message(name, " must be a finite number, got ", value));
}
void require_positive(std::string_view name, double value) {
  if (!(std::isfinite(value) && value > 0)) throw Error(message(name, " must be > 0, got ", value));
}
void require_non_negative(std::string_view name, double value) {
  if (!(std::isfinite(value) && value >= 0)) throw Error(message(name, " must be >= 0, got ", value));
}
void require_in_range(std::string_view name, double value, double lo, double hi) {
  if (!(value >= lo && value <= hi)) throw Error(message(name, " must be in [", lo, ", ", hi, "], got ", value));
}

void require_within(std::string_view name, double value, double lower, double upper, bool zero_is_refused) {
  require_finite(name, value);
  if (zero_is_refused) require_positive(name, value);
  if (value >= lower && value <= upper) return;
  if (std::isinf(upper)) throw Error(message(name, " must be >= ", lower, ", got ", value));
  require_in_range(name, value, lower, upper);
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 2) + 1;
  for (const auto& c : candidates) {
    const size_t d = edit_distance(word, c);
    if (d < best_distance) best_distance = d, best = c;
  }
  return best;
}
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string best = nearest_name(word, candidates);
  return best.empty() ? "" : message(", did you mean '", best, "'?");
}

}  // namespace raywave
