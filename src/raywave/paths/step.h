// SPDX-License-Identifier: Apache-2.0
// A path before fields: what it touches, and where.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/paths/interaction.h"
#include "raywave/paths/surface.h"

namespace raywave::paths {

/// One interaction of a path.
struct Step {
  Interaction type = Interaction::kSpecularReflection;
  SurfaceId surface;
  Vec3d point_m;
  EdgeFacts edge{};        // of diffraction
  ScatterFacts scatter{};  // of what scatters
};

/// A path between two points, before fields.
struct GeometricPath {
  int32_t target = 0;  // index of the receiving point
  std::vector<Step> steps;
};

}  // namespace raywave::paths
