// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/parameters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/scene/parameter_table.h"

namespace raywave::scene {
namespace {

Scene example() {
  Scene s;
  s.frequency_hz = 5e9;
  em::Material ground = em::itu_material("wet_ground");
  ground.scattering_coefficient = 0.2, ground.xpd_coefficient = 0.3;
  s.add_material(ground);
  em::Material wall;
  wall.name = "wall";
  wall.relative_permittivity = 4, wall.conductivity_s_per_m = 0.02, wall.scattering_coefficient = 0.3;
  wall.xpd_coefficient = 0.1;
  s.add_material(wall);
  s.add_object({"house/1", {{{1, 2, 0}, {4, 2, 0.5}, {4, 7, 3}, {1, 6, 2}}, {{0, 1, 2}, {0, 2, 3}}}, 1, {1, 2, 3}});
  em::PlanarArrayOptions o;
  o.num_rows = 2, o.num_cols = 3, o.polarization = "VH";
  s.add_transmitter({"tx0", {1, 2, 3}, {0.1, 0.2, 0.3}, {4, 5, 6}, em::planar_array(o), 30});
  Device rx{"rx0", {7, 8, 9}};
  rx.array.element_positions_m = {{0.1, 0.2, 0.3}, {0.4, 0.5, 0.6}};
  s.add_receiver(rx);
  return s;
}

/// What solvers see of a scene, laid out as a derivative. Permittivities and offsets at the frequency of `s` before.
SceneDerivative state_of(const Scene& s, double frequency_hz) {
  SceneDerivative d(s);
  d.frequency_hz = s.frequency_hz;
  const auto put = [&](const Device& device, DeviceDerivative& out) {
    out.position_m = device.position_m, out.orientation_rad = device.orientation_rad;
    out.velocity_m_per_s = device.velocity_m_per_s, out.power_dbm = device.power_dbm;
    out.element_positions_m = device.array.offsets_m(299792458.0 / frequency_hz);
    if (!out.precoding.empty()) out.precoding = device.port_weights();
  };
  put(s.transmitters[0], d.transmitters[0]);
  put(s.receivers[0], d.receivers[0]);
  for (size_t i = 0; i < s.materials.size(); ++i) {
    const auto& m = s.materials[i];
    const auto p = em::properties_at(m, frequency_hz);
    d.materials[i] = {p.eta.re, -p.eta.im * 2 * kPi * frequency_hz * kVacuumPermittivity, m.thickness_m,
                      m.scattering_coefficient, m.xpd_coefficient};
  }
  d.objects[0] = {s.objects[0].mesh.vertices_m, s.objects[0].velocity_m_per_s};
  return d;
}

double largest(const SceneDerivative& d) {
  double most = 0;
  for (const auto& [name, values] : gradient_tree(example(), d)) {
    for (const double v : values) most = std::max(most, std::abs(v));
  }
  return most;
}

SceneDerivative difference(SceneDerivative a, SceneDerivative b, double factor = 1) {
  b *= -1;
  a += b;
  a *= factor;
  return a;
}

void expect_error(const std::function<void()>& body, const std::string& part) {
  try {
    body();
    FAIL() << part;
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

TEST(Parameters, AreNamedAndShapedByWhatTheyBelongTo) {
  const Scene s = example();
  const auto all = parameters(s);
  EXPECT_EQ(all.size(), 1u + 6 + 4 + 2 * 5 + 5);
  for (const Parameter& p : all) {
    const int64_t count = std::accumulate(p.shape.begin(), p.shape.end(), int64_t(1), std::multiplies<>());
    EXPECT_EQ(p.value.size(), size_t(count)) << p.name;
    for (const double v : p.value) EXPECT_TRUE(v >= p.lower && v <= p.upper) << p.name;
    EXPECT_EQ(parameter(s, p.name).value, p.value) << p.name;
  }
  EXPECT_EQ(all[0].name, "frequency_hz");
  EXPECT_EQ(parameter(s, "device/rx0/array/element_positions_m").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(parameter(s, "device/tx0/precoding").shape, (std::vector<int64_t>{12, 2}));
  EXPECT_EQ(parameter(s, "object/house/1/vertices_m").shape, (std::vector<int64_t>{4, 3}));
  EXPECT_EQ(parameter(s, "material/wall/conductivity_s_per_m").unit, "S/m");
  EXPECT_EQ(parameter(s, "material/wet_ground/relative_permittivity").value[0],
            em::properties_at(s.materials[0], s.frequency_hz).eta.re);
}

TEST(Parameters, SettingTheirValueChangesNothing) {
  const Scene s = example();
  const SceneDerivative before = state_of(s, s.frequency_hz);
  for (const Parameter& p : parameters(s)) {
    Scene changed = s;
    set_parameter(changed, p.name, p.value);
    // a conductivity is divided and multiplied by omega eps0; vertices go to the centre and back
    EXPECT_LE(largest(difference(state_of(changed, s.frequency_hz), before)), 1e-14) << p.name;
  }
}

TEST(Parameters, TangentIsTheCentralDifferenceOfSetting) {
  const Scene s = example();
  const double h = 1e-5;
  for (const Parameter& p : parameters(s)) {
    for (size_t i = 0; i < p.value.size(); ++i) {
      std::vector<double> direction(p.value.size(), 0.0), up = p.value, down = p.value;
      direction[i] = 1, up[i] += h, down[i] -= h;
      Scene above = s, below = s;
      set_parameter(above, p.name, up);
      set_parameter(below, p.name, down);
      const double step = up[i] - down[i];
      const auto slope = difference(state_of(above, s.frequency_hz), state_of(below, s.frequency_hz), 1 / step);
      // rotations have third derivatives of the size of the arm, 3 m; numbers up to 10 are rounded, and summed by
      // gradient_tree over vertices and arms
      const double tolerance = 100 * (h * h + 1e-15 / h);
      EXPECT_LE(largest(difference(slope, tangent(s, {{p.name, direction}}))), tolerance) << p.name << " " << i;
    }
  }
}

TEST(Parameters, GradientIsTheTransposeOfTangent) {
  const Scene s = example();
  uint64_t draw = 0;
  const auto random = [&] { return 2 * random_uniform(1, 2, 3, draw++) - 1; };
  ParameterTree motion, weights;
  for (const Parameter& p : parameters(s)) {
    for (size_t i = 0; i < p.value.size(); ++i) motion[p.name].push_back(random()), weights[p.name].push_back(random());
  }
  const SceneDerivative gradient = tangent(s, weights);  // any derivative will do
  const ParameterTree by_name = gradient_tree(s, gradient);
  ASSERT_EQ(by_name.size(), motion.size());
  double products = 0, scale = 0;
  for (const auto& [name, values] : by_name) {
    ASSERT_EQ(values.size(), motion[name].size()) << name;
    for (size_t i = 0; i < values.size(); ++i) {
      products += values[i] * motion[name][i];
      scale += std::abs(values[i] * motion[name][i]);
    }
  }
  EXPECT_NEAR(products, dot(gradient, tangent(s, motion)), 100 * 2.2e-16 * scale);  // sums of some 100 terms
}

TEST(Parameters, AnItuMaterialBecomesConstantWhenOneOfItsConstantsIsSet) {
  Scene s = example();
  const double sigma = parameter(s, "material/wet_ground/conductivity_s_per_m").value[0];
  set_parameter(s, "frequency_hz", {6e9});
  EXPECT_EQ(s.materials[0].itu_name, "wet_ground");
  EXPECT_GT(parameter(s, "material/wet_ground/conductivity_s_per_m").value[0], sigma);
  set_parameter(s, "frequency_hz", {5e9});
  set_parameter(s, "material/wet_ground/relative_permittivity", {20});
  EXPECT_EQ(s.materials[0].itu_name, "");
  EXPECT_EQ(s.materials[0].relative_permittivity, 20);
  EXPECT_EQ(s.materials[0].conductivity_s_per_m, sigma);
}

TEST(Parameters, ElementPositionsBecomeMetres) {
  Scene s = example();
  auto positions = parameter(s, "device/tx0/array/element_positions_m").value;
  positions[4] += 0.01;
  set_parameter(s, "device/tx0/array/element_positions_m", positions);
  set_parameter(s, "frequency_hz", {1e9});
  EXPECT_EQ(parameter(s, "device/tx0/array/element_positions_m").value, positions);
}

TEST(Parameters, BadInputIsNamed) {
  Scene s = example();
  const double nan = std::nan("");
  expect_error(
      [&] {
        set_parameter(s, "device/tx/position_m", {0, 0, 0});
      },
      "no parameter 'device/tx/position_m', did you mean 'device/tx0/position_m'?");
  expect_error([&] { parameter(s, "object/house/1/vertices"); }, "did you mean 'object/house/1/vertices_m'?");
  expect_error([&] { parameter(s, "device/rx0/power_dbm"); }, "no parameter 'device/rx0/power_dbm'");
  expect_error([&] { parameter(s, "device/tx0position_m"); }, "no parameter");
  expect_error(
      [&] {
        set_parameter(s, "device/tx0/position_m", {0, 0});
      },
      "device/tx0/position_m has the shape [3], 3 numbers, got 2");
  expect_error([&] { tangent(s, {{"object/house/1/vertices_m", {1}}}); }, "the shape [4, 3], 12 numbers, got 1");
  expect_error([&] { set_parameter(s, "object/house/1/scale", {0}); }, "object/house/1/scale must be > 0, got 0");
  expect_error([&] { set_parameter(s, "material/wall/relative_permittivity", {0.5}); },
               "material/wall/relative_permittivity must be >= 1, got 0.5");
  expect_error([&] { set_parameter(s, "material/wall/xpd_coefficient", {1.5}); }, "material/wall/xpd_coefficient");
  expect_error(
      [&] {
        set_parameter(s, "device/tx0/position_m", {0, nan, 0});
      },
      "device/tx0/position_m[1] must be a finite number");
  expect_error([&] { tangent(s, {{"frequency_hz", {nan}}}); }, "frequency_hz must be a finite number");
  s.validate();  // nothing was half set
  EXPECT_EQ(parameter(s, "device/tx0/position_m").value, (std::vector<double>{1, 2, 3}));
}

TEST(Parameters, WhatASolverCannotDifferentiateIsNamed) {
  const Scene s = example();
  const Differentiable one{"one", [](const ParameterRow& row) { return row.owner == Owner::kReceiver; }};
  const Differentiable other{"other", [](const ParameterRow& row) { return row.name == "thickness_m"; }};
  const Differentiable* const all[] = {&one, &other};
  EXPECT_NO_THROW(require_differentiable(s, "device/rx0/position_m", one, all));
  EXPECT_EQ(solvers_of(s, "material/wall/thickness_m", all), std::vector<std::string>{"other"});
  expect_error([&] { require_differentiable(s, "device/rx0/orientation_rad", other, all); },
               "'other' has no derivative with respect to device/rx0/orientation_rad; those that can: one");
  expect_error([&] { require_differentiable(s, "device/tx0/position_m", one, all); }, "no solver has");
}

TEST(SceneDerivative, ChecksItsNumbersAndShapes) {
  const Scene s = example();
  SceneDerivative d(s);
  EXPECT_NO_THROW(d.check_finite(s));
  d.objects[0].vertices_m[2].y = std::numeric_limits<double>::infinity();
  expect_error([&] { d.check_finite(s); }, "object/house/1/vertices_m[7] must be a finite number");
  d = SceneDerivative(s);
  d.transmitters[0].precoding[1].im = std::nan("");
  expect_error([&] { d.check_finite(s); }, "device/tx0/precoding[3]");
  d.transmitters[0].precoding.pop_back();
  expect_error([&] { gradient_tree(s, d); }, "precoding of 'tx0' must be 24");
  expect_error([&] { d += SceneDerivative(s); }, "other shapes");
}

TEST(SceneDerivative, AddsAndMultipliesEveryPlace) {
  const Scene s = example();
  SceneDerivative a = state_of(s, s.frequency_hz), b = a;
  b += a;
  EXPECT_EQ(dot(b, b), 4 * dot(a, a));  // powers of two round nothing
  b *= 0.5;
  EXPECT_EQ(largest(difference(a, b)), 0);
  EXPECT_GT(largest(a), 0);
}

}  // namespace
}  // namespace raywave::scene
