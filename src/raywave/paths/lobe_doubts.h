// SPDX-License-Identifier: Apache-2.0
// What there is to say of the lobes that stand in the mirrors' place before a run.
#pragma once

#include "raywave/paths/ray_options.h"

namespace raywave::paths {

/// Warns, once, where a von Mises-Fisher lobe of directional reflection is so sharp that single facets of a noisy mesh
/// decide what it gives: where the power would spread by more than 1 dB from one such mesh to the next, the kappa that
/// keeps it is exceeded by more than half (the estimate is good to a third; scene/facet_noise.h). Legs are as long as
/// the nearest transmitter is away, and 3 m at least. Lobes up to kDefaultLobe's kappa are not looked at.
void warn_of_sharp_lobes(const scene::Scene& scene, const PreparedScene& prepared, const RayOptions& options);

}  // namespace raywave::paths
