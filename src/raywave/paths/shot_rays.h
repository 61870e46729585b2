// SPDX-License-Identifier: Apache-2.0
// One shot ray: where it sets out to, what becomes of it at a surface, where it goes on from. For tiles of rays on the
// CPU (shoot.h) and for devices, ray by ray; the same operations, so that both follow the same rays.
//
// Directions: the unit square is mapped to the sphere by the equal-area octahedral map (Clarberg 2008, "Fast equal-area
// mapping of the (hemi)sphere using SIMD"), one jittered sample a cell, keyed by (seed, source, ray).
#pragma once

#include <cmath>
#include <cstdint>

#include "raywave/core/hd.h"
#include "raywave/core/random.h"
#include "raywave/core/vec.h"

namespace raywave::paths {

enum class Event : uint8_t { kEnd, kReflect, kPass, kScatter };

/// Rays from a point in tiles of 8 x 8 neighbours, of 4 packets of 4 x 4.
struct Shot {
  static constexpr int kSide = 8, kTileRays = kSide * kSide;
  Vec3f origin_m;  // clear of surfaces
  int64_t tiles_per_side = 1;
  uint64_t key = 0;
  int max_depth = 0;
  bool reflection = true, refraction = false;
  bool on_all = false;  // rays go on at surfaces that are no mirrors too

  RAYWAVE_HD int64_t num_tiles() const { return tiles_per_side * tiles_per_side; }

  /// Rays set out one from each small part of the sphere, four of them from each block of 2 x 2 parts. a - b - c + d of
  /// what those bring has the variance of a + b + c + d: the means cancel but for how their change changes. For
  /// standard errors: the block of a tile's ray, as it set out, its sign there, and the rays of a block.
  static constexpr int kBlockRays = 4, kBlocks = kTileRays / kBlockRays;
  RAYWAVE_HD static int block_of(int ray) { return ray / 16 * 4 + ray % 16 / 8 * 2 + ray % 4 / 2; }
  RAYWAVE_HD static int sign_of(int ray) { return (ray + ray % 16 / 4) % 2 == 0 ? 1 : -1; }
  RAYWAVE_HD static int ray_of(int block, int which) {
    return block / 4 * 16 + (block % 4 / 2 * 2 + which / 2) * 4 + block % 2 * 2 + which % 2;
  }
};

/// A facet as rays in single precision see it.
struct RayFacet {
  Vec3f normal;
  float plane;     // normal . p of its points
  float offset_m;  // by which rays are moved off it
};

/// The equal-area octahedral map from [0, 1]^2 to the unit sphere.
RAYWAVE_HD inline Vec3f square_to_sphere(float a, float b) {
  const float u = 2 * a - 1, v = 2 * b - 1;
  const float au = std::fabs(u), av = std::fabs(v);
  const float d = 1 - (au + av);
  const float r = 1 - std::fabs(d);
  // angle in [-pi/4, pi/4] about the diagonal; Taylor series are exact there to single precision
  const float x = r > 0 ? 0.78539816f * (av - au) / r : 0.0f;
  const float x2 = x * x;
  const float s = x * (1 - x2 * (1.0f / 6) * (1 - x2 * (1.0f / 20) * (1 - x2 * (1.0f / 42))));
  const float c = 1 - x2 * 0.5f * (1 - x2 * (1.0f / 12) * (1 - x2 * (1.0f / 30) * (1 - x2 * (1.0f / 56))));
  const float f = 0.70710678f * r * std::sqrt(2 - r * r);
  return {std::copysign(f * (c - s), u), std::copysign(f * (c + s), v), std::copysign(1 - r * r, d)};
}

/// Where a ray of a tile sets out to in the unit square, and the state that its further draws come from.
RAYWAVE_HD inline Vec2<float> place_in_square(const Shot& shot, int64_t tile, int lane, uint64_t& random) {
  const int packet = lane / 16, i = lane % 16;
  const int x = packet % 2 * 4 + i % 4, y = packet / 2 * 4 + i / 4;
  const int64_t row = tile / shot.tiles_per_side, col = tile % shot.tiles_per_side;
  const float cell = 1.0f / float(shot.tiles_per_side * Shot::kSide);
  random = mix64(shot.key ^ uint64_t(tile * Shot::kTileRays + lane));
  const float jx = float(uint32_t(random) >> 8) * 0x1.0p-24f, jy = float(uint32_t(random >> 32) >> 8) * 0x1.0p-24f;
  return {(float(col * Shot::kSide + x) + jx) * cell, (float(row * Shot::kSide + y) + jy) * cell};
}

/// What becomes of a ray that hits a facet. @param mirrors  does the facet reflect as a mirror?
RAYWAVE_HD inline Event event_at(const Shot& shot, bool mirrors, uint64_t& random) {
  if (!(shot.reflection && (shot.on_all || mirrors))) return shot.refraction ? Event::kPass : Event::kEnd;
  if (!shot.refraction) return Event::kReflect;
  random = mix64(random);
  return random & 1 ? Event::kReflect : Event::kPass;
}

/// Moves a ray on from the facet that it hit at t, off it, to the side on which it goes on.
/// @param scattered  of Event::kScatter: where to
RAYWAVE_HD inline void go_on(const RayFacet& facet, float t, Event event, const Vec3f& scattered, Vec3f& o, Vec3f& d) {
  const Vec3f n = facet.normal;
  const float dn = d.x * n.x + d.y * n.y + d.z * n.z;
  o.x += t * d.x, o.y += t * d.y, o.z += t * d.z;
  // from where rounding has put it off the surface
  const bool reflects = event != Event::kPass;
  const float height = o.x * n.x + o.y * n.y + o.z * n.z - facet.plane;
  const float side = ((dn > 0) == reflects ? -facet.offset_m : facet.offset_m) - height;
  o.x += side * n.x, o.y += side * n.y, o.z += side * n.z;
  if (event == Event::kScatter) {
    d = scattered;
  } else if (reflects) {
    d.x -= 2 * dn * n.x, d.y -= 2 * dn * n.y, d.z -= 2 * dn * n.z;
  }
}

}  // namespace raywave::paths
