// SPDX-License-Identifier: Apache-2.0
// What people see: warnings and progress on standard error, tables on standard output, and the interrupt key.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/core/error.h"

namespace raywave::cli {

/// After this, the first interrupt makes the running solver stop at its next task; a second one ends the program.
void catch_interrupts();
bool interrupted();

/// "raywave: warning: ..." on standard error.
LogSink warning_log();

/// A bar with the time left on standard error when that is a terminal; always stops the solver on an interrupt.
std::function<bool(int64_t done, int64_t total)> progress_bar(std::string label);

/// Left-aligned first column, the others right-aligned; the first row is the header.
std::string layout_table(const std::vector<std::vector<std::string>>& rows);
/// "12.3", with `digits` significant digits.
std::string number(double value, int digits = 4);
/// "-83.2" or "-inf": one decimal.
std::string decibel(double linear);

}  // namespace raywave::cli
