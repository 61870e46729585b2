// SPDX-License-Identifier: Apache-2.0
// Monte Carlo maps on a device against the CPU's: with the same hits each ray does the same, so that what is left are
// the roundings of single precision; with another engine's hits some rays pass a border on its other side.
#include "raywave/maps/device_crossings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "raywave/em/own_lobe.h"
#include "raywave/maps/radio_map.h"
#include "raywave/maps/test_support.h"
#include "raywave/paths/device_tracer.h"
#include "raywave/paths/test_brute_force.h"
#include "raywave/runtime/fixed_sum.h"
#include "raywave/scene/shapes.h"

namespace raywave::maps {
namespace {

using runtime::Device;
using scene::Scene;

class EveryMapDevice : public test::EveryDevice {};
INSTANTIATE_TEST_SUITE_P(Devices, EveryMapDevice, test::every_device(), test::name_of);

void add_tx(Scene& s, const Vec3d& at, const em::PlanarArrayOptions& array = {}) {
  s.add_transmitter({"tx", at, {0.3, 0.1, 0}, {}, em::planar_array(array)});
}

/// Walls that let through, mirrors at any angle.
Scene room() {
  Scene s = paths::test::furnished_room(5, 8);
  s.frequency_hz = 3.5e9;
  s.materials[0] = em::itu_material("concrete", 0.1);
  add_tx(s, {-3.1, 1.2, 1.7});
  return s;
}

/// A closed box of metal: rays go on to the last bounce.
Scene closed_box() {
  Scene s;
  s.frequency_hz = 2e9;
  s.add_material(em::itu_material("metal"));
  s.add_object({"box", scene::box({-4, -3, -1.5}, {8, 6, 3}), 0});
  add_tx(s, {1.3, -0.7, 0.4});
  scene::clean_meshes(s);
  return s;
}

/// Houses along a street, their fronts in one plane with what is fixed to them: places with two owners.
Scene street() {
  Scene s;
  s.frequency_hz = 3.5e9;
  s.add_material(em::itu_material("concrete", 0.2));
  s.add_material(em::itu_material("glass", 0.01));
  s.add_material(em::itu_material("metal"));
  scene::Mesh ground, sign;
  scene::add_rectangle(ground, {-60, -40, 0}, {120, 0, 0}, {0, 80, 0});
  scene::add_rectangle(sign, {-10, 10, 2}, {20, 0, 0}, {0, 0, 4});
  s.add_object({"sign", sign, 2});  // before the house: it owns the place
  s.add_object({"ground", ground, 0});
  s.add_object({"house 1", scene::box({-30, 10, 0}, {60, 12, 15}), 1});
  s.add_object({"house 2", scene::box({-35, -22, 0}, {30, 12, 20}), 0});
  s.add_object({"house 3", scene::box({2, -22, 0}, {30, 12, 9}), 0});
  add_tx(s, {-12, 3, 9});
  scene::clean_meshes(s);
  return s;
}

Surface cells_of(const Scene& s) {
  Surface surface;
  const bool outside = s.num_triangles() > 20 && s.objects.size() == 5;
  surface.cell_size_m = outside ? Vec2d{4, 4} : Vec2d{0.5, 0.5};
  surface.size_m = outside ? Vec2d{100, 60} : Vec2d{7, 5};
  surface.center_m = outside ? Vec3d{0, 0, 1.5} : Vec3d{0.05, 0.02, -0.4};
  return surface;
}

RadioMapOptions options(int max_depth, bool refraction) {
  RadioMapOptions o;
  o.method = Method::kMonteCarlo;
  o.samples_per_tx = 60000;
  o.max_depth = max_depth;
  o.refraction = refraction;
  return o;
}

struct Case {
  const char* name;
  Scene scene;
  RadioMapOptions options;
  Surface surface = cells_of(scene);
};

/// All of a scene's surfaces scatter, each material by its own pattern.
Scene rough(Scene s, double xpd) {
  const char* patterns[] = {"directive(alpha_r=6)", "lambertian", "backscattering(alpha_r=8, alpha_i=5, lambda_=0.6)",
                            "von_mises_fisher(kappa=9)", "half_vector(slope=0.5)"};
  for (size_t m = 0; m < s.materials.size(); ++m) {
    s.materials[m].scattering_coefficient = 0.5 + 0.1 * double(m % 3);
    s.materials[m].xpd_coefficient = xpd;
    s.materials[m].scattering_pattern = patterns[m % 5];
  }
  return s;
}
RadioMapOptions scattering(RadioMapOptions o) {
  o.diffuse_reflection = true;
  return o;
}
RadioMapOptions directional(RadioMapOptions o, const em::Lobe& lobe) {
  o.reflection = paths::Reflection::kDirectional;
  o.lobe = lobe;
  return o;
}

Surface mesh_of(std::vector<std::string> objects) {
  Surface surface;
  surface.kind = Surface::Kind::kMesh;
  surface.objects = std::move(objects);
  return surface;
}
/// Hills with cells across their triangles, and a house on them.
Scene hills() {
  Scene s;
  s.frequency_hz = 3.5e9;
  s.add_material(em::itu_material("medium_dry_ground"));
  s.add_material(em::itu_material("brick", 0.2));
  scene::Mesh ground;
  constexpr uint32_t kSide = 9;
  for (uint32_t y = 0; y < kSide; ++y) {
    for (uint32_t x = 0; x < kSide; ++x)
      ground.vertices_m.push_back(
          {9.0 * x - 36, 8.0 * y - 32, 3 * std::sin(1.1 * x) + 2 * std::cos(0.9 * x + 1.3 * y)});
  }
  for (uint32_t y = 0; y + 1 < kSide; ++y) {
    for (uint32_t x = 0; x + 1 < kSide; ++x) {
      const uint32_t a = y * kSide + x;
      ground.triangles.push_back({a, a + 1, a + kSide + 1});
      ground.triangles.push_back({a, a + kSide + 1, a + kSide});
    }
  }
  s.add_object({"ground", ground, 0});
  s.add_object({"house", scene::box({5, -4, -6}, {9, 11, 14}), 1});
  add_tx(s, {-7.3, 2.2, 11});
  scene::clean_meshes(s);
  return s;
}
Surface ground_of(double height_m) {
  Surface surface;
  surface.kind = Surface::Kind::kTerrain;
  surface.objects = {"ground"};
  surface.height_m = height_m;
  surface.cell_size_m = {3.7, 2.9};
  return surface;
}

std::vector<Case> cases() {
  const em::Lobe half_vector{.kind = em::LobeKind::kHalfVector, .slope = 0.2};
  RadioMapOptions large_mirrors = directional(scattering(options(4, true)), half_vector);
  large_mirrors.keep_specular = true, large_mirrors.keep_specular_m2 = 300;
  return {{"room with refraction", room(), options(4, true)},
          {"room of mirrors", room(), options(3, false)},
          {"closed box", closed_box(), options(6, false)},
          {"street", street(), options(4, true)},
          {"no interaction", street(), options(0, false)},
          {"rough room", rough(room(), 0.3), scattering(options(4, true))},
          {"rough box", rough(closed_box(), 0), scattering(options(6, false))},
          {"rough street", rough(street(), 0.2), scattering(options(4, true))},
          {"lobes in mirrors' places", street(), directional(options(3, false), paths::kDefaultLobe)},
          {"mirrors and lobes", rough(street(), 0), large_mirrors},
          {"nothing that is rough", street(), scattering(options(3, false))},
          {"walls of a street", street(), options(3, false), mesh_of({"house 1", "house 2", "ground"})},
          {"rough walls", rough(street(), 0), scattering(options(4, true)), mesh_of({"house 1", "house 2", "ground"})},
          {"hills", hills(), options(3, true), ground_of(1.5)},
          {"rough hills", rough(hills(), 0.1), scattering(options(4, false)), ground_of(0)}};
}

TEST_P(EveryMapDevice, RaysThatHitTheSameAddTheSame) {
  for (Case& c : cases()) {
    const paths::PreparedScene its_hits(c.scene, paths::tracer_on(GetParam()));
    const RadioMap here = solve_radio_map(c.scene, its_hits, c.surface, c.options);
    c.options.device = GetParam();
    const RadioMap there = solve_radio_map(c.scene, c.surface, c.options);
    ASSERT_EQ(here.path_gain.size(), there.path_gain.size());
    // a field takes some ten roundings at each surface, a power twice that; sums are of positive numbers
    const double tolerance = 30 * double(std::numeric_limits<float>::epsilon()) * (c.options.max_depth + 1);
    int num_lit = 0;
    for (size_t i = 0; i < here.path_gain.size(); ++i) {
      EXPECT_NEAR(there.path_gain[i], here.path_gain[i], tolerance * here.path_gain[i]) << c.name << " cell " << i;
      num_lit += here.path_gain[i] > 0;
    }
    EXPECT_GT(num_lit, int(here.path_gain.size()) / 4) << c.name;
    // of blocks of four rays, whose differences cancel
    ASSERT_EQ(here.standard_error.size(), there.standard_error.size()) << c.name;
    double largest = 0;
    for (const double e : here.standard_error) largest = std::max(largest, e);
    for (size_t i = 0; i < here.standard_error.size(); ++i)
      EXPECT_NEAR(there.standard_error[i], here.standard_error[i], 1e-4 * here.standard_error[i] + 1e-9 * largest)
          << c.name << " cell " << i;
  }
}

TEST_P(EveryMapDevice, MapsAreThoseOfTheCpusEngine) {
  for (Case& c : cases()) {
    const RadioMap here = solve_radio_map(c.scene, c.surface, c.options);
    c.options.device = GetParam();
    const RadioMap there = solve_radio_map(c.scene, c.surface, c.options);
    double total_here = 0, total_there = 0;
    size_t num_others = 0;
    for (size_t i = 0; i < here.path_gain.size(); ++i) {
      total_here += here.path_gain[i], total_there += there.path_gain[i];
      num_others += std::abs(there.path_gain[i] - here.path_gain[i]) > 1e-4 * here.path_gain[i];
    }
    EXPECT_NEAR(total_there / total_here, 1, 1e-3) << c.name;
    EXPECT_LE(num_others, here.path_gain.size() / 20) << c.name;
  }
}

TEST_P(EveryMapDevice, ARayCountsInOneOfManySmallCells) {
  // far from the scene's middle, where rounding is a hundredth of a cell
  Scene s;
  s.frequency_hz = 3.5e9;
  s.add_material(em::itu_material("concrete", 0.2));
  scene::Mesh ground, patch;
  scene::add_rectangle(ground, {-400, -400, -60}, {800, 0, 0}, {0, 800, 0});
  constexpr int kSide = 30;
  constexpr double kCell = 0.05;
  for (int i = 0; i < kSide * kSide; ++i)
    scene::add_rectangle(patch, {390 + kCell * (i % kSide), 380 + kCell * (i / kSide), 0.3}, {kCell, 0, 0},
                         {0, kCell, 0});
  s.add_object({"ground", ground, 0});
  s.add_object({"patch", patch, 0});
  add_tx(s, {390.7, 380.6, 1.2});
  scene::clean_meshes(s);
  RadioMapOptions o = options(0, false);
  o.samples_per_tx = 300000;
  const RadioMap here = solve_radio_map(s, mesh_of({"patch"}), o);
  o.device = GetParam();
  const RadioMap there = solve_radio_map(s, mesh_of({"patch"}), o);
  const auto total = [](const RadioMap& m) { return std::accumulate(m.path_gain.begin(), m.path_gain.end(), 0.0); };
  EXPECT_NEAR(total(there) / total(here), 1, 1e-3);
}

TEST_P(EveryMapDevice, TheSameBytesForAnyNumberOfThreads) {
  Scene s = street();
  RadioMapOptions o = options(4, true);
  o.samples_per_tx = 300000;
  o.device = GetParam();
  o.num_threads = 1;
  const auto one = solve_radio_map(s, cells_of(s), o).path_gain;
  o.num_threads = 3;
  EXPECT_EQ(solve_radio_map(s, cells_of(s), o).path_gain, one);
  s = rough(s, 0.1);
  o = scattering(o);
  const RadioMap three = solve_radio_map(s, cells_of(s), o);
  o.num_threads = 1;
  const RadioMap again = solve_radio_map(s, cells_of(s), o);
  EXPECT_EQ(again.path_gain, three.path_gain);
  EXPECT_EQ(again.standard_error, three.standard_error);
  EXPECT_NE(again.path_gain, one);
}

TEST_P(EveryMapDevice, AnyAntennaSetsOut) {
  Scene s = street();
  s.transmitters.clear();
  em::PlanarArrayOptions array;
  array.num_rows = 2, array.num_cols = 3, array.pattern = "tr38901", array.polarization = "VH";
  add_tx(s, {-12, 3, 9}, array);
  RadioMapOptions o = options(2, false);
  o.samples_per_tx = 20000;
  const paths::PreparedScene its_hits(s, paths::tracer_on(GetParam()));
  const RadioMap here = solve_radio_map(s, its_hits, cells_of(s), o);
  o.device = GetParam();
  const RadioMap there = solve_radio_map(s, cells_of(s), o);
  for (size_t i = 0; i < here.path_gain.size(); ++i)
    EXPECT_NEAR(there.path_gain[i], here.path_gain[i], 1e-5 * here.path_gain[i]) << i;
}

TEST_P(EveryMapDevice, EdgesAndWhatIsSeenEdgeOnAreAddedHere) {
  // the slope z = x swaps x and z: the image stands in the cells' plane, which the slope passes
  Scene s;
  s.frequency_hz = 3.5e9;
  s.add_material(em::itu_material("concrete", 0.2));
  scene::Mesh slope;
  scene::add_rectangle(slope, {0, -6, 0}, {4, 0, 4}, {0, 12, 0});
  s.add_object({"slope", slope, 0});
  add_tx(s, {1.5, 0.3, 9});
  scene::clean_meshes(s);
  Surface surface;
  surface.center_m = {-4, 0.05, 1.5};
  surface.size_m = {8, 6};
  surface.cell_size_m = {1, 1};
  for (const bool edges : {false, true}) {
    if (edges) s = street(), surface = cells_of(s);
    RadioMapOptions o = options(1, false);
    o.diffraction = edges;
    const paths::PreparedScene its_hits(s, paths::tracer_on(GetParam()));
    const RadioMap here = solve_radio_map(s, its_hits, surface, o);
    o.device = GetParam();
    const RadioMap there = solve_radio_map(s, surface, o);
    for (size_t i = 0; i < here.path_gain.size(); ++i)
      EXPECT_NEAR(there.path_gain[i], here.path_gain[i], 1e-5 * here.path_gain[i]) << edges << " " << i;
  }
}

TEST_P(EveryMapDevice, RefusalsNameWhatIsMissing) {
  Scene s = closed_box();
  const auto refusal = [&](const Surface& surface, const RadioMapOptions& o, const std::string& word) {
    try {
      solve_radio_map(s, surface, o);
      ADD_FAILURE() << "accepted: " << word;
    } catch (const Error& e) {
      const std::string said = e.what();
      for (const std::string& part : {word, std::string("device "), std::string("use device cpu")})
        EXPECT_NE(said.find(part), std::string::npos) << said;
    }
  };
  RadioMapOptions o = options(1, false);
  o.device = GetParam();
  o.diffuse_reflection = true;
  const auto even = [](const auto& u_i, const auto& u_o) { return 0.0 * (u_i.z + u_o.z) + 1.0; };
  em::make_lobe("even_everywhere", std::make_shared<em::LobeFunctionOf<decltype(even)>>(even), {});
  s.materials[0].scattering_pattern = "even_everywhere";
  EXPECT_NO_THROW(solve_radio_map(s, cells_of(s), o));  // nothing scatters by it
  s.materials[0].scattering_coefficient = 0.5;
  refusal(cells_of(s), o, "lobe of one's own");
}

TEST(FixedSum, HasTheSameBitsInAnyOrder) {
  std::vector<float> terms;
  double exact = 0;
  for (uint64_t i = 0; i < 5000; ++i) {
    terms.push_back(float(std::exp(30 * (random_uniform(1, 2, i, 0) - 0.6))));  // 8 decades down, 5 up
    exact += double(terms.back());
  }
  runtime::FixedSum forward, backward;
  const double units = 0x1.0p30;
  for (size_t i = 0; i < terms.size(); ++i) {
    forward.add(units * double(terms[i]));
    if (i % 100 == 0) forward.carry();
    backward.add(units * double(terms[terms.size() - 1 - i]));
  }
  forward.carry(), backward.carry();
  EXPECT_EQ(forward.high, backward.high);
  EXPECT_EQ(forward.low, backward.low);
  // half a unit of the lower word each, and the roundings of the double sum
  EXPECT_NEAR(forward.units() / units, exact, 5000 * (0x1.0p-63 + exact * std::numeric_limits<double>::epsilon()));
  runtime::FixedSum one;
  one.add(units * double(1.2345e-5f));
  EXPECT_EQ(one.units() / units, double(1.2345e-5f));  // exact
}

}  // namespace
}  // namespace raywave::maps
