// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/panel_config.h"

#include "raywave/core/files.h"
#include "raywave/runs/toml_table.h"

namespace raywave::runs {
namespace {

using detail::Table;

Vec3d vector_of(Table& table, const char* key) {
  std::optional<Vec3d> v;
  table.read(key, v);
  table.require(v.has_value(), message("a panel's steer needs ", key, " = [x, y, z]"));
  return v.value_or(Vec3d{});
}

void read_spacing(Table& table, paths::Panel& panel) {
  const toml::node* node = table.find("spacing_m");
  if (!table.require(node != nullptr, "a panel needs spacing_m, in metres: one number, or [vertical, horizontal]"))
    return;
  if (node->is_number()) {
    panel.vertical_spacing_m = panel.horizontal_spacing_m = table.as_number(*node, "spacing_m");
    return;
  }
  std::optional<Vec2d> both;
  table.read("spacing_m", both);
  panel.vertical_spacing_m = both->x, panel.horizontal_spacing_m = both->y;
}

/// One number for all elements, or one each.
void read_profile(Table& table, const char* key, int elements, std::vector<double>& out) {
  const toml::node* node = table.find(key);
  if (!node) return;
  if (node->is_number()) {
    out.assign(size_t(elements), table.as_number(*node, key));
    return;
  }
  out = *table.numbers(key, size_t(elements));
}

paths::Panel read_panel(Table& table, size_t index, double wavelength_m) {
  paths::Panel p;
  std::optional<std::string> name;
  std::optional<Vec3d> position, orientation, look_at;
  std::optional<int> rows, cols;
  table.read("name", name);
  table.read("position_m", position);
  table.read("orientation_rad", orientation);
  table.read("look_at_m", look_at);
  table.read_integer("num_rows", rows, 1, 4096);
  table.read_integer("num_cols", cols, 1, 4096);
  table.require(position.has_value(), "a panel needs position_m = [x, y, z]");
  const bool has_size = table.require(rows && cols, "a panel needs num_rows and num_cols");
  if (orientation && look_at) table.fail(table.raw(), "give orientation_rad or look_at_m, not both");
  p.name = name.value_or(message("panel", index));
  p.position_m = position.value_or(Vec3d{});
  p.orientation_rad = orientation.value_or(Vec3d{});
  if (has_size) p.num_rows = *rows, p.num_cols = *cols;
  if (look_at && position) {
    scene::Device probe;
    probe.name = p.name, probe.position_m = p.position_m;
    probe.look_at(*look_at);
    p.orientation_rad = probe.orientation_rad;
  }
  read_spacing(table, p);
  for (const auto& [key, to] : {std::pair{"phase_rad", &p.phase_rad}, {"amplitude", &p.amplitude}}) {
    if (has_size) {
      read_profile(table, key, p.num_elements(), *to);
    } else {
      table.find(key);  // known, of no size
    }
  }
  for (const double x : p.amplitude) {
    if (!(x >= 0 && x <= 1))
      table.fail(*table.raw().get("amplitude"), message("amplitude must be from 0 to 1, got ", x));
  }
  auto steer = table.sub_table("steer");
  table.finish();
  try {
    p.validate();
  } catch (const Error& e) {
    table.fail(table.raw(), e.what());
  }
  if (!steer) return p;
  if (!p.phase_rad.empty()) table.fail(table.raw(), "give phase_rad or steer, not both");
  const Vec3d from = vector_of(*steer, "from_m"), to = vector_of(*steer, "to_m");
  std::optional<int> bits;
  steer->read_integer("bits", bits, 1, 32);
  steer->finish();
  p.steer(from, to, wavelength_m, bits.value_or(0));
  return p;
}

}  // namespace

std::vector<paths::Panel> parse_panels(std::string_view toml, const std::string& name, double wavelength_m) {
  const toml::table parsed = detail::parse_toml(toml, name);
  Table table(parsed, name, "");
  std::vector<paths::Panel> out;
  for (Table& t : table.tables("panel")) out.push_back(read_panel(t, out.size(), wavelength_m));
  return out;
}

std::vector<paths::Panel> read_panels(const std::string& path, double wavelength_m) {
  return path.empty() ? std::vector<paths::Panel>{} : parse_panels(read_file(path), path, wavelength_m);
}

void refuse_panels(const std::string& path, const std::string& command) {
  if (read_panels(path, 1).empty()) return;
  throw Error(message(path, ": ", command,
                      " has no panels; raywave paths, map, radar, ofdm, arrivals, view, fit and calibrate "
                      "have"));
}

}  // namespace raywave::runs
