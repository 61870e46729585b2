// SPDX-License-Identifier: Apache-2.0
// What is solved beside paths and maps: arrival maps, scattered power; and gradients by name for solvers of their own.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

#include "raywave/scene/derivative.h"
#include "raywave/scene/parameters.h"
#include "raywave/scene/scene.h"

namespace raywave::python {

void bind_arrivals(nanobind::module_& m);
void bind_scattering(nanobind::module_& m);

/// The names in `wrt` (None: all; a name, names), each one that the solver differentiates.
std::vector<std::string> differentiable_names(const scene::Scene& s, const nanobind::object& wrt,
                                              const scene::Differentiable& solver);
/// {name: gradient}
nanobind::dict gradient_by_name(const scene::Scene& s, const scene::SceneDerivative& gradient,
                                const std::vector<std::string>& names);
/// The direction of {name: change}.
scene::SceneDerivative direction_from(const scene::Scene& s, const nanobind::dict& by_name,
                                      const scene::Differentiable& solver);

}  // namespace raywave::python
