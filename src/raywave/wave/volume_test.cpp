// SPDX-License-Identifier: Apache-2.0
// Two transverse dimensions: against closed forms, against the 2D march, and gradients.
#include <gtest/gtest.h>

#include <numeric>

#include "raywave/scene/shapes.h"
#include "raywave/wave/reference.h"
#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;

Scene volume_scene(int n, double spacing, double waist, double z_end) {
  Scene s = beam_scene(n, spacing, waist, z_end);
  s.grid.num_x = n, s.grid.spacing_x_m = s.grid.spacing_m;
  return s;
}

Object solid(const std::string& name, double permittivity, Solid mesh, double sigma = 0) {
  Object o = dielectric(name, permittivity, {}, sigma);
  o.solids = {std::move(mesh)};
  return o;
}

// Turned about two axes, so that no face is along the grid.
Solid tilted_box(const Vec3d& center, const Vec3d& size) {
  Solid m = box_solid({0, 0, 0}, size);
  const Mat3d turn = rotation_from_euler(Vec3d{0.3, 0.4, 0.2});
  for (Vec3d& v : m.vertices_m) v = center + turn * v;
  return m;
}

std::vector<double> edges(int n, double spacing) {
  std::vector<double> e;
  for (int i = 0; i <= n; ++i) e.push_back((i - 0.5 * n) * spacing);
  return e;
}

class WaveVolumes : public EveryDevice {};
RAYWAVE_ON_EVERY_DEVICE(WaveVolumes);

TEST_P(WaveVolumes, GaussianBeamEqualsItsIntegral) {
  for (const double tilt : {0.0, 0.2}) {
    Scene s = volume_scene(256, 0.4, 3, 30);
    s.sources[0].tilt_rad = tilt, s.sources[0].tilt_x_rad = -0.5 * tilt;
    s.sources[0].position_x_m = kL, s.sources[0].position_m = -0.5 * kL;
    std::vector<Vec3d> points;
    std::vector<Complexc> expected;
    for (int i = -3; i <= 3; ++i) {
      points.push_back({kL * (1 + i) - 15 * tilt * kL, kL * (0.7 * i - 0.5) + 30 * tilt * kL, 30 * kL});
      const Vec3d from{points.back().x - kL, points.back().y + 0.5 * kL, 30 * kL};
      expected.push_back(gaussian_beam_3d(s.wavenumber_rad_per_m(), 3 * kL, -0.5 * tilt, tilt, from, 150 * kL));
    }
    EXPECT_LT(relative_error(simulate(s, on_device()).at(points), expected), 1e-12) << tilt;
    SimulateOptions single = on_device();
    single.backend.precision = Precision::kFloat;
    EXPECT_LT(relative_error(simulate(s, single).at(points), expected), 2e-6) << tilt;
  }
}

TEST(WaveVolume, PowerIsTheBeamsAndIsKept) {
  Scene s = volume_scene(96, 0.5, 5, 40);
  const double w = 5 * kL, eta0 = std::sqrt(kVacuumPermeability / kVacuumPermittivity);
  SimulateOptions o;
  o.output_z_m = {0, 40 * kL};
  const Result r = simulate(s, o);
  // mean of kz/k over the spectrum exp(-kt^2 w^2 / 2): 1 - 1/(k w)^2 + O((k w)^-4)
  const double kw = s.wavenumber_rad_per_m() * w;
  EXPECT_NEAR(r.power_w_per_m(0) * 2 * eta0 / (kPi * w * w / 2), 1 - 1 / (kw * kw), 2 / std::pow(kw, 4));
  EXPECT_NEAR(r.power_w_per_m(1) / r.power_w_per_m(0), 1, 1e-12);
}

TEST(WaveVolume, BoxesAreExactAndSpheresKeepTheirVolume) {
  const auto x = edges(8, 1), y = edges(6, 1);
  std::vector<double> cover(48);
  // a quarter of cell (4, 3) across, 0.4 of the slice
  add_solid_coverage(x, y, 0, 1, box_solid({0.25, 0.25, 0.8}, {0.5, 0.5, 1}), cover);
  EXPECT_NEAR(cover[4 * 6 + 3], 0.25 * 0.7, 1e-15);
  EXPECT_NEAR(std::accumulate(cover.begin(), cover.end(), 0.0), 0.25 * 0.7, 1e-15);
  double volume = 0;
  const Solid sphere = sphere_solid({0.1, -0.2, 0.05}, 2);
  for (int i = -30; i < 30; ++i) {
    std::fill(cover.begin(), cover.end(), 0.0);
    add_solid_coverage(x, y, 0.1 * i, 0.1 * (i + 1), sphere, cover);
    for (const double c : cover) EXPECT_NEAR(c, 0.5, 0.5 + 1e-12);
    volume += 0.1 * std::accumulate(cover.begin(), cover.end(), 0.0);
  }
  // cross-sections are quadratic in z: the midpoint rule between levels 0.1 apart leaves pi (0.1)^2 / 12 a unit of
  // length
  EXPECT_NEAR(volume, 4 * kPi / 3 * 8, 4 * kPi * 0.01 / 12);
  EXPECT_NEAR(signed_volume_m3(sphere), 4 * kPi / 3 * 8, 1e-12);
}

TEST(WaveVolume, CoverageDerivativesAreExact) {
  const auto x = edges(9, 1), y = edges(7, 1.1);
  for (const Solid& m : {tilted_box({0.1, -0.3, 0.4}, {3, 2, 2.5}), box_solid({0.1, 0.2, 0.3}, {2.3, 3.1, 0.9})}) {
    std::vector<Vec3d> dot;
    for (size_t v = 0; v < m.vertices_m.size(); ++v)
      dot.push_back(
          {random_uniform(1, 2, v, 0) - 0.5, random_uniform(1, 2, v, 1) - 0.5, random_uniform(1, 2, v, 2) - 0.5});
    // a flat face must stay flat for its level to move as one
    if (is_prism(m))
      for (size_t v = 0; v < m.vertices_m.size(); ++v) dot[v].z = m.vertices_m[v].z > 0.3 ? 0.4 : -0.7;
    const double z0 = -0.3, z1 = 0.55, h = 1e-5;
    std::vector<double> tangent(63), bar(63);
    add_solid_coverage_jvp(x, y, z0, z1, m, dot, tangent);
    const auto at = [&](double t) {
      Solid moved = m;
      for (size_t v = 0; v < dot.size(); ++v) moved.vertices_m[v] += t * dot[v];
      std::vector<double> c(63);
      add_solid_coverage(x, y, z0, z1, moved, c);
      return c;
    };
    const auto a = at(h), b = at(-h);
    for (size_t j = 0; j < 63; ++j) EXPECT_NEAR(tangent[j], (a[j] - b[j]) / (2 * h), 1e-8) << j;
    double forward = 0, backward = 0;
    for (size_t j = 0; j < 63; ++j) bar[j] = random_uniform(4, 4, j, 0) - 0.5, forward += bar[j] * tangent[j];
    std::vector<Vec3d> vertex_bar(dot.size());
    solid_coverage_vjp(x, y, z0, z1, m, bar, vertex_bar);
    for (size_t v = 0; v < dot.size(); ++v)
      backward += dot[v].x * vertex_bar[v].x + dot[v].y * vertex_bar[v].y + dot[v].z * vertex_bar[v].z;
    EXPECT_NEAR(forward, backward, 1e-13);
  }
}

TEST_P(WaveVolumes, WhatDoesNotDependOnXIsTheTwoDimensionalMarch) {
  struct Case {
    double permittivity, width;
    const char* model;
  };
  for (const Case& c : {Case{1.05, 3, "phase screen"}, Case{1.8, 3, "wave propagation"}, Case{3.0, 20, "exact slab"}}) {
    Scene flat = beam_scene(128, 0.2503, 4, 12, 0.1);
    const Source beam = flat.sources[0];
    flat.absorber.width_m = 4 * kL;
    flat.objects = {dielectric("block", c.permittivity, {rectangle({2 * kL, 5 * kL}, c.width * kL, 2 * kL)}, 0.02)};
    flat.sources[0].name = "beam";
    Scene volume = flat;
    volume.grid.num_x = 6, volume.grid.spacing_x_m = 8 * kL;
    volume.absorber.width_m = 0, flat.absorber.width_m = 0;
    volume.objects = {
        solid("block", c.permittivity, box_solid({0, 2 * kL, 5 * kL}, {100 * kL, c.width * kL, 2 * kL}), 0.02)};
    const Field launched = [&] {
      SimulateOptions o;
      o.output_z_m = {0};
      return simulate(flat, o).field[0][0];
    }();
    Source sampled;
    sampled.kind = SourceKind::kSampled;
    for (int i = 0; i < 6; ++i) sampled.samples.insert(sampled.samples.end(), launched.begin(), launched.end());
    volume.sources = {sampled};
    const Result r = simulate(volume, on_device());
    EXPECT_NE(r.choices.at(0).find(c.model), std::string::npos) << r.choices[0];
    const Field expected = simulate(flat).field[0][0], &got = r.field[0][0];
    for (size_t i = 0; i < 6; ++i)
      EXPECT_LT(relative_error(Field(got.begin() + long(128 * i), got.begin() + long(128 * (i + 1))), expected), 1e-12)
          << c.model;
  }
}

TEST(WaveVolume, PointSourceRadiatesItsPower) {
  // within an angle t: (1 - cos t) / 2 of the power
  Scene s = volume_scene(400, 0.5, 4, 1);
  s.grid.spacing_m *= 1.001, s.grid.spacing_x_m *= 1.001;
  s.angle_filter_rad = kPi / 4;
  Source p;
  p.kind = SourceKind::kPoint, p.distance_m = 20 * kL, p.amplitude = point_source_amplitude(2.5);
  s.sources = {p};
  // the soft edge (0.02 in sine) takes 1/sqrt(2 pi) widths of power at sin t, where dP = sin t d(sin t) / (2 cos t)
  const double edge = 0.02 / std::sqrt(2 * kPi) * std::tan(kPi / 4) / 2;
  EXPECT_NEAR(simulate(s).power_w_per_m(0) / 2.5, (1 - std::cos(kPi / 4)) / 2 - edge, 1e-3);
}

Scene rich_volume() {
  Scene s = volume_scene(32, 0.37, 3, 12);
  s.grid.num_x = 24;
  s.step_m = 0.5 * kL;
  s.sources[0].tilt_rad = 0.1, s.sources[0].tilt_x_rad = -0.07, s.sources[0].focus_m = 2 * kL;
  Source array;
  array.name = "array", array.kind = SourceKind::kArray, array.waist_m = kL, array.tilt_x_rad = 0.15;
  array.element_offsets_m = {-kL, kL, 0}, array.element_offsets_x_m = {0.3 * kL, 0, kL};
  array.weights = {{1, 0.2}, {0.4, -0.3}, {0.2, 0.9}};
  s.sources.push_back(array);
  s.absorber.width_m = 2 * kL;
  s.objects = {solid("box", 1.1, tilted_box({0.3 * kL, -0.4 * kL, 3 * kL}, {3 * kL, 2 * kL, 1.7 * kL}), 0.04),
               solid("ball", 2.4, sphere_solid({-0.5 * kL, kL, 6.03 * kL}, 1.21 * kL, 6), 0.02),
               solid("wall", 3.1, box_solid({0.21 * kL, -1.01 * kL, 9 * kL}, {7.3 * kL, 8.1 * kL, 0.9 * kL}), 0.03)};
  Object plate = solid("plate", 1, tilted_box({-kL, -2 * kL, 3.1 * kL}, {kL, 1.2 * kL, 0.8 * kL}));
  plate.material.perfect_conductor = true;
  s.objects.push_back(plate);
  return s;
}

double inner(const Planes& a, const Planes& b, double* size = nullptr) {
  double sum = 0;
  for (size_t p = 0; p < a.size(); ++p)
    for (size_t i = 0; i < a[p].size(); ++i)
      for (size_t j = 0; j < a[p][i].size(); ++j) {
        sum += a[p][i][j].real() * b[p][i][j].real() + a[p][i][j].imag() * b[p][i][j].imag();
        if (size) *size += std::abs(a[p][i][j]) * std::abs(b[p][i][j]);
      }
  return sum;
}

TEST_P(WaveVolumes, GradientsEqualFiniteDifferences) {
  const Scene s = rich_volume();
  SimulateOptions o = on_device();
  o.num_threads = 1;
  const Planes w{{random_field(s.grid.num_points(), 7), random_field(s.grid.num_points(), 8)}};
  const Gradient g = Simulation(s, o).vjp(w);
  const auto move = [](size_t object, Vec3d by) {
    return [=](Scene& t, double h) {
      for (Vec3d& v : t.objects[object].solids[0].vertices_m) v += h * by;
    };
  };
  struct Case {
    const char* name;
    size_t index;
    double step;
    std::function<void(Scene&, double)> edit;
  };
  const double d = 1e-5 * kL;
  for (const Case& c : {
           Case{"source/source0/position_x_m", 0, 1e-4 * kL, [](Scene&t, double h) { t.sources[0].position_x_m += h; }},
           Case{"source/source0/tilt_x_rad", 0, 1e-5, [](Scene&t, double h) { t.sources[0].tilt_x_rad += h; }},
           Case{"source/source0/waist_m", 0, 1e-4 * kL, [](Scene&t, double h) { t.sources[0].waist_m += h; }},
           Case{"source/array/tilt_x_rad", 0, 1e-5, [](Scene&t, double h) { t.sources[1].tilt_x_rad += h; }},
           Case{"source/array/position_m", 0, 1e-4 * kL, [](Scene&t, double h) { t.sources[1].position_m += h; }},
           Case{"source/array/weights", 5, 1e-3, [](Scene&t, double h) { t.sources[1].weights[2] += Complexc(0, h); }},
           Case{"object/box/translation_m", 0, d, move(0, {1, 0, 0})},
           Case{"object/box/translation_m", 1, d, move(0, {0, 1, 0})},
           Case{"object/box/translation_m", 2, d, move(0, {0, 0, 1})},
           Case{"object/ball/translation_m", 2, d, move(1, {0, 0, 1})},
           Case{"object/wall/translation_m", 0, d, move(2, {1, 0, 0})},
           Case{"object/wall/translation_m", 2, d, move(2, {0, 0, 1})},
           Case{"object/plate/translation_m", 1, d, move(3, {0, 1, 0})},
           Case{"object/box/vertices_m", 3 * 5 + 2, d,
                [](Scene&t, double h) { t.objects[0].solids[0].vertices_m[5].z += h; }},
           Case{"material/ball_material/relative_permittivity", 0, 1e-5,
                [](Scene&t, double h) { t.objects[1].material.relative_permittivity += h; }},
           Case{"material/wall_material/conductivity_s_per_m", 0, 1e-5,
                [](Scene&t, double h) { t.objects[2].material.conductivity_s_per_m += h; }},
           Case{"wavelength_m", 0, 1e-6 * kL,
                [](Scene&t, double h) { t.frequency_hz = kSpeedOfLight / (kSpeedOfLight / t.frequency_hz + h); }},
       }) {
    const auto at = [&](double h) {
      Scene moved = s;
      c.edit(moved, h);
      return inner(w, simulate(moved, o).field);
    };
    const double h = c.step;
    const double expected = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    const double rounding = 1e-13 * std::abs(at(0)) / h;
    EXPECT_NEAR(g.at(c.name).at(c.index), expected, 1e-7 * std::abs(expected) + rounding) << c.name << " " << c.index;
  }
}

TEST_P(WaveVolumes, AdjointIsTheTransposeOfTheTangent) {
  const Scene s = rich_volume();
  const Simulation sim(s, on_device());
  const Planes w{{random_field(s.grid.num_points(), 7), random_field(s.grid.num_points(), 8)}};
  for (const auto& [name, values] : sim.vjp(w)) {
    Gradient t{{name, std::vector<double>(values.size())}};
    double expected = 0, size = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      t.at(name)[i] = random_uniform(3, 4, i, 5) - 0.5;
      expected += t.at(name)[i] * values[i];
    }
    const double got = inner(w, sim.jvp(t), &size);
    EXPECT_NEAR(got, expected, 1e-14 * size) << name;
  }
}

TEST(WaveVolume, MeshesOfAScene) {
  raywave::scene::Scene from;
  from.add_material(em::itu_material("concrete", 0.1));
  from.add_object({"pillar", raywave::scene::box({2, -1, 0}, {1, 2, 3}), 0});
  raywave::scene::Mesh sheet;
  raywave::scene::add_rectangle(sheet, {4, -1, 0}, {0, 2, 0}, {0, 0, 2});
  from.add_object({"sheet", sheet, 0});
  Scene window;
  window.grid.num_y = 64, window.grid.spacing_m = 0.1;
  window.grid.num_x = 32, window.grid.spacing_x_m = 0.1, window.grid.center_x_m = 1.5;
  window.z_end_m = 6;
  std::vector<std::string> said;
  const auto objects = solids_of(from, window, [&](std::string_view text) { said.emplace_back(text); });
  ASSERT_EQ(objects.size(), 1u);
  EXPECT_EQ(objects[0].material.itu_name, "concrete");
  const Extent e = extents(objects[0])[0];
  EXPECT_EQ(e.z0, 2);
  EXPECT_EQ(e.z1, 3);
  EXPECT_EQ(e.x1, 3);
  EXPECT_EQ(e.y0, -1);
  EXPECT_NEAR(signed_volume_m3(objects[0].solids[0]), 6, 1e-12);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("sheet"), std::string::npos);
}

// Tolerances are those of one dimension, once for each of the two.
TEST(WaveVolume, BackendsAreProductsOfTheirLines) {
  Scene s = volume_scene(48, 0.25, 2.2, 6);
  s.grid.num_x = 40;
  s.sources[0].tilt_rad = 0.1, s.sources[0].tilt_x_rad = -0.07;
  const auto field = [&](BackendKind kind, double tolerance = 1e-12) {
    SimulateOptions o;
    o.backend.kind = kind, o.backend.tolerance = tolerance;
    return simulate(s, o).field[0][0];
  };
  const Field free = field(BackendKind::kFft);
  EXPECT_LT(relative_error(field(BackendKind::kDense), free), 2e-14);
  for (const double tolerance : {1e-3, 1e-6, 1e-9, 1e-12})
    EXPECT_LT(relative_error(field(BackendKind::kNufft, tolerance), free), 4 * tolerance) << tolerance;
  s.objects = {solid("box", 1.1, tilted_box({0, 0.4 * kL, 3 * kL}, {3 * kL, 2 * kL, 1.7 * kL}), 0.04)};
  const double steps = double(Simulation(s).march().steps().size());
  const Field crossed = field(BackendKind::kFft);
  EXPECT_LT(relative_error(field(BackendKind::kDense), crossed), 2e-14 * steps);
  EXPECT_LT(relative_error(field(BackendKind::kNufft), crossed), 4e-12 * steps);
}

TEST(WaveVolume, GaussianBeamsInTheirSubspace) {
  Scene s = volume_scene(128, 0.25, 4, 10);
  SimulateOptions beams;
  beams.backend.kind = BackendKind::kGaussianBeams;
  EXPECT_LT(relative_error(simulate(s, beams).field[0][0], simulate(s).field[0][0]), 2e-5);
}

TEST(WaveVolume, NufftOnUnevenRows) {
  Scene s = volume_scene(64, 0.4, 3, 10);
  s.grid.num_y = 160;
  for (int j = 0; j < 160; ++j) {  // 0.1 to 0.26 wavelengths apart
    const double x = (j - 80) / 160.0;
    s.grid.points_m.push_back(28 * kL * (x + 0.4 / (2 * kPi) * std::sin(2 * kPi * x)));
  }
  SimulateOptions o;
  o.backend.kind = BackendKind::kNufft;
  const Field u = simulate(s, o).field[0][0];
  double error = 0, norm = 0;
  for (int i = 0; i < 64; i += 7)
    for (int j = 0; j < 160; j += 7) {
      const Complexc expected =
          gaussian_beam_3d(s.wavenumber_rad_per_m(), 3 * kL, 0, 0, {s.grid.x_m(i), s.grid.y_m(j), 10 * kL}, 100 * kL);
      error += std::norm(u[size_t(i * 160 + j)] - expected), norm += std::norm(expected);
    }
  EXPECT_LT(std::sqrt(error / norm), 1e-3);  // images of the window of 26 wavelengths
  o.backend.kind = BackendKind::kFft;
  EXPECT_THROW(simulate(s, o), Error);
}

TEST(WaveVolume, RayleighSommerfeldHasNoImages) {
  const Scene s = volume_scene(48, 0.3, 2, 3);
  SimulateOptions o;
  o.output_z_m = {0};
  const Field u = simulate(s, o).field[0][0];
  const Field got = rayleigh_sommerfeld_step(s.grid, u, 3 * kL, s.wavenumber_rad_per_m());
  std::vector<Complexc> some, expected;
  for (int i = 4; i < 48; i += 5)
    for (int j = 4; j < 48; j += 5) {
      some.push_back(got[size_t(i * 48 + j)]);
      expected.push_back(
          gaussian_beam_3d(s.wavenumber_rad_per_m(), 2 * kL, 0, 0, {s.grid.x_m(i), s.grid.y_m(j), 3 * kL}, 200 * kL));
    }
  // the kernel's aliased tail exp(-2 pi 3 (1/0.3 - 1)) is nothing; the launch is cut at 7.2 wavelengths, exp(-13)
  EXPECT_LT(relative_error(some, expected), 1e-4);
}

TEST(WaveVolume, BackendsPassTheDotTest) {
  Scene s = volume_scene(16, 0.3, 2, 3);
  s.grid.num_x = 12;
  for (const auto& [kind, tolerance] :
       {std::pair{BackendKind::kDense, 1e-14}, {BackendKind::kNufft, 1e-14}, {BackendKind::kGaussianBeams, 1e-12}}) {
    BackendOptions o;
    o.kind = kind, o.beam_waist_wavelengths = 1;
    const auto backend = make_backend(s, o);
    const Field g = random_field(192, 3), w = random_field(192, 5), u0 = random_field(192, 4);
    expect_adjoint([&](Field& u) { backend->apply(g, u); }, [&](Field& v) { backend->apply_adjoint(g, v); }, u0, w,
                   tolerance, backend_name(kind));
  }
}

TEST(WaveVolume, BadInputIsRefusedByName) {
  const auto refusal = [](const std::function<void(Scene&, SimulateOptions&)>& edit, const std::string& word) {
    Scene s = volume_scene(16, 0.4, 2, 6);
    s.objects = {solid("box", 1.2, box_solid({0, 0, 3 * kL}, {kL, kL, kL}))};
    SimulateOptions o;
    edit(s, o);
    try {
      simulate(s, o);
      ADD_FAILURE() << "accepted: " << word;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  };
  refusal([](Scene& s, auto&) { s.objects[0].solids[0].triangles.pop_back(); }, "not closed");
  refusal([](Scene& s, auto&) { s.objects[0].outlines = {disc({0, 3 * kL}, kL)}; }, "2D");
  refusal([](Scene& s, auto&) { s.objects[0].solids.clear(); }, "needs solids");
  refusal([](Scene& s, auto&) { s.objects[0].solids = {box_solid({50 * kL, 0, 3 * kL}, {kL, kL, kL})}; }, "outside");
  refusal([](Scene& s, auto&) { s.polarization = Polarization::kTm; }, "polarization");
  refusal([](Scene& s, auto&) { s.boundary = Boundary::kDirichlet; }, "2D");
  refusal([](Scene& s, auto&) { s.grid.spacing_x_m = 0; }, "grid.spacing_x_m");
  refusal([](Scene& s, auto&) { s.sources[0].position_x_m = 99; }, "position_x_m");
  refusal(
      [](Scene& s, auto&) {
        s.objects[0].material.perfect_conductor = true;
        s.objects[0].solids = {box_solid({0, 0, kL}, {kL, kL, 2 * kL})};
      },
      "inside the conductor");
  refusal([](Scene& s, auto&) { s.grid.num_x = 1, s.sources[0].position_x_m = kL, s.objects.clear(); }, "num_x");
}

}  // namespace
}  // namespace raywave::wave
