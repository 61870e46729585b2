// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/compare.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/wave/reference.h"
#include "raywave/wave/sources.h"

namespace raywave::wave {
namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Over the planes that both know.
double relative_difference(const std::vector<Field>& a, const std::vector<Field>& b) {
  double error = 0, norm = 0;
  for (size_t p = 0; p < a.size(); ++p) {
    if (a[p].empty() || b[p].empty()) continue;
    for (size_t j = 0; j < a[p].size(); ++j) error += std::norm(a[p][j] - b[p][j]), norm += std::norm(b[p][j]);
  }
  return norm > 0 ? std::sqrt(error / norm) : 0;
}

std::vector<Field> first_source(const Planes& planes) {
  std::vector<Field> out;
  for (const auto& p : planes) out.push_back(p[0]);
  return out;
}

struct Strip {
  double z_m = 0;
  std::vector<double> open;
};

std::vector<Strip> strips_of(const Scene& s) {
  if (!s.cells.empty()) throw Error("the reference knows no cell medium");
  if (s.boundary != Boundary::kPeriodic) throw Error("the reference knows no ground");
  if (s.absorber.width_m > 0) throw Error("the reference has no absorber");
  if (!s.grid.uniform()) throw Error("the reference needs a uniform grid");
  const auto edges = s.grid.cell_edges_m();
  std::vector<Strip> out;
  for (const Object& o : s.objects)
    for (const Outline& outline : o.outlines) {
      if (!o.material.perfect_conductor)
        throw Error(message("the reference knows opaque strips alone, not the medium of object '", o.name, "'"));
      const auto [z0, z1] = z_extent_m(outline);
      if (z1 - z0 > s.wavelength_m() / 2)
        throw Error(message("the reference knows strips up to half a wavelength thick; object '", o.name, "' is ",
                            z1 - z0, " m thick"));
      Strip strip{0.5 * (z0 + z1), std::vector<double>(size_t(s.grid.num_y), 1.0)};
      const Coverage c = coverage(edges, z0, z1, outline);
      for (size_t j = 0; j < c.fraction.size(); ++j) strip.open[size_t(c.first) + j] -= c.fraction[j];
      const auto same = std::find_if(out.begin(), out.end(), [&](const Strip& t) { return t.z_m == strip.z_m; });
      if (same == out.end()) {
        out.push_back(strip);
      } else {
        for (size_t j = 0; j < strip.open.size(); ++j) same->open[j] *= strip.open[j];
      }
    }
  std::sort(out.begin(), out.end(), [](const Strip& a, const Strip& b) { return a.z_m < b.z_m; });
  return out;
}

Scene of_first_source(Scene s) {
  s.sources.resize(1);
  return s;
}

// The slope of the launched field as a source.
Scene slope_scene(const Scene& scene, const Simulation& sim) {
  Scene s = scene;
  Source slope;
  slope.name = "slope", slope.kind = SourceKind::kSampled;
  const Field launched = launch(scene, scene.sources[0], sim.march().backend());
  const auto& ky = sim.march().backend().ky_rad_per_m();
  Field g(ky.size());
  for (size_t m = 0; m < ky.size(); ++m) g[m] = Complexc(0, -ky[m]);  // minus d/dy
  slope.samples = launched;
  sim.march().backend().apply(g, slope.samples);
  s.sources = {slope};
  s.angle_filter_rad = 0;  // it has passed the filter
  return s;
}

void add_gradients(Comparison& out, const SimulateOptions& options) {
  const Scene& s = out.scene;
  const Simulation sim(s, options);
  const std::string name = "source/" + s.sources[0].name + "/position_m";
  auto begin = std::chrono::steady_clock::now();
  out.tangent = first_source(sim.jvp({{name, {1.0}}}));
  out.seconds_tangent = seconds_since(begin);
  out.shift_sensitivity = first_source(simulate(slope_scene(s, sim), options).field);
  const double h = 1e-3 * s.wavelength_m();
  const auto shifted = [&](double d) {
    Scene moved = s;
    moved.sources[0].position_m += d;
    return first_source(simulate(moved, options).field);
  };
  const auto a = shifted(h), b = shifted(-h), c = shifted(2 * h), d = shifted(-2 * h);
  out.finite_difference = a;
  for (size_t p = 0; p < a.size(); ++p)
    for (size_t j = 0; j < a[p].size(); ++j)
      out.finite_difference[p][j] = (8.0 * (a[p][j] - b[p][j]) - (c[p][j] - d[p][j])) / (12 * h);
  out.tangent_error = relative_difference(out.tangent, out.finite_difference);
  out.sensitivity_error = relative_difference(out.shift_sensitivity, out.finite_difference);
  // J = sum |u|^2 / 2 over the last plane, whose cotangent is u
  Planes w(out.z_m.size(), std::vector<Field>{Field(out.y_m.size())});
  w.back()[0] = out.solvers[0].field.back();
  begin = std::chrono::steady_clock::now();
  const double adjoint = sim.vjp(w).at(name)[0];
  out.seconds_adjoint = seconds_since(begin);
  double forward = 0, size = 0, norm = 0;
  for (size_t j = 0; j < out.y_m.size(); ++j) {
    const Complexc u = w.back()[0][j], t = out.tangent.back()[j];
    forward += u.real() * t.real() + u.imag() * t.imag();
    size += std::norm(u), norm += std::norm(t);
  }
  out.adjoint_error = std::abs(forward - adjoint) / std::sqrt(size * norm);
}

}  // namespace

std::vector<Field> green_planes(const Scene& full, const std::vector<double>& z_m) {
  const Scene scene = of_first_source(full);
  const double k = scene.wavenumber_rad_per_m(), nearest = scene.wavelength_m() / 2 * (1 - 1e-9);
  const auto strips = strips_of(scene);
  const auto backend = make_backend(scene, {});
  Field u = launch(scene, scene.sources[0], *backend);
  double z = scene.z_begin_m;
  std::vector<Field> out(z_m.size());
  size_t next = 0;
  for (size_t i = 0; i <= strips.size(); ++i) {
    const double end = i < strips.size() ? strips[i].z_m : INFINITY;
    for (; next < z_m.size() && z_m[next] <= end; ++next)
      if (z_m[next] - z >= nearest) out[next] = rayleigh_sommerfeld_step(scene.grid, u, z_m[next] - z, k);
    if (i == strips.size()) break;
    if (end - z < nearest)
      throw Error(message("the reference needs half a wavelength between strips, got ", end - z, " m"));
    u = rayleigh_sommerfeld_step(scene.grid, u, end - z, k);
    for (size_t j = 0; j < u.size(); ++j) u[j] *= strips[i].open[j];
    z = end;
  }
  return out;
}

Comparison compare(const Scene& full, const std::vector<double>& z_m, const SimulateOptions& options) {
  if (z_m.size() < 2) throw Error(message("a comparison needs two planes or more, got ", z_m.size()));
  if (full.grid.volume()) throw Error("a comparison needs a 2D scene: its figure is one of y and z");
  full.validate(options.log);
  Comparison out;
  out.scene = of_first_source(full);
  out.z_m = z_m;
  SimulateOptions o = options;
  o.output_z_m = z_m, o.num_threads = 1;
  for (int j = 0; j < full.grid.num_y; ++j) out.y_m.push_back(full.grid.y_m(j));
  for (const BackendKind kind :
       {BackendKind::kFft, BackendKind::kDense, BackendKind::kGaussianBeams, BackendKind::kNufft}) {
    SolverField f;
    f.name = backend_name(kind);
    o.backend.kind = kind;
    o.device = kind == BackendKind::kFft ? options.device : Device::kCpu;
    try {
      const auto begin = std::chrono::steady_clock::now();
      f.field = first_source(simulate(out.scene, o).field);
      f.seconds = seconds_since(begin);
    } catch (const Error& e) {
      f.missing = e.what();
    }
    out.solvers.push_back(std::move(f));
    o.log = {};  // one warning is enough
  }
  SolverField green;
  green.name = "green";
  try {
    const auto begin = std::chrono::steady_clock::now();
    green.field = green_planes(out.scene, z_m);
    green.seconds = seconds_since(begin);
  } catch (const Error& e) {
    green.missing = e.what();
  }
  const std::vector<Field> fft = out.solvers[0].field;
  for (SolverField& f : out.solvers) {
    if (!f.missing.empty()) continue;
    if (!fft.empty()) f.error_to_fft = relative_difference(f.field, fft);
    if (green.missing.empty()) f.error_to_green = relative_difference(f.field, green.field);
  }
  if (green.missing.empty() && !fft.empty()) green.error_to_fft = relative_difference(fft, green.field);
  out.solvers.push_back(std::move(green));
  o.backend = options.backend, o.device = options.device;
  o.backend.kind = out.scene.grid.uniform() ? BackendKind::kFft : BackendKind::kNufft;
  if (out.scene.grid.uniform()) add_gradients(out, o);
  return out;
}

Scene comparison_scene() {
  Scene s;
  s.frequency_hz = 28e9;
  const double l = s.wavelength_m();
  s.grid.num_y = 512, s.grid.spacing_m = 0.2503 * l;  // no bin at grazing
  s.z_end_m = 60 * l;
  s.step_m = 0.375 * l;  // the strip is one slice between two of 161 planes, as it is one screen of the reference
  Source beam;
  beam.name = "beam";
  beam.waist_m = 5 * l, beam.tilt_rad = 0.12, beam.position_m = -3 * l;
  s.sources = {beam};
  Object strip;
  strip.name = "strip";
  strip.material.name = "conductor", strip.material.perfect_conductor = true;
  strip.outlines = {rectangle({3 * l, 25.3125 * l}, 6 * l, 0.375 * l)};
  s.objects = {strip};
  return s;
}

}  // namespace raywave::wave
