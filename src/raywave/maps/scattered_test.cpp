// SPDX-License-Identifier: Apache-2.0
// Scattering in maps: tiles against the paths to a receiver there, samples against tiles, derivatives against
// differences.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/maps/map_derivative.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/parameter_table.h"
#include "raywave/scene/shapes.h"

namespace raywave::maps {
namespace {

using scene::Scene;

em::AntennaArray antenna(const char* polarization) {
  em::AntennaArray a;
  a.polarization = polarization;
  a.slants_rad = em::slants_from_name(polarization);
  return a;
}

em::Material material(const char* name, double scattering, const char* pattern) {
  em::Material m = em::itu_material("concrete", 0.2);
  m.name = name;
  m.scattering_coefficient = scattering;
  m.scattering_pattern = pattern;
  return m;
}

scene::Mesh rectangle(const Vec3d& corner, const Vec3d& a, const Vec3d& b) {
  scene::Mesh m;
  m.vertices_m = {corner, corner + a, corner + a + b, corner + b};
  m.triangles = {{0, 1, 2}, {0, 2, 3}};
  return m;
}

/// A rough floor under cells and, beside it, a wall that mirrors.
Scene corner(double xpd = 0.3, const char* pattern = "directive(alpha_r=4)") {
  Scene s;
  s.frequency_hz = 10e9;
  s.add_material(material("floor", 0.6, pattern));
  s.materials[0].xpd_coefficient = xpd;
  s.add_material(material("wall", 0, "lambertian"));
  s.add_object({"floor", rectangle({-3, -3, 0}, {6, 0, 0}, {0, 6, 0}), 0});
  s.add_object({"wall", rectangle({-4, 3.5, 0}, {8, 0, 0}, {0, 0, 4}), 1});
  s.add_transmitter({"tx", {-1.5, 0.4, 2.5}, {}, {}, antenna("V")});
  scene::clean_meshes(s);
  return s;
}

Surface cells(double size = 0.8, double cell = 0.4) {
  Surface s;
  s.center_m = {0.5, -0.3, 1.3};
  s.size_m = {size, size};
  s.cell_size_m = {cell, cell};
  return s;
}

RadioMapOptions options(int depth = 2) {
  RadioMapOptions o;
  o.max_depth = depth;
  o.diffuse_reflection = true;
  o.scattering_tolerance = 5e-3;
  return o;
}

TEST(ScatteredMap, TilesAreThePathsToAReceiverThere) {
  for (const char* polarization : {"V", "VH"}) {
    Scene s = corner();
    if (polarization[1] == 'H') {  // four ports that send together
      s.transmitters[0].array = antenna(polarization);
      s.transmitters[0].array.element_positions_wavelengths = {{0, 0, 0}, {0, 0.3, 0.2}};
    }
    const std::vector<Complexd> weights = s.transmitters[0].port_weights();
    const RadioMap map = solve_radio_map(s, cells(), options());
    for (const int cell : {0, 3}) {
      s.receivers.clear();
      s.add_receiver({"rx", map.cell_centers_m[size_t(cell)], {}, {}, antenna("VH")});
      paths::PathOptions o;
      o.finder = paths::Finder::kExhaustive;
      o.max_depth = 2, o.diffuse_reflection = true, o.scattering_tolerance = 5e-3;
      double sum = 0;
      const paths::Paths p = paths::solve_paths(s, o);
      for (size_t k = 0; k < p.a.size(); k += weights.size()) {  // [paths, rx ports, tx ports]
        Complexd a{0, 0};
        for (size_t t = 0; t < weights.size(); ++t) a = a + weights[t] * p.a[k + t];
        sum += norm2(a);
      }
      EXPECT_NEAR(map.path_gain[size_t(cell)], sum, 1e-3 * sum) << polarization << " " << cell;
    }
    EXPECT_TRUE(map.standard_error.empty());
  }
}

/// The largest deviation of samples from tiles in standard errors, and how many cells are beyond two of them.
struct Deviation {
  double largest = 0, beyond_two = 0, mean_error = 0;
};
Deviation deviation(const Scene& s, const Surface& surface, RadioMapOptions o) {
  const RadioMap tiles = solve_radio_map(s, surface, o);
  o.method = Method::kMonteCarlo;
  const RadioMap samples = solve_radio_map(s, surface, o);
  EXPECT_EQ(samples.standard_error.size(), samples.path_gain.size());
  Deviation d;
  for (size_t i = 0; i < tiles.path_gain.size(); ++i) {
    EXPECT_GT(samples.standard_error[i], 0);
    // the tiles' tolerance, and what a cell's points differ from its mean by, beside the spread
    const double error = std::hypot(samples.standard_error[i], 5e-3 * tiles.path_gain[i]);
    const double z = std::abs(samples.path_gain[i] - tiles.path_gain[i]) / error;
    d.largest = std::max(d.largest, z);
    d.beyond_two += z > 2 ? 1.0 / double(tiles.path_gain.size()) : 0;
    d.mean_error += samples.standard_error[i] / samples.path_gain[i] / double(tiles.path_gain.size());
  }
  return d;
}

TEST(ScatteredMap, SamplesAndTilesAgreeWithinTheStandardError) {
  for (const char* pattern : {"lambertian", "backscattering(alpha_r=5, alpha_i=9, lambda_=0.4)"}) {
    RadioMapOptions o = options();
    o.samples_per_tx = 2000000;
    const Deviation d = deviation(corner(0.3, pattern), cells(), o);
    EXPECT_LT(d.largest, 3.5) << pattern;  // of 4 cells: one in 500 runs, were they drawn anew
    EXPECT_LT(d.mean_error, 0.03);
  }
}

TEST(ScatteredMap, SamplesAndTilesAgreeBehindWallsAndLobes) {
  RadioMapOptions o = options(1);
  o.samples_per_tx = 2000000;
  o.reflection = paths::Reflection::kDirectional;
  o.lobe = em::lobe_from_text("von_mises_fisher(kappa=15)");
  EXPECT_LT(deviation(corner(), cells(), o).largest, 3.5);
  Scene s = corner();
  em::Material veil = em::itu_material("plasterboard", 0.01);
  s.add_material(veil);
  s.add_object({"veil", rectangle({-3, -3, 0.6}, {6, 0, 0}, {0, 6, 0}), 2});
  scene::clean_meshes(s);
  o = options(3);
  o.refraction = true, o.samples_per_tx = 4000000, o.specular_reflection = false;
  EXPECT_LT(deviation(s, cells(), o).largest, 3.5);
}

TEST(ScatteredMap, StandardErrorsAreThoseOfSeeds) {
  const Scene s = corner();
  RadioMapOptions o = options(3);
  o.method = Method::kMonteCarlo, o.samples_per_tx = 20000;
  constexpr int kSeeds = 30;
  std::vector<double> mean(4, 0), square(4, 0), stated(4, 0);
  for (int k = 0; k < kSeeds; ++k) {
    o.seed = uint64_t(k);
    const RadioMap map = solve_radio_map(s, cells(), o);
    for (size_t i = 0; i < 4; ++i) {
      mean[i] += map.path_gain[i] / kSeeds, square[i] += map.path_gain[i] * map.path_gain[i] / kSeeds;
      stated[i] += map.standard_error[i] * map.standard_error[i] / kSeeds;
    }
  }
  double ratio = 0;
  for (size_t i = 0; i < 4; ++i) ratio += (square[i] - mean[i] * mean[i]) / stated[i] / 4;
  // Of 120 squares, somewhat shared: 15 % to one standard deviation. What changes from ray to ray keeps it below 1.
  EXPECT_GT(ratio, 0.4);
  EXPECT_LT(ratio, 1.6);
  o.num_threads = 1;
  const RadioMap one = solve_radio_map(s, cells(), o);
  o.num_threads = 3;
  EXPECT_EQ(one.path_gain, solve_radio_map(s, cells(), o).path_gain);
  EXPECT_EQ(one.standard_error, solve_radio_map(s, cells(), o).standard_error);
}

/// What no chance has touched: one bounce off a mirror, where even launching is all the error.
TEST(ScatteredMap, StandardErrorsOfOneBounceAreSmall) {
  Scene s = corner(0, "lambertian");
  s.materials[0].scattering_coefficient = 0.6, s.materials[1].scattering_coefficient = 0.6;
  RadioMapOptions o = options(1);
  o.method = Method::kMonteCarlo, o.samples_per_tx = 20000, o.los = false;
  const Surface surface = cells(2, 2);
  constexpr int kSeeds = 40;
  double mean = 0, square = 0, stated = 0;
  for (int k = 0; k < kSeeds; ++k) {
    o.seed = uint64_t(k);
    const RadioMap map = solve_radio_map(s, surface, o);
    mean += map.path_gain[0] / kSeeds, square += map.path_gain[0] * map.path_gain[0] / kSeeds;
    stated += map.standard_error[0] * map.standard_error[0] / kSeeds;
  }
  const double ratio = std::sqrt((square - mean * mean) / stated);  // 40 squares: 11 % to a standard deviation
  EXPECT_GT(ratio, 0.6);
  EXPECT_LT(ratio, 1.4);
}

TEST(ScatteredMap, MirrorsThatStayAgreeBetweenBothMethods) {
  Scene s = corner();
  s.materials[1].scattering_coefficient = 0.4;
  RadioMapOptions o = options(2);
  o.samples_per_tx = 4000000;
  o.reflection = paths::Reflection::kDirectional, o.lobe = em::lobe_from_text("von_mises_fisher(kappa=15)");
  o.keep_specular = true, o.keep_specular_m2 = 34;  // the floor has 36 m^2, the wall 32
  o.max_depth = 1;                                  // exact maps have one place that scatters in a path
  EXPECT_LT(deviation(s, cells(), o).largest, 3.5);
}

TEST(ScatteredMap, KeptTilesGiveTheSameBits) {
  const Scene s = corner();
  const paths::PreparedScene prepared(s);
  RadioMapOptions o = options();
  o.points_per_cell = 4, o.scattering_tolerance = 0.1;
  const Surface surface = cells(2, 2);
  const RadioMap plain = solve_radio_map(s, prepared, surface, o);
  RadioMapOptions keeping = o;
  keeping.keep_arrivals = true;
  const RadioMap kept = solve_radio_map(s, prepared, surface, keeping);
  EXPECT_EQ(plain.path_gain, kept.path_gain);
  const std::vector<double> cotangent(plain.path_gain.size(), 1.0);
  const scene::SceneDerivative one = map_vjp(s, prepared, o, plain, cotangent),
                               other = map_vjp(s, prepared, keeping, kept, cotangent);
  EXPECT_EQ(one.transmitters[0].position_m, other.transmitters[0].position_m);
  EXPECT_EQ(one.materials[0].numbers, other.materials[0].numbers);
  EXPECT_NE(one.transmitters[0].position_m, Vec3d{});
  EXPECT_EQ(map_jvp(s, prepared, o, plain, one), map_jvp(s, prepared, keeping, kept, one));
}

TEST(ScatteredMap, DerivativesAreThoseOfDifferences) {
  const Scene s = corner();
  const paths::PreparedScene prepared(s);
  RadioMapOptions o = options();
  o.scattering_tolerance = 1e-4;
  const Surface surface = cells(2, 2);
  const RadioMap map = solve_radio_map(s, prepared, surface, o);
  const scene::ParameterTree gradient = scene::gradient_tree(s, map_vjp(s, prepared, o, map, {1}));
  scene::ParameterTree moved;
  double along = 0;
  for (const auto& [name, h] :
       std::vector<std::pair<std::string, double>>{{"device/tx/position_m", 1e-3},
                                                   {"material/floor/scattering_coefficient", 1e-3},
                                                   {"material/floor/xpd_coefficient", 1e-3},
                                                   {"material/wall/relative_permittivity", 1e-3}}) {
    const std::vector<double>& exact = gradient.at(name);
    const std::vector<double> value = scene::parameter(s, name).value;
    for (size_t i = 0; i < exact.size(); ++i) {
      std::vector<double> up = value, down = value;
      up[i] += h, down[i] -= h;
      Scene a = s, b = s;
      scene::set_parameter(a, name, up), scene::set_parameter(b, name, down);
      const double difference =
          (solve_radio_map(a, surface, o).path_gain[0] - solve_radio_map(b, surface, o).path_gain[0]) / 2;
      EXPECT_NEAR(exact[i] * h, difference, 1e-5 * map.path_gain[0] + 3e-4 * std::abs(difference)) << name << i;
      moved[name].push_back(h * double(i + 1));
      along += moved[name][i] * exact[i];
    }
  }
  EXPECT_NEAR(map_jvp(s, prepared, o, map, scene::tangent(s, moved))[0], along, 1e-9 * std::abs(along));
  o.method = Method::kMonteCarlo;
  const RadioMap samples = solve_radio_map(s, prepared, surface, o);
  EXPECT_THROW(map_vjp(s, prepared, o, samples, {1}), Error);
}

}  // namespace
}  // namespace raywave::maps
