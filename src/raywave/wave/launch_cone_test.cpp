// SPDX-License-Identifier: Apache-2.0
// Sources at their defaults against their closed forms inside the cone that the result states, and what a march says of
// itself.
#include "raywave/wave/launch_cone.h"

#include <gtest/gtest.h>

#include "raywave/wave/march_checks.h"
#include "raywave/wave/reference.h"
#include "raywave/wave/sources.h"
#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;

Scene source_scene(int n, double spacing, double z_end, SourceKind kind) {
  Scene s = beam_scene(n, spacing, 4, z_end);
  s.sources[0].kind = kind, s.sources[0].distance_m = kL;
  return s;
}

// || u - closed form || / || closed form || over the points of a plane inside the cone; -1 where there are none.
double error_in_cone(const Result& r, size_t plane, int source, const std::function<Complexc(const Vec3d&)>& exact) {
  std::vector<Complexc> got, expected;
  const size_t ny = r.y_m.size();
  for (size_t i = 0; i < r.x_m.size(); ++i)
    for (size_t j = 0; j < ny; ++j) {
      const Vec3d p{r.x_m[i], r.y_m[j], r.z_m[plane]};
      if (!r.cones[size_t(source)].holds(p)) continue;
      got.push_back(r.field[plane][size_t(source)][i * ny + j]), expected.push_back(exact(p));
    }
  return got.empty() ? -1 : relative_error(got, expected);
}

void expect_point_source(const Scene& s, double least_degrees) {
  SimulateOptions o;
  for (const double z : {20.0, 33.0, 60.0, 100.0})
    if (z * kL <= s.z_end_m) o.output_z_m.push_back(z * kL);
  const Result r = simulate(s, o);
  for (size_t i = 0; i < s.sources.size(); ++i) {
    const Source& source = s.sources[i];
    EXPECT_GE(r.cones[i].half_angle_rad, least_degrees * kPi / 180) << source.name;
    const double k = s.wavenumber_rad_per_m();
    for (size_t p = 0; p < r.z_m.size(); ++p) {
      const double error = error_in_cone(r, p, int(i), [&](const Vec3d& at) {
        const double y = at.y - source.position_m, x = at.x - source.position_x_m, z = at.z + source.distance_m;
        const double rho = std::sqrt(x * x + y * y + z * z);
        Complexc g = s.grid.volume() ? std::exp(Complexc(0, -k * rho)) / (4 * kPi * rho) : line_source(k, rho).value;
        return g * std::polar(source.amplitude, source.phase_rad);
      });
      EXPECT_GE(error, 0) << r.z_m[p] / kL;
      EXPECT_LT(error, 0.005) << r.z_m[p] / kL << " " << source.name;
    }
  }
  EXPECT_TRUE(r.warnings.empty()) << r.warnings[0];
}

TEST(LaunchCone, LineSourceAtItsDefaultsIsTheHankelFunction) {
  // one wavelength before the first plane, an absorber of 100 wavelengths, a window of 1,000
  Scene s = source_scene(4096, 1000.3 / 4096, 100, SourceKind::kPoint);
  s.absorber.width_m = 100 * kL;
  expect_point_source(s, 56);
  for (const double spacing : {0.1503, 0.4003}) {  // the window chosen
    Scene t = source_scene(0, spacing, 100, SourceKind::kPoint);
    t.grid.num_y = guarded_num_y(t);
    expect_point_source(t, 56);
    t.sources[0].position_m = -30.3 * kL, t.sources[0].distance_m = 12.5 * kL;
    t.grid.num_y = 0, t.grid.num_y = guarded_num_y(t);
    expect_point_source(t, 50);
  }
  Scene many = source_scene(0, 0.3003, 60, SourceKind::kPoint);
  for (int i = 1; i < 6; ++i) {
    many.sources.push_back(many.sources[0]);
    many.sources.back().name = message("point", i), many.sources.back().position_m = (13 * i - 40) * kL;
    many.sources.back().distance_m = (1 + 0.7 * i) * kL, many.sources.back().phase_rad = i;
  }
  many.absorber.width_m = 30 * kL;
  many.grid.num_y = guarded_num_y(many);
  expect_point_source(many, 56);
}

TEST(LaunchCone, NarrowWindowsLaunchWhatTheyHold) {
  // without an absorber: nothing comes back into the cone
  for (const double window : {120.0, 250.0, 700.0}) {
    const Scene s = source_scene(int(window / 0.4003), 0.4003, 60, SourceKind::kPoint);
    const Cone c = cone_of(s, s.sources[0]);
    const LaunchLimit limit = launch_limit(s, s.sources[0]);
    const double end = std::asin(limit.limit + 1.5 * limit.softness);
    EXPECT_LE(61 * (std::tan(end) + std::tan(c.half_angle_rad)), 1.001 * window);
    if (window > 200) expect_point_source(s, 5);
  }
  // above a ground: the rim reflects at the top alone
  Scene s = source_scene(1024, 0.4003, 40, SourceKind::kPoint);
  s.boundary = Boundary::kDirichlet;
  s.grid.center_m = (512 + 0.5) * s.grid.spacing_m;
  s.sources[0].position_m = 30 * kL;
  SimulateOptions o;
  o.output_z_m = {30 * kL};
  const double k = s.wavenumber_rad_per_m();
  const Result r = simulate(s, o);
  EXPECT_LT(error_in_cone(r, 0, 0,
                          [&](const Vec3d& p) {
                            const double z = p.z + kL;
                            return line_source(k, std::hypot(p.y - 30 * kL, z)).value -
                                   line_source(k, std::hypot(p.y + 30 * kL, z)).value;
                          }),
            0.005);
  EXPECT_EQ(r.cones[0].ground_y_m, 0);
  EXPECT_TRUE(r.cones[0].holds({0, 30 * kL, 45 * kL}));
  EXPECT_FALSE(r.cones[0].holds({0, 30 * kL, 20 * kL}));  // in the source's cone, not in its image's
}

TEST(LaunchCone, ArraysAtTheirDefaultsAreTheirElements) {
  const double k = 2 * kPi / kL;
  for (const double tilt : {0.0, 0.4}) {
    Scene s = beam_scene(0, 0.2503, 0.35, 100, tilt);
    Source& a = s.sources[0];
    a.kind = SourceKind::kArray, a.position_m = 3 * kL;
    for (int e = 0; e < 6; ++e)
      a.element_offsets_m.push_back(0.5 * e * kL), a.weights.push_back(std::polar(1.0, 0.1 * e));
    choose_window(s);
    SimulateOptions o;
    o.output_z_m = {20 * kL, 45 * kL, 100 * kL};
    const Result r = simulate(s, o);
    EXPECT_GT(r.cones[0].half_angle_rad, 55 * kPi / 180);
    for (size_t p = 0; p < 3; ++p) {
      std::vector<Complexc> got, expected;
      for (size_t j = p; j < r.y_m.size(); j += 11) {
        if (!r.cones[0].holds({0, r.y_m[j], r.z_m[p]})) continue;
        got.push_back(r.field[p][0][j]), expected.emplace_back();
        for (size_t e = 0; e < 6; ++e)
          expected.back() +=
              a.weights[e] * std::polar(1.0, -k * a.element_offsets_m[e] * std::sin(tilt)) *
              gaussian_beam(k, a.waist_m, 0, {r.y_m[j] - a.position_m - a.element_offsets_m[e], r.z_m[p]});
      }
      ASSERT_GT(got.size(), 20u);
      EXPECT_LT(relative_error(got, expected), 0.005) << tilt << " " << r.z_m[p] / kL;
    }
  }
}

TEST(LaunchCone, VolumesAreChosenFromTheGeometry) {
  // an array and a beam off the axis: what the window holds is the closed form
  const double k = 2 * kPi / kL;
  Scene s = beam_scene(0, 0.4003, 0.6, 24, 0.2);
  s.grid.num_x = 0, s.grid.spacing_x_m = 0.3803 * kL;
  Source& a = s.sources[0];
  a.kind = SourceKind::kArray, a.position_x_m = 5 * kL, a.tilt_x_rad = -0.1;
  a.element_offsets_m = {0, 0.7 * kL, 0, 0.7 * kL}, a.element_offsets_x_m = {0, 0, 0.6 * kL, 0.6 * kL};
  a.weights = {1, Complexc(0, 1), 1, 0.5};
  choose_window(s);
  EXPECT_EQ(s.grid.num_x % 2, 0);
  EXPECT_GT(s.grid.length_x_m(), s.grid.length_m());  // the array is off the axis in x
  SimulateOptions o;
  o.output_z_m = {20 * kL};
  const Result r = simulate(s, o);
  EXPECT_TRUE(r.warnings.empty()) << r.warnings[0];
  std::vector<Complexc> got, expected;
  for (size_t i = 7; i < r.x_m.size(); i += 23)
    for (size_t j = 5; j < r.y_m.size(); j += 19) {
      if (!r.cones[0].holds({r.x_m[i], r.y_m[j], r.z_m[0]})) continue;
      got.push_back(r.field[0][0][i * r.y_m.size() + j]), expected.emplace_back();
      for (size_t e = 0; e < 4; ++e) {
        const double ox = a.element_offsets_x_m[e], oy = a.element_offsets_m[e];
        expected.back() +=
            a.weights[e] * std::polar(1.0, -k * (oy * std::sin(a.tilt_rad) + ox * std::sin(a.tilt_x_rad))) *
            gaussian_patch(k, a.waist_m, std::hypot(r.x_m[i] - a.position_x_m - ox, r.y_m[j] - oy), r.z_m[0]);
      }
    }
  ASSERT_GT(got.size(), 20u);
  EXPECT_LT(relative_error(got, expected), 0.005);
  // one of both is given
  s.grid.num_y = 0;
  const int num_x = s.grid.num_x;
  choose_window(s);
  EXPECT_EQ(s.grid.num_x, num_x);
  // objects count, along x as along y
  Scene ball = beam_scene(0, 0.4003, 4, 24);
  ball.grid.num_x = 0, ball.grid.spacing_x_m = ball.grid.spacing_m;
  choose_window(ball);
  Scene far = ball;
  far.grid.num_x = far.grid.num_y = 0;
  Object o2;
  o2.name = "box", o2.material.name = "m", o2.material.relative_permittivity = 2;
  o2.solids = {box_solid({20 * kL, 0, 5 * kL}, {4 * kL, 4 * kL, 4 * kL})};
  far.objects = {o2};
  choose_window(far);
  EXPECT_GT(far.grid.num_x, ball.grid.num_x);
  EXPECT_NO_THROW(far.validate());
}

TEST(LaunchCone, PointSourcesTakeTheLargestWindowThatThereIs) {
  // 59 degrees over 300 wavelengths would need 4,500 x 4,500 points: the cone is narrower, and says so
  Scene s = source_scene(0, 0.45, 300, SourceKind::kPoint);
  s.grid.num_x = 0, s.grid.spacing_x_m = s.grid.spacing_m;
  choose_window(s);
  EXPECT_LE(double(s.grid.num_x) * s.grid.num_y, double(1 << 22));
  const double half = cone_of(s, s.sources[0]).half_angle_rad * 180 / kPi;
  EXPECT_GT(half, 20);
  EXPECT_LT(half, 50);
  Scene beam = beam_scene(0, 0.45, 0.5, 300);
  beam.grid.num_x = 0, beam.grid.spacing_x_m = beam.grid.spacing_m;
  EXPECT_THROW(choose_window(beam), Error);
}

TEST(LaunchCone, PointSourceAtItsDefaultsIsTheSphericalWave) {
  Scene s = source_scene(640, 0.4503, 33, SourceKind::kPoint);
  s.grid.num_x = 512, s.grid.spacing_x_m = s.grid.spacing_m;
  expect_point_source(s, 35);
  s.absorber.width_m = 40 * kL;
  expect_point_source(s, 56);
}

TEST(LaunchCone, BeamsAndPlaneWavesAtTheirDefaultsAreTheirIntegrals) {
  const double k = 2 * kPi / kL;
  for (const double waist : {0.4, 1.0, 3.0})
    for (const double tilt : {0.0, 0.35}) {
      Scene s = beam_scene(0, waist < 1 ? 0.2003 : 0.4003, waist, 60, tilt);
      s.grid.num_y = guarded_num_y(s);
      SimulateOptions o;
      o.output_z_m = {20 * kL, 60 * kL};
      const Result r = simulate(s, o);
      EXPECT_TRUE(r.warnings.empty()) << r.warnings[0];
      for (size_t p = 0; p < 2; ++p)
        EXPECT_LT(error_in_cone(r, p, 0,
                                [&](const Vec3d& at) {
                                  return gaussian_beam(k, waist * kL, tilt, {at.y, at.z});
                                }),
                  0.005)
            << waist << " " << tilt << " " << p;
    }
  {  // what is launched up to a limit rings about the waist
    const double focus = 30;
    Scene s = beam_scene(0, 0.4003, 2.3, 80, -0.84);
    s.sources[0].focus_m = focus * kL;
    s.absorber.width_m = 20 * kL;
    s.grid.num_y = guarded_num_y(s);
    SimulateOptions o;
    o.output_z_m = {(focus + 20) * kL, 80 * kL};
    const Result r = simulate(s, o);
    for (size_t p = 0; p < 2; ++p)
      EXPECT_LT(error_in_cone(r, p, 0,
                              [&](const Vec3d& at) {
                                return gaussian_beam(k, 2.3 * kL, -0.84, {at.y, at.z - focus * kL});
                              }),
                0.005)
          << "waist ahead " << p;
  }
  for (const double tilt : {0.0, 0.5}) {
    Scene s = source_scene(0, 0.4003, 100, SourceKind::kPlane);
    s.sources[0].width_m = 150 * kL, s.sources[0].tilt_rad = tilt;
    s.grid.num_y = guarded_num_y(s);
    SimulateOptions o;
    o.output_z_m = {20 * kL, 100 * kL};
    const Result r = simulate(s, o);
    for (size_t p = 0; p < 2; ++p)
      EXPECT_LT(error_in_cone(r, p, 0,
                              [&](const Vec3d& at) {
                                return std::polar(1.0, -k * (std::sin(tilt) * at.y + std::cos(tilt) * at.z));
                              }),
                0.005)
          << tilt << " " << p;
  }
}

TEST(LaunchCone, DerivativesOfChosenLaunchesAreExact) {
  Scene s = source_scene(512, 0.3003, 20, SourceKind::kPoint);
  s.sources[0].position_m = 3.3 * kL, s.sources[0].distance_m = 2.5 * kL;
  Source plane;
  plane.name = "plane", plane.kind = SourceKind::kPlane, plane.width_m = 20 * kL, plane.tilt_rad = 0.2;
  Source narrow = beam_scene(4, 1, 0.5, 1).sources[0];
  narrow.name = "narrow";
  s.sources.push_back(plane), s.sources.push_back(narrow);
  Scene ground = s, absorbed = s;
  ground.boundary = Boundary::kNeumann;
  ground.grid.center_m = 256.5 * s.grid.spacing_m, ground.sources[2].position_m = 20 * kL,
  ground.sources[1].position_m = 30 * kL;
  absorbed.absorber.width_m = 15 * kL;
  for (const Scene& t : {s, absorbed, ground}) {
    Planes w(1);
    for (size_t i = 0; i < 3; ++i) w[0].push_back(random_field(512, 7 + i));
    const auto value = [&](const Scene& at) {
      const Result r = simulate(at);
      double sum = 0;
      for (size_t i = 0; i < 3; ++i)
        for (size_t j = 0; j < 512; ++j)
          sum += w[0][i][j].real() * r.field[0][i][j].real() + w[0][i][j].imag() * r.field[0][i][j].imag();
      return sum;
    };
    const Gradient g = Simulation(t).vjp(w);
    const auto expect = [&](const char* name, double h, const std::function<void(Scene&, double)>& edit) {
      const auto at = [&](double x) {
        Scene moved = t;
        edit(moved, x);
        return value(moved);
      };
      const double slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      EXPECT_NEAR(g.at(name)[0], slope, 1e-6 * std::abs(slope)) << name;
    };
    // above a ground the cone follows the source, which derivatives leave out
    if (t.boundary == Boundary::kPeriodic)
      expect("source/source0/position_m", 1e-4 * kL, [](Scene& a, double h) { a.sources[0].position_m += h; });
    expect("source/plane/tilt_rad", 1e-5, [](Scene& a, double h) { a.sources[1].tilt_rad += h; });
    expect("source/narrow/waist_m", 1e-4 * kL, [](Scene& a, double h) { a.sources[2].waist_m += h; });
    expect("wavelength_m", 1e-6 * kL,
           [](Scene& a, double h) { a.frequency_hz = kSpeedOfLight / (kSpeedOfLight / a.frequency_hz + h); });
  }
}

std::string said(const Scene& s, const SimulateOptions& o = {}) {
  std::string all;
  for (const std::string& w : simulate(s, o).warnings) all += w + "\n";
  return all;
}

class WaveChecks : public EveryDevice {};
RAYWAVE_ON_EVERY_DEVICE(WaveChecks);

TEST_P(WaveChecks, WhatLeavesTheWindowIsNamedWithItsShare) {
  // a beam that passes the rim, half of it or all; one that the absorber takes; one that stays
  const auto beam = [](double tilt, double absorber, int n = 512) {
    Scene s = beam_scene(n, 0.2503, 4, 100, tilt);
    s.absorber.width_m = absorber * kL;
    return s;
  };
  EXPECT_NE(said(beam(0.5, 0), on_device()).find("comes back"), std::string::npos);
  EXPECT_NE(said(beam(std::atan(0.64), 0), on_device()).find("comes back"), std::string::npos);
  EXPECT_EQ(said(beam(0.5, 15), on_device()).find("comes back"), std::string::npos);
  EXPECT_EQ(said(beam(0.3, 0, 1024), on_device()).find("comes back"), std::string::npos);
  // a given limit that the window does not hold
  Scene s = source_scene(512, 0.4003, 100, SourceKind::kPoint);
  s.angle_filter_rad = 1.3;
  EXPECT_NE(said(s, on_device()).find("comes back"), std::string::npos);
  s.angle_filter_rad = 0;
  EXPECT_EQ(said(s, on_device()).find("comes back"), std::string::npos);
  // the share of half a beam over the rim
  const Scene half = beam(std::atan(0.64), 0);
  const Simulation sim(half);
  const Field launched = launch(half, half.sources[0], sim.march().backend());
  EXPECT_NEAR(returning_share(half, half.sources[0], {{0, &launched}, {half.z_end_m, &launched}}), 0.5, 0.1);
}

TEST_P(WaveChecks, WhichRimABeamMeetsGoesByItsTilt) {
  // 14 wavelengths from a rim: one beam leaves over it, the other crosses the window
  for (const double side : {-1.0, 1.0})
    for (const double tilt : {-0.5, 0.5}) {
      Scene s = beam_scene(512, 0.2503, 4, 60, tilt);
      s.sources[0].position_m = side * 50 * kL;
      const Simulation sim(s);
      const Field launched = launch(s, s.sources[0], sim.march().backend());
      const bool leaves = side * tilt > 0;
      EXPECT_NEAR(returning_share(s, s.sources[0], {{0, &launched}, {s.z_end_m, &launched}}), leaves ? 1 : 0, 0.01);
      EXPECT_EQ(said(s, on_device()).find("comes back") != std::string::npos, leaves) << side << " " << tilt;
    }
}

TEST_P(WaveChecks, WhatAnAbsorberDoesToTheWindowIsNamed) {
  // the field against that of a window with room for it, and whether something is said
  const auto run = [](double position, double tilt, double absorber) {
    Scene s = beam_scene(512, 0.3003, 3, 100, tilt), wide = s;
    s.absorber.width_m = absorber * kL, s.sources[0].position_m = position * kL;
    wide.sources[0].position_m = position * kL, wide.grid.num_y = 4096, wide.absorber.width_m = 200 * kL;
    SimulateOptions o = on_device();
    const Result r = simulate(s, o), reference = simulate(wide, o);
    double error = 0, all = 0;
    for (size_t j = 0; j < 512; ++j) {
      if (!r.cones[0].holds({0, r.y_m[j], 100 * kL})) continue;
      error += std::norm(r.field[0][0][j] - reference.field[0][0][j + (4096 - 512) / 2]);
    }
    for (const Complexc v : reference.field[0][0]) all += std::norm(v);
    std::string words;
    for (const std::string& w : r.warnings) words += w + "\n";
    return std::pair{std::sqrt(error / all), words};
  };
  const auto [inside, inside_words] = run(-62, 0.2, 30);  // begins in it
  EXPECT_GT(inside, 0.05);
  EXPECT_NE(inside_words.find("begins in the absorber"), std::string::npos);
  const auto [flat, flat_words] = run(60, 0.1, 10);  // meets a thin one at small angles
  EXPECT_GT(flat, 0.05);
  EXPECT_NE(flat_words.find("waves that meet it at small angles"), std::string::npos);
  const auto [good, good_words] = run(0, 0.4, 20);
  EXPECT_LT(good, 0.01);
  EXPECT_EQ(good_words, "");
}

TEST_P(WaveChecks, WithoutALimitOfDirectionsWhatComesBackIsNamed) {
  for (const int n : {512, 2048}) {
    Scene s = source_scene(n, 0.4003, 100, SourceKind::kPoint);
    s.angle_filter_rad = kPi / 2;
    EXPECT_EQ(cone_of(s, s.sources[0]).half_angle_rad, kPi / 2);
    EXPECT_NE(said(s, on_device()).find("comes back"), std::string::npos) << n;
    s.absorber.width_m = 40 * kL;  // grazing waves pass an absorber
    EXPECT_NE(said(s, on_device()).find("lower angle_filter_rad"), std::string::npos) << n;
  }
  // no window is chosen for what no window holds
  Scene s = source_scene(0, 0.4003, 100, SourceKind::kPoint);
  s.angle_filter_rad = kPi / 2;
  EXPECT_THROW(choose_window(s), Error);
  // a wide beam has no steep waves to take out
  Scene beam = beam_scene(1024, 0.2503, 4, 100, 0.2);
  beam.angle_filter_rad = kPi / 2;
  EXPECT_EQ(said(beam, on_device()), "");
}

TEST_P(WaveChecks, FluxThatGrowsIsNamed) {
  // faces along the march, which Brenner and Singer's form feeds waves at: twice the flux at a step of 0.1
  Scene s = beam_scene(1024, 0.25 * 1.0003, 3, 70, 0.1);
  s.absorber.width_m = 20 * kL;
  s.objects = {dielectric("wall", 2, {rectangle({6 * kL, 35 * kL}, 6 * kL, 60 * kL)})};
  for (const double step : {0.05, 0.1, 0.25, 0.5}) {
    s.step_m = step * kL;
    EXPECT_EQ(said(s, on_device()).find("flux"), std::string::npos) << step;
  }
  // a field that a mistake doubles on its way
  const Simulation sim(s);
  Field u = launch(s, s.sources[0], sim.march().backend()), twice = u;
  for (Complexc& v : twice) v *= std::sqrt(2.0);
  const std::vector<MarchPlane> planes{{0, &u}, {s.z_end_m, &twice}};
  EXPECT_NEAR(flux_gain(s, sim.march(), planes, 1e-12).factor, 2, 1e-9);
  EXPECT_NE(march_warnings(s, sim.march(), s.sources[0], planes, 1e-12).at(0).find("flux grows by a factor of 2"),
            std::string::npos);
  // what amplifies may
  s = beam_scene(256, 0.5, 6, 20);
  CellMedium cells;
  cells.z_end_m = s.z_end_m, cells.num_z = 10;
  cells.index_minus_one.assign(2560, Complexc(0, 0.01));
  s.cells = {cells};
  EXPECT_EQ(said(s, on_device()).find("flux"), std::string::npos);
}

}  // namespace
}  // namespace raywave::wave
