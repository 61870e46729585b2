// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/fields.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/test_errors.h"
#include "raywave/em/fresnel.h"

namespace raywave::plane {
namespace {

constexpr double kWavelength = 0.05;

Complexd hankel2(double order, double x) { return {std::cyl_bessel_j(order, x), -std::cyl_neumann(order, x)}; }

/// The exact field of a line source beside a perfectly conducting wedge: its eigenfunctions, in the units of fields.h.
Complexd wedge_series(double n, bool te, double kr_in, double phi_in, double kr, double phi) {
  const double lo = std::min(kr, kr_in), hi = std::max(kr, kr_in);
  Complexd sum;
  for (int m = te ? 1 : 0; m < 2000; ++m) {
    const double order = m / n;
    const Complexd radial = std::cyl_bessel_j(order, lo) * hankel2(order, hi);
    const double angular =
        te ? 2 * std::sin(order * phi) * std::sin(order * phi_in) : std::cos(order * phi) * std::cos(order * phi_in);
    sum += ((m == 0 ? 1.0 : 2.0) * (te ? 1.0 : 2.0) * angular / n) * radial;
    if (order > hi && abs(radial) < 1e-12) break;
  }
  const double k = 2 * kPi / kWavelength;
  return (std::sqrt(k / 4) * expj(-kPi / 4)) * sum;
}

Vec2d polar(double r, double angle) { return {r * std::cos(angle), r * std::sin(angle)}; }

Scene2D with_source(Vec2d at) {
  Scene2D s;
  s.frequency_hz = kSpeedOfLight / kWavelength;
  s.transmitters.push_back({"tx", at});
  return s;
}

TEST(PlaneFields, WedgesGiveTheirSeries) {
  // Long faces: what their far ends diffract is 1 / sqrt(k s) down twice, and left out by hand.
  for (const double n : {2.0, 1.5}) {
    for (const bool te : {true, false}) {
      Scene2D s = with_source(polar(1, 0.9));
      s.objects.push_back(wall("face_0", {0, 0}, {1e5, 0}));
      if (n < 2) s.objects.push_back(wall("face_n", {0, 0}, polar(1e5, n * kPi)));
      FieldOptions o;
      o.polarization = te ? Polarization::kTe : Polarization::kTm;
      std::vector<Vec2d> points;
      std::vector<double> angles;
      for (double phi = 0.1; phi < n * kPi - 0.1; phi += 0.0413)
        angles.push_back(phi), points.push_back(polar(0.8, phi));
      const FieldMap map = field_over_points(s, points, o);
      const double k = 2 * kPi / kWavelength, incident = 1 / std::sqrt(2 * kPi * 0.8);
      for (size_t i = 0; i < points.size(); ++i) {
        const Complexd exact = wedge_series(n, te, k * 1, 0.9, k * 0.8, angles[i]);
        // k L = 56: the next order of the asymptotic series is 1 / (8 k L) of the diffracted field, itself below the
        // incident one over sqrt(2 pi k L); wedges other than screens are off by somewhat more at their boundaries
        // and the direct wave is off by 1 / (8 k R), as every cylindrical wave is
        const double away = length(points[i] - s.transmitters[0].position_m);
        EXPECT_LT(abs(map.field[i] - exact), 0.01 * incident + 1 / (8 * k * away) / std::sqrt(2 * kPi * away))
            << n << " te " << te << " phi " << angles[i];
      }
    }
  }
}

TEST(PlaneFields, ASlabPassesAndReflectsWhatFresnelSays) {
  Scene2D s = with_source({0, -3});
  s.materials.push_back(em::itu_material("concrete", 0.1));
  s.objects.push_back(wall("wall", {-500, 0}, {500, 0}));
  s.objects[0].material = s.materials[0].name;
  FieldOptions o;
  o.diffraction = false;
  const std::vector<Vec2d> points{{2, 2}, {2, -2}};
  for (const Polarization p : {Polarization::kTe, Polarization::kTm}) {
    o.polarization = p;
    const FieldMap map = field_over_points(s, points, o);
    const auto c =
        em::coefficients(5 / std::hypot(2.0, 5.0), em::properties_at(s.materials[0], s.frequency_hz), kWavelength);
    const auto wave = [](double l) { return (1 / std::sqrt(2 * kPi * l)) * expj(-2 * kPi * l / kWavelength); };
    const bool te = p == Polarization::kTe;
    const Complexd through = (te ? c.t_te : c.t_tm) * wave(std::hypot(2.0, 5.0));
    const Complexd back = (te ? c.r_te : c.r_tm) * wave(std::hypot(2.0, 5.0)) + wave(std::hypot(2.0, 1.0));
    EXPECT_LT(abs(map.field[0] - through), 1e-12);
    // the way by the mirror changes by up to twice what both ends stand aside, 2^-44 of 3 m
    EXPECT_LT(abs(map.field[1] - back), 1e-12 + 2 * kPi / kWavelength * 4 * 0x1p-44 * 3 * abs(back));
  }
}

/// Where the field makes a step as the receiver goes along points that are h apart: second differences of what is
/// smooth are (k h)^2 |u|, which 10 times bounds.
std::vector<std::pair<Vec2d, double>> steps(const Scene2D& s, const std::vector<Vec2d>& points, const FieldOptions& o) {
  const FieldMap map = field_over_points(s, points, o);
  double most = 0;
  for (const Complexd u : map.field) most = std::max(most, abs(u));
  const double h = length(points[1] - points[0]), smooth = 2 * kPi / kWavelength * h;
  std::vector<std::pair<Vec2d, double>> out;
  for (size_t i = 1; i + 1 < points.size(); ++i) {
    const double bend = abs(map.field[i + 1] - 2.0 * map.field[i] + map.field[i - 1]);
    if (bend > 10 * smooth * smooth * most) out.emplace_back(points[i], bend);
  }
  return out;
}
std::vector<Vec2d> line(Vec2d from, Vec2d to, int n) {
  std::vector<Vec2d> out;
  for (int i = 0; i < n; ++i) out.push_back(from + ((i + 0.5) / n) * (to - from));
  return out;
}
Scene2D with_brick(Vec2d source) {
  Scene2D s = with_source(source);
  s.materials.push_back(em::itu_material("brick", 0.08));
  return s;
}
void add_wall(Scene2D& s, const char* name, Vec2d a, Vec2d b, bool brick) {
  s.objects.push_back(wall(name, a, b));
  if (brick) s.objects.back().material = s.materials[0].name;
}

Vec2d turned(Vec2d p, double by) {
  return {p.x * std::cos(by) - p.y * std::sin(by), p.x * std::sin(by) + p.y * std::cos(by)};
}
Vec2d mirrored(Vec2d p, Vec2d a, Vec2d b) {
  const Vec2d along = unit(b - a), foot = a + dot(p - a, along) * along;
  return foot + (foot - p);
}

TEST(PlaneFields, IsContinuousButWhereASecondCornerShadowsADiffractedWaveAndReciprocal) {
  Scene2D s = with_brick({-1.3, 0.7});
  const Vec2d tip{0, 0.5}, near{1, 2}, far{3, 2.5};
  add_wall(s, "screen", {0, -4}, tip, true);
  add_wall(s, "metal", near, far, false);
  FieldOptions o;
  o.max_order = 2;
  // from far below to above what the metal shadows, 2e-4 m apart: steps above 0.003 of |u| up to 0.4 show
  const auto points = line({2.1, -3}, {2.1, 2.2}, 26000);
  for (const auto& [at, step] : steps(s, points, o)) {
    // what is left: a wave that one corner has diffracted passes another, or its reflection ends there
    const Vec2d foot{0, -4};
    double off = 1;
    for (const Vec2d a : {tip, foot, near, far, mirrored(tip, near, far), mirrored(foot, near, far)})
      for (const Vec2d b : {tip, foot, near, far})
        if (length(a - b) > 0) off = std::min(off, std::abs(cross(unit(b - a), at - b)));
    EXPECT_LT(off, 1e-3) << at.y << " step " << step;
    EXPECT_LT(step, 0.03) << at.y;  // of 0.2: a diffracted wave, 1 / sqrt(2 pi k L) of an incident one
  }
  const FieldMap map = field_over_points(s, points, o);
  for (const size_t i : {size_t(700), size_t(9000), size_t(17000)}) {
    Scene2D back = s;
    back.transmitters[0].position_m = points[i];
    const Vec2d there[] = {s.transmitters[0].position_m};
    EXPECT_LT(abs(field_over_points(back, there, o).field[0] - map.field[i]), 1e-9);
  }
}

TEST(PlaneFields, IsContinuousAroundCornersWhoseWallsPassRays) {
  // A circle of receivers around the corner, cut where it crosses the walls (on them the field does step).
  for (const bool te : {true, false}) {
    for (const double second : {1.5 * kPi, 1.2 * kPi, 0.7 * kPi}) {
      for (const auto& [first_brick, second_brick] : {std::pair{true, true}, {true, false}, {false, true}}) {
        for (const Vec2d source : {polar(1, 0.9), polar(1, 2.4), polar(1.1, 5.3)}) {
          Scene2D s = with_brick(source);
          add_wall(s, "first", {0, 0}, {1e4, 0}, first_brick);
          add_wall(s, "second", {0, 0}, polar(1e4, second), second_brick);
          FieldOptions o;
          o.polarization = te ? Polarization::kTe : Polarization::kTm;
          o.max_order = 2;
          for (const auto& [lo, hi] : {std::pair{0.0, second}, {second, 2 * kPi}}) {
            std::vector<Vec2d> points;
            for (double phi = lo + 0.01; phi < hi - 0.01; phi += 2e-3 / 0.8) points.push_back(polar(0.8, phi));
            for (const auto& [at, step] : steps(s, points, o))
              ADD_FAILURE() << "step " << step << " at " << std::atan2(at.y, at.x) << " second " << second << " te "
                            << te << " brick " << first_brick << second_brick << " source "
                            << std::atan2(source.y, source.x);
          }
        }
      }
    }
  }
}

TEST(PlaneFields, AWindowInAWallDiffractsByItsDifferenceAndAnEqualOneNot) {
  for (const bool te : {true, false}) {
    FieldOptions o;
    o.polarization = te ? Polarization::kTe : Polarization::kTm;
    Scene2D s = with_brick({-3, 0.2});
    add_wall(s, "below", {0, -1e4}, {0, -0.5}, false);
    add_wall(s, "window", {0, 0.5}, {0, -0.5}, true);
    add_wall(s, "above", {0, 0.5}, {0, 1e4}, false);
    for (const double x : {5.0, -5.0})
      for (const auto& [at, step] : steps(s, line({x, -4}, {x, 4}, 8000), o))
        ADD_FAILURE() << "step " << step << " at " << at.x << " " << at.y << " te " << te;
    // a wall in two parts is one wall
    Scene2D parts = with_brick({-3, 0.2}), whole = parts;
    add_wall(parts, "below", {0, -1e4}, {0, 0.3}, true), add_wall(parts, "above", {0, 1e4}, {0, 0.3}, true);
    add_wall(whole, "wall", {0, -1e4}, {0, 1e4}, true);
    const auto points = line({5, -4}, {-5, 4.1}, 50);
    const FieldMap a = field_over_points(parts, points, o), b = field_over_points(whole, points, o);
    for (size_t i = 0; i < points.size(); ++i) EXPECT_LT(abs(a.field[i] - b.field[i]), 1e-9);
  }
}

TEST(PlaneFields, OnABoundaryItIsWhatItIsNextToIt) {
  // A receiver exactly on the shadow's or the reflection's boundary, by round numbers and turned.
  for (const bool brick : {false, true}) {
    for (const bool wedge : {false, true}) {
      for (const Vec2d at : {Vec2d{3, 0.75}, Vec2d{-3, 0.75}, Vec2d{6, 1}}) {
        for (int turn = 0; turn < 200; ++turn) {
          const double by = 0.0317 * turn;
          Scene2D s = with_brick(turned({-3, 0.25}, by));
          add_wall(s, "wall", turned({0, turn % 2 ? 0.5 : 80.0}, by), turned({0, turn % 2 ? 80.0 : 0.5}, by), brick);
          if (wedge) add_wall(s, "face", turned({0, 0.5}, by), turned({80, 80.5}, by), brick);
          const Vec2d points[] = {turned(at, by), turned({at.x, at.y + 1e-7}, by), turned({at.x, at.y - 1e-7}, by)};
          const FieldMap map = field_over_points(s, points, {});
          EXPECT_LT(abs(map.field[0] - map.field[1]), 1e-4) << brick << wedge << at.x << " turn " << turn;
          EXPECT_LT(abs(map.field[0] - map.field[2]), 1e-4) << brick << wedge << at.x << " turn " << turn;
        }
      }
    }
  }
}

TEST(PlaneFields, AClosedConductorLeaksNowhere) {
  // Symmetric places: rays to corners, along diagonals and along the walls' lines.
  for (int turn = 0; turn < 20; ++turn) {
    const auto at = [&](double x, double y) { return turned({x, y}, 0.31 * turn); };
    Scene2D s = with_source(at(0.5, 0.5));
    const Vec2d corners[] = {at(0, 0), at(1, 0), at(1, 1), at(0, 1)};
    for (int i = 0; i < 4; ++i) s.objects.push_back(wall("w" + std::to_string(i), corners[i], corners[(i + 1) % 4]));
    std::vector<Vec2d> points;
    for (int ix = -4; ix <= 8; ++ix)
      for (int iy = -4; iy <= 8; ++iy)
        if (ix < 0 || ix > 4 || iy < 0 || iy > 4) points.push_back(at(ix / 4.0, iy / 4.0));
    FieldOptions o;
    o.max_order = 2;
    for (const Complexd u : field_over_points(s, points, o).field) EXPECT_EQ(abs(u), 0) << turn;
  }
}

TEST(PlaneFields, ARightAngledCornerIsThreeImagesInLineWithItToo) {
  for (int turn = 0; turn < 40; ++turn) {
    const double by = 0.157 * turn, shift = turn % 2 ? 1e4 : 0;
    const auto at = [&](double x, double y) { return turned({x, y}, by) + Vec2d{shift, shift}; };
    Scene2D s = with_source(at(1, 1));
    add_wall(s, "x", at(0, 0), at(40, 0), false), add_wall(s, "y", at(0, 40), at(0, 0), false);
    FieldOptions o;
    o.max_order = 2, o.diffraction = false;
    const std::vector<Vec2d> points{at(2, 2), at(2, 2.000001), at(0.3, 0.3)};
    const FieldMap map = field_over_points(s, points, o);
    const auto wave = [](double l) { return (1 / std::sqrt(2 * kPi * l)) * expj(-2 * kPi * l / kWavelength); };
    for (size_t i = 0; i < points.size(); ++i) {
      const auto from = [&](double x, double y) { return wave(length(points[i] - at(x, y))); };
      const Complexd want = from(1, 1) - from(-1, 1) - from(1, -1) + from(-1, -1);
      EXPECT_LT(abs(map.field[i] - want), 1e-6) << turn << " " << i;
    }
  }
}

TEST(PlaneFields, WallsThatTouchAreOneWallAndAStubThatTouchesIsOneThatAlmostDoes) {
  for (int turn = 0; turn < 20; ++turn) {
    const double shift = turn % 2 ? 1e6 : 0;
    const auto at = [&](double x, double y) { return turned({x, y}, 0.31 * turn) + Vec2d{shift, -shift}; };
    const std::vector<Vec2d> points{at(0.5, -0.8), at(1, 0.4), at(-1, 0.4), at(1.5, -1.2)};
    FieldOptions o;
    o.max_order = 2;
    // a ray through the joint, and one reflected there
    Scene2D parts = with_brick(at(-1, 0)), whole = parts;
    add_wall(parts, "below", at(0, -9), at(0, 0.2), true), add_wall(parts, "above", at(0, 9), at(0, 0.2), true);
    add_wall(whole, "wall", at(0, -9), at(0, 9), true);
    FieldMap a = field_over_points(parts, points, o), b = field_over_points(whole, points, o);
    for (size_t i = 0; i < points.size(); ++i) EXPECT_LT(abs(a.field[i] - b.field[i]), 1e-6) << turn << " " << i;
    Scene2D touching = whole, almost = whole;
    add_wall(touching, "stub", at(0, -0.4), at(1.7, -0.7), turn % 3 == 0);
    add_wall(almost, "stub", at(1e-6, -0.4 - 0.3 / 1.7e6), at(1.7, -0.7), turn % 3 == 0);
    a = field_over_points(touching, points, o), b = field_over_points(almost, points, o);
    for (size_t i = 0; i < points.size(); ++i) EXPECT_LT(abs(a.field[i] - b.field[i]), 1e-3) << turn << " " << i;
    Scene2D line = with_brick(at(-1, 0));  // in line of two materials, as far from the origin as maps have it
    add_wall(line, "metal", at(0, -9), at(0, 0.1), false), add_wall(line, "brick", at(0, 0.1), at(0, 9), true);
    Scene2D near = with_brick(turned({-1, 0}, 0.31 * turn));
    add_wall(near, "metal", turned({0, -9}, 0.31 * turn), turned({0, 0.1}, 0.31 * turn), false);
    add_wall(near, "brick", turned({0, 0.1}, 0.31 * turn), turned({0, 9}, 0.31 * turn), true);
    std::vector<Vec2d> here;
    for (const Vec2d p : points) here.push_back(p - Vec2d{shift, -shift});
    a = field_over_points(line, points, o), b = field_over_points(near, here, o);
    for (size_t i = 0; i < points.size(); ++i) EXPECT_LT(abs(a.field[i] - b.field[i]), 1e-5) << turn << " " << i;
  }
}

TEST(PlaneFields, TheOrderOfWallsThatStandOnEachOtherIsNothing) {
  // two walls end on the middle of a third, and a fourth on the middle of one of them
  Scene2D s = with_source({1.0, 0.25});
  s.objects = {wall("a", {0.5, 1}, {0, 0.5}), wall("b", {0.5, 0.75}, {0.25, 0.75}), wall("c", {0.5, 1}, {0.5, 0.5}),
               wall("d", {0.75, 1}, {0.25, 1})};
  const std::vector<Vec2d> points{{0.875, 0.375}, {0.75, 0.75}, {1, 0.75}, {0.25, 0.5}, {0.25, 0.875}};
  FieldOptions o;
  o.max_order = 2;
  const auto want = field_over_points(s, points, o).field;
  std::vector<int> order{0, 1, 2, 3};
  const auto walls = s.objects;
  while (std::next_permutation(order.begin(), order.end())) {
    for (size_t i = 0; i < 4; ++i) s.objects[i] = walls[size_t(order[i])];
    const auto got = field_over_points(s, points, o).field;
    for (size_t i = 0; i < points.size(); ++i) EXPECT_LT(abs(got[i] - want[i]), 1e-6) << i;
  }
}

TEST(PlaneFields, AWallInPiecesIsOneWallToARayAlongItToo) {
  for (const Polarization polarization : {Polarization::kTe, Polarization::kTm}) {
    std::vector<Complexd> values;
    for (const std::vector<double>& joints :
         {std::vector<double>{}, {0.375}, {0.3125, 0.4375}, {0.3, 0.3125, 0.4375, 0.46875}}) {
      Scene2D s = with_source({0.125, 0.5});
      double from = 0.25;
      for (size_t i = 0; i <= joints.size(); ++i) {
        const double to = i < joints.size() ? joints[i] : 0.5;
        s.objects.push_back(wall(message("wall_", i), {from, 0.5}, {to, 0.5}));
        from = to;
      }
      FieldOptions o;
      o.polarization = polarization, o.max_order = 2;
      values.push_back(field_over_points(s, std::vector<Vec2d>{{0.625, 0.5}}, o).field[0]);
      EXPECT_LT(abs(values.back() - values.front()), 1e-9) << joints.size();
    }
  }
}

TEST(PlaneFields, AConductingGroundIsAnImageOfSourceAndScreen) {
  // Its twin has no ground but the mirrored screen and source: each reflection of a path over an edge, before it and
  // after it, is there a path without reflections. The ends of the ground diffract 1e-8 of it.
  for (const bool te : {true, false}) {
    for (const bool brick : {false, true}) {
      Scene2D s = with_brick({-1.3, 0.7}), twin = s;
      twin.transmitters.push_back({"image", {-1.3, -0.7}});
      add_wall(s, "ground", {-1e6, 0}, {1e6, 0}, false);
      add_wall(s, "screen", {0, 0.4}, {0, 1.1}, brick);
      add_wall(twin, "screen", {0, 0.4}, {0, 1.1}, brick), add_wall(twin, "mirrored", {0, -0.4}, {0, -1.1}, brick);
      FieldOptions o;
      o.polarization = te ? Polarization::kTe : Polarization::kTm, o.max_order = 2;
      const auto points = line({1.7, 0.1}, {1.9, 2.3}, 60);
      const FieldMap field = field_over_points(s, points, o);
      o.max_order = 0;
      const FieldMap images = field_over_points(twin, points, o);
      for (size_t i = 0; i < points.size(); ++i) {
        const Complexd want = images.field[i] + (te ? -1.0 : 1.0) * images.field[points.size() + i];
        EXPECT_LT(abs(field.field[i] - want), 1e-6) << "te " << te << " brick " << brick << " at " << points[i].y;
      }
    }
  }
}

TEST(PlaneFields, DerivativesAreThoseOfDifferences) {
  for (const bool itu : {false, true}) {
    Scene2D s = with_brick({-1.3, 0.7});
    em::Material& m = s.materials[0];
    if (!itu) m.itu_name.clear(), m.relative_permittivity = 4, m.conductivity_s_per_m = 0.05;
    add_wall(s, "screen", {0, -4}, {0, 0.5}, true);
    add_wall(s, "face", {0, 0.5}, {-0.7, 1.9}, true);
    add_wall(s, "on", {-0.9, 2.3}, {-0.7, 1.9}, false);
    add_wall(s, "metal", {1, 2}, {3, 2.5}, false);
    const std::vector<Vec2d> points{{2.1, -0.3}, {1.7, 0.9}, {-0.4, 0.3}};
    const std::vector<Complexd> w{{0.3, -0.2}, {0.7, 0.4}, {-0.5, 0.1}};
    FieldOptions o;
    std::vector<Vec2d> by_points;
    const auto gradient = field_vjp(s, points, o, w, &by_points);
    const auto loss = [&](const std::vector<double>& x, const std::vector<Vec2d>& at) {
      Scene2D moved = s;
      set_numbers(moved, x);
      const FieldMap f = field_over_points(moved, at, o);
      double sum = 0;
      for (size_t i = 0; i < 3; ++i) sum += w[i].re * f.field[i].re + w[i].im * f.field[i].im;
      return sum;
    };
    const auto x = numbers(s);
    const Layout l = layout(s);
    // walls in line of two materials stay in line (tilted they are a wedge, whose form is another): they move as a
    // whole, or their corners along the line
    const size_t begin = l.object_begin[0] + 2, end = l.object_begin[3];
    using Move = std::vector<std::pair<size_t, double>>;
    std::vector<Move> moves;
    for (size_t i = Layout::kFrequency; i < x.size(); ++i)
      if (i < begin || i >= end) moves.push_back({{i, 1.0}});
    const Vec2d along = unit(Vec2d{-1, 2});
    for (const size_t corner : {begin, begin + 4}) {
      const size_t twin = corner == begin ? begin + 2 : end - 2;
      moves.push_back({{corner, along.x}, {corner + 1, along.y}, {twin, along.x}, {twin + 1, along.y}});
    }
    for (const size_t c : {0, 1}) {
      moves.emplace_back();
      for (size_t i = begin + c; i < end; i += 2) moves.back().emplace_back(i, 1.0);
    }
    for (const Move& move : moves) {
      const double h = move[0].first == Layout::kFrequency ? 1e3 : 1e-7;
      auto up = x, down = x;
      double along_move = 0;
      for (const auto& [i, w_i] : move) up[i] += h * w_i, down[i] -= h * w_i, along_move += gradient[i] * w_i;
      const double slope = (loss(up, points) - loss(down, points)) / (2 * h);
      EXPECT_NEAR(along_move, slope,
                  1e-5 * std::max(std::abs(slope), move[0].first == Layout::kFrequency ? 1e-12 : 1e-2))
          << move[0].first << " itu " << itu;
    }
    ASSERT_EQ(by_points.size(), points.size());
    for (size_t i = 0; i < points.size(); ++i) {
      for (double Vec2d::*c : {&Vec2d::x, &Vec2d::y}) {
        auto up = points, down = points;
        up[i].*c += 1e-7, down[i].*c -= 1e-7;
        const double slope = (loss(x, up) - loss(x, down)) / 2e-7;
        EXPECT_NEAR(by_points[i].*c, slope, 1e-5 * std::max(std::abs(slope), 1e-2)) << "point " << i;
      }
    }
  }
}

TEST(PlaneFields, ItuMaterialsHaveTheNumbersOfTheirRow) {
  Scene2D s = with_brick({0, -3});
  add_wall(s, "wall", {-50, 0}, {50, 0}, true);
  const size_t at = layout(s).material_begin;
  EXPECT_EQ(numbers(s)[at], em::numbers_of(s.materials[0], s.frequency_hz, s.frequency_hz).numbers[0]);
  const Vec2d point[] = {{1, 2}};
  const Complexd before = field_over_points(s, point, {}).field[0];
  set_numbers(s, numbers(s));
  EXPECT_FALSE(s.materials[0].itu_name.empty());
  EXPECT_EQ(abs(field_over_points(s, point, {}).field[0] - before), 0);
  set_parameter(s, "material/brick/relative_permittivity", {30});
  EXPECT_TRUE(s.materials[0].itu_name.empty());
  EXPECT_GT(abs(field_over_points(s, point, {}).field[0] - before), 0.01 * abs(before));
}

TEST(PlaneFields, SaysWhatItDoesNotTake) {
  Scene2D s = with_source({0, 1});
  s.objects.push_back(ris("ris", {0, 0}, {1, 0}, 0.3));
  expect_error([&] { field_over_points(s, {}, {}); }, "object 'ris': fields are those of walls");
  s = with_source({0, 1});
  const Vec2d points[] = {{1, 1}, {NAN, 0}};
  expect_error([&] { field_over_points(s, points, {}); }, "point 1 must be finite");
  expect_error([&] { field_vjp(s, {points, 1}, {}, std::vector<Complexd>{{NAN, 0}}); }, "the cotangent");
  expect_error([&] { field_vjp(s, {points, 1}, {}, {}); }, "the cotangent must have 1 numbers, got 0");
  FieldOptions o;
  o.max_order = -1;
  expect_error([&] { field_over_points(s, {}, o); }, "max_order");
  o = {}, o.num_threads = -2;
  expect_error([&] { field_over_points(s, {}, o); }, "num_threads");
  o = {}, o.max_bytes = NAN;
  expect_error([&] { field_over_points(s, {}, o); }, "max_bytes must be > 0");
  s = random_uniform_scene(1, 12, 0);
  o = {}, o.max_order = 4, o.max_bytes = 2e6;
  expect_error([&] { field_over_points(s, {}, o); }, "the sequences exceed max_bytes");
}

}  // namespace
}  // namespace raywave::plane
