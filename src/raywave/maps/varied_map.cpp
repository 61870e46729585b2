// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/varied_map.h"

#include <bit>

#include "raywave/core/error.h"
#include "raywave/maps/arrival_field.h"
#include "raywave/maps/arrivals.h"
#include "raywave/maps/scattered.h"
#include "raywave/paths/refine.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/threads.h"

namespace raywave::maps {
namespace {

/// What a map is solved again with.
struct Ground {
  Ground(const scene::Scene& given, const paths::PreparedScene& geometry, const RadioMapOptions& options,
         const RadioMap& map)
      : prepared(paths::prepared_for(geometry, given, options)),
        scene(prepared.centred(given)),
        cells(scene, prepared, moved(map.surface, -prepared.origin_m()), options),
        context(paths::field_context(given, options.refraction, options.log, options.lobe)),
        refine(paths::refine_options(prepared, context, options.max_depth)) {}

  /// @return false, and no steps, where an arrival is not there.
  bool find(paths::Refiner& refiner, const MapArrivals& all, const WeightedArrival& a, int tx,
            paths::GeometricPath& path) const {
    path.steps.clear();
    if (!refiner.known_path(all.tree, a.node, a.aside_m, path)) return false;
    refiner.settle(scene.transmitters[size_t(tx)].position_m, a.point_m, path.steps);
    return true;
  }

  paths::PreparedScene prepared;
  scene::Scene scene;
  Cells cells;
  paths::FieldContext context;
  paths::RefineOptions refine;
};

const KeptArrivals& kept_by(const RadioMap& map) {
  if (!map.arrivals) throw Error("materials that vary need a map that kept its arrivals: keep_arrivals");
  return *map.arrivals;
}

TouchOrder touch_order(const KeptArrivals& kept, const RadioMapOptions& options) {
  TouchOrder out;
  const int64_t depth = options.max_depth;
  for (size_t tx = 0; tx < kept.paths.size(); ++tx) {
    std::vector<int64_t>& of_arrivals = out.of_arrivals.emplace_back();
    std::vector<int64_t>& of_cells = out.of_cells.emplace_back();
    for (const MapArrivals& all : kept.paths[tx]) {
      of_arrivals.push_back(out.count);
      out.count += depth * int64_t(all.arrivals.size());
    }
    if (!kept.tiles[tx]) continue;
    for (const CellTiles& points : *kept.tiles[tx]) {
      of_cells.push_back(out.count);
      for (const std::vector<paths::Tile>& tiles : points) {
        for (const paths::Tile& t : tiles) out.count += depth * std::popcount(t.seen);
      }
    }
  }
  return out;
}

std::vector<paths::TouchedPlace> places_of(const Ground& on, const RadioMapOptions& options, const KeptArrivals& kept,
                                           const TouchOrder& order) {
  std::vector<paths::TouchedPlace> out;
  paths::Refiner refiner(on.prepared, on.refine);
  paths::GeometricPath path;
  for (size_t tx = 0; tx < kept.paths.size(); ++tx) {
    const Vec3d& source = on.scene.transmitters[tx].position_m;
    for (size_t place = 0; place < kept.paths[tx].size(); ++place) {
      int64_t first = order.of_arrivals[tx][place];
      for (const WeightedArrival& a : kept.paths[tx][place].arrivals) {
        (void)on.find(refiner, kept.paths[tx][place], a, int(tx), path);
        RAYWAVE_DCHECK_LE(int(path.steps.size()), options.max_depth);
        paths::add_touched_places(on.prepared, source, path.steps, first, out);
        first += options.max_depth;
      }
    }
    if (kept.tiles[tx])
      add_scattered_places(on.scene, on.prepared, on.context, int(tx), on.cells, options, kept, order.of_cells[tx],
                           out);
  }
  return out;
}

/// Adds what arrives over the paths kept for one place of a transmitter, and sets its total fields.
void add_arrivals(const Ground& on, const RadioMapOptions& options, int tx, paths::SceneOver<double>& numbers,
                  int64_t first, MapArrivals& all, double* gain) {
  std::vector<CVec3<double>> fields(all.arrivals.size());
  constexpr int64_t kParts = 16;
  const auto n = int64_t(fields.size());
  runtime::parallel_for(kParts, options.num_threads, [&](int64_t part) {
    paths::Refiner refiner(on.prepared, on.refine);
    paths::GeometricPath path;
    ArrivalField<double> field(numbers, tx);
    for (auto i = size_t(n * part / kParts); i < size_t(n * (part + 1) / kParts); ++i) {
      const WeightedArrival& a = all.arrivals[i];
      if (!on.find(refiner, all, a, tx, path)) continue;
      field.begin_at(first + int64_t(i) * options.max_depth);
      if (!field(a.point_m, path.steps, fields[i])) fields[i] = {};
    }
  });
  std::vector<uint8_t> pending(all.fields.size(), 0);  // slots whose total is not in the gain yet
  for (CVec3<double>& total : all.fields) total = {};
  for (size_t i = 0; i < fields.size(); ++i) {
    const WeightedArrival& a = all.arrivals[i];
    if (a.sample < 0) {
      gain[a.cell] += a.weight * (norm2(fields[i].re) + norm2(fields[i].im));
      continue;
    }
    CVec3<double>& total = all.fields[on.cells.slot(a.cell, a.sample)];
    total = total + fields[i];
    pending[on.cells.slot(a.cell, a.sample)] = 1;
  }
  for (const WeightedArrival& a : all.arrivals) {
    if (a.sample < 0 || !pending[on.cells.slot(a.cell, a.sample)]) continue;
    pending[on.cells.slot(a.cell, a.sample)] = 0;
    const CVec3<double>& total = all.fields[on.cells.slot(a.cell, a.sample)];
    gain[a.cell] += a.weight * (norm2(total.re) + norm2(total.im));
  }
}

}  // namespace

MapPlaces touched_places(const scene::Scene& scene, const paths::PreparedScene& geometry,
                         const RadioMapOptions& options, const RadioMap& map) {
  const KeptArrivals& kept = kept_by(map);
  const Ground on(scene, geometry, options, map);
  const TouchOrder order = touch_order(kept, options);
  return {runtime::on_threads(options.num_threads, [&] { return places_of(on, options, kept, order); }),
          size_t(order.count)};
}

RadioMap varied(const scene::Scene& scene, const paths::PreparedScene& geometry, const RadioMapOptions& options,
                const RadioMap& map, const paths::TouchedMaterials& touched) {
  auto kept = std::make_shared<KeptArrivals>(kept_by(map));
  const Ground on(scene, geometry, options, map);
  RadioMap out = map;
  kept->order = touch_order(*kept, options);
  touched.check(size_t(kept->order.count));
  kept->touched = touched;
  runtime::with_threads(options.num_threads, [&] {
    paths::SceneOver<double> numbers(on.scene, on.prepared, on.context);
    numbers.set_touched(touched);
    std::fill(out.path_gain.begin(), out.path_gain.end(), 0.0);
    for (int tx = 0; tx < out.num_tx; ++tx) {
      double* gain = out.path_gain.data() + size_t(tx) * size_t(out.num_cells());
      for (size_t place = 0; place < kept->paths[size_t(tx)].size(); ++place)
        add_arrivals(on, options, tx, numbers, kept->order.of_arrivals[size_t(tx)][place],
                     kept->paths[size_t(tx)][place], gain);
      if (!kept->tiles[size_t(tx)]) continue;
      const auto scattered = varied_scattered(on.scene, on.prepared, on.context, tx, on.cells, options, *kept);
      for (size_t i = 0; i < scattered.size(); ++i) gain[i] += scattered[i];
    }
  });
  out.materials_vary = true;
  out.arrivals = std::move(kept);
  return out;
}

}  // namespace raywave::maps
