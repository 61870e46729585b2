// SPDX-License-Identifier: Apache-2.0
// Fields at any points: transforms against direct sums, both against the beam's closed form, and the gradient.
#include "raywave/wave/field_points.h"

#include <gtest/gtest.h>

#include "raywave/wave/nufft.h"
#include "raywave/wave/reference.h"
#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;

double random_in(double low, double high, uint64_t i, int axis) {
  return low + (high - low) * random_uniform(11, 2, i, uint64_t(axis));
}

TEST(FieldPoints, PlaneTransformsEqualTheirSums) {
  const size_t n = 60, targets = 50;
  Pairs x, s;
  for (size_t j = 0; j < n; ++j) x.a.push_back(random_in(-3, 9, j, 0)), x.b.push_back(random_in(40, 55, j, 1));
  for (size_t t = 0; t < targets; ++t) s.a.push_back(random_in(10, 31, t, 2)), s.b.push_back(random_in(-8, 1, t, 3));
  const Field c = random_field(int(n), 5);
  for (const int sign : {1, -1})
    for (const double tolerance : {1e-3, 1e-6, 1e-9, 1e-12}) {
      const auto got = nufft_type3(x, c, s, sign, tolerance);
      std::vector<Complexc> expected(targets);
      for (size_t t = 0; t < targets; ++t)
        for (size_t j = 0; j < n; ++j)
          expected[t] += c[j] * std::polar(1.0, sign * (s.a[t] * x.a[j] + s.b[t] * x.b[j]));
      EXPECT_LT(relative_error(got, expected), 4 * tolerance) << tolerance;  // twice for each axis
    }
  EXPECT_THROW(nufft_type3(x, {1.0}, s, 1, 1e-6), Error);
  Pairs far = s;
  far.a[0] = 1e9;
  EXPECT_THROW(nufft_type3(x, c, far, 1, 1e-6), Error);
}

Field spectrum_of(const Scene& s, const Backend& backend) {
  SimulateOptions o;
  o.output_z_m = {0};
  const Field u = simulate(s, o).field[0][0];
  Field out(backend.ky_rad_per_m().size());
  backend.analyze(u.data(), out.data());
  for (Complexc& c : out) c /= double(out.size());
  return out;
}

TEST(FieldPoints, TransformsEqualDirectSumsAndTheBeam) {
  struct Case {
    bool volume, one_plane;
  };
  for (const Case& c : {Case{false, true}, Case{false, false}, Case{true, true}}) {
    Scene s = beam_scene(c.volume ? 128 : 1024, 0.3, 3, 30, 0.15);
    if (c.volume) s.grid.num_x = 96, s.grid.spacing_x_m = 0.3 * kL;
    const auto backend = make_backend(s, {});
    const double k = s.wavenumber_rad_per_m();
    std::vector<Vec3d> from;
    std::vector<Complexc> expected;
    const size_t count = c.volume ? 60 : 300;
    for (uint64_t i = 0; i < count; ++i) {
      const Vec3d at{c.volume ? random_in(-4, 4, i, 0) * kL : 0, random_in(-4, 8, i, 1) * kL,
                     (c.one_plane ? 8.3 : random_in(1, 25, i, 2)) * kL};
      from.push_back({at.x - s.grid.x_m(0), at.y - s.grid.y_m(0), at.z});
      expected.push_back(c.volume ? gaussian_beam_3d(k, 3 * kL, 0, 0.15, at, 100 * kL)
                                  : gaussian_beam(k, 3 * kL, 0.15, {at.y, at.z}));
    }
    const Field spectrum = spectrum_of(s, *backend);
    const FieldPoints direct(*backend, k, from, FieldPoints::Method::kDirect);
    const FieldPoints transform(*backend, k, from, FieldPoints::Method::kTransform);
    const auto a = direct.values(spectrum), b = transform.values(spectrum);
    EXPECT_LT(relative_error(b, a), 4 * FieldPoints::kTolerance) << c.volume << c.one_plane;
    // in 3D images of a window of 29 wavelengths
    EXPECT_LT(relative_error(b, expected), c.volume ? 1e-7 : 4 * FieldPoints::kTolerance) << c.volume << c.one_plane;
    const Field w = random_field(int(count), 6);
    EXPECT_LT(relative_error(transform.spectrum(w), direct.spectrum(w)), 4 * FieldPoints::kTolerance);
    Complexc forward, back;  // <w, P s> = <P^H w, s>
    double size = 0;
    const Field adjoint = direct.spectrum(w);
    for (size_t i = 0; i < w.size(); ++i) forward += std::conj(w[i]) * a[i], size += std::abs(w[i] * a[i]);
    for (size_t m = 0; m < adjoint.size(); ++m) back += std::conj(adjoint[m]) * spectrum[m];
    EXPECT_LT(std::abs(forward - back), 1e-14 * size);
  }
}

TEST(FieldPoints, ManyPointsOfAResultAreTheBeam) {
  Scene s = beam_scene(2048, 0.3, 4, 40, 0.1);
  SimulateOptions o;
  for (int i = 0; i <= 4; ++i) o.output_z_m.push_back(10 * i * kL);
  const Result r = simulate(s, o);
  std::vector<Point> points;
  std::vector<Complexc> expected;
  for (uint64_t i = 0; i < 4000; ++i) {
    points.push_back({random_in(-20, 24, i, 0) * kL, random_in(2, 60, i, 1) * kL});
    if (i % 20 == 0) expected.push_back(gaussian_beam(s.wavenumber_rad_per_m(), 4 * kL, 0.1, points.back()));
  }
  const auto all = r.at(points);
  std::vector<Complexc> some;
  for (size_t i = 0; i < points.size(); i += 20) some.push_back(all[i]);
  EXPECT_LT(relative_error(some, expected), 4 * FieldPoints::kTolerance);
}

TEST(FieldPoints, GradientEqualsFiniteDifferences) {
  Scene s = beam_scene(128, 0.3, 3, 12, 0.1);
  s.step_m = kL / 4;  // which else would follow the wavelength
  s.objects = {dielectric("disc", 1.1, {disc({kL, 4 * kL}, 2 * kL, 40)})};
  SimulateOptions o;
  o.output_z_m = {8 * kL, 12 * kL};
  std::vector<Vec3d> points;
  for (uint64_t i = 0; i < 40; ++i) points.push_back({0, random_in(-6, 6, i, 0) * kL, random_in(8, 20, i, 1) * kL});
  const Field w = random_field(40, 3);
  const Simulation sim(s, o);
  const Gradient g = sim.points_gradient(sim.run(), points, w);
  const auto objective = [&](const std::function<void(Scene&)>& edit) {
    Scene moved = s;
    edit(moved);
    const auto u = simulate(moved, o).at(points);
    double sum = 0;
    for (size_t i = 0; i < u.size(); ++i) sum += (std::conj(w[i]) * u[i]).real();
    return sum;
  };
  struct Case {
    const char* name;
    double step;
    std::function<void(Scene&, double)> edit;
  };
  for (const Case& c :
       {Case{"source/source0/position_m", 1e-4 * kL, [](Scene&t, double h) { t.sources[0].position_m += h; }},
        Case{"material/disc_material/relative_permittivity", 1e-5,
             [](Scene&t, double h) { t.objects[0].material.relative_permittivity += h; }},
        Case{"wavelength_m", 1e-6 * kL,
             [](Scene&t, double h) { t.frequency_hz = kSpeedOfLight / (kSpeedOfLight / t.frequency_hz + h); }}}) {
    const auto at = [&](double h) { return objective([&](Scene& t) { c.edit(t, h); }); };
    const double h = c.step, expected = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    EXPECT_NEAR(g.at(c.name)[0], expected, 1e-7 * std::abs(expected) + 1e-13 * std::abs(at(0)) / h) << c.name;
  }
  EXPECT_THROW(sim.points_gradient(sim.run(), points, {1.0}), Error);
  EXPECT_THROW(sim.points_gradient(sim.run(), points, w, 1), Error);
}

}  // namespace
}  // namespace raywave::wave
