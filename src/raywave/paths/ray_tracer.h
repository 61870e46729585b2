// SPDX-License-Identifier: Apache-2.0
// The engine that follows rays: it proposes in single precision what double precision decides (ray_queries.h). Another
// engine, or another device, comes in behind this interface; which of several facets at one distance it names may
// change what is tried, never a value.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "raywave/scene/facets.h"

namespace raywave::paths {

/// 16 rays in structure-of-arrays form; lanes with active = 0 hit nothing.
struct alignas(64) RayPacket {
  static constexpr int kSize = 16;
  alignas(64) int32_t active[kSize];  // -1 or 0
  bool alone[kSize] = {};             // goes another way than its neighbours: better followed by itself
  alignas(64) float ox[kSize], oy[kSize], oz[kSize];
  alignas(64) float dx[kSize], dy[kSize], dz[kSize];
  alignas(64) float t[kSize];        // out: distance in units of |d|; infinity without a hit
  alignas(64) int32_t facet[kSize];  // out: facet index, -1 without a hit
};

class DeviceTracer;

class RayTracer {
 public:
  virtual ~RayTracer() = default;
  /// The closest hits of a tile of packets. Rays of a packet should be neighbours. From several threads at once.
  virtual void closest_hits(std::span<RayPacket> packets) const = 0;
  /// One on a device, which would rather follow many tiles at once and to the end (rays_ahead.h); null: none.
  virtual const DeviceTracer* on_device() const { return nullptr; }
};

/// Makes the engine for a table of facets, which outlives it.
using TracerFactory = std::function<std::unique_ptr<RayTracer>(const scene::FacetTable&)>;

/// A triangle's corners as engines see them: larger by their rounding, so that rays do not slip through seams.
std::array<Vec3f, 3> search_corners(const scene::FacetTable& table, const scene::Triangle& triangle);

/// Intel Embree. @throws Error when it cannot be started or memory does not suffice.
std::unique_ptr<RayTracer> embree_tracer(const scene::FacetTable& table);

}  // namespace raywave::paths
