// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/device_crossings.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "raywave/maps/crossing_kernels.h"
#include "raywave/maps/transmit_field.h"
#include "raywave/paths/coefficient_table.h"
#include "raywave/paths/ray_tree_build.h"
#include "raywave/paths/rays_ahead.h"
#include "raywave/paths/scatter_events.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/progress.h"

namespace raywave::maps {
namespace {

/// 2 million rays, or what their visits of cells leave.
int64_t tiles_a_launch(int visits_per_ray) {
  constexpr int64_t kMost = 1 << 15, kMostBytes = 256 << 20;
  const auto tile_bytes = int64_t(sizeof(RayVisit)) * paths::Shot::kTileRays * visits_per_ray;
  return visits_per_ray == 0 ? kMost : std::clamp<int64_t>(kMostBytes / tile_bytes, 1, kMost);
}

/// What the kernel reads beside the geometry, in the device's memory.
class Tables {
 public:
  /// @param scatter  null: nothing scatters
  Tables(runtime::DeviceMemory& memory, const paths::PreparedScene& prepared, const paths::FieldContext& context,
         const paths::ScatterEvents* scatter) {
    std::vector<paths::CoefficientEntry> reflection, transmission;
    const auto add = [&](const paths::CoefficientTable& table) {
      reflection.insert(reflection.end(), table.reflection().begin(), table.reflection().end());
      transmission.insert(transmission.end(), table.transmission().begin(), table.transmission().end());
    };
    for (size_t m = 0; m < context.materials.size(); ++m) {
      if (scatter) {
        add(scatter->table(int32_t(m)));
      } else {
        add(paths::CoefficientTable(context.materials[m], context.wavelength_m));
      }
    }
    if (scatter) put_scatterers(memory, *scatter);
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
    k.scatterers = scatterers_.data();
  }

 private:
  void put_scatterers(runtime::DeviceMemory& memory, const paths::ScatterEvents& scatter) {
    std::vector<paths::ScatterMaterial> there = scatter.materials();
    for (const em::LobeShares& s : scatter.shares()) shares_.push_back(runtime::uploaded(memory, s.samples()));
    scatter.with_shares(there, [&](size_t table) { return shares_[table].data(); });
    scatterers_ = runtime::uploaded(memory, there);
  }

  runtime::DeviceArray<paths::CoefficientEntry> reflection_, transmission_;
  runtime::DeviceArray<int32_t> material_, members_;
  runtime::DeviceArray<uint8_t> has_twins_;
  runtime::DeviceArray<scene::Facet> facets_;
  runtime::DeviceArray<scene::BoundarySegment> boundary_;
  runtime::DeviceArray<paths::ScatterMaterial> scatterers_;
  std::vector<runtime::DeviceArray<float>> shares_;  // of lobes
};

/// Units of a sum in 1, a power of two: room for a mean of 8192 a ray, all of them in one cell.
double units_for(int64_t num_rays) {
  return std::ldexp(1.0, std::clamp(50 - int(std::bit_width(uint64_t(num_rays))), 0, 40));
}
/// The same of a sum of squares: room for a mean of 65536, which no antenna below 48 dBi exceeds.
double square_units_for(int64_t num_rays) {
  return std::ldexp(1.0, std::clamp(47 - int(std::bit_width(uint64_t(num_rays))), 0, 40));
}

/// Sums of all cells there.
class CellSums {
 public:
  CellSums(runtime::DeviceMemory& memory, size_t num_cells, double units)
      : memory_(memory), units_(units), sums_(memory, num_cells) {
    memory.zero(sums_.data(), num_cells * sizeof(runtime::FixedSum));
  }
  runtime::FixedSum* data() { return sums_.data(); }
  double units() const { return units_; }
  std::vector<double> download() const {
    std::vector<runtime::FixedSum> found(sums_.size());
    memory_.download(found.data(), sums_.data(), found.size() * sizeof(runtime::FixedSum));
    std::vector<double> out;
    out.reserve(found.size());
    for (const runtime::FixedSum& s : found) out.push_back(s.units() / units_);
    return out;
  }

 private:
  runtime::DeviceMemory& memory_;
  const double units_;
  runtime::DeviceArray<runtime::FixedSum> sums_;
};

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

/// Cells that lie in no plane, there.
class MeshOnDevice {
 public:
  MeshOnDevice(runtime::DeviceMemory& memory, const Cells& cells) {
    if (cells.is_plane()) return;
    const scene::FacetTable& table = cells.triangles();
    tree_ = {memory, paths::build_ray_tree(table, paths::TreeTriangles::kAsGiven)};
    std::vector<CellTriangle> triangles;
    for (size_t i = 0; i < table.triangles.size(); ++i) {
      const scene::Triangle& t = table.triangles[i];
      triangles.push_back({Vec3f(normalized(cross(t.b - t.a, t.c - t.a))), cells.cell_of(i)});
    }
    triangles_ = runtime::uploaded(memory, triangles);
  }
  CellMesh view() const { return {tree_.view(), triangles_.data()}; }

 private:
  paths::TreeOnDevice tree_;
  runtime::DeviceArray<CellTriangle> triangles_;
};

CrossingsKernel kernel_for(const Cells& cells, const RadioMapOptions& options, const Vec3d& source_m, bool edge_on) {
  CrossingsKernel k;
  k.plane = cells.plane(source_m);
  k.num_x = cells.num_x(), k.num_y = cells.num_y();
  k.least_m = edge_on || cells.is_plane() ? float(cells.edge_on_m()) : 0.0f;
  k.los = options.los, k.specular_reflection = options.specular_reflection;
  return k;
}

}  // namespace

void require_device_can(const RadioMapOptions& options, const paths::FieldContext& context, bool vary) {
  if (options.device == runtime::Device::kCpu) return;
  const bool own = std::any_of(context.scatterers.begin(), context.scatterers.end(), [&](const auto& s) {
    return (options.diffuse_reflection && s.scattering > 0 && s.pattern.own) ||
           (options.is_directional() && s.lobe.own);
  });
  if (own || vary)
    throw Error(message("device ", runtime::device_name(options.device), " has no monte-carlo maps with ",
                        own ? "a lobe of one's own" : "materials that vary", ": use device cpu",
                        own ? "" : ", or method exact"));
}

DeviceSums device_crossings(const scene::Scene& scene, const paths::PreparedScene& prepared,
                            const paths::FieldContext& context, int tx, const Cells& cells,
                            const RadioMapOptions& options, const paths::TileShooter& shooter, bool& edge_on) {
  const paths::FacetsOnDevice& there = *shooter.on_device();
  paths::DeviceTracer::Lease queue(there.device());
  const paths::ScatterEvents scatter(context, options);
  const Tables tables(*queue, prepared, context, scatter.any() ? &scatter : nullptr);
  const auto num_cells = size_t(cells.size());
  CellSums sums(*queue, num_cells, units_for(shooter.num_rays())),
      squares(*queue, scatter.any() ? num_cells : 0, square_units_for(shooter.num_rays()));
  const MeshOnDevice mesh(*queue, cells);
  runtime::DeviceArray<int32_t> marks(*queue, CrossingsKernel::kNumMarks);
  (*queue).zero(marks.data(), marks.size() * sizeof(int32_t));
  const auto marked = [&](CrossingsKernel::Mark which) {
    std::array<int32_t, CrossingsKernel::kNumMarks> found{};
    (*queue).download(found.data(), marks.data(), sizeof found);
    return found[which] != 0;
  };
  const TransmitField transmit(scene.transmitters[size_t(tx)], context.wavelength_m);
  CrossingsKernel k = kernel_for(cells, options, scene.transmitters[size_t(tx)].position_m, edge_on);
  tables.put(k);
  k.mesh = mesh.view();
  k.units = sums.units();
  k.sums = sums.data(), k.marks = marks.data();
  if (transmit.quick()) k.quick = *transmit.quick();
  if (scatter.any()) k.visits_per_ray = options.max_depth + 1;  // a plane is crossed once a segment
  runtime::DeviceArray<RayVisit> visits;
  const auto make_room = [&] {
    const int64_t tiles = std::min(tiles_a_launch(k.visits_per_ray), shooter.num_tiles());
    visits = {};
    if (scatter.any()) visits = {*queue, size_t(tiles * paths::Shot::kTileRays * k.visits_per_ray)};
    k.visits = visits.data();
    return tiles;
  };
  int64_t most_tiles = make_room();
  runtime::Reporter reporter(options.progress, shooter.num_tiles());
  for (int64_t first = 0; first < shooter.num_tiles();) {
    reporter.check();
    const int64_t num_tiles = std::min(most_tiles, shooter.num_tiles() - first);
    runtime::DeviceArray<CVec3<float>> launched;
    if (!transmit.quick()) {
      launched =
          runtime::uploaded(*queue, launched_fields(transmit, shooter.shot(), first, num_tiles, options.num_threads));
    }
    k.launched = launched.data();
    k.scene = there.view(shooter.shot(), first);
    paths::launch(*queue, k, num_tiles * paths::Shot::kTileRays, options.num_threads);
    if (scatter.any()) {
      if (!cells.is_plane() && marked(CrossingsKernel::kNoRoom)) {  // nothing has been added yet: once more
        (*queue).zero(marks.data() + CrossingsKernel::kNoRoom, sizeof(int32_t));
        k.visits_per_ray *= 2;
        most_tiles = make_room();
        continue;
      }
      paths::launch(
          *queue,
          VisitsKernel{visits.data(), k.visits_per_ray, sums.units(), squares.units(), sums.data(), squares.data()},
          num_tiles * paths::Shot::kBlocks, options.num_threads);
      paths::launch(*queue, CarryKernel{squares.data()}, int64_t(num_cells));
    }
    paths::launch(*queue, CarryKernel{sums.data()}, int64_t(num_cells));
    first += num_tiles;
    reporter.task_done(num_tiles);
  }
  edge_on |= marked(CrossingsKernel::kEdgeOn);
  return {sums.download(), squares.download()};
}

}  // namespace raywave::maps
