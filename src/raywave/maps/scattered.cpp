// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/scattered.h"

#include <algorithm>

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
         const Cells& cells, const RadioMapOptions& options)
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
                paths::scatter_mirrors(prepared, tx_.position_m, tx_.name, 1000000, options)) {}

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

  /// visit(target point, steps, weight) for each path that a cell sums. @param kept  the cell's tiles, or nothing
  template <class Visit>
  void for_paths(int cell, const CellTiles* kept, Visit&& visit) {
    for_points(
        cell, [&](size_t point, const SamplePoint& s, paths::ScatterTiler& tiler, const paths::ScatterEnd& target) {
          const std::vector<paths::Tile> found = kept ? std::vector<paths::Tile>() : tiler.solve(source_, target).tiles;
          for (const paths::Tile& t : kept ? (*kept)[point] : found) {
            tiler.for_places(source_, target, t, [&](std::vector<Step>& steps, size_t place) {
              for_variants(tiler, steps, place, [&] { visit(s.point_m, steps, s.weight); });
            });
          }
        });
  }

 private:
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
  template <class Visit>
  void for_variants(const paths::ScatterTiler& tiler, std::vector<Step>& steps, size_t place, Visit&& visit) const {
    const int32_t facet = steps[place].surface.index, material = prepared_.facets().facets[size_t(facet)].material;
    for (const paths::Interaction by : tiler.laws(facet)) {
      for (const paths::Turned turned : {paths::Turned::kNot, paths::Turned::kBefore, paths::Turned::kBehind}) {
        if (!(paths::share_of(turned, context_.scatterers[size_t(material)].xpd) > 0)) continue;
        steps[place].type = by;
        steps[place].scatter.turned = turned;
        visit();
      }
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

void add_scattered_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                       const paths::FieldContext& context, int tx, const Cells& cells, const RadioMapOptions& options,
                       const double* cotangent, const std::vector<CellTiles>* kept, scene::SceneDerivative& gradient) {
  if (options.max_depth < 1 || prepared.queries().empty()) return;
  Points points(scene, prepared, context, tx, cells, options);
  const scene::SceneDerivative zeros(scene);
  std::vector<scene::SceneDerivative> parts(size_t(kParts), zeros);
  for_cells(cells, options, [&](size_t part, int first, int last) {
    ad::Tape tape;
    const ad::Recording recording(tape);
    paths::SceneOver<ad::Var> over(scene, prepared, options.refraction, parts[part]);
    over.set_lobe(options.lobe);
    ArrivalField<ad::Var> field(over, tx);
    over.restart();
    field.begin();
    over.share(tape, true);
    for (int cell = first; cell < last; ++cell) {
      if (cotangent[cell] == 0) continue;
      points.for_paths(cell, kept ? &(*kept)[size_t(cell)] : nullptr,
                       [&](const Vec3d& point, const std::vector<Step>& steps, double weight) {
                         ad::Var power;
                         if (field.power(point, steps, power)) {
                           tape.seed(power, weight * cotangent[cell]);
                           tape.sweep();
                           over.collect(tape);
                         }
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
                                  const std::vector<CellTiles>* kept) {
  std::vector<double> tangent(size_t(cells.size()), 0);
  if (options.max_depth < 1 || prepared.queries().empty()) return tangent;
  Points points(scene, prepared, context, tx, cells, options);
  for_cells(cells, options, [&](size_t, int first, int last) {
    paths::SceneOver<ad::Dual> over(scene, prepared, options.refraction, direction);
    over.set_lobe(options.lobe);
    ArrivalField<ad::Dual> field(over, tx);
    over.restart();
    field.begin();
    for (int cell = first; cell < last; ++cell) {
      points.for_paths(cell, kept ? &(*kept)[size_t(cell)] : nullptr,
                       [&](const Vec3d& point, const std::vector<Step>& steps, double weight) {
                         ad::Dual power;
                         if (field.power(point, steps, power)) tangent[size_t(cell)] += weight * power.d;
                       });
    }
  });
  return tangent;
}

}  // namespace raywave::maps
