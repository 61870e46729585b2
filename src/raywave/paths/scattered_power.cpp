// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scattered_power.h"

#include "raywave/paths/lobe_doubts.h"
#include "raywave/paths/path_kernel.h"
#include "raywave/paths/scattered_paths.h"
#include "raywave/paths/scattered_samples.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/threads.h"
#include "raywave/scene/parameter_table.h"

namespace raywave::paths {
namespace {

using ad::Dual;
using ad::Var;

RayOptions ray_options(const ScatterOptions& o) {
  RayOptions r;
  r.max_depth = o.max_depth;
  r.diffuse_reflection = o.diffuse;
  r.specular_reflection = o.specular_reflection || o.reflection.has_value();
  r.refraction = o.refraction;
  if (o.reflection) r.reflection = Reflection::kDirectional, r.lobe = *o.reflection;
  r.scattering_tolerance = o.tolerance, r.max_tiles = o.max_tiles;
  r.samples_per_tx = o.samples_per_tx, r.seed = o.seed;
  r.num_threads = o.num_threads, r.progress = o.progress, r.log = o.log;
  return r;
}
ScatterLaw law_of(const ScatterOptions& o) { return scatter_law(ray_options(o)); }

FieldContext context_of(const scene::Scene& scene, const ScatterOptions& options) {
  return field_context(scene, options.refraction, options.log, options.reflection.value_or(em::Lobe()));
}

ScatterEnd end_of(const PreparedScene& prepared, const EndPoint<double>& end, const ScatterOptions& options) {
  constexpr int64_t kRays = 250000;
  return {prepared, end, scatter_mirrors(prepared, end.position_m, end.device->name, kRays, ray_options(options))};
}

/// visit(laws, steps, place) for each place of a link's tiles.
template <class Visit>
void for_steps(const scene::Scene& scene, const PreparedScene& prepared, const ScatterOptions& options,
               const FieldContext& context, const scene::Device& tx, const scene::Device& rx,
               const std::vector<Tile>& tiles, Visit&& visit) {
  const ScatterLaw law = law_of(options);
  SceneOver<double> numbers(scene, prepared, context);
  ScatterTiler tiler(prepared, numbers, refine_options(prepared, context, options.max_depth), law, nullptr);
  const ScatterEnd source = end_of(prepared, end_point(tx, context.wavelength_m), options),
                   target = end_of(prepared, end_point(rx, context.wavelength_m), options);
  for (const Tile& t : tiles) {
    const std::vector<Interaction> laws = tiler.laws(t.facet);
    tiler.for_places(source, target, t, [&](std::vector<Step>& steps, size_t place) { visit(laws, steps, place); });
  }
}

/// A link's sum with its derivative: visit(() -> place's part of the power) for each place.
template <class T, class Visit>
void for_places(const scene::Scene& scene, const PreparedScene& prepared, SceneOver<T>& over,
                const ScatterOptions& options, const FieldContext& context, const EndPoint<T>& tx,
                const EndPoint<T>& rx, const ScatteredPower& all, size_t link, Visit&& visit) {
  const double ports = double(tx.device->array.num_ports() * rx.device->array.num_ports());
  const bool varies = over.has_touched();
  int64_t first = varies ? all.first[link] : -1;
  PathKernel<T> kernel(over);
  const auto by_place = [&](const std::vector<Interaction>& laws, std::vector<Step>& steps, size_t place) {
    kernel.begin_at(first);
    if (varies) first += int64_t(steps.size());
    visit([&] {
      T sum(0);
      for (const Interaction by : laws) {
        steps[place].type = by;
        T power(0);
        if (kernel.power(tx, rx, steps, power)) sum = sum + power;
      }
      return T(1 / ports) * sum;
    });
  };
  for_steps(scene, prepared, options, context, *tx.device, *rx.device, all.tiles[link], by_place);
}

void sample(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
            const ScatterOptions& options, const VaryingMaterials* varying, ScatteredPower& out) {
  std::vector<ScatterEnd> receivers;
  for (const scene::Device& d : scene.receivers)
    receivers.push_back(end_of(prepared, end_point(d, context.wavelength_m), options));
  for (int tx = 0; tx < out.num_tx; ++tx) {
    const SampledPower p = sampled_power(scene, prepared, context, tx, receivers, ray_options(options), varying);
    for (size_t rx = 0; rx < receivers.size(); ++rx) {
      const double ports =
          double(scene.transmitters[size_t(tx)].array.num_ports() * scene.receivers[rx].array.num_ports());
      const size_t k = rx * size_t(out.num_tx) + size_t(tx);
      out.gain[k] = p.gain[rx] / ports, out.error[k] = p.standard_error[rx] / ports;
    }
  }
}

void check(const scene::Scene& scene, const ScatterOptions& options, const ScatteredPower& power) {
  options.validate();
  if (options.method == ScatterMethod::kSampled)
    throw Error("sampled scattered power has no derivative: chance decides which way a ray goes; use tiles");
  if (size_t(power.num_rx) != scene.receivers.size() || size_t(power.num_tx) != scene.transmitters.size())
    throw Error("the scattered power belongs to a scene with other devices");
}

}  // namespace

void ScatterOptions::validate() const {
  if (!diffuse && !reflection) throw Error("scattering needs diffuse or a lobe for reflection, or both");
  if (reflection) em::validate(*reflection, "reflection: ");
  require_positive("tolerance", tolerance);
  if (max_tiles < 1) throw Error(message("max_tiles must be >= 1, got ", max_tiles));
  ray_options(*this).validate();
  if (num_threads < 0) throw Error(message("num_threads must be >= 0 (0: all), got ", num_threads));
}

const scene::Differentiable kDifferentiableByScattering{"scattered power", [](const scene::ParameterRow& row) {
                                                          return row.name != "power_dbm" && row.name != "precoding" &&
                                                                 row.name != "velocity_m_per_s";
                                                        }};

ScatteredPower scattered_power(const scene::Scene& scene, const PreparedScene& geometry, const ScatterOptions& options,
                               const VaryingMaterials* varying) {
  options.validate();
  if (varying && options.method != ScatterMethod::kSampled)
    throw Error("materials that vary are asked along the walks of samples; of tiles once these are found: varied()");
  scene.validate();
  const PreparedScene prepared = prepared_for(geometry, scene, ray_options(options));
  if (scene.transmitters.empty()) throw Error("the scene has no transmitter: add one before solving");
  if (scene.receivers.empty()) throw Error("the scene has no receiver: add one before solving");
  warn_of_sharp_lobes(scene, prepared, ray_options(options));
  const scene::Scene centred = prepared.centred(scene);
  const FieldContext context = context_of(scene, options);
  const RefineOptions refine = refine_options(prepared, context, options.max_depth);
  const ScatterLaw law = law_of(options);
  ScatteredPower out;
  for (const auto& d : scene.transmitters) out.tx_names.push_back(d.name);
  for (const auto& d : scene.receivers) out.rx_names.push_back(d.name);
  out.num_rx = int(scene.receivers.size()), out.num_tx = int(scene.transmitters.size());
  const size_t n = scene.receivers.size() * scene.transmitters.size();
  out.gain.resize(n), out.error.resize(n), out.shaded.resize(n), out.tiles.resize(n);
  if (options.method == ScatterMethod::kSampled) {
    runtime::with_threads(options.num_threads, [&] { sample(centred, prepared, context, options, varying, out); });
    return out;
  }
  std::vector<std::vector<std::string>> warnings(n);
  SceneOver<double> numbers(centred, prepared, context);
  runtime::with_threads(options.num_threads, [&] {
    runtime::parallel_for(int64_t(n), options.num_threads, [&](int64_t i) {
      const auto log = [&](std::string_view text) { warnings[size_t(i)].emplace_back(text); };
      const ScatterEnd source = end_of(prepared, numbers.transmitter(int(i % out.num_tx), -1), options),
                       target = end_of(prepared, numbers.receiver(int(i / out.num_tx), -1), options);
      ScatterTiler::Result r = ScatterTiler(prepared, numbers, refine, law, log).solve(source, target);
      const double ports = double(source.point().device->array.num_ports() * target.point().device->array.num_ports());
      const auto k = size_t(i);
      out.gain[k] = r.gain / ports, out.error[k] = r.error / ports, out.shaded[k] = r.shaded;
      out.tiles[k] = std::move(r.tiles);
    });
  });
  for (const auto& of_link : warnings) {
    for (const std::string& text : of_link) {
      if (options.log) options.log(text);
    }
  }
  return out;
}

std::pair<std::vector<TouchedPlace>, size_t> touched_places(const scene::Scene& scene, const PreparedScene& geometry,
                                                            const ScatterOptions& options, const ScatteredPower& power,
                                                            std::vector<int64_t>& first) {
  check(scene, options, power);
  const PreparedScene prepared = prepared_for(geometry, scene, ray_options(options));
  const scene::Scene centred = prepared.centred(scene);
  const FieldContext context = context_of(scene, options);
  std::vector<TouchedPlace> places;
  int64_t count = 0;
  first.assign(power.tiles.size(), 0);
  for (size_t link = 0; link < power.tiles.size(); ++link) {
    const scene::Device &tx = centred.transmitters[link % size_t(power.num_tx)],
                        &rx = centred.receivers[link / size_t(power.num_tx)];
    first[link] = count;
    for_steps(centred, prepared, options, context, tx, rx, power.tiles[link],
              [&](const std::vector<Interaction>&, const std::vector<Step>& steps, size_t) {
                add_touched_places(prepared, tx.position_m, steps, count, places);
                count += int64_t(steps.size());
              });
  }
  return {std::move(places), size_t(count)};
}

ScatteredPower varied(const scene::Scene& scene, const PreparedScene& geometry, const ScatterOptions& options,
                      const ScatteredPower& power, const TouchedMaterials& touched) {
  ScatteredPower out = power;
  touched.check(touched_places(scene, geometry, options, power, out.first).second);
  out.touched = touched;
  const PreparedScene prepared = prepared_for(geometry, scene, ray_options(options));
  const scene::Scene centred = prepared.centred(scene);
  const FieldContext context = context_of(scene, options);
  SceneOver<double> numbers(centred, prepared, context);
  numbers.set_touched(touched);
  runtime::with_threads(options.num_threads, [&] {
    runtime::parallel_for(int64_t(out.gain.size()), options.num_threads, [&](int64_t i) {
      double& gain = out.gain[size_t(i)];
      gain = 0;
      for_places(centred, prepared, numbers, options, context, numbers.transmitter(int(i % power.num_tx), -1),
                 numbers.receiver(int(i / power.num_tx), -1), out, size_t(i), [&](auto&& value) { gain += value(); });
    });
  });
  return out;
}

scene::SceneDerivative scattered_power_vjp(const scene::Scene& scene, const PreparedScene& geometry,
                                           const ScatterOptions& options, const ScatteredPower& power,
                                           const std::vector<double>& cotangent,
                                           std::vector<em::PlaceNumbers<double>>* slopes) {
  check(scene, options, power);
  const PreparedScene prepared = prepared_for(geometry, scene, ray_options(options));
  if (cotangent.size() != power.gain.size())
    throw Error(message("the cotangent of gain has ", cotangent.size(), " numbers, the gain ", power.gain.size()));
  for (const double c : cotangent) require_finite("the cotangent of gain", c);
  const scene::Scene centred = prepared.centred(scene);
  const FieldContext context = context_of(scene, options);
  std::vector<scene::SceneDerivative> parts(power.gain.size(), scene::SceneDerivative(scene));
  std::vector<em::PlaceNumbers<double>> rows(power.touched.numbers.size());
  runtime::with_threads(options.num_threads, [&] {
    runtime::parallel_for(int64_t(parts.size()), options.num_threads, [&](int64_t i) {
      scene::SceneDerivative& gradient = parts[size_t(i)];
      if (cotangent[size_t(i)] == 0) return;
      ad::Tape tape;
      const ad::Recording recording(tape);
      SceneOver<Var> over(centred, prepared, options.refraction, gradient);
      over.set_lobe(options.reflection.value_or(em::Lobe()));
      over.set_touched(power.touched, rows.data());  // each row is one link's
      over.restart();
      const EndPoint<Var> tx = over.transmitter(int(i % power.num_tx), -1),
                          rx = over.receiver(int(i / power.num_tx), -1);
      over.share(tape, true);
      for_places(centred, prepared, over, options, context, tx, rx, power, size_t(i), [&](auto&& value) {
        tape.seed(value(), cotangent[size_t(i)]);
        tape.sweep();
        over.collect(tape);
        tape.back_to_mark();
      });
      over.finish(tape);
    });
  });
  for (size_t i = 1; i < parts.size(); ++i) parts[0] += parts[i];
  parts[0].check_finite(scene);
  if (slopes) *slopes = std::move(rows);
  return std::move(parts[0]);
}

std::vector<double> scattered_power_jvp(const scene::Scene& scene, const PreparedScene& geometry,
                                        const ScatterOptions& options, const ScatteredPower& power,
                                        const scene::SceneDerivative& direction,
                                        const std::vector<em::PlaceNumbers<double>>& moved) {
  check(scene, options, power);
  const PreparedScene prepared = prepared_for(geometry, scene, ray_options(options));
  direction.check_finite(scene);
  const scene::Scene centred = prepared.centred(scene);
  const FieldContext context = context_of(scene, options);
  std::vector<em::PlaceNumbers<double>> rows = moved;
  rows.resize(power.touched.numbers.size());
  std::vector<double> out(power.gain.size());
  runtime::with_threads(options.num_threads, [&] {
    runtime::parallel_for(int64_t(out.size()), options.num_threads, [&](int64_t i) {
      SceneOver<Dual> over(centred, prepared, options.refraction, direction);
      over.set_lobe(options.reflection.value_or(em::Lobe()));
      over.set_touched(power.touched, rows.data());
      over.restart();
      for_places(centred, prepared, over, options, context, over.transmitter(int(i % power.num_tx), -1),
                 over.receiver(int(i / power.num_tx), -1), power, size_t(i),
                 [&](auto&& value) { out[size_t(i)] += value().d; });
    });
  });
  return out;
}

}  // namespace raywave::paths
