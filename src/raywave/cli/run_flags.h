// SPDX-License-Identifier: Apache-2.0
// The flags that several subcommands share. Order of precedence: built-in defaults, the TOML file of --config, flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/em/antenna.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/runs/run_config.h"
#include "raywave/scene/scene.h"

namespace CLI {
class App;
}

namespace raywave::cli {

/// "x,y,z" or "name=x,y,z". @throws UsageError naming the flag and the text.
Vec3d parse_vec3(std::string_view flag, std::string_view text);
/// "a" (both) or "a,b". @throws UsageError.
Vec2d parse_vec2(std::string_view flag, std::string_view text);
/// "rows=4,cols=4,pattern=tr38901,polarization=VH,...". @throws UsageError naming the nearest key.
em::PlanarArrayOptions parse_array(std::string_view flag, std::string_view text);

/// Scene, devices and where to run.
struct SceneFlags {
  std::string file, config_file;
  std::optional<std::string> frequency, tx_array, rx_array;
  std::vector<std::string> tx, rx;
  std::optional<double> power_dbm;
  std::optional<int> threads;
  std::optional<uint64_t> seed;
  runs::RunConfig config;  // of config_file, after load()

  void add_to(CLI::App& app, bool devices);
  /// Reads config and scene, adds the devices. Warnings go to standard error.
  scene::Scene load();
};

/// What may happen on a path.
struct InteractionFlags : runs::InteractionOptions {
  void add_to(CLI::App& app);
};

/// Which paths: `raywave paths` and `raywave view`.
struct PathFlags {
  runs::FinderChoice finder;
  std::optional<std::string> scattering_phases;
  bool exact_arrays = false;

  void add_to(CLI::App& app);
  runs::PathSearch options(const SceneFlags& scene_flags, const InteractionFlags& interactions) const;
};

/// Which map: `raywave map` and `raywave view`.
struct MapFlags {
  std::optional<std::string> method, surface, center, orientation, size, cell_size;
  std::vector<std::string> objects;
  std::optional<double> height_m;
  std::optional<std::string> max_bytes;  // "4GiB"
  std::optional<int> points_per_cell;
  bool coherent = false;

  void add_to(CLI::App& app);
  maps::RadioMapOptions options(const SceneFlags& scene_flags, const InteractionFlags& interactions) const;
  maps::Surface map_surface(const SceneFlags& scene_flags) const;
};

/// @throws Error unless the file's folder exists and can be written to, and its ending is one of `extensions`: said
/// before the work, not after.
void check_output(std::string_view flag, const std::string& path, const std::vector<std::string>& extensions);

/// "-" is standard output.
void write_text(const std::string& path, const std::string& text);

}  // namespace raywave::cli
