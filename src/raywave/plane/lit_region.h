// SPDX-License-Identifier: Apache-2.0
// Where the moving end of a sequence of walls may stand so that its path holds, and where it surely does: half-planes,
// found once a sequence, so that most points of a map are decided without their path (hard conditions, image method).
//   - Outside: beyond a beam from the last image through the walls no path holds (plane/beam.h).
//   - Inside: within the cone that passes all walls, kWellOn of their length from their ends, beyond the last wall, and
//     on the near side of every wall that could block, each condition is met with room to spare.
// Between the two, and where walls stand in the cone, a path is looked at itself.
#pragma once

#include <span>
#include <vector>

#include "raywave/plane/beam.h"

namespace raywave::plane {

/// normal . (p - origin) + offset > 0
struct HalfPlane {
  Vec2d normal;
  double offset = 0;
};

struct LitRegion {
  bool nowhere = false;            // no point has a path
  bool somewhere_sure = false;     // `inside` says where paths hold
  std::vector<HalfPlane> outside;  // all must be met by a path that holds
  std::vector<HalfPlane> inside;   // where all are met it holds
};

/// @param walls  all are walls. @param blocking  objects that block, straight ones. @param origin  of the half-planes.
LitRegion lit_region(const SceneOver<double>& scene, Vec2d fixed, std::span<const int32_t> walls,
                     std::span<const int32_t> blocking, Vec2d origin);

}  // namespace raywave::plane
