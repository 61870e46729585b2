// SPDX-License-Identifier: Apache-2.0
// Laws that paths obey, against closed forms: Friis, images between plates, Fresnel at the ground, reciprocity, slabs
// in the way, independence of the mesh.
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "raywave/core/constants.h"
#include "raywave/em/fresnel.h"
#include "raywave/paths/path_solver.h"
#include "scenes.h"

namespace raywave {
namespace {

using paths::Interaction;
using paths::PathOptions;
using paths::Paths;
using paths::solve_paths;
using test::antenna;

constexpr double kRounding = 1e-12;  // relative; some hundred operations on doubles

void add_devices(scene::Scene& s, const Vec3d& tx, const Vec3d& rx, const std::string& polarization = "VH") {
  s.add_transmitter({"tx", tx, {}, {}, antenna("iso", polarization)});
  s.add_receiver({"rx", rx, {}, {}, antenna("iso", polarization)});
}

TEST(PathLaws, FreeSpaceIsFriis) {
  scene::Scene s;
  add_devices(s, {0, 0, 0}, {30, 40, 0}, "V");
  const Paths p = solve_paths(s, {});
  ASSERT_EQ(p.num_paths(), 1);
  EXPECT_NEAR(p.tau_s[0], 50 / kSpeedOfLight, kRounding * p.tau_s[0]);
  EXPECT_NEAR(p.a[0].re, s.wavelength_m() / (4 * kPi * 50), kRounding);
  EXPECT_NEAR(p.a[0].im, 0, kRounding);
  EXPECT_NEAR(p.theta_t[0], kPi / 2, kRounding);
  EXPECT_NEAR(p.phi_t[0], std::atan2(40.0, 30.0), kRounding);
  EXPECT_NEAR(p.phi_r[0], std::atan2(-40.0, -30.0), kRounding);
}

TEST(PathLaws, GroundReflectsWithTheFresnelCoefficients) {
  for (const double f : {0.9e9, 3.5e9, 28e9}) {
    for (const double distance : {1.0, 20.0, 400.0}) {
      scene::Scene s = test::load("two_ray_floor");
      s.frequency_hz = f;
      const double ht = 10, hr = 1.5;
      add_devices(s, {-distance / 2, 0, ht}, {distance / 2, 0, hr});
      const Paths p = solve_paths(s, {});
      ASSERT_EQ(p.num_paths(), 2) << distance;
      const double length = std::hypot(distance, ht + hr), cos_theta = (ht + hr) / length;
      const auto c = em::coefficients(cos_theta, em::properties_at(s.materials[0], f), s.wavelength_m());
      const double spreading = s.wavelength_m() / (4 * kPi * length);
      // Vertical antennas are TM, horizontal ones TE.
      const Complexd* t = &p.transfer[4];
      EXPECT_NEAR(abs(t[0]), spreading * abs(c.r_tm), kRounding * spreading) << f << " " << distance;
      EXPECT_NEAR(abs(t[3]), spreading * abs(c.r_te), kRounding * spreading);
      EXPECT_LT(abs(t[1]) + abs(t[2]), kRounding * spreading);
      // The receiver looks back: its phi_hat is the transmitter's turned over.
      EXPECT_LT(abs(t[3] + spreading * c.r_te), kRounding * spreading);
    }
  }
}

TEST(PathLaws, PlatesGiveOneImageAnOrderAndSide) {
  scene::Scene s;
  const int pec = s.add_material(test::perfect_conductor());
  scene::Mesh left, right;
  test::add_rectangle(left, {-500, 0, -500}, {1000, 0, 0}, {0, 0, 1000});
  test::add_rectangle(right, {-500, 4, -500}, {0, 0, 1000}, {1000, 0, 0});
  s.add_object({"left", left, pec});
  s.add_object({"right", right, pec});
  const double y_tx = 1, y_rx = 2.5, distance = 20, width = 4;
  add_devices(s, {0, y_tx, 0}, {distance, y_rx, 0}, "V");
  PathOptions o;
  o.max_depth = 6;
  for (const auto finder : {paths::Finder::kShootAndBounce, paths::Finder::kExhaustive}) {
    o.finder = finder;
    const Paths p = solve_paths(s, o);
    std::vector<double> expected;
    for (int order = 0; order <= o.max_depth; ++order) {
      // images of the source: y -> -y and y -> 2 width - y in turn, beginning with either plate
      for (int side = 0; side < (order == 0 ? 1 : 2); ++side) {
        double y = y_tx;
        for (int k = 0; k < order; ++k) y = (k + side) % 2 == 0 ? -y : 2 * width - y;
        expected.push_back(std::hypot(distance, y_rx - y));
      }
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(p.num_paths(), int64_t(expected.size()));
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(p.tau_s[i] * kSpeedOfLight, expected[i], kRounding * expected[i]);
      // vertical fields are TE on vertical plates: -1 at each
      const auto order = p.interaction_begin[i + 1] - p.interaction_begin[i];
      const double a = s.wavelength_m() / (4 * kPi * expected[i]) * (order % 2 ? -1 : 1);
      EXPECT_NEAR(p.a[i].re, a, kRounding);
    }
  }
}

TEST(PathLaws, SwappingTheEndsTransposesTheTransfer) {
  scene::Scene s = test::load("street_canyon");
  scene::Scene swapped = s;
  const Vec3d a{-20, 1, 12}, b{25, -2, 1.5};
  add_devices(s, a, b);
  add_devices(swapped, b, a);
  PathOptions o;
  o.finder = paths::Finder::kExhaustive;
  const Paths forth = solve_paths(s, o), back = solve_paths(swapped, o);
  ASSERT_GT(forth.num_paths(), 3);
  ASSERT_EQ(forth.num_paths(), back.num_paths());
  for (int64_t p = 0; p < forth.num_paths(); ++p) {
    EXPECT_NEAR(forth.tau_s[p], back.tau_s[p], kRounding * forth.tau_s[p]);
    double scale = 0;
    for (int k = 0; k < 4; ++k) scale = std::max(scale, abs(forth.transfer[4 * p + k]));
    for (int row = 0; row < 2; ++row) {
      for (int col = 0; col < 2; ++col) {
        EXPECT_LT(abs(forth.transfer[4 * p + 2 * row + col] - back.transfer[4 * p + 2 * col + row]), 1e-10 * scale);
      }
    }
  }
}

TEST(PathLaws, ShootingFindsWhatTheExhaustiveFinderFinds) {
  for (const char* name : {"street_canyon", "corridor", "room", "wedge", "two_screens"}) {
    for (const bool refraction : {false, true}) {
      scene::Scene s = test::load(name);
      Vec3d lo, hi;
      s.bounding_box(lo, hi);
      const auto inside = [&](double x, double y, double z) {
        return Vec3d{lo.x + x * (hi.x - lo.x), lo.y + y * (hi.y - lo.y), lo.z + z * (hi.z - lo.z)};
      };
      add_devices(s, inside(0.31, 0.47, 0.4), inside(0.63, 0.52, 0.3), "V");
      PathOptions o;
      o.max_depth = refraction ? 2 : 3;
      o.refraction = refraction;
      const Paths shot = solve_paths(s, o);
      o.finder = paths::Finder::kExhaustive;
      const Paths all = solve_paths(s, o);
      EXPECT_EQ(shot.tau_s, all.tau_s) << name;
      EXPECT_EQ(shot.surfaces, all.surfaces) << name;
    }
  }
}

/// Both ends in the plane of a roof: the limit from above has the ray and its reflection, which take each other away.
/// No ray that is shot meets that roof.
TEST(PathLaws, ARayAlongARoofIsReflectedThere) {
  scene::Scene s;
  s.frequency_hz = 1e9;
  s.add_material(em::itu_material("concrete", 0.1));
  s.add_object({"block", scene::box({-1, -1, 0}, {2, 2, 1.5}), 0});
  scene::Mesh wall;
  scene::add_rectangle(wall, {-20, 6, -10}, {40, 0, 0}, {0, 0, 20});
  s.add_object({"wall", wall, 0});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {-4, -0.6, 1.5}, {}, {}, test::antenna("iso", "VH")});
  s.add_receiver({"straight", {5, 0.3, 1.5}, {}, {}, test::antenna("iso", "VH")});
  for (const auto finder : {paths::Finder::kExhaustive, paths::Finder::kShootAndBounce}) {
    for (const bool los : {true, false}) {
      paths::PathOptions o;
      o.finder = finder;
      o.max_depth = 2;
      o.los = los;
      const Paths p = solve_paths(s, o);
      Complexd sum[4];
      size_t direct = 0;
      for (int64_t i = p.links[0].path_begin; i < p.links[0].path_end; ++i) {
        if (std::abs(p.tau_s[size_t(i)] * kSpeedOfLight - norm(Vec3d{9, 0.9, 0})) > 1e-9) continue;
        ++direct;
        for (size_t k = 0; k < 4; ++k) sum[k] += p.transfer[4 * size_t(i) + k];
      }
      EXPECT_EQ(direct, los ? 2u : 1u);
      for (size_t k = 0; k < 4 && los; ++k) EXPECT_LT(abs(sum[k]), 1e-9 * abs(p.transfer[0]));
    }
  }
}

TEST(PathLaws, SplittingEveryFaceTenfoldChangesNothing) {
  std::vector<Paths> results;
  for (const int n : {1, 10}) {
    scene::Scene s;
    const int concrete = s.add_material(em::itu_material("concrete"));
    s.add_object({"room", test::box({0, 0, 0}, {10, 7, 3}, n), concrete});
    s.add_object({"cupboard", test::box({4, 2, 0}, {1, 1, 2}, n), concrete});
    scene::clean_meshes(s);
    add_devices(s, {1.2, 1.7, 2.2}, {8.3, 5.1, 1.1});
    PathOptions o;
    o.refraction = true;
    results.push_back(solve_paths(s, o));
  }
  ASSERT_GT(results[0].num_paths(), 20);
  ASSERT_EQ(results[0].num_paths(), results[1].num_paths());
  for (int64_t p = 0; p < results[0].num_paths(); ++p) {
    EXPECT_NEAR(results[0].tau_s[p], results[1].tau_s[p], 1e-9 * results[0].tau_s[p]);
    for (int k = 0; k < 4; ++k)
      EXPECT_LT(abs(results[0].transfer[4 * p + k] - results[1].transfer[4 * p + k]), 1e-9 * 1e-3);
  }
}

TEST(PathLaws, AWallInTheWayTransmitsAsTheSlabFormulaSays) {
  scene::Scene s;
  const int brick = s.add_material(em::itu_material("brick", 0.2));
  scene::Mesh wall;
  test::add_rectangle(wall, {0, -50, -50}, {0, 100, 0}, {0, 0, 100});
  s.add_object({"wall", wall, brick});
  add_devices(s, {-3, 0, 0}, {5, 6, 0});
  EXPECT_EQ(solve_paths(s, {}).num_paths(), 0);
  PathOptions o;
  o.refraction = true;
  const Paths p = solve_paths(s, o);
  ASSERT_EQ(p.num_paths(), 1);
  EXPECT_EQ(p.interactions, std::vector<Interaction>{Interaction::kRefraction});
  EXPECT_NEAR(norm(p.vertices_m[0] - Vec3d{0, 2.25, 0}), 0, kRounding * 10);
  const auto c = em::coefficients(0.8, em::properties_at(s.materials[0], s.frequency_hz), s.wavelength_m());
  const double spreading = s.wavelength_m() / (4 * kPi * 10);
  EXPECT_LT(abs(p.transfer[0] - spreading * c.t_te), kRounding * spreading);  // vertical field, vertical wall: TE
  EXPECT_LT(abs(p.transfer[3] + spreading * c.t_tm), kRounding * spreading);  // phi_hat at the receiver is turned over
  o.max_depth = 0;
  EXPECT_EQ(solve_paths(s, o).num_paths(), 0);  // the transmission counts
}

TEST(PathLaws, AMetalWallTransmitsNothing) {
  scene::Scene s;
  const int metal = s.add_material(em::itu_material("metal"));
  scene::Mesh wall;
  test::add_rectangle(wall, {0, -50, -50}, {0, 100, 0}, {0, 0, 100});
  s.add_object({"wall", wall, metal});
  add_devices(s, {-3, 0, 0}, {5, 6, 0});
  PathOptions o;
  o.refraction = true;
  EXPECT_EQ(solve_paths(s, o).num_paths(), 0);
}

TEST(PathLaws, TwoObjectsThatShareAWallGiveOnePath) {
  scene::Scene s;
  const int concrete = s.add_material(em::itu_material("concrete")), brick = s.add_material(em::itu_material("brick"));
  s.add_object({"house", test::box({0, 0, 0}, {5, 5, 5}), concrete});
  scene::Mesh poster;
  test::add_rectangle(poster, {0, 1, 1}, {0, 0, 3}, {0, 3, 0});
  s.add_object({"poster", poster, brick});
  scene::clean_meshes(s);
  add_devices(s, {-4, 1, 2}, {-4, 4, 2.5}, "V");
  for (const auto finder : {paths::Finder::kShootAndBounce, paths::Finder::kExhaustive}) {
    PathOptions o;
    o.finder = finder;
    const Paths p = solve_paths(s, o);
    ASSERT_EQ(p.num_paths(), 2);  // direct, and one reflection although two facets lie there
    EXPECT_EQ(p.object_names[size_t(p.objects[0])], "house");
  }
}

TEST(PathLaws, DopplerIsTheRateOfThePathLength) {
  scene::Scene s;
  const int pec = s.add_material(test::perfect_conductor());
  scene::Mesh wall;
  test::add_rectangle(wall, {-100, 5, -100}, {200, 0, 0}, {0, 0, 200});
  s.add_object({"wall", wall, pec});
  add_devices(s, {0, 0, 0}, {20, 1, 3}, "V");
  s.transmitters[0].velocity_m_per_s = {10, -2, 1};
  s.receivers[0].velocity_m_per_s = {-3, 4, 0.5};
  s.objects[0].velocity_m_per_s = {0, 7, 0};
  const Paths now = solve_paths(s, {});
  const double dt = 1e-6;
  const auto moved_delays = [&](double t) {
    scene::Scene later = s;
    later.transmitters[0].position_m += t * s.transmitters[0].velocity_m_per_s;
    later.receivers[0].position_m += t * s.receivers[0].velocity_m_per_s;
    for (auto& v : later.objects[0].mesh.vertices_m) v += t * s.objects[0].velocity_m_per_s;
    return solve_paths(later, {}).tau_s;
  };
  const auto before = moved_delays(-dt), after = moved_delays(dt);
  ASSERT_EQ(now.num_paths(), 2);
  for (size_t i = 0; i < 2; ++i) {
    const double rate = (after[i] - before[i]) / (2 * dt);
    // second difference of two delays of 1e-7 s known to 1e-23 s
    EXPECT_NEAR(now.doppler_hz[i], -s.frequency_hz * rate, 1e-6 * std::abs(now.doppler_hz[i]));
  }
}

TEST(PathLaws, ExactElementsAgreeWithPlaneWavesFarAway) {
  scene::Scene s = test::load("two_ray_floor");
  s.add_transmitter({"tx", {-150, 0, 30}, {0.2, 0.1, 0}, {}, antenna("dipole", "VH", 2, 2)});
  s.add_receiver({"rx", {150, 20, 20}, {3, 0, 0.3}, {}, antenna("iso", "cross", 1, 3)});
  PathOptions o;
  const paths::PaddedPaths synthetic = padded(solve_paths(s, o));
  o.synthetic_array = false;
  const paths::PaddedPaths exact = padded(solve_paths(s, o));
  ASSERT_EQ(synthetic.num_paths, 2);
  ASSERT_EQ(exact.a.size(), synthetic.a.size());
  ASSERT_EQ(exact.tau_s.size(), exact.a.size());
  const double k = 2 * kPi * s.frequency_hz;
  for (size_t i = 0; i < exact.a.size(); ++i) {
    const size_t path = i % 2;
    // the synthetic gain holds the phase of the element's place, the exact one has it in its delay
    const Complexd placed = exact.a[i] * expj(-k * (exact.tau_s[i] - synthetic.tau_s[path]));
    // aperture of a wavelength at 300 m: angles to 3e-4 rad, wavefront curvature far below
    EXPECT_LT(abs(placed - synthetic.a[i]), 2e-3 * abs(synthetic.a[i]) + 1e-9) << i;
  }
}

TEST(PathSolver, SameBytesForAnyThreadsAndBatches) {
  scene::Scene s = test::load("old_town");
  s.add_transmitter({"tx", {-20, 10, 30}});
  s.add_transmitter({"tx2", {40, -30, 25}});
  for (int i = 0; i < 6; ++i) s.add_receiver({"rx" + std::to_string(i), {-60.0 + 25 * i, 5.0 + 7 * i, 1.5}});
  PathOptions o;
  o.samples_per_tx = 200000;
  o.refraction = true;
  o.num_threads = 1;
  const Paths one = solve_paths(s, o);
  o.num_threads = 2;
  const Paths two = solve_paths(s, o);
  ASSERT_GT(one.num_paths(), 10);
  const auto bytes = [](const Paths& p, int64_t begin, int64_t end) {
    std::vector<double> v;
    for (int64_t i = begin; i < end; ++i) {
      for (const auto* column : {&p.tau_s, &p.theta_t, &p.phi_t, &p.theta_r, &p.phi_r, &p.doppler_hz})
        v.push_back((*column)[size_t(i)]);
      for (int k = 0; k < 4; ++k)
        v.push_back(p.transfer[size_t(4 * i + k)].re), v.push_back(p.transfer[size_t(4 * i + k)].im);
      for (int64_t k = p.interaction_begin[size_t(i)]; k < p.interaction_begin[size_t(i) + 1]; ++k)
        v.push_back(p.vertices_m[size_t(k)].x);
    }
    return v;
  };
  EXPECT_EQ(bytes(one, 0, one.num_paths()), bytes(two, 0, two.num_paths()));
  for (size_t r = 0; r < s.receivers.size(); ++r) {  // each receiver in a call of its own
    scene::Scene alone = s;
    alone.receivers = {s.receivers[r]};
    const Paths single = solve_paths(alone, o);
    const int64_t begin = one.links[r * 2].path_begin, end = one.links[r * 2 + 1].path_end;
    EXPECT_EQ(bytes(single, 0, single.num_paths()), bytes(one, begin, end)) << r;
  }
}

TEST(PathSolver, BadOptionsAndScenesAreNamed) {
  scene::Scene s;
  EXPECT_THROW(solve_paths(s, {}), Error);  // no transmitter
  add_devices(s, {0, 0, 0}, {1, 0, 0});
  const auto expect_message = [&](const PathOptions& o, const char* part) {
    try {
      solve_paths(s, o);
      FAIL() << part;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  };
  PathOptions o;
  o.max_depth = -1;
  expect_message(o, "max_depth must be >= 0, got -1");
  o.max_depth = 1001;
  expect_message(o, "max_depth must be <= 1000, got 1001");
  o = {};
  o.samples_per_tx = 0;
  expect_message(o, "samples_per_tx must be >= 1, got 0");
  s.frequency_hz = -1;
  expect_message({}, "frequency_hz must be > 0, got -1");
}

TEST(PathSolver, StopsWhenTheProgressCallbackAsks) {
  scene::Scene s = test::load("street_canyon");
  add_devices(s, {-20, 1, 12}, {25, -2, 1.5});
  PathOptions o;
  int calls = 0;
  o.progress = [&](int64_t, int64_t) { return ++calls < 3; };
  EXPECT_THROW(solve_paths(s, o), runtime::Interrupted);
}

TEST(PathSolver, DepthZeroIsTheDirectPathAlone) {
  scene::Scene s = test::load("two_ray_floor");
  add_devices(s, {0, 0, 10}, {20, 0, 1.5});
  PathOptions o;
  o.max_depth = 0;
  EXPECT_EQ(solve_paths(s, o).num_paths(), 1);
  o.los = false;
  EXPECT_EQ(solve_paths(s, o).num_paths(), 0);
}

}  // namespace
}  // namespace raywave
