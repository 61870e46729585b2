// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/parameter_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/wave/sources.h"

namespace raywave::wave {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
using Owner = Parameter::Owner;

bool is_shaped(const Source& s) { return s.kind == SourceKind::kGaussian || s.kind == SourceKind::kArray; }
bool is_tilted(const Source& s) { return is_shaped(s) || s.kind == SourceKind::kPlane; }

/// A number of a source. `has`: whether the launch depends on it.
struct SourceRow {
  const char *name, *unit;
  double lower, upper;
  double Source::*member;
  bool (*has)(const Scene&, const Source&);
};
constexpr std::array kSourceRows = {
    SourceRow{"position_m", "m", -kInf, kInf, &Source::position_m, [](const Scene&, const Source&) { return true; }},
    SourceRow{"amplitude", "", -kInf, kInf, &Source::amplitude, [](const Scene&, const Source&) { return true; }},
    SourceRow{"phase_rad", "rad", -kInf, kInf, &Source::phase_rad, [](const Scene&, const Source&) { return true; }},
    SourceRow{"tilt_rad", "rad", -kPi / 2, kPi / 2, &Source::tilt_rad,
              [](const Scene&, const Source& s) { return is_tilted(s); }},
    SourceRow{"position_x_m", "m", -kInf, kInf, &Source::position_x_m,
              [](const Scene& scene, const Source&) { return scene.grid.volume(); }},
    SourceRow{"tilt_x_rad", "rad", -kPi / 2, kPi / 2, &Source::tilt_x_rad,
              [](const Scene& scene, const Source& s) { return scene.grid.volume() && is_tilted(s); }},
    SourceRow{"waist_m", "m", 0, kInf, &Source::waist_m, [](const Scene&, const Source& s) { return is_shaped(s); }},
    // a waist that lies at the launch has no derivative by its distance
    SourceRow{"focus_m", "m", -kInf, kInf, &Source::focus_m,
              [](const Scene&, const Source& s) { return s.focus_m != 0; }}};
constexpr size_t kWeights = kSourceRows.size(), kSamples = kWeights + 1;

enum ObjectRow : size_t { kTranslation, kScale, kVertices };

constexpr std::array kMaterialRows = {em::MaterialNumber::kPermittivity, em::MaterialNumber::kConductivity};

/// Every coordinate of an object's vertices, (y, z) or (x, y, z) each: visit(axis, coordinate).
template <class AnyObject, class Visit>
void for_each_coordinate(AnyObject& o, Visit&& visit) {
  for (auto& outline : o.outlines)
    for (auto& p : outline) visit(size_t(0), p.y_m), visit(size_t(1), p.z_m);
  for (auto& solid : o.solids)
    for (auto& v : solid.vertices_m) visit(size_t(0), v.x), visit(size_t(1), v.y), visit(size_t(2), v.z);
}

size_t axes_of(const Object& o) { return o.solids.empty() ? 2 : 3; }

std::vector<double> coordinates(const Object& o) {
  std::vector<double> out;
  for_each_coordinate(o, [&](size_t, double v) { out.push_back(v); });
  return out;
}

std::vector<double> pairs(const std::vector<Complexc>& values) {
  std::vector<double> out;
  for (const Complexc v : values) out.push_back(v.real()), out.push_back(v.imag());
  return out;
}

void set_pairs(std::vector<Complexc>& values, std::span<const double> from) {
  for (size_t i = 0; i < values.size(); ++i) values[i] = {from[2 * i], from[2 * i + 1]};
}

void add_source(const Scene& scene, size_t index, std::vector<Parameter>& out) {
  const Source& s = scene.sources[index];
  const auto add = [&](const char* name, const char* unit, double lower, double upper, size_t row) -> Parameter& {
    return out.emplace_back(
        Parameter{"source/" + s.name + "/" + name, unit, lower, upper, false, {}, Owner::kSource, index, row});
  };
  for (size_t r = 0; r < kSourceRows.size(); ++r)
    if (const SourceRow& row = kSourceRows[r]; row.has(scene, s)) add(row.name, row.unit, row.lower, row.upper, r);
  const auto add_complex = [&](const char* name, size_t count, size_t row) {
    Parameter& p = add(name, "", -kInf, kInf, row);
    p.is_complex = true, p.shape = {count};
  };
  if (s.kind == SourceKind::kArray) add_complex("weights", s.weights.size(), kWeights);
  if (s.kind == SourceKind::kSampled) add_complex("samples", s.samples.size(), kSamples);
}

void add_material(const Scene& scene, size_t index, std::vector<Parameter>& out) {
  const em::Material& m = scene.objects[index].material;
  if (m.perfect_conductor) return;
  for (size_t i = 0; i < index; ++i)
    if (scene.objects[i].material.name == m.name && !scene.objects[i].material.perfect_conductor) return;
  for (size_t r = 0; r < kMaterialRows.size(); ++r) {
    const em::MaterialNumberInfo& row = em::kMaterialNumbers[size_t(kMaterialRows[r])];
    out.push_back(
        {"material/" + m.name + "/" + row.name, row.unit, row.lower, row.upper, false, {}, Owner::kMaterial, index, r});
  }
}

void add_object(const Scene& scene, size_t index, std::vector<Parameter>& out) {
  const Object& o = scene.objects[index];
  const std::string name = "object/" + o.name + "/";
  const size_t axes = axes_of(o);
  out.push_back({name + "translation_m", "m", -kInf, kInf, false, {axes}, Owner::kObject, index, kTranslation});
  out.push_back({name + "scale", "", 0, kInf, false, {}, Owner::kObject, index, kScale});
  out.push_back({name + "vertices_m",
                 "m",
                 -kInf,
                 kInf,
                 false,
                 {coordinates(o).size() / axes, axes},
                 Owner::kObject,
                 index,
                 kVertices});
}

void set_object(Object& o, size_t row, std::span<const double> value) {
  size_t at = 0;
  if (row == kVertices) return for_each_coordinate(o, [&](size_t, double& v) { v = value[at++]; });
  if (row == kTranslation) return for_each_coordinate(o, [&](size_t axis, double& v) { v += value[axis]; });
  std::array<double, 3> mean{};
  const double share = double(axes_of(o)) / double(coordinates(o).size());
  for_each_coordinate(o, [&](size_t axis, double v) { mean[axis] += share * v; });
  for_each_coordinate(o, [&](size_t axis, double& v) { v = mean[axis] + value[0] * (v - mean[axis]); });
}

}  // namespace

size_t Parameter::size() const {
  return std::accumulate(shape.begin(), shape.end(), size_t(is_complex ? 2 : 1), std::multiplies<>());
}

std::vector<Parameter> parameters(const Scene& scene) {
  std::vector<Parameter> out{{"wavelength_m", "m", 0}};
  for (size_t i = 0; i < scene.sources.size(); ++i) add_source(scene, i, out);
  for (size_t i = 0; i < scene.objects.size(); ++i) add_material(scene, i, out);
  for (size_t i = 0; i < scene.objects.size(); ++i) add_object(scene, i, out);
  for (const CellMedium& c : scene.cells) {
    Parameter& p = out.emplace_back(Parameter{"cells/index_minus_one", "", -kInf, kInf, true, {}, Owner::kCells});
    p.shape = {size_t(c.num_z), size_t(scene.grid.num_y)};
    if (scene.grid.volume()) p.shape.insert(p.shape.begin() + 1, size_t(scene.grid.num_x));
  }
  return out;
}

Parameter parameter_at(const Scene& scene, std::string_view name) {
  std::vector<std::string> names;
  for (Parameter& p : parameters(scene)) {
    if (p.name == name) return std::move(p);
    names.push_back(p.name);
  }
  throw Error(message("unknown parameter '", name, "'", did_you_mean(name, names)));
}

std::vector<double> value_of(const Scene& scene, const Parameter& p) {
  switch (p.owner) {
    case Owner::kScene:
      return {scene.wavelength_m()};
    case Owner::kCells:
      return pairs(scene.cells.at(0).index_minus_one);
    case Owner::kSource: {
      const Source& s = scene.sources.at(p.index);
      return p.row == kWeights   ? pairs(s.weights)
             : p.row == kSamples ? pairs(s.samples)
                                 : std::vector{s.*kSourceRows.at(p.row).member};
    }
    case Owner::kMaterial: {
      const double f = scene.frequency_hz;
      return {em::numbers_of(scene.objects.at(p.index).material, f, f)[kMaterialRows.at(p.row)]};
    }
    case Owner::kObject: {
      const Object& o = scene.objects.at(p.index);
      return p.row == kVertices      ? coordinates(o)
             : p.row == kTranslation ? std::vector(axes_of(o), 0.0)
                                     : std::vector{1.0};
    }
  }
  return {};
}

void set_value(Scene& scene, const Parameter& p, std::span<const double> value) {
  if (value.size() != p.size())
    throw Error(message("parameter '", p.name, "' has ", p.size(), " values, got ", value.size()));
  for (const double v : value) {
    require_finite(p.name, v);
    if (v < p.lower || v > p.upper)
      throw Error(message("parameter '", p.name, "' must be in [", p.lower, ", ", p.upper, "], got ", v));
  }
  switch (p.owner) {
    case Owner::kScene:
      require_positive(p.name, value[0]);
      scene.frequency_hz = kSpeedOfLight / value[0];
      return;
    case Owner::kCells:
      return set_pairs(scene.cells.at(0).index_minus_one, value);
    case Owner::kSource: {
      Source& s = scene.sources.at(p.index);
      if (p.row == kWeights) return set_pairs(s.weights, value);
      if (p.row == kSamples) return set_pairs(s.samples, value);
      s.*kSourceRows.at(p.row).member = value[0];
      return;
    }
    case Owner::kMaterial: {
      const std::string name = scene.objects.at(p.index).material.name;
      for (Object& o : scene.objects)
        if (o.material.name == name && !o.material.perfect_conductor)
          em::set_number(o.material, size_t(kMaterialRows.at(p.row)), value[0], scene.frequency_hz);
      return;
    }
    case Owner::kObject:
      return set_object(scene.objects.at(p.index), p.row, value);
  }
}

}  // namespace raywave::wave
