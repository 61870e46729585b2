// SPDX-License-Identifier: Apache-2.0
// A wave run as a TOML file (`raywave wave run.toml`) and its results as files.
//
//   frequency = "28GHz"             # or frequency_hz
//   polarization = "te"             # "te", "tm"
//   boundary = "periodic"           # "periodic", "dirichlet", "neumann": the ground at the lower rim
//   backend = "fft"                 # "fft", "dense", "nufft", "gaussian_beams"
//   device = "cpu"                  # "cuda"; "emulated": its march as loops on the CPU
//   precision = "double"            # "double", "float"; tolerance = 1e-12 of nufft
//   memory = "1GiB"                 # bytes, or with KiB, MiB, GiB
//   threads = 0
//   num_reflections = 0             # sweeps back and forth between exact slabs
//   z_begin_m = 0
//   z_end_m = 0.5
//   step_m = 0.0025                 # default: a quarter of the wavelength
//   angle_filter_rad = 1.3          # soft limit of the launched directions; 0, the default: chosen; pi/2: none
//   [grid]                          # num_y (default: what holds sources, objects and their waves), spacing_m or
//   spacing_wavelengths, center_m; or points_m = [...] [absorber]                      # width_m, max_angle_rad,
//   nepers, power
//   [[source]]                      # name, kind = "gaussian" (position_m, waist_m, tilt_rad, focus_m), "plane"
//                                   # (width_m, taper_m, tilt_rad), "point" (distance_m, power_w_per_m), "array"
//                                   # (element_offsets_m, weights = [[re, im], ...], waist_m, tilt_rad), "sampled"
//                                   # (samples = [[re, im], ...]); amplitude, phase_rad
//   [[object]]                      # name, shape = "rectangle" (center_m, size_m), "disc" (center_m, radius_m),
//                                   # "polygon" (vertices_m), "half_plane" (edge_m, depth_m, below), "grating"
//                                   (center_m, # period_m, fill, depth_m, num_bars), "lens" (center_m, aperture_m, #
//                                   radius_of_curvature_m, edge_depth_m); points are [y, z]; material = "concrete", or
//                                   # relative_permittivity, conductivity_s_per_m, or perfect_conductor = true;
//                                   # model = "auto", "screen", "wpm", "slab"; absorption_np_per_m
//   [cut]                           # scene = "room.xml", height_m: a horizontal cut; x becomes z, y stays
//   A 3D run has num_x (and spacing_x_m, center_x_m) in [grid]; position_x_m, tilt_x_rad, element_offsets_x_m, power_w
//   in sources; the shapes "box" (center_m, size_m) and "sphere" (center_m, radius_m), points [x, y, z]; and [cut] with
//   scene alone: the closed meshes of that scene, whose x becomes z and whose height becomes x.
//   [output]                        # z_m = [...] or planes = 200, points_m = [[y, z], ...], field, image, json
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/scene/place.h"
#include "raywave/wave/simulate.h"

namespace raywave::runs {

struct WaveConfig {
  wave::Scene scene;
  wave::SimulateOptions options;      // output_z_m, backend, memory, threads
  int planes = 0;                     // evenly spaced planes instead of options.output_z_m
  std::vector<Vec3d> points_m;        // where the field is wanted besides
  std::string field, image, json;     // files, or empty
  std::optional<scene::Place> place;  // of the scene that [cut] names
};

/// @throws Error "run.toml:LINE: ..." for syntax, unknown keys, wrong types, and values that the scene refuses.
WaveConfig read_wave_config(const std::string& path, const LogSink& log = {});
WaveConfig parse_wave_config(std::string_view toml, const std::string& name, const std::string& folder = "",
                             const LogSink& log = {});
/// "1GiB", "512 MiB", "1e9" (bytes). @throws Error.
int64_t parse_bytes(std::string_view text);

/// Arrays: frequency_hz, z_m [planes], y_m [num_y], source_names, field [planes, sources, num_y] (complex),
/// power_w_per_m [planes, sources], choices, warnings, cone_half_angle_rad [sources]; with num_reflections also
/// backward, as field. In 3D also x_m [num_x], field [planes, sources, num_x, num_y], and power_w. What was cut from a
/// scene with a place: crs and origin_m, of that scene (its x is z here, its height x). .npz or .h5.
void save_wave_result(const std::string& path, const wave::Result& result,
                      const std::optional<scene::Place>& place = {});
/// Settings, models chosen, power by plane and source, the field at points_m.
std::string wave_json(const wave::Result& result, const WaveConfig& config);

}  // namespace raywave::runs
