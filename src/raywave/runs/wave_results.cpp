// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>

#include "raywave/io/arrays.h"
#include "raywave/runs/place_arrays.h"
#include "raywave/runs/wave_files.h"

namespace raywave::runs {
namespace {

using Json = nlohmann::ordered_json;
using io::array_of;
using io::NamedArray;
using Type = NamedArray::Type;

std::vector<std::string> source_names(const wave::Scene& scene) {
  std::vector<std::string> names;
  for (const wave::Source& s : scene.sources) names.push_back(s.name);
  return names;
}

void append(NamedArray& to, const wave::Field& u) {
  const char* bytes = reinterpret_cast<const char*>(u.data());
  to.bytes.insert(to.bytes.end(), bytes, bytes + u.size() * sizeof(wave::Complexc));
}

}  // namespace

void save_wave_result(const std::string& path, const wave::Result& r, const std::optional<scene::Place>& place) {
  const size_t planes = r.z_m.size(), sources = r.scene().sources.size();
  const bool volume = r.scene().grid.volume();
  std::vector<size_t> shape{planes, sources, r.y_m.size()};
  if (volume) shape.insert(shape.begin() + 2, r.x_m.size());
  NamedArray field{"field", shape, Type::kComplex128, {}}, backward{"backward", shape, Type::kComplex128, {}};
  std::vector<double> power;
  for (size_t p = 0; p < planes; ++p)
    for (size_t s = 0; s < sources; ++s) {
      append(field, r.field[p][s]);
      if (!r.backward.empty()) append(backward, r.backward[p][s]);
      power.push_back(r.power_w_per_m(int(p), int(s)));
    }
  std::vector<double> angles;
  for (const wave::Cone& c : r.cones) angles.push_back(c.half_angle_rad);
  std::vector<NamedArray> arrays{array_of("cone_half_angle_rad", {sources}, angles),
                                 array_of("warnings", r.warnings),
                                 array_of("frequency_hz", r.scene().frequency_hz),
                                 array_of("z_m", {planes}, r.z_m),
                                 array_of("y_m", {r.y_m.size()}, r.y_m),
                                 array_of("source_names", source_names(r.scene())),
                                 std::move(field),
                                 array_of(volume ? "power_w" : "power_w_per_m", {planes, sources}, power),
                                 array_of("choices", r.choices)};
  if (!r.backward.empty()) arrays.push_back(std::move(backward));
  if (volume) arrays.push_back(array_of("x_m", {r.x_m.size()}, r.x_m));
  add_place(arrays, place);
  io::write_arrays(path, arrays);
}

std::string wave_json(const wave::Result& r, const WaveConfig& config) {
  const wave::Scene& s = r.scene();
  Json planes = Json::array(), points = Json::array();
  const auto names = source_names(s);
  for (size_t p = 0; p < r.z_m.size(); ++p) {
    Json power;
    for (size_t i = 0; i < names.size(); ++i) power[names[i]] = r.power_w_per_m(int(p), int(i));
    planes.push_back({{"z_m", r.z_m[p]}, {s.grid.volume() ? "power_w" : "power_w_per_m", power}});
  }
  for (size_t i = 0; i < names.size() && !config.points_m.empty(); ++i) {
    const auto field = r.at(config.points_m, int(i));
    for (size_t q = 0; q < field.size(); ++q) {
      const Vec3d& p = config.points_m[q];
      Json point{{"source", names[i]}, {"y_m", p.y}, {"z_m", p.z}, {"field", {field[q].real(), field[q].imag()}}};
      if (s.grid.volume()) point["x_m"] = p.x;
      points.push_back(point);
    }
  }
  Json cones;
  for (size_t i = 0; i < names.size(); ++i) {
    const wave::Cone& c = r.cones[i];
    cones[names[i]] = {{"apex_y_m", c.apex_y_m},
                       {"apex_z_m", c.apex_z_m},
                       {"tilt_rad", c.tilt_rad},
                       {"half_angle_rad", c.half_angle_rad},
                       {"y_m", {c.y_min_m, c.y_max_m}}};
    if (std::isfinite(c.half_width_m)) cones[names[i]]["half_width_m"] = c.half_width_m;
    if (!std::isnan(c.ground_y_m)) cones[names[i]]["ground_y_m"] = c.ground_y_m;
    if (c.volume) {
      cones[names[i]]["apex_x_m"] = c.apex_x_m, cones[names[i]]["tilt_x_rad"] = c.tilt_x_rad;
      cones[names[i]]["x_m"] = {c.x_min_m, c.x_max_m};
    }
  }
  Json out{{"frequency_hz", s.frequency_hz},
           {"backend", wave::backend_name(config.options.backend.kind)},
           {"grid", {{"num_x", s.grid.num_x}, {"num_y", s.grid.num_y}, {"length_m", s.grid.length_m()}}},
           {"cones", cones},
           {"choices", r.choices},
           {"warnings", r.warnings},
           {"planes", planes},
           {"points", points}};
  add_place(out, config.place);
  return out.dump(1);
}

}  // namespace raywave::runs
