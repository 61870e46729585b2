// SPDX-License-Identifier: Apache-2.0
// A run as a TOML file (`--config run.toml`). Every field is optional: what a command line says takes its place.
//
//   scene = "old_town.xml"                # relative to the TOML file
//   frequency = "3.5GHz"                  # or frequency_hz = 3.5e9
//   bandwidth_hz = 1e6
//   temperature_k = 293
//   seed = 42
//   threads = 0
//   [[transmitter]]                       # [[receiver]] has the same keys but power_dbm
//   name = "tx0"                          # default: tx0, tx1, ... (rx0, rx1, ...)
//   position_m = [0, 0, 25]
//   orientation_rad = [0, 0, 0]           # yaw, pitch, roll; or look_at_m = [x, y, z]
//   velocity_m_per_s = [0, 0, 0]
//   power_dbm = 44
//   array = { num_rows = 2, num_cols = 4, vertical_spacing_wavelengths = 0.5, horizontal_spacing_wavelengths = 0.5,
//             pattern = "tr38901", polarization = "cross", polarization_model = 2 }
//   [[material]]                          # one of the scene's, changed: itu_name, or relative_permittivity and
//   name = "brick"                        # conductivity_s_per_m as constants; thickness_m, scattering_coefficient,
//   thickness_m = 0.2                     # xpd_coefficient, perfect_conductor, scattering_pattern, lobe; texture or
//   network = "wall.npz"                  # network: files of rw.materials, relative to the TOML file
//   [[object]]                            # one of the scene's: of another material, moving
//   name = "house_3"
//   material = "brick"
//   velocity_m_per_s = [0, 0, 0]
//   [paths]                               # max_depth, los, specular_reflection, refraction, diffraction,
//   finder = "exhaustive"                 # max_diffractions, seam_tolerance_m, samples_per_tx, synthetic_array,
//   finder, diffuse_reflection, reflection, lobe, scattering_tolerance, max_tiles, scattering_phases
//   device = "cpu"                        # where rays are traced: "cuda"; "emulated": its kernels as loops on the CPU
//                                         # finder: "shoot-and-bounce", "exhaustive", or "learned" by
//   sampler = "model.bin"                 # sampler, relative to the TOML file, and num_samples
//   [map]                                 # the same switches, and method, points_per_cell, coherent, and the surface:
//   surface = "plane"                     # "plane", "mesh", "terrain"; center_m, orientation_rad, size_m, cell_size_m,
//   method = "exact"                      # height_m, objects, max_bytes; method: "exact" or "monte-carlo"
//   [output]
//   paths = "paths.npz"                   # relative to the working folder
//   map = "map.npz"
//   json = "-"
//   report = "report.html"
//   image = "map.png"
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/em/antenna.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/runs/finder_choice.h"
#include "raywave/runs/options.h"
#include "raywave/scene/scene.h"

namespace raywave::runs {

inline constexpr int kMostThreads = 4096;  // more is a slip of the finger

struct DeviceConfig {
  std::optional<std::string> name;
  Vec3d position_m{0, 0, 0};
  std::optional<Vec3d> orientation_rad, look_at_m, velocity_m_per_s;
  std::optional<double> power_dbm;
  std::optional<em::PlanarArrayOptions> array;
};

struct MaterialConfig {
  std::string name;
  std::optional<std::string> itu_name;
  std::array<std::optional<double>, em::kMaterialNumbers.size()> numbers;  // in their order
  std::optional<bool> perfect_conductor;
  std::optional<std::string> scattering_pattern, lobe;  // as em/lobes.h spells lobes
  std::optional<std::string> texture, network;          // files of runs/material_fields.h, from the TOML file's folder
};

struct ObjectConfig {
  std::string name;
  std::optional<std::string> material;
  std::optional<Vec3d> velocity_m_per_s;
};

struct PathConfig {
  InteractionOptions interactions;
  std::optional<bool> synthetic_array;
  FinderChoice finder;
  std::optional<paths::ScatteringPhases> scattering_phases;
};

struct MapConfig {
  InteractionOptions interactions;
  std::optional<maps::Method> method;
  std::optional<int> points_per_cell;
  std::optional<bool> coherent;
  std::optional<maps::Surface::Kind> surface;
  std::optional<Vec3d> center_m, orientation_rad;
  std::optional<Vec2d> size_m, cell_size_m;
  std::optional<double> height_m, max_bytes;
  std::optional<std::vector<std::string>> objects;
};

struct OutputConfig {
  std::optional<std::string> paths, map, json, report, image;
};

struct RunConfig {
  std::optional<std::string> scene;  // with the TOML file's folder in front when it is relative
  std::optional<double> frequency_hz, bandwidth_hz, temperature_k;
  std::optional<uint64_t> seed;
  std::optional<int> threads;
  std::vector<MaterialConfig> materials;
  std::vector<ObjectConfig> objects;
  std::vector<DeviceConfig> transmitters, receivers;
  PathConfig paths;
  MapConfig map;
  OutputConfig output;

  /// Sets frequency, bandwidth and temperature where given, changes materials and objects, and adds the devices.
  /// @throws Error as the scene does, and for a material or object that it does not have.
  void apply_to(scene::Scene& scene) const;
  /// Overwrites what the file gives, but for the finder (paths.finder), whose model may be another file.
  void apply_to(paths::PathOptions& options) const;
  void apply_to(maps::RadioMapOptions& options) const;
  void apply_to(maps::Surface& surface) const;
};

/// @throws Error "run.toml:LINE: ..." for syntax, unknown keys (naming the nearest), wrong types, values out of range.
RunConfig read_run_config(const std::string& path);
/// `name` stands for the file in messages; a relative scene stays as it is written unless `folder` is given.
RunConfig parse_run_config(std::string_view toml, const std::string& name, const std::string& folder = "");

}  // namespace raywave::runs
