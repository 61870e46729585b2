// SPDX-License-Identifier: Apache-2.0
#include "raywave/cli/run_flags.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <set>

#include "raywave/cli/commands.h"
#include "raywave/cli/terminal.h"
#include "raywave/core/files.h"
#include "raywave/core/units.h"
#include "raywave/io/antenna_files.h"
#include "raywave/io/scene_files.h"
#include "raywave/runs/wave_files.h"
#include "raywave/runtime/progress.h"

namespace raywave::cli {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

template <class T>
T parse_number(std::string_view flag, std::string_view text) {
  std::string_view trimmed = text;
  while (!trimmed.empty() && trimmed.front() == ' ') trimmed.remove_prefix(1);
  while (!trimmed.empty() && trimmed.back() == ' ') trimmed.remove_suffix(1);
  if (!trimmed.empty() && trimmed.front() == '+') trimmed.remove_prefix(1);
  T value{};
  const auto [rest, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), value);
  if (error != std::errc() || rest != trimmed.data() + trimmed.size()) {
    throw UsageError(message(flag, ": '", text, "' is not a number"));
  }
  return value;
}

/// Adds --name and --no-name, which set `value`.
void add_switch(CLI::App& app, const std::string& name, std::optional<bool>& value, const std::string& help) {
  app.add_flag_function(
      "--" + name + ",!--no-" + name, [&value](int64_t n) { value = n > 0; }, help);
}

void require_word(std::string_view flag, const std::string& word, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  throw UsageError(message(flag, " must be one of ", list, ", got '", word, "'", did_you_mean(word, names)));
}

template <class T>
T choose(std::string_view flag, const std::string& word) {
  require_word(flag, word, runs::known_words<T>());
  return *runs::from_word<T>(word);
}

std::set<std::string> taken_names(const scene::Scene& scene) {
  std::set<std::string> names;
  for (const auto& d : scene.transmitters) names.insert(d.name);
  for (const auto& d : scene.receivers) names.insert(d.name);
  for (const auto& o : scene.objects) names.insert(o.name);  // one may be called tx0
  return names;
}

scene::Device parse_device(const scene::Scene& scene, std::string_view flag, const std::string& prefix,
                           std::string_view text) {
  scene::Device device;
  const size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    device.name = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    if (device.name.empty()) throw UsageError(message(flag, ": the name before '=' is empty"));
  } else {
    const auto taken = taken_names(scene);
    for (int i = 0; device.name.empty(); ++i) {
      if (!taken.count(prefix + std::to_string(i))) device.name = prefix + std::to_string(i);
    }
  }
  device.position_m = parse_vec3(flag, text);
  return device;
}

}  // namespace

Vec3d parse_vec3(std::string_view flag, std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 3) throw UsageError(message(flag, " takes three numbers x,y,z, got '", text, "'"));
  return {parse_number<double>(flag, parts[0]), parse_number<double>(flag, parts[1]),
          parse_number<double>(flag, parts[2])};
}

Vec2d parse_vec2(std::string_view flag, std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() > 2) throw UsageError(message(flag, " takes one number or two, got '", text, "'"));
  return {parse_number<double>(flag, parts[0]), parse_number<double>(flag, parts[parts.size() - 1])};
}

em::PlanarArrayOptions parse_array(std::string_view flag, std::string_view text) {
  static const std::vector<std::string> keys{"rows",    "cols",         "vertical-spacing",  "horizontal-spacing",
                                             "pattern", "polarization", "polarization-model"};
  em::PlanarArrayOptions array;
  for (const std::string_view part : split(text, ',')) {
    const size_t equals = part.find('=');
    const std::string key(part.substr(0, equals));
    if (equals == std::string_view::npos) throw UsageError(message(flag, " takes key=value, got '", part, "'"));
    const std::string_view value = part.substr(equals + 1);
    if (key == "rows") {
      array.num_rows = parse_number<int>(flag, value);
    } else if (key == "cols") {
      array.num_cols = parse_number<int>(flag, value);
    } else if (key == "vertical-spacing") {
      array.vertical_spacing_wavelengths = parse_number<double>(flag, value);
    } else if (key == "horizontal-spacing") {
      array.horizontal_spacing_wavelengths = parse_number<double>(flag, value);
    } else if (key == "pattern") {
      array.pattern = value;
    } else if (key == "polarization") {
      array.polarization = value;
    } else if (key == "polarization-model") {
      const int model = parse_number<int>(flag, value);
      if (model != 1 && model != 2) throw UsageError(message(flag, ": polarization-model must be 1 or 2, got ", model));
      array.polarization_model = em::PolarizationModel(model);
    } else {
      throw UsageError(message(flag, ": unknown key '", key, "'", did_you_mean(key, keys)));
    }
  }
  return array;
}

void SceneFlags::add_to(CLI::App& app, bool devices) {
  app.add_option("SCENE", file, "scene file: Mitsuba XML, PLY, OBJ, glTF, GLB, STL (may come from --config)");
  app.add_option("--config", config_file, "a run as a TOML file; flags take precedence");
  app.add_option("--frequency", frequency,
                 "carrier, like 3.5GHz or 3.5e9 (a bare number is hertz, from 1e6 on; default 3.5GHz)");
  app.add_option("--threads", threads, "0: all (default)");
  if (!devices) return;
  app.add_option("--tx", tx, "transmitter at x,y,z or name=x,y,z in metres; repeatable")->allow_extra_args(false);
  app.add_option("--rx", rx, "receiver, likewise")->allow_extra_args(false);
  const char* array_help =
      "rows=4,cols=4,pattern=iso|dipole|hw_dipole|tr38901,polarization=V|H|VH|cross,"
      "vertical-spacing=0.5,horizontal-spacing=0.5,polarization-model=1|2 (spacings in wavelengths)";
  app.add_option("--tx-array", tx_array, array_help);
  app.add_option("--rx-array", rx_array, "likewise for the receivers");
  app.add_option("--power-dbm", power_dbm, "of every transmitter (default 44)");
  app.add_option("--seed", seed, "of the random numbers (default 42)");
}

scene::Scene SceneFlags::load() {
  if (threads && !(*threads >= 0 && *threads <= runs::kMostThreads))
    throw UsageError(message("--threads must be in 0 (all) to ", runs::kMostThreads, ", got ", *threads));
  if (!config_file.empty()) config = runs::read_run_config(config_file);
  if (file.empty()) file = config.scene.value_or("");
  if (file.empty()) throw UsageError("no scene: give a scene file, or --config with a scene in it");
  io::LoadOptions options;
  options.log = warning_log();
  options.num_threads = threads.value_or(config.threads.value_or(0));
  if (config.frequency_hz) options.frequency_hz = *config.frequency_hz;
  if (frequency) options.frequency_hz = parse_frequency_hz(*frequency);
  scene::Scene scene = io::load_scene(file, options);
  config.apply_to(scene);
  scene.frequency_hz = options.frequency_hz;
  for (const auto& text : tx) scene.add_transmitter(parse_device(scene, "--tx", "tx", text));
  for (const auto& text : rx) scene.add_receiver(parse_device(scene, "--rx", "rx", text));
  if (tx_array) {
    const auto array = io::load_planar_array(parse_array("--tx-array", *tx_array));
    for (auto& device : scene.transmitters) device.array = array;
  }
  if (rx_array) {
    const auto array = io::load_planar_array(parse_array("--rx-array", *rx_array));
    for (auto& device : scene.receivers) device.array = array;
  }
  if (power_dbm) {
    require_finite("power_dbm", *power_dbm);
    for (auto& device : scene.transmitters) device.power_dbm = *power_dbm;
  }
  if (interrupted()) throw runtime::Interrupted();
  return scene;
}

void InteractionFlags::add_to(CLI::App& app) {
  app.add_option("--max-depth", max_depth, "interactions per path (default 3)");
  for (size_t i = 0; i < switches.size(); ++i) {
    const paths::Switch& s = paths::kSwitches[i];
    std::string name = s.name;
    std::replace(name.begin(), name.end(), '_', '-');
    const bool is_on = paths::Interactions().*s.field;
    add_switch(app, name, switches[i], message(s.help, " (default ", is_on ? "on" : "off", ")"));
  }
  app.add_option("--max-diffractions", max_diffractions, "edges in one path, with --diffraction: 1 (default), 2 or 3");
  app.add_option("--seam-tolerance", seam_tolerance_m,
                 "cracks between faces up to this many metres are closed at edges (default a tenth of the wavelength)");
  app.add_option("--samples", samples_per_tx, "rays per transmitter (default 1000000)");
  app.add_option_function<std::string>(
      "--reflection", [this](const std::string& word) { reflection = choose<paths::Reflection>("--reflection", word); },
      "mirror (default), or directional: a lobe about the mirror's direction, in power, for noisy surfaces");
  app.add_option_function<std::string>(
      "--lobe", [this](const std::string& text) { lobe = em::lobe_from_text(text); },
      message("of --reflection directional (default ", em::lobe_text(paths::kDefaultLobe), ")"));
  app.add_option("--keep-specular-m2", keep_specular_m2,
                 "with --keep-specular, planes whose faces add up to this many square metres (default 1)");
  app.add_option("--scattering-tolerance", scattering_tolerance,
                 "of a link's scattered power, where tiles are summed (default 0.01)");
  app.add_option("--max-tiles", max_tiles, "of a link (default 20000)");
  app.add_option_function<std::string>(
      "--device", [this](const std::string& word) { device = choose<runtime::Device>("--device", word); },
      "where rays are traced: cpu (default), cuda, or emulated: the kernels of cuda as loops on the CPU, for tests");
}

namespace {

/// A flag that changes nothing beside the others is said: its writer expects something of it.
void tell_if_idle(bool is_given, const char* flag, bool has_effect, const std::string& otherwise) {
  if (is_given && !has_effect) warning_log()(message(flag, " changes nothing ", otherwise));
}

void tell_idle_flags(const InteractionFlags& flags, const paths::Interactions& on) {
  const bool diffraction = on.diffraction;
  tell_if_idle(flags.lobe.has_value(), "--lobe", on.is_directional(), "without --reflection directional");
  tell_if_idle(flags.keep_specular_m2.has_value(), "--keep-specular-m2", on.keep_specular, "without --keep-specular");
  tell_if_idle(flags.scattering_tolerance.has_value(), "--scattering-tolerance", on.scatters(),
               "without --diffuse-reflection or --reflection directional");
  tell_if_idle(flags.max_diffractions.has_value(), "--max-diffractions", diffraction, "without --diffraction");
  tell_if_idle(flags.seam_tolerance_m.has_value(), "--seam-tolerance", diffraction, "without --diffraction");
}

}  // namespace

void PathFlags::add_to(CLI::App& app) {
  app.add_option("--finder", finder.finder, "shoot-and-bounce (default), exhaustive, or learned by a --sampler");
  app.add_option("--sampler", finder.sampler, "model of --finder learned, e.g. models/facet_sampler.bin");
  app.add_option("--num-samples", finder.num_samples, "sequences that it draws of each link and order (default 10)");
  app.add_option("--scattering-phases", scattering_phases,
                 "of scattered paths, beside those of their lengths: none (default) or random");
  app.add_flag("--exact-arrays", exact_arrays,
               "solve the paths of every pair of antenna elements (default: plane waves)");
}

runs::PathSearch PathFlags::options(const SceneFlags& scene_flags, const InteractionFlags& interactions) const {
  runs::PathSearch out;
  paths::PathOptions& options = out.options;
  scene_flags.config.apply_to(options);
  interactions.apply_to(options);
  if (finder.finder) require_word("--finder", *finder.finder, runs::finder_words());
  runs::FinderChoice choice = scene_flags.config.paths.finder;
  choice.take(finder);
  out.learned = choice.apply_to(options);
  if (scattering_phases)
    options.scattering_phases = choose<paths::ScatteringPhases>("--scattering-phases", *scattering_phases);
  if (exact_arrays) options.synthetic_array = false;
  tell_idle_flags(interactions, options);
  const bool shoots = !out.learned && options.finder == paths::Finder::kShootAndBounce;
  tell_if_idle(interactions.samples_per_tx.has_value(), "--samples", shoots,
               message("with --finder ", choice.finder.value_or("")));
  tell_if_idle(finder.sampler.has_value(), "--sampler", out.learned.has_value(), "without --finder learned");
  tell_if_idle(finder.num_samples.has_value(), "--num-samples", out.learned.has_value(), "without --finder learned");
  if (scene_flags.seed) options.seed = *scene_flags.seed;
  if (scene_flags.threads) options.num_threads = *scene_flags.threads;
  options.progress = progress_bar("paths");
  options.log = warning_log();
  return out;
}

void MapFlags::add_to(CLI::App& app) {
  app.add_option("--cell-size", cell_size, "of the cells, metres: 5 or 5,5 (default 10)");
  app.add_option("--height", height_m, "above z = 0 (plane) or above the ground (terrain), metres (default 1.5)");
  app.add_option("--center", center, "x,y,z in metres (default: over the middle of the scene, at --height)");
  app.add_option("--size", size, "width,height in metres (default: the whole scene)");
  app.add_option("--orientation", orientation, "yaw,pitch,roll in radians");
  app.add_option("--surface", surface, "plane (default), mesh or terrain");
  app.add_option("--object", objects, "mesh: its triangles are the cells; terrain: it is the ground; repeatable")
      ->allow_extra_args(false);
  app.add_option("--method", method, "exact (default) or monte-carlo");
  app.add_option("--points-per-cell", points_per_cell, "exact: 1 (default), 4 or 9 sample points");
  app.add_flag("--coherent", coherent, "exact: add fields instead of powers");
  app.add_option("--max-bytes,--memory", max_bytes, "refuse maps that need more memory: 4e9 (default), 4GiB, 512MiB");
}

maps::RadioMapOptions MapFlags::options(const SceneFlags& scene_flags, const InteractionFlags& interactions) const {
  maps::RadioMapOptions options;
  scene_flags.config.apply_to(options);
  interactions.apply_to(options);
  if (method) {
    options.method = choose<maps::Method>("--method", *method);
  }
  if (points_per_cell) options.points_per_cell = *points_per_cell;
  if (coherent) options.coherent = true;
  if (max_bytes) options.max_bytes = double(runs::parse_bytes(*max_bytes));
  const bool exact = options.method == maps::Method::kExact;
  tell_idle_flags(interactions, options);
  tell_if_idle(points_per_cell.has_value(), "--points-per-cell", exact, "with --method monte-carlo");
  tell_if_idle(bool(coherent), "--coherent", exact, "with --method monte-carlo");
  if (scene_flags.seed) options.seed = *scene_flags.seed;
  if (scene_flags.threads) options.num_threads = *scene_flags.threads;
  options.progress = progress_bar("map");
  options.log = warning_log();
  return options;
}

maps::Surface MapFlags::map_surface(const SceneFlags& scene_flags) const {
  using Kind = maps::Surface::Kind;
  maps::Surface result;
  scene_flags.config.apply_to(result);
  if (surface) {
    result.kind = choose<Kind>("--surface", *surface);
  }
  if (center) result.center_m = parse_vec3("--center", *center);
  if (orientation) result.orientation_rad = parse_vec3("--orientation", *orientation);
  if (size) result.size_m = parse_vec2("--size", *size);
  if (cell_size) result.cell_size_m = parse_vec2("--cell-size", *cell_size);
  if (height_m) result.height_m = *height_m;
  if (!objects.empty()) result.objects = objects;
  if (result.kind != Kind::kPlane && result.objects.empty())
    throw UsageError(message("--surface ", result.kind == Kind::kMesh ? "mesh" : "terrain",
                             " needs the names of its objects: --object NAME"));
  tell_if_idle(!objects.empty(), "--object", result.kind != Kind::kPlane, "without --surface mesh or terrain");
  tell_if_idle(height_m.has_value(), "--height", result.kind != Kind::kMesh, "with --surface mesh");
  if (center && !size && result.size_m.x == 0 && result.size_m.y == 0) throw UsageError("--center needs --size");
  if (center && height_m && result.kind == Kind::kPlane)
    throw UsageError("the z of --center is the map's level: give --center or --height, not both");
  // A size that was typed as 0 would otherwise mean "the whole scene".
  if (size && !(result.size_m.x > 0 && result.size_m.y > 0)) {
    throw Error(message("map size must be > 0, got ", result.size_m.x, " x ", result.size_m.y, " m"));
  }
  return result;
}

void check_output(std::string_view flag, const std::string& path, const std::vector<std::string>& extensions) {
  if (path.empty() || path == "-") return;
  const std::filesystem::path file(path);
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder))
    throw Error(message(flag, ": there is no folder '", folder.string(), "'"));
  if (::access(folder.c_str(), W_OK) != 0)
    throw Error(message(flag, ": nothing can be written in the folder '", folder.string(), "'"));
  if (std::filesystem::is_directory(file)) throw Error(message(flag, ": '", path, "' is a folder"));
  if (extensions.empty()) return;
  std::string list;
  for (const auto& extension : extensions) {
    if (file.extension() == extension) return;
    list += (list.empty() ? "" : ", ") + extension;
  }
  throw UsageError(message(flag, ": '", path, "' must end in ", list));
}

void write_text(const std::string& path, const std::string& text) {
  if (path != "-") return write_file(path, text);
  const bool newline = text.empty() || text.back() != '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (newline) std::fputc('\n', stdout);
}

}  // namespace raywave::cli
