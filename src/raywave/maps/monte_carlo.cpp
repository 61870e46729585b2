// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/monte_carlo.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <map>
#include <set>

#include "raywave/core/constants.h"
#include "raywave/maps/arrivals.h"
#include "raywave/maps/asked_arrivals.h"
#include "raywave/maps/crossing_rays.h"
#include "raywave/maps/device_crossings.h"
#include "raywave/maps/exact.h"
#include "raywave/maps/sums_in_order.h"
#include "raywave/paths/edge_rays.h"
#include "raywave/paths/find.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/progress.h"

namespace raywave::maps {
namespace {

// Rays within the cells' planes do not cross them, and those that come from near the planes cross few cells, with large
// weights. What cells see edge-on - from a transmitter, an image or an edge nearer to their plane than Cells::edge_on_m
// - is left to exact solutions, where there is any: a transmitter that stands there, edges that lie there, an image
// there whose mirror comes there too (rays from it do not leave the plane, those of others do). Images are looked for
// by the rays, before plane cells only: of cells on meshes an image that lies exactly in their plane stays unseen.

bool is_within(double distance_m, const Cells& cells, int cell, const Vec3d& point_m) {
  return std::abs(dot(cells.normal(cell), cells.center(cell) - point_m)) < distance_m;
}

/// One cell of each plane that cells lie in. Ground that is rough has as many planes as cells: the first thousands, as
/// edges lie in those by chance alone.
std::vector<int> cells_of_planes(const Cells& cells) {
  constexpr size_t kMost = 4096;
  std::vector<int> out;
  std::set<std::array<int64_t, 4>> seen;
  for (int cell = 0; cell < (cells.is_plane() ? 1 : cells.size()) && out.size() < kMost; ++cell) {
    if (!(cells.area_m2(cell) > 0)) continue;
    const Vec3d n = cells.normal(cell);
    const auto rounded = [](double x) { return int64_t(std::llround(x)); };
    const double offset = dot(n, cells.center(cell)) / (0.1 * cells.edge_on_m());
    if (seen.insert({rounded(1e4 * n.x), rounded(1e4 * n.y), rounded(1e4 * n.z), rounded(offset)}).second)
      out.push_back(cell);
  }
  return out;
}

/// Is the transmitter seen edge-on, or an edge over its whole length? Of edges a tenth of that distance decides: rays
/// from further off cross the plane within a hundred cells, and exact solutions of what edges send cost several times
/// the rays.
bool stands_edge_on(const paths::PreparedScene& prepared, const Cells& cells, const RadioMapOptions& options,
                    const Vec3d& source_m) {
  for (int cell = 0; cell < (cells.is_plane() ? 1 : cells.size()); ++cell) {
    if (cells.area_m2(cell) > 0 && is_within(cells.edge_on_m(), cells, cell, source_m)) return true;
  }
  if (!options.diffraction) return false;
  const std::vector<int> planes = cells_of_planes(cells);
  const double near_m = 0.1 * cells.edge_on_m();
  return std::any_of(prepared.wedges().begin(), prepared.wedges().end(), [&](const paths::Wedge& w) {
    return std::any_of(planes.begin(), planes.end(), [&](int cell) {
      return is_within(near_m, cells, cell, w.a) && is_within(near_m, cells, cell, w.at(w.length_m));
    });
  });
}

/// The sequences whose images rays find edge-on, with mirrors that come there too.
paths::SequenceTree edge_on_images(const scene::Scene& scene, const paths::PreparedScene& prepared, int tx,
                                   const Cells& cells, const RadioMapOptions& options,
                                   const std::vector<Standing>& standings) {
  const scene::Device& transmitter = scene.transmitters[size_t(tx)];
  const auto is_near = [&](const Vec3d& p) { return is_within(cells.edge_on_m(), cells, 0, p); };
  paths::SequenceTree out(transmitter.position_m);
  for (const Standing& s : standings) {
    std::set<int32_t> found;
    const paths::SequenceTree all = paths::follow_rays(
        prepared, paths::shoot_options(options, s.source_aside_m, transmitter.name), options.num_threads,
        options.progress, [] { return std::set<int32_t>(); },
        [&](std::set<int32_t>& part, const paths::FollowedRay& ray) {
          if (ray.node != 0 && is_near(ray.image_m) && is_near(ray.origin_m)) part.insert(ray.node);
        },
        [&](const std::set<int32_t>& part, const std::vector<int32_t>& here) {
          for (const int32_t node : part) found.insert(here[size_t(node)]);
        });
    for (const int32_t node : found) {
      std::vector<paths::SurfaceId> surfaces;
      for (int32_t n = node; n != 0; n = all.nodes()[size_t(n)].parent)
        surfaces.push_back(all.nodes()[size_t(n)].surface);
      int32_t at = 0;
      for (size_t i = surfaces.size(); i-- > 0;) at = out.child(at, surfaces[i], prepared.facets());
    }
  }
  return out;
}

/// Where images alone are edge-on, and few, an exact map of their sequences: all of a city's cost half a second. Null:
/// of all that is found.
std::optional<paths::SequenceTree> few_images(const scene::Scene& scene, const paths::PreparedScene& prepared, int tx,
                                              const Cells& cells, const RadioMapOptions& options,
                                              const std::vector<Standing>& standings) {
  constexpr int64_t kTrials = 10000000;  // each node at each cell: a second or two
  if (!cells.is_plane() || options.diffraction ||
      stands_edge_on(prepared, cells, options, scene.transmitters[size_t(tx)].position_m))
    return std::nullopt;
  auto images = edge_on_images(scene, prepared, tx, cells, options, standings);
  if (int64_t(images.nodes().size()) * cells.size() > kTrials) return std::nullopt;
  return images;
}

RadioMapOptions exact_options(const RadioMapOptions& options) {
  RadioMapOptions exact = options.without_scattering();
  exact.method = Method::kExact;
  exact.coherent = false;
  return exact;
}

/// How many chunks sum by themselves: the map's matter alone, so that sums are the same bits for any number of threads.
int64_t chunks_of(size_t num_cells) { return std::clamp<int64_t>(int64_t(2.5e8 / (8.0 * double(num_cells))), 2, 64); }

/// Rays behind edges: 1/8 of the rays from the transmitter, shared among the edges that these light.
class EdgeRays {
 public:
  EdgeRays(const scene::Scene& scene, const paths::PreparedScene& prepared, const paths::FieldContext& context, int tx,
           const Cells& cells, const RadioMapOptions& options, const Vec3d& from_m, bool edge_on)
      : tx_(scene.transmitters[size_t(tx)]),
        cells_(cells),
        least_m_(edge_on ? cells.edge_on_m() : 0),
        refine_(paths::refine_options(prepared, context, options.max_depth)),
        tree_(
            paths::shoot_sequences(prepared, sequence_options(options, from_m), options.num_threads, options.progress)),
        shooter_(prepared, tree_, refine_, paths::edge_ray_options(options)) {
    shooter_.share_rays(options.samples_per_tx / 8);
  }

  int64_t num_edges() const { return shooter_.num_edges(); }
  const paths::RefineOptions& refine() const { return refine_; }

  /// visit(segment with its node of part, cell, point, area that the ray stands for).
  template <class Visit>
  void trace(int64_t edge, paths::Refiner& refiner, paths::SequenceTree& part, Visit&& visit) const {
    CellFinder finder(cells_, tx_.position_m);
    shooter_.run(
        edge, refiner, part,
        [&](const paths::EdgeRaySegment& s) {
          finder.visit(s.origin_m, s.direction, s.length_m, [&](int cell, const Vec3f& point, double cosine) {
            if (!(cosine > 1e-6)) return;
            const Vec3d p(point);
            const double behind = s.behind_m + norm(p - s.origin_m);
            if (behind * cosine < least_m_) return;
            const double area = s.spread_m * behind * (s.before_m + behind) / s.before_m / cosine;
            visit(s, cell, p, area);
          });
        },
        [&](const paths::EdgeRaySegment& s) { return finder.may_cross(s.origin_m, s.direction); });
  }

 private:
  paths::ShootOptions sequence_options(const RadioMapOptions& options, const Vec3d& from_m) const {
    paths::ShootOptions shoot = paths::shoot_options(options, from_m, tx_.name);
    shoot.num_rays = std::min<int64_t>(shoot.num_rays, 1000000);
    return shoot;
  }
  const scene::Device& tx_;
  const Cells& cells_;
  const double least_m_;
  paths::RefineOptions refine_;
  paths::SequenceTree tree_;
  paths::EdgeShooter shooter_;
};

/// Adds what arrives over edges. [num_cells]
void add_diffraction(const scene::Scene& scene, const paths::PreparedScene& prepared,
                     const paths::FieldContext& context, int tx, const Cells& cells, const RadioMapOptions& options,
                     const Vec3d& from_m, bool edge_on, const paths::VaryingMaterials* varying,
                     std::vector<double>& gain) {
  const EdgeRays rays(scene, prepared, context, tx, cells, options, from_m, edge_on);
  const scene::Device& transmitter = scene.transmitters[size_t(tx)];
  const int64_t num_edges = rays.num_edges(), num_chunks = std::min(num_edges, chunks_of(gain.size()));
  std::vector<std::vector<double>> sums(static_cast<size_t>(num_chunks));
  runtime::Reporter reporter(options.progress, num_chunks);
  runtime::parallel_for(num_chunks, options.num_threads, [&](int64_t chunk) {
    reporter.check();
    auto& own = sums[size_t(chunk)];
    own.assign(gain.size(), 0);
    paths::Refiner refiner(prepared, rays.refine());
    AskedArrivals arrivals(scene, prepared, context, tx, varying);
    paths::SequenceTree part(from_m);
    std::vector<paths::Step> steps;
    for (int64_t e = num_edges * chunk / num_chunks; e < num_edges * (chunk + 1) / num_chunks; ++e) {
      rays.trace(e, refiner, part, [&](const paths::EdgeRaySegment& s, int cell, const Vec3d& point, double area) {
        steps = *s.steps;
        refiner.annotate(transmitter.position_m, point, steps);
        arrivals.add(point, steps, cell, area / cells.area_m2(cell), own);
      });
    }
    arrivals.finish(own);
    reporter.task_done();
  });
  for (const auto& part : sums) {
    for (size_t i = 0; i < gain.size(); ++i) gain[i] += part[i];
  }
}

/// Arrivals of one sequence in one cell, summed up: the area that its rays stand for and their mean point.
class Grouped {
 public:
  void add(int32_t node, int32_t cell, const Vec3d& point, double area) {
    Sum& s = sums_[uint64_t(uint32_t(node)) << 32 | uint32_t(cell)];
    s.area += area;
    s.moment += area * point;
  }
  /// @param here  where the other's nodes are here.
  void add_all(const Grouped& other, const std::vector<int32_t>& here) {
    for (const auto& [key, s] : other.sums_) {
      Sum& own = sums_[uint64_t(uint32_t(here[size_t(key >> 32)])) << 32 | uint32_t(key)];
      own.area += s.area;
      own.moment += s.moment;
    }
  }
  /// In order of node and cell.
  void emit(const Cells& cells, std::vector<WeightedArrival>& out) const {
    for (const auto& [key, s] : sums_) {
      const auto cell = int32_t(uint32_t(key));
      const Vec3d mean = s.moment / s.area;
      out.push_back({int32_t(key >> 32), cell, -1, mean, mean, s.area / cells.area_m2(cell)});
    }
  }

 private:
  struct Sum {
    double area = 0;
    Vec3d moment;
  };
  std::map<uint64_t, Sum> sums_;
};

/// Which cells a transmitter that stands there serves.
class Served {
 public:
  Served(const paths::PreparedScene& prepared, const Cells& cells, const Standing& standing)
      : prepared_(prepared), cells_(cells), standing_(standing), source_(place_at(prepared, standing.source_m)) {}
  bool operator()(int cell) const {
    return !source_.on_a_face() ||
           aside(prepared_, source_, cells_.center(cell), standing_.behind_source) == standing_.source_aside_m;
  }

 private:
  const paths::PreparedScene& prepared_;
  const Cells& cells_;
  const Standing& standing_;
  const paths::Place source_;
};

/// What crosses the cells with the transmitter standing there. [num_cells]
/// @param edge_on  is there anything that is left to exact solutions? Set when an image is.
std::vector<double> crossing_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                 const paths::FieldContext& context, int tx, const Cells& cells,
                                 const RadioMapOptions& options, const Vec3d& from_m,
                                 const paths::VaryingMaterials* varying, bool& edge_on, std::vector<double>& variance) {
  paths::ShootOptions shoot = paths::shoot_options(options, from_m, scene.transmitters[size_t(tx)].name);
  shoot.reflection |= options.scatters();
  shoot.on_all = options.scatters();
  const paths::TileShooter shooter(prepared, shoot);
  const double lambda_4pi = context.wavelength_m / (4 * kPi);
  const double scale = lambda_4pi * lambda_4pi * 4 * kPi / double(shooter.num_rays());
  const auto num_cells = size_t(cells.size());
  const auto per_cell = [&](std::vector<double> sums, const std::vector<double>& squares) {
    if (!squares.empty()) variance.resize(num_cells, 0);
    for (size_t i = 0; i < num_cells; ++i) {
      const double area = cells.area_m2(int(i));
      sums[i] = area > 0 ? sums[i] * scale / area : 0;
      if (!squares.empty()) variance[i] += area > 0 ? squares[i] * (scale / area) * (scale / area) : 0;
    }
    return sums;
  };
  if (options.device != runtime::Device::kCpu) {
    const DeviceSums found = device_crossings(scene, prepared, context, tx, cells, options, shooter, edge_on);
    return per_cell(found.sums, found.squares);
  }
  const CrossingEstimator estimator(scene, prepared, context, tx, cells, options, edge_on, varying);

  const int64_t num_chunks = chunks_of(num_cells);
  SumsInOrder sums(num_cells), squares(estimator.scatters() ? num_cells : 0);
  std::vector<uint8_t> is_edge_on(static_cast<size_t>(num_chunks));
  runtime::Reporter reporter(options.progress, num_chunks);
  std::atomic<int64_t> next = 0;  // in order, so that few sums wait
  runtime::parallel_for(num_chunks, options.num_threads, [&](int64_t) {
    reporter.check();
    const int64_t chunk = next++;
    std::vector<double> own = sums.zeros(), own_squares = squares.zeros();
    is_edge_on[size_t(chunk)] = estimator.trace(shooter, shooter.num_tiles() * chunk / num_chunks,
                                                shooter.num_tiles() * (chunk + 1) / num_chunks, own, own_squares);
    sums.add(chunk, std::move(own));
    squares.add(chunk, std::move(own_squares));
    reporter.task_done();
  });
  for (const uint8_t e : is_edge_on) edge_on |= e != 0;
  return per_cell(sums.total(), estimator.scatters() ? squares.total() : std::vector<double>());
}

/// The places that a transmitter stands at; cells in faces, which the rays see from both sides, need no more.
std::vector<Standing> crossing_standings(const paths::PreparedScene& prepared, const Vec3d& source_m,
                                         const Cells& cells) {
  std::vector<Standing> all = standings(prepared, source_m, cells);
  std::erase_if(all, [](const Standing& s) { return s.behind_source || s.behind_target; });
  return all;
}

/// What is left to exact solutions, with materials that vary. [num_cells]
std::vector<double> varied_edge_on(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                   const paths::FieldContext& context, int tx, const Cells& cells,
                                   const RadioMapOptions& options, const paths::SequenceTree* only,
                                   const paths::VaryingMaterials& varying) {
  const auto num_cells = size_t(cells.size());
  const paths::RefineOptions refine = paths::refine_options(prepared, context, options.max_depth);
  const Vec3d& source_m = scene.transmitters[size_t(tx)].position_m;
  std::vector<double> gain(num_cells, 0);
  for (const MapArrivals& all : exact_arrivals(scene, prepared, context, tx, cells, options, true, only)) {
    const auto n = int64_t(all.arrivals.size()), num_parts = chunks_of(num_cells);
    std::vector<std::vector<double>> sums(static_cast<size_t>(num_parts));
    runtime::parallel_for(num_parts, options.num_threads, [&](int64_t part) {
      sums[size_t(part)].assign(num_cells, 0);
      paths::Refiner refiner(prepared, refine);
      paths::GeometricPath path;
      AskedArrivals arrivals(scene, prepared, context, tx, &varying);
      for (int64_t i = n * part / num_parts; i < n * (part + 1) / num_parts; ++i) {
        const WeightedArrival& a = all.arrivals[size_t(i)];
        path.steps.clear();
        if (!refiner.known_path(all.tree, a.node, a.aside_m, path)) continue;
        refiner.settle(source_m, a.point_m, path.steps);
        arrivals.add(a.point_m, path.steps, a.cell, a.weight, sums[size_t(part)]);
      }
      arrivals.finish(sums[size_t(part)]);
    });
    for (const auto& part : sums) {
      for (size_t i = 0; i < num_cells; ++i) gain[i] += part[i];
    }
  }
  return gain;
}

}  // namespace

std::vector<double> monte_carlo_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                    const paths::FieldContext& context, int tx, const Cells& cells,
                                    const RadioMapOptions& options, std::vector<double>& error,
                                    const paths::VaryingMaterials* varying) {
  require_device_can(options, context, varying != nullptr);
  const Vec3d source_m = scene.transmitters[size_t(tx)].position_m;
  const auto num_cells = size_t(cells.size());
  std::vector<double> gain(num_cells, 0);
  const std::vector<Standing> all = crossing_standings(prepared, source_m, cells);
  bool edge_on = stands_edge_on(prepared, cells, options, source_m);
  const RadioMapOptions without_scattering = options.without_scattering();
  std::vector<std::vector<double>> parts;
  for (const Standing& s : all)
    parts.push_back(
        crossing_map(scene, prepared, context, tx, cells, options, s.source_aside_m, varying, edge_on, error));
  for (size_t k = 0; k < all.size(); ++k) {
    if (options.diffraction)
      add_diffraction(scene, prepared, context, tx, cells, without_scattering, all[k].source_aside_m, edge_on, varying,
                      parts[k]);
    const Served served(prepared, cells, all[k]);
    for (size_t i = 0; i < num_cells; ++i) {
      if (parts[k][i] > 0 && served(int(i))) gain[i] += parts[k][i];
    }
  }
  if (edge_on) {
    int64_t num_arrivals = 0;
    const auto images = few_images(scene, prepared, tx, cells, options, all);
    const paths::SequenceTree* only = images ? &*images : nullptr;
    const auto exact =
        varying
            ? varied_edge_on(scene, prepared, context, tx, cells, exact_options(options), only, *varying)
            : exact_map(scene, prepared, context, tx, cells, exact_options(options), num_arrivals, true, nullptr, only);
    for (size_t i = 0; i < num_cells; ++i) gain[i] += exact[i];
  }
  for (double& e : error) e = std::sqrt(e);  // so far the variance
  return gain;
}

namespace {

struct Arrivals {
  MapArrivals all;
  Grouped groups;  // nodes are those of all.tree
};

/// What crosses the cells without edges, as crossing_map has it.
Arrivals crossing_arrivals(const scene::Scene& scene, const paths::PreparedScene& prepared, int tx, const Cells& cells,
                           const RadioMapOptions& options, const Vec3d& source_m, bool& edge_on) {
  struct Part {
    CellFinder finder;
    Grouped groups;
    bool is_edge_on = false;
  };
  const paths::ShootOptions shoot = paths::shoot_options(options, source_m, scene.transmitters[size_t(tx)].name);
  const double omega = 4 * kPi / double(paths::TileShooter(prepared, shoot).num_rays()),
               least_m = edge_on || cells.is_plane() ? cells.edge_on_m() : 0;
  const auto above_m = [&](const Vec3d& p) { return std::abs(dot(cells.normal(0), cells.center(0) - p)); };
  Arrivals out{{paths::SequenceTree(source_m), {}, {}}, {}};
  out.all.tree = paths::follow_rays(
      prepared, shoot, options.num_threads, options.progress,
      [&] {
        return Part{CellFinder(cells, source_m), {}, false};
      },
      [&](Part& part, const paths::FollowedRay& ray) {
        if (ray.node == 0 && !options.los) return;
        if (cells.is_plane() && above_m(ray.image_m) < least_m) {
          part.is_edge_on |= above_m(ray.origin_m) < least_m;
          return;
        }
        part.finder.visit(ray.origin_m, ray.direction, ray.length_m, [&](int cell, const Vec3f& point, double cosine) {
          if (!(cosine > 1e-6)) return;
          const double r2 = norm2(Vec3d(point) - ray.image_m);
          if (!cells.is_plane() && std::sqrt(r2) * cosine < least_m) return;
          part.groups.add(ray.node, int32_t(cell), Vec3d(point), omega * r2 / cosine);
        });
      },
      [&](Part&& part, const std::vector<int32_t>& here) {
        edge_on |= part.is_edge_on;
        out.groups.add_all(part.groups, here);
      });
  return out;
}

void add_diffraction(const scene::Scene& scene, const paths::PreparedScene& prepared,
                     const paths::FieldContext& context, int tx, const Cells& cells, const RadioMapOptions& options,
                     const Vec3d& source_m, bool edge_on, Arrivals& out) {
  const EdgeRays rays(scene, prepared, context, tx, cells, options, source_m, edge_on);
  paths::Refiner refiner(prepared, rays.refine());
  for (int64_t e = 0; e < rays.num_edges(); ++e) {
    rays.trace(e, refiner, out.all.tree,
               [&](const paths::EdgeRaySegment& s, int cell, const Vec3d& point, double area) {
                 out.groups.add(s.node, int32_t(cell), point, area);
               });
  }
}

}  // namespace

std::vector<MapArrivals> monte_carlo_arrivals(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                              const paths::FieldContext& context, int tx, const Cells& cells,
                                              const RadioMapOptions& options) {
  if (options.refraction) {
    throw Error("monte-carlo maps with refraction have no derivative: chance decides which way a ray goes; use exact");
  }
  const Vec3d source_m = scene.transmitters[size_t(tx)].position_m;
  const std::vector<Standing> standings = crossing_standings(prepared, source_m, cells);
  bool edge_on = stands_edge_on(prepared, cells, options, source_m);
  std::vector<Arrivals> parts;
  for (const Standing& s : standings)
    parts.push_back(crossing_arrivals(scene, prepared, tx, cells, options, s.source_aside_m, edge_on));
  std::vector<MapArrivals> all;
  for (size_t k = 0; k < standings.size(); ++k) {
    if (options.diffraction)
      add_diffraction(scene, prepared, context, tx, cells, options, standings[k].source_aside_m, edge_on, parts[k]);
    parts[k].groups.emit(cells, parts[k].all.arrivals);
    const Served served(prepared, cells, standings[k]);
    std::erase_if(parts[k].all.arrivals, [&](const WeightedArrival& a) { return !served(a.cell); });
    all.push_back(std::move(parts[k].all));
  }
  if (edge_on) {
    const auto images = few_images(scene, prepared, tx, cells, options, standings);
    auto exact =
        exact_arrivals(scene, prepared, context, tx, cells, exact_options(options), true, images ? &*images : nullptr);
    std::move(exact.begin(), exact.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace raywave::maps
