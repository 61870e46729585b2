// SPDX-License-Identifier: Apache-2.0
// Which rays that scatter are followed on, for the CPU and for devices.
#pragma once

#include "raywave/core/hd.h"

namespace raywave::maps {

/// A ray's length from a place that scatters: no image is seen edge-on from there.
inline constexpr float kAnew = 1e30f;

/// Rays with less than this share of the power that they set out with go on by a chance that is as much smaller, and
/// then have this share. @return the chance; 1 and more: surely
RAYWAVE_HD inline float roulette_chance(float power, float launched) {
  constexpr float kRoulette = 0.02f;
  return power / (kRoulette * launched);
}

}  // namespace raywave::maps
