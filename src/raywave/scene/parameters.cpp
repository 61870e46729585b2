// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/parameters.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/error.h"
#include "raywave/scene/parameter_table.h"

namespace raywave::scene {
namespace {

ParameterPlace require_place(const Scene& scene, std::string_view name) {
  if (const auto place = find_place(scene, name)) return *place;
  std::vector<std::string> names;
  for_each_place(scene, [&](const ParameterPlace& place) { names.push_back(name_of(scene, place)); });
  for (const em::Material& m : scene.materials) {
    if (m.lobe.empty() && name.starts_with(message("material/", m.name, "/lobe/")))
      throw Error(message("material '", m.name, "' names no lobe, whose numbers would be parameters: give it one, as ",
                          "'von_mises_fisher(kappa=50)'"));
  }
  throw Error(message("the scene has no parameter '", name, "'", did_you_mean(name, names)));
}

size_t count_of(const Scene& scene, const ParameterPlace& place) {
  size_t count = 1;
  for (const int64_t n : place.row->shape(scene, place.index)) count *= size_t(n);
  return count;
}

Parameter parameter_at(const Scene& scene, const ParameterPlace& place) {
  const ParameterRow& row = *place.row;
  return {name_of(scene, place),
          row.shape(scene, place.index),
          row.unit,
          row.value(scene, place.index),
          row.lower,
          row.upper};
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

void require_values(const Scene& scene, const ParameterPlace& place, std::string_view name,
                    const std::vector<double>& values) {
  const size_t wanted = count_of(scene, place);
  if (values.size() != wanted)
    throw Error(message(name, " has the shape ", shape_text(place.row->shape(scene, place.index)), ", ", wanted,
                        wanted == 1 ? " number" : " numbers", ", got ", values.size()));
  for (size_t i = 0; i < values.size(); ++i)
    require_finite(wanted == 1 ? std::string(name) : message(name, "[", i, "]"), values[i]);
}

}  // namespace

std::vector<Parameter> parameters(const Scene& scene) {
  std::vector<Parameter> out;
  for_each_place(scene, [&](const ParameterPlace& place) { out.push_back(parameter_at(scene, place)); });
  return out;
}

Parameter parameter(const Scene& scene, std::string_view name) {
  return parameter_at(scene, require_place(scene, name));
}

double difference_step(const Scene& scene, const Parameter& parameter) {
  double largest = 0;
  for (const double x : parameter.value) largest = std::max(largest, std::abs(x));
  const ParameterPlace place = require_place(scene, parameter.name);
  return place.row->step(scene, place.index, largest);
}

void set_parameter(Scene& scene, std::string_view name, const std::vector<double>& value) {
  const ParameterPlace place = require_place(scene, name);
  require_values(scene, place, name, value);
  const ParameterRow& row = *place.row;
  for (const double v : value) require_within(name, v, row.lower, row.upper, row.zero_is_refused);
  row.set(scene, place.index, value);
}

ParameterTree gradient_tree(const Scene& scene, const SceneDerivative& gradient) {
  require_shape(scene, gradient);
  ParameterTree tree;
  for_each_place(scene, [&](const ParameterPlace& place) {
    tree[name_of(scene, place)] = place.row->gather(scene, place.index, gradient);
  });
  return tree;
}

SceneDerivative tangent(const Scene& scene, const ParameterTree& by_name) {
  SceneDerivative out(scene);
  for (const auto& [name, values] : by_name) {
    const ParameterPlace place = require_place(scene, name);
    require_values(scene, place, name, values);
    place.row->spread(scene, place.index, values, out);
  }
  return out;
}

bool is_differentiable(const Scene& scene, std::string_view name, const Differentiable& of) {
  return of.has(*require_place(scene, name).row);
}

std::vector<std::string> solvers_of(const Scene& scene, std::string_view name,
                                    std::span<const Differentiable* const> among) {
  std::vector<std::string> names;
  for (const Differentiable* d : among) {
    if (is_differentiable(scene, name, *d)) names.emplace_back(d->solver);
  }
  return names;
}

void require_differentiable(const Scene& scene, std::string_view name, const Differentiable& of,
                            std::span<const Differentiable* const> among) {
  if (is_differentiable(scene, name, of)) return;
  std::string who;
  for (const std::string& s : solvers_of(scene, name, among)) who += (who.empty() ? "; those that can: " : ", ") + s;
  throw Error(
      message("'", of.solver, "' has no derivative with respect to ", name, who.empty() ? "; no solver has" : who));
}

}  // namespace raywave::scene
