// SPDX-License-Identifier: Apache-2.0
// Named parameters of a simulation: tangents and gradients.
#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cmath>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/runtime/parallel.h"
#include "raywave/wave/checkpoints.h"
#include "raywave/wave/parameter_table.h"
#include "raywave/wave/row_sweep.h"
#include "raywave/wave/simulate.h"
#include "raywave/wave/sources.h"
#include "raywave/wave/step_reporter.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};

// Vertices of an object of either dimension: visit(coordinates, tangent or cotangent), as arrays of (y, z) or (x, y,
// z).
template <class Tangent, class Visit>
void for_each_vertex(const Object& o, Tangent& t, size_t object, Visit&& visit) {
  for (size_t p = 0; p < o.outlines.size(); ++p)
    for (size_t q = 0; q < o.outlines[p].size(); ++q) {
      auto& v = t.vertices[object][p][q];
      visit(std::vector<double>{o.outlines[p][q].y_m, o.outlines[p][q].z_m}, std::vector{&v.y_m, &v.z_m});
    }
  for (size_t p = 0; p < o.solids.size(); ++p)
    for (size_t q = 0; q < o.solids[p].vertices_m.size(); ++q) {
      auto& v = t.solids[object][p][q];
      const Vec3d& at = o.solids[p].vertices_m[q];
      visit(std::vector<double>{at.x, at.y, at.z}, std::vector{&v.x, &v.y, &v.z});
    }
}

size_t num_vertices(const Object& o) {
  size_t n = 0;
  for (const Outline& v : o.outlines) n += v.size();
  for (const Solid& s : o.solids) n += s.vertices_m.size();
  return n;
}

/// Mean of the vertices, with the axes of for_each_vertex.
std::vector<double> centroid(const Object& o) {
  std::vector<double> c(o.solids.empty() ? 2 : 3, 0.0);
  const double share = 1 / double(num_vertices(o));
  for (const Outline& v : o.outlines)
    for (const Point& p : v) c[0] += share * p.y_m, c[1] += share * p.z_m;
  for (const Solid& s : o.solids)
    for (const Vec3d& p : s.vertices_m) c[0] += share * p.x, c[1] += share * p.y, c[2] += share * p.z;
  return c;
}

// Reverses steps for checkpoints.h: the state is one source's field. Reversible steps that follow each other are one:
// its field is marched to its end and then back beside the cotangent, so that nothing of it is kept.
class Reverser {
 public:
  Reverser(const March& march, const Planes& cotangent, int source, Field& u_bar, MediaTangent& bar,
           StepReporter& reporter)
      : march_(march), cotangent_(cotangent), source_(source), u_bar_(u_bar), bar_(bar), reporter_(reporter) {
    const auto& steps = march.steps();
    for (size_t s = 0; s < steps.size(); ++s)
      if (s == 0 || !march.reversible(steps[s]) || !march.reversible(steps[s - 1])) begin_.push_back(s);
    begin_.push_back(steps.size());
  }
  size_t size() const { return begin_.size() - 1; }

  Field advance(size_t from, size_t to, Field u) const {
    RowSweep sweep(march_, false, false);
    for (size_t s = begin_[from]; s < begin_[to]; ++s) {
      reporter_.again();
      // what a turn leaves in the lanes needs a jump that is to come
      const bool last = s + 1 == begin_[to];
      if (!(last && march_.steps()[s].kind == Step::Kind::kScreen) && sweep.take(s, nullptr, nullptr, u)) continue;
      sweep.flush(u);
      march_.apply(march_.steps()[s], u);
    }
    sweep.flush(u);
    return u;
  }
  void reverse(size_t i, const Field& before) {
    const size_t begin = begin_[i];
    if (begin_[i + 1] == begin + 1) return step(begin, before);
    Field u = advance(i, i + 1, before);
    for (size_t s = begin_[i + 1]; s-- > begin;) {
      march_.undo(march_.steps()[s], u);
      step(s, u);
    }
  }

 private:
  void step(size_t s, const Field& before) {
    const Step& step = march_.steps()[s];
    reporter_.step();
    if (step.kind != Step::Kind::kOutput) return march_.apply_vjp(step, before, u_bar_, bar_);
    const Field& c = cotangent_[size_t(step.output)][size_t(source_)];
    for (size_t j = 0; j < c.size(); ++j) u_bar_[j] += c[j];
  }

  const March& march_;
  const Planes& cotangent_;
  int source_;
  Field& u_bar_;
  MediaTangent& bar_;
  StepReporter& reporter_;
  std::vector<size_t> begin_;  // of each run of steps, and the end
};

// Fresh memory is given page by page: in pages of 4 KiB that costs as much as a transform a row.
void prefer_large_pages([[maybe_unused]] void* data, [[maybe_unused]] size_t bytes) {
#ifdef __linux__
  constexpr uintptr_t kLarge = uintptr_t(1) << 21;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(data) + kLarge - 1) / kLarge * kLarge;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(data) + bytes) / kLarge * kLarge;
  if (end > begin)
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // NOLINT: an address; a wish, no more
#endif
}

double re_dot(const Field& a, const Field& b) {
  double sum = 0;
  for (size_t j = 0; j < a.size(); ++j) sum += a[j].real() * b[j].real() + a[j].imag() * b[j].imag();
  return sum;
}

void add(Gradient& into, const Gradient& from) {
  for (const auto& [name, values] : from) {
    auto& sum = into[name];
    sum.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
  }
}

// Every name is one of the table's, with as many values.
void require_parameters(const Scene& scene, const Gradient& tangent) {
  std::map<std::string, size_t> sizes;
  std::vector<std::string> names;
  for (const Parameter& p : parameters(scene)) sizes[p.name] = p.size(), names.push_back(p.name);
  for (const auto& [name, values] : tangent) {
    const auto it = sizes.find(name);
    if (it == sizes.end()) throw Error(message("unknown parameter '", name, "'", did_you_mean(name, names)));
    if (values.size() != it->second)
      throw Error(message("parameter '", name, "' has ", it->second, " values, the tangent has ", values.size()));
  }
}

}  // namespace

MediaTangent Simulation::media_tangent(const Gradient& tangent) const {
  require_parameters(*scene_, tangent);
  const auto value = [&](const std::string& name, size_t i) {
    const auto it = tangent.find(name);
    return it == tangent.end() ? 0.0 : it->second[i];
  };
  const double k = scene_->wavenumber_rad_per_m();
  MediaTangent t = zero_tangent(*scene_, tangent.count("cells/index_minus_one") > 0);
  t.wavenumber = -k * k / (2 * kPi) * value("wavelength_m", 0);
  const double sigma_scale = 1 / (2 * kPi * scene_->frequency_hz * kVacuumPermittivity);
  for (size_t i = 0; i < scene_->objects.size(); ++i) {
    const Object& o = scene_->objects[i];
    const std::string material = "material/" + o.material.name, object = "object/" + o.name;
    t.eta[i] =
        value(material + "/relative_permittivity", 0) - kJ * sigma_scale * value(material + "/conductivity_s_per_m", 0);
    const std::vector<double> c = centroid(o);
    const double scale = value(object + "/scale", 0);
    size_t v = 0;
    for_each_vertex(o, t, i, [&](const auto& at, const auto& dot) {
      for (size_t axis = 0; axis < at.size(); ++axis)
        *dot[axis] = value(object + "/translation_m", axis) + value(object + "/vertices_m", at.size() * v + axis) +
                     scale * (at[axis] - c[axis]);
      ++v;
    });
  }
  for (size_t i = 0; i < t.cells.size(); ++i) t.cells[i] = value("cells/index_minus_one", i);
  return t;
}

Field Simulation::launch_tangent(size_t s, const Gradient& tangent, double wavenumber) const {
  const Source& source = scene_->sources[s];
  Field u_dot(size_t(scene_->grid.num_points()));
  for (const LaunchColumn& c : launch_columns(*scene_, source, march_->backend())) {
    const auto it = tangent.find("source/" + source.name + "/" + c.parameter);
    double t = it == tangent.end() ? 0.0 : it->second[c.index];
    if (c.parameter == "wavenumber") t = wavenumber;
    if (t != 0)
      for (size_t j = 0; j < u_dot.size(); ++j) u_dot[j] += t * c.column[j];
  }
  const auto samples = tangent.find("source/" + source.name + "/samples");
  if (samples == tangent.end()) return u_dot;
  Field d(u_dot.size());
  for (size_t j = 0; j < d.size(); ++j)
    d[j] =
        std::polar(source.amplitude, source.phase_rad) * Complexc(samples->second[2 * j], samples->second[2 * j + 1]);
  if (has_launch_filter(*scene_, source)) march_->backend().apply(launch_filter(*scene_, source, march_->backend()), d);
  for (size_t j = 0; j < d.size(); ++j) u_dot[j] += d[j];
  return u_dot;
}

Planes Simulation::jvp(const Gradient& tangent) const {
  require_one_way();
  const MediaTangent media = media_tangent(tangent);
  const size_t num_sources = scene_->sources.size();
  Planes out(output_z_m_.size(), std::vector<Field>(num_sources));
  if (device_) {
    std::vector<Field> dot(num_sources);
    for (size_t s = 0; s < num_sources; ++s) dot[s] = launch_tangent(s, tangent, media.wavenumber);
    jvp_on_device(dot, media, out);
    return out;
  }
  StepReporter reporter(options_.progress, int64_t(num_sources * march_->steps().size()));
  runtime::parallel_for(int64_t(num_sources), options_.num_threads, [&](int64_t s) {
    Field u = launch(*scene_, scene_->sources[size_t(s)], march_->backend());
    Field u_dot = launch_tangent(size_t(s), tangent, media.wavenumber);
    for (const Step& step : march_->steps()) {
      reporter.step();
      if (step.kind == Step::Kind::kOutput) {
        out[size_t(step.output)][size_t(s)] = u_dot;
      } else {
        march_->apply_jvp(step, media, u, u_dot);
      }
    }
  });
  reporter.finish();
  return out;
}

int Simulation::tape_length() const {
  int count = 0;
  for (const Step& step : march_->steps()) count += March::needs_field(step, options_.wavelength_gradient);
  return count;
}

// Every field that the way back reads is kept. A layer of cells keeps its field in the gradient's row before its own,
// which is free when the way back comes to the layer; the first has a row beside.
void Simulation::reverse_with_tape(Field u, const Planes& cotangent, int source, Field& u_bar, MediaTangent& bar,
                                   StepReporter& reporter) const {
  const size_t n = u.size();
  const auto& steps = march_->steps();
  std::vector<Field> tape;
  Field first_row;
  std::vector<bool> in_lanes(steps.size());
  const bool with_cells = options_.cell_gradient && !scene_->cells.empty();
  const auto in_gradient = [&](const Step& step) {
    return with_cells && step.kind == Step::Kind::kScreen && step.cell_slice >= 0 && step.objects.empty();
  };
  const auto kept = [&](const Step& step) -> Complexc* {
    if (!in_gradient(step)) return nullptr;
    return step.cell_slice == 0 ? first_row.data() : bar.cell(size_t(step.cell_slice - 1) * n);
  };
  if (with_cells) {
    bar.cells.reserve(2 * scene_->cells[0].index_minus_one.size());
    prefer_large_pages(bar.cells.data(), bar.cells.capacity() * sizeof(double));
    first_row.resize(n);
  }
  RowSweep forward(*march_, false, bar.with_wavenumber);
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    reporter.again();
    // layers come in their order, each once; memory is touched row by row
    if (with_cells && step.cell_slice >= 0) bar.cells.resize(2 * n * size_t(step.cell_slice));
    const bool needed = March::needs_field(step, bar.with_wavenumber), layer = in_gradient(step);
    if ((layer || !needed) && forward.take(i, kept(step), nullptr, u)) {
      in_lanes[i] = layer;
      continue;
    }
    forward.flush(u);
    if (layer) {
      std::copy(u.begin(), u.end(), kept(step));
    } else if (needed) {
      tape.push_back(u);
    }
    march_->apply(step, u);
  }
  if (with_cells) bar.cells.resize(2 * scene_->cells[0].index_minus_one.size());
  RowSweep back(*march_, true, bar.with_wavenumber);
  for (size_t i = steps.size(); i-- > 0;) {
    const Step& step = steps[i];
    reporter.step();
    const bool layer = in_gradient(step);
    Complexc* row = with_cells && step.cell_slice >= 0 ? bar.cell(size_t(step.cell_slice) * n) : nullptr;
    if ((layer ? bool(in_lanes[i]) : !March::needs_field(step, bar.with_wavenumber)) &&
        back.take(i, kept(step), row, u_bar, i >= 2 ? kept(steps[i - 2]) : nullptr))
      continue;
    back.flush(u_bar);
    if (step.kind == Step::Kind::kOutput) {
      const Field& c = cotangent[size_t(step.output)][size_t(source)];
      for (size_t j = 0; j < n; ++j) u_bar[j] += c[j];
    } else if (layer) {
      RAYWAVE_DCHECK_EQ(bool(in_lanes[i]), false);
      std::copy(kept(step), kept(step) + n, row);
      march_->apply_vjp_taped(step, u_bar, bar);
    } else {
      if (row) std::fill(row, row + n, Complexc{});
      if (March::needs_field(step, bar.with_wavenumber)) u = std::move(tape.back()), tape.pop_back();
      march_->apply_vjp(step, u, u_bar, bar);
    }
  }
  back.flush(u_bar);
}

Gradient Simulation::vjp_one(const Planes& cotangent, int s, StepReporter& reporter) const {
  Field u_bar(size_t(scene_->grid.num_points()));
  const bool taped = tape_length() <= num_checkpoints();
  MediaTangent bar = zero_tangent(*scene_, options_.cell_gradient && !taped);  // a tape grows its own cells
  bar.with_wavenumber = options_.wavelength_gradient;
  {
    Field u = launch(*scene_, scene_->sources[size_t(s)], march_->backend());
    if (taped) {
      reverse_with_tape(std::move(u), cotangent, s, u_bar, bar, reporter);
    } else {
      Reverser reverser(*march_, cotangent, s, u_bar, bar, reporter);
      reverse_steps(reverser, 0, reverser.size(), u, num_checkpoints());
    }
  }
  Gradient out;
  source_gradient(s, u_bar, bar, out);
  media_gradient(std::move(bar), out);
  return out;
}

void Simulation::source_gradient(int s, const Field& u_bar, MediaTangent& bar, Gradient& out) const {
  const Source& source = scene_->sources[size_t(s)];
  for (const LaunchColumn& c : launch_columns(*scene_, source, march_->backend())) {
    const double g = re_dot(u_bar, c.column);
    if (c.parameter == "wavenumber") {
      bar.wavenumber += g;
      continue;
    }
    auto& values = out["source/" + source.name + "/" + c.parameter];
    values.resize(std::max(values.size(), c.index + 1));
    values[c.index] = g;
  }
  if (source.kind == SourceKind::kSampled) {
    Field b = u_bar;
    if (has_launch_filter(*scene_, source))
      march_->backend().apply_adjoint(launch_filter(*scene_, source, march_->backend()), b);
    auto& values = out["source/" + source.name + "/samples"];
    for (const Complexc v : b) {
      const Complexc g = v * std::polar(source.amplitude, -source.phase_rad);
      values.push_back(g.real()), values.push_back(g.imag());
    }
  }
}

void Simulation::media_gradient(MediaTangent&& bar, Gradient& out) const {
  const double k = scene_->wavenumber_rad_per_m();
  double wavenumber = bar.wavenumber;
  const double sigma_scale = 1 / (2 * kPi * scene_->frequency_hz * kVacuumPermittivity);
  for (size_t i = 0; i < scene_->objects.size(); ++i) {
    const Object& o = scene_->objects[i];
    if (!o.material.perfect_conductor) {
      const std::string material = "material/" + o.material.name;
      const Complexc e = bar.eta[i], slope = medium_of(o.material, scene_->frequency_hz).d_eta_d_k;
      auto& eps = out[material + "/relative_permittivity"];
      auto& sigma = out[material + "/conductivity_s_per_m"];
      eps.resize(1), sigma.resize(1);
      eps[0] += e.real();
      sigma[0] += -sigma_scale * e.imag();
      wavenumber += e.real() * slope.real() + e.imag() * slope.imag();
    }
    const std::string object = "object/" + o.name;
    const std::vector<double> c = centroid(o);
    std::vector<double> translation(c.size()), scale(1), vertices;
    for_each_vertex(o, bar, i, [&](const auto& at, const auto& b) {
      for (size_t axis = 0; axis < at.size(); ++axis) {
        translation[axis] += *b[axis];
        scale[0] += *b[axis] * (at[axis] - c[axis]);
        vertices.push_back(*b[axis]);
      }
    });
    out[object + "/translation_m"] = translation;
    out[object + "/scale"] = scale;
    out[object + "/vertices_m"] = vertices;
  }
  if (options_.wavelength_gradient) out["wavelength_m"] = {-k * k / (2 * kPi) * wavenumber};
  if (!bar.cells.empty()) out["cells/index_minus_one"] = std::move(bar.cells);
}

Gradient Simulation::vjp(const Planes& cotangent) const {
  require_one_way();
  const size_t num_sources = scene_->sources.size();
  if (cotangent.size() != output_z_m_.size())
    throw Error(message("the cotangent has ", cotangent.size(), " planes, the result ", output_z_m_.size()));
  for (const auto& plane : cotangent) {
    if (plane.size() != num_sources)
      throw Error(message("a plane of the cotangent has ", plane.size(), " sources, the scene ", num_sources));
    for (const Field& f : plane)
      if (int(f.size()) != scene_->grid.num_points())
        throw Error(message("a cotangent has ", f.size(), " points, the grid ", scene_->grid.num_points()));
  }
  if (device_) return vjp_on_device(cotangent);
  num_checkpoints();  // refuses here, not in a worker
  std::vector<Gradient> parts(num_sources);
  StepReporter reporter(options_.progress, int64_t(num_sources * march_->steps().size()));
  runtime::parallel_for(int64_t(num_sources), options_.num_threads,
                        [&](int64_t s) { parts[size_t(s)] = vjp_one(cotangent, int(s), reporter); });
  reporter.finish();
  Gradient out = std::move(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) add(out, parts[i]);
  return out;
}

}  // namespace raywave::wave
