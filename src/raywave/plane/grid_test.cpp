// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/grid.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/test_errors.h"

namespace raywave::plane {
namespace {

Grid2D points(int n, double lo = 0.013, double hi = 0.987) {
  std::vector<double> x;
  for (int i = 0; i < n; ++i) x.push_back(lo + (hi - lo) * i / (n - 1));
  return Grid2D::of_lines(x, x);
}

MapOptions map_options(int max_order, bool approx, Activation f = Activation::kHardSigmoid) {
  MapOptions o;
  o.trace.candidates.max_order = max_order;
  o.trace.approx = approx, o.trace.function = f;
  return o;
}

double mean_of(const Map2D& m) {
  double sum = 0;
  for (const double v : m.value) sum += v;
  return sum / double(m.value.size());
}

/// The fast way against path by path: values, shares, gradients by points and by numbers.
void expect_both_ways(const Scene2D& s, MapOptions o, const Grid2D& g) {
  o.gradient = o.per_path = true;
  std::vector<double> w;
  for (size_t i = 0; i < g.count() * (o.over_transmitters ? s.receivers.size() : s.transmitters.size()); ++i)
    w.push_back(std::sin(0.3 + double(i)));
  const MapGradient fast = map_vjp(s, g, o, w);
  o.path_by_path = true;
  const MapGradient slow = map_vjp(s, g, o, w);
  ASSERT_EQ(fast.map.candidates.objects, slow.map.candidates.objects);
  // In both the losses are those of exact mirrors, up to a rounding of 1e-30; the rest are the same operations.
  for (size_t i = 0; i < fast.map.value.size(); ++i) {
    EXPECT_NEAR(fast.map.value[i], slow.map.value[i], 1e-12 * (1 + slow.map.value[i]));
    EXPECT_NEAR(fast.map.gradient[i].x, slow.map.gradient[i].x, 1e-9 * (1 + std::abs(slow.map.gradient[i].x))) << i;
    EXPECT_NEAR(fast.map.gradient[i].y, slow.map.gradient[i].y, 1e-9 * (1 + std::abs(slow.map.gradient[i].y))) << i;
  }
  for (size_t i = 0; i < fast.map.shares.size(); ++i)
    EXPECT_NEAR(fast.map.shares[i], slow.map.shares[i], 1e-12 * (1 + slow.map.shares[i]));
  for (size_t i = 0; i < fast.by_numbers.size(); ++i)
    EXPECT_NEAR(fast.by_numbers[i], slow.by_numbers[i], 1e-9 * (1 + std::abs(slow.by_numbers[i]))) << i;
}

TEST(PlaneMap, FourAtATimeGivesWhatPathsGive) {
  const Grid2D g = points(13);
  for (const bool over_transmitters : {false, true}) {
    for (const bool approx : {false, true}) {
      for (const Activation f : {Activation::kHardSigmoid, Activation::kSigmoid}) {
        MapOptions o = map_options(2, approx, f);
        o.over_transmitters = over_transmitters;
        expect_both_ways(square_scene_with_wall(), o, g);
        o.trace.candidates.max_order = 1;
        Scene2D s = random_uniform_scene(2, 6, 2, 3);
        s.alpha = 30;
        expect_both_ways(s, o, g);
      }
    }
  }
  for (const PathFunction f : {PathFunction::kLength, PathFunction::kDelay, PathFunction::kCount}) {
    MapOptions o = map_options(2, true);
    o.function = f;
    expect_both_ways(square_scene(), o, g);
  }
}

/// Values alone of hard maps, most points of which half-planes decide, against those that come with a gradient, for
/// which every path is looked at. `tolerance`: of lengths, which are added up there and are one distance here.
void expect_regions_decide_as_paths(const Scene2D& s, MapOptions o, const Grid2D& g, double tolerance = 1e-12) {
  o.per_path = s.transmitters.size() == 1;
  const Map2D fast = map_over_points(s, g, o);
  o.gradient = true;
  const Map2D whole = map_over_points(s, g, o);
  size_t wrong = 0, held = 0;
  const auto compare = [&](const std::vector<double>& a, const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      wrong += (a[i] > 0) != (b[i] > 0) || !(std::abs(a[i] - b[i]) <= tolerance * b[i]);
      held += b[i] > 0;
    }
  };
  compare(fast.value, whole.value), compare(fast.shares, whole.shares);
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(held, 0U);
}

TEST(PlaneMap, RegionsDecideAsPathsDo) {
  // round numbers: points on walls, in line with their ends, on shadow boundaries, on devices
  const Grid2D round = points(41, 0, 1), beyond = points(37, -0.4, 1.4);
  for (const int order : {1, 3}) {
    for (const Grid2D& g : {round, beyond}) {
      expect_regions_decide_as_paths(square_scene(), map_options(order, false), g);
      expect_regions_decide_as_paths(square_scene_with_wall(), map_options(order, false), g);
      expect_regions_decide_as_paths(square_scene_with_obstacle(0.2), map_options(std::min(order, 2), false), g);
    }
  }
  MapOptions count = map_options(2, false);
  count.function = PathFunction::kCount, count.over_transmitters = true;
  expect_regions_decide_as_paths(basic_scene(), count, beyond);
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Scene2D s = random_uniform_scene(1, 5, 1, seed);
    expect_regions_decide_as_paths(s, map_options(2, false), round);
    // the same far from the origin
    for (Object& o : s.objects) o.a = o.a + Vec2d{4e5, 5e6}, o.b = o.b + Vec2d{4e5, 5e6};
    s.transmitters[0].position_m = s.transmitters[0].position_m + Vec2d{4e5, 5e6};
    Grid2D g = points(33, 0.013, 0.987);
    for (double& x : g.x_m) x += 4e5;
    for (double& y : g.y_m) y += 5e6;
    // coordinates are rounded to 1e-9 m there
    expect_regions_decide_as_paths(s, map_options(1, false), g, 1e-5);
  }
}

// Walls beside a surface go by images, the surface path by path: the same map.
TEST(PlaneMap, WallsBesideOthersGoTheFastWay) {
  Scene2D s = square_scene();
  Object surface = wall("ris", {0.5, 0.3}, {0.5, 0.7});
  surface.kind = Kind::kRis, surface.phi_rad = kPi / 4;
  s.objects.push_back(surface);
  for (const Method method : {Method::kImage, Method::kMinPath}) {
    MapOptions o = map_options(2, false);
    o.trace.refine.method = method;
    const Map2D fast = map_over_points(s, points(13, 0, 1), o);
    o.path_by_path = true;
    const Map2D slow = map_over_points(s, points(13, 0, 1), o);
    for (size_t i = 0; i < fast.value.size(); ++i)
      EXPECT_NEAR(fast.value[i], slow.value[i], 1e-9 * (1 + slow.value[i])) << i;
  }
}

TEST(PlaneMap, GradientOfTheMeanIsThatOfDifferencesAndFinite) {
  Scene2D s = square_scene_with_wall();
  // points on walls, on the transmitter, in its row and column
  const Grid2D g = points(21, 0, 1);
  for (const Activation f : {Activation::kHardSigmoid, Activation::kSigmoid}) {
    const MapOptions o = map_options(1, true, f);
    const auto gradient = map_vjp(s, g, o, {}).by_numbers;
    for (const double v : gradient) EXPECT_TRUE(std::isfinite(v));
  }
  s.transmitters[0].position_m = {0.213, 0.457}, s.alpha = 17;
  const Grid2D off = points(9, 0.031, 0.973);
  const MapOptions o = map_options(2, true, Activation::kSigmoid);
  const auto gradient = map_vjp(s, off, o, {}).by_numbers;
  const auto x = numbers(s);
  for (size_t i = 0; i < x.size(); ++i) {
    const double h = 1e-6 * std::max(1.0, std::abs(x[i]));
    auto moved = [&](double by) {
      auto y = x;
      y[i] += by;
      Scene2D other = s;
      set_numbers(other, y);
      return mean_of(map_over_receivers(other, off, o));
    };
    const double slope = (moved(h) - moved(-h)) / (2 * h);
    EXPECT_NEAR(gradient[i], slope, 1e-6 * (1 + std::abs(slope))) << i;
  }
}

TEST(PlaneMap, IsTheSameForAnyNumberOfThreadsAndOtherMethods) {
  const Scene2D s = square_scene_with_obstacle();
  MapOptions o = map_options(2, true);
  const Grid2D g = points(70);
  o.trace.num_threads = 1;
  const MapGradient one = map_vjp(s, g, o, {});
  o.trace.num_threads = 2;
  const MapGradient two = map_vjp(s, g, o, {});
  EXPECT_EQ(one.map.value, two.map.value);
  EXPECT_EQ(one.by_numbers, two.by_numbers);
  o = map_options(1, false);
  const Map2D image = map_over_receivers(s, points(11), o);
  o.trace.refine.method = Method::kFermat;
  const Map2D fermat = map_over_receivers(s, points(11), o);
  for (size_t i = 0; i < image.value.size(); ++i) EXPECT_NEAR(image.value[i], fermat.value[i], 1e-9);
}

TEST(PlaneMap, AWallInLineWithARayButAwayFromItDoesNotBlockIt) {
  for (int turn = 0; turn < 400; ++turn) {
    const double by = 0.0157 * turn;
    const auto at = [&](double x) { return Vec2d{x * std::cos(by), x * std::sin(by)}; };
    Scene2D s;
    s.transmitters = {{"tx", at(1.2)}}, s.receivers = {{"rx", at(1.8)}};
    s.objects = {wall("left", at(0), at(1)), wall("right", at(2), at(3))};
    TraceOptions o;
    o.candidates.max_order = 0;
    EXPECT_EQ(trace(s, o).count(), 1u) << turn;
    Grid2D g;
    g.x_m = {at(1.8).x}, g.y_m = {at(1.8).y};
    MapOptions m = map_options(0, false);
    m.function = PathFunction::kCount;
    EXPECT_EQ(map_over_receivers(s, g, m).value[0], 1) << turn;
    m.path_by_path = true;
    EXPECT_EQ(map_over_receivers(s, g, m).value[0], 1) << turn;
  }
}

TEST(PlaneMap, HasNoHoleAtTheTransmitter) {
  const Scene2D s = square_scene();
  Grid2D g;
  g.x_m = {0.2, 0.2 + 1e-7}, g.y_m = {0.2, 0.2};
  for (const bool path_by_path : {false, true}) {
    for (const bool approx : {false, true}) {
      MapOptions o = map_options(0, approx);
      o.path_by_path = path_by_path;
      const Map2D map = map_over_receivers(s, g, o);
      const double share = approx ? 2.0 / 3 : 1;     // hard sigmoid of alpha = 100 times the tolerance 0.01
      EXPECT_NEAR(map.value[0], 100 * share, 1e-9);  // 1 / height^2
      EXPECT_NEAR(map.value[1], 100 * share, 1e-9);
    }
  }
}

TEST(PlaneMap, RefusesWhatItCannotHold) {
  MapOptions o = map_options(3, false);
  o.per_path = true, o.trace.candidates.max_bytes = 1e6;
  expect_error([&] { map_over_receivers(square_scene(), points(300), o); }, "per_path needs");
  expect_error([&] { map_vjp(square_scene(), points(3), {}, {1, 2}); }, "the cotangent must have 9 numbers");
  std::vector<double> w(9, 1.0);
  w[3] = NAN;
  expect_error([&] { map_vjp(square_scene(), points(3), {}, w); }, "the cotangent must be a finite number");
  MapOptions limit;
  limit.trace.candidates.max_bytes = NAN;
  expect_error([&] { map_over_receivers(square_scene(), points(3), limit); }, "max_bytes must be > 0");
  Grid2D g = points(3);
  g.x_m[4] = NAN;
  expect_error([&] { map_over_receivers(square_scene(), g); }, "point 4 must be finite");
}

}  // namespace
}  // namespace raywave::plane
