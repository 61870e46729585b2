// SPDX-License-Identifier: Apache-2.0
// Derivatives of paths: what a loss gives back for each output (vjp), or how each output moves (jvp).
// Differentiable in: what kDifferentiableByPaths has. Not in: which paths there are; edge
// diffraction makes that the whole derivative, see docs/gradients.md.
#pragma once

#include <vector>

#include "raywave/paths/path_solver.h"
#include "raywave/scene/derivative.h"
#include "raywave/scene/parameters.h"

namespace raywave::paths {

/// One number for each number of Paths, in the same places; an empty array stands for zeros.
/// Cotangents of complex gains: d loss / d Re a + j d loss / d Im a.
struct PathsDerivative {
  std::vector<Complexd> a;                                                // [Paths::a.size()]
  std::vector<double> tau_s, theta_t, phi_t, theta_r, phi_r, doppler_hz;  // [num_paths]
  /// What a loss depends on the carrier beside the paths themselves (the phases exp(-j 2 pi f tau) of channels).
  double frequency_hz = 0;
};

/// All parameters but powers and precoding (of maps). By K_x (xpd_coefficient) at 0 and 1: of the polarisation that is
/// there; that which begins there grows as sqrt(K_x), and so has no slope.
extern const scene::Differentiable kDifferentiableByPaths;

/// The gradient of sum(cotangent . outputs). Memory does not grow with the number of paths. The same bits for any
/// number of threads.
/// @param paths  what solve_paths gave for this scene and these options.
/// @throws Error for cotangents of a wrong length or with values that are not finite, naming them.
scene::SceneDerivative paths_vjp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                                 const Paths& paths, const PathsDerivative& cotangent);

/// How the outputs move when the scene moves along `direction`.
PathsDerivative paths_jvp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                          const Paths& paths, const scene::SceneDerivative& direction);

}  // namespace raywave::paths
