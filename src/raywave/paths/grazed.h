// SPDX-License-Identifier: Apache-2.0
// Reflections at grazing. A leg that runs along a face, both its ends in the face's plane within rounding, is reflected
// there too where the ends count as moved to the side in front of it (place.h): the limit from above a roof has the ray
// and its reflection, which at grazing take each other away. No ray that is shot meets such a face, and few meet one
// that both ends of a leg lie a little above (two phones on the floor: to be reflected there behind a wall a ray must
// have met the wall below their height). So whoever finds a path asks what its legs run along.
#pragma once

#include <vector>

#include "raywave/paths/refine.h"

namespace raywave::paths {

/// Adds such reflections to the paths from the tree's source to targets.
/// @param los    is the straight line one of the paths, where it is free? (Its reflections are there in any case.)
/// @param tree   takes the sequences
/// @param paths  all paths that are known, in order (step.h), each once; so they are left.
void add_grazed(Refiner& refiner, const PreparedScene& scene, bool los, SequenceTree& tree,
                const std::vector<Vec3d>& targets_m, std::vector<GeometricPath>& paths);

}  // namespace raywave::paths
