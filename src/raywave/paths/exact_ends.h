// SPDX-License-Identifier: Apache-2.0
// Paths whose two ends are solved in different ways: what stands on a panel element by element, devices as the options
// say.
#pragma once

#include "raywave/paths/path_solver.h"

namespace raywave::paths {

/// Which ends are solved element by element.
struct ExactEnds {
  bool tx = false, rx = false;
};

/// As solve_paths, with its own word for each end in the place of synthetic_array, which the options must not leave
/// different where paths scatter. Does not warn of what the result lacks: its paths are a part.
Paths solve_paths(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                  ExactEnds exact);

}  // namespace raywave::paths
