// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/run_config.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "raywave/core/files.h"
#include "raywave/core/units.h"
#include "raywave/io/antenna_files.h"
#include "raywave/paths/unfold.h"
#include "raywave/runs/toml_table.h"

namespace raywave::runs {
namespace {

using detail::Table;

em::PlanarArrayOptions read_array(Table table) {
  std::optional<int> rows, columns, model;
  std::optional<double> vertical, horizontal;
  std::optional<std::string> pattern, polarization;
  table.read_integer("num_rows", rows, 1, 4096);
  table.read_integer("num_cols", columns, 1, 4096);
  table.read("vertical_spacing_wavelengths", vertical);
  table.read("horizontal_spacing_wavelengths", horizontal);
  table.read("pattern", pattern);
  table.read("polarization", polarization);
  table.read_integer("polarization_model", model, 1, 2);
  table.finish();
  em::PlanarArrayOptions out;
  out.num_rows = rows.value_or(out.num_rows);
  out.num_cols = columns.value_or(out.num_cols);
  out.vertical_spacing_wavelengths = vertical.value_or(out.vertical_spacing_wavelengths);
  out.horizontal_spacing_wavelengths = horizontal.value_or(out.horizontal_spacing_wavelengths);
  out.pattern = pattern.value_or(out.pattern);
  out.polarization = polarization.value_or(out.polarization);
  if (model) out.polarization_model = em::PolarizationModel(*model);
  try {
    io::load_planar_array(out);
  } catch (const Error& e) {
    table.fail(table.raw(), e.what());
  }
  return out;
}

DeviceConfig read_device(Table& table, bool transmits) {
  DeviceConfig out;
  std::optional<Vec3d> position;
  table.read("name", out.name);
  table.read("position_m", position);
  table.read("orientation_rad", out.orientation_rad);
  table.read("look_at_m", out.look_at_m);
  table.read("velocity_m_per_s", out.velocity_m_per_s);
  if (transmits) table.read("power_dbm", out.power_dbm);
  if (const auto array = table.sub_table("array")) out.array = read_array(*array);
  table.finish();
  if (!position) table.fail(table.raw(), "a device needs position_m = [x, y, z]");
  if (out.orientation_rad && out.look_at_m) table.fail(table.raw(), "give orientation_rad or look_at_m, not both");
  out.position_m = *position;
  return out;
}

std::string read_name(Table& table, const char* what) {
  std::optional<std::string> name;
  table.read("name", name);
  table.require(name.has_value(), message(what, " needs the name of one of the scene's"));
  return name.value_or("");
}

/// A lobe as text, its numbers in it.
void read_lobe(Table& table, const char* key, std::optional<std::string>& out) {
  table.read(key, out);
  if (!out) return;
  try {
    (void)em::lobe_from_text(*out);
  } catch (const Error& e) {
    table.fail(*table.raw().get(key), e.what());
  }
}

MaterialConfig read_material(Table& table) {
  MaterialConfig out;
  out.name = read_name(table, "a material");
  table.read("itu_name", out.itu_name);
  for (size_t i = 0; i < out.numbers.size(); ++i) table.read(em::kMaterialNumbers[i].name, out.numbers[i]);
  table.read("perfect_conductor", out.perfect_conductor);
  read_lobe(table, "scattering_pattern", out.scattering_pattern);
  read_lobe(table, "lobe", out.lobe);
  table.read("texture", out.texture);
  table.read("network", out.network);
  table.finish();
  if (out.texture && out.network) table.fail(table.raw(), "give texture or network, not both");
  const bool constant =
      out.numbers[size_t(em::MaterialNumber::kPermittivity)] || out.numbers[size_t(em::MaterialNumber::kConductivity)];
  if (out.itu_name && constant) {
    table.fail(table.raw(), "give itu_name, or relative_permittivity and conductivity_s_per_m, not both");
  }
  return out;
}

ObjectConfig read_object(Table& table) {
  ObjectConfig out;
  out.name = read_name(table, "an object");
  table.read("material", out.material);
  table.read("velocity_m_per_s", out.velocity_m_per_s);
  table.finish();
  return out;
}

/// One of the words that runs/options.h has for it.
template <class Enum>
void read_word(Table& table, const char* key, std::optional<Enum>& out) {
  std::optional<std::string> word;
  table.read(key, word);
  if (!word) return;
  try {
    out = choice_from_word<Enum>(key, *word);
  } catch (const Error& e) {
    table.fail(*table.raw().get(key), e.what());
  }
}

InteractionOptions read_interactions(Table& table) {
  InteractionOptions out;
  table.read_integer("max_depth", out.max_depth, 0);
  for (size_t i = 0; i < out.switches.size(); ++i) table.read(paths::kSwitches[i].name, out.switches[i]);
  table.read_integer("max_diffractions", out.max_diffractions, 1, int(paths::kMostEdges));
  table.read("seam_tolerance_m", out.seam_tolerance_m);
  if (out.seam_tolerance_m && !(*out.seam_tolerance_m >= 0)) {
    table.fail(*table.raw().get("seam_tolerance_m"),
               message("seam_tolerance_m must be >= 0, got ", *out.seam_tolerance_m));
  }
  table.read_integer("samples_per_tx", out.samples_per_tx, 1, int64_t(1) << 53);
  read_word(table, "reflection", out.reflection);
  read_word(table, "device", out.device);
  std::optional<std::string> lobe;
  read_lobe(table, "lobe", lobe);
  if (lobe) out.lobe = em::lobe_from_text(*lobe);
  table.read("keep_specular_m2", out.keep_specular_m2);
  table.require_positive_value("keep_specular_m2", out.keep_specular_m2);
  table.read("scattering_tolerance", out.scattering_tolerance);
  table.require_positive_value("scattering_tolerance", out.scattering_tolerance);
  table.read_integer("max_tiles", out.max_tiles, 1, int64_t(1) << 40);
  return out;
}

/// Where a key belongs that its table does not know: ": it belongs in [map]"; "" when nowhere.
std::string home_of(const std::string& key);

FinderChoice read_finder(Table& table) {
  FinderChoice out;
  table.read("finder", out.finder);
  table.read("sampler", out.sampler);
  table.read_integer("num_samples", out.num_samples, 1);
  if (!out.finder) return out;
  try {
    require_finder_word(*out.finder);
  } catch (const Error& e) {
    table.fail(*table.raw().get("finder"), e.what());
  }
  return out;
}

PathConfig read_paths(Table& table) {
  PathConfig out;
  out.interactions = read_interactions(table);
  out.finder = read_finder(table);
  read_word(table, "scattering_phases", out.scattering_phases);
  table.read("synthetic_array", out.synthetic_array);
  table.finish(home_of);
  return out;
}

MapConfig read_map(Table& table) {
  MapConfig out;
  out.interactions = read_interactions(table);
  read_word(table, "method", out.method);
  table.read_integer("points_per_cell", out.points_per_cell, 1);
  table.read("coherent", out.coherent);
  read_word(table, "surface", out.surface);
  table.read("center_m", out.center_m);
  table.read("orientation_rad", out.orientation_rad);
  table.read("size_m", out.size_m);
  table.read("cell_size_m", out.cell_size_m);
  table.read("height_m", out.height_m);
  table.read("objects", out.objects);
  table.read("max_bytes", out.max_bytes);
  table.require_positive_value("max_bytes", out.max_bytes);
  if (out.center_m && out.height_m && out.surface.value_or(maps::Surface::Kind::kPlane) == maps::Surface::Kind::kPlane)
    table.fail(*table.raw().get("height_m"),
               "the z of center_m is the map's level: give center_m or height_m, not both");
  table.finish(home_of);
  return out;
}

OutputConfig read_output(Table& table) {
  OutputConfig out;
  table.read("paths", out.paths);
  table.read("map", out.map);
  table.read("json", out.json);
  table.read("report", out.report);
  table.read("image", out.image);
  table.finish(home_of);
  return out;
}

void read_run(Table& table, RunConfig& out) {
  table.read("scene", out.scene);
  table.read_frequency(out.frequency_hz);
  table.read("bandwidth_hz", out.bandwidth_hz);
  table.require_positive_value("bandwidth_hz", out.bandwidth_hz);
  table.read("temperature_k", out.temperature_k);
  table.require_positive_value("temperature_k", out.temperature_k);
  table.read_integer("seed", out.seed, 0, std::numeric_limits<int64_t>::max());
  table.read_integer("threads", out.threads, 0, kMostThreads);
}

/// What a reader asks for.
template <class Read>
std::vector<std::string> keys_of(Read read) {
  static const toml::table nothing;
  static const std::string no_file;
  Table table(nothing, no_file, "");
  read(table);
  return table.known();
}

std::string home_of(const std::string& key) {
  static const std::vector<std::pair<const char*, std::vector<std::string>>> homes = {
      {"[paths]", keys_of([](Table& t) { read_paths(t); })},
      {"[map]", keys_of([](Table& t) { read_map(t); })},
      {"[output]", keys_of([](Table& t) { read_output(t); })},
      {"the head of the file, before the first table", keys_of([](Table& t) {
         RunConfig unused;
         read_run(t, unused);
       })}};
  std::string list;
  for (const auto& [home, keys] : homes) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end())
      list += (list.empty() ? "" : " or ") + std::string(home);
  }
  return list.empty() ? "" : ": it belongs in " + list;
}

template <class T>
void put(const std::optional<T>& from, T& to) {
  if (from) to = *from;
}

scene::Device device_of(const DeviceConfig& config, const char* prefix, size_t index) {
  scene::Device d;
  d.name = config.name.value_or(message(prefix, index));
  d.position_m = config.position_m;
  put(config.orientation_rad, d.orientation_rad);
  put(config.velocity_m_per_s, d.velocity_m_per_s);
  put(config.power_dbm, d.power_dbm);
  if (config.array) d.array = io::load_planar_array(*config.array);
  if (config.look_at_m) d.look_at(*config.look_at_m);
  return d;
}

void change(scene::Scene& scene, const MaterialConfig& config) {
  em::Material changed = scene.materials[size_t(scene.find_material(config.name))];
  put(config.itu_name, changed.itu_name);
  put(config.perfect_conductor, changed.perfect_conductor);
  put(config.scattering_pattern, changed.scattering_pattern);
  put(config.lobe, changed.lobe);
  for (size_t i = 0; i < config.numbers.size(); ++i) {
    if (config.numbers[i]) em::set_number(changed, i, *config.numbers[i], scene.frequency_hz);
  }
  changed.validate();
  scene.materials[size_t(scene.find_material(config.name))] = std::move(changed);
}

void change(scene::Scene& scene, const ObjectConfig& config) {
  scene::Object& object = scene.objects[size_t(scene.find_object(config.name))];
  if (config.material) object.material = scene.find_material(*config.material);
  put(config.velocity_m_per_s, object.velocity_m_per_s);
}

}  // namespace

RunConfig parse_run_config(std::string_view toml, const std::string& name, const std::string& folder) {
  const toml::table parsed = detail::parse_toml(toml, name);
  Table table(parsed, name, "");
  RunConfig out;
  read_run(table, out);
  if (out.scene) out.scene = path_in(folder, *out.scene);
  for (Table& t : table.tables("material")) out.materials.push_back(read_material(t));
  for (MaterialConfig& m : out.materials) {
    for (auto* file : {&m.texture, &m.network}) {
      if (*file) *file = path_in(folder, **file);
    }
  }
  for (Table& t : table.tables("object")) out.objects.push_back(read_object(t));
  for (Table& t : table.tables("transmitter")) out.transmitters.push_back(read_device(t, true));
  for (Table& t : table.tables("receiver")) out.receivers.push_back(read_device(t, false));
  if (auto t = table.sub_table("paths")) out.paths = read_paths(*t);
  if (auto& sampler = out.paths.finder.sampler; sampler && !sampler->empty()) sampler = path_in(folder, *sampler);
  if (auto t = table.sub_table("map")) out.map = read_map(*t);
  if (auto t = table.sub_table("output")) out.output = read_output(*t);
  for (const char* waveform : {"radar", "ofdm"}) (void)table.find(waveform);  // read by waveform_config.cpp
  (void)table.find("panel");                                                  // read by panel_config.cpp
  (void)table.find("fit");                                                    // read by raywave fit, in Python
  (void)table.find("calibrate");                                              // read by raywave calibrate, in Python
  table.finish(home_of);
  return out;
}

RunConfig read_run_config(const std::string& path) {
  return parse_run_config(read_file(path), path, std::filesystem::path(path).parent_path().string());
}

void RunConfig::apply_to(scene::Scene& to) const {
  put(frequency_hz, to.frequency_hz);
  put(bandwidth_hz, to.bandwidth_hz);
  put(temperature_k, to.temperature_k);
  for (const MaterialConfig& m : materials) change(to, m);
  for (const ObjectConfig& o : objects) change(to, o);
  for (size_t i = 0; i < transmitters.size(); ++i) to.add_transmitter(device_of(transmitters[i], "tx", i));
  for (size_t i = 0; i < receivers.size(); ++i) to.add_receiver(device_of(receivers[i], "rx", i));
}

void RunConfig::apply_to(paths::PathOptions& o) const {
  paths.interactions.apply_to(o);
  put(paths.synthetic_array, o.synthetic_array);
  put(paths.scattering_phases, o.scattering_phases);
  put(seed, o.seed);
  put(threads, o.num_threads);
}

void RunConfig::apply_to(maps::RadioMapOptions& o) const {
  map.interactions.apply_to(o);
  put(map.method, o.method);
  put(map.points_per_cell, o.points_per_cell);
  put(map.coherent, o.coherent);
  put(map.max_bytes, o.max_bytes);
  put(seed, o.seed);
  put(threads, o.num_threads);
}

void RunConfig::apply_to(maps::Surface& s) const {
  put(map.surface, s.kind);
  put(map.center_m, s.center_m);
  put(map.orientation_rad, s.orientation_rad);
  put(map.size_m, s.size_m);
  put(map.cell_size_m, s.cell_size_m);
  put(map.height_m, s.height_m);
  put(map.objects, s.objects);
}

}  // namespace raywave::runs
