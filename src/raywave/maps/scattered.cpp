// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/scattered.h"

#include <algorithm>

#include "raywave/core/error.h"
#include "raywave/maps/arrival_field.h"
#include "raywave/maps/exact.h"
#include "raywave/paths/scattered_paths.h"
#include "raywave/runtime/parallel.h"

namespace raywave::maps {
namespace {

using paths::Step;

/// The cells of one transmitter, point by point.
class Points {
 public:
  Points(const scene::Scene& scene, const paths::PreparedScene& prepared, const paths::FieldContext& context, int tx,
         const Cells& cells, const RadioMapOptions& options, const KeptArrivals* kept = nullptr)
      : prepared_(prepared),
        context_(context),
        cells_(cells),
        options_(options),
        tx_(scene.transmitters[size_t(tx)]),
        tx_index_(tx),
        law_(paths::scatter_law(options)),
        refine_(paths::refine_options(prepared, context, options.max_depth)),
        numbers_(scene, prepared, context),
        standing_(standings(prepared, tx_.position_m, cells)[0]),
        source_(prepared, paths::end_point(tx_, context.wavelength_m),
                paths::scatter_mirrors(prepared, tx_.position_m, tx_.name, 1000000, options)) {
    if (!kept) return;
    tiles_ = kept->tiles[size_t(tx)].get();
    if (!kept->touched.empty()) first_ = &kept->order.of_cells[size_t(tx)];
  }

  /// The gain of a cell. @param keep  its tiles, or nothing
  double solve(int cell, CellTiles* keep) {
    double gain = 0;
    for_points(cell, [&](size_t, const SamplePoint& s, paths::ScatterTiler& tiler, const paths::ScatterEnd& target) {
      auto found = tiler.solve(source_, target);
      gain += s.weight * found.gain;
      if (keep) keep->push_back(std::move(found.tiles));
    });
    return gain;
  }

  /// visit(target point, steps, weight) for each path that a cell sums, over `field`.
  template <class T, class Visit>
  void for_paths(int cell, ArrivalField<T>& field, Visit&& visit) {
    int64_t first = first_ ? (*first_)[size_t(cell)] : -1;
    for_places(cell, [&](const SamplePoint& s, paths::ScatterTiler& tiler, std::vector<Step>& steps, size_t place) {
      field.begin_at(first);
      if (first >= 0) first += options_.max_depth;
      for (const paths::Interaction by : tiler.laws(steps[place].surface.index)) {
        steps[place].type = by;
        visit(s.point_m, steps, s.weight);
      }
    });
  }
  /// visit(steps) for each place that a cell's paths are scattered by.
  template <class Visit>
  void for_steps(int cell, Visit&& visit) {
    for_places(cell, [&](const SamplePoint&, paths::ScatterTiler&, std::vector<Step>& steps, size_t) { visit(steps); });
  }
  const Vec3d& source_m() const { return source_.point().position_m; }

 private:
  template <class Visit>
  void for_places(int cell, Visit&& visit) {
    for_points(cell, [&](size_t point, const SamplePoint& s, paths::ScatterTiler& tiler,
                         const paths::ScatterEnd& target) {
      const std::vector<paths::Tile> found = tiles_ ? std::vector<paths::Tile>() : tiler.solve(source_, target).tiles;
      for (const paths::Tile& t : tiles_ ? (*tiles_)[size_t(cell)][point] : found) {
        tiler.for_places(source_, target, t,
                         [&](std::vector<Step>& steps, size_t place) { visit(s, tiler, steps, place); });
      }
    });
  }
  /// visit(index, sample point, tiler, target) for those of a cell.
  template <class Visit>
  void for_points(int cell, Visit&& visit) {
    constexpr int64_t kRays = 16384;
    std::vector<SamplePoint> points;
    cells_.sample_points(cell, standing_, points);
    for (size_t i = 0; i < points.size(); ++i) {
      const SamplePoint& s = points[i];
      paths::EndPoint<double> end;
      end.position_m = s.point_m;
      ArrivalField<double> field(numbers_, tx_index_);
      const auto power = [&](const std::vector<Step>& steps) {
        double sum = 0;
        (void)field.power(s.point_m, steps, sum);
        return sum;
      };
      paths::ScatterTiler tiler(prepared_, numbers_, refine_, law_, nullptr, power);
      const paths::ScatterEnd target(prepared_, end,
                                     paths::scatter_mirrors(prepared_, s.point_m, tx_.name, kRays, options_));
      visit(i, s, tiler, target);
    }
  }

  const paths::PreparedScene& prepared_;
  const paths::FieldContext& context_;
  const Cells& cells_;
  const RadioMapOptions& options_;
  const scene::Device& tx_;
  const int tx_index_;
  const paths::ScatterLaw law_;
  const paths::RefineOptions refine_;
  paths::SceneOver<double> numbers_;
  const Standing standing_;
  const paths::ScatterEnd source_;
  const std::vector<CellTiles>* tiles_ = nullptr;  // [num_cells], where they were kept
  const std::vector<int64_t>* first_ = nullptr;    // [num_cells], where materials vary
};

constexpr int64_t kParts = 16;

/// visit(part, cell) for all cells, in a fixed number of parts.
template <class Visit>
void for_cells(const Cells& cells, const RadioMapOptions& options, Visit&& visit) {
  const auto n = int64_t(cells.size());
  runtime::parallel_for(kParts, options.num_threads, [&](int64_t part) {
    visit(size_t(part), int(n * part / kParts), int(n * (part + 1) / kParts));
  });
}

}  // namespace

std::vector<double> scattered_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                  const paths::FieldContext& context, int tx, const Cells& cells,
                                  const RadioMapOptions& options, std::vector<CellTiles>* keep) {
  if (keep) keep->assign(size_t(cells.size()), {});
  std::vector<double> gain(size_t(cells.size()), 0);
  if (options.max_depth < 1 || prepared.queries().empty()) return gain;
  Points points(scene, prepared, context, tx, cells, options);
  runtime::Reporter reporter(options.progress, cells.size());
  runtime::parallel_for(cells.size(), options.num_threads, [&](int64_t cell) {
    reporter.check();
    gain[size_t(cell)] = points.solve(int(cell), keep ? &(*keep)[size_t(cell)] : nullptr);
    reporter.task_done();
  });
  return gain;
}

std::vector<double> varied_scattered(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                     const paths::FieldContext& context, int tx, const Cells& cells,
                                     const RadioMapOptions& options, const KeptArrivals& kept) {
  std::vector<double> gain(size_t(cells.size()), 0);
  if (options.max_depth < 1 || prepared.queries().empty()) return gain;
  Points points(scene, prepared, context, tx, cells, options, &kept);
  paths::SceneOver<double> numbers(scene, prepared, context);
  numbers.set_touched(kept.touched);
  runtime::parallel_for(cells.size(), options.num_threads, [&](int64_t cell) {
    ArrivalField<double> field(numbers, tx);
    points.for_paths(int(cell), field, [&](const Vec3d& point, const std::vector<Step>& steps, double weight) {
      double power = 0;
      if (field.power(point, steps, power)) gain[size_t(cell)] += weight * power;
    });
  });
  return gain;
}

void add_scattered_places(const scene::Scene& scene, const paths::PreparedScene& prepared,
                          const paths::FieldContext& context, int tx, const Cells& cells,
                          const RadioMapOptions& options, const KeptArrivals& kept,
                          const std::vector<int64_t>& first_of_cell, std::vector<paths::TouchedPlace>& places) {
  if (options.max_depth < 1 || prepared.queries().empty()) return;
  Points points(scene, prepared, context, tx, cells, options, &kept);
  for (int cell = 0; cell < cells.size(); ++cell) {
    int64_t first = first_of_cell[size_t(cell)];
    points.for_steps(cell, [&](const std::vector<Step>& steps) {
      RAYWAVE_DCHECK_LE(int(steps.size()), options.max_depth);
      paths::add_touched_places(prepared, points.source_m(), steps, first, places);
      first += options.max_depth;
    });
  }
}

void add_scattered_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                       const paths::FieldContext& context, int tx, const Cells& cells, const RadioMapOptions& options,
                       const double* cotangent, const KeptArrivals* kept, scene::SceneDerivative& gradient,
                       em::PlaceNumbers<double>* slopes) {
  if (options.max_depth < 1 || prepared.queries().empty()) return;
  Points points(scene, prepared, context, tx, cells, options, kept);
  const scene::SceneDerivative zeros(scene);
  std::vector<scene::SceneDerivative> parts(size_t(kParts), zeros);
  for_cells(cells, options, [&](size_t part, int first, int last) {
    ad::Tape tape;
    const ad::Recording recording(tape);
    paths::SceneOver<ad::Var> over(scene, prepared, options.refraction, parts[part]);
    over.set_lobe(options.lobe);
    if (kept) over.set_touched(kept->touched, slopes);  // each row is one place's: no two parts write to it
    ArrivalField<ad::Var> field(over, tx);
    over.restart();
    field.begin();
    over.share(tape, true);
    for (int cell = first; cell < last; ++cell) {
      if (cotangent[cell] == 0) continue;
      points.for_paths(cell, field, [&](const Vec3d& point, const std::vector<Step>& steps, double weight) {
        ad::Var power;
        if (field.power(point, steps, power)) {
          tape.seed(power, weight * cotangent[cell]);
          tape.sweep();
          over.collect(tape);
        }
        over.forget();  // what was taken for a path that is none
        tape.back_to_mark();
      });
    }
    over.finish(tape);
  });
  for (const auto& part : parts) gradient += part;
}

std::vector<double> scattered_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                  const paths::FieldContext& context, int tx, const Cells& cells,
                                  const RadioMapOptions& options, const scene::SceneDerivative& direction,
                                  const KeptArrivals* kept, const em::PlaceNumbers<double>* moved) {
  std::vector<double> tangent(size_t(cells.size()), 0);
  if (options.max_depth < 1 || prepared.queries().empty()) return tangent;
  Points points(scene, prepared, context, tx, cells, options, kept);
  for_cells(cells, options, [&](size_t, int first, int last) {
    paths::SceneOver<ad::Dual> over(scene, prepared, options.refraction, direction);
    over.set_lobe(options.lobe);
    if (kept) over.set_touched(kept->touched, moved);
    ArrivalField<ad::Dual> field(over, tx);
    over.restart();
    field.begin();
    for (int cell = first; cell < last; ++cell) {
      points.for_paths(cell, field, [&](const Vec3d& point, const std::vector<Step>& steps, double weight) {
        ad::Dual power;
        if (field.power(point, steps, power)) tangent[size_t(cell)] += weight * power.d;
      });
    }
  });
  return tangent;
}

}  // namespace raywave::maps
