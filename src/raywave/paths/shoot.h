// SPDX-License-Identifier: Apache-2.0
// Shooting rays from a point: stratified directions over the sphere in tiles of 8 x 8 neighbours, so that packets stay
// coherent, followed through reflections (and transmissions) in single precision. What is done with them is the
// visitor's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_options.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/paths/rays_ahead.h"
#include "raywave/paths/shot_rays.h"

namespace raywave::paths {

struct ShootOptions {
  Vec3d origin_m;
  int64_t num_rays = 1000000;  // rounded up to a square of whole tiles
  int max_depth = 3;           // bounces followed
  bool ends = true;            // and the segments behind the last bounce, where they are wanted
  bool reflection = true;
  bool refraction = false;  // each hit reflects or passes, by chance
  bool on_all = false;      // rays go on at surfaces that are no mirrors too: how is the visitor's
  uint64_t seed = 42, source = 0;
};

/// The key of a transmitter's random numbers: its name, so that its rays are the same whichever others are in the
/// scene.
uint64_t source_key(const std::string& name);

/// All rays that the options ask for, from a device's place.
ShootOptions shoot_options(const RayOptions& options, const Vec3d& from_m, const std::string& device);

/// 64 neighbouring rays at one depth.
struct RayTile {
  static constexpr int kPackets = 4, kRays = Shot::kTileRays;
  static_assert(kRays == kPackets * RayPacket::kSize);
  int num_lanes = kRays;  // those behind are idle: rays that go on close ranks, where run() is told how
  int num_packets() const { return (num_lanes + RayPacket::kSize - 1) / RayPacket::kSize; }
  std::array<RayPacket, kPackets> packets;
  std::array<Event, kRays> event;      // what happens at the hit; the visitor may change it
  std::array<Vec3f, kRays> scattered;  // of kScatter, which the visitor alone chooses: where the ray goes on to
  std::array<uint64_t, kRays> random;  // the state that further draws of this ray come from
};

class TileShooter {
 public:
  TileShooter(const PreparedScene& scene, const ShootOptions& options);

  int64_t num_tiles() const { return shot_.num_tiles(); }
  int64_t num_rays() const { return num_tiles() * RayTile::kRays; }
  const Shot& shot() const { return shot_; }
  /// The scene there, where a device traces rays; else null.
  const FacetsOnDevice* on_device() const { return on_device_.get(); }

  /// Where a device traces rays: the hits of these tiles, found all at once. Else nothing. From several threads.
  HitsAhead ahead(int64_t first_tile, int64_t num_tiles) const;

  /// Follows the rays of a tile. visit(tile, depth) is called with the segments of each depth, hits found (facet -1:
  /// none), events chosen; depth counts from 0.
  template <class Visit>
  void run(int64_t tile_index, RayTile& tile, Visit&& visit) const {
    run_with(HitsAhead{}, tile_index, tile, visit);
  }
  /// The same with the hits that ahead() gave for these tiles.
  template <class Visit>
  void run_with(const HitsAhead& hits, int64_t tile_index, RayTile& tile, Visit&& visit) const {
    follow(hits, tile_index, tile, visit, [](int) { return true; });
  }
  /// The same, where few rays of a tile go on: they move to its front. moved(tile, from, to, depth) moves what the
  /// visitor keeps of a ray, which is about to be followed to that depth, and says whether it is to be followed.
  template <class Visit, class Moved>
  void run(int64_t tile_index, RayTile& tile, Visit&& visit, Moved&& moved) const {
    follow(HitsAhead{}, tile_index, tile, visit, [&](int depth) {
      return close_ranks(tile, [&](int from, int to) { return moved(tile, from, to, depth); });
    });
  }
  /// Several tiles from first_tile on, together depth by depth: visit(depth) with the segments of all, moved(index of
  /// the tile, from, to, depth) as above. Tiles whose rays have all ended have no lanes.
  template <class Visit, class Moved>
  void run_together(int64_t first_tile, std::vector<RayTile>& tiles, Visit&& visit, Moved&& moved) const {
    for (size_t t = 0; t < tiles.size(); ++t) launch(first_tile + int64_t(t), tiles[t]);
    bool any = true;
    for (int depth = 0; any && depth < num_segments_; ++depth) {
      for (RayTile& tile : tiles) {
        if (tile.num_lanes == 0) continue;
        trace(tile);
        choose_events(tile, depth == shot_.max_depth);
      }
      visit(depth);
      any = false;
      for (size_t t = 0; t < tiles.size(); ++t) {
        const bool goes_on = tiles[t].num_lanes > 0 && advance(tiles[t]) &&
                             close_ranks(tiles[t], [&](int from, int to) { return moved(t, from, to, depth + 1); });
        if (!goes_on) tiles[t].num_lanes = 0;
        any |= goes_on;
      }
    }
  }

 private:
  /// @param next  asked before each further depth, with it.
  template <class Visit, class GoOn>
  void follow(const HitsAhead& hits, int64_t tile_index, RayTile& tile, Visit& visit, GoOn&& next) const {
    launch(tile_index, tile);
    for (int depth = 0; depth < num_segments_; ++depth) {
      if (hits.empty()) {
        trace(tile);
      } else {
        hits.put(tile_index, depth, tile.packets);
      }
      choose_events(tile, depth == shot_.max_depth);
      visit(tile, depth);
      if (!advance(tile) || !next(depth + 1)) break;
    }
  }
  void launch(int64_t tile_index, RayTile& tile) const;
  void trace(RayTile& tile) const;
  void choose_events(RayTile& tile, bool last) const;
  bool advance(RayTile& tile) const;
  static void move(RayTile& tile, int from, int to);
  /// Those that go on move to the front. @param moved  (from, to): is it followed? @return whether any is
  template <class Moved>
  static bool close_ranks(RayTile& tile, Moved&& moved) {
    int to = 0;
    for (int from = 0; from < tile.num_lanes; ++from) {
      if (tile.packets[size_t(from / RayPacket::kSize)].active[from % RayPacket::kSize] == 0) continue;
      if (!moved(from, to)) continue;
      if (to != from) move(tile, from, to);
      ++to;
    }
    for (int lane = to; lane < tile.num_lanes; ++lane)
      tile.packets[size_t(lane / RayPacket::kSize)].active[lane % RayPacket::kSize] = 0;
    tile.num_lanes = to;
    return to > 0;
  }

  const PreparedScene& scene_;
  Shot shot_;
  int num_segments_;
  std::shared_ptr<const FacetsOnDevice> on_device_;  // null: rays are traced here
};

}  // namespace raywave::paths
