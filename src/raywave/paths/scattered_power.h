// SPDX-License-Identifier: Apache-2.0
// Power that surfaces scatter once between two devices: the integral over everything that both see,
//   P / P_t = (lambda / 4 pi)^2 sum over ports  int  [S^2 K_d + (1 - S^2) K_m] F^2 / (r1^2 r2^2) dA,
// K_d the reciprocal kernel (em/lobes.h) of the material's scattering pattern, S its scattering coefficient; K_m that
// of a lobe that stands in the mirror's place, where one is asked for. F^2 is what the receiver's port takes of the
// transmitter's field after a mirror across h, the middle of the directions in and out, with the slab's coefficients at
// that angle: the facet that would reflect one into the other. Of its power the share K_x (xpd_coefficient) arrives in
// the polarisation across (turned before the mirror and behind it, half each), which adds in power. Both ends see the
// same: the sum is reciprocal.
//
// The integral is taken by tiles: triangles cut in four until what halving them changes is below the tolerance. So
// there is no noise, and the derivative of the sum is that of what was summed. Powers carry no phase.
// Limits: one bounce, straight legs that nothing is in the way of (walls in between are opaque); openings and shadows
// smaller than the places at which a tile is looked at (a fifth of its size) may be missed.
// Differentiable in: positions, orientations, materials (S and K_x too), frequency, vertices. Not in: lobes' numbers;
// at S = 1 itself, where the lobe in the mirror's place has nothing to be cut by, that lobe's slope by S is left out;
// not where shadows fall on surfaces, whose borders the derivative holds still (ScatteredPower::shaded says how much of
// the power lies on tiles that have one).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/em/lobes.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/scene/derivative.h"
#include "raywave/scene/parameters.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

struct ScatterOptions {
  bool diffuse = true;                 // S^2 by each material's pattern
  std::optional<em::Lobe> reflection;  // (1 - S^2) by this lobe, in place of the mirror
  double tolerance = 1e-4;             // of a link's power; > 0
  int64_t max_tiles = 200000;          // of a link
  int num_threads = 0;
  LogSink log;
  /// @throws Error naming the bad field.
  void validate() const;
};

/// A triangle of an object's mesh or a part of it, and what its places see.
struct Tile {
  int32_t facet = 0, triangle = 0;  // into the facet table
  /// Two of the three barycentric coordinates of each corner.
  double corners[3][2] = {};
  bool is_shaded = false;  // some of its places see both ends, others not
};

struct ScatteredPower {
  std::vector<std::string> tx_names, rx_names;
  int num_rx = 0, num_tx = 0;
  std::vector<double> gain;  // [num_rx, num_tx], linear, the mean over the port pairs
  std::vector<double>
      error;  // [num_rx, num_tx], estimate of the integral's error, as gain; infinite where max_tiles ran out early
  std::vector<double> shaded;            // [num_rx, num_tx], share of the gain from tiles with a border of a shadow
  std::vector<std::vector<Tile>> tiles;  // [num_rx, num_tx]
};

/// @throws Error for bad options or an invalid scene.
ScatteredPower scattered_power(const scene::Scene& scene, const PreparedScene& prepared, const ScatterOptions& options);

extern const scene::Differentiable kDifferentiableByScattering;

/// @param power  what scattered_power() gave for this scene and these options; its tiles are kept
/// @param cotangent  of gain
scene::SceneDerivative scattered_power_vjp(const scene::Scene& scene, const PreparedScene& prepared,
                                           const ScatterOptions& options, const ScatteredPower& power,
                                           const std::vector<double>& cotangent);
/// How the gain moves along `direction`.
std::vector<double> scattered_power_jvp(const scene::Scene& scene, const PreparedScene& prepared,
                                        const ScatterOptions& options, const ScatteredPower& power,
                                        const scene::SceneDerivative& direction);

}  // namespace raywave::paths
