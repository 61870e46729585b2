// SPDX-License-Identifier: Apache-2.0
// Quantities as users type and read them.
#pragma once

#include <string>
#include <string_view>

namespace raywave {

/// Parses "3.5GHz", "28 GHz", "900MHz", "2.4e9" (a bare number is hertz and at least 1e6: "3.5" is refused, "3.5Hz" is
/// not). @return hertz, > 0. @throws Error naming the text.
double parse_frequency_hz(std::string_view text);

/// 10 log10(power ratio); -inf for 0.
double power_to_db(double linear);
double db_to_power(double db);
double dbm_to_watt(double dbm);
double watt_to_dbm(double watt);

}  // namespace raywave
