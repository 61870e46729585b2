// SPDX-License-Identifier: Apache-2.0
#include "raywave/view/color_map.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "raywave/core/error.h"

namespace raywave::view {
namespace {

/// sRGB from Oklab (Ottosson 2020), where even steps look even.
Rgb from_oklab(double lightness, double a, double b) {
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3),
               m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3),
               s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  const auto channel = [](double linear) {
    linear = std::clamp(linear, 0.0, 1.0);
    const double v = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
    return uint8_t(std::lround(255 * v));
  };
  return {channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

}  // namespace

Rgb sequential_color(double t) {
  t = std::isnan(t) ? 0 : std::clamp(t, 0.0, 1.0);
  // lightness rises evenly; the hue turns from violet-blue (300 degrees) over teal to yellow (100 degrees)
  const double hue = (305 - 205 * t) * 3.14159265358979 / 180, chroma = 0.10 + 0.07 * t * t;
  return from_oklab(0.28 + 0.64 * t, chroma * std::cos(hue), chroma * std::sin(hue));
}

Rgb categorical_color(int i) {
  static constexpr Rgb kColors[] = {{31, 104, 180}, {232, 119, 34},  {44, 150, 80},   {200, 50, 60},  {130, 90, 175},
                                    {120, 85, 70},  {215, 110, 185}, {110, 110, 115}, {175, 170, 40}, {30, 170, 190}};
  return kColors[size_t(i < 0 ? 0 : i) % std::size(kColors)];
}

ColorRange color_range(const std::vector<double>& values, double min, double max) {
  if (min < max) return {min, max};
  if (!(min == max)) throw Error(message("the colour scale needs min_db < max_db, got ", min, " and ", max));
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite), [](double v) { return std::isfinite(v); });
  if (finite.empty()) return {-1, 0};
  std::sort(finite.begin(), finite.end());
  const auto at = [&](double share) { return finite[size_t(share * double(finite.size() - 1))]; };
  ColorRange range{5 * std::floor(at(0.02) / 5), 5 * std::ceil(at(0.999) / 5)};
  if (range.max <= range.min) range.max = range.min + 5;
  return range;
}

}  // namespace raywave::view
