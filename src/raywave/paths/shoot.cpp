// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/shoot.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "raywave/core/random.h"

namespace raywave::paths {

uint64_t source_key(const std::string& name) {
  uint64_t key = 0;
  for (const char c : name) key = mix64(key ^ uint64_t(uint8_t(c)));
  return key;
}

ShootOptions shoot_options(const RayOptions& options, const Vec3d& from_m, const std::string& device) {
  ShootOptions shoot;
  shoot.origin_m = from_m;
  shoot.num_rays = options.samples_per_tx;
  shoot.max_depth = options.max_depth;
  shoot.reflection = options.specular_reflection;
  shoot.refraction = options.refraction;
  shoot.seed = options.seed;
  shoot.source = source_key(device);
  return shoot;
}

TileShooter::TileShooter(const PreparedScene& scene, const ShootOptions& options)
    : scene_(scene), num_segments_(options.max_depth + (options.ends ? 1 : 0)) {
  shot_.origin_m = scene.queries().clear_of_surfaces(options.origin_m);
  const auto side = int64_t(std::ceil(std::sqrt(double(options.num_rays))));
  shot_.tiles_per_side = std::max<int64_t>(1, (side + Shot::kSide - 1) / Shot::kSide);
  shot_.key = mix64(mix64(options.seed) ^ options.source);
  shot_.max_depth = options.max_depth;
  shot_.reflection = options.reflection, shot_.refraction = options.refraction, shot_.on_all = options.on_all;
  if (const DeviceTracer* device = scene.tracer().on_device())
    on_device_ = std::make_shared<FacetsOnDevice>(*device, scene);
}

HitsAhead TileShooter::ahead(int64_t first_tile, int64_t num_tiles) const {
  return on_device_ ? hits_ahead(*on_device_, shot_, first_tile, num_tiles) : HitsAhead{};
}

void TileShooter::launch(int64_t tile_index, RayTile& tile) const {
  const Shot shot = shot_;  // nothing written below can be part of it
  const Vec3f& o = shot.origin_m;
  tile.num_lanes = RayTile::kRays;
  for (int p = 0; p < RayTile::kPackets; ++p) {
    RayPacket& packet = tile.packets[p];
    alignas(64) float a[RayPacket::kSize], b[RayPacket::kSize];
    for (int i = 0; i < RayPacket::kSize; ++i) {
      const int lane = p * RayPacket::kSize + i;
      const Vec2<float> place = place_in_square(shot, tile_index, lane, tile.random[lane]);
      a[i] = place.x, b[i] = place.y;
    }
    for (int i = 0; i < RayPacket::kSize; ++i) {  // apart, so that it runs in vectors
      const Vec3f d = square_to_sphere(a[i], b[i]);
      packet.active[i] = -1;
      packet.alone[i] = false;
      packet.ox[i] = o.x, packet.oy[i] = o.y, packet.oz[i] = o.z;
      packet.dx[i] = d.x, packet.dy[i] = d.y, packet.dz[i] = d.z;
    }
  }
}

/// One tile by itself: too little for a device.
void TileShooter::trace(RayTile& tile) const {
  scene_.queries().tracer().closest_hits(std::span(tile.packets).first(size_t(tile.num_packets())));
}

void TileShooter::move(RayTile& tile, int from, int to) {
  const RayPacket& p = tile.packets[size_t(from / RayPacket::kSize)];
  RayPacket& q = tile.packets[size_t(to / RayPacket::kSize)];
  const int i = from % RayPacket::kSize, k = to % RayPacket::kSize;
  q.ox[k] = p.ox[i], q.oy[k] = p.oy[i], q.oz[k] = p.oz[i];
  q.dx[k] = p.dx[i], q.dy[k] = p.dy[i], q.dz[k] = p.dz[i];
  q.active[k] = p.active[i];
  q.alone[k] = p.alone[i];
  tile.random[size_t(to)] = tile.random[size_t(from)];
}

void TileShooter::choose_events(RayTile& tile, bool last) const {
  for (int lane = 0; lane < tile.num_packets() * RayPacket::kSize; ++lane) {
    const RayPacket& packet = tile.packets[lane / RayPacket::kSize];
    const int i = lane % RayPacket::kSize;
    Event e = Event::kEnd;
    if (!last && packet.active[i] && packet.facet[i] >= 0)
      e = event_at(shot_, scene_.is_mirror(packet.facet[i]), tile.random[lane]);
    tile.event[lane] = e;
  }
}

bool TileShooter::advance(RayTile& tile) const {
  const Vec3f* normals = scene_.normals().data();
  const float* planes = scene_.offsets().data();
  bool any = false;
  for (int lane = 0; lane < tile.num_lanes; ++lane) {
    RayPacket& p = tile.packets[lane / RayPacket::kSize];
    const int i = lane % RayPacket::kSize;
    if (tile.event[lane] == Event::kEnd) {
      p.active[i] = 0;
      continue;
    }
    any = true;
    p.alone[i] |= tile.event[lane] == Event::kScatter;
    const auto facet = size_t(p.facet[i]);
    const RayFacet on{normals[facet], planes[facet], scene_.queries().offset_m(p.facet[i])};
    Vec3f o{p.ox[i], p.oy[i], p.oz[i]}, d{p.dx[i], p.dy[i], p.dz[i]};
    go_on(on, p.t[i], tile.event[lane], tile.scattered[lane], o, d);
    p.ox[i] = o.x, p.oy[i] = o.y, p.oz[i] = o.z;
    p.dx[i] = d.x, p.dy[i] = d.y, p.dz[i] = d.z;
  }
  return any;
}

}  // namespace raywave::paths
