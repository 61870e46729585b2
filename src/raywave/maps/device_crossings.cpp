// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/device_crossings.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "raywave/maps/crossing_kernels.h"
#include "raywave/maps/transmit_field.h"
#include "raywave/paths/coefficient_table.h"
#include "raywave/paths/rays_ahead.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/progress.h"

namespace raywave::maps {
namespace {

constexpr int64_t kTilesALaunch = 1 << 15;  // 2 million rays

/// What the kernel reads beside the geometry, in the device's memory.
class Tables {
 public:
  Tables(runtime::DeviceMemory& memory, const paths::PreparedScene& prepared, const paths::FieldContext& context) {
    std::vector<paths::CoefficientEntry> reflection, transmission;
    for (const auto& m : context.materials) {
      const paths::CoefficientTable table(m, context.wavelength_m);
      reflection.insert(reflection.end(), table.reflection().begin(), table.reflection().end());
      transmission.insert(transmission.end(), table.transmission().begin(), table.transmission().end());
    }
    reflection_ = runtime::uploaded(memory, reflection), transmission_ = runtime::uploaded(memory, transmission);
    const scene::FacetTable& table = prepared.facets();
    std::vector<int32_t> material;
    std::vector<uint8_t> has_twins;
    bool any = false;
    for (const scene::Facet& f : table.facets) {
      material.push_back(f.material);
      const scene::Facet& mirror = table.facets[size_t(f.mirror)];
      has_twins.push_back(mirror.member_begin < mirror.member_end ? 1 : 0);
      any |= has_twins.back() != 0;
    }
    material_ = runtime::uploaded(memory, material);
    if (!any) return;
    has_twins_ = runtime::uploaded(memory, has_twins);
    facets_ = runtime::uploaded(memory, table.facets);
    boundary_ = runtime::uploaded(memory, table.boundary);
    members_ = runtime::uploaded(memory, table.members);
  }

  void put(CrossingsKernel& k) const {
    k.material = material_.data();
    k.has_twins = has_twins_.data();
    k.owners = {facets_.data(), boundary_.data(), members_.data()};
    k.reflection = reflection_.data(), k.transmission = transmission_.data();
  }

 private:
  runtime::DeviceArray<paths::CoefficientEntry> reflection_, transmission_;
  runtime::DeviceArray<int32_t> material_, members_;
  runtime::DeviceArray<uint8_t> has_twins_;
  runtime::DeviceArray<scene::Facet> facets_;
  runtime::DeviceArray<scene::BoundarySegment> boundary_;
};

/// Units of a sum in 1, a power of two: room for a mean of 8192 a ray, all of them in one cell.
double units_for(int64_t num_rays) {
  return std::ldexp(1.0, std::clamp(50 - int(std::bit_width(uint64_t(num_rays))), 0, 40));
}

/// What the rays of these tiles set out with, evaluated here.
std::vector<CVec3<float>> launched_fields(const TransmitField& transmit, const paths::Shot& shot, int64_t first_tile,
                                          int64_t num_tiles, int num_threads) {
  std::vector<CVec3<float>> out(size_t(num_tiles * paths::Shot::kTileRays));
  runtime::parallel_for(num_tiles, num_threads, [&](int64_t t) {
    for (int lane = 0; lane < paths::Shot::kTileRays; ++lane) {
      uint64_t random = 0;
      const Vec2<float> place = paths::place_in_square(shot, first_tile + t, lane, random);
      out[size_t(t * paths::Shot::kTileRays + lane)] = transmit.in_single(paths::square_to_sphere(place.x, place.y));
    }
  });
  return out;
}

CrossingsKernel kernel_for(const Cells& cells, const RadioMapOptions& options, const Vec3d& source_m) {
  CrossingsKernel k;
  k.plane = cells.plane(source_m);
  k.num_x = cells.num_x(), k.num_y = cells.num_y();
  k.least_m = float(cells.edge_on_m());
  k.los = options.los, k.specular_reflection = options.specular_reflection;
  return k;
}

}  // namespace

void require_device_can(const RadioMapOptions& options, const Cells& cells, bool vary) {
  if (options.device == runtime::Device::kCpu) return;
  const char* missing = options.scatters() ? "scattering"
                        : vary             ? "materials that vary"
                        : cells.is_plane() ? nullptr
                                           : "cells on a mesh or terrain";
  if (missing)
    throw Error(message("device ", runtime::device_name(options.device), " has no monte-carlo maps with ", missing,
                        " yet: use device cpu, or method exact"));
}

std::vector<double> device_crossings(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                     const paths::FieldContext& context, int tx, const Cells& cells,
                                     const RadioMapOptions& options, const paths::TileShooter& shooter, bool& edge_on) {
  const paths::FacetsOnDevice& there = *shooter.on_device();
  paths::DeviceTracer::Lease queue(there.device());
  const Tables tables(*queue, prepared, context);
  const auto num_cells = size_t(cells.size());
  runtime::DeviceArray<runtime::FixedSum> sums(*queue, num_cells);
  runtime::DeviceArray<int32_t> marked(*queue, 1);
  (*queue).zero(sums.data(), num_cells * sizeof(runtime::FixedSum));
  (*queue).zero(marked.data(), sizeof(int32_t));
  const TransmitField transmit(scene.transmitters[size_t(tx)], context.wavelength_m);
  CrossingsKernel k = kernel_for(cells, options, scene.transmitters[size_t(tx)].position_m);
  tables.put(k);
  k.units = units_for(shooter.num_rays());
  k.sums = sums.data(), k.edge_on = marked.data();
  if (transmit.quick()) k.quick = *transmit.quick();
  const int64_t num_launches = (shooter.num_tiles() + kTilesALaunch - 1) / kTilesALaunch;
  runtime::Reporter reporter(options.progress, num_launches);
  for (int64_t first = 0; first < shooter.num_tiles(); first += kTilesALaunch) {
    reporter.check();
    const int64_t num_tiles = std::min(kTilesALaunch, shooter.num_tiles() - first);
    runtime::DeviceArray<CVec3<float>> launched;
    if (!transmit.quick()) {
      launched =
          runtime::uploaded(*queue, launched_fields(transmit, shooter.shot(), first, num_tiles, options.num_threads));
    }
    k.launched = launched.data();
    k.scene = there.view(shooter.shot(), first);
    paths::launch(*queue, k, num_tiles * paths::Shot::kTileRays, options.num_threads);
    paths::launch(*queue, CarryKernel{sums.data()}, int64_t(num_cells));
    reporter.task_done();
  }
  std::vector<runtime::FixedSum> found(num_cells);
  (*queue).download(found.data(), sums.data(), num_cells * sizeof(runtime::FixedSum));
  int32_t is_marked = 0;
  (*queue).download(&is_marked, marked.data(), sizeof is_marked);
  edge_on |= is_marked != 0;
  std::vector<double> out(num_cells);
  for (size_t i = 0; i < num_cells; ++i) out[i] = found[i].units() / k.units;
  return out;
}

}  // namespace raywave::maps
