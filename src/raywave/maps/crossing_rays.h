// SPDX-License-Identifier: Apache-2.0
// What the rays of a tile add to the cells that they cross: fields in single precision, carried in vectors over 16
// rays.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "raywave/maps/cells.h"
#include "raywave/maps/packet_launch.h"
#include "raywave/maps/packet_surfaces.h"
#include "raywave/maps/ray_visits.h"
#include "raywave/maps/roulette.h"
#include "raywave/maps/tile_fields.h"
#include "raywave/maps/transmit_field.h"
#include "raywave/paths/coefficient_table.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/scatter_events.h"
#include "raywave/paths/shoot.h"
#include "raywave/paths/varying_materials.h"

namespace raywave::maps {

/// The estimator of Monte Carlo maps, a tile at a time.
class CrossingEstimator {
 public:
  /// @param edge_on  known to be left to exact solutions. @param varying  materials that vary, or null; kept
  CrossingEstimator(const scene::Scene& scene, const paths::PreparedScene& prepared, const paths::FieldContext& context,
                    int tx, const Cells& cells, const RadioMapOptions& options, bool edge_on,
                    const paths::VaryingMaterials* varying)
      : scene_(scene),
        prepared_(prepared),
        context_(context),
        varying_(varying),
        cells_(cells),
        plane_(cells.plane(scene.transmitters[size_t(tx)].position_m)),
        options_(options),
        least_m_(edge_on || cells.is_plane() ? float(cells.edge_on_m()) : 0.0f),
        transmit_(scene.transmitters[size_t(tx)], context.wavelength_m),
        scatter_(context, options, varying != nullptr) {
    for (const auto& m : context.materials) tables_.emplace_back(m, context.wavelength_m);
    for (size_t i = 0; i < prepared.facets().facets.size(); ++i) {
      const scene::Facet& f = prepared.facets().facets[i];
      const scene::Facet& mirror = prepared.facets().facets[size_t(f.mirror)];
      met_.push_back(
          {prepared.normals()[i], f.material, mirror.member_begin < mirror.member_end, prepared.is_mirror(int32_t(i))});
    }
  }

  /// Does anything scatter rays?
  bool scatters() const { return scatter_.any(); }

  /// Tiles from begin to end. What is seen edge-on is left out. @return whether anything is, from an image.
  /// @param squares  where rays scatter: of what each of them adds, for the standard error
  bool trace(const paths::TileShooter& shooter, int64_t begin, int64_t end, std::vector<double>& sums,
             std::vector<double>& squares) const {
    bool edge_on = false;
    for (int64_t t = begin; t < end; t += varying_ ? paths::MetPlaces::kTiles : 1)
      edge_on |= varying_ ? trace_together(shooter, t, std::min(paths::MetPlaces::kTiles, end - t), sums, squares)
                          : trace_one(shooter, t, sums, squares);
    return edge_on;
  }

 private:
  bool trace_one(const paths::TileShooter& shooter, int64_t tile_index, std::vector<double>& sums,
                 std::vector<double>& squares) const {
    bool edge_on = false;
    paths::RayTile tile;
    TileFields fields;
    thread_local RayVisits visits;
    visits.clear();
    shooter.run(
        tile_index, tile,
        [&](paths::RayTile& state, int depth) {
          edge_on |= begin(state, depth, fields, sums, visits);
          interact(state, fields, SceneMaterials{*this});
          finish(state, fields);
        },
        [&](const paths::RayTile& state, int from, int to, int depth) {
          return goes_on(state, fields, from, to, depth);
        });
    if (scatters()) visits.add_squares(squares);
    return edge_on;
  }

  /// Several tiles, where materials vary.
  bool trace_together(const paths::TileShooter& shooter, int64_t first, int64_t count, std::vector<double>& sums,
                      std::vector<double>& squares) const {
    bool edge_on = false;
    std::vector<paths::RayTile> tiles(static_cast<size_t>(count));
    std::vector<TileFields> fields(tiles.size());
    std::vector<RayVisits> visits(tiles.size());
    std::vector<MetInTile> met(tiles.size());
    paths::MetPlaces places(scene_, prepared_, context_, varying_);
    shooter.run_together(
        first, tiles,
        [&](int depth) {
          places.clear();
          for (size_t t = 0; t < tiles.size(); ++t) {
            if (tiles[t].num_lanes == 0) continue;
            edge_on |= begin(tiles[t], depth, fields[t], sums, visits[t]);
            meet(tiles[t], met[t], places);
          }
          places.ask();
          for (size_t t = 0; t < tiles.size(); ++t) {
            if (tiles[t].num_lanes == 0) continue;
            interact(tiles[t], fields[t], MaterialsMet{*this, places, met[t]});
            finish(tiles[t], fields[t]);
          }
        },
        [&](size_t t, int from, int to, int depth) { return goes_on(tiles[t], fields[t], from, to, depth); });
    if (!scatters()) return edge_on;
    for (RayVisits& v : visits) v.add_squares(squares);
    return edge_on;
  }

  /// What the segments of a depth cross. @return whether an image is edge-on
  bool begin(const paths::RayTile& tile, int depth, TileFields& fields, std::vector<double>& sums,
             RayVisits& visits) const {
    if (depth == 0) launch(tile, fields);
    if (depth == 0 && !options_.los) return false;
    if (cells_.is_plane()) return cross_plane(tile, fields, sums, visits);
    cross_mesh(tile, fields, sums, visits);
    return false;
  }
  void finish(paths::RayTile& tile, TileFields& fields) const {
    lengthen(tile, fields);
    if (scatters()) end_by_roulette(tile, fields);
  }
  bool goes_on(const paths::RayTile& tile, TileFields& fields, int from, int to, int depth) const {
    if (depth == options_.max_depth && cells_.is_plane() && !may_cross(tile, from)) return false;
    if (from != to) fields.move(from, to);
    return true;
  }

  /// Where interactions ask for materials: the scene's own,
  struct SceneMaterials {
    static constexpr bool kVary = false;
    const CrossingEstimator& by;
    void at(int, int32_t material, float cosine, Complex<float>& te, Complex<float>& tm, bool transmission) const {
      by.tables_[size_t(material)].at(cosine, te, tm, transmission);
    }
  };
  /// or those that vary, [rays]: which of the block's places, -1: the scene's.
  using MetInTile = std::array<int64_t, size_t(TileFields::kRays)>;
  struct MaterialsMet {
    static constexpr bool kVary = true;
    const CrossingEstimator& by;
    const paths::MetPlaces& places;
    const MetInTile& met;
    void at(int lane, int32_t material, float cosine, Complex<float>& te, Complex<float>& tm, bool transmission) const {
      const int64_t place = met[size_t(lane)];
      if (place < 0) return SceneMaterials{by}.at(lane, material, cosine, te, tm, transmission);
      const paths::MetMaterial m = places.at(place, material);
      m.at(cosine, te, tm, transmission);
      if (!transmission) te = float(m.slab.specular_scale) * te, tm = float(m.slab.specular_scale) * tm;
    }
    paths::ScatterChoice choose(int lane, int32_t material, bool mirrors, const Vec3f& n, const Vec3f& k,
                                uint64_t& random) const {
      const int64_t place = met[size_t(lane)];
      if (place < 0) return by.scatter_.choose(material, mirrors, n, k, random);
      return by.scatter_.choose(places.at(place, material), mirrors, n, k, random);
    }
  };

  void meet(const paths::RayTile& tile, MetInTile& met, paths::MetPlaces& places) const {
    for (int lane = 0; lane < tile.num_lanes; ++lane) {
      met[size_t(lane)] = -1;
      if (tile.event[size_t(lane)] == paths::Event::kEnd) continue;
      const auto& p = tile.packets[size_t(lane / 16)];
      const int i = lane % 16;
      const Vec3f& n = met_[size_t(p.facet[i])].normal;
      met[size_t(lane)] =
          places.add(owner(p, i), hit_point(p, i), std::fabs(double(p.dx[i] * n.x + p.dy[i] * n.y + p.dz[i] * n.z)));
    }
  }
  /// The facet that a ray meets; where several lie in one place, the one whose material counts.
  int32_t owner(const paths::RayPacket& p, int i) const {
    const int32_t facet = p.facet[i];
    return met_[size_t(facet)].has_twins ? prepared_.facets().canonical(facet, hit_point(p, i)) : facet;
  }

  void launch(const paths::RayTile& tile, TileFields& fields) const {
    for (int packet = 0; packet < paths::RayTile::kPackets; ++packet) {
      const auto& p = tile.packets[size_t(packet)];
      if (const QuickField* quick = transmit_.quick()) {
        launch_packet(*quick, p, fields, 16 * packet);
        continue;
      }
      for (int i = 0; i < 16; ++i) fields.set(16 * packet + i, transmit_.in_single({p.dx[i], p.dy[i], p.dz[i]}));
    }
    if (!scatters()) return;
    for (int lane = 0; lane < TileFields::kRays; ++lane) {
      fields.launched[lane] = fields.power(lane);
      fields.ray[lane] = lane;
    }
  }

  static void lengthen(const paths::RayTile& tile, TileFields& fields) {
    for (int packet = 0; packet < tile.num_packets(); ++packet) {
      float* length = fields.length + 16 * packet;
      const float* t = tile.packets[size_t(packet)].t;
      for (int i = 0; i < 16; ++i) length[i] += t[i];
    }
  }

  static void end_by_roulette(paths::RayTile& tile, TileFields& fields) {
    for (int packet = 0; packet < tile.num_packets(); ++packet) {
      const int first = 16 * packet, last = std::min(first + 16, tile.num_lanes);
      alignas(64) float chance[16];
      for (int i = 0; i < 16; ++i) chance[i] = roulette_chance(fields.power(first + i), fields.launched[first + i]);
      for (int lane = first; lane < last; ++lane) {
        const float by = chance[lane - first];
        if (tile.event[size_t(lane)] == paths::Event::kEnd || !(by < 1)) continue;
        if (float(paths::next_uniform(tile.random[size_t(lane)])) >= by) {
          tile.event[size_t(lane)] = paths::Event::kEnd;
          continue;
        }
        fields.scale(lane, 1 / std::sqrt(by));
      }
    }
  }

  /// Could a ray cross a plane's cells, or come so near to their plane that an image is edge-on? Nothing else is asked
  /// of its last segment.
  bool may_cross(const paths::RayTile& tile, int lane) const {
    const Cells::PlaneFrame& f = plane_;
    const auto& p = tile.packets[size_t(lane / 16)];
    const int i = lane % 16;
    const float dn = f.normal.x * p.dx[i] + f.normal.y * p.dy[i] + f.normal.z * p.dz[i];
    const float above = f.offset - (f.normal.x * p.ox[i] + f.normal.y * p.oy[i] + f.normal.z * p.oz[i]);
    if (std::fabs(above) < least_m_) return true;
    const float t = above / dn;
    if (!(t > 0)) return false;
    const float px = p.ox[i] + t * p.dx[i], py = p.oy[i] + t * p.dy[i], pz = p.oz[i] + t * p.dz[i];
    const float x = f.axis_x.x * px + f.axis_x.y * py + f.axis_x.z * pz - f.x0;
    const float y = f.axis_y.x * px + f.axis_y.y * py + f.axis_y.z * pz - f.y0;
    return x >= 0 && x < float(cells_.num_x()) && y >= 0 && y < float(cells_.num_y());
  }

  bool cross_plane(const paths::RayTile& tile, const TileFields& fields, std::vector<double>& sums,
                   RayVisits& visits) const {
    const Cells::PlaneFrame f = plane_;
    const auto nx = float(cells_.num_x()), ny = float(cells_.num_y());
    const float least_m = least_m_;
    int edge_on = 0;
    for (size_t packet = 0; packet < size_t(tile.num_packets()); ++packet) {
      const auto& p = tile.packets[packet];
      const float* length = fields.length + 16 * packet;
      alignas(64) float x[16], y[16], weight[16];
#pragma GCC ivdep
      for (int i = 0; i < 16; ++i) {
        const float dn = f.normal.x * p.dx[i] + f.normal.y * p.dy[i] + f.normal.z * p.dz[i];
        const float on = f.normal.x * p.ox[i] + f.normal.y * p.oy[i] + f.normal.z * p.oz[i];
        const float above = f.offset - on, t = above / dn;
        const float px = p.ox[i] + t * p.dx[i], py = p.oy[i] + t * p.dy[i], pz = p.oz[i] + t * p.dz[i];
        x[i] = f.axis_x.x * px + f.axis_x.y * py + f.axis_x.z * pz - f.x0;
        y[i] = f.axis_y.x * px + f.axis_y.y * py + f.axis_y.z * pz - f.y0;
        // no short cuts: without branches it runs in vectors
        const int near = std::fabs(above + length[i] * dn) < least_m, active = p.active[i] != 0;
        const int inside = (t > 0) & (t < p.t[i]) & (x[i] >= 0) & (x[i] < nx) & (y[i] >= 0) & (y[i] < ny);
        edge_on |= active & near & (std::fabs(above) < least_m);
        weight[i] = (active & inside & (near ^ 1)) != 0 ? 1 / std::fabs(dn) : 0.0f;
      }
      for (int i = 0; i < 16; ++i) {
        if (weight[i] == 0) continue;
        const int cell = int(y[i]) * cells_.num_x() + int(x[i]);
        const int lane = int(packet) * 16 + i;
        const double value = double(weight[i] * fields.power(lane));
        sums[size_t(cell)] += value;
        if (scatters()) visits.add(fields.ray[lane], cell, value);
      }
    }
    return edge_on != 0;
  }

  void cross_mesh(const paths::RayTile& tile, const TileFields& fields, std::vector<double>& sums,
                  RayVisits& visits) const {
    std::vector<CellCrossing> crossings;
    for (int lane = 0; lane < tile.num_lanes; ++lane) {
      const auto& p = tile.packets[size_t(lane / 16)];
      const int i = lane % 16;
      if (!p.active[i]) continue;
      const Vec3d o{p.ox[i], p.oy[i], p.oz[i]}, d{p.dx[i], p.dy[i], p.dz[i]};
      const double length = std::isfinite(p.t[i]) ? double(p.t[i]) : 1e6;
      cells_.crossings(o, o + length * d, crossings);
      for (const CellCrossing& c : crossings) {
        const double behind = double(fields.length[lane]) + double(c.t) * length;
        if (!(c.abs_cos > 1e-6f && behind * double(c.abs_cos) >= double(least_m_))) continue;
        const auto value = double(fields.power(lane) / c.abs_cos);
        sums[size_t(c.cell)] += value;
        if (scatters()) visits.add(fields.ray[lane], c.cell, value);
      }
    }
  }

  static Vec3d hit_point(const paths::RayPacket& p, int i) {
    const double t = double(p.t[i]);
    return {p.ox[i] + t * p.dx[i], p.oy[i] + t * p.dy[i], p.oz[i] + t * p.dz[i]};
  }

  template <class Materials>
  void interact(paths::RayTile& tile, TileFields& fields, const Materials& materials) const {
    PacketSurfaces s;
    ScatteredRays scattered;
    for (int packet = 0; packet < tile.num_packets(); ++packet) {
      bool any = false;
      if (scatters()) {
        scattered.count = 0;
        if constexpr (Materials::kVary) {
          for (int i = 0; i < 16; ++i) any |= choose(tile, packet, i, materials, fields, s, scattered);
        } else {
          any = choose(tile, packet, fields, s, scattered);
        }
        if (!any) continue;
        carry(tile.packets[size_t(packet)], s, fields, 16 * packet);
        scattered.put(fields);
        continue;
      }
      if (options_.refraction) {
        for (int i = 0; i < 16; ++i) any |= choose_way(tile, packet, i, materials, s);
      } else if constexpr (Materials::kVary) {
        for (int i = 0; i < 16; ++i) any |= reflect(tile, packet, i, materials, s);
      } else {
        any = reflect(tile, packet, s);
      }
      if (any) carry(tile.packets[size_t(packet)], s, fields, 16 * packet);
    }
  }

  static void scatter(const paths::ScatterChoice& c, const Vec3f& k, int lane, paths::RayTile& tile, TileFields& fields,
                      ScatteredRays& scattered) {
    tile.event[size_t(lane)] = c.event;
    if (c.event == paths::Event::kEnd) return;
    fields.length[lane] = kAnew;
    tile.scattered[size_t(lane)] = c.direction;
    scattered.lane[scattered.count] = lane;
    scattered.behind[scattered.count++] = c.scattered(k, fields.field(lane));
  }

  /// Chance decides what becomes of the rays of a packet. @return whether any goes on.
  bool choose(paths::RayTile& tile, int packet, TileFields& fields, PacketSurfaces& s, ScatteredRays& scattered) const {
    using paths::Event;
    const auto& p = tile.packets[size_t(packet)];
    const Live live = look_up(tile, packet, s, [&](int32_t m) { return scatter_.table(m).reflection().data(); });
    bool any = false;
    for (size_t k = 0; k < live.count; ++k) {
      const size_t i = live.lane[k], lane = size_t(packet) * 16 + i;
      const Met& met = met_[size_t(live.owner[k])];
      uint64_t& random = tile.random[lane];
      paths::CoefficientEntry through{};
      if (options_.refraction) scatter_.table(met.material).at(live.cosine[i], through.te, through.tm, true);
      const auto d = scatter_.decide(met.material, met.is_mirror, s.coefficients[i], through, random);
      tile.event[lane] = d.event;
      if (d.event == Event::kScatter) {
        const Vec3f along{p.dx[i], p.dy[i], p.dz[i]}, normal{s.side[i].x, s.side[i].y, s.side[i].z};
        scatter(scatter_.scatter(met.material, d, normal, along, random), along, int(lane), tile, fields, scattered);
      } else if (d.event != Event::kEnd) {
        const paths::CoefficientEntry& c = d.event == Event::kPass ? through : s.coefficients[i];
        s.coefficients[i] = {d.scale * c.te, d.scale * c.tm};
        s.side[i].turn = d.event == Event::kPass ? 0.0f : 2.0f;
      }
      any |= tile.event[lane] != Event::kEnd;
    }
    return any;
  }

  /// The same where materials vary, of one ray.
  template <class Materials>
  bool choose(paths::RayTile& tile, int packet, int i, const Materials& materials, TileFields& fields,
              PacketSurfaces& s, ScatteredRays& scattered) const {
    const int lane = packet * 16 + i;
    if (tile.event[size_t(lane)] == paths::Event::kEnd) return false;
    const auto& p = tile.packets[size_t(packet)];
    const Vec3f n = met_[size_t(p.facet[i])].normal;
    const Met& met = met_[size_t(owner(p, i))];
    const Vec3f k{p.dx[i], p.dy[i], p.dz[i]};
    const auto c = materials.choose(lane, met.material, met.is_mirror, n, k, tile.random[size_t(lane)]);
    tile.event[size_t(lane)] = c.event;
    if (c.event == paths::Event::kScatter) scatter(c, k, lane, tile, fields, scattered);
    s.set(i, n, c.te, c.tm, c.event == paths::Event::kReflect);
    return c.event != paths::Event::kEnd;
  }

  /// Coefficients of mirrors. @return whether any ray goes on.
  bool reflect(const paths::RayTile& tile, int packet, PacketSurfaces& s) const {
    return look_up(tile, packet, s, [&](int32_t m) { return tables_[size_t(m)].reflection().data(); }).count > 0;
  }

  /// The rays of a packet that meet something.
  struct Live {
    size_t count = 0;
    std::array<size_t, 16> lane;                 // [count]
    std::array<int32_t, 16> owner;               // [count]
    alignas(64) std::array<float, 16> cosine{};  // [16], of what is met
  };
  /// Their surfaces, as mirrors. @param table_of  (material): its row of coefficients
  template <class TableOf>
  Live look_up(const paths::RayTile& tile, int packet, PacketSurfaces& s, const TableOf& table_of) const {
    const auto& p = tile.packets[size_t(packet)];
    const paths::Event* event = tile.event.data() + 16 * packet;
    Live live;
    std::array<const paths::CoefficientEntry*, 16> row;
    alignas(64) std::array<int, 16> sample;
    alignas(64) std::array<float, 16> part;
    for (int i = 0; i < 16; ++i) {
      if (event[i] == paths::Event::kEnd) continue;
      const Met& met = met_[size_t(p.facet[i])];
      const int32_t facet = met.has_twins ? owner(p, i) : p.facet[i];
      s.side[i] = {met.normal.x, met.normal.y, met.normal.z, 2.0f};
      row[size_t(i)] = table_of(met_[size_t(facet)].material);
      live.owner[live.count] = facet;
      live.lane[live.count++] = size_t(i);
    }
    if (live.count == 0) return live;
    for (size_t i = 0; i < 16; ++i) {
      const PacketSurfaces::Side& n = s.side[i];
      live.cosine[i] = std::fabs(p.dx[i] * n.x + p.dy[i] * n.y + p.dz[i] * n.z);
      paths::place_in_table(live.cosine[i], sample[i], part[i]);
    }
    for (size_t k = 0; k < live.count; ++k) {
      const size_t i = live.lane[k];
      s.coefficients[i] = paths::between(row[i] + sample[i], part[i]);
    }
    return live;
  }

  int32_t material_at(const paths::RayPacket& p, int i) const { return met_[size_t(owner(p, i))].material; }

  /// The same where materials vary, of one ray.
  template <class Materials>
  bool reflect(const paths::RayTile& tile, int packet, int i, const Materials& materials, PacketSurfaces& s) const {
    const int lane = packet * 16 + i;
    if (tile.event[size_t(lane)] == paths::Event::kEnd) return false;
    const auto& p = tile.packets[size_t(packet)];
    const Vec3f n = met_[size_t(p.facet[i])].normal;
    Complex<float> te, tm;
    materials.at(lane, material_at(p, i), std::fabs(p.dx[i] * n.x + p.dy[i] * n.y + p.dz[i] * n.z), te, tm, false);
    s.set(i, n, te, tm, true);
    return true;
  }

  /// With refraction chance decides between the two ways on. @return whether a ray goes on.
  template <class Materials>
  bool choose_way(paths::RayTile& tile, int packet, int i, const Materials& materials, PacketSurfaces& s) const {
    const auto lane = size_t(packet * 16 + i);
    if (tile.event[lane] == paths::Event::kEnd) return false;
    const auto& p = tile.packets[size_t(packet)];
    const Vec3f n = met_[size_t(p.facet[i])].normal;
    const int32_t material = material_at(p, i);
    const float cos_theta = std::fabs(p.dx[i] * n.x + p.dy[i] * n.y + p.dz[i] * n.z);
    Complex<float> te, tm, t_te, t_tm;
    materials.at(int(lane), material, cos_theta, te, tm, false);
    materials.at(int(lane), material, cos_theta, t_te, t_tm, true);
    const float pr = options_.specular_reflection ? norm2(te) + norm2(tm) : 0.0f, pt = norm2(t_te) + norm2(t_tm);
    tile.random[lane] = mix64(tile.random[lane]);
    const float u = float(tile.random[lane] >> 40) * 0x1.0p-24f * (pr + pt);
    if (!(pr + pt > 0)) {
      tile.event[lane] = paths::Event::kEnd;
      return false;
    }
    const bool reflects = u < pr;
    tile.event[lane] = reflects ? paths::Event::kReflect : paths::Event::kPass;
    const float scale = std::sqrt((pr + pt) / (reflects ? pr : pt));
    s.set(i, n, scale * (reflects ? te : t_te), scale * (reflects ? tm : t_tm), reflects);
    return true;
  }

  const scene::Scene& scene_;
  const paths::PreparedScene& prepared_;
  const paths::FieldContext& context_;
  const paths::VaryingMaterials* varying_;
  const Cells& cells_;
  const Cells::PlaneFrame plane_;  // that rays cross
  const RadioMapOptions& options_;
  const float least_m_;  // images nearer than this to the cells' planes are left out
  TransmitField transmit_;
  paths::ScatterEvents scatter_;
  std::vector<paths::CoefficientTable> tables_;
  struct Met {
    Vec3f normal;
    int32_t material;
    bool has_twins;  // does the place's owner need looking up?
    bool is_mirror;
  };
  std::vector<Met> met_;  // [num_facets]
};

}  // namespace raywave::maps
