// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scattered_samples.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/em/own_lobe.h"
#include "raywave/paths/scatter_events.h"
#include "raywave/paths/shoot.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

/// A ray on its way: the fields that unit theta and phi of its departure have become.
struct Walker {
  Vec3d departure;
  std::array<CVec3<double>, 2> fields;
  int ray = 0;  // of the tile: lanes are moved
};

/// A walker at a surface, and the legs from there to the receivers.
struct Meeting {
  size_t tile;
  int lane;
  int32_t facet, material;
  int64_t met;  // MetPlaces::add
  Vec3d at, normal, u_i;
  size_t legs_begin, legs_end;
};
struct LegFromPlace {
  size_t rx, steps_begin, steps_end;
  int64_t first;  // MetPlaces::add
};

class Walks {
 public:
  Walks(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context, int32_t tx,
        const std::vector<ScatterEnd>& receivers, const RayOptions& options, const ScatterEvents& events,
        const VaryingMaterials* varying)
      : prepared_(prepared),
        table_(prepared.facets()),
        context_(context),
        receivers_(receivers),
        options_(options),
        events_(events),
        tx_(end_point(scene.transmitters[size_t(tx)], context.wavelength_m)),
        numbers_(scene, prepared, context),
        kernel_(numbers_),
        refine_(refine_options(prepared, context, options.max_depth)),
        refiner_(prepared, refine_),
        places_(scene, prepared, context, varying) {}

  /// Follows the rays of tiles, together. @param values  what each ray brings to each receiver, [tiles, kRays, num_rx]
  void run(const TileShooter& shooter, int64_t first_tile, int64_t num_tiles, std::vector<double>& values) {
    tiles_.resize(size_t(num_tiles));
    walkers_.resize(tiles_.size());
    values.assign(tiles_.size() * size_t(RayTile::kRays) * receivers_.size(), 0);
    shooter.run_together(
        first_tile, tiles_,
        [&](int depth) {
          if (depth == 0) launch();
          find_meetings(depth);
          places_.ask();
          numbers_.set_touched(places_.touched());
          for (const Meeting& m : meetings_) meet(m, values);
        },
        [&](size_t t, int from, int to, int) {
          walkers_[t][size_t(to)] = walkers_[t][size_t(from)];
          return true;
        });
  }

 private:
  using TileWalkers = std::array<Walker, size_t(RayTile::kRays)>;

  static Vec3f direction(const RayTile& tile, int lane) {
    const RayPacket& p = tile.packets[size_t(lane / RayPacket::kSize)];
    const int i = lane % RayPacket::kSize;
    return {p.dx[i], p.dy[i], p.dz[i]};
  }
  void launch() {
    for (size_t t = 0; t < tiles_.size(); ++t) {
      for (int lane = 0; lane < RayTile::kRays; ++lane) {
        Walker& w = walkers_[t][size_t(lane)];
        w.ray = lane;
        w.departure = normalized(Vec3d(direction(tiles_[t], lane)));
        const JonesBasis<double> basis = transfer_basis(w.departure);
        w.fields[0] = {basis.theta_hat, {}};
        w.fields[1] = {basis.phi_hat, {}};
      }
    }
  }

  void find_meetings(int depth) {
    meetings_.clear(), legs_.clear(), steps_.clear(), places_.clear();
    for (size_t t = 0; t < tiles_.size(); ++t) {
      for (int lane = 0; lane < tiles_[t].num_lanes; ++lane) {
        if (tiles_[t].event[size_t(lane)] == Event::kEnd) continue;
        Meeting m = meeting(t, lane);
        m.legs_begin = legs_.size();
        if (may_scatter(m)) find_legs(m, depth);
        m.legs_end = legs_.size();
        meetings_.push_back(m);
      }
    }
  }

  Meeting meeting(size_t t, int lane) {
    const RayTile& tile = tiles_[t];
    const RayPacket& p = tile.packets[size_t(lane / RayPacket::kSize)];
    const int i = lane % RayPacket::kSize;
    const Vec3f k = direction(tile, lane);
    const Vec3d on_ray = Vec3d{p.ox[i], p.oy[i], p.oz[i]} + double(p.t[i]) * Vec3d(k);
    Meeting m{};
    m.tile = t, m.lane = lane;
    m.u_i = normalized(Vec3d(k));
    m.normal = table_.facets[size_t(p.facet[i])].normal;
    m.at = on_ray - table_.distance(p.facet[i], on_ray) * m.normal;
    m.facet = table_.canonical(p.facet[i], m.at);
    m.material = table_.facets[size_t(m.facet)].material;
    m.met = places_.add(m.facet, m.at, std::abs(dot(m.normal, m.u_i)));
    return m;
  }

  bool by_lobe(const Meeting& m, const Scatterer<double>& s) const {
    return !prepared_.is_mirror(m.facet) && s.scattering < 1;
  }
  bool by_pattern(const Scatterer<double>& s) const { return options_.diffuse_reflection && s.scattering > 0; }
  bool may_scatter(const Meeting& m) const {
    if (m.met >= 0) return options_.diffuse_reflection || !prepared_.is_mirror(m.facet);
    const Scatterer<double>& s = context_.scatterers[size_t(m.material)];
    return by_lobe(m, s) || by_pattern(s);
  }

  /// From a place to the receivers, straight or over mirrors.
  void find_legs(const Meeting& m, int depth) {
    for (size_t r = 0; r < receivers_.size(); ++r) {
      const ScatterEnd& rx = receivers_[r];
      for (const int32_t node : rx.chains(table_.facets[size_t(m.facet)].mirror)) {
        if (depth + 1 + rx.depth(node) > options_.max_depth) continue;
        if (!rx.leg(refiner_, node, m.at, m.facet, false, leg_)) continue;
        if (depth + 1 + int(leg_.steps.size()) > options_.max_depth) continue;
        std::reverse(leg_.steps.begin(), leg_.steps.end());
        const size_t begin = steps_.size();
        steps_.insert(steps_.end(), leg_.steps.begin(), leg_.steps.end());
        legs_.push_back({r, begin, steps_.size(), places_.add(m.at, leg_.steps)});
      }
    }
  }

  /// A ray at a surface: adds what it scatters towards the receivers, and decides how it goes on.
  void meet(const Meeting& m, std::vector<double>& values) {
    RayTile& tile = tiles_[m.tile];
    Walker& walker = walkers_[m.tile][size_t(m.lane)];
    const MetMaterial here = places_.at(m.met, m.material);
    double* to = values.data() + (m.tile * size_t(RayTile::kRays) + size_t(walker.ray)) * receivers_.size();
    for (const bool lobe : {false, true}) {
      if (lobe ? !by_lobe(m, here.scatterer) : !by_pattern(here.scatterer)) continue;
      ScatterPlace<double> place;
      place.point = m.at, place.normal = m.normal, place.area_m2 = 1;
      place.scatterer = here.scatterer, place.slab = &here.slab;
      place.by_lobe = lobe;
      const auto send = [&](double* sums) {
        for (size_t l = m.legs_begin; l < m.legs_end; ++l) {
          const double value = towards(legs_[l], place, m.u_i, walker);
          if (sums) sums[legs_[l].rx] += value;
        }
      };
      if ((lobe ? here.scatterer.lobe : here.scatterer.pattern).own)
        em::OwnLobe::foresee(false, [&] { send(nullptr); });
      send(to);
    }
    const Vec3f n(m.normal), k = direction(tile, m.lane);
    uint64_t& random = tile.random[size_t(m.lane)];
    const bool mirrors = prepared_.is_mirror(m.facet);
    const ScatterEvents::Choice c =
        m.met < 0 ? events_.choose(m.material, mirrors, n, k, random) : events_.choose(here, mirrors, n, k, random);
    tile.event[size_t(m.lane)] = c.event;
    if (c.event == Event::kEnd) return;
    tile.scattered[size_t(m.lane)] = c.direction;
    go_on(c, m.normal, m.u_i, walker);
  }

  static void go_on(const ScatterEvents::Choice& c, const Vec3d& n, const Vec3d& u_i, Walker& walker) {
    const auto wide = [](const Complex<float>& z) { return Complexd{z.re, z.im}; };
    const em::SlabCoefficients<double> slab{wide(c.te), wide(c.tm), wide(c.te), wide(c.tm)};
    for (CVec3<double>& e : walker.fields) {
      Vec3d k = u_i;
      switch (c.event) {
        case Event::kReflect:
          reflect(n, slab, 1.0, k, e);
          break;
        case Event::kPass:
          transmit(n, slab, k, e);
          break;
        case Event::kScatter:
          e = c.scattered(u_i, e);
          break;
        case Event::kEnd:
          break;
      }
    }
  }

  /// What a place scatters of a walk over a leg.
  double towards(const LegFromPlace& leg, const ScatterPlace<double>& place, const Vec3d& u_i, const Walker& walker) {
    const EndPoint<double>& rx = receivers_[leg.rx].point();
    on_leg_.assign(steps_.begin() + long(leg.steps_begin), steps_.begin() + long(leg.steps_end));
    EndPoint<double> from;
    from.position_m = place.point;
    PathField<double> f;
    kernel_.begin_at(leg.first);
    (void)kernel_.field(from, rx, on_leg_, f);
    const double amplitude = scattered_amplitude(place, context_.wavelength_m, u_i, f.departure);
    if (!(amplitude > 0)) return 0;
    // a ray stands for a solid angle, not for an area: the area that it meets is that over the cosine
    const double scale = amplitude * context_.wavelength_m / (4 * kPi) / std::sqrt(std::abs(dot(u_i, place.normal)));
    return scale * scale * received(rx, place, u_i, f, walker);
  }

  double received(const EndPoint<double>& rx, const ScatterPlace<double>& place, const Vec3d& u_i,
                  const PathField<double>& f, const Walker& walker) const {
    const JonesBasis<double> out = transfer_basis(f.departure), in = transfer_basis(-f.arrival);
    const auto sent = port_fields(tx_, context_.wavelength_m, walker.departure),
               taken = port_fields(rx, context_.wavelength_m, -f.arrival);
    double sum = 0;
    for (const auto& t : sent) {
      const CVec3<double> e = t.theta * walker.fields[0] + t.phi * walker.fields[1];
      for (const Turned turned : {Turned::kNot, Turned::kBefore, Turned::kBehind}) {
        const double share = share_of(turned, place.scatterer.xpd);
        if (!(share > 0)) continue;
        const CVec3<double> s = scatter_dyads(place, context_.wavelength_m, turned, u_i, f.departure)(e);
        const CVec3<double> arriving = dot(s, out.theta_hat) * f.fields[0] + dot(s, out.phi_hat) * f.fields[1];
        for (const auto& r : taken)
          sum += share * norm2(r.theta * dot(arriving, in.theta_hat) + r.phi * dot(arriving, in.phi_hat));
      }
    }
    return sum;
  }

  const PreparedScene& prepared_;
  const scene::FacetTable& table_;
  const FieldContext& context_;
  const std::vector<ScatterEnd>& receivers_;
  const RayOptions& options_;
  const ScatterEvents& events_;
  const EndPoint<double> tx_;
  SceneOver<double> numbers_;
  PathKernel<double> kernel_;
  RefineOptions refine_;
  Refiner refiner_;
  MetPlaces places_;
  std::vector<RayTile> tiles_;
  std::vector<TileWalkers> walkers_;
  std::vector<Meeting> meetings_;  // of the depth at hand
  std::vector<LegFromPlace> legs_;
  std::vector<Step> steps_, on_leg_;
  GeometricPath leg_;
};

}  // namespace

namespace {

/// By rays that set out at `from_m`.
SampledPower walked_power(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
                          int32_t tx, const Vec3d& from_m, const std::vector<ScatterEnd>& receivers,
                          const RayOptions& options, const VaryingMaterials* varying) {
  const size_t n = receivers.size();
  SampledPower out{std::vector<double>(n, 0), std::vector<double>(n, 0)};
  if (prepared.queries().empty() || options.max_depth < 1) return out;
  const ScatterEvents events(context, options, varying != nullptr);
  ShootOptions shoot = shoot_options(options, from_m, scene.transmitters[size_t(tx)].name);
  shoot.reflection = true, shoot.on_all = true;
  const TileShooter shooter(prepared, shoot);
  const int64_t num_chunks = std::min<int64_t>(64, shooter.num_tiles());
  // where materials vary as many tiles at once as make a batch of tens of thousands of legs
  const int64_t block =
      varying ? std::clamp<int64_t>(MetPlaces::kTiles / std::max<int64_t>(1, int64_t(n) / 16), 1, MetPlaces::kTiles)
              : 1;
  std::vector<std::vector<double>> sums(size_t(num_chunks), std::vector<double>(n, 0)), squares(sums);
  runtime::Reporter reporter(options.progress, num_chunks);
  runtime::parallel_for(num_chunks, options.num_threads, [&](int64_t chunk) {
    reporter.check();
    Walks walks(scene, prepared, context, tx, receivers, options, events, varying);
    std::vector<double> values, differences;
    const int64_t end = shooter.num_tiles() * (chunk + 1) / num_chunks;
    for (int64_t t = shooter.num_tiles() * chunk / num_chunks; t < end; t += block) {
      const int64_t num_tiles = std::min(block, end - t);
      walks.run(shooter, t, num_tiles, values);
      for (size_t i = 0; i < values.size(); ++i) sums[size_t(chunk)][i % n] += values[i];
      constexpr size_t kBlocks = size_t(RayTile::kRays) / 4;
      differences.assign(size_t(num_tiles) * kBlocks * n, 0);
      for (size_t i = 0; i < values.size(); ++i) {
        const size_t tile = i / n / size_t(RayTile::kRays), ray = i / n % size_t(RayTile::kRays);
        differences[(tile * kBlocks + size_t(RayTile::block_of(int(ray)))) * n + i % n] +=
            RayTile::sign_of(int(ray)) * values[i];
      }
      for (size_t i = 0; i < differences.size(); ++i) squares[size_t(chunk)][i % n] += differences[i] * differences[i];
    }
    reporter.task_done();
  });
  const double rays = double(shooter.num_rays());
  for (size_t rx = 0; rx < n; ++rx) {
    double sum = 0, square = 0;
    for (size_t c = 0; c < sums.size(); ++c) sum += sums[c][rx], square += squares[c][rx];
    out.gain[rx] = 4 * kPi / rays * sum;
    out.standard_error[rx] = 4 * kPi / rays * std::sqrt(square);
  }
  return out;
}

}  // namespace

SampledPower sampled_power(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
                           int32_t tx, const std::vector<ScatterEnd>& receivers, const RayOptions& options,
                           const VaryingMaterials* varying) {
  const Vec3d& at = scene.transmitters[size_t(tx)].position_m;
  const Place place = place_at(prepared, at);
  if (!place.on_a_face()) return walked_power(scene, prepared, context, tx, at, receivers, options, varying);
  // on a face it stands on each receiver's side of it
  SampledPower out{std::vector<double>(receivers.size(), 0), std::vector<double>(receivers.size(), 0)};
  for (const Vec3d& from : all_asides(prepared, place)) {
    std::vector<size_t> here;
    for (size_t rx = 0; rx < receivers.size(); ++rx) {
      if (aside(prepared, place, receivers[rx].point().position_m) == from) here.push_back(rx);
    }
    if (here.empty()) continue;
    const SampledPower part = walked_power(scene, prepared, context, tx, from, receivers, options, varying);
    for (const size_t rx : here) out.gain[rx] = part.gain[rx], out.standard_error[rx] = part.standard_error[rx];
  }
  return out;
}

}  // namespace raywave::paths
