// SPDX-License-Identifier: Apache-2.0
// What is solved beside paths and maps: arrival maps, scattered power; and gradients by name for solvers of their own.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

#include "raywave/em/place_numbers.h"
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
/// Of materials that vary (`fields`: those of Python, or none). Names of theirs in wrt, of None all; the others are
/// left.
std::vector<std::string> take_field_names(const nanobind::object& fields, nanobind::object& wrt);
/// Adds gradients of theirs to those of the scene. @param rows  by the numbers at touched places
void put_field_gradients(const nanobind::object& fields, const std::vector<std::string>& asked,
                         const std::vector<em::PlaceNumbers<double>>& rows, nanobind::dict& gradient);
/// Adds what the scene's own numbers do where materials vary: those that a field leaves as the scene has them, and what
/// a field makes of them and of the frequency. @param names  asked for
void add_base_gradients(const scene::Scene& s, const nanobind::object& fields, const std::vector<std::string>& names,
                        const std::vector<em::PlaceNumbers<double>>& rows, scene::SceneDerivative& gradient);
/// The same forwards: adds to how the numbers at touched places move. @param rows  take_moved_rows()
void add_moved_base(const scene::Scene& s, const nanobind::object& fields, int64_t num_rows,
                    const scene::SceneDerivative& direction, std::vector<em::PlaceNumbers<double>>& rows);
/// How the numbers at touched places move; what is no field's is left in `tangent`.
std::vector<em::PlaceNumbers<double>> take_moved_rows(const nanobind::object& fields, int64_t num_rows,
                                                      nanobind::dict& tangent);
/// The direction of {name: change}.
scene::SceneDerivative direction_from(const scene::Scene& s, const nanobind::dict& by_name,
                                      const scene::Differentiable& solver);

}  // namespace raywave::python
