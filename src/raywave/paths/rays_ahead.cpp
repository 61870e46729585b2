// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/rays_ahead.h"

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_queries.h"

namespace raywave::paths {

void HitsAhead::put(int64_t tile, int depth, std::span<RayPacket> packets) const {
  const RayHit* hit = hits.data() + depth * num_rays + (tile - first_tile) * Shot::kTileRays;
  for (RayPacket& p : packets) {
    for (int i = 0; i < RayPacket::kSize; ++i, ++hit) p.t[i] = hit->t, p.facet[i] = hit->facet;
  }
}

FacetsOnDevice::FacetsOnDevice(const DeviceTracer& device, const PreparedScene& scene)
    : device_(device), memory_(device) {
  std::vector<RayFacet> facets;
  std::vector<uint8_t> mirrors;
  for (int32_t f = 0; f < int32_t(scene.facets().facets.size()); ++f) {
    facets.push_back({scene.normals()[size_t(f)], scene.offsets()[size_t(f)], scene.queries().offset_m(f)});
    mirrors.push_back(scene.is_mirror(f) ? 1 : 0);
  }
  if (facets.empty()) return;
  facets_ = runtime::uploaded(*memory_, facets);
  if (!scene.all_mirrors()) mirrors_ = runtime::uploaded(*memory_, mirrors);
}

ShotScene FacetsOnDevice::view(const Shot& shot, int64_t first_tile) const {
  return {device_.tree(), facets_.data(), mirrors_.data(), shot, first_tile};
}

HitsAhead hits_ahead(const FacetsOnDevice& scene, const Shot& shot, int64_t first_tile, int64_t num_tiles) {
  HitsAhead out{first_tile, num_tiles * Shot::kTileRays, {}};
  out.hits.resize(size_t(shot.max_depth + 1) * size_t(out.num_rays));
  DeviceTracer::Lease queue(scene.device());
  runtime::DeviceArray<RayHit> hits(*queue, out.hits.size());
  launch(*queue, FollowKernel{scene.view(shot, first_tile), out.num_rays, hits.data()}, out.num_rays);
  (*queue).download(out.hits.data(), hits.data(), out.hits.size() * sizeof(RayHit));
  return out;
}

}  // namespace raywave::paths
