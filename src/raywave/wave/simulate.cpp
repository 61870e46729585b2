// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/simulate.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cmath>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/runtime/parallel.h"
#include "raywave/wave/sources.h"

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

// Steps that r repeated sweeps with c checkpoints can reverse: binomial(c + r, c). Griewank and Walther, revolve.
double reach(int c, int r) {
  double b = 1;
  for (int i = 1; i <= r; ++i) b = b * (c + i) / i;
  return b;
}

// Reverses steps begin ... end - 1 from the field before `begin`, keeping at most `spare` fields more.
class Reverser {
 public:
  Reverser(const March& march, const Planes& cotangent, int source, Field& u_bar, MediaTangent& bar)
      : march_(march), cotangent_(cotangent), source_(source), u_bar_(u_bar), bar_(bar) {}

  void sweep(size_t begin, size_t end, const Field& state, int spare) {
    if (end - begin == 1) return step(begin, state);
    if (spare == 0) {
      for (size_t s = end; s-- > begin;) step(s, advance(begin, s, state));
      return;
    }
    int r = 1;
    while (reach(spare, r) < double(end - begin)) ++r;
    const size_t left = std::clamp<size_t>(size_t(std::min(reach(spare, r - 1), 1e15)), 1, end - begin - 1);
    {
      const Field middle = advance(begin, begin + left, state);
      sweep(begin + left, end, middle, spare - 1);
    }
    sweep(begin, begin + left, state, spare);
  }

 private:
  Field advance(size_t from, size_t to, Field u) const {
    for (size_t s = from; s < to; ++s) march_.apply(march_.steps()[s], u);
    return u;
  }
  void step(size_t s, const Field& before) {
    const Step& step = march_.steps()[s];
    if (step.kind == Step::Kind::kOutput) {
      const Field& c = cotangent_[size_t(step.output)][size_t(source_)];
      for (size_t j = 0; j < c.size(); ++j) u_bar_[j] += c[j];
      return;
    }
    march_.apply_vjp(step, before, u_bar_, bar_);
  }

  const March& march_;
  const Planes& cotangent_;
  int source_;
  Field& u_bar_;
  MediaTangent& bar_;
};

// Fresh memory is given page by page: in pages of 4 KiB that costs as much as a transform a row.
void prefer_large_pages([[maybe_unused]] void* data, [[maybe_unused]] size_t bytes) {
#ifdef __linux__
  constexpr uintptr_t kLarge = uintptr_t(1) << 21;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(data) + kLarge - 1) / kLarge * kLarge;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(data) + bytes) / kLarge * kLarge;
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // a wish, no more
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

}  // namespace

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
  scene_ = std::make_shared<const Scene>(std::move(scene));
  // of the limit a quarter for screens, 0.7 for what vjp keeps, the rest for all else
  march_ = std::make_shared<const March>(scene_, output_z_m_, options_.backend, log, options_.memory_bytes / 4);
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

Result Simulation::run() const {
  Result out;
  out.scene_ = scene_, out.march_ = march_;
  out.z_m = output_z_m_;
  for (int j = 0; j < scene_->grid.num_y; ++j) out.y_m.push_back(scene_->grid.y_m(j));
  for (int i = 0; i < scene_->grid.num_x; ++i) out.x_m.push_back(scene_->grid.x_m(i));
  out.choices = march_->choices();
  out.warnings = warnings_;
  const size_t num_sources = scene_->sources.size();
  out.field.assign(output_z_m_.size(), std::vector<Field>(num_sources));
  if (options_.num_reflections > 0) {
    out.backward.assign(output_z_m_.size(), std::vector<Field>(num_sources, Field(size_t(scene_->grid.num_points()))));
    runtime::parallel_for(int64_t(num_sources), options_.num_threads,
                          [&](int64_t s) { run_both_ways(int(s), out.field, out.backward); });
    return out;
  }
  const bool single = options_.backend.precision == Precision::kFloat;
  if (single ? fusable<float>() : fusable<double>()) {
    single ? run_fused<float>(out.field) : run_fused<double>(out.field);
    return out;
  }
  runtime::parallel_for(int64_t(num_sources), options_.num_threads, [&](int64_t s) {
    Field u = launch(*scene_, scene_->sources[size_t(s)], march_->backend());
    for (const Step& step : march_->steps()) {
      if (step.kind == Step::Kind::kOutput) {
        out.field[size_t(step.output)][size_t(s)] = u;
      } else {
        march_->apply(step, u);
      }
    }
  });
  return out;
}

std::map<std::string, size_t> Simulation::parameter_sizes() const {
  std::map<std::string, size_t> sizes{{"wavelength_m", 1}};
  for (const Source& s : scene_->sources) {
    for (const LaunchColumn& c : launch_columns(*scene_, s, march_->backend()))
      if (c.parameter != "wavenumber") {
        size_t& size = sizes["source/" + s.name + "/" + c.parameter];
        size = std::max(size, c.index + 1);
      }
    if (s.kind == SourceKind::kSampled) sizes["source/" + s.name + "/samples"] = 2 * s.samples.size();
  }
  for (const Object& o : scene_->objects) {
    if (!o.material.perfect_conductor) {
      sizes["material/" + o.material.name + "/relative_permittivity"] = 1;
      sizes["material/" + o.material.name + "/conductivity_s_per_m"] = 1;
    }
    const size_t axes = o.solids.empty() ? 2 : 3;
    sizes["object/" + o.name + "/translation_m"] = axes;
    sizes["object/" + o.name + "/scale"] = 1;
    sizes["object/" + o.name + "/vertices_m"] = axes * num_vertices(o);
  }
  for (const CellMedium& c : scene_->cells) sizes["cells/index_minus_one"] = 2 * c.index_minus_one.size();
  return sizes;
}

MediaTangent Simulation::media_tangent(const Gradient& tangent) const {
  const auto sizes = parameter_sizes();
  std::vector<std::string> names;
  for (const auto& [name, size] : sizes) names.push_back(name);
  for (const auto& [name, values] : tangent) {
    const auto it = sizes.find(name);
    if (it == sizes.end()) throw Error(message("unknown parameter '", name, "'", did_you_mean(name, names)));
    if (values.size() != it->second)
      throw Error(message("parameter '", name, "' has ", it->second, " values, the tangent has ", values.size()));
  }
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

Planes Simulation::jvp(const Gradient& tangent) const {
  require_one_way();
  const MediaTangent media = media_tangent(tangent);
  const size_t num_sources = scene_->sources.size();
  Planes out(output_z_m_.size(), std::vector<Field>(num_sources));
  runtime::parallel_for(int64_t(num_sources), options_.num_threads, [&](int64_t s) {
    const Source& source = scene_->sources[size_t(s)];
    Field u = launch(*scene_, source, march_->backend()), u_dot(u.size());
    for (const LaunchColumn& c : launch_columns(*scene_, source, march_->backend())) {
      const auto it = tangent.find("source/" + source.name + "/" + c.parameter);
      double t = it == tangent.end() ? 0.0 : it->second[c.index];
      if (c.parameter == "wavenumber") t = media.wavenumber;
      if (t != 0)
        for (size_t j = 0; j < u.size(); ++j) u_dot[j] += t * c.column[j];
    }
    const auto samples = tangent.find("source/" + source.name + "/samples");
    if (samples != tangent.end()) {
      Field d(u.size());
      for (size_t j = 0; j < d.size(); ++j)
        d[j] = std::polar(source.amplitude, source.phase_rad) *
               Complexc(samples->second[2 * j], samples->second[2 * j + 1]);
      if (source.focus_m != 0 || scene_->angle_filter_rad > 0)
        march_->backend().apply(launch_filter(*scene_, source, march_->backend()), d);
      for (size_t j = 0; j < d.size(); ++j) u_dot[j] += d[j];
    }
    for (const Step& step : march_->steps()) {
      if (step.kind == Step::Kind::kOutput) {
        out[size_t(step.output)][size_t(s)] = u_dot;
      } else {
        march_->apply_jvp(step, media, u, u_dot);
      }
    }
  });
  return out;
}

int Simulation::tape_length() const {
  int count = 0;
  for (const Step& step : march_->steps()) count += March::needs_field(step, options_.wavelength_gradient);
  return count;
}

// Every field that the way back reads is kept. A layer of cells keeps its field where its gradient will stand.
void Simulation::reverse_with_tape(Field u, const Planes& cotangent, int source, Field& u_bar,
                                   MediaTangent& bar) const {
  const size_t n = u.size();
  std::vector<Field> tape;
  const bool with_cells = options_.cell_gradient && !scene_->cells.empty();
  const auto in_gradient = [&](const Step& step) {
    return with_cells && step.kind == Step::Kind::kScreen && step.cell_slice >= 0 && step.objects.empty();
  };
  if (with_cells) {
    bar.cells.reserve(2 * scene_->cells[0].index_minus_one.size());
    prefer_large_pages(bar.cells.data(), bar.cells.capacity() * sizeof(double));
  }
  for (const Step& step : march_->steps()) {
    if (with_cells && step.cell_slice >= 0 && step.kind == Step::Kind::kScreen) {
      // layers come in their order, each once
      const double* values = reinterpret_cast<const double*>(u.data());
      bar.cells.insert(bar.cells.end(), values, values + 2 * n);
      if (!in_gradient(step)) {
        std::fill(bar.cells.end() - long(2 * n), bar.cells.end(), 0.0);
        tape.push_back(u);
      }
    } else if (March::needs_field(step, bar.with_wavenumber)) {
      tape.push_back(u);
    }
    march_->apply(step, u);
  }
  for (size_t s = march_->steps().size(); s-- > 0;) {
    const Step& step = march_->steps()[s];
    if (step.kind == Step::Kind::kOutput) {
      const Field& c = cotangent[size_t(step.output)][size_t(source)];
      for (size_t j = 0; j < n; ++j) u_bar[j] += c[j];
    } else if (in_gradient(step)) {
      march_->apply_vjp_taped(step, u_bar, bar);
    } else {
      if (March::needs_field(step, bar.with_wavenumber)) u = std::move(tape.back()), tape.pop_back();
      march_->apply_vjp(step, u, u_bar, bar);
    }
  }
}

Gradient Simulation::vjp_one(const Planes& cotangent, int s) const {
  const Source& source = scene_->sources[size_t(s)];
  Field u_bar(size_t(scene_->grid.num_points()));
  const bool taped = tape_length() <= num_checkpoints();
  MediaTangent bar = zero_tangent(*scene_, options_.cell_gradient && !taped);  // a tape grows its own cells
  bar.with_wavenumber = options_.wavelength_gradient;
  {
    Field u = launch(*scene_, source, march_->backend());
    if (taped) {
      reverse_with_tape(std::move(u), cotangent, s, u_bar, bar);
    } else {
      Reverser(*march_, cotangent, s, u_bar, bar).sweep(0, march_->steps().size(), u, num_checkpoints());
    }
  }
  Gradient out;
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
    if (source.focus_m != 0 || scene_->angle_filter_rad > 0)
      march_->backend().apply_adjoint(launch_filter(*scene_, source, march_->backend()), b);
    auto& values = out["source/" + source.name + "/samples"];
    for (const Complexc v : b) {
      const Complexc g = v * std::polar(source.amplitude, -source.phase_rad);
      values.push_back(g.real()), values.push_back(g.imag());
    }
  }
  media_gradient(std::move(bar), out);
  return out;
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
  num_checkpoints();  // refuses here, not in a worker
  std::vector<Gradient> parts(num_sources);
  runtime::parallel_for(int64_t(num_sources), options_.num_threads,
                        [&](int64_t s) { parts[size_t(s)] = vjp_one(cotangent, int(s)); });
  Gradient out = std::move(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) add(out, parts[i]);
  return out;
}

std::vector<Complexc> Result::at(const std::vector<Point>& points, int source) const {
  if (scene_->grid.volume()) throw Error("points of a 3D scene have three coordinates (x, y, z)");
  std::vector<Vec3d> p;
  for (const Point& q : points) p.push_back({0, q.y_m, q.z_m});
  return at(p, source);
}

std::vector<Complexc> Result::at(const std::vector<Vec3d>& points, int source) const {
  if (field.empty() || source < 0 || size_t(source) >= field[0].size())
    throw Error(message("source must be in [0, ", field.empty() ? 0 : field[0].size(), "), got ", source));
  const Backend& backend = march_->backend();
  const auto &kx = backend.kx_rad_per_m(), &ky = backend.ky_rad_per_m(), &kt = backend.transverse_rad_per_m();
  const double k = scene_->wavenumber_rad_per_m();
  std::map<size_t, Field> spectra;
  std::vector<Complexc> out;
  for (const Vec3d& p : points) {
    require_finite("point", p.x + p.y + p.z);
    const size_t plane = plane_before(p.z);
    Field& s = spectra[plane];
    if (s.empty()) {
      s.resize(ky.size());
      backend.analyze(field[plane][size_t(source)].data(), s.data());
    }
    Complexc sum;
    for (size_t m = 0; m < ky.size(); ++m) {
      Complexc kz = std::sqrt(Complexc(k * k - kt[m] * kt[m]));
      if (kz.imag() > 0) kz = -kz;
      const double across = ky[m] * (p.y - y_m[0]) + (kx.empty() ? 0 : kx[m] * (p.x - x_m[0]));
      sum += s[m] * std::exp(kJ * across - kJ * kz * (p.z - z_m[plane]));
    }
    out.push_back(sum / double(ky.size()));
  }
  return out;
}

size_t Result::plane_before(double z) const {
  const auto next = std::upper_bound(z_m.begin(), z_m.end(), z);
  if (next == z_m.begin())
    throw Error(message("point z_m = ", z, " lies before the first plane, z = ", z_m.front(), " m"));
  const size_t plane = size_t(next - z_m.begin()) - 1;
  const auto blocks = [&](double z0, double z1) { return z0 < z && z1 > z_m[plane]; };
  for (const Object& o : scene_->objects)
    for (const Extent& e : extents(o))
      if (blocks(e.z0, e.z1))
        throw Error(message("object '", o.name, "' lies between the plane z = ", z_m[plane], " m and the point z = ", z,
                            " m: add an output plane behind it"));
  for (const CellMedium& c : scene_->cells)
    if (blocks(c.z_begin_m, c.z_end_m))
      throw Error(message("the cell medium lies between a plane and the point z = ", z, " m"));
  return plane;
}

Field Result::coherent_sum(int plane) const {
  Field sum(x_m.size() * y_m.size());
  for (const Field& f : field.at(size_t(plane)))
    for (size_t j = 0; j < f.size(); ++j) sum[j] += f[j];
  return sum;
}

std::vector<double> Result::incoherent_sum(int plane) const {
  std::vector<double> sum(x_m.size() * y_m.size());
  for (const Field& f : field.at(size_t(plane)))
    for (size_t j = 0; j < f.size(); ++j) sum[j] += std::norm(f[j]);
  return sum;
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
