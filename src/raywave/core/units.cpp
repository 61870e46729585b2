// SPDX-License-Identifier: Apache-2.0
#include "raywave/core/units.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "raywave/core/error.h"

namespace raywave {

double parse_frequency_hz(std::string_view text) {
  const std::string original(text);
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit;
  for (const char* p = rest; p != text.data() + text.size(); ++p) {
    if (!std::isspace(static_cast<unsigned char>(*p))) unit += char(std::tolower(static_cast<unsigned char>(*p)));
  }
  double scale = 0;
  if (unit.empty() || unit == "hz") scale = 1;
  if (unit == "khz") scale = 1e3;
  if (unit == "mhz") scale = 1e6;
  if (unit == "ghz") scale = 1e9;
  if (unit == "thz") scale = 1e12;
  if (error != std::errc() || scale == 0) {
    throw Error(
        message("frequency must be a number with an optional unit (Hz, kHz, MHz, GHz, THz), got '", original, "'"));
  }
  require_positive("frequency_hz", value * scale);
  // Nobody means 3.5 Hz by 3.5: what is given below the lowest frequency that any material knows needs its unit.
  constexpr double kLeastBareHz = 1e6;
  if (unit.empty() && value < kLeastBareHz) {
    throw Error(message("frequency '", original, "' has no unit: write ", original, "GHz, ", original, "MHz or, for ",
                        value, " hertz, ", original, "Hz"));
  }
  return value * scale;
}

double power_to_db(double linear) {
  return linear > 0 ? 10 * std::log10(linear) : -std::numeric_limits<double>::infinity();
}
double db_to_power(double db) { return std::pow(10.0, db / 10); }
double dbm_to_watt(double dbm) { return 1e-3 * db_to_power(dbm); }
double watt_to_dbm(double watt) { return power_to_db(watt * 1e3); }

}  // namespace raywave
