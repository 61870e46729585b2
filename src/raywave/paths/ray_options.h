// SPDX-License-Identifier: Apache-2.0
// What the solvers of rays are told alike: which interactions a path may have, and how they are sought.
#pragma once

#include <cstdint>
#include <optional>

#include "raywave/core/error.h"
#include "raywave/em/lobes.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/runtime/progress.h"

namespace raywave::paths {

/// What the share 1 - S^2 of what a surface reflects does: a mirror's image, or a lobe about that direction, in power,
/// for surfaces whose facets are noisy.
enum class Reflection : uint8_t { kMirror, kDirectional };
/// The lobe where none is named: 8 degrees wide, which keeps bias and spread below 0.4 and 1.3 dB in rooms of facets of
/// 10 to 25 cm.
inline constexpr em::Lobe kDefaultLobe{.kind = em::LobeKind::kVonMisesFisher, .kappa = 50};

/// Which interactions a path may have.
struct Interactions {
  int max_depth = 3;  // interactions per path, transmissions included; >= 0
  bool los = true;    // the direct path
  bool specular_reflection = true;
  bool refraction = false;          // transmission through slabs, straight
  bool diffraction = false;         // over edges, in every mixture with the others
  int max_diffractions = 1;         // edges in one path: 1 to kMostEdges
  bool diffuse_reflection = false;  // scattering: S^2 of what is reflected, by each material's pattern
  Reflection reflection = Reflection::kMirror;
  em::Lobe lobe = kDefaultLobe;  // of directional reflection, where a material names none
  /// Of directional reflection: planes whose faces add up to keep_specular_m2 or more stay mirrors, coherent; > 0.
  bool keep_specular = false;
  double keep_specular_m2 = 1.0;
  /// Cracks between faces up to this width are closed where edges are concerned; >= 0. Nothing: kSeamOfWavelength of
  /// the wavelength.
  std::optional<double> seam_tolerance_m;

  bool is_directional() const { return specular_reflection && reflection == Reflection::kDirectional; }
  bool scatters() const { return diffuse_reflection || is_directional(); }
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
    {"diffuse_reflection", &Interactions::diffuse_reflection,
     "scattering by each material's pattern, before, after and between mirrors and transmissions"},
    {"keep_specular", &Interactions::keep_specular,
     "with directional reflection, mirrors at large clean planes (keep_specular_m2)"},
};

struct RayOptions : Interactions {
  int64_t samples_per_tx = 1000000;    // rays per transmitter, where rays are shot
  double scattering_tolerance = 1e-2;  // of a link's scattered power, where tiles are summed; > 0
  int64_t max_tiles = 20000;           // of a link
  uint64_t seed = 42;
  int num_threads = 0;  // 0: all
  /// Where shot rays are traced, and Monte Carlo maps made; kEmulated: the device's kernels as loops here, for tests.
  runtime::Device device = runtime::Device::kCpu;
  runtime::Progress progress;  // return false to interrupt: throws runtime::Interrupted
  LogSink log;

  /// @throws Error naming the bad field.
  void validate() const;
};

/// The geometry as these options see it: edges closed by their seams, mirrors where they leave mirrors, rays
/// traced where they say. @throws Error when a device is not there.
PreparedScene prepared_for(const PreparedScene& geometry, const scene::Scene& scene, const RayOptions& options);

}  // namespace raywave::paths
