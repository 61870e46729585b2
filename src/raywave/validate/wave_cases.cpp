// SPDX-License-Identifier: Apache-2.0
// The wave rows of `raywave validate`: largest error of each quantity against its closed form. Tolerances are the
// product's goals; what sampling, windows and the one-way model leave is below them (docs/waves.md).
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/em/fresnel.h"
#include "raywave/validate/data.h"
#include "raywave/validate/validation.h"
#include "raywave/wave/cases.h"
#include "raywave/wave/gaussian_beams.h"
#include "raywave/wave/march_checks.h"
#include "raywave/wave/reference.h"
#include "raywave/wave/simulate.h"

namespace raywave::validate {
namespace {

using namespace wave;
using Rows = std::vector<ValidationRow>;
using Table = std::vector<std::vector<double>>;

constexpr double kL = kCaseWavelength;

Object object_of(const em::Material& material, Outline outline) {
  Object o;
  o.name = "object", o.material = material;
  o.outlines = {std::move(outline)};
  return o;
}

em::Material constant(double permittivity) {
  em::Material m;
  m.name = "constant", m.relative_permittivity = permittivity, m.perfect_conductor = permittivity == 0;
  if (m.perfect_conductor) m.relative_permittivity = 1;
  return m;
}

SimulateOptions with(BackendKind kind, double tolerance = 1e-12) {
  SimulateOptions o;
  o.backend.kind = kind, o.backend.tolerance = tolerance;
  return o;
}

ValidationRow error_row(std::string name, std::string quantity, double got, double tolerance) {
  return {"wave: " + std::move(name), std::move(quantity), 0, got, tolerance};
}

Rows gaussian(int) {
  SimulateOptions single;
  single.backend.precision = Precision::kFloat;
  double worst = 0, worst_single = 0;
  const Table rows = parse_csv(gaussian_csv());
  for (size_t i = 0; i < rows.size();) {
    const auto& c = rows[i];
    std::vector<Point> points;
    std::vector<Complexc> expected;
    for (; i < rows.size() && rows[i][0] == c[0] && rows[i][1] == c[1] && rows[i][3] == c[3]; ++i)
      points.push_back({rows[i][4], rows[i][3]}), expected.emplace_back(rows[i][5], rows[i][6]);
    if (c[0] < 2 * kL || c[3] > 100 * kL) continue;  // images of steep waves are the window's
    Scene s = beam_scene(8192, 0.25, c[0] / kL, c[3] / kL, c[1] * kPi / 180);
    s.sources[0].position_m = c[2];
    worst = std::max(worst, relative_error(simulate(s).at(points), expected));
    worst_single = std::max(worst_single, relative_error(simulate(s, single).at(points), expected));
  }
  return {error_row("Gaussian beam against its plane-wave integral", "relative error, double", worst, 1e-12),
          error_row("Gaussian beam against its plane-wave integral", "relative error, float", worst_single, 2e-6)};
}

Rows gaussian_volume(int) {
  Scene s = beam_scene(256, 0.4, 3, 30, 0.2);
  s.grid.num_x = 256, s.grid.spacing_x_m = s.grid.spacing_m;
  s.sources[0].tilt_x_rad = -0.1;
  std::vector<Vec3d> points;
  std::vector<Complexc> expected;
  for (int i = -3; i <= 3; ++i) {
    points.push_back({kL * (i - 3), kL * (0.7 * i + 6), 30 * kL});
    expected.push_back(gaussian_beam_3d(s.wavenumber_rad_per_m(), 3 * kL, -0.1, 0.2, points.back(), 150 * kL));
  }
  return {error_row("Gaussian beam in 3D against its plane-wave integral", "relative error, double",
                    relative_error(simulate(s).at(points), expected), 1e-12)};
}

Rows flux(int) {
  Rows rows;
  for (const bool single : {false, true}) {
    Scene s = beam_scene(1024, 0.5, 6, 500, 0.1);
    CellMedium glass;
    glass.z_end_m = s.z_end_m, glass.num_z = 2000;
    glass.index_minus_one.assign(size_t(2000) * 1024, Complexc(1e-3, 0));  // lossless screens: nothing merges
    s.cells = {glass};
    SimulateOptions o;
    o.output_z_m = {0, s.z_end_m};
    o.backend.precision = single ? Precision::kFloat : Precision::kDouble;
    const Result r = simulate(s, o);
    rows.push_back(error_row("power flux over 2000 steps",
                             single ? "relative change, float" : "relative change, double",
                             std::abs(r.power_w_per_m(1) / r.power_w_per_m(0) - 1), single ? 5e-4 : 1e-11));
  }
  return rows;
}

Rows backends(int) {
  const Scene s = beam_scene(512, 0.25, 4, 20, 0.2);
  const Field fft = simulate(s).field[0][0];
  const auto error = [&](const SimulateOptions& o) { return relative_error(simulate(s, o).field[0][0], fft); };
  Rows rows{error_row("dense against fft", "relative error", error(with(BackendKind::kDense)), 1e-14)};
  for (const double tolerance : {1e-3, 1e-6, 1e-9, 1e-12})
    rows.push_back(error_row(message("nufft against fft, tolerance ", tolerance), "relative error",
                             error(with(BackendKind::kNufft, tolerance)), 2 * tolerance));
  rows.push_back(error_row("Gaussian beams against fft", "relative error in their subspace",
                           error(with(BackendKind::kGaussianBeams)), 1e-5));
  SimulateOptions start;
  start.output_z_m = {0};
  std::vector<Point> points;
  points.reserve(512);
  for (int j = 0; j < 512; ++j) points.push_back({s.grid.y_m(j), s.z_end_m});
  BackendOptions o;
  o.beam_redundancy = 2, o.beam_regularization = 1e-2;
  const BeamExpansion all = expand(GaborFrame(s.grid, s.wavenumber_rad_per_m(), o), simulate(s, start).field[0][0], 0);
  const BeamExpansion few = all.compressed(3e-4);
  const double kept = double(all.coefficient.size()) / double(few.coefficient.size());
  rows.push_back(
      error_row("Gaussian beams, analytic, against fft", "relative error", relative_error(all.at(points), fft), 5e-3));
  rows.push_back(error_row("Gaussian beams, thresholded, against all of them", "relative error",
                           relative_error(few.at(points), all.at(points)), 1e-3));
  rows.push_back({"wave: Gaussian beams, thresholded, against all of them", "compression, 4 to 8 or more", 6,
                  std::min(kept, 8.0), 2});
  return rows;
}

Source sampled(const Scene& s, const Outline& opening) {
  Source plane;
  plane.kind = SourceKind::kSampled;
  plane.samples.resize(size_t(s.grid.num_y));
  const Coverage open = coverage(s.grid.cell_edges_m(), 0, 1, opening);
  for (size_t j = 0; j < open.fraction.size(); ++j) plane.samples[size_t(open.first) + j] = open.fraction[j];
  return plane;
}

Rows slit(int) {
  const double half = 5.1 * kL, z = 40 * kL;
  Scene s = beam_scene(8192, 0.25, 4, z / kL);
  s.sources = {sampled(s, rectangle({0, 0.5}, 2 * half, 1))};
  std::vector<Point> points;
  for (int i = -30; i <= 30; ++i) points.push_back({i * kL / 2, z});
  Grid fine;  // fine enough for the midpoint rule
  fine.num_y = 4096, fine.spacing_m = 2 * half / 4096, fine.center_m = half / 4096;
  const auto expected = green_reference(fine, Field(4096, 1.0), 0, s.wavenumber_rad_per_m(), points);
  return {error_row("slit of 10.2 wavelengths against the Rayleigh-Sommerfeld integral", "relative error",
                    relative_error(simulate(s).at(points), expected), 3e-3)};
}

Rows knife_edge(int) {
  std::vector<Point> points;
  std::vector<Complexc> expected;
  for (const auto& r : parse_csv(half_plane_csv()))
    if (std::abs(r[0] - 20 * kL) < kL && std::abs(r[1]) < 10 * kL)
      points.push_back({r[1], r[0]}), expected.emplace_back(r[2], r[3]);
  Scene s = beam_scene(4096, 0.25, 4, 20.5);
  Source plane = sampled(s, rectangle({500 * kL, 0.5}, 1000 * kL, 1));
  for (int j = 0; j < 4096; ++j) {
    const double rim = std::clamp((505 * kL - s.grid.y_m(j)) / (300 * kL), 0.0, 1.0);
    plane.samples[size_t(j)] *= 0.5 * (1 - std::cos(kPi * rim));
  }
  s.sources = {plane};
  s.absorber.width_m = 30 * kL;
  SimulateOptions o;
  o.output_z_m = {points.at(0).z_m};
  return {error_row("knife edge against the half-plane solution", "relative error",
                    relative_error(simulate(s, o).at(points), expected), 5e-3)};
}

Rows cylinder(int) {
  Rows out;
  const Table rows = parse_csv(cylinder_csv());
  for (size_t i = 0; i < rows.size(); i += 61) {
    const auto& c = rows[i];
    const bool conductor = c[3] == 0;
    const double cell = conductor ? 1.0 / 16 : 1.0 / 8;
    Scene s = beam_scene(int(320 / cell), cell, c[4] / kL, c[5] / kL);
    s.step_m = cell * kL;
    s.objects = {object_of(constant(c[3]), disc({c[1], c[2]}, c[0]))};
    std::vector<Point> points;
    std::vector<Complexc> expected;
    for (size_t j = i; j < i + 61; ++j)
      points.push_back({rows[j][6], rows[j][5]}), expected.emplace_back(rows[j][7], rows[j][8]);
    const double behind = std::round((c[5] - c[2]) / kL);
    const std::string what = conductor ? "conductor" : message("index ", std::sqrt(c[3]));
    // Close behind a conductor the waves that creep around it are missing from a one-way march: 0.14 in the limit of
    // fine steps.
    const double tolerance = !conductor ? 0.1 : behind < 20 ? 0.17 : 0.09;
    out.push_back(error_row(message("cylinder (", what, ") against its series, ", behind, " wavelengths behind"),
                            "relative error", relative_error(simulate(s).at(points), expected), tolerance));
  }
  return out;
}

double wall_error(const char* name, double degrees) {
  const double tilt = degrees * kPi / 180, depth = 2 * kL;
  Scene s = beam_scene(4096, 0.25, 30, 60, tilt);
  s.frequency_hz = 28e9;
  const Field without = simulate(s).field[0][0];
  s.objects = {object_of(em::itu_material(name), rectangle({0, 30 * kL}, 2000 * kL, depth))};
  const Field with_wall = simulate(s).field[0][0];
  Complexc a, b;  // the spectra at the beam's own direction
  for (size_t j = 0; j < without.size(); ++j) {
    const Complexc wave = std::polar(1.0, s.wavenumber_rad_per_m() * std::sin(tilt) * s.grid.y_m(int(j)));
    a += with_wall[j] * wave, b += without[j] * wave;
  }
  const Complexd eta = em::properties_at(s.objects[0].material, s.frequency_hz).eta;
  const auto t = em::slab_coefficients(std::cos(tilt), eta, depth, s.wavelength_m()).t_te;
  const Complexc expected = Complexc(t.re, t.im) * std::polar(1.0, s.wavenumber_rad_per_m() * depth * std::cos(tilt));
  return std::abs(a / b - expected) / std::abs(expected);
}

Rows walls(int) {
  Rows rows;
  for (const char* name : {"concrete", "brick", "plasterboard", "wood", "glass", "ceiling_board", "chipboard",
                           "plywood", "marble", "floorboard"}) {
    double worst = 0;
    for (const double degrees : {0.0, 15.0, 30.0, 45.0, 60.0}) worst = std::max(worst, wall_error(name, degrees));
    rows.push_back(error_row(message("wall of ", name, ", 28 GHz, 0 to 60 deg"), "relative error of T", worst, 0.02));
  }
  return rows;
}

Outline block(double y0, double y1, double z0, double z1) {
  return rectangle({0.5 * (y0 + y1) * kL, 0.5 * (z0 + z1) * kL}, (y1 - y0) * kL, (z1 - z0) * kL);
}

// The largest growth of the flux, behind over before; passive scenes: at most 1.
Rows overlaps(int) {
  const auto run = [](std::vector<std::pair<double, Outline>> parts) {
    Scene s = beam_scene(512, 0.25 * 1.0003, 3, 20);
    s.absorber.width_m = 20 * kL;
    for (size_t i = 0; i < parts.size(); ++i) {
      s.objects.push_back(object_of(constant(parts[i].first), parts[i].second));
      s.objects.back().name = message("object", i), s.objects.back().material.name = message("medium", i);
    }
    SimulateOptions o;
    o.output_z_m = {0, s.z_end_m};
    return simulate(s, o);
  };
  const auto gain = [](const Result& r) { return r.power_w_per_m(1) / r.power_w_per_m(0); };
  const Result whole = run({{2, block(-3, 2, 7, 13)}});
  const Result parts = run({{2, block(-3, 0, 7, 13)}, {2, block(-1, 2, 7, 13)}});
  double worst = std::max(gain(whole), gain(parts));
  worst = std::max(worst, gain(run({{2, block(-3, 2, 7, 13)}, {2.5, disc({0.5 * kL, 9 * kL}, 1.5 * kL)}})));
  worst = std::max(worst,
                   gain(run({{5.3, block(-12, 0, 9, 11)}, {3.9, block(-2, 1, 8, 12)}, {0, block(-0.3, 0.4, 8, 9)}})));
  return {error_row("media that overlap", "growth of the flux", std::max(0.0, worst - 1), 1e-3),
          error_row("two parts of a body against the body", "relative error",
                    relative_error(parts.field[1][0], whole.field[1][0]), 1e-12)};
}

// What a beam that leaves the window is said to bring back, against what it does: half of it, and none.
Rows wrapping(int) {
  Rows rows;
  for (const auto& [tilt, expected] : {std::pair{std::atan(0.64), 0.5}, {0.3, 0.0}}) {
    const Scene s = beam_scene(512, 0.2503, 4, 100, tilt);
    SimulateOptions start;
    start.output_z_m = {0};
    const Field u = simulate(s, start).field[0][0];
    rows.push_back({"wave: share of a beam that passes the rim", message("tilt ", tilt), expected,
                    returning_share(s, s.sources[0], {{0, &u}, {s.z_end_m, &u}}), 0.1});
  }
  return rows;
}

double cone_error(Scene s, const std::function<Complexc(const Vec3d&)>& exact, size_t stride = 1) {
  choose_window(s);
  SimulateOptions o;
  for (const double z : {20.0, 33.0, 60.0, 100.0})
    if (z * kL <= s.z_end_m) o.output_z_m.push_back(z * kL);
  const Result r = simulate(s, o);
  double worst = 0;
  const size_t stride_x = s.grid.volume() ? stride : 1;
  for (size_t p = 0; p < r.z_m.size(); ++p) {
    std::vector<Complexc> got, expected;
    for (size_t i = 0; i < r.x_m.size(); i += stride_x)
      for (size_t j = p % stride; j < r.y_m.size(); j += stride) {
        const Vec3d at{r.x_m[i], r.y_m[j], r.z_m[p]};
        if (!r.cones[0].holds(at)) continue;
        got.push_back(r.field[p][0][i * r.y_m.size() + j]), expected.push_back(exact(at));
      }
    worst = std::max(worst, relative_error(got, expected));
  }
  return worst;
}

const char* kInCone = "relative error in its cone, 20 to 100 wavelengths";

// Sources of volumes, in windows chosen from the geometry.
Rows volumes_at_defaults(int) {
  const double k = 2 * kPi / kL;
  Scene s = beam_scene(0, 0.4003, 3, 60, 0.2);
  s.grid.num_x = 0, s.grid.spacing_x_m = s.grid.spacing_m;
  s.sources[0].tilt_x_rad = -0.1;
  Rows rows{error_row("beam in 3D at its defaults", kInCone,
                      cone_error(
                          s, [k](const Vec3d& p) { return gaussian_beam_3d(k, 3 * kL, -0.1, 0.2, p, 150 * kL); }, 41),
                      0.005)};
  Scene point = s;
  point.z_end_m = 33 * kL, point.grid.spacing_m = point.grid.spacing_x_m = 0.4503 * kL;
  Source& source = point.sources[0];
  source.kind = SourceKind::kPoint, source.distance_m = kL, source.tilt_rad = source.tilt_x_rad = 0;
  rows.push_back(error_row("point source in 3D at its defaults", kInCone,
                           cone_error(point,
                                      [k](const Vec3d& p) {
                                        const double r = std::sqrt(p.x * p.x + p.y * p.y + (p.z + kL) * (p.z + kL));
                                        return std::polar(1 / (4 * kPi * r), -k * r);
                                      }),
                           0.005));
  Scene plane = s;
  plane.z_end_m = 33 * kL;
  plane.sources[0].kind = SourceKind::kPlane, plane.sources[0].width_m = 40 * kL;
  rows.push_back(error_row("plane wave in 3D at its defaults", kInCone,
                           cone_error(plane,
                                      [k](const Vec3d& p) {
                                        const double sx = std::sin(-0.1), sy = std::sin(0.2);
                                        return std::polar(
                                            1.0, -k * (sx * p.x + sy * p.y + std::sqrt(1 - sx * sx - sy * sy) * p.z));
                                      }),
                           0.005));
  Scene array = s;
  array.z_end_m = 24 * kL;
  Source& a = array.sources[0];
  a.kind = SourceKind::kArray, a.waist_m = 0.6 * kL;
  a.element_offsets_m = {0, 0.7 * kL, 0, 0.7 * kL}, a.element_offsets_x_m = {0, 0, 0.6 * kL, 0.6 * kL};
  a.weights = {1, Complexc(0, 1), 1, 0.5};
  const auto elements = [&a, k](const Vec3d& p) {
    Complexc sum;
    for (size_t e = 0; e < 4; ++e) {
      const double ox = a.element_offsets_x_m[e], oy = a.element_offsets_m[e];
      sum += a.weights[e] * std::polar(1.0, -k * (oy * std::sin(0.2) + ox * std::sin(-0.1))) *
             gaussian_patch(k, 0.6 * kL, std::hypot(p.x - ox, p.y - oy), p.z);
    }
    return sum;
  };
  rows.push_back(error_row("array in 3D at its defaults", kInCone, cone_error(array, elements, 17), 0.005));
  return rows;
}

// At their defaults, 20 to 100 wavelengths on, inside the cone that the result states.
Rows sources_at_defaults(int) {
  const double k = 2 * kPi / kL;
  Scene line = beam_scene(0, 0.3003, 4, 100);
  line.sources[0].kind = SourceKind::kPoint, line.sources[0].distance_m = kL;
  // Hankel's expansion: the terms left out are below 1e-11 at 20 wavelengths
  const auto hankel = [k](const Vec3d& p) {
    const double x = k * std::hypot(p.y, p.z + kL), e = 1 / (8 * x);
    const Complexc h =
        std::sqrt(2 / (kPi * x)) * std::polar(1.0, -(x - kPi / 4)) * (Complexc(1 - 4.5 * e * e, e - 37.5 * e * e * e));
    return Complexc(0, -0.25) * h;
  };
  Scene wide = line;
  wide.grid.num_y = 4096, wide.grid.spacing_m = 1000.3 / 4096 * kL, wide.absorber.width_m = 100 * kL;
  Scene plane = line;
  plane.sources[0].kind = SourceKind::kPlane, plane.sources[0].width_m = 150 * kL, plane.sources[0].tilt_rad = 0.5;
  const auto flat = [k](const Vec3d& p) { return std::polar(1.0, -k * (std::sin(0.5) * p.y + std::cos(0.5) * p.z)); };
  const Scene beam = beam_scene(0, 0.4003, 1.5, 60, 0.3);
  const auto integral = [k](const Vec3d& p) { return gaussian_beam(k, 1.5 * kL, 0.3, {p.y, p.z}); };
  Scene focused = beam;
  focused.sources[0].focus_m = 12 * kL, focused.sources[0].tilt_rad = 0;
  const auto behind = [k](const Vec3d& p) { return gaussian_beam(k, 1.5 * kL, 0, {p.y, p.z - 12 * kL}); };
  Scene array = beam_scene(0, 0.2503, 0.35, 100, 0.4);
  Source& a = array.sources[0];
  a.kind = SourceKind::kArray;
  for (int e = 0; e < 6; ++e)
    a.element_offsets_m.push_back(0.5 * e * kL), a.weights.push_back(std::polar(1.0, 0.1 * e));
  const auto elements = [&a, k](const Vec3d& p) {
    Complexc sum;
    for (size_t e = 0; e < a.weights.size(); ++e)
      sum += a.weights[e] * std::polar(1.0, -k * a.element_offsets_m[e] * std::sin(0.4)) *
             gaussian_beam(k, a.waist_m, 0, {p.y - a.element_offsets_m[e], p.z});
    return sum;
  };
  Scene ground = line;
  ground.grid.num_y = 1024, ground.grid.spacing_m = 0.4003 * kL, ground.grid.center_m = 512.5 * ground.grid.spacing_m;
  ground.boundary = Boundary::kDirichlet, ground.z_end_m = 60 * kL, ground.sources[0].position_m = 30 * kL;
  const auto image = [&hankel](const Vec3d& p) {
    return hankel({0, p.y - 30 * kL, p.z}) - hankel({0, p.y + 30 * kL, p.z});
  };
  const std::string what = kInCone;
  return {error_row("line source at its defaults against its Hankel function", what, cone_error(line, hankel), 0.005),
          error_row("line source, absorber of 100 wavelengths, window of 1,000", what, cone_error(wide, hankel), 0.005),
          error_row("line source above a ground", what, cone_error(ground, image), 0.005),
          error_row("array at its defaults", what, cone_error(array, elements, 13), 0.005),
          error_row("beam with its waist ahead at its defaults", what, cone_error(focused, behind), 0.005),
          error_row("plane wave at its defaults", what, cone_error(plane, flat), 0.005),
          error_row("beam at its defaults", what, cone_error(beam, integral), 0.005)};
}

double objective(const Scene& s, const Field& w) {
  const Field u = simulate(s).field[0][0];
  double sum = 0;
  for (size_t j = 0; j < u.size(); ++j) sum += w[j].real() * u[j].real() + w[j].imag() * u[j].imag();
  return sum;
}

Rows adjoints(int) {
  Scene s = beam_scene(256, 0.2503, 4, 30, 0.1);
  s.step_m = 0.5 * kL;
  s.objects = {object_of(constant(1.08), disc({1.03 * kL, 8.1 * kL}, 2.07 * kL, 40))};
  const Field w = random_field(256, 7);
  const Simulation sim(s);
  const Gradient g = sim.vjp({{w}});
  double worst_dot = 0, worst_difference = 0;
  for (const auto& [name, values] : g) {
    Gradient t{{name, std::vector<double>(values.size())}};
    double backward = 0, forward = 0, size = 0;
    for (size_t i = 0; i < values.size(); ++i)
      t.at(name)[i] = random_uniform(3, 4, i, 5) - 0.5, backward += t.at(name)[i] * values[i];
    const Field dot = sim.jvp(t)[0][0];
    for (size_t j = 0; j < dot.size(); ++j) {
      forward += w[j].real() * dot[j].real() + w[j].imag() * dot[j].imag();
      size += std::abs(w[j]) * std::abs(dot[j]);
    }
    worst_dot = std::max(worst_dot, std::abs(forward - backward) / size);
  }
  const auto compare = [&](const char* name, double step, const std::function<void(Scene&, double)>& edit) {
    const auto at = [&](double h) {
      Scene moved = s;
      edit(moved, h);
      return objective(moved, w);
    };
    const double expected = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
    worst_difference = std::max(worst_difference, std::abs(g.at(name)[0] - expected) / std::abs(expected));
  };
  compare("source/source0/position_m", 1e-3 * kL, [](Scene& t, double h) { t.sources[0].position_m += h; });
  compare("source/source0/tilt_rad", 1e-4, [](Scene& t, double h) { t.sources[0].tilt_rad += h; });
  compare("material/constant/relative_permittivity", 1e-4,
          [](Scene& t, double h) { t.objects[0].material.relative_permittivity += h; });
  compare("object/object/translation_m", 1e-5 * kL, [](Scene& t, double h) {
    for (Point& p : t.objects[0].outlines[0]) p.y_m += h;
  });
  compare("wavelength_m", 1e-5 * kL,
          [](Scene& t, double h) { t.frequency_hz = kSpeedOfLight / (kSpeedOfLight / t.frequency_hz + h); });
  return {error_row("adjoint against tangent", "largest error of the dot test, all parameters", worst_dot, 1e-14),
          error_row("adjoint against finite differences", "largest relative error, five parameters", worst_difference,
                    1e-7)};
}

}  // namespace

std::vector<ValidationRow> wave_validation_rows(const std::string& filter, int num_threads) {
  Rows rows;
  for (const auto& run : {gaussian, gaussian_volume, flux, backends, slit, knife_edge, cylinder, walls, overlaps,
                          wrapping, sources_at_defaults, volumes_at_defaults, adjoints})
    for (auto& row : run(num_threads))
      if (row.name.find(filter) != std::string::npos) rows.push_back(std::move(row));
  return rows;
}

}  // namespace raywave::validate
