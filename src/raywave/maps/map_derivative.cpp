// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/map_derivative.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "raywave/core/error.h"
#include "raywave/maps/arrival_field.h"
#include "raywave/maps/arrivals.h"
#include "raywave/maps/scattered.h"
#include "raywave/paths/field_batch.h"
#include "raywave/paths/paths_derivative.h"
#include "raywave/paths/scattered_power.h"
#include "raywave/paths/taped_fields.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/threads.h"
#include "raywave/scene/parameter_table.h"

namespace raywave::maps {
namespace {

constexpr int64_t kMostParts = 16;

/// One transmitter's arrivals over T.
template <class T>
class ArrivalsOver {
 public:
  using Scene = paths::SceneOver<T>;

  ArrivalsOver(const scene::Scene& scene, const paths::PreparedScene& prepared, const RadioMapOptions& options, int tx,
               const paths::RefineOptions& refine, typename Scene::Derivative& derivative)
      : tx_(scene.transmitters[size_t(tx)]),
        options_(options),
        refiner_(prepared, refine),
        over_(scene, prepared, options.refraction, derivative),
        field_(over_, tx) {}

  Scene& scene_over() { return over_; }
  /// What all arrivals share.
  void begin() {
    over_.restart();
    field_.begin();
  }

  void set_touched(const paths::TouchedMaterials& touched, typename Scene::NumbersSlot* slope) {
    over_.set_touched(touched, slope);
  }

  using Field = CVec3<T>;  // times lambda / (4 pi L), with propagation phase
  /// @param first  see KeptArrivals, -1: the scene's own materials. @return false when the path is not there.
  bool field(const paths::SequenceTree& tree, const WeightedArrival& a, int64_t first, Field& out) {
    return find(tree, a) && field(a, path_.steps, first, out);
  }

  // In parts, so that a device can evaluate many fields in between.
  bool field(const WeightedArrival& a, const std::vector<paths::Step>& steps, int64_t first, Field& out) {
    over_.forget();
    field_.begin_at(first);
    return field_(a.point_m, steps, out);
  }
  bool find(const paths::SequenceTree& tree, const WeightedArrival& a) {
    // every arrival of an exact map has been a path
    const bool there = options_.method == Method::kExact ? refiner_.known_path(tree, a.node, a.aside_m, path_)
                                                         : refiner_.path(tree, a.node, a.aside_m, path_);
    if (there) refiner_.settle(tx_.position_m, a.point_m, path_.steps);
    return there;
  }
  const std::vector<paths::Step>& found() const { return path_.steps; }
  bool touches(const WeightedArrival& a, const std::vector<paths::Step>& steps, int64_t first,
               paths::PathTouches<T>& out) {
    over_.forget();
    field_.begin_at(first);
    return field_.touches(a.point_m, steps, out);
  }
  Field arriving(const paths::PathField<T>& f) const { return field_.arriving(f); }

 private:
  const scene::Device& tx_;
  const RadioMapOptions& options_;
  paths::Refiner refiner_;
  Scene over_;
  ArrivalField<T> field_;
  paths::GeometricPath path_;
};

/// What the cell's gain changes by with the field: d gain = Re(slope* . d field).
template <class T>
CVec3<double> gain_slope(const MapArrivals& all, const WeightedArrival& a, const CVec3<T>& field, const Cells& cells) {
  using paths::unfold_detail::values;
  const CVec3<double> total =
      a.sample == -1 ? CVec3<double>{values(field.re), values(field.im)} : all.fields[cells.slot(a.cell, a.sample)];
  return {2 * a.weight * total.re, 2 * a.weight * total.im};
}

void seed(ad::Tape& tape, const CVec3<ad::Var>& field, const CVec3<double>& slope, double weight) {
  const auto at = [&](const Vec3<ad::Var>& v, const Vec3d& w) {
    tape.seed(v.x, weight * w.x);
    tape.seed(v.y, weight * w.y);
    tape.seed(v.z, weight * w.z);
  };
  at(field.re, slope.re);
  at(field.im, slope.im);
}

/// An arrival of a map whose field waits for a device.
struct WaitingArrival {
  const WeightedArrival* arrival;
  int64_t first;     // see KeptArrivals
  double cotangent;  // of the cell's gain
  std::vector<paths::Step> steps;
};

/// The arrivals of a part by a device.
class ArrivalsOnDevice {
 public:
  ArrivalsOnDevice(const paths::DeviceTracer& device, ArrivalsOver<ad::Var>& over, ad::Tape& tape,
                   const MapArrivals& all, const Cells& cells)
      : fields_(device, tape, over.scene_over()), over_(over), tape_(tape), all_(all), cells_(cells) {}

  void add(const WeightedArrival& a, int64_t first, double cotangent) {
    if (!over_.find(all_.tree, a)) return;
    WaitingArrival w{&a, first, cotangent, over_.found()};
    tape_.back_to_mark();
    if (!over_.touches(a, w.steps, first, touches_)) return;
    if (!fields_.takes(touches_)) return carry_back(w);
    fields_.add(touches_, std::move(w));
    if (fields_.is_full()) finish();
  }
  void finish() {
    fields_.finish([&](const WaitingArrival&) { tape_.back_to_mark(), over_.scene_over().forget(); },
                   [&](const WaitingArrival& w, const paths::PathField<ad::Var>& f) {
                     const CVec3<ad::Var> e = over_.arriving(f);
                     seed(tape_, e, gain_slope(all_, *w.arrival, e, cells_), w.cotangent);
                   },
                   [&](const WaitingArrival& w, paths::PathTouches<ad::Var>& out) {
                     (void)over_.touches(*w.arrival, w.steps, w.first, out);
                   });
  }

 private:
  /// What the device does not take.
  void carry_back(const WaitingArrival& w) {
    tape_.back_to_mark();
    CVec3<ad::Var> f;
    if (!over_.field(*w.arrival, w.steps, w.first, f)) return;
    seed(tape_, f, gain_slope(all_, *w.arrival, f, cells_), w.cotangent);
    tape_.sweep();
    over_.scene_over().collect(tape_);
  }

  paths::TapedFields<WaitingArrival> fields_;
  ArrivalsOver<ad::Var>& over_;
  ad::Tape& tape_;
  const MapArrivals& all_;
  const Cells& cells_;
  paths::PathTouches<ad::Var> touches_;
};

void check(const scene::Scene& scene, const RadioMapOptions& options, const RadioMap& map) {
  options.validate();
  if (map.surface.kind != Surface::Kind::kPlane) {
    throw Error(
        "derivatives of maps on meshes and terrain are not available: their cells move with the scene; use a plane");
  }
  if (options.method == Method::kMonteCarlo && options.scatters())
    throw Error("monte-carlo maps with scattering have no derivative: chance decides which way a ray goes; use exact");
  if (map.materials_vary && options.method == Method::kMonteCarlo)
    throw Error("monte-carlo maps whose materials vary have no derivative: use exact");
  if (map.materials_vary && !map.arrivals)
    throw Error("a map whose materials vary has derivatives where it was solved: copies through files have none");
  if (size_t(map.num_tx) != scene.transmitters.size()) {
    throw Error(message("the map has ", map.num_tx, " transmitters, the scene ", scene.transmitters.size()));
  }
}

/// visit(arrivals) for each place that the transmitter stands at: those that the map kept, else found again.
template <class Visit>
void for_arrivals(const scene::Scene& scene, const paths::PreparedScene& prepared, const paths::FieldContext& context,
                  int tx, const Cells& cells, const RadioMapOptions& options, const RadioMap& map, Visit&& visit) {
  if (map.arrivals) {
    for (const MapArrivals& all : map.arrivals->paths[size_t(tx)]) visit(all);
    return;
  }
  for (const MapArrivals& all : options.method == Method::kExact
                                    ? exact_arrivals(scene, prepared, context, tx, cells, options.without_scattering())
                                    : monte_carlo_arrivals(scene, prepared, context, tx, cells, options))
    visit(all);
}

/// Which interaction is the first of the arrivals, of the places of a transmitter in order.
class Firsts {
 public:
  Firsts(const RadioMap& map, int tx)
      : of_places_(map.arrivals && !map.arrivals->touched.empty() ? &map.arrivals->order.of_arrivals[size_t(tx)]
                                                                  : nullptr) {}
  /// Of the next place; -1: the scene's own materials.
  int64_t next() { return of_places_ ? (*of_places_)[place_++] : -1; }
  static int64_t at(int64_t first, size_t arrival, const RadioMapOptions& options) {
    return first < 0 ? -1 : first + int64_t(arrival) * options.max_depth;
  }

 private:
  const std::vector<int64_t>* of_places_;
  size_t place_ = 0;
};

/// The arrivals in a fixed number of parts: visit(part, arrival).
template <class Visit>
void for_parts(const MapArrivals& all, int num_threads, int64_t num_parts, Visit&& visit) {
  const auto n = int64_t(all.arrivals.size());
  runtime::parallel_for(num_parts, num_threads, [&](int64_t part) {
    visit(size_t(part), size_t(n * part / num_parts), size_t(n * (part + 1) / num_parts));
  });
}

bool is_of_maps(const scene::ParameterRow& row) {
  return row.owner != scene::Owner::kReceiver && row.name != "velocity_m_per_s";
}
bool is_of_monte_carlo_maps(const scene::ParameterRow& row) {
  return is_of_maps(row) && row.name != "xpd_coefficient" && !row.name.starts_with("lobe/") &&
         !row.name.starts_with("scattering_pattern/");
}

}  // namespace

const scene::Differentiable kDifferentiableByExactMaps{"exact map", &is_of_maps};
const scene::Differentiable kDifferentiableByMonteCarloMaps{"monte-carlo map", &is_of_monte_carlo_maps};

const scene::Differentiable& differentiable_by(Method method) {
  return method == Method::kExact ? kDifferentiableByExactMaps : kDifferentiableByMonteCarloMaps;
}

std::span<const scene::Differentiable* const> differentiable_solvers() {
  static const std::array all{&paths::kDifferentiableByPaths, &kDifferentiableByExactMaps,
                              &kDifferentiableByMonteCarloMaps, &paths::kDifferentiableByScattering};
  return all;
}

static scene::SceneDerivative vjp(const scene::Scene& scene, const paths::PreparedScene& geometry,
                                  const RadioMapOptions& options, const RadioMap& map,
                                  const std::vector<double>& cotangent, std::vector<em::PlaceNumbers<double>>& slopes) {
  check(scene, options, map);
  const paths::PreparedScene prepared = paths::prepared_for(geometry, scene, options);
  if (cotangent.size() != map.path_gain.size()) {
    throw Error(
        message("the cotangent of path_gain has ", cotangent.size(), " numbers, the map has ", map.path_gain.size()));
  }
  for (const double c : cotangent) require_finite("the cotangent of path_gain", c);
  const scene::Scene centred = prepared.centred(scene);
  const Cells cells(centred, prepared, moved(map.surface, -prepared.origin_m()), options);
  const paths::FieldContext context = paths::field_context(scene, options.refraction, options.log, options.lobe);
  const paths::RefineOptions refine = paths::refine_options(prepared, context, options.max_depth);
  const paths::DeviceTracer* device = prepared.device_tracer();
  const scene::SceneDerivative zeros(scene);
  scene::SceneDerivative gradient = zeros;
  slopes.assign(map.arrivals ? map.arrivals->touched.numbers.size() : 0, {});
  for (int tx = 0; tx < map.num_tx; ++tx) {
    const double* weight = cotangent.data() + size_t(tx) * size_t(map.num_cells());
    Firsts firsts(map, tx);
    for_arrivals(centred, prepared, context, tx, cells, options, map, [&](const MapArrivals& all) {
      const int64_t first_of = firsts.next();
      const int64_t num_parts = std::clamp<int64_t>(int64_t(all.arrivals.size()) / 64, 1, kMostParts);
      std::vector<scene::SceneDerivative> parts(static_cast<size_t>(num_parts), zeros);
      for_parts(all, options.num_threads, num_parts, [&](size_t part, size_t first, size_t last) {
        ad::Tape tape;
        ArrivalsOver<ad::Var> over(centred, prepared, options, tx, refine, parts[part]);
        if (first_of >= 0) over.set_touched(map.arrivals->touched, slopes.data());
        ArrivalsOver<ad::Var>::Field f;
        const ad::Recording recording(tape);
        over.begin();
        over.scene_over().share(tape);
        std::optional<ArrivalsOnDevice> there;
        if (device) there.emplace(*device, over, tape, all, cells);
        for (size_t i = first; i < last; ++i) {
          const WeightedArrival& a = all.arrivals[i];
          const double c = weight[a.cell];
          if (c == 0) continue;
          const int64_t first_touched = Firsts::at(first_of, i, options);
          if (there) {
            there->add(a, first_touched, c);
            continue;
          }
          tape.back_to_mark();
          if (!over.field(all.tree, a, first_touched, f)) continue;
          seed(tape, f, gain_slope(all, a, f, cells), c);
          tape.sweep();
          over.scene_over().collect(tape);
        }
        if (there) there->finish();
        over.scene_over().finish(tape);
      });
      for (const auto& part : parts) gradient += part;
    });
    if (options.scatters()) {
      add_scattered_vjp(centred, prepared, context, tx, cells, options, weight, map.arrivals.get(), gradient,
                        slopes.data());
    }
  }
  gradient.check_finite(scene);
  return gradient;
}

static std::vector<double> jvp(const scene::Scene& scene, const paths::PreparedScene& geometry,
                               const RadioMapOptions& options, const RadioMap& map,
                               const scene::SceneDerivative& direction,
                               std::vector<em::PlaceNumbers<double>> moved_rows) {
  check(scene, options, map);
  const paths::PreparedScene prepared = paths::prepared_for(geometry, scene, options);
  direction.check_finite(scene);
  const scene::Scene centred = prepared.centred(scene);
  const Cells cells(centred, prepared, moved(map.surface, -prepared.origin_m()), options);
  const paths::FieldContext context = paths::field_context(scene, options.refraction, options.log, options.lobe);
  const paths::RefineOptions refine = paths::refine_options(prepared, context, options.max_depth);
  const paths::DeviceTracer* device = prepared.device_tracer();
  std::vector<double> tangent(map.path_gain.size(), 0);
  moved_rows.resize(map.arrivals ? map.arrivals->touched.numbers.size() : 0);
  for (int tx = 0; tx < map.num_tx; ++tx) {
    Firsts firsts(map, tx);
    for_arrivals(centred, prepared, context, tx, cells, options, map, [&](const MapArrivals& all) {
      const int64_t first_of = firsts.next();
      std::vector<double> change(all.arrivals.size(), 0);
      for_parts(all, options.num_threads, kMostParts, [&](size_t, size_t first, size_t last) {
        ArrivalsOver<ad::Dual> over(centred, prepared, options, tx, refine, direction);
        if (first_of >= 0) over.set_touched(map.arrivals->touched, moved_rows.data());
        ArrivalsOver<ad::Dual>::Field f;
        over.begin();
        const auto set = [&](size_t i, const CVec3<ad::Dual>& field) {
          const CVec3<double> slope = gain_slope(all, all.arrivals[i], field, cells);
          const auto along = [](const Vec3<ad::Dual>& v, const Vec3d& w) {
            return w.x * v.x.d + w.y * v.y.d + w.z * v.z.d;
          };
          change[i] = along(field.re, slope.re) + along(field.im, slope.im);
        };
        std::optional<paths::FieldBatch<ad::Dual>> batch;
        if (device) batch.emplace(*device);
        std::vector<size_t> waiting;  // for the device
        const auto evaluate = [&] {
          const auto& fields = batch->evaluate();
          for (size_t k = 0; k < waiting.size(); ++k) set(waiting[k], over.arriving(fields[k]));
          waiting.clear();
          batch->clear();
        };
        paths::PathTouches<ad::Dual> touches;
        for (size_t i = first; i < last; ++i) {
          const WeightedArrival& a = all.arrivals[i];
          const int64_t first_touched = Firsts::at(first_of, i, options);
          if (!over.find(all.tree, a)) continue;
          if (!batch || !over.touches(a, over.found(), first_touched, touches) || !batch->takes(touches)) {
            if (over.field(a, over.found(), first_touched, f)) set(i, f);
            continue;
          }
          batch->add(touches);
          waiting.push_back(i);
          if (batch->is_full()) evaluate();
        }
        if (batch) evaluate();
      });
      for (size_t i = 0; i < change.size(); ++i) {
        tangent[size_t(tx) * size_t(map.num_cells()) + size_t(all.arrivals[i].cell)] += change[i];
      }
    });
    if (!options.scatters()) continue;
    const auto scattered =
        scattered_jvp(centred, prepared, context, tx, cells, options, direction, map.arrivals.get(), moved_rows.data());
    for (size_t i = 0; i < scattered.size(); ++i) tangent[size_t(tx) * size_t(map.num_cells()) + i] += scattered[i];
  }
  return tangent;
}

scene::SceneDerivative map_vjp(const scene::Scene& scene, const paths::PreparedScene& geometry,
                               const RadioMapOptions& options, const RadioMap& map,
                               const std::vector<double>& cotangent, std::vector<em::PlaceNumbers<double>>* slopes) {
  std::vector<em::PlaceNumbers<double>> rows;
  auto gradient =
      runtime::on_threads(options.num_threads, [&] { return vjp(scene, geometry, options, map, cotangent, rows); });
  if (slopes) *slopes = std::move(rows);
  return gradient;
}

std::vector<double> map_jvp(const scene::Scene& scene, const paths::PreparedScene& geometry,
                            const RadioMapOptions& options, const RadioMap& map,
                            const scene::SceneDerivative& direction,
                            const std::vector<em::PlaceNumbers<double>>& moved) {
  return runtime::on_threads(options.num_threads, [&] { return jvp(scene, geometry, options, map, direction, moved); });
}

}  // namespace raywave::maps
