// SPDX-License-Identifier: Apache-2.0
// Derivatives of radio maps at fixed sample points.
//
// Exact maps: of what the map sums, path by path. Coherent maps with diffraction are continuous in everything, so that
// this is their whole derivative; sums of powers jump where a path ends, and those jumps are not in it.
// Monte-carlo maps: the same rays are traced again; the rays of one sequence in one cell stand for an area of the cell,
// and the path to their mean point is differentiated (the estimator itself would give 0: its rays carry no distance).
// Differentiable in: what kDifferentiableByExactMaps and kDifferentiableByMonteCarloMaps have. Not in: which paths
// there are, the cells' places.
#pragma once

#include <vector>

#include "raywave/em/material.h"
#include "raywave/maps/radio_map.h"
#include "raywave/scene/derivative.h"
#include "raywave/scene/parameters.h"

namespace raywave::maps {

/// All parameters but those of receivers (a map's are its cells) and velocities; Monte Carlo maps not by the
/// cross-polar share of diffuse scattering.
extern const scene::Differentiable kDifferentiableByExactMaps, kDifferentiableByMonteCarloMaps;
const scene::Differentiable& differentiable_by(Method method);
/// Paths and both maps.
std::span<const scene::Differentiable* const> differentiable_solvers();

/// The gradient of sum(cotangent * path_gain). Memory grows with the arrivals (100 bytes each), not with what a path's
/// derivative needs. The same bits for any number of threads, and whether the map kept its arrivals or not.
/// @param map  what solve_radio_map gave for this scene and these options. @param cotangent  [num_tx, num_y, num_x].
/// @param slopes  [num_rows], written: by the numbers of materials that vary (maps/varied_map.h)
/// @throws Error for a cotangent of a wrong length or not finite; for maps on meshes and terrain, whose cells would
/// move with the scene; for monte-carlo maps with refraction or
/// scattering.
scene::SceneDerivative map_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                               const RadioMapOptions& options, const RadioMap& map,
                               const std::vector<double>& cotangent,
                               std::vector<em::PlaceNumbers<double>>* slopes = nullptr);

/// How path_gain moves when the scene moves along `direction`: [num_tx, num_y, num_x].
/// @param moved  [num_rows]: how the numbers of materials that vary move; empty: not at all
std::vector<double> map_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                            const RadioMapOptions& options, const RadioMap& map,
                            const scene::SceneDerivative& direction,
                            const std::vector<em::PlaceNumbers<double>>& moved = {});

}  // namespace raywave::maps
