// SPDX-License-Identifier: Apache-2.0
// What the solvers of rays are told alike: which interactions a path may have, and how they are sought.
#pragma once

#include <cstdint>
#include <optional>

#include "raywave/core/error.h"
#include "raywave/runtime/progress.h"

namespace raywave::paths {

/// Which interactions a path may have.
struct Interactions {
  int max_depth = 3;  // interactions per path, transmissions included; >= 0
  bool los = true;    // the direct path
  bool specular_reflection = true;
  bool refraction = false;   // transmission through slabs, straight
  bool diffraction = false;  // over edges, in every mixture with the others
  int max_diffractions = 1;  // edges in one path: 1 to kMostEdges
  /// Cracks between faces up to this width are closed where edges are concerned; >= 0. Nothing: kSeamOfWavelength of
  /// the wavelength.
  std::optional<double> seam_tolerance_m;
};

/// What is switched on or off. Files, flags, Python and results go through these rows: another interaction is its
/// field above and one row here.
struct Switch {
  const char* name;
  bool Interactions::*field;
  const char* help;
};
inline constexpr Switch kSwitches[] = {
    {"los", &Interactions::los, "the direct path"},
    {"specular_reflection", &Interactions::specular_reflection, "mirror-like reflections"},
    {"refraction", &Interactions::refraction, "transmission through walls"},
    {"diffraction", &Interactions::diffraction, "over edges, in every mixture with the others"},
};

struct RayOptions : Interactions {
  int64_t samples_per_tx = 1000000;  // rays per transmitter, where rays are shot
  uint64_t seed = 42;
  int num_threads = 0;         // 0: all
  runtime::Progress progress;  // return false to interrupt: throws runtime::Interrupted
  LogSink log;

  /// @throws Error naming the bad field.
  void validate() const;
};

}  // namespace raywave::paths
