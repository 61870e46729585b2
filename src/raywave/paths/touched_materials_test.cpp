// SPDX-License-Identifier: Apache-2.0
// Materials that vary: one that is the same everywhere is the scene's own; derivatives by numbers and, through the
// place, by devices and vertices against differences of the whole solver; the two modes against each other.
#include "raywave/paths/touched_materials.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/random.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

using em::MaterialNumber;
using em::PlaceNumbers;
using scene::Scene;

/// A triangle for a floor and a tetrahedron: mirrors, transmissions and edges.
Scene tent() {
  Scene s;
  s.frequency_hz = 2e9;
  em::Material m{"wall"};
  m.relative_permittivity = 4;
  m.conductivity_s_per_m = 0.05;
  m.thickness_m = 0.05;
  m.scattering_coefficient = 0.2;
  s.add_material(m);
  m.name = "floor";
  s.add_material(m);
  s.add_object({"floor", {{{-40, -40, 0}, {50, -38, 0.1}, {3, 60, -0.2}}, {{0, 1, 2}}}, 1, {0, 0, 0}});
  s.add_object({"tent",
                {{{-2, -2, 0.5}, {3, -1.5, 0.6}, {0.5, 2.5, 0.4}, {0.3, 0.2, 4.1}},
                 {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}}},
                0,
                {0, 0, 0}});
  s.add_transmitter({"tx", {-6, 1, 3}});
  s.add_receiver({"rx", {5, -0.7, 1.4}});
  return s;
}

PathOptions options() {
  PathOptions o;
  o.max_depth = 3;
  o.diffraction = true;
  o.refraction = true;
  o.finder = Finder::kExhaustive;
  return o;
}

/// Smooth over metres; within the bounds.
PlaceNumbers<double> numbers_at(const Vec3d& p) {
  PlaceNumbers<double> n;
  n[MaterialNumber::kPermittivity] = 4 + 0.7 * std::sin(0.6 * p.x + 0.3 * p.y) + 0.2 * std::cos(0.5 * p.z);
  n[MaterialNumber::kConductivity] = 0.05 + 0.02 * std::sin(0.4 * p.y - 0.2 * p.x);
  n[MaterialNumber::kThickness] = 0.05 + 0.005 * std::sin(0.3 * p.x + p.z);
  n[MaterialNumber::kScattering] = 0.3 + 0.1 * std::cos(0.5 * p.x - 0.4 * p.y);
  return n;
}
std::array<Vec3d, em::kNumPlaceNumbers> slopes_at(const Vec3d& p) {
  std::array<Vec3d, em::kNumPlaceNumbers> out{};
  const double h = 1e-5;
  for (int axis = 0; axis < 3; ++axis) {
    Vec3d d;
    (axis == 0 ? d.x : axis == 1 ? d.y : d.z) = h;
    const auto more = numbers_at(p + d), less = numbers_at(p - d);
    for (size_t k = 0; k < out.size(); ++k) {
      const double slope = (more.numbers[k] - less.numbers[k]) / (2 * h);
      (axis == 0 ? out[k].x : axis == 1 ? out[k].y : out[k].z) = slope;
    }
  }
  return out;
}

struct Solved {
  Paths paths;
  TouchedMaterials touched;
};
/// The tent varies, the floor does not.
Solved solve(const Scene& s, const PreparedScene& prepared) {
  Solved out{solve_paths(s, prepared, options()), {}};
  std::vector<TouchedPlace> places;
  for (const TouchedPlace& p : touched_places(s, prepared, options(), out.paths)) {
    if (p.material == 0) places.push_back(p);
  }
  out.touched = touched_materials(out.paths.interactions.size(), places,
                                  [](const TouchedPlace& p) { return numbers_at(p.point_m); });
  for (const TouchedPlace& p : places) out.touched.slopes.push_back(slopes_at(p.point_m));
  revalue(s, prepared, options(), out.touched, out.paths);
  return out;
}
double loss(const Paths& p) {
  double sum = 0;
  for (const Complexd& a : p.a) sum += 1e9 * norm2(a);
  return sum;
}
PathsDerivative cotangent(const Paths& p) {
  PathsDerivative c;
  for (const Complexd& a : p.a) c.a.push_back(2e9 * a);
  return c;
}

TEST(TouchedMaterials, OneThatIsTheSameEverywhereIsTheScenesOwn) {
  const Scene s = tent();
  const PreparedScene prepared(s);
  Paths paths = solve_paths(s, prepared, options());
  const Paths before = paths;
  const auto places = touched_places(s, prepared, options(), paths);
  bool has[3] = {false, false, false};
  for (const Interaction i : paths.interactions) {
    has[0] |= i == Interaction::kSpecularReflection;
    has[1] |= i == Interaction::kRefraction;
    has[2] |= i == Interaction::kDiffraction;
  }
  ASSERT_TRUE(has[0] && has[1] && has[2]);
  Scene other = s;
  other.materials[0].relative_permittivity = other.materials[1].relative_permittivity = 7;
  const TouchedMaterials touched = touched_materials(paths.interactions.size(), places, [&](const TouchedPlace& p) {
    return em::numbers_of(other.materials[size_t(p.material)], s.frequency_hz, s.frequency_hz);
  });
  revalue(s, prepared, options(), touched, paths);
  const Paths wanted = solve_paths(other, prepared, options());
  ASSERT_EQ(paths.a.size(), wanted.a.size());
  double most = 0;
  for (size_t i = 0; i < paths.a.size(); ++i) most = std::max(most, std::sqrt(norm2(wanted.a[i])));
  for (size_t i = 0; i < paths.a.size(); ++i) EXPECT_LE(std::sqrt(norm2(paths.a[i] - wanted.a[i])), 1e-12 * most);
  // and the scene's materials alone give back what was there, but for the rounding of places to the scene's coordinates
  revalue(s, prepared, options(), {}, paths);
  for (size_t i = 0; i < paths.a.size(); ++i) EXPECT_LE(std::sqrt(norm2(paths.a[i] - before.a[i])), 1e-12 * most);
}

TEST(TouchedMaterials, AnglesAreThoseToTheNormal) {
  const Scene s = tent();
  const PreparedScene prepared(s);
  const Paths paths = solve_paths(s, prepared, options());
  size_t mirrors = 0;
  for (const TouchedPlace& p : touched_places(s, prepared, options(), paths)) {
    const auto i = size_t(p.touch / 2);
    if (paths.interactions[i] != Interaction::kSpecularReflection || p.touch % 2) continue;
    // the way on makes the same angle
    const auto next =
        i + 1 < paths.vertices_m.size() && std::find(paths.interaction_begin.begin(), paths.interaction_begin.end(),
                                                     int64_t(i + 1)) == paths.interaction_begin.end()
            ? paths.vertices_m[i + 1]
            : s.receivers[0].position_m;
    const Vec3d on = normalized(next - p.point_m);
    EXPECT_NEAR(std::abs(dot(on, p.normal)), p.cos_incidence, 1e-9);
    ++mirrors;
  }
  EXPECT_GT(mirrors, 3u);
}

TEST(TouchedMaterials, DerivativesByTheNumbersAreTheDifferences) {
  const Scene s = tent();
  const PreparedScene prepared(s);
  const Solved base = solve(s, prepared);
  std::vector<PlaceNumbers<double>> slopes;
  (void)touched_vjp(s, prepared, options(), base.paths, cotangent(base.paths), base.touched, slopes);
  ASSERT_EQ(slopes.size(), base.touched.numbers.size());
  double most[5] = {};
  for (const auto& row : slopes) {
    for (size_t k = 0; k < 5; ++k) most[k] = std::max(most[k], std::abs(row.numbers[k]));
  }
  size_t compared = 0;
  for (size_t r = 0; r < slopes.size(); r += 1 + slopes.size() / 12) {
    for (size_t k = 0; k < 4; ++k) {  // XPD is of scattered power
      const double h = k == 2 ? 1e-6 : 1e-4 * base.touched.numbers[r].numbers[k];
      double at[2];
      for (int side = 0; side < 2; ++side) {
        Solved moved = base;
        moved.touched.numbers[r].numbers[k] += side ? h : -h;
        revalue(s, prepared, options(), moved.touched, moved.paths);
        at[side] = loss(moved.paths);
      }
      EXPECT_NEAR(slopes[r].numbers[k], (at[1] - at[0]) / (2 * h), 2e-6 * most[k] + 1e-9) << r << " " << k;
      ++compared;
    }
    EXPECT_EQ(slopes[r].numbers[4], 0);
  }
  EXPECT_GT(compared, 30u);
}

TEST(TouchedMaterials, TheMaterialMovesWithThePlaceThatIsTouched) {
  const Scene s = tent();
  const PreparedScene prepared(s);
  const Solved base = solve(s, prepared);
  std::vector<PlaceNumbers<double>> slopes;
  const scene::SceneDerivative exact =
      touched_vjp(s, prepared, options(), base.paths, cotangent(base.paths), base.touched, slopes);
  TouchedMaterials still = base.touched;
  still.slopes.clear();
  const scene::SceneDerivative without =
      touched_vjp(s, prepared, options(), base.paths, cotangent(base.paths), still, slopes);
  const double h = 1e-6;
  const auto difference = [&](Vec3d& place) {
    Vec3d out;
    for (int axis = 0; axis < 3; ++axis) {
      double& x = axis == 0 ? place.x : axis == 1 ? place.y : place.z;
      const double kept = x;
      double at[2];
      for (int side = 0; side < 2; ++side) {
        x = kept + (side ? h : -h);
        at[side] = loss(solve(s, PreparedScene(s)).paths);
      }
      x = kept;
      (axis == 0 ? out.x : axis == 1 ? out.y : out.z) = (at[1] - at[0]) / (2 * h);
    }
    return out;
  };
  Scene& moving = const_cast<Scene&>(s);
  const Vec3d by_rx = difference(moving.receivers[0].position_m), by_tx = difference(moving.transmitters[0].position_m),
              by_vertex = difference(moving.objects[1].mesh.vertices_m[3]);
  EXPECT_LT(norm(exact.receivers[0].position_m - by_rx), 2e-5 * norm(by_rx));
  EXPECT_LT(norm(exact.transmitters[0].position_m - by_tx), 2e-5 * norm(by_tx));
  EXPECT_LT(norm(exact.objects[1].vertices_m[3] - by_vertex), 2e-5 * norm(by_vertex));
  EXPECT_GT(norm(without.receivers[0].position_m - by_rx), 1e-3 * norm(by_rx));  // it matters
}

TEST(TouchedMaterials, BothModesAreOneAnothersAdjoint) {
  const Scene s = tent();
  const PreparedScene prepared(s);
  const Solved base = solve(s, prepared);
  std::vector<PlaceNumbers<double>> slopes, moved(base.touched.numbers.size());
  scene::SceneDerivative direction(s);
  for (size_t r = 0; r < moved.size(); ++r) {
    for (size_t k = 0; k < 5; ++k) moved[r].numbers[k] = random_uniform(5, 0, r, k) - 0.5;
  }
  direction.receivers[0].position_m = {0.3, -0.2, 0.1};
  direction.materials[1].numbers[0] = 0.4;
  const PathsDerivative c = cotangent(base.paths);
  const scene::SceneDerivative back = touched_vjp(s, prepared, options(), base.paths, c, base.touched, slopes);
  const PathsDerivative forth = touched_jvp(s, prepared, options(), base.paths, direction, base.touched, moved);
  double left = 0, right = scene::dot(back, direction);
  for (size_t i = 0; i < c.a.size(); ++i) left += c.a[i].re * forth.a[i].re + c.a[i].im * forth.a[i].im;
  for (size_t r = 0; r < moved.size(); ++r) {
    for (size_t k = 0; k < 5; ++k) right += moved[r].numbers[k] * slopes[r].numbers[k];
  }
  EXPECT_NEAR(left, right, 1e-10 * (std::abs(left) + std::abs(right)));
}

TEST(TouchedMaterials, WhatDoesNotFitIsRefused) {
  const Scene s = tent();
  const PreparedScene prepared(s);
  Solved base = solve(s, prepared);
  const auto refused = [&](auto&& change) {
    TouchedMaterials t = base.touched;
    change(t);
    EXPECT_THROW(revalue(s, prepared, options(), t, base.paths), Error);
  };
  refused([](TouchedMaterials& t) { t.row.pop_back(); });
  refused([](TouchedMaterials& t) { t.numbers.pop_back(); });
  refused([](TouchedMaterials& t) { t.slopes.pop_back(); });
  refused([](TouchedMaterials& t) { t.numbers[0].numbers[0] = 0.5; });
  refused([](TouchedMaterials& t) { t.numbers[0].numbers[1] = std::nan(""); });
  refused([](TouchedMaterials& t) { t.numbers[0].numbers[3] = 1.5; });
  refused([](TouchedMaterials& t) {
    for (int32_t& r : t.row) r = std::min(r, 0);
  });
}

}  // namespace
}  // namespace raywave::paths
