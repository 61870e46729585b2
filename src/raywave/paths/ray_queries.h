// SPDX-License-Identifier: Apache-2.0
// Ray queries over the search mesh, in single precision: closest hit (packets of neighbouring rays) and what lies on a
// segment. The one place that knows the ray engine (Embree).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/scene/facets.h"

namespace raywave::paths {

/// 16 rays in structure-of-arrays form; lanes with active = 0 are left alone.
struct alignas(64) RayPacket {
  static constexpr int kSize = 16;
  alignas(64) int32_t active[kSize];  // -1 or 0
  alignas(64) float ox[kSize], oy[kSize], oz[kSize];
  alignas(64) float dx[kSize], dy[kSize], dz[kSize];
  alignas(64) float t[kSize];        // out: distance in units of |d|; infinity without a hit
  alignas(64) int32_t facet[kSize];  // out: facet index, -1 without a hit
};

/// A facet crossed by a segment and where, as a fraction of its length.
struct Crossing {
  float t;
  int32_t facet;
};

/// The facets that an end of a segment lies on: one for a reflection, two for a point on an edge, -1 for none.
struct EndFacets {
  int32_t first = -1, second = -1;
  EndFacets(int32_t f = -1) : first(f) {}  // NOLINT: most ends lie on one facet
  EndFacets(int32_t f, int32_t g) : first(f), second(g) {}
};

class RayQueries {
 public:
  explicit RayQueries(const scene::FacetTable& table);
  ~RayQueries();
  RayQueries(const RayQueries&) = delete;
  RayQueries& operator=(const RayQueries&) = delete;

  bool empty() const { return num_triangles_ == 0; }

  /// Closest hits beyond t_near. Rays of a packet should be neighbours.
  void closest_hits(RayPacket& packet, float t_near) const;

  /// Is anything between a and b, apart from the facets that the ends lie on and what shares their planes?
  bool occluded(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b) const;

  /// All facets between a and b, by distance, one entry a facet; ends as in occluded().
  void crossings(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                 std::vector<Crossing>& out) const;

  /// Do two facets lie in one plane? False for other < 0.
  bool same_plane(int facet, int other) const;

  /// The first facet that a ray meets, -1 for none. `t` in units of |direction|.
  int closest_hit(const Vec3d& origin, const Vec3d& direction, double& t) const;

  /// Distance by which ray origins are moved off a surface: above the rounding of single-precision coordinates, metres.
  float offset_m() const { return offset_m_; }

 private:
  struct Engine;
  struct Filter;
  const scene::FacetTable& table_;
  std::unique_ptr<Engine> engine_;
  size_t num_triangles_ = 0;
  float offset_m_ = 0;
};

}  // namespace raywave::paths
