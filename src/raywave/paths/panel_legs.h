// SPDX-License-Identifier: Apache-2.0
// Legs of paths by way of panels, as paths of scenes where the panels are devices. For panel_paths.cpp and
// panel_paths_derivative.cpp.
#pragma once

#include <array>
#include <vector>

#include "raywave/core/spherical.h"
#include "raywave/paths/panels.h"

namespace raywave::paths {

/// The scene with panels in the place of all receivers, or of all transmitters.
scene::Scene with_panels(const scene::Scene& scene, const std::vector<Panel>& panels, bool as_receivers);

/// Ports y and z of every element: what each path to it brings [2, tx ports], and each path from it takes on
/// [2, rx ports].
template <class T>
using Waves = std::vector<Complex<T>>;

/// Direction of path p as seen from the panel that it ends at or begins with.
Angles<double> seen(const Paths& paths, int64_t p, bool towards);

/// Gains of a leg's path with the panel's slant first: [2, ports of the device].
std::vector<Complexd> slants_first(const Paths& paths, const Link& link, const std::vector<Complexd>& a, int64_t p,
                                   bool towards);
inline size_t place_of(size_t slant, size_t port, size_t ports, bool towards) {
  return towards ? slant * ports + port : 2 * port + slant;
}

/// The waves at all paths of a leg, [num_paths][2 * ports].
std::vector<Waves<double>> waves_of(const Paths& paths, const std::vector<Panel>& panels, bool towards);

Complexd load_of(const Panel& panel, int element);

/// Materials at touched places as those of each of PanelPaths::legs(), with all rows.
std::array<TouchedMaterials, 3> touched_legs(const PanelPaths& all, const TouchedMaterials& touched);

}  // namespace raywave::paths
