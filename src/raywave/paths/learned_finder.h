// SPDX-License-Identifier: Apache-2.0
// Paths between devices over what a learned sampler draws for each link, in place of the finder that the options name.
#pragma once

#include <memory>

#include "raywave/paths/facet_sampler.h"
#include "raywave/paths/path_solver.h"

namespace raywave::paths {

struct LearnedFinder {
  std::shared_ptr<const FacetSampler> sampler;
  int num_samples = 10;  // of each link and order, with repetitions; > 0
};

/// As solve_paths; what is drawn is a function of the options' seed and the names of both devices. Paths may be
/// missing.
/// @throws Error also without a sampler, for num_samples < 1, max_depth above nn::kMostSampledOrder, and with
/// diffraction or scattering, which need what leads to edges and surfaces.
Paths solve_paths(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                  const LearnedFinder& finder);

}  // namespace raywave::paths
