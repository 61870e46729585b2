// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/paths_derivative.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "raywave/core/error.h"
#include "raywave/paths/path_kernel.h"
#include "raywave/paths/taped_fields.h"
#include "raywave/paths/touched_materials.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/threads.h"
#include "raywave/scene/parameter_table.h"

namespace raywave::paths {
namespace {

template <class T>
class PathsOver {
 public:
  PathsOver(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options, const Paths& paths,
            typename SceneOver<T>::Derivative& derivative)
      : paths_(paths), over_(scene, prepared, options.refraction, derivative), kernel_(over_) {
    over_.set_lobe(options.lobe);
  }

  SceneOver<T>& scene_over() { return over_; }

  /// Path `index` of a link; the numbers of the scene must have been restarted.
  void evaluate(const Link& link, int64_t index, PathValues<T>& out) {
    take(link, index);
    there(kernel_.values(source_, target_, steps_, out), index);
  }

  // The same in two parts, between which a device evaluates many paths' fields.
  /// @return false: a place scatters
  bool touches(const Link& link, int64_t index, PathTouches<T>& out) {
    take(link, index);
    if (kernel_.has_scatter(steps_)) return false;
    there(kernel_.touches(source_, target_, steps_, out), index);
    return true;
  }
  void evaluate(const Link& link, int64_t index, const PathField<T>& field, PathValues<T>& out) {
    take(link, index);
    kernel_.values(source_, target_, steps_, field, out);
  }

 private:
  void take(const Link& link, int64_t index) {
    source_ = over_.transmitter(link.tx, link.tx_element);
    target_ = over_.receiver(link.rx, link.rx_element);
    steps_.clear();
    for (auto i = size_t(paths_.interaction_begin[size_t(index)]);
         i < size_t(paths_.interaction_begin[size_t(index) + 1]); ++i) {
      steps_.push_back({paths_.interactions[i], paths_.surfaces[i], paths_.vertices_m[i] - over_.prepared().origin_m(),
                        paths_.edges[i], paths_.places[i]});
    }
    kernel_.begin_at(paths_.interaction_begin[size_t(index)]);
  }
  static void there(bool is, int64_t index) {
    if (!is) throw Error(message("path ", index, " does not exist in this scene: the paths belong to another one"));
  }

  const Paths& paths_;
  SceneOver<T> over_;
  PathKernel<T> kernel_;
  EndPoint<T> source_, target_;
  std::vector<Step> steps_;
};

/// Which path of which link.
struct PathOfLink {
  const Link* link;
  int64_t path;
};

void check_length(const char* name, size_t got, size_t wanted) {
  if (got != 0 && got != wanted)
    throw Error(message("the cotangent of ", name, " has ", got, " numbers, the paths have ", wanted));
}

void check_cotangent(const Paths& paths, const PathsDerivative& c) {
  const auto n = size_t(paths.num_paths());
  check_length("a", c.a.size(), paths.a.size());
  for (const Complexd& z : c.a) {
    if (!std::isfinite(z.re) || !std::isfinite(z.im))
      throw Error("the cotangent of a holds a number that is not finite");
  }
  const auto check = [&](const char* name, const std::vector<double>& v) {
    check_length(name, v.size(), n);
    for (const double x : v) require_finite(message("the cotangent of ", name), x);
  };
  check("tau_s", c.tau_s);
  check("theta_t", c.theta_t);
  check("phi_t", c.phi_t);
  check("theta_r", c.theta_r);
  check("phi_r", c.phi_r);
  check("doppler_hz", c.doppler_hz);
  require_finite("the cotangent of frequency_hz", c.frequency_hz);
}

void check_scene(const scene::Scene& scene, const PreparedScene& prepared, const Paths& paths) {
  if (paths.tx_names.size() != scene.transmitters.size() || paths.rx_names.size() != scene.receivers.size()) {
    throw Error("the paths belong to a scene with other devices");
  }
  for (const scene::Triangle& t : prepared.facets().triangles) {
    const auto object = size_t(prepared.facets().facets[size_t(t.facet)].object);
    if (t.source == scene::kNoSource) continue;
    if (object >= scene.objects.size() || t.source >= scene.objects[object].mesh.triangles.size()) {
      throw Error("the prepared geometry belongs to another scene");
    }
  }
}

/// Paths in a fixed number of parts, side by side.
constexpr size_t kMostParts = 16;
size_t num_parts(const Paths& paths) { return std::clamp<size_t>(size_t(paths.num_paths()) / 8, 1, kMostParts); }

/// visit(link, path) for the paths of one part.
template <class Visit>
void for_paths(const Paths& paths, size_t part, Visit&& visit) {
  const auto n = size_t(paths.num_paths()), parts = num_parts(paths);
  const auto first = int64_t(n * part / parts), last = int64_t(n * (part + 1) / parts);
  for (const Link& link : paths.links) {
    for (int64_t p = std::max(first, link.path_begin); p < std::min(last, link.path_end); ++p) visit(link, p);
  }
}

double at(const std::vector<double>& v, int64_t i) { return v.empty() ? 0.0 : v[size_t(i)]; }

}  // namespace

const scene::Differentiable kDifferentiableByPaths{
    "paths", [](const scene::ParameterRow& row) { return row.name != "power_dbm" && row.name != "precoding"; }};

static scene::SceneDerivative vjp(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                                  const Paths& paths, const PathsDerivative& cotangent, const TouchedMaterials& touched,
                                  std::vector<em::PlaceNumbers<double>>& slopes) {
  const PreparedScene prepared = prepared_for(geometry, scene, options);
  check_scene(scene, prepared, paths);
  check_cotangent(paths, cotangent);
  const scene::Scene centred = prepared.centred(scene);
  const DeviceTracer* device = prepared.device_tracer();
  const scene::SceneDerivative zeros(scene);
  std::vector<scene::SceneDerivative> parts(num_parts(paths), zeros);
  runtime::parallel_for(int64_t(parts.size()), options.num_threads, [&](int64_t part) {
    ad::Tape tape;
    PathsOver<ad::Var> over(centred, prepared, options, paths, parts[size_t(part)]);
    over.scene_over().set_touched(touched, slopes.data());  // each row is one path's: no two parts write to it
    const ad::Recording recording(tape);
    const auto begin = [&] { tape.rewind(), over.scene_over().restart(); };
    const auto seed = [&](const PathValues<ad::Var>& out, int64_t p) {
      tape.seed(out.tau_s, at(cotangent.tau_s, p));
      tape.seed(out.departure.theta, at(cotangent.theta_t, p));
      tape.seed(out.departure.phi, at(cotangent.phi_t, p));
      tape.seed(out.arrival.theta, at(cotangent.theta_r, p));
      tape.seed(out.arrival.phi, at(cotangent.phi_r, p));
      tape.seed(out.doppler_hz, at(cotangent.doppler_hz, p));
      for (size_t k = 0; k < out.a.size() && !cotangent.a.empty(); ++k) {
        const Complexd& c = cotangent.a[size_t(paths.a_begin[size_t(p)]) + k];
        tape.seed(out.a[k].re, c.re);
        tape.seed(out.a[k].im, c.im);
      }
    };
    PathValues<ad::Var> out;
    PathTouches<ad::Var> touches;
    std::optional<TapedFields<PathOfLink>> fields;
    if (device) fields.emplace(*device, tape, over.scene_over());
    const auto finish = [&] {
      fields->finish([&](const PathOfLink&) { begin(); },
                     [&](const PathOfLink& p, const PathField<ad::Var>& f) {
                       over.evaluate(*p.link, p.path, f, out);
                       seed(out, p.path);
                     },
                     [&](const PathOfLink& p, PathTouches<ad::Var>& t) { (void)over.touches(*p.link, p.path, t); });
    };
    for_paths(paths, size_t(part), [&](const Link& link, int64_t p) {
      begin();
      if (fields && over.touches(link, p, touches) && fields->takes(touches)) {
        fields->add(touches, {&link, p});
        if (fields->is_full()) finish();
        return;
      }
      if (fields) begin();
      over.evaluate(link, p, out);
      seed(out, p);
      tape.sweep();
      over.scene_over().collect(tape);
    });
    if (fields) finish();
    tape.rewind();
    over.scene_over().finish(tape);
  });
  for (size_t i = 1; i < parts.size(); ++i) parts[0] += parts[i];
  parts[0].frequency_hz += cotangent.frequency_hz;
  parts[0].check_finite(scene);
  return std::move(parts[0]);
}

static PathsDerivative jvp(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                           const Paths& paths, const scene::SceneDerivative& direction, const TouchedMaterials& touched,
                           const std::vector<em::PlaceNumbers<double>>& rows_moved) {
  const PreparedScene prepared = prepared_for(geometry, scene, options);
  check_scene(scene, prepared, paths);
  direction.check_finite(scene);
  const scene::Scene centred = prepared.centred(scene);
  const DeviceTracer* device = prepared.device_tracer();
  const auto n = size_t(paths.num_paths());
  PathsDerivative d;
  d.a.resize(paths.a.size());
  for (auto* v : {&d.tau_s, &d.theta_t, &d.phi_t, &d.theta_r, &d.phi_r, &d.doppler_hz}) v->resize(n);
  d.frequency_hz = direction.frequency_hz;
  runtime::parallel_for(int64_t(num_parts(paths)), options.num_threads, [&](int64_t part) {
    PathsOver<ad::Dual> over(centred, prepared, options, paths, direction);
    over.scene_over().set_touched(touched, rows_moved.data());
    over.scene_over().restart();
    const auto set = [&](const PathValues<ad::Dual>& out, size_t p) {
      d.tau_s[p] = out.tau_s.d;
      d.theta_t[p] = out.departure.theta.d;
      d.phi_t[p] = out.departure.phi.d;
      d.theta_r[p] = out.arrival.theta.d;
      d.phi_r[p] = out.arrival.phi.d;
      d.doppler_hz[p] = out.doppler_hz.d;
      for (size_t k = 0; k < out.a.size(); ++k) d.a[size_t(paths.a_begin[p]) + k] = {out.a[k].re.d, out.a[k].im.d};
    };
    PathValues<ad::Dual> out;
    PathTouches<ad::Dual> touches;
    std::optional<FieldBatch<ad::Dual>> batch;
    if (device) batch.emplace(*device);
    std::vector<PathOfLink> waiting;
    const auto evaluate = [&] {
      const std::vector<PathField<ad::Dual>>& fields = batch->evaluate();
      for (size_t i = 0; i < waiting.size(); ++i) {
        over.evaluate(*waiting[i].link, waiting[i].path, fields[i], out);
        set(out, size_t(waiting[i].path));
      }
      waiting.clear();
      batch->clear();
    };
    for_paths(paths, size_t(part), [&](const Link& link, int64_t path) {
      if (batch && over.touches(link, path, touches) && batch->takes(touches)) {
        batch->add(touches);
        waiting.push_back({&link, path});
        if (batch->is_full()) evaluate();
        return;
      }
      over.evaluate(link, path, out);
      set(out, size_t(path));
    });
    if (batch) evaluate();
  });
  return d;
}

scene::SceneDerivative paths_vjp(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                                 const Paths& paths, const PathsDerivative& cotangent) {
  std::vector<em::PlaceNumbers<double>> none;
  return touched_vjp(scene, geometry, options, paths, cotangent, {}, none);
}

PathsDerivative paths_jvp(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                          const Paths& paths, const scene::SceneDerivative& direction) {
  return touched_jvp(scene, geometry, options, paths, direction, {}, {});
}

scene::SceneDerivative touched_vjp(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                                   const Paths& paths, const PathsDerivative& cotangent,
                                   const TouchedMaterials& touched, std::vector<em::PlaceNumbers<double>>& slopes) {
  touched.check(paths.interactions.size());
  slopes.assign(touched.numbers.size(), {});
  return runtime::on_threads(options.num_threads,
                             [&] { return vjp(scene, geometry, options, paths, cotangent, touched, slopes); });
}

PathsDerivative touched_jvp(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                            const Paths& paths, const scene::SceneDerivative& direction,
                            const TouchedMaterials& touched, const std::vector<em::PlaceNumbers<double>>& moved) {
  touched.check(paths.interactions.size());
  std::vector<em::PlaceNumbers<double>> rows = moved;
  rows.resize(touched.numbers.size());
  return runtime::on_threads(options.num_threads,
                             [&] { return jvp(scene, geometry, options, paths, direction, touched, rows); });
}

}  // namespace raywave::paths
