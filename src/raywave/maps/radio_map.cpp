// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/radio_map.h"

#include "raywave/core/units.h"
#include "raywave/maps/arrivals.h"
#include "raywave/maps/cells.h"
#include "raywave/maps/exact.h"
#include "raywave/maps/monte_carlo.h"
#include "raywave/maps/scattered.h"
#include "raywave/paths/doubts.h"
#include "raywave/paths/lobe_doubts.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/unfold.h"
#include "raywave/runtime/threads.h"

namespace raywave::maps {
namespace {

/// Transmitters under the ground or without any cell, the cell whose gain is the highest above 0 dB.
/// @param centred  the scene as the prepared one has it
void warn_of_doubts(const scene::Scene& scene, const scene::Scene& centred, const paths::PreparedScene& prepared,
                    const RadioMap& map, const LogSink& log) {
  if (!log) return;
  paths::Ground ground(centred, prepared);
  size_t loudest = 0;
  for (size_t t = 0; t < size_t(map.num_tx); ++t) {
    const scene::Device& tx = scene.transmitters[t];
    const size_t begin = t * size_t(map.num_cells()), end = begin + size_t(map.num_cells());
    bool covers = false;
    for (size_t i = begin; i < end; ++i) {
      covers |= map.path_gain[i] > 0;
      if (map.path_gain[i] > map.path_gain[loudest]) loudest = i;
    }
    const std::string object = ground.above(centred.transmitters[t], !covers);
    if (!object.empty()) {
      log(message("transmitter '", tx.name, "' at z = ", tx.position_m.z, " m lies under '", object,
                  "', which spans the scene, with nothing below", covers ? "" : "; it covers no cell"));
    } else if (!covers) {
      log(message("transmitter '", tx.name,
                  "' covers no cell: whatever lies between it and the map blocks all that the options allow "
                  "(max_depth, los, reflections, refraction, diffraction), or the map lies inside or under something"));
    }
  }
  if (!map.path_gain.empty() && map.path_gain[loudest] > 1) {
    const auto n = size_t(map.num_cells());
    const scene::Device& tx = scene.transmitters[loudest / n];
    log(message("transmitter '", tx.name, "', cell ", loudest % n, ": ",
                paths::gain_doubt(map.path_gain[loudest], norm(tx.position_m - map.cell_centers_m[loudest % n]),
                                  scene.wavelength_m())));
  }
}

}  // namespace

void RadioMapOptions::validate() const {
  RayOptions::validate();
  if (samples_per_beam < 0) throw Error(message("samples_per_beam must be >= 0, got ", samples_per_beam));
  if (points_per_cell != 1 && points_per_cell != 4 && points_per_cell != 9) {
    throw Error(message("points_per_cell must be 1, 4 or 9, got ", points_per_cell));
  }
  if (coherent && method != Method::kExact) throw Error("coherent sums need the exact method");
  if (keep_arrivals && method != Method::kExact)
    throw Error("keep_arrivals needs the exact method: rays that cross cells are traced again for derivatives");
  require_positive("max_bytes", max_bytes);
}

RadioMapOptions RadioMapOptions::without_scattering() const {
  RadioMapOptions o = *this;
  o.diffuse_reflection = false;
  o.reflection = paths::Reflection::kMirror;  // at those that prepared_for() has left
  o.keep_specular = false;
  return o;
}

Surface moved(Surface surface, const Vec3d& by_m) {
  surface.center_m += by_m;
  if (surface.kind == Surface::Kind::kPlane) surface.height_m += by_m.z;  // above z = 0, else above the ground
  return surface;
}

static RadioMap solve(const scene::Scene& scene, const paths::PreparedScene& geometry, const Surface& surface,
                      const RadioMapOptions& options, const paths::VaryingMaterials* varying) {
  scene.validate();
  const paths::PreparedScene prepared = paths::prepared_for(geometry, scene, options);
  if (scene.transmitters.empty()) throw Error("the scene has no transmitter: add one before solving for a radio map");
  prepared.warn(options.log);
  paths::warn_of_sharp_lobes(scene, prepared, options);
  // Where the scene lies does not matter: everything is solved relative to its middle.
  const Vec3d origin = prepared.origin_m();
  const scene::Scene centred = prepared.centred(scene);
  const Cells cells(centred, prepared, moved(surface, -origin), options);
  const paths::FieldContext context = paths::field_context(scene, options.refraction, options.log, options.lobe);
  RadioMap map;
  map.surface = moved(cells.surface(), origin);
  map.frequency_hz = scene.frequency_hz;
  map.noise_power_w = scene.noise_power_w();
  map.num_tx = int(scene.transmitters.size());
  map.num_y = cells.num_y();
  map.num_x = cells.num_x();
  map.cell_corners_m = cells.mesh_corners();
  map.num_split_points = int64_t(cells.num_split_points());
  for (Vec3d& p : map.cell_corners_m) p += origin;
  for (int cell = 0; cell < cells.size(); ++cell) map.cell_centers_m.push_back(cells.center(cell) + origin);
  auto kept = options.keep_arrivals ? std::make_shared<KeptArrivals>() : nullptr;
  if (kept) kept->paths.resize(size_t(map.num_tx)), kept->tiles.resize(size_t(map.num_tx));
  for (int tx = 0; tx < map.num_tx; ++tx) {
    map.tx_names.push_back(scene.transmitters[size_t(tx)].name);
    map.tx_power_w.push_back(dbm_to_watt(scene.transmitters[size_t(tx)].power_dbm));
    std::vector<double> error;
    auto gain = options.method == Method::kExact
                    ? exact_map(centred, prepared, context, tx, cells, options.without_scattering(), map.num_arrivals,
                                false, kept ? &kept->paths[size_t(tx)] : nullptr)
                    : monte_carlo_map(centred, prepared, context, tx, cells, options, error, varying);
    if (options.method == Method::kExact && options.scatters()) {
      const auto tiles = kept ? std::make_shared<std::vector<CellTiles>>() : nullptr;
      const auto scattered = scattered_map(centred, prepared, context, tx, cells, options, tiles.get());
      if (kept) kept->tiles[size_t(tx)] = tiles;
      for (size_t i = 0; i < gain.size(); ++i) gain[i] += scattered[i];
    }
    map.standard_error.insert(map.standard_error.end(), error.begin(), error.end());
    map.path_gain.insert(map.path_gain.end(), gain.begin(), gain.end());
  }
  map.arrivals = std::move(kept);
  map.materials_vary = varying != nullptr;
  warn_of_doubts(scene, centred, prepared, map, options.log);
  return map;
}

RadioMap solve_radio_map(const scene::Scene& scene, const Surface& surface, const RadioMapOptions& options) {
  options.validate();
  scene.validate();
  return runtime::on_threads(options.num_threads,
                             [&] { return solve(scene, paths::PreparedScene(scene), surface, options, nullptr); });
}

RadioMap solve_radio_map(const scene::Scene& scene, const paths::PreparedScene& geometry, const Surface& surface,
                         const RadioMapOptions& options) {
  options.validate();
  return runtime::on_threads(options.num_threads, [&] { return solve(scene, geometry, surface, options, nullptr); });
}

RadioMap solve_radio_map(const scene::Scene& scene, const paths::PreparedScene& geometry, const Surface& surface,
                         const RadioMapOptions& options, const paths::VaryingMaterials& varying) {
  options.validate();
  if (options.method != Method::kMonteCarlo)
    throw Error("materials that vary are asked along rays by monte-carlo; of exact maps once they are solved");
  return runtime::on_threads(options.num_threads, [&] { return solve(scene, geometry, surface, options, &varying); });
}

std::vector<double> RadioMap::rss_w() const {
  std::vector<double> rss(path_gain);
  for (size_t i = 0; i < rss.size(); ++i) rss[i] *= tx_power_w[i / size_t(num_cells())];
  return rss;
}

std::vector<double> RadioMap::sinr() const {
  const std::vector<double> rss = rss_w();
  const auto n = size_t(num_cells());
  std::vector<double> result(rss.size());
  for (size_t cell = 0; cell < n; ++cell) {
    for (size_t tx = 0; tx < size_t(num_tx); ++tx) {
      double interference = 0;
      for (size_t other = 0; other < size_t(num_tx); ++other) {
        if (other != tx) interference += rss[other * n + cell];
      }
      const double noise = noise_power_w + interference;
      result[tx * n + cell] = noise > 0 ? rss[tx * n + cell] / noise : 0;
    }
  }
  return result;
}

std::vector<int32_t> RadioMap::tx_association(const std::string& metric) const {
  std::vector<double> values;
  if (metric == "path_gain") {
    values = path_gain;
  } else if (metric == "rss") {
    values = rss_w();
  } else if (metric == "sinr") {
    values = sinr();
  } else {
    throw Error(message("unknown metric '", metric, "'", did_you_mean(metric, {"path_gain", "rss", "sinr"}),
                        " Known: path_gain, rss, sinr"));
  }
  const auto n = size_t(num_cells());
  std::vector<int32_t> best(n, -1);
  for (size_t cell = 0; cell < n; ++cell) {
    double top = 0;
    for (size_t tx = 0; tx < size_t(num_tx); ++tx) {
      if (values[tx * n + cell] > top) top = values[tx * n + cell], best[cell] = int32_t(tx);
    }
  }
  return best;
}

}  // namespace raywave::maps
