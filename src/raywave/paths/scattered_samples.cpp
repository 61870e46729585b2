// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scattered_samples.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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

/// A receiver as it stands. What scatters is seen from it, but for what its own faces scatter: of that chance draws a
/// direction below it (own_face.h).
struct Listener {
  Listener(const ScatterEnd& receiver, const Vec3d& source_m, bool behind, double wavelength_m)
      : end(&receiver),
        standing(receiver.standing(source_m, behind)),
        own_mirrors(receiver.own_mirrors()),
        lift_m(receiver.lift(kOwnFaceLift * wavelength_m, standing)) {}
  const ScatterEnd* end;
  size_t standing;
  std::vector<int32_t> own_mirrors;
  Vec3d lift_m;
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

/// A ray's share of what goes from the transmitter, over mirrors perhaps, to a receiver's own face.
struct Launched {
  size_t rx, value;
  std::vector<Step> steps;
  int64_t first;
};

class Walks {
 public:
  /// @param from_m  where the transmitter's rays set out
  Walks(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context, int32_t tx,
        const Vec3d& from_m, const std::vector<Listener>& receivers, const RayOptions& options,
        const ScatterEvents& events, const VaryingMaterials* varying)
      : prepared_(prepared),
        table_(prepared.facets()),
        context_(context),
        receivers_(receivers),
        options_(options),
        events_(events),
        varying_(varying),
        from_m_(from_m),
        tx_(end_point(scene.transmitters[size_t(tx)], context.wavelength_m)),
        numbers_(scene, prepared, context),
        kernel_(numbers_),
        refine_(refine_options(prepared, context, options.max_depth)),
        refiner_(prepared, refine_),
        places_(scene, prepared, context, varying) {
    find_ways_to_own_faces();
  }

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
          if (depth == 0) find_launched();
          places_.ask();
          numbers_.set_touched(places_.touched());
          if (depth == 0) add_launched(values);
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
        if (may_scatter(m)) find_legs(m, depth, tiles_[t].random[size_t(lane)]);
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
  void find_legs(const Meeting& m, int depth, uint64_t random) {
    for (size_t r = 0; r < receivers_.size(); ++r) {
      const ScatterEnd& rx = *receivers_[r].end;
      for (const int32_t node : rx.chains(table_.facets[size_t(m.facet)].mirror)) {
        if (depth + 1 + rx.depth(node) > options_.max_depth) continue;
        if (!rx.leg(refiner_, receivers_[r].standing, node, m.at, m.facet, false, leg_)) continue;
        const int num = depth + 1 + int(leg_.steps.size());
        if (num > options_.max_depth) continue;
        std::reverse(leg_.steps.begin(), leg_.steps.end());
        if (node != 0 || !rx.stands_on(m.facet)) add_leg(r, m.at, leg_.steps);
        if (num == options_.max_depth) continue;
        random = mix64(random ^ r);
        for_own_faces(r, m.at, leg_.steps, random, [&](std::vector<Step>& steps) {
          for (const Turned turned : {Turned::kNot, Turned::kBefore, Turned::kBehind}) {
            steps.back().scatter.turned = turned;
            add_leg(r, m.at, steps);
          }
        });
      }
    }
  }
  void add_leg(size_t r, const Vec3d& from_m, const std::vector<Step>& steps) {
    const size_t begin = steps_.size();
    steps_.insert(steps_.end(), steps.begin(), steps.end());
    legs_.push_back({r, begin, steps_.size(), places_.add(from_m, steps)});
  }

  /// What a receiver's own faces scatter of what arrives at it over some steps from a place, each by a direction below
  /// it that chance draws: visit(the steps with that of the face behind them), by each law.
  template <class Visit>
  void for_own_faces(size_t r, const Vec3d& from_m, std::vector<Step> steps, uint64_t random, Visit&& visit) {
    const Listener& rx = receivers_[r];
    Vec3d last = from_m;
    for (const Step& s : steps) {
      if (s.type != Interaction::kRefraction) last = s.point_m;
    }
    for (const int32_t mirror : rx.own_mirrors) {
      const scene::Facet& plane = table_.facets[size_t(mirror)];
      if (!(dot(rx.lift_m, plane.normal) * table_.distance(mirror, last) > 0)) continue;
      const double x = 1 - next_uniform(random), y = next_uniform(random);
      Vec2d at{x, y};
      const Vec3d point = own_face_place(rx.end->point().position_m, plane.origin, plane.normal, rx.lift_m, at).point;
      const int32_t facet = table_.owner(mirror, point);
      if (facet < 0) continue;
      const scene::Facet& f = table_.facets[size_t(facet)];
      if (dot(f.normal, plane.normal) < 0) at.y = 1 - at.y;  // azimuths turn with the normal
      Step step;
      step.surface = SurfaceId::facet(facet);
      step.point_m = point;
      step.scatter.triangle = int32_t(f.triangle_begin);
      step.scatter.below = Below::kTarget;
      step.scatter.lift_m = rx.lift_m;
      step.scatter.at = at;
      step.scatter.share = 2;  // the square, of which a tile's share is that of its half
      steps.push_back(step);
      const bool varies = varying_ && varying_->varies[size_t(f.material)] != 0;
      const Scatterer<double>& s = context_.scatterers[size_t(f.material)];
      steps.back().type = Interaction::kDiffuseReflection;
      if (varies ? options_.diffuse_reflection : by_pattern(s)) visit(steps);
      steps.back().type = Interaction::kDirectionalReflection;
      if (!prepared_.is_mirror(facet) && (varies || s.scattering < 1)) visit(steps);
      steps.pop_back();
    }
  }

  /// The ways from the transmitter to receivers that stand on faces.
  void find_ways_to_own_faces() {
    for (size_t r = 0; r < receivers_.size(); ++r) {
      const ScatterEnd& rx = *receivers_[r].end;
      if (receivers_[r].own_mirrors.empty()) continue;
      for (const int32_t node : rx.all_chains()) {
        if (rx.depth(node) + 1 > options_.max_depth) continue;
        if (!rx.leg(refiner_, receivers_[r].standing, node, from_m_, -1, false, leg_)) continue;
        if (int(leg_.steps.size()) + 1 > options_.max_depth) continue;
        ways_.push_back({r, 0, {leg_.steps.rbegin(), leg_.steps.rend()}, -1});
      }
    }
  }
  void find_launched() {
    launched_.clear();
    for (size_t t = 0; t < tiles_.size() && !ways_.empty(); ++t) {
      for (int lane = 0; lane < RayTile::kRays; ++lane) {
        uint64_t random = tiles_[t].random[size_t(lane)];
        for (const Launched& way : ways_) {
          random = mix64(random ^ way.rx);
          const size_t value = (t * size_t(RayTile::kRays) + size_t(lane)) * receivers_.size() + way.rx;
          for_own_faces(way.rx, from_m_, way.steps, random, [&](const std::vector<Step>& steps) {
            launched_.push_back({way.rx, value, steps, places_.add(from_m_, steps)});
          });
        }
      }
    }
  }
  void add_launched(std::vector<double>& values) {
    for (const Launched& l : launched_) {
      kernel_.begin_at(l.first);
      double power = 0;
      if (kernel_.power(tx_, receivers_[l.rx].end->point(), l.steps, power)) values[l.value] += power / (4 * kPi);
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
    const ScatterChoice c =
        m.met < 0 ? events_.choose(m.material, mirrors, n, k, random) : events_.choose(here, mirrors, n, k, random);
    tile.event[size_t(m.lane)] = c.event;
    if (c.event == Event::kEnd) return;
    tile.scattered[size_t(m.lane)] = c.direction;
    go_on(c, m.normal, m.u_i, walker);
  }

  static void go_on(const ScatterChoice& c, const Vec3d& n, const Vec3d& u_i, Walker& walker) {
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
    const EndPoint<double>& rx = receivers_[leg.rx].end->point();
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
  const std::vector<Listener>& receivers_;
  const RayOptions& options_;
  const ScatterEvents& events_;
  const VaryingMaterials* varying_;
  const Vec3d from_m_;
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
  std::vector<Launched> ways_, launched_;  // of all rays, of each
  std::vector<Step> steps_, on_leg_;
  GeometricPath leg_;
};

}  // namespace

namespace {

/// By rays that set out at `from_m`.
SampledPower walked_power(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
                          int32_t tx, const Vec3d& from_m, const std::vector<Listener>& receivers,
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
    Walks walks(scene, prepared, context, tx, from_m, receivers, options, events, varying);
    std::vector<double> values, differences;
    const int64_t end = shooter.num_tiles() * (chunk + 1) / num_chunks;
    for (int64_t t = shooter.num_tiles() * chunk / num_chunks; t < end; t += block) {
      const int64_t num_tiles = std::min(block, end - t);
      walks.run(shooter, t, num_tiles, values);
      for (size_t i = 0; i < values.size(); ++i) sums[size_t(chunk)][i % n] += values[i];
      constexpr auto kBlocks = size_t(Shot::kBlocks);
      differences.assign(size_t(num_tiles) * kBlocks * n, 0);
      for (size_t i = 0; i < values.size(); ++i) {
        const size_t tile = i / n / size_t(RayTile::kRays), ray = i / n % size_t(RayTile::kRays);
        differences[(tile * kBlocks + size_t(Shot::block_of(int(ray)))) * n + i % n] +=
            Shot::sign_of(int(ray)) * values[i];
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
  SampledPower out{std::vector<double>(receivers.size(), 0), std::vector<double>(receivers.size(), 0)};
  std::vector<size_t> left(receivers.size());
  std::iota(left.begin(), left.end(), size_t(0));
  // ends on faces stand on each other's side of them, and where nothing arrives there on the other side
  for (const auto& [behind_source, behind_target] :
       {std::pair{false, false}, std::pair{true, false}, std::pair{false, true}, std::pair{true, true}}) {
    std::vector<size_t> dark;
    if (behind_source && !place.on_a_face()) continue;
    if (behind_target) std::erase_if(left, [&](size_t rx) { return !receivers[rx].on_a_face(); });
    while (!left.empty()) {  // those for which the transmitter stands at one place together
      const auto stands = [&, behind = behind_source](size_t rx) {
        return place.on_a_face() ? aside(prepared, place, receivers[rx].point().position_m, behind) : at;
      };
      const Vec3d from = stands(left[0]);
      std::vector<size_t> now, later;
      std::vector<Listener> there;
      for (const size_t rx : left) {
        (stands(rx) == from ? now : later).push_back(rx);
        if (now.size() > there.size()) there.emplace_back(receivers[rx], at, behind_target, context.wavelength_m);
      }
      const SampledPower part = walked_power(scene, prepared, context, tx, from, there, options, varying);
      for (size_t i = 0; i < now.size(); ++i) {
        const size_t rx = now[i];
        out.gain[rx] = part.gain[i], out.standard_error[rx] = part.standard_error[i];
        if (!(part.gain[i] > 0) && (place.on_a_face() || receivers[rx].on_a_face())) dark.push_back(rx);
      }
      left = std::move(later);
    }
    left = std::move(dark);
  }
  return out;
}

}  // namespace raywave::paths
