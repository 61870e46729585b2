// SPDX-License-Identifier: Apache-2.0
// Derivatives of maps against central differences of the whole map, the two modes against each other, and the
// monte-carlo map's against the exact one's.
#include "raywave/maps/map_derivative.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "raywave/core/test_statistics.h"
#include "raywave/maps/arrivals.h"
#include "raywave/maps/test_support.h"
#include "raywave/scene/parameters.h"
#include "raywave/scene/shapes.h"

namespace raywave::maps {
namespace {

using scene::Scene;

using test::block_scene;

Surface plane() {
  Surface surface;
  surface.center_m = {0.03, 0.07, 1.5};
  surface.size_m = {16, 16};
  surface.cell_size_m = {1, 1};
  return surface;
}

RadioMapOptions coherent_options() {
  RadioMapOptions o;
  o.max_depth = 2;
  o.diffraction = true;
  o.coherent = true;
  return o;
}

/// A smooth weight of the cells.
std::vector<double> weights(const RadioMap& map) {
  std::vector<double> w;
  for (size_t i = 0; i < map.path_gain.size(); ++i) w.push_back(1 + std::sin(0.7 * double(i)));
  return w;
}

double loss(const Scene& s, const RadioMap& like, const RadioMapOptions& o) {
  const RadioMap map = solve_radio_map(s, like.surface, o);
  const std::vector<double> w = weights(map);
  double sum = 0;
  for (size_t i = 0; i < w.size(); ++i) sum += w[i] * map.path_gain[i];
  return sum;
}

TEST(MapDerivative, GradientIsTheCentralDifferenceOfCoherentMapsWithEdges) {
  const Scene s = block_scene();
  const RadioMapOptions o = coherent_options();
  const paths::PreparedScene prepared(s);
  const RadioMap map = solve_radio_map(s, prepared, plane(), o);
  const auto by_name = scene::gradient_tree(s, map_vjp(s, prepared, o, map, weights(map)));
  for (const char* name : {"device/tx/position_m", "device/tx/orientation_rad", "device/tx/array/element_positions_m",
                           "object/block/translation_m", "object/block/rotation_rad", "object/block/scale",
                           "material/concrete/relative_permittivity", "material/concrete/conductivity_s_per_m",
                           "material/concrete/thickness_m", "frequency_hz"}) {
    const scene::Parameter p = scene::parameter(s, name);
    const double size = p.name == "frequency_hz" ? 1e9 : 1, h = 2e-5 * size;
    double largest = 0;
    for (const double x : by_name.at(name)) largest = std::max(largest, std::abs(x));
    for (size_t i = 0; i < p.value.size(); ++i) {
      const auto moved = [&](double by) {
        Scene copy = s;
        std::vector<double> value = p.value;
        value[i] += by;
        scene::set_parameter(copy, name, value);
        return loss(copy, map, o);
      };
      // Beyond the difference's own error, cells within a step of a boundary between two expressions of the same field
      // count: 256 cells of 1 m, boundaries moved by 4 steps, slopes of the field differing by 1 / (k r) there.
      EXPECT_NEAR(by_name.at(name)[i] * size, (moved(h) - moved(-h)) / (2 * h) * size, 1e-4 * largest * size)
          << name << "[" << i << "]";
    }
  }
}

TEST(MapDerivative, BothModesAgreeToRounding) {
  const Scene s = block_scene();
  const paths::PreparedScene prepared(s);
  for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
    RadioMapOptions o = coherent_options();
    o.method = method;
    o.coherent = method == Method::kExact;
    o.samples_per_tx = 100000;
    const RadioMap map = solve_radio_map(s, prepared, plane(), o);
    const std::vector<double> w = weights(map);
    scene::ParameterTree direction{{"device/tx/position_m", {0.3, -0.2, 0.5}},
                                   {"device/tx/precoding", {0.1, 0.2, -0.3, 0, 0.4, 0.1, 0, 0.2}},
                                   {"object/block/rotation_rad", {0.1, 0, -0.2}},
                                   {"material/concrete/thickness_m", {0.02}},
                                   {"frequency_hz", {1e7}}};
    const scene::SceneDerivative tangent = scene::tangent(s, direction);
    const std::vector<double> change = map_jvp(s, prepared, o, map, tangent);
    double forward = 0, size = 0;
    for (size_t i = 0; i < w.size(); ++i) forward += w[i] * change[i], size += std::abs(w[i] * change[i]);
    EXPECT_NE(forward, 0);
    EXPECT_NEAR(scene::dot(map_vjp(s, prepared, o, map, w), tangent), forward, 1e-12 * size);
  }
}

TEST(MapDerivative, KeptArrivalsGiveTheSameBits) {
  Scene s = block_scene();
  s.add_transmitter({"on_the_block", {0, 0, 4}});  // on a face: it stands in more than one place
  const paths::PreparedScene prepared(s);
  for (const bool coherent : {true, false}) {
    RadioMapOptions o = coherent_options();
    o.coherent = coherent;
    const RadioMap bare = solve_radio_map(s, prepared, plane(), o);
    EXPECT_EQ(bare.arrivals, nullptr);
    o.keep_arrivals = true;
    const RadioMap map = solve_radio_map(s, prepared, plane(), o);
    ASSERT_NE(map.arrivals, nullptr);
    EXPECT_EQ(map.arrivals->paths.size(), 2u);
    EXPECT_EQ(map.path_gain, bare.path_gain);
    EXPECT_EQ(map.num_arrivals, bare.num_arrivals);
    const std::vector<double> w = weights(map);
    EXPECT_EQ(scene::gradient_tree(s, map_vjp(s, prepared, o, map, w)),
              scene::gradient_tree(s, map_vjp(s, prepared, o, bare, w)));
    const scene::SceneDerivative tangent = scene::tangent(s, {{"device/tx/position_m", {0.3, -0.2, 0.5}}});
    EXPECT_EQ(map_jvp(s, prepared, o, map, tangent), map_jvp(s, prepared, o, bare, tangent));
  }
  RadioMapOptions rays;
  rays.method = Method::kMonteCarlo;
  rays.keep_arrivals = true;
  EXPECT_THROW(rays.validate(), Error);
}

TEST(MapDerivative, MonteCarloMapsHaveTheExactMapsGradient) {
  // The peers' gradient with respect to the transmitter is 0 here.
  const Scene s = block_scene();
  const paths::PreparedScene prepared(s);
  RadioMapOptions exact = coherent_options();
  exact.coherent = false;
  exact.points_per_cell = 9;
  RadioMapOptions rays = exact;
  rays.method = Method::kMonteCarlo;
  rays.samples_per_tx = 2000000;
  const RadioMap map = solve_radio_map(s, prepared, plane(), exact);
  const std::vector<double> ones(map.path_gain.size(), 1);
  const auto a = scene::gradient_tree(s, map_vjp(s, prepared, exact, map, ones));
  const auto b = scene::gradient_tree(s, map_vjp(s, prepared, rays, map, ones));
  for (const char* name : {"device/tx/position_m", "material/concrete/relative_permittivity", "frequency_hz"}) {
    double largest = 0;
    for (const double x : a.at(name)) largest = std::max(largest, std::abs(x));
    ASSERT_GT(largest, 0) << name;
    // Not the rays' spread, which is below 0.2 % of the largest here: the mean point of a sequence's hits stands for
    // the cell, and the field changes over a cell of 1 m at 3 m and more. Cells of half the size are 20 times closer.
    for (size_t i = 0; i < a.at(name).size(); ++i)
      EXPECT_NEAR(b.at(name)[i], a.at(name)[i], 0.08 * largest) << name << i;
  }
}

TEST(MapDerivative, SameBitsForAnyNumberOfThreads) {
  const Scene s = block_scene();
  const paths::PreparedScene prepared(s);
  for (const Method method : {Method::kExact, Method::kMonteCarlo}) {
    RadioMapOptions o = coherent_options();
    o.method = method;
    o.coherent = false;
    o.samples_per_tx = 50000;
    o.num_threads = 1;
    const RadioMap one = solve_radio_map(s, prepared, plane(), o);
    const auto gradient = scene::gradient_tree(s, map_vjp(s, prepared, o, one, weights(one)));
    o.num_threads = 2;
    const RadioMap two = solve_radio_map(s, prepared, plane(), o);
    EXPECT_EQ(one.path_gain, two.path_gain);
    EXPECT_EQ(scene::gradient_tree(s, map_vjp(s, prepared, o, one, weights(one))), gradient);
  }
}

TEST(MapDerivative, RefusesWhatItCannotDifferentiate) {
  const Scene s = block_scene();
  const paths::PreparedScene prepared(s);
  RadioMapOptions o = coherent_options();
  const RadioMap map = solve_radio_map(s, prepared, plane(), o);
  EXPECT_THROW(map_vjp(s, prepared, o, map, {1, 2, 3}), Error);
  std::vector<double> w = weights(map);
  w[5] = std::nan("");
  EXPECT_THROW(map_vjp(s, prepared, o, map, w), Error);
  RadioMap on_mesh = map;
  on_mesh.surface.kind = Surface::Kind::kMesh;
  EXPECT_THROW(map_vjp(s, prepared, o, on_mesh, weights(map)), Error);
  o.coherent = false;
  o.method = Method::kMonteCarlo;
  o.refraction = true;
  EXPECT_THROW(map_vjp(s, prepared, o, map, weights(map)), Error);
}

TEST(MonteCarloMap, EdgesCarryThePowerOfTheExactMap) {
  Scene s = block_scene();
  const paths::PreparedScene prepared(s);
  RadioMapOptions o;
  o.max_depth = 1;
  o.los = false;
  o.specular_reflection = false;
  o.diffraction = true;
  o.points_per_cell = 9;
  const auto total = [&](const Surface& surface) {
    const RadioMap map = solve_radio_map(s, prepared, surface, o);
    return std::accumulate(map.path_gain.begin(), map.path_gain.end(), 0.0) * surface.cell_size_m.x *
           surface.cell_size_m.y;
  };
  Surface fine = plane();  // beside the edges the field changes within a cell of 1 m: 0.5 % of the sum
  fine.cell_size_m = {0.25, 0.25};
  const double exact = total(fine);
  o.method = Method::kMonteCarlo;
  o.samples_per_tx = 400000;
  std::vector<double> runs;
  for (o.seed = 0; o.seed < 32; ++o.seed) runs.push_back(total(plane()));
  expect_mean(runs, exact, 0.02);
}

}  // namespace
}  // namespace raywave::maps
