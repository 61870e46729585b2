// SPDX-License-Identifier: Apache-2.0
// Paths between devices: find (which facets, in which order), refine (where exactly), evaluate (which field arrives).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "raywave/paths/paths.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/runtime/progress.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

enum class Finder {
  kShootAndBounce,  // rays find candidate facet sequences; fast; may miss a path that no ray comes near
  kExhaustive,      // every facet sequence that visibility allows; complete; cost grows with facets^depth
};

struct PathOptions {
  int max_depth = 3;  // interactions per path, transmissions included; >= 0
  bool los = true;    // the direct path
  bool specular_reflection = true;
  bool refraction = false;   // transmission through slabs, straight
  bool diffraction = false;  // over edges, in every mixture with the others
  int max_diffractions = 1;  // edges in one path: 1 to kMostEdges
  /// Cracks between faces up to this width are closed where edges are concerned; >= 0. Nothing: kSeamOfWavelength of
  /// the wavelength.
  std::optional<double> seam_tolerance_m;
  Finder finder = Finder::kShootAndBounce;
  int64_t samples_per_tx = 1000000;  // rays per transmitter (shoot and bounce)
  bool synthetic_array = true;  // one path solution per device pair and plane waves over the arrays; false: per element
  uint64_t seed = 42;
  int num_threads = 0;         // 0: all
  runtime::Progress progress;  // return false to interrupt: throws runtime::Interrupted
  LogSink log;

  /// @throws Error naming the bad field.
  void validate() const;
};

/// The key of a transmitter's random numbers: its name, so that its rays are the same whichever others are in the
/// scene.
uint64_t source_key(const std::string& name);

/// @throws Error unless nothing or >= 0 (and no NaN).
void validate_seam_tolerance(const std::optional<double>& seam_tolerance_m);

/// All paths between all transmitters and receivers of the scene.
/// @throws Error for bad options or an invalid scene (no transmitter, no receiver, NaN, ...).
Paths solve_paths(const scene::Scene& scene, const PathOptions& options);
/// The same with the scene's geometry prepared once; `prepared` must come from the same geometry.
Paths solve_paths(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options);

}  // namespace raywave::paths
