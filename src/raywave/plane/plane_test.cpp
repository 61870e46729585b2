// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/core/test_errors.h"
#include "raywave/plane/grid.h"

namespace raywave::plane {
namespace {

TraceOptions orders(int lo, int hi, Method method = Method::kImage) {
  TraceOptions o;
  o.candidates.min_order = lo, o.candidates.max_order = hi;
  o.refine.method = method;
  return o;
}

struct Grating {
  template <class T>
  Vec2<T> residual(const Bounce<T>& b) const {
    const Vec2<T> along = unit(b.b - b.a), in = unit(b.at - b.before), out = unit(b.after - b.at);
    return {dot(out - in, along) - b.numbers[0], T(0)};
  }
};

/// A weighted sum of what paths have, as a function of the scene's numbers.
double weighted(const Scene2D& scene, const TraceOptions& o, std::span<const double> x) {
  Scene2D s = scene;
  set_numbers(s, x);
  const Paths2D p = trace(s, o);
  double sum = 0;
  for (size_t i = 0; i < p.count(); ++i)
    sum += 0.7 * p.valid[i] + 0.3 * p.power[i] * p.valid[i] + 0.2 * p.length_m[i] * p.valid[i];
  return sum;
}

/// paths_vjp against central differences, and against jvp (the dot test).
void check_gradient(const Scene2D& scene, const TraceOptions& o, double tolerance) {
  const Paths2D p = trace(scene, o);
  PathsDerivative2D c;
  for (size_t i = 0; i < p.count(); ++i) {
    c.valid.push_back(0.7 + 0.3 * p.power[i] + 0.2 * p.length_m[i]);
    c.power.push_back(0.3 * p.valid[i]), c.length_m.push_back(0.2 * p.valid[i]);
  }
  const auto gradient = paths_vjp(scene, o, p, c);
  const auto x = numbers(scene);
  for (size_t i = 0; i < x.size(); ++i) {
    const double h = 1e-6 * std::max(1.0, std::abs(x[i]));
    auto up = x, down = x;
    up[i] += h, down[i] -= h;
    const double slope = (weighted(scene, o, up) - weighted(scene, o, down)) / (2 * h);
    EXPECT_NEAR(gradient[i], slope, tolerance * (1 + std::abs(slope))) << "number " << i;
  }
  std::vector<double> direction;
  for (size_t i = 0; i < x.size(); ++i) direction.push_back(std::sin(1.0 + double(i)));
  const auto moved = paths_jvp(scene, o, p, direction);
  double forward = 0, backward = 0, size = 1;
  for (size_t i = 0; i < p.count(); ++i)
    forward += c.valid[i] * moved.valid[i] + c.power[i] * moved.power[i] + c.length_m[i] * moved.length_m[i];
  for (size_t i = 0; i < x.size(); ++i) backward += gradient[i] * direction[i], size += std::abs(gradient[i]);
  EXPECT_NEAR(forward, backward, 1e-12 * size);  // rounding of a few thousand operations
}

TEST(PlaneCandidates, AreAllWithoutRepeatsInOrder) {
  CandidateOptions o;
  o.max_order = 2;
  const Candidates c = candidates(square_scene(), {0.2, 0.2}, o);
  ASSERT_EQ(c.count(), 17u);
  EXPECT_EQ(num_candidates(4, 0, 2), 17);
  EXPECT_EQ(std::vector<int32_t>(c[5].begin(), c[5].end()), (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(std::vector<int32_t>(c[16].begin(), c[16].end()), (std::vector<int32_t>{3, 2}));
  o.use = {1, 0, 1, 0};
  EXPECT_EQ(candidates(square_scene(), {0.2, 0.2}, o).count(), 5u);
}

TEST(PlaneCandidates, PrunedOnesHoldEveryValidPath) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Scene2D s = random_uniform_scene(1, 7, 12, seed);
    TraceOptions o = orders(0, 3);
    const Paths2D all = trace(s, o);
    o.candidates.pruned = true;
    const Paths2D pruned = trace(s, o);
    EXPECT_EQ(all.objects, pruned.objects) << "seed " << seed;
    EXPECT_EQ(all.count(), pruned.count());
  }
  Scene2D square = square_scene_with_obstacle();
  TraceOptions o = orders(0, 4);
  const Paths2D all = trace(square, o);
  o.candidates.pruned = true;
  EXPECT_EQ(all.objects, trace(square, o).objects);
  EXPECT_LT(candidates(square, {0.2, 0.2}, o.candidates).count(), 0.25 * num_candidates(8, 0, 4));
}

TEST(PlaneCandidates, TooManyAreRefusedWithTheirSize) {
  CandidateOptions o;
  o.max_order = 8;
  expect_error([&] { candidates(random_uniform_scene(1, 100, 1), {0, 0}, o); }, "candidates=\"visible\"");
  o.max_order = 99;
  expect_error([&] { candidates(square_scene(), {0, 0}, o); }, "max_order");
}

TEST(PlaneScene, NamesWhatIsWrong) {
  Scene2D s = square_scene();
  s.objects.push_back(wall("flat", {0.5, 0.5}, {0.5, 0.5}));
  expect_error([&] { s.validate(); }, "object 'flat' has zero length");
  s = square_scene();
  s.objects.push_back(wall("again", {1, 0}, {0, 0}));
  expect_error([&] { trace(s, {}); }, "'south' and 'again' have the same ends");
  s = square_scene();
  s.objects[0].material = "concrete";
  expect_error([&] { s.validate(); }, "unknown material");
  s = square_scene();
  s.receivers[0].name = "tx";
  expect_error([&] { s.validate(); }, "named 'tx'");
  expect_error([&] { set_parameter(s, "wall/sout/ends_m", {0, 0, 1, 1}); }, "did you mean 'wall/south/ends_m'");
  Scene2D twice;
  twice.objects = {corner("a", {1, 2}), corner("b", {1, 2})};
  expect_error([&] { twice.validate_distinct(); }, "objects 'a' and 'b' are one corner given twice");
  twice.objects = {arc("a", {1, 2}, 1, 0, 1), arc("b", {1, 2}, 1, 0, 1), arc("c", {1, 2}, 1, 0, 2)};
  expect_error([&] { twice.validate_distinct(); }, "objects 'a' and 'b' are one arc given twice");
}

TEST(PlaneScene, ParametersStandWhereNumbersAre) {
  Scene2D s = square_scene();
  s.objects.push_back(ris("ris", {0.5, 0.3}, {0.5, 0.7}, 0.6));
  s.objects.push_back(arc("bow", {0.2, 0.8}, 0.1, 0.5, 2));
  s.objects.push_back(corner("tip", {0.5, 0.3}));
  s.objects.push_back(own("grating", {0.1, 0.1}, {0.2, 0.1}, Grating{}, {0.3}));
  const auto x = numbers(s);
  const auto list = parameters(s);
  size_t at = 0;
  for (const Parameter& p : list) {
    EXPECT_EQ(p.begin, at);
    at += p.count;
  }
  EXPECT_EQ(at, x.size());
  EXPECT_EQ(x[parameter(s, "ris/ris/phi_rad").begin], 0.6);
  EXPECT_EQ(x[parameter(s, "own/grating/numbers").begin], 0.3);
  EXPECT_EQ(x[parameter(s, "arc/bow/angles_rad").begin + 1], 2);
  set_parameter(s, "device/rx/position_m", {0.4, 0.45});
  EXPECT_EQ(s.receivers[0].position_m.y, 0.45);
}

TEST(PlanePaths, FermatAndMinPathFindTheMirrorsPlaces) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Scene2D s = random_uniform_scene(1, 5, 4, 100 + seed);
    const Paths2D image = trace(s, orders(0, 2));
    for (const Method m : {Method::kFermat, Method::kMinPath}) {
      const Paths2D other = trace(s, orders(0, 2, m));
      ASSERT_EQ(image.objects, other.objects) << seed;
      for (size_t i = 0; i < image.vertices.size(); ++i) {
        // min-path stops at a loss of 1e-26: directions are off by 1e-13
        EXPECT_NEAR(image.vertices[i].x, other.vertices[i].x, 1e-9);
        EXPECT_NEAR(image.vertices[i].y, other.vertices[i].y, 1e-9);
      }
    }
  }
}

TEST(PlanePaths, ARisSendsWhereItsAngleSays) {
  Scene2D s = square_scene();
  s.objects.push_back(ris("ris", {0.5, 0.3}, {0.5, 0.7}, kPi / 4));
  s.transmitters[0].position_m = {0.7, 0.4};
  s.receivers[0].position_m = {0.3, 0.7};
  TraceOptions o = orders(1, 1, Method::kMinPath);
  o.candidates.use = {0, 0, 0, 0, 1};
  for (const Vec2d rx : {Vec2d{0.3, 0.7}, Vec2d{0.3, 0.3}}) {
    s.receivers[0].position_m = rx;
    const Paths2D p = trace(s, o);
    // its normal is (1, 0): what it sends leaves at 45 degrees from (-1, 0)
    for (size_t i = 0; i < p.count(); ++i) {
      const Vec2d out = unit(p.vertices[2] - p.vertices[1]);
      EXPECT_NEAR(-out.x, std::cos(kPi / 4), 1e-9);
      EXPECT_NEAR(out.y, std::sin(kPi / 4), 1e-9);
    }
    EXPECT_EQ(p.count(), rx.y == 0.7 ? 1u : 0u);
  }
}

TEST(PlanePaths, SurfacesAndCornersAmongWallsHaveTheirPlacesInClosedForm) {
  Scene2D s;
  s.transmitters.push_back({"tx", {0.1, 0.2}});
  s.receivers.push_back({"rx", {0.9, 0.7}});
  s.objects = {ris("ris", {0.5, 0.9}, {0.2, 0.9}, 0.7), wall("south", {0, 0}, {1, 0}), corner("tip", {0.4, 0.5})};
  s.objects[0].phi_rad = -0.4;
  TraceOptions o = orders(2, 3, Method::kMinPath);
  o.keep_invalid = true;
  const Paths2D p = trace(s, o);
  size_t solved = 0;
  for (size_t i = 0; i < p.count(); ++i) {
    std::span<const int32_t> objects{p.objects.data() + p.begin[i], size_t(p.order[i])};
    solved += p.loss[i] < 1e-20;
    if (objects.size() == 2 && objects[0] == 0 && objects[1] == 1) {  // the surface, then the ground
      EXPECT_LT(p.loss[i], 1e-20);
      const Vec2d at = p.vertices[size_t(p.begin[i]) + 2 * i + 1], image{0.9, -0.7};  // of the receiver
      // (t_y, -t_x) of the surface is (0, 1): it sends down, 0.4 from the normal
      EXPECT_NEAR(std::abs((image.x - at.x) / (image.y - at.y)), std::tan(0.4), 1e-12);
      EXPECT_DOUBLE_EQ(at.y, 0.9);
    }
  }
  EXPECT_GE(solved, 6u);
}

TEST(PlanePaths, ARayAlongAWallNeitherMeetsItNorIsBlockedWhereverTheSceneLies) {
  // the row of walls lies in the line of both devices; the wall across ends there
  for (const double away : {0.0, 1e3, 1e6}) {
    for (const double turn : {0.0, 0.5, 1.1, kPi / 2}) {
      const auto put = [&](double x, double y) {
        return Vec2d{away + x * std::cos(turn) - y * std::sin(turn), x * std::sin(turn) + y * std::cos(turn) - away};
      };
      Scene2D s;
      s.objects = {wall("row_0", put(0.5, 0), put(0.75, 0)), wall("row_1", put(1, 0), put(0.75, 0)),
                   wall("across", put(0.25, 0.3), put(0.25, -0.3))};
      s.transmitters.push_back({"tx", put(0.875, 0)});
      s.receivers.push_back({"rx", put(0.625, 0)});
      Scene2D back = s;
      std::swap(back.transmitters, back.receivers);
      for (const Method method : {Method::kImage, Method::kFermat, Method::kMinPath}) {
        for (const Scene2D& scene : {s, back}) {
          const Paths2D p = trace(scene, orders(0, 2, method));
          ASSERT_EQ(p.count(), 2u) << away << " " << turn << " " << int(method);  // straight, and by the wall across
          EXPECT_EQ(p.order[0], 0);
          EXPECT_NEAR(p.length_m[1], 1.0, 1e-9 + 1e-15 * away);
        }
        MapOptions m;
        m.trace = orders(0, 2, method);
        m.function = PathFunction::kCount;
        const Vec2d rx = s.receivers[0].position_m;
        EXPECT_EQ(map_over_receivers(s, {{rx.x}, {rx.y}}, m).value[0], 2);
      }
    }
  }
}

TEST(PlanePaths, WallsByMinPathAreImagesBesideTheTransmitterToo) {
  // a transmitter at the end of a wall: no bounce at a nanometre from it
  Scene2D s;
  s.objects = {wall("wall", {0.5, 0.5}, {1, 1}), arc("bow", {3, 3}, 0.1, 0, 1)};
  s.transmitters.push_back({"tx", {1, 1}});
  s.receivers.push_back({"rx", {0.9166666666666666, 0.9}});
  EXPECT_EQ(trace(s, orders(1, 1, Method::kMinPath)).count(), 0u);
  s.objects.pop_back();
  EXPECT_EQ(trace(s, orders(1, 1, Method::kMinPath)).count(), 0u);
}

struct Mirror {  // as people write it: 0 / 0 where a leg has no length
  template <class T>
  Vec2<T> residual(const Bounce<T>& b) const {
    using std::sqrt;
    const auto norm = [](Vec2<T> v) {
      const T l = sqrt(dot(v, v));
      return Vec2<T>{v.x / l, v.y / l};
    };
    const Vec2<T> t = norm(b.b - b.a), n{t.y, -t.x}, in = norm(b.at - b.before), out = norm(b.after - b.at);
    const T k = T(2) * dot(in, n);
    return {out.x - (in.x - k * n.x), out.y - (in.y - k * n.y)};
  }
};

TEST(PlanePaths, AnOwnLawIsNotAskedOfDevicesOnIt) {
  Scene2D s = square_scene();
  s.objects.push_back(own("mine", {0.25, 0.5}, {0.75, 0.5}, Mirror{}));
  Scene2D same = square_scene();
  same.objects.push_back(wall("mine", {0.25, 0.5}, {0.75, 0.5}));
  MapOptions m;
  m.trace = orders(0, 1, Method::kMinPath);
  const Grid2D g = Grid2D::of_lines({0, 0.25, 0.5, 0.7, 1}, {0, 0.3, 0.5, 0.8, 1});  // on it, at its middle and its end
  const auto mine = map_over_receivers(s, g, m).value, walls = map_over_receivers(same, g, m).value;
  for (size_t i = 0; i < mine.size(); ++i) EXPECT_NEAR(mine[i], walls[i], 1e-6 * walls[i]) << i;
}

TEST(PlanePaths, OfSeveralPlacesOnAnArcTheOneThatHoldsIsTaken) {
  // the circle touches ellipses about both devices at its top, its left and its right
  for (const double open : {-1.0, 1.0}) {
    Scene2D s;
    s.transmitters.push_back({"tx", {0, 0.2}});
    s.receivers.push_back({"rx", {0, -0.2}});
    s.objects = {arc("bow", {0, 0}, 1, -0.4, kPi + 0.4), wall("top", {-0.2, 0.6}, {0.2, 0.6}),
                 wall("side", {-0.6 * open, -0.2}, {-0.6 * open, 0.2})};
    TraceOptions o = orders(1, 1, Method::kMinPath);
    o.candidates.use = {1, 0, 0};
    o.refine.num_starts = 16;
    const Paths2D p = trace(s, o);
    ASSERT_EQ(p.count(), 1u);
    EXPECT_NEAR(p.vertices[1].x, open, 1e-9);
    EXPECT_NEAR(p.vertices[1].y, 0, 1e-9);
  }
}

TEST(PlanePaths, AnArcReflectsAtItsNormal) {
  Scene2D s;
  s.objects.push_back(arc("bow", {0, 0}, 1, 0, kPi));
  s.transmitters.push_back({"tx", {-0.5, 3}});
  s.receivers.push_back({"rx", {0.5, 3}});
  const Paths2D p = trace(s, orders(1, 1, Method::kMinPath));
  ASSERT_EQ(p.count(), 1u);
  EXPECT_NEAR(p.vertices[1].x, 0, 1e-9);
  EXPECT_NEAR(p.vertices[1].y, 1, 1e-9);
  expect_error([&] { trace(s, orders(0, 1)); }, "an arc has no image; use method=\"min-path\"");
  s.receivers[0].position_m = {0.5, 0.2};  // behind it
  EXPECT_EQ(trace(s, orders(0, 0)).count(), 0u);
}

TEST(PlanePaths, AnOwnLawAndAPanelOfTheSameSlopeAgree) {
  Scene2D s;
  s.objects.push_back(own("law", {-2, 0}, {2, 0}, Grating{}, {0.3}));
  s.transmitters.push_back({"tx", {-1, 1}});
  s.receivers.push_back({"rx", {0.7, 2}});
  const Paths2D law = trace(s, orders(1, 1, Method::kMinPath));
  Object panel = wall("panel", {-2, 0}, {2, 0});
  panel.kind = Kind::kPanel, panel.profile_m = {0, 0.3};
  s.objects = {panel};
  const Paths2D least = trace(s, orders(1, 1, Method::kFermat)), zero = trace(s, orders(1, 1, Method::kMinPath));
  ASSERT_EQ(law.count(), 1u);
  ASSERT_EQ(least.count(), 1u);
  ASSERT_EQ(zero.count(), 1u);
  EXPECT_NEAR(law.vertices[1].x, zero.vertices[1].x, 1e-9);
  EXPECT_NEAR(least.vertices[1].x, zero.vertices[1].x, 1e-9);
}

TEST(PlanePaths, DerivativesAreThoseOfDifferences) {
  TraceOptions o = orders(0, 2);
  o.approx = true, o.function = Activation::kSigmoid;
  Scene2D s = random_uniform_scene(1, 3, 2, 5);
  s.alpha = 9;
  check_gradient(s, o, 1e-6);
  o = orders(0, 3);
  o.approx = true;
  s = square_scene_with_wall();
  s.transmitters[0].position_m = {0.21, 0.43}, s.receivers[0].position_m = {0.77, 0.6};
  s.alpha = 20;
  check_gradient(s, o, 1e-6);
  check_gradient(s, orders(0, 2), 1e-6);
}

TEST(PlanePaths, DerivativesOfTheOtherMethodsAreThoseOfDifferences) {
  Scene2D s = square_scene();
  s.objects.push_back(ris("ris", {0.5, 0.31}, {0.52, 0.7}, 0.7));
  s.objects.push_back(arc("bow", {0.2, 0.8}, 0.07, -1.5, 2.5));
  s.objects.push_back(own("law", {0.7, 0.1}, {0.9, 0.12}, Grating{}, {0.1}));
  s.transmitters[0].position_m = {0.8, 0.4}, s.receivers[0].position_m = {0.31, 0.62};
  const TraceOptions o = orders(0, 1, Method::kMinPath);
  EXPECT_GE(trace(s, o).count(), 3u);
  check_gradient(s, o, 1e-6);
  check_gradient(random_uniform_scene(1, 3, 3, 8), orders(0, 2, Method::kFermat), 1e-6);
}

TEST(PlanePaths, CotangentsMustBeNumbers) {
  const Scene2D s = square_scene();
  const Paths2D p = trace(s, {});
  PathsDerivative2D c;
  c.power = {1, 2};
  expect_error([&] { paths_vjp(s, {}, p, c); }, "the cotangent of power must have 5 numbers, got 2");
  c.power.assign(5, NAN);
  expect_error([&] { paths_vjp(s, {}, p, c); }, "the cotangent of power");
  expect_error([&] { paths_jvp(s, {}, p, std::vector<double>(layout(s).count, NAN)); }, "the tangent");
}

}  // namespace
}  // namespace raywave::plane
