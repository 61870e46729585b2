// SPDX-License-Identifier: Apache-2.0
// Fields that a device evaluates against the CPU's: maps, paths to many receivers, tangents and gradients. An emulated
// device rounds as the CPU does but for what compilers fuse; a card has functions of its own.
#include <gtest/gtest.h>

#include <cmath>

#include "raywave/maps/map_derivative.h"
#include "raywave/maps/radio_map.h"
#include "raywave/maps/test_support.h"
#include "raywave/paths/field_batch.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/paths_derivative.h"
#include "raywave/scene/parameters.h"

namespace raywave::maps {
namespace {

using runtime::Device;
using scene::Scene;

class EveryFieldDevice : public test::EveryDevice {};
INSTANTIATE_TEST_SUITE_P(Devices, EveryFieldDevice, test::every_device(), test::name_of);

/// The block, which scatters some; with `more` a metal one beside it and a lossy plate.
Scene yard(bool more) {
  Scene s = test::block_scene();
  s.materials[0].scattering_coefficient = 0.3;
  s.add_material(em::itu_material("metal"));
  if (!more) return s;
  s.add_object({"locker", scene::box({3.5, -3.1, 0}, {1.5, 2.3, 2.7}), 1});
  scene::Mesh plate;
  plate.vertices_m = {{-6, -4.2, 0.2}, {-2.9, -5.1, 0.2}, {-2.9, -5.1, 2.9}, {-6, -4.2, 2.9}};
  plate.triangles = {{0, 1, 2}, {0, 2, 3}};
  s.add_object({"plate", plate, 0});
  scene::clean_meshes(s);
  return s;
}

Surface plane() {
  Surface surface;
  surface.center_m = {0.03, 0.07, 1.5};
  surface.size_m = {16, 12};
  surface.cell_size_m = {4, 4};
  return surface;
}

/// Of every kind of path, and with as many edges as there may be.
std::vector<RadioMapOptions> all_options() {
  std::vector<RadioMapOptions> all;
  for (const bool coherent : {false, true}) {
    for (const int edges : {1, 2, 3}) {
      RadioMapOptions o;
      o.max_depth = edges == 2 ? 2 : 3;
      o.diffraction = true;
      o.refraction = edges == 1;
      o.max_diffractions = edges;
      o.coherent = coherent;
      all.push_back(o);
    }
  }
  return all;
}

double tolerance(Device device) { return device == Device::kCuda ? 1e-8 : 1e-11; }

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double relative) {
  ASSERT_EQ(a.size(), b.size());
  double largest = 0;
  for (const double x : b) largest = std::max(largest, std::abs(x));
  ASSERT_GT(largest, 0);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], relative * largest) << i;
}

/// A smooth weight of the cells; some of them none.
std::vector<double> weights(const RadioMap& map) {
  std::vector<double> w;
  for (size_t i = 0; i < map.path_gain.size(); ++i) w.push_back(i % 5 == 0 ? 0 : 1 + std::sin(0.7 * double(i)));
  return w;
}

TEST_P(EveryFieldDevice, MapsTangentsAndGradientsAreTheCpus) {
  for (RadioMapOptions o : all_options()) {
    SCOPED_TRACE(testing::Message() << o.max_diffractions << " edges, coherent " << o.coherent);
    const Scene s = yard(o.max_diffractions < 3);
    const paths::PreparedScene prepared(s);
    const scene::SceneDerivative along = scene::tangent(s, {{"device/tx/position_m", {0.3, -0.2, 0.5}},
                                                            {"object/block/rotation_rad", {0.1, 0.2, -0.3}},
                                                            {"object/block/translation_m", {0.2, -0.7, 0.1}},
                                                            {"material/concrete/thickness_m", {0.4}},
                                                            {"frequency_hz", {1e8}}});
    const RadioMap map = solve_radio_map(s, prepared, plane(), o);
    RadioMapOptions there = o;
    there.device = GetParam();
    const RadioMap by_device = solve_radio_map(s, prepared, plane(), there);
    EXPECT_EQ(by_device.num_arrivals, map.num_arrivals);
    expect_near(by_device.path_gain, map.path_gain, tolerance(GetParam()));
    expect_near(map_jvp(s, prepared, there, map, along), map_jvp(s, prepared, o, map, along), tolerance(GetParam()));
    const auto gradient = scene::gradient_tree(s, map_vjp(s, prepared, o, map, weights(map)));
    const auto of_device = scene::gradient_tree(s, map_vjp(s, prepared, there, map, weights(map)));
    for (const auto& [name, value] : gradient) {
      SCOPED_TRACE(name);
      double largest = 0;
      for (const double x : value) largest = std::max(largest, std::abs(x));
      if (largest > 1e-20) expect_near(of_device.at(name), value, 10 * tolerance(GetParam()));
    }
  }
}

TEST_P(EveryFieldDevice, PathsToManyReceiversAreTheCpus) {
  Scene s = yard(true);
  for (int i = 0; i < 70; ++i) {
    const double x = -8.3 + 0.237 * i;
    s.add_receiver({message("rx", i), {x, 5.5 * std::sin(1.3 * i) - 0.7, 1.1 + 0.02 * i}, {}, {}, em::AntennaArray()});
  }
  paths::PathOptions o;
  o.max_depth = 3;
  o.diffraction = true;
  o.refraction = true;
  o.diffuse_reflection = true;  // of places that scatter the CPU's
  o.samples_per_tx = 20000;
  const paths::PreparedScene prepared(s);
  const paths::Paths here = paths::solve_paths(s, prepared, o);
  o.device = GetParam();
  const paths::Paths there = paths::solve_paths(s, prepared, o);
  ASSERT_EQ(there.num_paths(), here.num_paths());
  ASSERT_GT(here.num_paths(), 1000);
  EXPECT_EQ(there.interactions, here.interactions);
  const auto parts = [](const std::vector<Complexd>& of) {
    std::vector<double> out;
    for (const Complexd& z : of) out.push_back(z.re), out.push_back(z.im);
    return out;
  };
  expect_near(parts(there.a), parts(here.a), tolerance(GetParam()));
  expect_near(parts(there.transfer), parts(here.transfer), tolerance(GetParam()));
  expect_near(there.tau_s, here.tau_s, tolerance(GetParam()));
  expect_near(there.theta_t, here.theta_t, tolerance(GetParam()));

  paths::PathOptions cpu = o;
  cpu.device = Device::kCpu;
  const scene::SceneDerivative along =
      scene::tangent(s, {{"device/tx/position_m", {0.3, -0.2, 0.5}}, {"object/block/rotation_rad", {0.1, 0.2, -0.3}}});
  const paths::PathsDerivative moved = paths::paths_jvp(s, prepared, o, here, along),
                               moved_here = paths::paths_jvp(s, prepared, cpu, here, along);
  expect_near(parts(moved.a), parts(moved_here.a), tolerance(GetParam()));
  expect_near(moved.tau_s, moved_here.tau_s, tolerance(GetParam()));
  paths::PathsDerivative cotangent;
  for (size_t i = 0; i < here.a.size(); ++i)
    cotangent.a.push_back({std::sin(0.3 * double(i)), std::cos(0.7 * double(i))});
  for (size_t i = 0; i < here.tau_s.size(); ++i) {
    cotangent.tau_s.push_back(1e4 * std::cos(double(i)));
    cotangent.phi_t.push_back(1e-5 * std::sin(double(i)));
  }
  const auto gradient = scene::gradient_tree(s, paths::paths_vjp(s, prepared, cpu, here, cotangent));
  const auto of_device = scene::gradient_tree(s, paths::paths_vjp(s, prepared, o, here, cotangent));
  for (const auto& [name, value] : gradient) {
    SCOPED_TRACE(name);
    double largest = 0;
    for (const double x : value) largest = std::max(largest, std::abs(x));
    if (largest > 1e-20) expect_near(of_device.at(name), value, 10 * tolerance(GetParam()));
  }
}

}  // namespace
}  // namespace raywave::maps
