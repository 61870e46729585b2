// SPDX-License-Identifier: Apache-2.0
// What a march says of itself. Two laws are looked at, at the launch and at planes of the result:
//   Flux. sum kz |U|^2 of a passive scene does not grow; what evanescent waves could turn into is allowed for, and a
//   part in a thousand, which is less than any of the models promises. Masks, screens, jumps, slabs and absorbers keep
//   to it; the wave propagation method does not always (docs/waves.md). Rim. A window is periodic: what leaves it comes
//   back. The field is split into blocks across and directions (local spectra under sine windows, whose squares sum to
//   one), each follows its ray to the next plane, and what passes the rim and is not absorbed on both sides of it is
//   summed.
#pragma once

#include <string>
#include <vector>

#include "raywave/wave/march.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

/// A field on a plane.
struct MarchPlane {
  double z_m = 0;
  const Field* field = nullptr;
};
/// The largest factor by which the flux grows from a plane to a later one, above the allowance; 1: it does not.
struct FluxGain {
  double factor = 1, z_m = 0, later_z_m = 0;
};
FluxGain flux_gain(const Scene& scene, const March& march, const std::vector<MarchPlane>& planes, double rounding);
/// Share of the power of planes[0] that comes back over the rim before the last plane, into the cone where it has one.
double returning_share(const Scene& scene, const Source& source, const std::vector<MarchPlane>& planes);
/// No medium amplifies.
bool is_passive(const Scene& scene);
/// Words for one source. @param planes  the launch first. @param rounding  relative error of the flux; below 0: the
/// flux is not looked at.
std::vector<std::string> march_warnings(const Scene& scene, const March& march, const Source& source,
                                        const std::vector<MarchPlane>& planes, double rounding);

}  // namespace raywave::wave
