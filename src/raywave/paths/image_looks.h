// SPDX-License-Identifier: Apache-2.0
// Looks from a place to the source through the mirrors of a sequence: is something in the way by more than rounding?
// What one triangle hides of a plane, seen from one point, is convex: where it hides the corners of a part it hides all
// of that part.
#pragma once

#include <cstdint>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/paths/sequence_tree.h"

namespace raywave::paths {

/// Of a segment and of a triangle (RayQueries::occluded), and rad off a face: clear of rounding, in scenes of any size.
constexpr double kClear = 1e-6;

/// What is in the way: a triangle behind so many mirrors.
struct Obstacle {
  uint32_t triangle = 0;
  int32_t leg = -1;  // -1: none
};

class ImageLooks {
 public:
  /// It holds references.
  ImageLooks(const PreparedScene& scene, const SequenceTree& tree) : scene_(scene), tree_(tree) {}

  const RayQueries& queries() const { return scene_.queries(); }

  /// The first obstacle that is met. @param beside  the facets at the place
  Obstacle find(int32_t node, const Vec3d& at, const EndFacets& beside) const;
  /// Is this obstacle in the way?
  bool is_behind(const Obstacle& o, int32_t node, const Vec3d& at, const EndFacets& beside) const;
  /// Is anything in the way of the last leg alone, that which ends at the place, moved to end at another one?
  bool hides_last_leg(int32_t node, const Vec3d& at, const Vec3d& moved, const EndFacets& beside) const;

 private:
  template <class Until>
  bool any_leg(int32_t node, const Vec3d& at, const EndFacets& beside, Until&& until) const;

  const PreparedScene& scene_;
  const SequenceTree& tree_;
};

}  // namespace raywave::paths
