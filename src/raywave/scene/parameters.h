// SPDX-License-Identifier: Apache-2.0
// The differentiable quantities of a scene by name, e.g. `device/tx0/position_m`, and the two linear maps between
// values by name and SceneDerivative: gradients come back by name, tangents go in by name.
//   frequency_hz
//   device/<name>/position_m, orientation_rad, velocity_m_per_s, array/element_positions_m;
//     of transmitters also power_dbm, precoding
//   material/<name>/relative_permittivity, conductivity_s_per_m, thickness_m, scattering_coefficient, xpd_coefficient
//   object/<name>/translation_m, rotation_rad, scale, vertices_m, velocity_m_per_s
// An object's translation, rotation (yaw, pitch, roll about the centre of its bounding box: R = Rz Ry Rx) and scale
// (about the same centre) move its present mesh: their values are always 0, 0 and 1.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/scene/derivative.h"
#include "raywave/scene/scene.h"

namespace raywave::scene {

struct ParameterRow;

/// What a solver differentiates: each solver that has derivatives declares one.
struct Differentiable {
  const char* solver;  // its name
  bool (*has)(const ParameterRow& row);
};

struct Parameter {
  std::string name;
  std::vector<int64_t> shape;   // empty for one number
  std::string unit;             // "" for pure numbers
  std::vector<double> value;    // row-major
  double lower = 0, upper = 0;  // bounds of each number; 0 itself is refused by frequency, thickness and scale
};

/// All of them, in the order of the list above. precoding shows the uniform weights that stand for none.
std::vector<Parameter> parameters(const Scene& scene);
/// @throws Error naming the nearest known name.
Parameter parameter(const Scene& scene, std::string_view name);

/// Gives a parameter a value, row-major. An ITU material whose permittivity or conductivity is set keeps the other at
/// the scene's frequency, as constants; element positions become metres; a frequency leaves ITU materials dispersive.
/// @throws Error naming the parameter, for an unknown name (with the nearest), another number of values, values that
/// are not finite or out of bounds.
void set_parameter(Scene& scene, std::string_view name, const std::vector<double>& value);

/// A step for central differences with respect to each of its numbers: lengths a ten-thousandth of the wavelength, the
/// others small beside what they are or do. The difference is then off by about 1e-7 of a field's own slope.
double difference_step(const Scene& scene, const Parameter& parameter);

/// Values by name, row-major.
using ParameterTree = std::map<std::string, std::vector<double>>;

/// A gradient by name: all parameters of the scene.
ParameterTree gradient_tree(const Scene& scene, const SceneDerivative& gradient);
/// The motion of the scene when its parameters move by `by_name`, those not named held: the transpose of gradient_tree.
/// @throws Error as set_parameter does; bounds do not matter here.
SceneDerivative tangent(const Scene& scene, const ParameterTree& by_name);

/// Has the solver a derivative with respect to it?
bool is_differentiable(const Scene& scene, std::string_view name, const Differentiable& of);
/// The names of those that have.
std::vector<std::string> solvers_of(const Scene& scene, std::string_view name,
                                    std::span<const Differentiable* const> among);
/// @throws Error naming the parameter and, of these, the solvers that have it, unless this one has.
void require_differentiable(const Scene& scene, std::string_view name, const Differentiable& of,
                            std::span<const Differentiable* const> among);

}  // namespace raywave::scene
