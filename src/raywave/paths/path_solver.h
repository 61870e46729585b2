// SPDX-License-Identifier: Apache-2.0
// Paths between devices: find (which facets, in which order), refine (where exactly), evaluate (which field arrives).
#pragma once

#include "raywave/paths/paths.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_options.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

enum class Finder {
  kShootAndBounce,  // rays find candidate facet sequences; fast; may miss a path that no ray comes near
  kExhaustive,      // every facet sequence that visibility allows; complete; cost grows with facets^depth
};

/// The phases that scattered paths have of their own: none, so that their powers are what is meant; or one a place from
/// the counter-based generator, the same for every link and both ways, so that their sums are as random as rough
/// surfaces are.
enum class ScatteringPhases : uint8_t { kNone, kRandom };

struct PathOptions : RayOptions {
  Finder finder = Finder::kShootAndBounce;
  ScatteringPhases scattering_phases = ScatteringPhases::kNone;
  bool synthetic_array = true;  // one path solution per device pair and plane waves over the arrays; false: per element
};

/// All paths between all transmitters and receivers of the scene.
/// @throws Error for bad options or an invalid scene (no transmitter, no receiver, NaN, ...).
Paths solve_paths(const scene::Scene& scene, const PathOptions& options);
/// The same with the scene's geometry prepared once; `prepared` must come from the same geometry.
Paths solve_paths(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options);

}  // namespace raywave::paths
