// SPDX-License-Identifier: Apache-2.0
// The table of parameters, one row each: name, unit, bounds, shape, value, setter, step, and its place in a derivative.
// A new parameter is a new row (of materials: em::kMaterialNumbers), and where solvers use it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/scene/derivative.h"

namespace raywave::scene {

/// What has a parameter.
enum class Owner : uint8_t { kScene, kTransmitter, kReceiver, kMaterial, kObject };

/// A parameter of every thing of one kind. `i` is which one; values are row-major.
struct ParameterRow {
  Owner owner;
  std::string name;  // behind the thing's name
  std::string unit;  // "" for pure numbers
  double lower, upper;
  bool zero_is_refused = false;
  /// Has the thing this parameter? None: all have. Derivatives have a place for it either way.
  std::function<bool(const Scene&, size_t i)> is_there;
  std::function<std::vector<int64_t>(const Scene&, size_t i)> shape;
  std::function<std::vector<double>(const Scene&, size_t i)> value;
  std::function<void(Scene&, size_t i, const std::vector<double>&)> set;
  /// For central differences, see difference_step(). @param largest  of its numbers, by magnitude.
  std::function<double(const Scene&, size_t i, double largest)> step;
  /// Its numbers in a derivative; none for motions of an object, which are sums over its vertices:
  std::function<std::span<const double>(const SceneDerivative&, size_t i)> numbers;
  std::function<std::vector<double>(const Scene&, size_t i, const SceneDerivative&)> gather;
  std::function<void(const Scene&, size_t i, const std::vector<double>&, SceneDerivative&)> spread;

  bool has_numbers() const { return bool(numbers); }
  bool is_of(const Scene& scene, size_t i) const { return !is_there || is_there(scene, i); }
};

/// All rows, in the order in which parameters are listed.
const std::vector<ParameterRow>& parameter_table();

/// One parameter of one thing.
struct ParameterPlace {
  const ParameterRow* row = nullptr;
  size_t index = 0;
};

void for_each_place(const Scene& scene, const std::function<void(const ParameterPlace&)>& visit);
std::string name_of(const Scene& scene, const ParameterPlace& place);
std::optional<ParameterPlace> find_place(const Scene& scene, std::string_view name);

/// How many of these a derivative has.
size_t count_of(Owner owner, const SceneDerivative& derivative);
/// @throws Error naming the first thing whose shape differs from the scene's.
void require_shape(const Scene& scene, const SceneDerivative& derivative);

}  // namespace raywave::scene
