// SPDX-License-Identifier: Apache-2.0
// The ray engine on a device (ray_tracer.h): the tree of triangles and the facets lie in its memory, once; queues of
// several threads read them.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "raywave/paths/ray_queue.h"
#include "raywave/paths/ray_tracer.h"
#include "raywave/paths/ray_tree_build.h"

namespace raywave::paths {

class DeviceTracer : public RayTracer {
 public:
  /// @throws Error when the device is not there or its memory does not suffice.
  DeviceTracer(runtime::Device device, const scene::FacetTable& table);

  /// A tile or more at a time: launching and waiting cost as much as thousands of rays.
  void closest_hits(std::span<RayPacket> packets) const override;
  const DeviceTracer* on_device() const override { return this; }

  runtime::Device device() const { return device_; }
  RayTreeView tree() const { return tree_.view(); }

  /// A queue of this device for one thread, given back when it goes.
  class Lease {
   public:
    explicit Lease(const DeviceTracer& tracer);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    RayQueue& operator*() { return *queue_; }

   private:
    const DeviceTracer& tracer_;
    std::unique_ptr<RayQueue> queue_;
  };

 private:
  const runtime::Device device_;
  std::unique_ptr<RayQueue> memory_;  // before all that lives in it
  TreeOnDevice tree_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<RayQueue>> idle_;
};

/// Makes such an engine; nothing else of it is told. Device::kCpu: Embree.
TracerFactory tracer_on(runtime::Device device);

}  // namespace raywave::paths
