// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/fields.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/test_errors.h"
#include "raywave/em/fresnel.h"

namespace raywave::plane {
namespace {

constexpr double kWavelength = 0.05;

Complexd hankel2(double order, double x) { return {std::cyl_bessel_j(order, x), -std::cyl_neumann(order, x)}; }

/// The exact field of a line source beside a perfectly conducting wedge: its eigenfunctions, in the units of fields.h.
Complexd wedge_series(double n, bool te, double kr_in, double phi_in, double kr, double phi) {
  const double lo = std::min(kr, kr_in), hi = std::max(kr, kr_in);
  Complexd sum;
  for (int m = te ? 1 : 0; m < 2000; ++m) {
    const double order = m / n;
    const Complexd radial = std::cyl_bessel_j(order, lo) * hankel2(order, hi);
    const double angular =
        te ? 2 * std::sin(order * phi) * std::sin(order * phi_in) : std::cos(order * phi) * std::cos(order * phi_in);
    sum += ((m == 0 ? 1.0 : 2.0) * (te ? 1.0 : 2.0) * angular / n) * radial;
    if (order > hi && abs(radial) < 1e-12) break;
  }
  const double k = 2 * kPi / kWavelength;
  return (std::sqrt(k / 4) * expj(-kPi / 4)) * sum;
}

Vec2d polar(double r, double angle) { return {r * std::cos(angle), r * std::sin(angle)}; }

Scene2D with_source(Vec2d at) {
  Scene2D s;
  s.frequency_hz = kSpeedOfLight / kWavelength;
  s.transmitters.push_back({"tx", at});
  return s;
}

TEST(PlaneFields, WedgesGiveTheirSeries) {
  // Long faces: what their far ends diffract is 1 / sqrt(k s) down twice, and left out by hand.
  for (const double n : {2.0, 1.5}) {
    for (const bool te : {true, false}) {
      Scene2D s = with_source(polar(1, 0.9));
      s.objects.push_back(wall("face_0", {0, 0}, {1e5, 0}));
      if (n < 2) s.objects.push_back(wall("face_n", {0, 0}, polar(1e5, n * kPi)));
      FieldOptions o;
      o.polarization = te ? Polarization::kTe : Polarization::kTm;
      std::vector<Vec2d> points;
      std::vector<double> angles;
      for (double phi = 0.1; phi < n * kPi - 0.1; phi += 0.0413)
        angles.push_back(phi), points.push_back(polar(0.8, phi));
      const FieldMap map = field_over_points(s, points, o);
      const double k = 2 * kPi / kWavelength, incident = 1 / std::sqrt(2 * kPi * 0.8);
      for (size_t i = 0; i < points.size(); ++i) {
        const Complexd exact = wedge_series(n, te, k * 1, 0.9, k * 0.8, angles[i]);
        // k L = 56: the next order of the asymptotic series is 1 / (8 k L) of the diffracted field, itself below the
        // incident one over sqrt(2 pi k L); wedges other than screens are off by somewhat more at their boundaries
        // and the direct wave is off by 1 / (8 k R), as every cylindrical wave is
        const double away = length(points[i] - s.transmitters[0].position_m);
        EXPECT_LT(abs(map.field[i] - exact), 0.01 * incident + 1 / (8 * k * away) / std::sqrt(2 * kPi * away))
            << n << " te " << te << " phi " << angles[i];
      }
    }
  }
}

TEST(PlaneFields, ASlabPassesAndReflectsWhatFresnelSays) {
  Scene2D s = with_source({0, -3});
  s.materials.push_back(em::itu_material("concrete", 0.1));
  s.objects.push_back(wall("wall", {-500, 0}, {500, 0}));
  s.objects[0].material = s.materials[0].name;
  FieldOptions o;
  o.diffraction = false;
  const std::vector<Vec2d> points{{2, 2}, {2, -2}};
  for (const Polarization p : {Polarization::kTe, Polarization::kTm}) {
    o.polarization = p;
    const FieldMap map = field_over_points(s, points, o);
    const auto c =
        em::coefficients(5 / std::hypot(2.0, 5.0), em::properties_at(s.materials[0], s.frequency_hz), kWavelength);
    const auto wave = [](double l) { return (1 / std::sqrt(2 * kPi * l)) * expj(-2 * kPi * l / kWavelength); };
    const bool te = p == Polarization::kTe;
    const Complexd through = (te ? c.t_te : c.t_tm) * wave(std::hypot(2.0, 5.0));
    const Complexd back = (te ? c.r_te : c.r_tm) * wave(std::hypot(2.0, 5.0)) + wave(std::hypot(2.0, 1.0));
    EXPECT_LT(abs(map.field[0] - through), 1e-12);
    EXPECT_LT(abs(map.field[1] - back), 1e-12);
  }
}

TEST(PlaneFields, IsContinuousOverAllBoundariesAndReciprocal) {
  Scene2D s = with_source({-1.3, 0.7});
  s.materials.push_back(em::itu_material("brick", 0.08));
  s.objects.push_back(wall("screen", {0, -4}, {0, 0.5}));
  s.objects.push_back(wall("metal", {1, 2}, {3, 2.5}));
  s.objects[0].material = s.materials[0].name;
  FieldOptions o;
  o.max_order = 2;
  std::vector<Vec2d> points;
  for (int i = 0; i < 4000; ++i) points.push_back({2.1, -1 + 2.4 * i / 4000.0});
  const FieldMap map = field_over_points(s, points, o);
  double steepest = 0;
  for (size_t i = 1; i < points.size(); ++i) steepest = std::max(steepest, abs(map.field[i] - map.field[i - 1]));
  // neighbours are 0.6 mm apart: k times that of the largest field, and twice as much where two waves cross
  EXPECT_LT(steepest, 2 * 2 * kPi / kWavelength * 6e-4 * 0.4);
  Scene2D back = s;
  back.transmitters[0].position_m = points[700];
  const Vec2d there[] = {s.transmitters[0].position_m};
  EXPECT_LT(abs(field_over_points(back, there, o).field[0] - map.field[700]), 1e-9);
}

TEST(PlaneFields, DerivativesAreThoseOfDifferences) {
  Scene2D s = with_source({-1.3, 0.7});
  s.materials.push_back(em::itu_material("brick", 0.08));
  s.materials[0].itu_name.clear(), s.materials[0].relative_permittivity = 4, s.materials[0].conductivity_s_per_m = 0.05;
  s.objects.push_back(wall("screen", {0, -4}, {0, 0.5}));
  s.objects.push_back(wall("metal", {1, 2}, {3, 2.5}));
  s.objects[0].material = s.materials[0].name;
  const std::vector<Vec2d> points{{2.1, -0.3}, {1.7, 0.9}, {-0.4, 0.3}};
  const std::vector<Complexd> w{{0.3, -0.2}, {0.7, 0.4}, {-0.5, 0.1}};
  FieldOptions o;
  std::vector<Vec2d> by_points;
  const auto gradient = field_vjp(s, points, o, w, &by_points);
  const auto loss = [&](const std::vector<double>& x) {
    Scene2D moved = s;
    set_numbers(moved, x);
    const FieldMap m = field_over_points(moved, points, o);
    double sum = 0;
    for (size_t i = 0; i < 3; ++i) sum += w[i].re * m.field[i].re + w[i].im * m.field[i].im;
    return sum;
  };
  const auto x = numbers(s);
  for (size_t i = Layout::kFrequency; i < x.size(); ++i) {
    const double h = i == Layout::kFrequency ? 1e3 : 1e-7;
    auto up = x, down = x;
    up[i] += h, down[i] -= h;
    const double slope = (loss(up) - loss(down)) / (2 * h);
    EXPECT_NEAR(gradient[i], slope, 1e-5 * std::max(std::abs(slope), i == Layout::kFrequency ? 1e-12 : 1e-2)) << i;
  }
}

TEST(PlaneFields, SaysWhatItDoesNotTake) {
  Scene2D s = with_source({0, 1});
  s.objects.push_back(ris("ris", {0, 0}, {1, 0}, 0.3));
  expect_error([&] { field_over_points(s, {}, {}); }, "object 'ris': fields are those of walls");
}

}  // namespace
}  // namespace raywave::plane
