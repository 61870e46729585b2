// SPDX-License-Identifier: Apache-2.0
// Numbers of a known shape from numbers, arrays or nested sequences of Python.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string>
#include <vector>

#include "raywave/core/complex.h"

namespace raywave::python {

/// "[2, 3]"
std::string shape_text(const std::vector<int64_t>& shape);
/// Row-major. @throws Error naming `name` for another shape or kind of numbers.
std::vector<double> reals_from(const nanobind::object& given, const std::string& name,
                               const std::vector<int64_t>& shape);
std::vector<Complexd> complexes_from(const nanobind::object& given, const std::string& name,
                                     const std::vector<int64_t>& shape);

}  // namespace raywave::python
