// SPDX-License-Identifier: Apache-2.0
// The parameters of a wave scene, one row each: name, unit, bounds, shape, value, setter. Their names are those of
// Simulation::jvp and vjp. As scene/parameter_table.h for scenes of rays; a new one is a new row here and a column of
// the launch (sources.h) or a place in MediaTangent (march.h).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/wave/scene.h"

namespace raywave::wave {

/// A differentiable quantity of a scene.
struct Parameter {
  enum class Owner : uint8_t { kScene, kCells, kSource, kMaterial, kObject };
  std::string name, unit;  // unit "": a pure number
  double lower = -std::numeric_limits<double>::infinity(), upper = std::numeric_limits<double>::infinity();
  bool is_complex = false;    // its numbers are pairs (re, im)
  std::vector<size_t> shape;  // empty: one number
  Owner owner = Owner::kScene;
  size_t index = 0;  // of the source, of the object, or of the first object of the material
  size_t row = 0;    // among its owner's rows

  /// Of real numbers: pairs count twice.
  size_t size() const;
};

/// All of them. A material is named once, a conductor not at all.
std::vector<Parameter> parameters(const Scene& scene);
/// @throws Error naming the nearest known name.
Parameter parameter_at(const Scene& scene, std::string_view name);

/// Row-major, size() numbers; a translation is zero and a scale one, for they are of what is there.
std::vector<double> value_of(const Scene& scene, const Parameter& parameter);
/// A translation moves the vertices that are there, a scale is about their mean. Constants take the place of an ITU
/// row; the wavelength sets the frequency. @throws Error for a wrong count, or a value that is not finite or out of
/// bounds.
void set_value(Scene& scene, const Parameter& parameter, std::span<const double> value);

}  // namespace raywave::wave
