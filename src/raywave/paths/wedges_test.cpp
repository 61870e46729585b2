// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/wedges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

scene::Scene scene_of(const std::vector<scene::Mesh>& meshes) {
  scene::Scene s;
  s.add_material(em::itu_material("concrete"));
  for (size_t i = 0; i < meshes.size(); ++i) s.add_object({"object " + std::to_string(i), meshes[i], 0});
  scene::clean_meshes(s);
  return s;
}
std::vector<Wedge> wedges_of(const std::vector<scene::Mesh>& meshes) {
  const PreparedScene prepared(scene_of(meshes));
  std::vector<Wedge> wedges = prepared.wedges();
  for (Wedge& w : wedges) w.a += prepared.origin_m();  // back to the scene's coordinates
  return wedges;
}

scene::Mesh rectangle(const Vec3d& p, const Vec3d& u, const Vec3d& v, int n = 1) {
  scene::Mesh m;
  scene::add_rectangle(m, p, u, v, n);
  return m;
}

/// A roof of two rectangles over the ridge y = 0, each falling by `slope`.
scene::Mesh ridge(double slope) {
  scene::Mesh m;
  m.vertices_m = {{0, 0, 5},
                  {10, 0, 5},
                  {10, -3, 5 - 3 * slope},
                  {0, -3, 5 - 3 * slope},
                  {10, 3, 5 - 3 * slope},
                  {0, 3, 5 - 3 * slope}};
  m.triangles = {{0, 3, 2}, {0, 2, 1}, {0, 1, 4}, {0, 4, 5}};
  return m;
}

void expect_frame(const Wedge& w) {
  EXPECT_NEAR(norm(w.t0), 1, 1e-12);
  EXPECT_NEAR(norm(w.n0), 1, 1e-12);
  EXPECT_LT(norm(cross(w.t0, w.n0) - w.direction), 1e-12);
  EXPECT_NEAR(azimuth(w, w.at(0.3) + w.t0), 0, 1e-12);
  EXPECT_NEAR(azimuth(w, w.at(0.3) + w.n0), kPi / 2, 1e-12);
}

TEST(Wedges, OfABoxAreItsTwelveEdges) {
  const auto wedges = wedges_of({scene::box({-1, -2, -3}, {2, 4, 6})});
  ASSERT_EQ(wedges.size(), 12u);
  double length = 0;
  for (const Wedge& w : wedges) {
    expect_frame(w);
    EXPECT_NEAR(w.exterior_angle_rad, 1.5 * kPi, 1e-12);
    EXPECT_NE(w.facet0, w.facet_n);
    length += w.length_m;
    // the box's middle is inside the solid, the mirrored point outside
    EXPECT_GT(azimuth(w, {0, 0, 0}), w.exterior_angle_rad);
    EXPECT_LT(azimuth(w, 3.0 * w.at(0.5 * w.length_m)), w.exterior_angle_rad);
  }
  EXPECT_NEAR(length, 4 * (2 + 4 + 6), 1e-12);
}

TEST(Wedges, OfAPlateAreItsFourSides) {
  for (const int n : {1, 5}) {
    const auto wedges = wedges_of({rectangle({0, 0, 0}, {2, 0, 0}, {0, 3, 0}, n)});
    ASSERT_EQ(wedges.size(), 4u);
    for (const Wedge& w : wedges) {
      expect_frame(w);
      EXPECT_EQ(w.exterior_angle_rad, 2 * kPi);
      EXPECT_EQ(w.facet0, w.facet_n);
      EXPECT_NEAR(azimuth(w, {1, 1.5, 0}), 0, 1e-9);  // the plate itself
    }
  }
}

TEST(Wedges, FlatEdgesAreLeftOutNearlyFlatOnesKept) {
  const auto at_ridge = [](const std::vector<Wedge>& wedges) {
    return std::count_if(wedges.begin(), wedges.end(), [](const Wedge& w) {
      return std::abs(w.at(0.5 * w.length_m).y) < 1e-9 && std::abs(w.direction.x) > 0.9;
    });
  };
  // a bend of 2 atan(slope)
  const auto flat = wedges_of({ridge(1e-5)}), bent = wedges_of({ridge(1e-3)});
  EXPECT_EQ(at_ridge(flat), 0);
  EXPECT_EQ(at_ridge(bent), 1);
  const auto w =
      std::find_if(bent.begin(), bent.end(), [](const Wedge& x) { return std::abs(x.exterior_angle_rad - kPi) < 0.1; });
  ASSERT_NE(w, bent.end());
  EXPECT_NEAR(w->exterior_angle_rad - kPi, 2 * std::atan(1e-3), 1e-9);
}

TEST(Wedges, OfTwoObjectsThatMeetAreOne) {
  // a wall, and a roof over a part of its length: one wedge where they meet, ends where they do not
  const auto wall = rectangle({0, 0, 0}, {10, 0, 0}, {0, 0, 4});
  const auto roof = rectangle({3, 0, 4}, {4, 0, 0}, {0, 6, 0});
  const auto wedges = wedges_of({wall, roof});
  double joined = 0, free = 0;
  for (const Wedge& w : wedges) {
    const Vec3d m = w.at(0.5 * w.length_m);
    if (std::abs(m.y) > 1e-9 || std::abs(m.z - 4) > 1e-9) continue;
    expect_frame(w);
    const bool wedge = std::abs(w.exterior_angle_rad - 1.5 * kPi) < 1e-9;
    EXPECT_TRUE(wedge || w.exterior_angle_rad == 2 * kPi);
    (wedge ? joined : free) += w.length_m;
    if (wedge) {
      EXPECT_GT(m.x, 3);
      EXPECT_LT(m.x, 7);
    }
  }
  EXPECT_NEAR(joined, 4, 1e-6);
  EXPECT_NEAR(free, 6, 1e-6);
}

TEST(Wedges, PiecesKnowTheirShareOfTheMeshsEdge) {
  const scene::Scene s =
      scene_of({rectangle({0, 0, 0}, {10, 0, 0}, {0, 0, 4}), rectangle({3, 0, 4}, {4, 0, 0}, {0, 6, 0})});
  const PreparedScene prepared(s);
  for (const Wedge& w : prepared.wedges()) {
    for (const WedgePiece& p : w.pieces) {
      const scene::Edge& e = prepared.facets().edges[size_t(p.edge)];
      EXPECT_LT(norm(e.a + p.begin * (e.b - e.a) - w.at(p.lo)), 1e-9);
      EXPECT_LT(norm(e.a + p.end * (e.b - e.a) - w.at(p.hi)), 1e-9);
    }
    EXPECT_NEAR(w.pieces.front().lo, 0, 1e-9);
    EXPECT_NEAR(w.pieces.back().hi, w.length_m, 1e-9);
  }
}

TEST(Wedges, WhereTheOutsideIsFilledNothingDiffracts) {
  // a house on the ground: no wedge at its foot; a fence that stands on it: no end there
  const auto ground = rectangle({-20, -20, 0}, {40, 0, 0}, {0, 40, 0});
  for (const auto& standing : {scene::box({-1, -1, 0}, {2, 2, 3}), rectangle({-1, 0, 0}, {2, 0, 0}, {0, 0, 3})}) {
    int on_ground = 0;
    for (const Wedge& w : wedges_of({ground, standing})) {
      const Vec3d m = w.at(0.5 * w.length_m);
      on_ground += std::abs(m.z) < 1e-6 && std::abs(m.x) < 19 && std::abs(m.y) < 19;
    }
    EXPECT_EQ(on_ground, 0);
  }
}

/// The prism over a polygon, counter-clockwise, from z = 0 to `height`.
scene::Mesh prism(const std::vector<Vec2d>& corners, double height) {
  scene::Mesh m;
  const auto n = uint32_t(corners.size());
  for (const double z : {0.0, height}) {
    for (const Vec2d& c : corners) m.vertices_m.push_back({c.x, c.y, z});
  }
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t j = (i + 1) % n;
    m.triangles.push_back({i, j, n + j});
    m.triangles.push_back({i, n + j, n + i});
  }
  for (uint32_t i = 1; i + 1 < n; ++i) {
    m.triangles.push_back({0, i + 1, i});
    m.triangles.push_back({n, n + i, n + i + 1});
  }
  return m;
}

TEST(Wedges, HousesWithACommonWallDiffractByWhatRemainsOutside) {
  // Two houses meet in the plane x = 0; their fronts bend at the common edge by `bend`, outwards where positive.
  for (const double bend : {0.1, -0.1, 0.0}) {
    const double s = 4 * std::tan(bend);
    const auto west = prism({{0, 0}, {0, 5}, {-4, 5}, {-4, s}}, 9), east = prism({{0, 0}, {4, 0}, {4, 5}, {0, 5}}, 6);
    int below = 0, above = 0;
    for (const Wedge& w : wedges_of({west, east})) {
      const Vec3d m = w.at(0.5 * w.length_m);
      if (std::hypot(m.x, m.y) > 1e-6 || std::abs(w.direction.z) < 0.9) continue;
      expect_frame(w);
      if (m.z < 6) {
        ++below;
        EXPECT_NEAR(w.length_m, 6, 1e-6);
        EXPECT_NEAR(w.exterior_angle_rad, kPi + bend, 1e-9);
      } else {  // the taller one alone
        ++above;
        EXPECT_NEAR(w.length_m, 3, 1e-6);
        EXPECT_NEAR(w.exterior_angle_rad, 1.5 * kPi + bend, 1e-9);
      }
    }
    EXPECT_EQ(below, bend > 0 ? 1 : 0) << bend;
    EXPECT_EQ(above, 1) << bend;
  }
}

TEST(Wedges, ASurfaceGivenTwiceIsOne) {
  const auto plate = rectangle({0, 0, 0}, {2, 0, 0}, {0, 3, 0});
  EXPECT_EQ(wedges_of({plate, plate}).size(), 4u);
  const auto box = scene::box({0, 0, 0}, {1, 1, 1});
  EXPECT_EQ(wedges_of({box, box}).size(), 12u);
}

// ---- Stretches: what touches an edge takes away the touched part alone

scene::Mesh block(const Vec3d& lo, const Vec3d& hi) { return scene::box(lo, hi - lo); }

/// The stretches of the wedges on the line through `point` along `direction`, as sorted pairs of places along it.
std::vector<Vec2d> stretches_on(const std::vector<Wedge>& wedges, const Vec3d& point, const Vec3d& direction,
                                double off_m = 1e-3) {
  std::vector<Vec2d> found;
  for (const Wedge& w : wedges) {
    if (norm(cross(w.a - point, direction)) > off_m || norm(cross(w.direction, direction)) > off_m) continue;
    const double s = dot(w.a - point, direction), t = dot(w.at(w.length_m) - point, direction);
    found.push_back({std::min(s, t), std::max(s, t)});
  }
  std::sort(found.begin(), found.end(), [](const Vec2d& x, const Vec2d& y) { return x.x < y.x; });
  return found;
}

void expect_stretches(const std::vector<Vec2d>& found, const std::vector<Vec2d>& expected, const std::string& name,
                      double tolerance = 1e-9) {
  ASSERT_EQ(found.size(), expected.size()) << name;
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i].x, expected[i].x, tolerance) << name << " " << i;
    EXPECT_NEAR(found[i].y, expected[i].y, tolerance) << name << " " << i;
  }
}

TEST(Wedges, WhatTouchesAnEaveTakesTheTouchedStretch) {
  const auto house = block({0, 0, 0}, {40, 10, 10});
  struct Case {
    const char* name;
    scene::Mesh mesh;
    std::vector<Vec2d> expected;
  };
  for (const double x : {20.0, 26.5}) {
    const auto beside = [&](double half) { return std::vector<Vec2d>{{0, x - half}, {x + half, 40}}; };
    for (const Case& c : {
             Case{"rain pipe", block({x - 0.05, -0.1, 0}, {x + 0.05, 0, 10.2}), beside(0.05)},
             Case{"flush wing", block({x - 2, -10, 0}, {x + 2, 0, 10}), beside(2)},
             Case{"higher wing", block({x - 2, -10, 0}, {x + 2, 0, 12}), beside(2)},
             Case{"chimney flush with the wall", block({x - 0.25, 0, 10}, {x + 0.25, 0.5, 11.5}), beside(0.25)},
             Case{"lower wing", block({x - 2, -10, 0}, {x + 2, 0, 9}), {{0, 40}}},
             Case{"garden wall", block({x - 0.1, -30, 0}, {x + 0.1, 0, 2}), {{0, 40}}},
             Case{"lamp in front of the wall", block({x - 0.1, -0.5, 9.9}, {x + 0.1, -0.3, 10.1}), {{0, 40}}},
             Case{"dormer behind the eave", block({x - 1, 2, 10}, {x + 1, 6, 12}), {{0, 40}}},
             Case{"mast through the eave",
                  block({x - 0.2, -0.2, 5}, {x + 0.2, 0.2, 15}),
                  {{0, x - 0.2}, {x - 0.2, x + 0.2}, {x + 0.2, 40}}},
             Case{"sheet across the eave", rectangle({x, -3, 8}, {0, 6, 0}, {0, 0, 4}), {{0, x}, {x, 40}}},
         }) {
      expect_stretches(stretches_on(wedges_of({house, c.mesh}), {0, 0, 10}, {1, 0, 0}), c.expected, c.name);
      expect_stretches(stretches_on(wedges_of({c.mesh, house}), {0, 0, 10}, {1, 0, 0}), c.expected, c.name);
    }
  }
}

TEST(Wedges, ACornerThatSinksIntoTheGroundIsCutAtIt) {
  const auto house = block({0, 0, -3}, {10, 10, 8});
  // level, and falling by one in four and by one in a hundred
  for (const double slope : {0.0, 0.25, 0.01}) {
    const auto ground = rectangle({-50, -50, -50 * slope}, {100, 0, 100 * slope}, {0, 100, 0});
    for (const double x : {0.0, 10.0}) {
      const auto found = stretches_on(wedges_of({house, ground}), {x, 0, 0}, {0, 0, 1});
      ASSERT_EQ(found.size(), 2u) << slope;
      EXPECT_NEAR(found[0].y, slope * x, 1e-9);
      EXPECT_NEAR(found[1].x, slope * x, 1e-9);
      EXPECT_NEAR(found[1].y, 8, 1e-9);
    }
  }
}

// ---- Inside and side by side: what is not outside changes nothing

/// Sums over the wedges that do not depend on their order or on how they are cut.
struct Outline {
  size_t number = 0;
  double length = 0, angle = 0;
  Vec3d moment;
};
Outline outline(const std::vector<Wedge>& wedges) {
  Outline o;
  for (const Wedge& w : wedges) {
    ++o.number;
    o.length += w.length_m;
    o.angle += w.length_m * w.exterior_angle_rad;
    o.moment = o.moment + w.length_m * w.at(0.5 * w.length_m);
  }
  return o;
}
void expect_same(const Outline& a, const Outline& b, double tolerance, const std::string& name) {
  EXPECT_EQ(a.number, b.number) << name;
  EXPECT_NEAR(a.length, b.length, tolerance) << name;
  EXPECT_NEAR(a.angle, b.angle, tolerance) << name;
  EXPECT_LT(norm(a.moment - b.moment), 10 * tolerance) << name;
}

TEST(Wedges, TerracesInnerWallsAndFloorsLeaveTheOutline) {
  const Outline one = outline(wedges_of({block({0, 0, 0}, {8, 4, 6})}));
  for (const double gap : {0.0, 1e-9, 1e-5, 1e-3}) {
    const auto west = block({0, 0, 0}, {4, 4, 6}), east = block({4 + gap, 0, 0}, {8, 4, 6});
    expect_same(outline(wedges_of({west, east})), one, 1e-9 + 20 * gap, "terrace");
    scene::Mesh both = west;  // one object
    const auto n = uint32_t(west.vertices_m.size());
    for (const auto& t : east.triangles) both.triangles.push_back({t[0] + n, t[1] + n, t[2] + n});
    both.vertices_m.insert(both.vertices_m.end(), east.vertices_m.begin(), east.vertices_m.end());
    expect_same(outline(wedges_of({both})), one, 1e-9 + 20 * gap, "terrace as one object");
    const auto whole = block({0, 0, 0}, {8, 4, 6});
    const double g = gap;
    expect_same(outline(wedges_of({whole, rectangle({4, g, g}, {0, 4 - 2 * g, 0}, {0, 0, 6 - 2 * g})})), one, 1e-9,
                "inner wall");
    expect_same(outline(wedges_of({whole, rectangle({g, g, 3}, {8 - 2 * g, 0, 0}, {0, 4 - 2 * g, 0})})), one, 1e-9,
                "floor");
    expect_same(outline(wedges_of({whole, rectangle({4, g, g}, {0, 4 - 2 * g, 0}, {0, 0, 6 - 2 * g}),
                                   rectangle({g, g, 3}, {8 - 2 * g, 0, 0}, {0, 4 - 2 * g, 0}),
                                   rectangle({g, 2, g}, {8 - 2 * g, 0, 0}, {0, 0, 6 - 2 * g})})),
                one, 1e-9, "walls and floors");
  }
}

// ---- Seams

/// A box of six rectangles, each moved by `shift` within its plane's sides.
std::vector<scene::Mesh> loose_box(const Vec3d& lo, const Vec3d& hi, double in, double out) {
  std::vector<scene::Mesh> faces;
  const double side[3] = {hi.x - lo.x, hi.y - lo.y, hi.z - lo.z};
  const Vec3d axes[3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  for (size_t i = 0; i < 3; ++i) {
    const Vec3d &n = axes[i], &u = axes[(i + 1) % 3], &v = axes[(i + 2) % 3];
    for (const double end : {0.0, 1.0}) {
      const Vec3d corner = lo + (end * side[i] + (end > 0 ? out : -out)) * n + in * (u + v);
      faces.push_back(rectangle(corner, (side[(i + 1) % 3] - 2 * in) * u, (side[(i + 2) % 3] - 2 * in) * v));
    }
  }
  return faces;
}

TEST(Wedges, CracksBelowTheSeamToleranceAreClosedAndWiderOnesNot) {
  const Vec3d lo{-3, 2, 0}, hi{1, 6, 5};
  const double tolerance = 0.01;
  // the same at any scale, and far from the origin
  for (const double scale : {1e-3, 1.0, 1e3}) {
    for (const Vec3d& move : {Vec3d{0, 0, 0}, Vec3d{2e3, -1e3, 50}}) {
      const auto number = [&](double in, double out, double* angle = nullptr) {
        scene::Scene s = scene_of({});
        int i = 0;
        for (const auto& m : loose_box(scale * (lo + move), scale * (hi + move), scale * in, scale * out)) {
          s.add_object({"face " + std::to_string(i++), m, 0});
        }
        scene::clean_meshes(s);
        const PreparedScene prepared = PreparedScene(s).with_seams(scale * tolerance, 1, true);
        if (angle) {
          *angle = 0;
          for (const Wedge& w : prepared.wedges())
            *angle = std::max(*angle, std::abs(w.exterior_angle_rad - 1.5 * kPi));
        }
        return prepared.wedges().size();
      };
      for (const double e : {0.0, 1e-6, 1e-4, 5e-3}) {
        for (const auto& [in, out] : {std::pair{e, 0.0}, std::pair{-e, 0.0}, std::pair{0.0, e}}) {
          double angle = 1;
          EXPECT_EQ(number(in, out, &angle), 12u) << scale << " " << in << " " << out;
          EXPECT_LT(angle, 1e-9);
        }
      }
      EXPECT_EQ(number(0.02, 0), 24u) << scale;  // each face has its own sides
    }
  }
}

/// At a corner the edges of one face know each other, be it of one piece, of two, or of two that are not quite in one
/// plane.
TEST(Wedges, CornersOfFacesOfTwoPieces) {
  for (const double off : {0.0, 1e-9, 1e-7, 1e-6, 1e-4}) {
    const Vec3d lo{-3, -2, -1}, hi{3, 2, 1};
    std::vector<scene::Mesh> faces = loose_box(lo, hi, 0, 0);
    faces.pop_back();  // the roof
    faces.push_back(rectangle({-3, -2, 1}, {3, 0, 0}, {0, 4, 0}));
    faces.push_back(rectangle({0, -2, 1 + off}, {3, 0, 0}, {0, 4, 0}));
    const auto wedges = wedges_of(faces);
    EXPECT_EQ(wedges.size(), 12u) << off;
    for (const Wedge& w : wedges) {
      for (const Wedge::Turns& t : w.turns) EXPECT_TRUE(t.face_0 && t.face_n && t.over_0 >= 0 && t.over_n >= 0) << off;
    }
  }
}

TEST(Wedges, PlatesOnEachOtherAreClosedAllAroundHoweverTheyLie) {
  // two plates of a wall, within the tolerance, each longer than the other at one end: one outline of four sides
  for (const Vec3d& turn : {Vec3d{0, 0, 0}, Vec3d{0.4, 0.9, -2}, Vec3d{-1.3, 0.2, 0.7}, Vec3d{2.1, -0.5, 1.1}}) {
    const Mat3d r = rotation_from_euler(turn);
    for (const double gap : {1e-9, 1e-5, 5e-3}) {
      const scene::Scene s = scene_of({rectangle(r * Vec3d{0, -4, 0}, r * Vec3d{0, 4, 0}, r * Vec3d{0, 0, 3}),
                                       rectangle(r * Vec3d{gap, -3, 0}, r * Vec3d{0, 5, 0}, r * Vec3d{0, 0, 3})});
      const PreparedScene prepared = PreparedScene(s).with_seams(0.01, 1, true);
      double length = 0;
      for (const Wedge& w : prepared.wedges()) length += w.length_m;
      EXPECT_EQ(prepared.wedges().size(), 4u) << gap << " m apart, turned by " << turn.x;
      EXPECT_NEAR(length, 2 * (6 + 3), 1e-9);
    }
  }
}

TEST(Wedges, WhereAPlateCutsAnEdgeDoesNotDependOnTheMesh) {
  // the cut, at z = 0.004, is within the tolerance of the middle, where finer meshes have a corner
  for (const int n : {1, 2, 4}) {
    const scene::Scene s = scene_of(
        {rectangle({0, -2, -1}, {0, 2, 0}, {0, 0, 2}, n), rectangle({-1, -1, 0.004 - 0.3}, {2, 0, 0.6}, {0, 2, 0}, n)});
    const PreparedScene prepared = PreparedScene(s).with_seams(0.01, 1, true);
    std::vector<double> lengths;
    for (const Wedge& w : prepared.wedges()) {
      if (norm(cross(w.direction, Vec3d{0, 0, 1})) < 1e-9 && std::abs(w.at(0).y + prepared.origin_m().y) < 1e-9)
        lengths.push_back(w.length_m);
    }
    std::sort(lengths.begin(), lengths.end());
    ASSERT_EQ(lengths.size(), 2u) << n;
    EXPECT_NEAR(lengths[0], 1 - 0.004, 1e-9) << n;
    EXPECT_NEAR(lengths[1], 1 + 0.004, 1e-9) << n;
  }
}

TEST(Wedges, OfTwoPlatesThatCutAnEdgeSideBySideTheLargerOneDoes) {
  // 7 mm apart, the tolerance is 10 mm: whichever comes first along the edge
  const std::vector<scene::Mesh> meshes{rectangle({0, -2, -1}, {0, 2, 0}, {0, 0, 2}),
                                        rectangle({-1, -1, 0.004}, {2, 0, 0}, {0, 2, 0}),
                                        rectangle({-0.5, -0.5, -0.003}, {1, 0, 0}, {0, 1, 0})};
  for (const bool turned : {false, true}) {
    for (const bool reversed : {false, true}) {
      std::vector<scene::Mesh> given = meshes;
      if (reversed) std::reverse(given.begin(), given.end());
      for (scene::Mesh& m : given) {
        for (auto& t : m.triangles) turned ? std::swap(t[1], t[2]) : void();
      }
      const PreparedScene prepared = PreparedScene(scene_of(given)).with_seams(0.01, 1, true);
      std::vector<double> lengths;
      for (const Wedge& w : prepared.wedges()) {
        if (norm(cross(w.direction, Vec3d{0, 0, 1})) < 1e-9 && std::abs(w.at(0).y + prepared.origin_m().y) < 1e-9)
          lengths.push_back(w.length_m);
      }
      std::sort(lengths.begin(), lengths.end());
      ASSERT_EQ(lengths.size(), 2u);
      EXPECT_NEAR(lengths[0], 1 - 0.004, 1e-9);
      EXPECT_NEAR(lengths[1], 1 + 0.004, 1e-9);
    }
  }
}

TEST(Wedges, APlateCutsTheEdgesThatPassItsCornerWithinTheTolerance) {
  for (const int n : {1, 2, 4}) {
    for (const double off : {0.006, 0.008}) {  // from both sides: 8.5 and 11.3 mm from the corner, the tolerance is 10
      const PreparedScene prepared = PreparedScene(scene_of({rectangle({0, 0, -1}, {0, -2, 0}, {0, 0, 2}, n),
                                                             rectangle({off, off, 0}, {4, 0, 0}, {0, 1, 0}, n)}))
                                         .with_seams(0.01, 1, true);
      size_t count = 0;
      for (const Wedge& w : prepared.wedges())
        count += norm(cross(w.direction, Vec3d{0, 0, 1})) < 1e-9 && std::abs(w.at(0).y + prepared.origin_m().y) < 1e-9;
      EXPECT_EQ(count, off < 0.007 ? 2u : 1u) << n << ", " << off;
    }
  }
}

TEST(Wedges, ASmallDetailOfOneSurfaceIsNoCrack) {
  // far below the tolerance of 0.01 m: the sides of a plate, a kerb's step
  const auto count = [](const scene::Mesh& m) {
    const scene::Scene s = scene_of({m});
    return PreparedScene(s).with_seams(0.01, 1, true).wedges().size();
  };
  EXPECT_EQ(count(block({0, 0, 0}, {2, 3, 0.001})), 12u);
  EXPECT_EQ(count(block({0, 0, 0}, {0.001, 0.002, 3})), 12u);
  scene::Scene s = scene_of(loose_box({0, 0, 0}, {2, 3, 0.001}, 0, 0));
  EXPECT_EQ(PreparedScene(s).with_seams(0.01, 1, true).wedges().size(), 12u);
}

TEST(Wedges, ACrackThatOpensIsClosedAsFarAsItIsNarrow) {
  // a wall under a roof whose side turns away from it: 0 at x = 0, 0.1 m at x = 10
  scene::Mesh roof;
  roof.vertices_m = {{0, 0, 4}, {10, 0.1, 4}, {10, 6, 4}, {0, 6, 4}};
  roof.triangles = {{0, 1, 2}, {0, 2, 3}};
  const scene::Scene s = scene_of({rectangle({0, 0, 0}, {10, 0, 0}, {0, 0, 4}), roof});
  const PreparedScene prepared = PreparedScene(s).with_seams(0.02, 1, true);
  double joined = 0, screens = 0;
  for (const Wedge& w : prepared.wedges()) {
    const Vec3d a = w.a + prepared.origin_m();
    if (std::abs(a.z - 4) > 1e-9 || std::abs(w.direction.x) < 0.9 || a.y > 1) continue;
    (std::abs(w.exterior_angle_rad - 1.5 * kPi) < 1e-6 ? joined : screens) += w.length_m;
  }
  EXPECT_NEAR(joined, 2, 0.02);
  EXPECT_NEAR(screens, 16, 0.04);  // the wall's top and the roof's side
}

TEST(EdgeSequences, SeveralTransmittersGetWhatEachGetsAlone) {
  scene::Scene s = scene_of({block({0, 0, 0}, {4, 3, 5})});
  s.frequency_hz = 1e9;
  const std::vector<Vec3d> from{{-3, -2, 2}, {9, 1, 3}, {2, 8, 4}, {1, -5, 6}, {-2, 6, 1}};
  for (int i = 0; i < 70; ++i)  // more than one batch
    s.add_receiver({"rx" + std::to_string(i), {7 * std::cos(0.1 * i + 0.03), 7 * std::sin(0.1 * i), 1.5}});
  PathOptions o;
  o.max_depth = 2;
  o.diffraction = true;
  o.samples_per_tx = 20000;
  const scene::Scene without = s;
  std::vector<Paths> alone;
  for (size_t t = 0; t < from.size(); ++t) {
    scene::Scene one = without;
    one.add_transmitter({"tx" + std::to_string(t), from[t]});
    alone.push_back(solve_paths(one, o));
    s.add_transmitter({"tx" + std::to_string(t), from[t]});
  }
  const Paths together = solve_paths(s, o);
  ASSERT_EQ(together.links.size(), 70 * from.size());
  std::vector<size_t> next(from.size(), 0);
  for (const Link& link : together.links) {
    const Paths& own = alone[size_t(link.tx)];
    for (int64_t p = link.path_begin; p < link.path_end; ++p) {
      ASSERT_LT(next[size_t(link.tx)], size_t(own.num_paths()));
      EXPECT_EQ(together.tau_s[size_t(p)], own.tau_s[next[size_t(link.tx)]++]);
    }
  }
  for (size_t t = 0; t < from.size(); ++t) EXPECT_EQ(next[t], size_t(alone[t].num_paths()));
}

}  // namespace
}  // namespace raywave::paths
