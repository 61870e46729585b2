// SPDX-License-Identifier: Apache-2.0
// Derivatives of a map's received power and SINR beside its path gain: what map_derivative.h gives, and the transmit
// powers. Differentiable in: as map_derivative.h says, and power_dbm. Not in: noise.
#pragma once

#include <vector>

#include "raywave/maps/map_derivative.h"

namespace raywave::maps {

/// One number for each number of a map, [num_tx, num_y, num_x] each; an empty array stands for zeros.
struct MetricsDerivative {
  std::vector<double> path_gain, rss_w, sinr;
};

/// What a cotangent of all three says of path_gain [num_tx, num_y, num_x] and of the powers power_dbm [num_tx].
/// @throws Error for a cotangent of a wrong length or not finite, naming the metric.
struct GainCotangent {
  std::vector<double> path_gain, power_dbm;
};
GainCotangent gain_cotangent(const RadioMap& map, const MetricsDerivative& cotangent);
/// All three from how path_gain moves, and the powers.
MetricsDerivative metrics_moved(const RadioMap& map, std::vector<double> path_gain,
                                const std::vector<scene::DeviceDerivative>& transmitters);

/// The gradient of sum(cotangent . metrics). @throws Error as map_vjp does, naming the metric.
scene::SceneDerivative metrics_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                   const RadioMapOptions& options, const RadioMap& map,
                                   const MetricsDerivative& cotangent,
                                   std::vector<em::PlaceNumbers<double>>* slopes = nullptr);

/// How all three move when the scene moves along `direction`.
MetricsDerivative metrics_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                              const RadioMapOptions& options, const RadioMap& map,
                              const scene::SceneDerivative& direction,
                              const std::vector<em::PlaceNumbers<double>>& moved = {});

}  // namespace raywave::maps
