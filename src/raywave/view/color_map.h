// SPDX-License-Identifier: Apache-2.0
// Colours for numbers and for classes.
#pragma once

#include <cstdint>
#include <vector>

namespace raywave::view {

struct Rgb {
  uint8_t r = 0, g = 0, b = 0;
};

/// A ramp from dark blue over green to yellow whose lightness rises evenly. @param t  clamped to [0, 1].
Rgb sequential_color(double t);
/// Distinct colours for classes 0, 1, 2, ...; they repeat after ten.
Rgb categorical_color(int i);

/// The range of a colour scale. Equal bounds: from the 2nd percentile to the 99.9th of the finite values, rounded
/// outward to whole fives; without finite values [-1, 0].
struct ColorRange {
  double min = 0, max = 0;
  double place(double value) const { return (value - min) / (max - min); }
};
ColorRange color_range(const std::vector<double>& values, double min, double max);

}  // namespace raywave::view
