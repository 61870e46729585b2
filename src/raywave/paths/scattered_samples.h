// SPDX-License-Identifier: Apache-2.0
// Scattered power between devices by samples: rays walk from the transmitter and scatter as often as the depth allows;
// at each surface that they meet, what it scatters towards each receiver - straight, or over the mirrors that lead
// there - is added (the next event's estimate), and chance decides how the walk goes on (scatter_events.h). The
// expectation is what tiles sum, with several places that scatter in a path.
#pragma once

#include <vector>

#include "raywave/paths/ray_options.h"
#include "raywave/paths/scatter_tiles.h"
#include "raywave/paths/varying_materials.h"

namespace raywave::paths {

/// Of one transmitter, over all port pairs, [num_rx].
struct SampledPower {
  std::vector<double> gain, standard_error;
};

/// @param scene  centred. @param receivers  with the sequences of mirrors from each
/// @param varying  materials that vary, or null. @param options  samples_per_tx rays; diffuse_reflection, reflection,
/// max_depth, refraction, seed
SampledPower sampled_power(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
                           int32_t tx, const std::vector<ScatterEnd>& receivers, const RayOptions& options,
                           const VaryingMaterials* varying = nullptr);

}  // namespace raywave::paths
