// SPDX-License-Identifier: Apache-2.0
// Coherent maps of scenes with reconfigurable surfaces (paths/panels.h): |E|^2 of the sum of all that arrives at the
// cells' centres, what three short dipoles at right angles receive. Panels answer to all of a cell's field with one
// phase, so that powers alone (incoherent and Monte Carlo maps) have no place for them: these are refused.
// Every cell is a receiver to which each element has its paths: work grows with cells times elements.
// Differentiable in: as paths with panels are, powers and precoding. Not in: the cells' places.
#pragma once

#include "raywave/maps/metric_derivative.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/panels.h"

namespace raywave::maps {

/// @throws Error as solve_radio_map and solve_panel_paths do, and for options that are not exact and coherent with a
/// sample point a cell.
RadioMap solve_panel_map(const scene::Scene& scene, const paths::PreparedScene& prepared, const Surface& surface,
                         const RadioMapOptions& options, const std::vector<paths::Panel>& panels);

/// As metrics_vjp and metrics_jvp. @throws Error for maps on meshes and terrain, whose cells would move.
paths::PanelsDerivative panel_metrics_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                          const RadioMapOptions& options, const RadioMap& map,
                                          const std::vector<paths::Panel>& panels, const MetricsDerivative& cotangent);
MetricsDerivative panel_metrics_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                    const RadioMapOptions& options, const RadioMap& map,
                                    const std::vector<paths::Panel>& panels, const paths::PanelsDerivative& direction);

}  // namespace raywave::maps
