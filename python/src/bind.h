// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

namespace raywave::python {

struct PyScene;
struct PyPaths;
struct PyRadioMap;

void bind_scene(nanobind::module_& m);
void bind_parameters(nanobind::module_& m, nanobind::class_<PyScene>& scene_class);
void bind_paths(nanobind::module_& m);
void bind_path_derivatives(nanobind::class_<PyPaths>& paths_class);
void bind_map_derivatives(nanobind::class_<PyRadioMap>& map_class);
void bind_maps(nanobind::module_& m);
void bind_wave(nanobind::module_& m);
void bind_plane(nanobind::module_& m);
void bind_plane_sampler(nanobind::module_& m);
void bind_signal(nanobind::module_& m, nanobind::class_<PyPaths>& paths_class);

}  // namespace raywave::python
