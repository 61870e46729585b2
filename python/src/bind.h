// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

namespace raywave::python {

struct PyScene;

void bind_scene(nanobind::module_& m);
void bind_parameters(nanobind::module_& m, nanobind::class_<PyScene>& scene_class);
void bind_paths(nanobind::module_& m);
void bind_maps(nanobind::module_& m);
void bind_wave(nanobind::module_& m);

}  // namespace raywave::python
