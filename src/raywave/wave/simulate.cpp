// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/simulate.h"

#include <algorithm>
#include <cmath>

#include "raywave/runtime/parallel.h"
#include "raywave/wave/march_checks.h"
#include "raywave/wave/row_sweep.h"
#include "raywave/wave/sources.h"
#include "raywave/wave/step_reporter.h"

namespace raywave::wave {

Simulation::Simulation(Scene scene, SimulateOptions options) : options_(std::move(options)) {
  const LogSink log = [this](std::string_view text) {
    warnings_.emplace_back(text);
    if (options_.log) options_.log(text);
  };
  scene.validate(log);
  if (options_.num_reflections < 0 || options_.num_reflections > 1000)
    throw Error(message("num_reflections must be in [0, 1000], got ", options_.num_reflections));
  output_z_m_ = options_.output_z_m.empty() ? std::vector<double>{scene.z_end_m} : options_.output_z_m;
  const double bytes = 16.0 * scene.grid.num_points() * double(scene.sources.size()) * double(output_z_m_.size());
  if (bytes > double(options_.memory_bytes))
    throw Error(message("the result needs ", bytes / 1048576, " MiB (", output_z_m_.size(), " planes x ",
                        scene.sources.size(), " sources x ", scene.grid.num_points(), " points), the memory limit is ",
                        double(options_.memory_bytes) / 1048576, " MiB"));
  passive_ = is_passive(scene);
  scene_ = std::make_shared<const Scene>(std::move(scene));
  // of the limit a quarter for screens, 0.7 for what vjp keeps, the rest for all else
  march_ = std::make_shared<const March>(scene_, output_z_m_, options_.backend, log, options_.memory_bytes / 4);
  if (options_.device == Device::kCpu) return;
  if (options_.num_reflections > 0)
    throw Error(message("device ", device_name(options_.device), " has no sweeps back and forth (num_reflections = ",
                        options_.num_reflections, "): use device cpu"));
  open_device();
}

int Simulation::num_checkpoints() const {
  const int threads = std::max(1, options_.num_threads > 0 ? options_.num_threads : runtime::default_num_threads());
  const double workers = std::min<double>(threads, double(scene_->sources.size()));
  const double fields = 0.7 * double(options_.memory_bytes) / (16.0 * scene_->grid.num_points() * workers);
  if (fields < 8)
    throw Error(message("memory_bytes = ", options_.memory_bytes, " holds fewer than 8 fields of ",
                        scene_->grid.num_points(), " points for each of ", workers, " workers"));
  // scratch of one step: fields, spectra and branches
  return int(std::clamp(fields - 8, 0.0, double(march_->steps().size())));
}

Result Simulation::without_fields() const {
  Result out;
  out.scene_ = scene_, out.march_ = march_;
  out.z_m = output_z_m_;
  for (int j = 0; j < scene_->grid.num_y; ++j) out.y_m.push_back(scene_->grid.y_m(j));
  for (int i = 0; i < scene_->grid.num_x; ++i) out.x_m.push_back(scene_->grid.x_m(i));
  out.choices = march_->choices();
  out.warnings = warnings_;
  for (const Source& source : scene_->sources) out.cones.push_back(cone_of(*scene_, source));
  return out;
}

Result Simulation::run() const {
  Result out = without_fields();
  march_sources(out);
  return out;
}

Result Simulation::result_of(Planes field, Planes backward, std::vector<std::string> warnings) const {
  for (const Planes* planes : {&field, &backward}) {
    if (planes == &backward && backward.empty()) continue;
    bool whole = planes->size() == output_z_m_.size();
    for (const auto& plane : *planes) {
      whole = whole && plane.size() == scene_->sources.size();
      for (const Field& f : plane) whole = whole && f.size() == size_t(scene_->grid.num_points());
    }
    if (!whole)
      throw Error(message("a result of this march has ", output_z_m_.size(), " planes of ", scene_->sources.size(),
                          " sources with ", scene_->grid.num_points(), " points each"));
  }
  Result out = without_fields();
  out.field = std::move(field), out.backward = std::move(backward), out.warnings = std::move(warnings);
  return out;
}

namespace {

// Relative error of the flux, of rounding and tolerances.
double flux_rounding(const SimulateOptions& options, size_t steps) {
  const double per_step = options.backend.precision == Precision::kFloat ? 2e-7
                          : options.backend.kind == BackendKind::kNufft  ? 2 * options.backend.tolerance
                                                                         : 1e-14;
  return per_step * double(steps);
}

bool is_watched(const SimulateOptions& options) {
  return options.num_reflections == 0 && options.backend.kind != BackendKind::kGaussianBeams;
}

/// After which steps a march is looked at: the last output and others that are due and, where objects or cells scatter,
/// behind each that does not end the march, and on the way through objects; once in the time of 32 steps of one
/// transform pair, behind objects of 4, so that it costs little.
std::vector<bool> looks(const March& march, const Scene& scene, size_t outputs, bool on_the_way) {
  double z = scene.z_begin_m;
  const std::vector<Step>& steps = march.steps();
  std::vector<bool> out(steps.size());
  int work = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    if (step.kind == Step::Kind::kSpectral) work += step.objects.empty() ? 1 : 4, z += step.dz_m;
    const auto has_media = [&](size_t at) {
      return at < steps.size() && (!steps[at].objects.empty() || steps[at].cell_slice >= 0);
    };
    const bool leaves = has_media(i) && !has_media(i + 1) && !has_media(i + 2) && z + scene.slice_m() < scene.z_end_m;
    if (step.kind == Step::Kind::kOutput) {
      out[i] = work >= 32 || size_t(step.output) + 1 == outputs;
    } else if (on_the_way) {
      out[i] = (leaves && work >= 4) || (work >= 32 && step.kind == Step::Kind::kSpectral && !scene.objects.empty());
    }
    if (out[i]) work = 0;
  }
  return out;
}

void tell(Result& out, const std::vector<std::vector<std::string>>& said, const LogSink& log) {
  for (const auto& words : said)
    for (const std::string& text : words) {
      out.warnings.push_back(text);
      if (log) log(text);
    }
}

}  // namespace

// What was marched in lanes or on a device is looked at afterwards, at its outputs.
void Simulation::check(Result& out) const {
  if (!is_watched(options_)) return;
  std::vector<std::vector<std::string>> said(scene_->sources.size());
  const std::vector<bool> due = looks(*march_, *scene_, output_z_m_.size(), false);
  runtime::parallel_for(int64_t(said.size()), options_.num_threads, [&](int64_t s) {
    MarchWatch watch(*scene_, *march_, scene_->sources[size_t(s)],
                     passive_ ? flux_rounding(options_, march_->steps().size()) : -1);
    watch.look(scene_->z_begin_m, launch(*scene_, scene_->sources[size_t(s)], march_->backend()));
    for (size_t i = 0; i < due.size(); ++i)
      if (const Step& step = march_->steps()[i]; due[i])
        watch.look(step.z0_m, out.field[size_t(step.output)][size_t(s)]);
    said[size_t(s)] = watch.warnings();
  });
  tell(out, said, options_.log);
}

void Simulation::march_sources(Result& out) const {
  const size_t num_sources = scene_->sources.size();
  const int64_t num_steps = int64_t(num_sources * march_->steps().size());
  out.field.assign(output_z_m_.size(), std::vector<Field>(num_sources));
  if (options_.num_reflections > 0) {
    out.backward.assign(output_z_m_.size(), std::vector<Field>(num_sources, Field(size_t(scene_->grid.num_points()))));
    StepReporter reporter(options_.progress, num_steps * (1 + options_.num_reflections));
    runtime::parallel_for(int64_t(num_sources), options_.num_threads,
                          [&](int64_t s) { run_both_ways(int(s), out.field, out.backward, reporter); });
    return reporter.finish();
  }
  if (device_) {
    run_on_device(out.field);
    return check(out);
  }
  StepReporter reporter(options_.progress, num_steps);
  const bool single = options_.backend.precision == Precision::kFloat;
  if (single ? fusable<float>() : fusable<double>()) {
    single ? run_fused<float>(out.field, reporter) : run_fused<double>(out.field, reporter);
    reporter.finish();
    return check(out);
  }
  std::vector<std::vector<std::string>> said(num_sources);
  const bool watched = is_watched(options_);
  const std::vector<bool> due = looks(*march_, *scene_, output_z_m_.size(), true);
  const double rounding = passive_ ? flux_rounding(options_, march_->steps().size()) : -1;
  runtime::parallel_for(int64_t(num_sources), options_.num_threads, [&](int64_t s) {
    Field u = launch(*scene_, scene_->sources[size_t(s)], march_->backend());
    MarchWatch watch(*scene_, *march_, scene_->sources[size_t(s)], rounding);
    if (watched) watch.look(scene_->z_begin_m, u);
    double z = scene_->z_begin_m;
    RowSweep sweep(*march_, false, false);
    for (size_t i = 0; i < march_->steps().size(); ++i) {
      const Step& step = march_->steps()[i];
      reporter.step();
      // a screen that the lanes take is not seen behind
      const bool look = watched && due[i], plain = look && step.kind == Step::Kind::kScreen;
      if (plain || !sweep.take(i, nullptr, nullptr, u)) {
        sweep.flush(u);
        if (step.kind == Step::Kind::kOutput) {
          out.field[size_t(step.output)][size_t(s)] = u;
        } else {
          march_->apply(step, u);
        }
      }
      if (step.kind == Step::Kind::kSpectral) z += step.dz_m;
      if (!look) continue;
      sweep.flush(u);
      watch.look(step.kind == Step::Kind::kOutput ? step.z0_m : z, u);
    }
    if (watched) said[size_t(s)] = watch.warnings();
  });
  reporter.finish();
  tell(out, said, options_.log);
}

std::vector<double> even_planes_m(const Scene& scene, int count) {
  if (count < 1) throw Error(message("the number of planes must be >= 1, got ", count));
  BackendOptions plan;
  if (!scene.grid.uniform()) plan.kind = BackendKind::kNufft;
  const March march(std::make_shared<const Scene>(scene), {}, plan, {});
  std::vector<double> out;
  for (int i = 0; i < count; ++i) {
    const double t = count == 1 ? 1.0 : double(i) / (count - 1);
    const double z = t == 1 ? scene.z_end_m : scene.z_begin_m + t * (scene.z_end_m - scene.z_begin_m);
    const auto inside = [z](double z0, double z1) { return z > z0 && z < z1; };
    bool known = true;
    for (const Step& s : march.steps()) known = known && !(s.slab && inside(s.z0_m, s.z1_m));
    for (const CellMedium& c : scene.cells) known = known && !inside(c.z_begin_m, c.z_end_m);
    if (known) out.push_back(z);
  }
  return out;
}

Result simulate(const Scene& scene, const SimulateOptions& options) { return Simulation(scene, options).run(); }

}  // namespace raywave::wave
