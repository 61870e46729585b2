// SPDX-License-Identifier: Apache-2.0
// Paths between devices: find (which facets, in which order), refine (where exactly), evaluate (which field arrives).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "raywave/paths/paths.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

enum class Finder {
  kShootAndBounce,  // rays find candidate facet sequences; fast; may miss a path that no ray comes near
  kExhaustive,      // every facet sequence that visibility allows; complete; cost grows with facets^depth
};

struct PathOptions {
  int max_depth = 3;             // interactions per path, transmissions included; >= 0
  bool los = true;               // the direct path
  bool specular_reflection = true;
  bool refraction = false;       // transmission through slabs, straight
  Finder finder = Finder::kShootAndBounce;
  int64_t samples_per_tx = 1000000;  // rays per transmitter (shoot and bounce)
  bool synthetic_array = true;   // one path solution per device pair and plane waves over the arrays; false: per element
  uint64_t seed = 42;
  int num_threads = 0;           // 0: all
  /// Called with (done, total) between tasks; return false to interrupt (throws Interrupted).
  std::function<bool(int64_t done, int64_t total)> progress;
  LogSink log;

  /// @throws Error naming the bad field.
  void validate() const;
};

/// Thrown when the progress callback asks to stop.
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted") {}
};

/// All paths between all transmitters and receivers of the scene.
/// @throws Error for bad options or an invalid scene (no transmitter, no receiver, NaN, ...).
Paths solve_paths(const scene::Scene& scene, const PathOptions& options);
/// The same with the scene's geometry prepared once; `prepared` must come from the same geometry.
Paths solve_paths(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options);

}  // namespace raywave::paths
