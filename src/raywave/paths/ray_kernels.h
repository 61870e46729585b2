// SPDX-License-Identifier: Apache-2.0
// What a device does with rays beside maps: the closest hits of given rays; shot rays followed to their end.
#pragma once

#include "raywave/paths/ray_tree.h"
#include "raywave/paths/rays_api.h"
#include "raywave/paths/shot_rays.h"

namespace raywave::paths {

/// Element i: the hit of ray i.
struct ClosestHitsKernel {
  static constexpr RayKernel kKind = RayKernel::kClosestHits;
  RayTreeView tree;
  const Vec3f* origin_m = nullptr;
  const Vec3f* direction = nullptr;
  RayHit* hits = nullptr;

  RAYWAVE_HD void operator()(int64_t i) const { hits[i] = closest_hit(tree, origin_m[i], direction[i]); }
};

/// Shot rays in a scene on the device.
struct ShotScene {
  RayTreeView tree;
  const RayFacet* facets = nullptr;
  const uint8_t* mirrors = nullptr;  // [num_facets]; null: all are
  Shot shot;
  int64_t first_tile = 0;

  RAYWAVE_HD bool is_mirror(int32_t facet) const { return !mirrors || mirrors[facet] != 0; }
};

/// Element i: the hits of ray i of the tiles from first_tile on, at each depth. What a ray does not reach is no hit.
struct FollowKernel {
  static constexpr RayKernel kKind = RayKernel::kFollow;
  ShotScene scene;
  int64_t num_rays = 0;
  RayHit* hits = nullptr;  // [max_depth + 1, num_rays]

  RAYWAVE_HD void operator()(int64_t i) const {
    const Shot& shot = scene.shot;
    uint64_t random = 0;
    const Vec2<float> place =
        place_in_square(shot, scene.first_tile + i / Shot::kTileRays, int(i % Shot::kTileRays), random);
    Vec3f o = shot.origin_m, d = square_to_sphere(place.x, place.y);
    bool on = true;
    for (int depth = 0; depth <= shot.max_depth; ++depth) {
      const RayHit hit = on ? closest_hit(scene.tree, o, d) : RayHit{};
      hits[depth * num_rays + i] = hit;
      on = hit.facet >= 0;
      if (!on || depth == shot.max_depth) continue;
      const Event event = event_at(shot, scene.is_mirror(hit.facet), random);
      on = event != Event::kEnd;
      if (on) go_on(scene.facets[hit.facet], hit.t, event, {}, o, d);
    }
  }
};

}  // namespace raywave::paths
