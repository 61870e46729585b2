// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/device_tracer.h"

#include "raywave/paths/ray_kernels.h"

namespace raywave::paths {

DeviceTracer::DeviceTracer(runtime::Device device, const scene::FacetTable& table)
    : device_(device), memory_(make_ray_queue(device)), tree_(*memory_, build_ray_tree(table)) {}

void DeviceTracer::closest_hits(std::span<RayPacket> packets) const {
  std::vector<Vec3f> origins, directions;
  for (const RayPacket& p : packets) {
    for (int i = 0; i < RayPacket::kSize; ++i) {
      if (!p.active[i]) continue;
      origins.push_back({p.ox[i], p.oy[i], p.oz[i]});
      directions.push_back({p.dx[i], p.dy[i], p.dz[i]});
    }
  }
  std::vector<RayHit> hits(origins.size());
  if (!hits.empty()) {
    Lease queue(*this);
    const auto o = runtime::uploaded(*queue, origins), d = runtime::uploaded(*queue, directions);
    runtime::DeviceArray<RayHit> out(*queue, hits.size());
    launch(*queue, ClosestHitsKernel{tree(), o.data(), d.data(), out.data()}, int64_t(hits.size()));
    (*queue).download(hits.data(), out.data(), hits.size() * sizeof(RayHit));
  }
  size_t next = 0;
  for (RayPacket& p : packets) {
    for (int i = 0; i < RayPacket::kSize; ++i) {
      const RayHit hit = p.active[i] ? hits[next++] : RayHit{};
      p.t[i] = hit.t, p.facet[i] = hit.facet;
    }
  }
}

DeviceTracer::Lease::Lease(const DeviceTracer& tracer) : tracer_(tracer) {
  {
    const std::lock_guard lock(tracer.mutex_);
    if (!tracer.idle_.empty()) queue_ = std::move(tracer.idle_.back()), tracer.idle_.pop_back();
  }
  if (!queue_) queue_ = make_ray_queue(tracer.device_);
}

DeviceTracer::Lease::~Lease() {
  const std::lock_guard lock(tracer_.mutex_);
  tracer_.idle_.push_back(std::move(queue_));
}

TracerFactory tracer_on(runtime::Device device) {
  if (device == runtime::Device::kCpu) return embree_tracer;
  return [device](const scene::FacetTable& table) { return std::make_unique<DeviceTracer>(device, table); };
}

}  // namespace raywave::paths
