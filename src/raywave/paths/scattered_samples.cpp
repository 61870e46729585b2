// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scattered_samples.h"

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
};

class Walks {
 public:
  Walks(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context, int32_t tx,
        const std::vector<ScatterEnd>& receivers, const RayOptions& options, const ScatterEvents& events)
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
        refiner_(prepared, refine_) {}

  /// Follows the rays of a tile. @param values  what each ray brings to each receiver, [kRays, num_rx]
  void run(const TileShooter& shooter, int64_t tile_index, std::vector<double>& values) {
    RayTile tile;
    std::array<Walker, RayTile::kRays> walkers;
    values.assign(size_t(RayTile::kRays) * receivers_.size(), 0);
    shooter.run(tile_index, tile, [&](RayTile& state, int depth) {
      for (int lane = 0; lane < RayTile::kRays; ++lane) {
        if (depth == 0) walkers[size_t(lane)] = launched(direction(state, lane));
        if (state.event[size_t(lane)] == Event::kEnd) continue;
        meet(state, lane, depth, walkers[size_t(lane)], &values[size_t(lane) * receivers_.size()]);
      }
    });
  }

 private:
  static Vec3f direction(const RayTile& tile, int lane) {
    const RayPacket& p = tile.packets[size_t(lane / RayPacket::kSize)];
    const int i = lane % RayPacket::kSize;
    return {p.dx[i], p.dy[i], p.dz[i]};
  }
  static Walker launched(const Vec3f& k) {
    Walker w;
    w.departure = normalized(Vec3d(k));
    const JonesBasis<double> basis = transfer_basis(w.departure);
    w.fields[0] = {basis.theta_hat, {}};
    w.fields[1] = {basis.phi_hat, {}};
    return w;
  }

  /// A ray at a surface: adds what it scatters towards the receivers, and decides how it goes on.
  void meet(RayTile& tile, int lane, int depth, Walker& walker, double* values) {
    const RayPacket& p = tile.packets[size_t(lane / RayPacket::kSize)];
    const int i = lane % RayPacket::kSize;
    const Vec3f k = direction(tile, lane);
    const Vec3d u_i = normalized(Vec3d(k));
    int32_t facet = p.facet[i];
    Vec3d at = Vec3d{p.ox[i], p.oy[i], p.oz[i]} + double(p.t[i]) * Vec3d(k);
    const Vec3d n = table_.facets[size_t(facet)].normal;
    at = at - table_.distance(facet, at) * n;
    facet = table_.canonical(facet, at);
    const int32_t material = table_.facets[size_t(facet)].material;
    const Scatterer<double>& s = context_.scatterers[size_t(material)];
    for (const bool by_lobe : {false, true}) {
      if (by_lobe ? prepared_.is_mirror(facet) || !(s.scattering < 1)
                  : !options_.diffuse_reflection || !(s.scattering > 0))
        continue;
      ScatterPlace<double> place;
      place.point = at, place.normal = n, place.area_m2 = 1;
      place.scatterer = s, place.slab = &context_.materials[size_t(material)];
      place.by_lobe = by_lobe;
      const auto send = [&](double* to) {
        for (size_t rx = 0; rx < receivers_.size(); ++rx) {
          const double value = towards(receivers_[rx], place, facet, depth, u_i, walker);
          if (to) to[rx] += value;
        }
      };
      if ((by_lobe ? s.lobe : s.pattern).own) em::OwnLobe::foresee(false, [&] { send(nullptr); });
      send(values);
    }
    const ScatterEvents::Choice c =
        events_.choose(material, prepared_.is_mirror(facet), Vec3f(n), k, tile.random[size_t(lane)]);
    tile.event[size_t(lane)] = c.event;
    if (c.event == Event::kEnd) return;
    tile.scattered[size_t(lane)] = c.direction;
    go_on(c, n, u_i, walker);
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

  /// What a place scatters of a walk towards a receiver.
  double towards(const ScatterEnd& rx, const ScatterPlace<double>& place, int32_t facet, int depth, const Vec3d& u_i,
                 const Walker& walker) {
    double sum = 0;
    for (const int32_t node : rx.chains(table_.facets[size_t(facet)].mirror)) {
      if (depth + 1 + rx.depth(node) > options_.max_depth) continue;
      if (!rx.leg(refiner_, node, place.point, facet, false, leg_)) continue;
      if (depth + 1 + int(leg_.steps.size()) > options_.max_depth) continue;
      std::reverse(leg_.steps.begin(), leg_.steps.end());
      EndPoint<double> from;
      from.position_m = place.point;
      PathField<double> f;
      (void)kernel_.field(from, rx.point(), leg_.steps, f);
      const double amplitude = scattered_amplitude(place, context_.wavelength_m, u_i, f.departure);
      if (!(amplitude > 0)) continue;
      // a ray stands for a solid angle, not for an area: the area that it meets is that over the cosine
      const double scale = amplitude * context_.wavelength_m / (4 * kPi) / std::sqrt(std::abs(dot(u_i, place.normal)));
      sum += scale * scale * received(rx.point(), place, u_i, f, walker);
    }
    return sum;
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
  GeometricPath leg_;
};

}  // namespace

SampledPower sampled_power(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
                           int32_t tx, const std::vector<ScatterEnd>& receivers, const RayOptions& options) {
  const size_t n = receivers.size();
  SampledPower out{std::vector<double>(n, 0), std::vector<double>(n, 0)};
  if (prepared.queries().empty() || options.max_depth < 1) return out;
  const ScatterEvents events(context, options);
  ShootOptions shoot =
      shoot_options(options, scene.transmitters[size_t(tx)].position_m, scene.transmitters[size_t(tx)].name);
  shoot.reflection = true, shoot.on_all = true;
  const TileShooter shooter(prepared, shoot);
  const int64_t num_chunks = std::min<int64_t>(64, shooter.num_tiles());
  std::vector<std::vector<double>> sums(size_t(num_chunks), std::vector<double>(n, 0)), squares(sums);
  runtime::Reporter reporter(options.progress, num_chunks);
  runtime::parallel_for(num_chunks, options.num_threads, [&](int64_t chunk) {
    reporter.check();
    Walks walks(scene, prepared, context, tx, receivers, options, events);
    std::vector<double> values, differences;
    const int64_t end = shooter.num_tiles() * (chunk + 1) / num_chunks;
    for (int64_t t = shooter.num_tiles() * chunk / num_chunks; t < end; ++t) {
      walks.run(shooter, t, values);
      for (size_t i = 0; i < values.size(); ++i) sums[size_t(chunk)][i % n] += values[i];
      differences.assign(size_t(RayTile::kRays) / 4 * n, 0);
      for (int ray = 0; ray < RayTile::kRays; ++ray) {
        for (size_t rx = 0; rx < n; ++rx)
          differences[size_t(RayTile::block_of(ray)) * n + rx] += RayTile::sign_of(ray) * values[size_t(ray) * n + rx];
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

}  // namespace raywave::paths
