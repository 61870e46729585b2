// SPDX-License-Identifier: Apache-2.0
// Backends against each other and against direct sums.
#include "raywave/wave/backend.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "raywave/runtime/fft.h"
#include "raywave/wave/fused_march.h"
#include "raywave/wave/gaussian_beams.h"
#include "raywave/wave/nufft.h"
#include "raywave/wave/reference.h"
#include "raywave/wave/row_transform.h"
#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;

Scene with_disc() {
  Scene s = beam_scene(512, 0.25, 4, 40, 0.15);
  s.objects = {dielectric("disc", 1.15, {disc({2 * kL, 20 * kL}, 5 * kL)})};
  return s;
}

Result run(const Scene& s, BackendKind kind, double tolerance = 1e-12) {
  SimulateOptions o;
  o.backend.kind = kind;
  o.backend.tolerance = tolerance;
  return simulate(s, o);
}

TEST(Backends, DenseEqualsFftToRounding) {
  Scene s = beam_scene(512, 0.25, 4, 20, 0.15);
  EXPECT_LT(relative_error(run(s, BackendKind::kDense).field[0][0], run(s, BackendKind::kFft).field[0][0]), 1e-14);
  s = beam_scene(128, 0.25, 3, 12);
  s.objects = {dielectric("disc", 1.15, {disc({0, 6 * kL}, 2 * kL)})};
  const double steps = double(Simulation(s).march().steps().size());
  EXPECT_LT(relative_error(run(s, BackendKind::kDense).field[0][0], run(s, BackendKind::kFft).field[0][0]),
            1e-14 * steps);
}

TEST(Backends, NufftIsWithinTwiceItsTolerance) {
  const Scene s = beam_scene(1024, 0.25, 4, 20, 0.15);
  const Field expected = run(s, BackendKind::kFft).field[0][0];
  for (const double tolerance : {1e-3, 1e-6, 1e-9, 1e-12})
    EXPECT_LT(relative_error(run(s, BackendKind::kNufft, tolerance).field[0][0], expected), 2 * tolerance) << tolerance;
}

TEST(Backends, NufftOnNonuniformPoints) {
  // dy from 0.1 to 0.5 wavelengths, the same beam
  Scene s = beam_scene(1024, 0.25, 4, 20, 0.15);
  s.grid.points_m.clear();
  for (int j = 0; j < 1024; ++j) {
    const double x = (j - 512) / 1024.0;
    s.grid.points_m.push_back(256 * kL * (x + 0.6 / (2 * kPi) * std::sin(2 * kPi * x)));
  }
  const Result r = run(s, BackendKind::kNufft, 1e-12);
  double worst = 0;
  for (int j = 0; j < 1024; j += 13) {
    // the launch's phase is referred to the beam's axis at y = 0
    if (std::abs(s.grid.points_m[size_t(j)]) > 20 * kL) continue;
    const Complexc exact = gaussian_beam(s.wavenumber_rad_per_m(), 4 * kL, 0.15, {s.grid.points_m[size_t(j)], 20 * kL});
    worst = std::max(worst, std::abs(r.field[0][0][size_t(j)] - exact));
  }
  EXPECT_LT(worst, 1e-10);
}

TEST(Backends, NufftTypesEqualDirectSums) {
  const int n = 57, modes = 40;
  std::vector<double> x;
  for (int j = 0; j < n; ++j) x.push_back(7 * random_uniform(5, 0, uint64_t(j), 0) - 2);
  const Field c = random_field(n, 1), f = random_field(modes, 2);
  for (const double tolerance : {1e-2, 1e-5, 1e-8, 1e-13}) {
    const Nufft nufft(x, modes, tolerance);
    Field got1(modes), got2(size_t(n), 0.0), want1(modes), want2(size_t(n), 0.0);
    nufft.type1(c.data(), got1.data());
    nufft.type2(f.data(), got2.data());
    for (int m = 0; m < modes; ++m)
      for (int j = 0; j < n; ++j) {
        const double phase = (m - modes / 2) * x[size_t(j)];
        want1[size_t(m)] += c[size_t(j)] * std::polar(1.0, -phase);
        want2[size_t(j)] += f[size_t(m)] * std::polar(1.0, phase);
      }
    EXPECT_LT(relative_error(got1, want1), 2 * tolerance);
    EXPECT_LT(relative_error(got2, want2), 2 * tolerance);
    std::vector<double> s;
    for (int t = 0; t < 31; ++t) s.push_back(90 * random_uniform(6, 0, uint64_t(t), 0) - 20);
    Field want3(s.size());
    for (size_t t = 0; t < s.size(); ++t)
      for (int j = 0; j < n; ++j) want3[t] += c[size_t(j)] * std::polar(1.0, -s[t] * x[size_t(j)]);
    EXPECT_LT(relative_error(nufft_type3(x, c, s, -1, tolerance), want3), 4 * tolerance);
  }
  EXPECT_THROW(Nufft({}, 4, 1e-6), Error);
  EXPECT_THROW(Nufft(x, 4, 1e-20), Error);
}

TEST(Backends, GaussianBeamsInTheirSubspace) {
  const Scene s = beam_scene(512, 0.25, 4, 20, 0.2);
  EXPECT_LT(relative_error(run(s, BackendKind::kGaussianBeams).field[0][0], run(s, BackendKind::kFft).field[0][0]),
            1e-5);
}

TEST(Backends, AnalyticBeamsAndTheirCompression) {
  const Scene s = beam_scene(512, 0.25, 4, 20, 0.2);
  const Result r = run(s, BackendKind::kFft);
  SimulateOptions at_start;
  at_start.output_z_m = {0};
  const Field launched = simulate(s, at_start).field[0][0];
  std::vector<Point> points;
  for (const double y : r.y_m) points.push_back({y, s.z_end_m});
  BackendOptions o;
  o.beam_redundancy = 2;
  o.beam_regularization = 1e-2;
  const BeamExpansion all = expand(GaborFrame(s.grid, s.wavenumber_rad_per_m(), o), launched, 0);
  EXPECT_LT(relative_error(all.at(points), r.field[0][0]), 5e-3);
  const BeamExpansion few = all.compressed(1e-3);
  EXPECT_GE(double(all.coefficient.size()) / double(few.coefficient.size()), 4.0);
  EXPECT_LT(relative_error(few.at(points), all.at(points)), 1e-2);
}

TEST(Backends, RayleighSommerfeldHasNoImages) {
  const Scene s = beam_scene(512, 0.25, 4, 20, 0.15);
  SimulateOptions at_start;
  at_start.output_z_m = {0};
  const Field u = simulate(s, at_start).field[0][0];
  const Field expected = run(s, BackendKind::kFft).field[0][0];
  EXPECT_LT(relative_error(rayleigh_sommerfeld_step(s.grid, u, 20 * kL, s.wavenumber_rad_per_m()), expected), 1e-12);
  // Half a wavelength at dy = lambda/4: 1.6e-5 for the aliased tail of the kernel
  Scene near = s;
  near.z_end_m = kL / 2;
  EXPECT_LT(relative_error(rayleigh_sommerfeld_step(s.grid, u, kL / 2, s.wavenumber_rad_per_m()),
                           run(near, BackendKind::kFft).field[0][0]),
            2e-5);
  EXPECT_THROW(rayleigh_sommerfeld_step(s.grid, u, kL / 10, s.wavenumber_rad_per_m()), Error);
}

TEST(Backends, AdjointsPassTheDotTest) {
  Scene s = with_disc();
  s.grid.num_y = 128;
  s.objects = {dielectric("disc", 1.15, {disc({0, 20 * kL}, 5 * kL)})};
  Scene bent = s;
  for (int j = 0; j < 128; ++j) bent.grid.points_m.push_back((j - 64 + 0.2 * std::sin(1.0 * j)) * 0.25 * kL);
  Scene ground = s;
  ground.boundary = Boundary::kDirichlet;
  struct Case {
    const Scene* scene;
    BackendKind kind;
    double tolerance;
  };
  // rounding of transforms; the nonuniform inverse stops at its tolerance
  for (const Case& c : {Case{&s, BackendKind::kFft, 1e-14}, Case{&ground, BackendKind::kFft, 1e-14},
                        Case{&s, BackendKind::kDense, 1e-14}, Case{&s, BackendKind::kNufft, 1e-14},
                        Case{&s, BackendKind::kGaussianBeams, 1e-12}, Case{&bent, BackendKind::kNufft, 1e-9}}) {
    BackendOptions o;
    o.kind = c.kind;
    o.tolerance = 1e-12;
    const auto backend = make_backend(*c.scene, o);
    const size_t bins = backend->ky_rad_per_m().size();
    const Field g = random_field(int(bins), 3), w = random_field(128, 5);
    const Field u0 = random_field(128, 4);
    expect_adjoint([&](Field& u) { backend->apply(g, u); }, [&](Field& v) { backend->apply_adjoint(g, v); }, u0, w,
                   c.tolerance, backend_name(c.kind));
    const auto analyze = [&](Field& u) {
      Field spectrum(bins);
      backend->analyze(u.data(), spectrum.data());
      u = spectrum;
    };
    const auto analyze_adjoint = [&](Field& spectrum) {
      Field u(128);
      backend->analyze_adjoint(spectrum.data(), u.data());
      spectrum = u;
    };
    expect_adjoint(analyze, analyze_adjoint, u0, g, c.tolerance, backend_name(c.kind));
  }
}

TEST(Backends, GradientsAgreeAcrossBackends) {
  Scene s = beam_scene(128, 0.25, 3, 12);
  s.objects = {dielectric("disc", 1.15, {disc({0, 6 * kL}, 2 * kL)})};
  const Planes w{{random_field(128, 8)}};
  const auto gradient = [&](BackendKind kind) {
    SimulateOptions o;
    o.backend.kind = kind;
    return Simulation(s, o).vjp(w);
  };
  const Gradient fft = gradient(BackendKind::kFft);
  for (const BackendKind kind : {BackendKind::kDense, BackendKind::kNufft}) {
    const Gradient other = gradient(kind);
    for (const char* name : {"material/disc_material/relative_permittivity", "object/disc/scale", "wavelength_m",
                             "source/source0/position_m"})
      EXPECT_NEAR(other.at(name)[0], fft.at(name)[0], 1e-9 * std::abs(fft.at(name)[0])) << backend_name(kind) << name;
  }
}

template <class Real>
double fused_error(int n) {
  const FusedMarch<Real> fused(n);
  const auto g1 = random_field(n, 1), g2 = random_field(n, 2), t = random_field(n, 3);
  const auto j1 = fused.jump_table(g1), j2 = fused.jump_table(g2);
  const std::vector<std::complex<Real>> screen(t.begin(), t.end());
  std::vector<Field> u;
  for (int l = 0; l < FusedMarch<Real>::kLanes; ++l) u.push_back(random_field(n, 10 + uint64_t(l)));
  std::vector<Real> store(fused.group_size() + 16);
  auto* group = reinterpret_cast<Real*>((reinterpret_cast<uintptr_t>(store.data()) + 31) / 32 * 32);
  const size_t lanes = size_t(FusedMarch<Real>::kLanes);
  for (size_t j = 0; j < size_t(n); ++j)
    for (size_t l = 0; l < lanes; ++l)
      group[2 * j * lanes + l] = Real(u[l][j].real()), group[(2 * j + 1) * lanes + l] = Real(u[l][j].imag());
  fused.run({{nullptr, screen.data()}, {j1.data(), screen.data()}, {j2.data(), nullptr}, {j1.data(), screen.data()}},
            group);
  Scene s = beam_scene(n, 0.25, 4, 20);
  const auto backend = make_backend(s, {});
  double worst = 0;
  for (size_t l = 0; l < lanes; ++l) {
    const auto times_screen = [&] {
      for (size_t j = 0; j < size_t(n); ++j) u[l][j] *= t[j];
    };
    times_screen();
    backend->apply(g1, u[l]);
    times_screen();
    backend->apply(g2, u[l]);
    backend->apply(g1, u[l]);
    times_screen();
    Field got(static_cast<size_t>(n));
    for (size_t j = 0; j < size_t(n); ++j) got[j] = {group[2 * j * lanes + l], group[(2 * j + 1) * lanes + l]};
    worst = std::max(worst, relative_error(got, u[l]));
  }
  return worst;
}

TEST(Backends, FusedMarchEqualsTheTransformsStepByStep) {
  for (const int n : {64, 128, 256, 512, 1024, 2048, 4096, 8192}) {
    EXPECT_LT(fused_error<double>(n), 1e-14) << n;
    EXPECT_LT(fused_error<float>(n), 4e-6) << n;
  }
  EXPECT_THROW(FusedMarch<double>(100), Error);
}

TEST(Backends, RowTransformEqualsTheTransforms) {
  for (const int n : {256, 512, 1024, 4096, 8192}) {
    const RowTransform row(n);
    const auto g = random_field(n, 1);
    const auto table = row.table(g);
    Field got = random_field(n, 2), expected = got;
    row.apply(table.data(), got.data());
    runtime::Fft<double> fft(n);
    fft.forward(expected.data());
    for (size_t m = 0; m < size_t(n); ++m) expected[m] *= g[m] / double(n);
    fft.backward(expected.data());
    EXPECT_LT(relative_error(got, expected), 1e-15 * std::log2(n)) << n;
  }
  EXPECT_THROW(RowTransform(384), Error);
}

// A march in the lanes, against jumps and products one by one.
TEST(Backends, TurnsInTheLanesEqualJumpsAndScreens) {
  for (const int n : {256, 512, 4096, 8192}) {
    const size_t size = size_t(n);
    const RowTransform row(n);
    const Field g = random_field(n, 1), screen = random_field(n, 2), u0 = random_field(n, 3);
    const Complexc rate(0.3, -0.8);
    const auto table = row.table(g);
    Field lanes_screen(size), lanes_tape(size), tape(size), got(size), gradient(size);
    row.to_lanes(screen.data(), lanes_screen.data());
    RowTransform::Lanes lanes(row);
    row.enter(u0.data(), lanes);
    row.turn(table.data(), lanes_screen.data(), lanes_tape.data(), lanes, {});
    row.turn_back(table.data(), lanes_screen.data(), lanes_tape.data(), rate, gradient.data(), lanes,
                  {lanes_screen.data(), lanes_tape.data()});
    row.leave(table.data(), lanes, got.data());
    row.from_lanes(lanes_tape.data(), tape.data());
    Field u = u0;
    row.apply(table.data(), u.data());
    EXPECT_LT(relative_error(tape, u), 1e-15) << n;
    for (size_t j = 0; j < size; ++j) u[j] *= screen[j];
    row.apply(table.data(), u.data());
    for (size_t j = 0; j < size; ++j) u[j] *= std::conj(screen[j]);
    Field product(size);
    for (size_t j = 0; j < size; ++j) product[j] = rate * u[j] * std::conj(tape[j]);
    EXPECT_LT(relative_error(gradient, product), 1e-14) << n;
    row.apply(table.data(), u.data());
    EXPECT_LT(relative_error(got, u), 1e-14) << n;
  }
}

TEST(Backends, NamesAndRefusals) {
  EXPECT_EQ(backend_from_name("nufft"), BackendKind::kNufft);
  EXPECT_THROW(backend_from_name("ftt"), Error);
  Scene s = beam_scene(64, 0.25, 3, 4);
  BackendOptions o;
  o.precision = Precision::kFloat, o.kind = BackendKind::kDense;
  EXPECT_THROW(make_backend(s, o), Error);
  s.grid.points_m.assign(64, 0.0);
  EXPECT_THROW(make_backend(s, {}), Error);
}

}  // namespace
}  // namespace raywave::wave
