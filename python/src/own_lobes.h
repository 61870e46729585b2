// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

namespace raywave::python {

void bind_own_lobes(nanobind::module_& m);

}  // namespace raywave::python
