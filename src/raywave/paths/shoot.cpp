// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/shoot.h"

#include <algorithm>
#include <span>

namespace raywave::paths {

namespace {
constexpr int kSide = 8;  // rays along a tile's side
}

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
    : scene_(scene), options_(options), launch_m_(scene.queries().clear_of_surfaces(options.origin_m)) {
  const auto side = int64_t(std::ceil(std::sqrt(double(options.num_rays))));
  tiles_per_side_ = std::max<int64_t>(1, (side + kSide - 1) / kSide);
}

void TileShooter::launch(int64_t tile_index, RayTile& tile) const {
  const int64_t row = tile_index / tiles_per_side_, col = tile_index % tiles_per_side_;
  const float cell = 1.0f / float(tiles_per_side_ * kSide);
  const uint64_t key = mix64(mix64(options_.seed) ^ options_.source);
  const Vec3f& o = launch_m_;
  tile.num_lanes = RayTile::kRays;
  for (int p = 0; p < RayTile::kPackets; ++p) {
    RayPacket& packet = tile.packets[p];
    alignas(64) float a[RayPacket::kSize], b[RayPacket::kSize];
    for (int i = 0; i < RayPacket::kSize; ++i) {
      // a packet is a 4 x 4 block of the tile
      const int x = (p % 2) * 4 + i % 4, y = (p / 2) * 4 + i / 4;
      const int lane = p * RayPacket::kSize + i;
      const uint64_t random = mix64(key ^ uint64_t(tile_index * RayTile::kRays + lane));
      tile.random[lane] = random;
      const float jx = float(uint32_t(random) >> 8) * 0x1.0p-24f, jy = float(uint32_t(random >> 32) >> 8) * 0x1.0p-24f;
      a[i] = (float(col * kSide + x) + jx) * cell;
      b[i] = (float(row * kSide + y) + jy) * cell;
    }
    for (int i = 0; i < RayPacket::kSize; ++i) {  // apart, so that it runs in vectors
      const Vec3f d = square_to_sphere(a[i], b[i]);
      packet.active[i] = -1;
      packet.ox[i] = o.x, packet.oy[i] = o.y, packet.oz[i] = o.z;
      packet.dx[i] = d.x, packet.dy[i] = d.y, packet.dz[i] = d.z;
    }
  }
}

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
  tile.random[size_t(to)] = tile.random[size_t(from)];
}

void TileShooter::choose_events(RayTile& tile, bool last) const {
  for (int lane = 0; lane < tile.num_packets() * RayPacket::kSize; ++lane) {
    const RayPacket& packet = tile.packets[lane / RayPacket::kSize];
    const int i = lane % RayPacket::kSize;
    Event e = Event::kEnd;
    if (!last && packet.active[i] && packet.facet[i] >= 0) {
      const bool reflects = options_.reflection && (options_.on_all || scene_.is_mirror(packet.facet[i]));
      if (reflects && options_.refraction) {
        tile.random[lane] = mix64(tile.random[lane]);
        e = tile.random[lane] & 1 ? Event::kReflect : Event::kPass;
      } else if (reflects) {
        e = Event::kReflect;
      } else if (options_.refraction) {
        e = Event::kPass;
      }
    }
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
    const Vec3f n = normals[p.facet[i]];
    const float dn = p.dx[i] * n.x + p.dy[i] * n.y + p.dz[i] * n.z;
    p.ox[i] += p.t[i] * p.dx[i], p.oy[i] += p.t[i] * p.dy[i], p.oz[i] += p.t[i] * p.dz[i];
    // from where rounding has put it off the surface, to the side on which the ray goes on
    const bool scatters = tile.event[lane] == Event::kScatter,
               reflects = tile.event[lane] == Event::kReflect || scatters;
    const float offset = scene_.queries().offset_m(p.facet[i]);
    const float height = p.ox[i] * n.x + p.oy[i] * n.y + p.oz[i] * n.z - planes[p.facet[i]];
    const float side = ((dn > 0) == reflects ? -offset : offset) - height;
    p.ox[i] += side * n.x, p.oy[i] += side * n.y, p.oz[i] += side * n.z;
    if (scatters) {
      p.dx[i] = tile.scattered[lane].x, p.dy[i] = tile.scattered[lane].y, p.dz[i] = tile.scattered[lane].z;
    } else if (reflects)
      p.dx[i] -= 2 * dn * n.x, p.dy[i] -= 2 * dn * n.y, p.dz[i] -= 2 * dn * n.z;
  }
  return any;
}

}  // namespace raywave::paths
