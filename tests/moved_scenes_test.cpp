// SPDX-License-Identifier: Apache-2.0
// It does not matter where a scene lies, how it is turned, how large it is, in which order its objects stand and how
// their faces are cut: random scenes of touching boxes and plates on a lattice (so that planes are shared and places
// symmetric), devices on faces, edges and planes of symmetry, each compared with itself in another guise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "field_walk.h"
#include "raywave/core/constants.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/paths_derivative.h"
#include "scenes.h"

namespace raywave {
namespace {

using paths::Finder;
using paths::PathOptions;
using paths::Paths;
using paths::solve_paths;
using test::antenna;
using test::total_field;

em::Material stone(double thickness_m = 0.2) {
  em::Material m{"stone"};
  m.relative_permittivity = 5;
  m.conductivity_s_per_m = 0.1;
  m.thickness_m = thickness_m;
  return m;
}

/// Boxes and plates with corners on multiples of half a metre; devices on multiples of a quarter: many of them on faces
/// and in planes of symmetry.
class Lattice {
 public:
  explicit Lattice(uint32_t seed) : random_(seed) {
    scene_.frequency_hz = 1.5e9;
    scene_.add_material(stone());
    const int n = pick(2, 5);
    for (int i = 0; i < n; ++i) scene_.add_object({"object" + std::to_string(i), mesh(), 0});
    for (int i = 0; i < 2; ++i) {
      const Vec3d p{0.25 * pick(-10, 10), 0.25 * pick(-10, 10), 0.25 * pick(-10, 10)};
      const scene::Device d{"device" + std::to_string(i), p, {}, {}, antenna("iso", "VH")};
      i == 0 ? scene_.add_transmitter(d) : scene_.add_receiver(d);
    }
    if (scene_.transmitters[0].position_m == scene_.receivers[0].position_m) scene_.receivers[0].position_m.x += 3;
  }
  const scene::Scene& scene() const { return scene_; }
  std::mt19937& random() { return random_; }

 private:
  int pick(int lo, int hi) { return std::uniform_int_distribution<int>(lo, hi)(random_); }
  scene::Mesh mesh() {
    const Vec3d at{0.5 * pick(-4, 3), 0.5 * pick(-4, 3), 0.5 * pick(-4, 3)};
    const Vec3d size{0.5 * pick(1, 6), 0.5 * pick(1, 6), 0.5 * pick(1, 6)};
    if (pick(0, 1) == 0) return test::box(at, size);
    scene::Mesh m;
    const int axis = pick(0, 2);
    test::add_rectangle(m, at, axis == 0 ? Vec3d{0, size.y, 0} : Vec3d{size.x, 0, 0},
                        axis == 2 ? Vec3d{0, size.y, 0} : Vec3d{0, 0, size.z});
    return m;
  }
  std::mt19937 random_;
  scene::Scene scene_;
};

template <class Map>
scene::Scene mapped(scene::Scene s, const Map& map) {
  for (auto& o : s.objects) {
    for (Vec3d& v : o.mesh.vertices_m) v = map(v);
  }
  for (auto* devices : {&s.transmitters, &s.receivers}) {
    for (auto& d : *devices) d.position_m = map(d.position_m);
  }
  return s;
}

PathOptions exhaustive(bool refraction) {
  PathOptions o;
  o.max_depth = 2;
  o.refraction = refraction;
  o.finder = Finder::kExhaustive;
  return o;
}

struct Result {
  int64_t paths;
  double gain;
  std::vector<Complexd> field;
};
Result solve(const scene::Scene& s, const PathOptions& o) {
  const Paths p = solve_paths(s, o);
  Result r{p.num_paths(), 0, total_field(p, p.links[0])};
  for (const Complexd& a : p.a) r.gain += norm2(a);
  return r;
}

constexpr uint32_t kScenes = 60;

TEST(MovedScenes, AnExactMoveChangesNothing) {
  for (uint32_t seed = 0; seed < kScenes; ++seed) {
    const Lattice lattice(seed);
    for (const bool refraction : {false, true}) {
      const PathOptions o = exhaustive(refraction);
      const Result here = solve(lattice.scene(), o);
      for (const Vec3d& by : {Vec3d{5e5, 5e6, 400}, Vec3d{-1e7, 1e7, 1e7 + 0.5}}) {
        const Result there = solve(mapped(lattice.scene(), [&](const Vec3d& v) { return v + by; }), o);
        EXPECT_EQ(there.paths, here.paths) << seed << " " << refraction;
        EXPECT_NEAR(there.gain, here.gain, 1e-9 * here.gain) << seed << " " << refraction;
      }
    }
  }
}

TEST(MovedScenes, ScaledWithItsWavelengthAllGainsStay) {
  for (uint32_t seed = 0; seed < kScenes; ++seed) {
    const Lattice lattice(seed);
    const PathOptions o = exhaustive(false);
    const Result one = solve(lattice.scene(), o);
    for (const double k : {1e-6, 1e-3, 0.1, 1e3, 1e6}) {
      scene::Scene s = mapped(lattice.scene(), [&](const Vec3d& v) { return k * v; });
      s.frequency_hz /= k;
      s.materials[0].thickness_m *= k;
      s.materials[0].conductivity_s_per_m /= k;
      const Result scaled = solve(s, o);
      EXPECT_EQ(scaled.paths, one.paths) << seed << " " << k;
      EXPECT_NEAR(scaled.gain, one.gain, 1e-9 * one.gain) << seed << " " << k;
    }
  }
}

TEST(MovedScenes, TurnedAndFarAwayItIsTheSameToTheRoundingOfCoordinates) {
  for (uint32_t seed = 0; seed < kScenes; ++seed) {
    Lattice lattice(seed);
    std::uniform_real_distribution<double> angle(-kPi, kPi);
    const Mat3d turn = rotation_from_euler(Vec3d{angle(lattice.random()), angle(lattice.random()), 0.3});
    for (const bool refraction : {false, true}) {
      const PathOptions o = exhaustive(refraction);
      const Result here = solve(lattice.scene(), o);
      // On a boundary of what a plate's rim lets through, turned scenes may take the limit from the other side.
      std::set<int64_t> counts{here.paths};
      for (const double sign : {1.0, -1.0}) {
        scene::Scene beside = lattice.scene();
        beside.receivers[0].position_m += sign * Vec3d{2e-7, 5e-7, 3e-7};
        counts.insert(solve(beside, o).paths);
      }
      for (const double far_m : {0.0, 1e7}) {
        const Vec3d by{far_m, -0.7 * far_m, 0.4 * far_m};
        const Result there = solve(mapped(lattice.scene(), [&](const Vec3d& v) { return turn * v + by; }), o);
        EXPECT_TRUE(counts.count(there.paths)) << seed << " " << refraction << " " << far_m << ": " << there.paths;
      }
    }
  }
}

TEST(MovedScenes, OrderAndDiagonalsOfFacesDoNotMatter) {
  for (uint32_t seed = 0; seed < kScenes; ++seed) {
    const Lattice lattice(seed);
    for (const bool refraction : {false, true}) {
      const PathOptions o = exhaustive(refraction);
      const Result here = solve(lattice.scene(), o);
      scene::Scene other = lattice.scene();
      std::reverse(other.objects.begin(), other.objects.end());
      for (auto& object : other.objects) {  // rectangles are pairs of triangles a b c, a c d
        auto& t = object.mesh.triangles;
        const size_t n = t.size();
        for (size_t i = 0; i + 1 < n; i += 2) {
          if (t[i][0] != t[i + 1][0] || t[i][2] != t[i + 1][1]) continue;
          const auto [a, b, c] = t[i];
          const uint32_t d = t[i + 1][2];
          t.push_back({b, c, d});  // given twice, cut along the other diagonal
          t.push_back({b, d, a});
        }
      }
      const Result there = solve(other, o);
      EXPECT_EQ(there.paths, here.paths) << seed << " " << refraction;
      for (size_t k = 0; k < here.field.size(); ++k)
        EXPECT_LT(abs(there.field[k] - here.field[k]), 1e-12) << seed << " " << refraction;
    }
  }
}

TEST(MovedScenes, EndsMayBeSwapped) {
  for (uint32_t seed = 0; seed < kScenes; ++seed) {
    const Lattice lattice(seed);
    for (const bool refraction : {false, true}) {
      const PathOptions o = exhaustive(refraction);
      scene::Scene swapped = lattice.scene();
      std::swap(swapped.transmitters[0].position_m, swapped.receivers[0].position_m);
      const Result there = solve(swapped, o), here = solve(lattice.scene(), o);
      EXPECT_EQ(there.paths, here.paths) << seed << " " << refraction;
      EXPECT_NEAR(there.gain, here.gain, 1e-12 * here.gain) << seed << " " << refraction;
    }
  }
}

// ---- Symmetric places ----

scene::Scene room(const em::Material& material, const Vec3d& tx, const Vec3d& rx) {
  scene::Scene s;
  s.frequency_hz = 2.4e9;
  s.add_material(material);
  s.add_object({"room", test::box({0, 0, 0}, {6, 4, 3}), 0});
  s.add_transmitter({"tx", tx, {}, {}, antenna("iso", "VH")});
  s.add_receiver({"rx", rx, {}, {}, antenna("iso", "VH")});
  return s;
}

TEST(SymmetricPlaces, ReflectionsInTheLineOfTwoWallsAreThere) {
  for (const em::Material& material : {test::perfect_conductor(), stone()}) {
    for (const auto& [tx, rx] : {std::pair{Vec3d{1, 2, 1.5}, Vec3d{5, 2, 1.5}},
                                 {Vec3d{1, 2, 1.1}, Vec3d{5, 2, 1.5}},
                                 {Vec3d{3, 2, 1.5}, Vec3d{3, 2, 2.5}}}) {
      for (const auto& [depth, count] : {std::pair{2, 25}, {3, 63}, {4, 129}}) {
        PathOptions o = exhaustive(false);
        o.max_depth = depth;
        const Result here = solve(room(material, tx, rx), o);
        EXPECT_EQ(here.paths, count);
        const Result beside = solve(room(material, tx, rx + Vec3d{0, 1e-9, 0.7e-9}), o);
        // in lossy walls the two orders differ a little in polarisation; from which side the limit is taken is a rule
        EXPECT_NEAR(here.gain, beside.gain, (material.perfect_conductor ? 1e-7 : 1e-5) * here.gain);
      }
    }
  }
}

TEST(SymmetricPlaces, ADeviceOnAFaceReceivesTheLimitFromTheOthersSide) {
  for (const em::Material& material : {test::perfect_conductor(), stone()}) {
    for (const double half_m : {30.0, 3e3, 3e4}) {
      scene::Scene s;
      s.frequency_hz = 1e9;
      s.add_material(material);
      scene::Mesh ground;
      test::add_rectangle(ground, {-half_m, -half_m, 0}, {2 * half_m, 0, 0}, {0, 2 * half_m, 0});
      s.add_object({"ground", ground, 0});
      s.add_transmitter({"tx", {0, 0, 0}, {}, {}, antenna("iso", "VH")});
      s.add_receiver({"rx", {12, 3, 4}, {}, {1, 0, 0}, antenna("iso", "VH")});
      for (const Finder finder : {Finder::kExhaustive, Finder::kShootAndBounce}) {
        for (const bool refraction : {false, true}) {
          for (const double side : {1.0, -1.0}) {
            PathOptions o = exhaustive(refraction);
            o.max_depth = 1;
            o.finder = finder;
            o.samples_per_tx = 10000;
            s.receivers[0].position_m = {12, 3, side * 4};
            s.transmitters[0].position_m = {0, 0, side * 1e-5};
            const Result beside = solve(s, o);
            for (const double height_m : {0.0, 1e-9, 1e-7}) {
              s.transmitters[0].position_m = {0, 0, side * height_m};
              const Paths p = solve_paths(s, o);
              ASSERT_EQ(p.num_paths(), 2) << half_m << " " << refraction << " " << height_m;
              const auto field = total_field(p, p.links[0]);
              const double unit = s.wavelength_m() / (4 * kPi * 13);
              for (size_t k = 0; k < field.size(); ++k)
                EXPECT_LT(abs(field[k] - beside.field[k]), 1e-3 * unit);  // 2 k h
              for (const double f : p.doppler_hz) EXPECT_NEAR(f, -12 / 13.0 / s.wavelength_m(), 1e-6);
              scene::Scene swapped = s;
              std::swap(swapped.transmitters[0].position_m, swapped.receivers[0].position_m);
              const Result back = solve(swapped, o);
              EXPECT_EQ(back.paths, 2);
              double gain = 0;
              for (const Complexd& a : p.a) gain += norm2(a);
              EXPECT_NEAR(back.gain, gain, 1e-12 * gain);
              // a derivative is there, and finite
              paths::PathsDerivative cotangent;
              for (const Complexd& a : p.a) cotangent.a.push_back(2.0 * a);
              const paths::PreparedScene prepared(s);
              const auto g = paths::paths_vjp(s, prepared, o, p, cotangent);
              EXPECT_TRUE(is_finite(g.transmitters[0].position_m));
              EXPECT_GT(norm(g.receivers[0].position_m), 0);
            }
          }
        }
      }
    }
  }
}

/// Two devices on the ground with a house between them: no sight under the ground, for which its winding does not
/// matter where the house's floor lies on it. With diffraction they have the house's edges.
TEST(SymmetricPlaces, DevicesOnTheGroundDoNotSeeEachOtherUnderIt) {
  scene::Scene s;
  s.frequency_hz = 1e9;
  s.add_material(em::itu_material("concrete"));
  scene::Mesh ground;
  scene::add_rectangle(ground, {-20, -20, 0}, {40, 0, 0}, {0, 40, 0}, 1);
  s.add_object({"ground", ground, 0});
  s.add_object({"house", test::box({-2, -3, 0}, {4, 6, 5}), 0});
  scene::clean_meshes(s);
  em::PlanarArrayOptions array;
  s.add_transmitter({"tx", {-7, 0.5, 0}, {}, {}, em::planar_array(array)});
  s.add_receiver({"rx", {8, -0.25, 0}, {}, {}, em::planar_array(array)});
  s.add_receiver({"beside", {-7, 9, 0}, {}, {}, em::planar_array(array)});
  paths::PathOptions o;
  o.max_depth = 2;
  const paths::Paths p = solve_paths(s, o);
  EXPECT_EQ(p.links[0].path_begin, p.links[0].path_end);
  EXPECT_LT(p.links[1].path_begin, p.links[1].path_end);
  o.diffraction = true;
  const paths::Paths d = solve_paths(s, o);
  EXPECT_LT(d.links[0].path_begin, d.links[0].path_end);
  for (int64_t i = d.links[0].path_begin; i < d.links[0].path_end; ++i) {
    for (int64_t k = d.interaction_begin[size_t(i)]; k < d.interaction_begin[size_t(i) + 1]; ++k)
      EXPECT_GE(d.vertices_m[size_t(k)].z, -1e-9);
  }
}

TEST(SymmetricPlaces, NothingLeaksOutOfAClosedBox) {
  // from the middle through corners and along diagonals, 3 km from the coordinates' origin and at it
  for (const Vec3d& at : {Vec3d{0, 0, 0}, Vec3d{3000, 3000, 0}}) {
    scene::Scene s;
    s.add_material(test::perfect_conductor());
    s.add_object({"box", test::box(at, {2, 2, 2}), 0});
    scene::Mesh ground;
    test::add_rectangle(ground, {-100, -100, -1}, {200, 0, 0}, {0, 200, 0});
    s.add_object({"ground", ground, 0});
    s.add_transmitter({"tx", at + Vec3d{1, 1, 1}, {}, {}, antenna("iso", "V")});
    for (int x = -3; x <= 3; ++x) {
      for (int y = -3; y <= 3; ++y) {
        for (int z = -3; z <= 3; ++z) {
          if (std::max({std::abs(x), std::abs(y), std::abs(z)}) < 2) continue;
          s.add_receiver({"rx" + std::to_string(s.receivers.size()),
                          at + Vec3d{1.0 + x, 1.0 + y, 1.0 + z},
                          {},
                          {},
                          antenna("iso", "V")});
        }
      }
    }
    EXPECT_EQ(solve_paths(s, exhaustive(false)).num_paths(), 0);
  }
}

TEST(SymmetricPlaces, WallsANanometreApartReflectOnce) {
  for (const bool both : {false, true}) {
    scene::Scene s;
    s.add_material(stone());
    for (int i = 0; i < (both ? 2 : 1); ++i) {
      scene::Mesh wall;
      test::add_rectangle(wall, {i * 1e-9, -5, -5}, {0, 10, 0}, {0, 0, 10});
      s.add_object({"wall" + std::to_string(i), wall, 0});
    }
    s.add_transmitter({"tx", {-4, 0.4, 0.3}, {}, {}, antenna("iso", "V")});
    s.add_receiver({"rx", {-5, 1.2, -0.7}, {}, {}, antenna("iso", "V")});
    PathOptions o = exhaustive(false);
    EXPECT_EQ(solve_paths(s, o).num_paths(), 2) << both;
    s.receivers[0].position_m = {5, 1, 1};
    EXPECT_EQ(solve_paths(s, o).num_paths(), 0) << both;
    o.refraction = true;
    const Paths p = solve_paths(s, o);
    ASSERT_EQ(p.num_paths(), 1) << both;
    EXPECT_EQ(p.interactions.size(), both ? 2u : 1u);
  }
}

TEST(SymmetricPlaces, AFarTransmitterIsShadowedByWhatIsInItsWay) {
  for (const double far_m : {1e3, 1e6, 2e7}) {
    scene::Scene s;
    s.add_material(test::perfect_conductor());
    s.add_object({"box", test::box({0, 0, 0}, {10, 10, 10}), 0});
    s.add_transmitter({"tx", {-far_m, 5, 5}, {}, {}, antenna("iso", "V")});
    for (const double y : {-0.1, 0.1, 5.0, 9.9, 10.1}) {
      s.add_receiver({"y" + std::to_string(y), {30, y, 5}, {}, {}, antenna("iso", "V")});
    }
    const Paths p = solve_paths(s, exhaustive(false));
    for (const auto& link : p.links) {
      // the shadow's rim is where rays from far away put it
      const double y = s.receivers[size_t(link.rx)].position_m.y;
      const double rim = 5 * (far_m + 30) / far_m;
      EXPECT_EQ(link.path_end - link.path_begin, std::abs(y - 5) > rim ? 1 : 0) << far_m << " " << y;
    }
  }
}

TEST(SymmetricPlaces, PlatesOfTwoMaterialsInOnePlaneBelongToTheFirstAndThatIsSaid) {
  scene::Scene s;
  s.add_material(test::perfect_conductor());
  s.add_material(stone());
  for (int i = 0; i < 2; ++i) {
    scene::Mesh m;
    test::add_rectangle(m, {-5, -5, 0}, {10, 0, 0}, {0, 10, 0});
    s.add_object({i == 0 ? "plate" : "floor", m, i});
  }
  s.add_transmitter({"tx", {-1, 0, 1}, {}, {}, antenna("iso", "V")});
  s.add_receiver({"rx", {1, 0, 1}, {}, {}, antenna("iso", "V")});
  PathOptions o = exhaustive(false);
  std::vector<std::string> said;
  o.log = [&](std::string_view text) { said.emplace_back(text); };
  const Paths p = solve_paths(s, o);
  ASSERT_EQ(p.num_paths(), 2);
  EXPECT_EQ(p.object_names[size_t(p.objects.back())], "plate");
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("'plate' and 'floor'"), std::string::npos) << said[0];
}

}  // namespace
}  // namespace raywave
