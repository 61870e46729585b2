// SPDX-License-Identifier: Apache-2.0
// The power that surfaces scatter between two devices, for links whose tiles are wanted finer than paths are kept
// (scatter_tiles.h), or by samples (scattered_samples.h). Of one place and straight legs:
//   P / P_t = (lambda / 4 pi)^2 sum over ports  int  [S^2 K_d + (1 - S^2) K_m] F^2 / (r1^2 r2^2) dA,
// K_d the reciprocal kernel (em/lobes.h) of the material's scattering pattern, S its scattering coefficient; K_m that
// of a lobe that stands in the mirror's place, where one is asked for; F^2 what the receiver's port takes of the
// transmitter's field (scattering_event.h). Both ends see the same: the sum is reciprocal. Powers carry no phase.
// Limits: by tiles, one place that scatters in a path; no edges.
// Differentiable in: positions, orientations, materials (S and K_x too), frequency, vertices. Not in: lobes' numbers;
// at S = 1 itself, where the lobe in the mirror's place has nothing to be cut by, that lobe's slope by S is left out;
// not where shadows fall on surfaces, whose borders the derivative holds still (ScatteredPower::shaded says how much of
// the power lies on tiles that have one).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/em/lobes.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/scatter_tiles.h"
#include "raywave/paths/touched_materials.h"
#include "raywave/paths/varying_materials.h"
#include "raywave/runtime/progress.h"
#include "raywave/scene/derivative.h"
#include "raywave/scene/parameters.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

enum class ScatterMethod : uint8_t {
  kTiles,    // no noise, exact derivatives; one place that scatters in a path
  kSampled,  // walks at random, as many places as max_depth; a standard error
};

struct ScatterOptions {
  bool diffuse = true;                 // S^2 by each material's pattern
  std::optional<em::Lobe> reflection;  // (1 - S^2) by this lobe, in place of the mirror
  ScatterMethod method = ScatterMethod::kTiles;
  int max_depth = 1;                 // interactions of a path, those that scatter among them
  bool specular_reflection = true;   // mirrors before and behind; with a lobe in their place: none
  bool refraction = false;           // transmissions, the same
  double tolerance = 1e-4;           // tiles: of a link's power; > 0
  int64_t max_tiles = 200000;        // tiles: of a link
  int64_t samples_per_tx = 1000000;  // sampled: rays
  uint64_t seed = 42;
  runtime::Progress progress;
  int num_threads = 0;
  LogSink log;
  /// @throws Error naming the bad field.
  void validate() const;
};

struct ScatteredPower {
  std::vector<std::string> tx_names, rx_names;
  int num_rx = 0, num_tx = 0;
  std::vector<double> gain;    // [num_rx, num_tx], linear, the mean over the port pairs
  std::vector<double> error;   // [num_rx, num_tx], as gain: tiles, estimate of the integral's error, infinite where
                               // max_tiles ran out early; sampled, the standard error
  std::vector<double> shaded;  // [num_rx, num_tx], share of the gain from tiles with a border of a shadow
  std::vector<std::vector<Tile>> tiles;  // [num_rx, num_tx]
  /// Materials that vary, see varied(): the first interaction of each link, [num_rx, num_tx].
  TouchedMaterials touched;
  std::vector<int64_t> first;
};

/// @param varying  materials that vary, of samples; of tiles: varied() below. Null: the scene's own
/// @throws Error for bad options or an invalid scene.
ScatteredPower scattered_power(const scene::Scene& scene, const PreparedScene& prepared, const ScatterOptions& options,
                               const VaryingMaterials* varying = nullptr);

extern const scene::Differentiable kDifferentiableByScattering;

/// Where the paths over the tiles touch faces, link by link; what a place scatters by several laws is one path.
/// @param first  written: see ScatteredPower. @return also how many interactions there are
/// @throws Error for samples, which keep no places.
std::pair<std::vector<TouchedPlace>, size_t> touched_places(const scene::Scene& scene, const PreparedScene& prepared,
                                                            const ScatterOptions& options, const ScatteredPower& power,
                                                            std::vector<int64_t>& first);
/// The power over these tiles with materials that vary. error and shaded stay those of the scene's own materials.
ScatteredPower varied(const scene::Scene& scene, const PreparedScene& prepared, const ScatterOptions& options,
                      const ScatteredPower& power, const TouchedMaterials& touched);

/// @throws Error for samples, which have no derivative.
/// @param power  what scattered_power() gave for this scene and these options; its tiles are kept
/// @param cotangent  of gain. @param slopes  [num_rows] of touched materials, written; or nothing
scene::SceneDerivative scattered_power_vjp(const scene::Scene& scene, const PreparedScene& prepared,
                                           const ScatterOptions& options, const ScatteredPower& power,
                                           const std::vector<double>& cotangent,
                                           std::vector<em::PlaceNumbers<double>>* slopes = nullptr);
/// How the gain moves along `direction`. @param moved  [num_rows]: how touched materials move; empty: not at all
std::vector<double> scattered_power_jvp(const scene::Scene& scene, const PreparedScene& prepared,
                                        const ScatterOptions& options, const ScatteredPower& power,
                                        const scene::SceneDerivative& direction,
                                        const std::vector<em::PlaceNumbers<double>>& moved = {});

}  // namespace raywave::paths
