// SPDX-License-Identifier: Apache-2.0
// Scenes in the plane as TOML files; the same that raywave.Scene2D.save writes:
//   r_coef, height_m, alpha, frequency_hz           numbers, all optional
//   [transmitters] and [receivers]                  name = [x, y]
//   [[materials]]                                   name, thickness_m, and perfect_conductor, itu_name, or
//                                                   relative_permittivity and conductivity_s_per_m
//   [[objects]]                                     kind, name, and what is theirs:
//     wall (the default): a, b, material    ris: a, b, phi_rad    panel: a, b, profile_m
//     corner: a                             arc: a, radius_m, begin_rad, end_rad
//   [trace]                                         how it is traced, all optional: min_order, max_order, candidates,
//                                                   method, smoothed (an activation, or ""), points (of the map),
//                                                   seed; sampler (relative to the file) and num_samples of
//                                                   candidates = "sampled"
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "raywave/plane/scene2d.h"
#include "raywave/runs/finder_choice.h"

namespace raywave::runs {

/// How `raywave plane` traces a scene, as words: of the file's table [trace], or of flags.
struct PlaneTrace {
  std::optional<int> min_order, max_order, points;
  std::optional<std::string> candidates, method, smoothed;
  std::optional<uint64_t> seed;
  SamplerChoice sampling;

  /// What the other one says takes precedence.
  void take(const PlaneTrace& other);
};
struct PlaneRun {
  plane::Scene2D scene;
  PlaneTrace trace;
};
/// @throws Error "file:LINE: ..." for what it does not understand, or a scene that is none.
PlaneRun parse_plane_run(const std::string& text, const std::string& name);
PlaneRun load_plane_run(const std::string& path);

}  // namespace raywave::runs
