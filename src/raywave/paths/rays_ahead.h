// SPDX-License-Identifier: Apache-2.0
// Shot rays followed on a device ahead of what is done with them: all depths of many tiles in one launch. The host
// replays them tile by tile with these hits, so that candidates come in the same order from every engine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "raywave/paths/device_tracer.h"
#include "raywave/paths/ray_kernels.h"

namespace raywave::paths {

class PreparedScene;

/// The hits of tiles, of every depth.
struct HitsAhead {
  int64_t first_tile = 0, num_rays = 0;
  std::vector<RayHit> hits;  // [max_depth + 1, num_rays]

  bool empty() const { return hits.empty(); }
  /// Into the packets of a tile.
  void put(int64_t tile, int depth, std::span<RayPacket> packets) const;
};

/// A scene's facets and mirrors in a device's memory.
class FacetsOnDevice {
 public:
  FacetsOnDevice(const DeviceTracer& device, const PreparedScene& scene);
  const DeviceTracer& device() const { return device_; }
  ShotScene view(const Shot& shot, int64_t first_tile) const;

 private:
  const DeviceTracer& device_;
  DeviceTracer::Lease memory_;  // before what lives in it
  runtime::DeviceArray<RayFacet> facets_;
  runtime::DeviceArray<uint8_t> mirrors_;
};

HitsAhead hits_ahead(const FacetsOnDevice& scene, const Shot& shot, int64_t first_tile, int64_t num_tiles);

}  // namespace raywave::paths
