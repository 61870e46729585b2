// SPDX-License-Identifier: Apache-2.0
// What must not decide over edges' fields: windings, the cut of a face into triangles, a turn of the scene, which end
// sends; and places where a rule used to change over: obtuse corners, lines that cross beyond ends, legs past corners.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "diffraction_scenes.h"
#include "field_walk.h"
#include "map_surfaces.h"
#include "raywave/maps/radio_map.h"
#include "relative_fields.h"

namespace raywave {
namespace {

using paths::Paths;
using scene::Mesh;
using test::difference;
using test::options;
using test::relative_fields;

constexpr double kHz = 1e9;

double largest(const std::vector<Complexd>& a) { return difference(a, std::vector<Complexd>(a.size())); }

scene::Scene metal(const Mesh& mesh, const Vec3d& tx, const std::vector<Vec3d>& rxs) {
  return test::links(kHz, {mesh}, tx, rxs, test::perfect_conductor());
}
/// Around the z axis: what is vertical stays so.
scene::Scene turned(const scene::Scene& s, double angle) {
  const auto turn = [&](Vec3d& v) {
    v = {std::cos(angle) * v.x - std::sin(angle) * v.y, std::sin(angle) * v.x + std::cos(angle) * v.y, v.z};
  };
  scene::Scene t = s;
  for (auto& o : t.objects) {
    for (Vec3d& v : o.mesh.vertices_m) turn(v);
  }
  for (auto& d : t.transmitters) turn(d.position_m), d.orientation_rad.x += angle;
  for (auto& d : t.receivers) turn(d.position_m), d.orientation_rad.x += angle;
  return t;
}
/// The field above and below places of the plane z = height: the largest step.
double step_across(const Mesh& mesh, const Vec3d& tx, const std::vector<Vec3d>& places, const paths::PathOptions& o) {
  std::vector<Vec3d> above, below;
  for (const Vec3d& p : places) above.push_back(p + Vec3d{0, 0, 1e-6}), below.push_back(p - Vec3d{0, 0, 1e-6});
  return difference(relative_fields(metal(mesh, tx, above), o), relative_fields(metal(mesh, tx, below), o));
}
Mesh plates(const std::vector<std::array<double, 4>>& rectangles) {
  Mesh m;
  for (const auto& [x0, y0, x1, y1] : rectangles)
    scene::add_rectangle(m, {x0, y0, 0}, {x1 - x0, 0, 0}, {0, y1 - y0, 0});
  return m;
}
const Mesh& plate_with_hole() {
  static const Mesh m = plates({{-2, -1.5, 2, -0.6}, {-2, 0.6, 2, 1.5}, {-2, -0.6, -0.6, 0.6}, {0.6, -0.6, 2, 0.6}});
  return m;
}
Mesh prism(int sides, double radius, double phase, double height) {
  Mesh m;
  for (const double z : {0.0, height}) {
    for (int i = 0; i < sides; ++i) {
      const double a = phase + 2 * kPi * i / sides;
      m.vertices_m.push_back({radius * std::cos(a), radius * std::sin(a), z});
    }
  }
  const auto at = [&](int i, int ring) { return uint32_t(i % sides + ring * sides); };
  for (int i = 0; i < sides; ++i) {
    m.triangles.push_back({at(i, 0), at(i + 1, 0), at(i + 1, 1)});
    m.triangles.push_back({at(i, 0), at(i + 1, 1), at(i, 1)});
    if (i == 0 || i + 1 == sides) continue;
    m.triangles.push_back({at(0, 1), at(i, 1), at(i + 1, 1)});
    m.triangles.push_back({at(0, 0), at(i + 1, 0), at(i, 0)});
  }
  return m;
}
std::vector<Vec3d> around(int n, double radius, double low, double high) {
  std::vector<Vec3d> places;
  for (int i = 0; i < n; ++i) {
    const double a = 2 * kPi * std::fmod(0.618034 * i + 0.05, 1.0), r = radius * (1 + 0.03 * i);
    places.push_back({r * std::cos(a), r * std::sin(a), low + (high - low) * std::fmod(0.754878 * i, 1.0)});
  }
  return places;
}

/// Two centimetres at a tolerance of three: faces at right angles to each other are not one.
TEST(EdgeInvariance, APlateThinnerThanTheSeamToleranceTurns) {
  scene::Scene s = metal(scene::box({-2, -1.5, 0}, {4, 3, 0.02}), {-3.4, -2.7, 1.1}, around(24, 4, -2, 2));
  const auto tilt = [](Vec3d& v) {  // turns around z keep what is vertical, and zeros of what is level
    v = {v.x, 0.8 * v.y - 0.6 * v.z, 0.6 * v.y + 0.8 * v.z};
    v = {0.28 * v.x + 0.96 * v.z, v.y, -0.96 * v.x + 0.28 * v.z};
  };
  for (Vec3d& v : s.objects[0].mesh.vertices_m) tilt(v);
  tilt(s.transmitters[0].position_m);
  for (auto& d : s.receivers) tilt(d.position_m);
  const auto base = relative_fields(s, options(2, 2));
  EXPECT_GT(largest(base), 0.3);
  for (const double angle : {1e-6, 0.3, 1.1, 2.7})
    EXPECT_LT(difference(base, relative_fields(turned(s, angle), options(2, 2))), 2e-3) << angle;
}

/// Two plates side by side whose rims are not quite in one line: one edge or two, whichever object comes first.
TEST(EdgeInvariance, TheOrderOfObjectsDoesNotMoveAnEdge) {
  const auto both = [&](double offset_m, bool swapped) {
    std::vector<Mesh> meshes{plates({{-3, -1.5, 0, 1.5}}), plates({{0, -0.9, 2, 1.5 - offset_m}})};
    if (swapped) std::swap(meshes[0], meshes[1]);
    return relative_fields(test::links(kHz, meshes, {1, 5, 1.5}, around(12, 4, -2, 2), test::perfect_conductor()),
                           options(1, 1));
  };
  for (const double offset_m : {0.003, 0.015, 0.0297, 0.0303, 0.045, 0.059, 0.065})
    EXPECT_LT(difference(both(offset_m, false), both(offset_m, true)), 1e-9) << offset_m;
  EXPECT_LT(difference(both(0.0297, false), both(0.0303, false)), 0.05);  // the tolerance lies between
  // a crack that is closed: whose edge goes on over it
  const Mesh high = plates({{-2, -1.5, 0, 1.5}}), low = plates({{0.027, -1.1, 2.027, 1.1}});
  const auto cracked = [&](const std::vector<Mesh>& meshes) {
    return relative_fields(test::links(kHz, meshes, {1, 5, 1.5}, around(12, 4, -2, 2)), options(1, 1));
  };
  EXPECT_LT(difference(cracked({high, low}), cracked({low, high})), 1e-9);
}

TEST(EdgeInvariance, ASheetHasNoWinding) {
  Mesh open = scene::box({-1.5, -1, 0}, {3, 2, 2});  // a box without its lid
  std::erase_if(open.triangles, [&](const auto& t) {
    return std::all_of(t.begin(), t.end(), [&](uint32_t v) { return open.vertices_m[v].z > 1; });
  });
  ASSERT_EQ(open.triangles.size(), 10u);
  std::vector<Vec3d> rxs = around(40, 2.5, 1, 4);
  for (Vec3d& p : rxs) p.y = -1 + 1e-6;  // beside a wall's plane
  Mesh other = open;
  for (auto& t : other.triangles) std::swap(t[0], t[1]);
  for (const Vec3d& tx : {Vec3d{4, 2.9, 0.7}, Vec3d{-2.2, 4.4, 3.1}, Vec3d{-4.5, -2.1, 1.2}})
    EXPECT_LT(difference(relative_fields(metal(open, tx, rxs), options(1)),
                         relative_fields(metal(other, tx, rxs), options(1))),
              1e-9);
}

/// Legs between two edges that leave a lossy sheet over its hole run on either side of it.
TEST(EdgeInvariance, ALossySheetHasNoWindingAndNoHeading) {
  const Vec3d tx{2.9, 1.3, 0.09};
  std::vector<Vec3d> rxs = around(30, 3.5, -1.5, 1.5);
  for (size_t i = 0; i < rxs.size(); i += 3) rxs[i].z = 0;  // in the sheet's plane
  scene::Scene s = test::links(kHz, {plate_with_hole()}, tx, rxs);
  const auto base = relative_fields(s, options(2, 2));
  EXPECT_GT(largest(base), 0.3);
  for (const double angle : {0.7, 2.1, 4.4})
    EXPECT_LT(difference(base, relative_fields(turned(s, angle), options(2, 2))), 6e-3);
  for (size_t i = 0; i < s.objects[0].mesh.triangles.size(); i += 2)
    std::swap(s.objects[0].mesh.triangles[i][0], s.objects[0].mesh.triangles[i][1]);
  EXPECT_LT(difference(base, relative_fields(s, options(2, 2))), 6e-3);
}

/// A narrow side whose triangles meet at half its height, nearer to its edges than the tolerance, at places of their
/// own.
TEST(EdgeInvariance, HowANarrowFaceIsCutChangesNothing) {
  const Mesh whole = scene::box({-2, -1.5, 0}, {4, 3, 0.05});
  Mesh cut = whole;
  std::erase_if(cut.triangles, [&](const auto& t) {
    return std::all_of(t.begin(), t.end(), [&](uint32_t v) { return cut.vertices_m[v].y < 0; });
  });
  ASSERT_EQ(cut.triangles.size(), 10u);
  const auto layer = [&](double low, double high, double between) {
    const auto v = uint32_t(cut.vertices_m.size());
    for (const double x : {-2.0, between, 2.0}) cut.vertices_m.push_back({x, -1.5, low});
    for (const double x : {-2.0, 2.0}) cut.vertices_m.push_back({x, -1.5, high});
    for (const auto& t : {std::array<uint32_t, 3>{0, 1, 3}, {1, 2, 4}, {1, 4, 3}})
      cut.triangles.push_back({v + t[0], v + t[1], v + t[2]});
  };
  layer(0, 0.01, -1.1), layer(0.01, 0.02, 0.3), layer(0.02, 0.05, -0.7);
  const Vec3d tx{-1.2, -4.4, 0.9};
  const std::vector<Vec3d> rxs = around(40, 3, -2, 2);
  const auto base = relative_fields(metal(whole, tx, rxs), options(1));
  EXPECT_LT(difference(base, relative_fields(metal(cut, tx, rxs), options(1))), 0.02);
}

/// Both ends of a short edge are within reach of a crack's corner: each keeps its own.
TEST(EdgeInvariance, ShortEdgesBesideACrackKeepTheirEnds) {
  const auto balcony = [](double crack_m) {
    const std::vector<Mesh> meshes{scene::box({-1.5, 0, 0}, {3, 1, 3}),
                                   scene::box({-0.7, 1 + crack_m, 0.9}, {1.4, 0.75 - crack_m, 0.1})};
    return relative_fields(
        test::links(kHz, meshes, {2.8, 4.7, 4.6}, around(60, 2.4, 0.1, 2.9), test::perfect_conductor()), options(1, 1));
  };
  const auto touching = balcony(0);
  EXPECT_GT(largest(touching), 0.3);
  for (const double crack_m : {1e-6, 1e-4}) EXPECT_LT(difference(touching, balcony(crack_m)), 0.01) << crack_m;
}

/// One of two faces that lie on each other, or nearly, with the other winding.
TEST(EdgeInvariance, OneOfTwoPartyFacesTurnedOverChangesNothing) {
  for (const double gap_m : {0.0, 0.003, 0.027}) {
    Mesh a = scene::box({-2, -1.7, 0}, {2, 2.7, 2.3}), b = scene::box({gap_m, -1.4, 0}, {1.5, 2.5, 2.8});
    for (Mesh* m : {&a, &b}) std::reverse(m->triangles.begin(), m->triangles.end());  // these faces come first
    Mesh turned_over = b;
    for (auto& t : turned_over.triangles) {
      if (std::all_of(t.begin(), t.end(), [&](uint32_t v) { return b.vertices_m[v].x < 0.1; })) std::swap(t[0], t[1]);
    }
    for (const Vec3d& tx : {Vec3d{0.4, -4.2, 3.8}, Vec3d{-0.2, 2.6, 3.5}, Vec3d{2.9, 1.1, 3.9}}) {
      const auto of = [&](const Mesh& other) {
        return relative_fields(test::links(kHz, {a, other}, tx, around(60, 3.2, 0.2, 4), test::perfect_conductor()),
                               options(1, 1));
      };
      EXPECT_LT(difference(of(b), of(turned_over)), 1e-9) << gap_m;
    }
  }
}

/// Stairs whose triangles are objects of their own: no ray goes down a riser's front and on inside.
TEST(EdgeInvariance, NothingArrivesInsideStairs) {
  const std::vector<Vec2d> outline{{0, 0}, {0.68, 0}, {0.68, 0.22}, {0.34, 0.22}, {0.34, 0.44}, {0, 0.44}};
  std::vector<Mesh> triangles;
  const auto add = [&](const Vec3d& p, const Vec3d& q, const Vec3d& r) {
    triangles.push_back({{p, q, r}, {{0, 1, 2}}});
  };
  const auto at = [&](size_t i, double y) { return Vec3d{outline[i % 6].x, y, outline[i % 6].y}; };
  for (size_t i = 0; i < 6; ++i) {
    add(at(i, -1), at(i + 1, -1), at(i + 1, 1));
    add(at(i, -1), at(i + 1, 1), at(i, 1));
  }
  for (const double y : {-1.0, 1.0}) {
    for (const auto& t : {std::array<size_t, 3>{0, 1, 2}, {0, 2, 3}, {0, 3, 5}, {3, 4, 5}})
      add(at(t[0], y), at(t[1], y), at(t[2], y));
  }
  const scene::Scene s =
      test::links(kHz, triangles, {-1.6, 2.4, 2.8}, {{0.358, -0.39, 0.158}, {0.37, 0.2, 0.1}, {0.3, 0.1, 0.15}},
                  test::perfect_conductor());
  EXPECT_EQ(solve_paths(s, options(2, 2)).num_paths(), 0);
}

TEST(EdgeInvariance, EndsInASheetsPlaneMayBeSwapped) {
  for (const Mesh& mesh : {plates({{-2, -1.5, 2, 1.5}}), plates({{-2, -1.5, 2, 0}, {-2, 0, 0, 1.5}})}) {
    const std::vector<Vec3d> ends{
        {-3, 0.2, 0}, {0.3, -4, 0}, {3.765, -0.281, 0}, {-2.848, 2.393, 0}, {0.161, 3.841, 0}};
    for (size_t i = 0; i < ends.size(); ++i) {
      for (size_t j = i + 1; j < ends.size(); ++j) {
        for (const int edges : {1, 2}) {
          const auto there = relative_fields(metal(mesh, ends[i], {ends[j]}), options(edges, edges)),
                     back = relative_fields(metal(mesh, ends[j], {ends[i]}), options(edges, edges));
          ASSERT_EQ(there.size(), 4u);
          for (size_t k = 0; k < 4; ++k)
            EXPECT_LT(abs(there[k] - back[(k % 2) * 2 + k / 2]), 1e-9) << i << ' ' << j << ' ' << k;
        }
      }
    }
  }
}

/// Triangles cut in four beside whole ones: their tips run within the tolerance of an edge, and strips end in needles.
TEST(EdgeInvariance, TrianglesCutInFourBesideWholeOnesChangeNothing) {
  const Mesh whole = scene::box({-2, -0.05, -3}, {4, 0.1, 3});
  for (const size_t first : {0u, 1u, 2u}) {
    Mesh cut;
    cut.vertices_m = whole.vertices_m;
    for (size_t i = 0; i < whole.triangles.size(); ++i) {
      const auto& t = whole.triangles[i];
      if (i % 3 == first) {
        cut.triangles.push_back(t);
        continue;
      }
      const auto v = uint32_t(cut.vertices_m.size());
      for (size_t k = 0; k < 3; ++k)
        cut.vertices_m.push_back(0.5 * (whole.vertices_m[t[k]] + whole.vertices_m[t[(k + 1) % 3]]));
      for (const auto& u :
           {std::array<uint32_t, 3>{t[0], v, v + 2}, {t[1], v + 1, v}, {t[2], v + 2, v + 1}, {v, v + 1, v + 2}})
        cut.triangles.push_back(u);
    }
    for (const Vec3d& tx : {Vec3d{3, -1.6, -3.1}, Vec3d{-1.2, 4.4, 0.9}}) {
      const std::vector<Vec3d> rxs = around(40, 3.4, -4, 2.5);
      const auto base = relative_fields(metal(whole, tx, rxs), options(1));
      EXPECT_GT(largest(base), 0.3);
      EXPECT_LT(difference(base, relative_fields(metal(cut, tx, rxs), options(1))), 0.03) << first;
    }
  }
}

/// Legs over a hole run straight on from rim to rim in the plane: on one side of it, whatever rounding says.
TEST(EdgeInvariance, RaysStraightOnInASheetsPlaneKeepTheirSide) {
  Mesh upright = plate_with_hole();
  for (Vec3d& v : upright.vertices_m) v = {v.x, 0, v.y};
  const scene::Scene s = metal(upright, {-2.2, 3.1, 1.3}, around(30, 3.5, -2, 2));
  const auto base = relative_fields(s, options(3, 3));
  for (const double angle : {0.7, 2.1, 4.4})
    EXPECT_LT(difference(base, relative_fields(turned(s, angle), options(3, 3))), 3e-3) << angle;
}

/// A leg past an obtuse corner goes on behind the plane of the roof.
TEST(EdgeInvariance, LegsPastObtuseCornersGoOn) {
  for (const int sides : {4, 6, 8}) {
    const Mesh mesh = prism(sides, 2, 0.3, 3);
    const auto corner = [&](int i) { return mesh.vertices_m[size_t((i + 2 * sides) % sides)]; };
    for (int i = 0; i < sides; ++i) {
      const Vec3d b = corner(i), e = normalized(b - corner(i - 1)), g = normalized(corner(i + 1) - b);
      const Vec3d out{e.y, -e.x, 0}, next_out{g.y, -g.x, 0};
      const Vec3d tx = b - (0.1 + 0.07 * i) * e + (1.2 + 0.3 * i) * out + Vec3d{0, 0, 4.2};
      const Vec3d r = b + (0.9 + 0.2 * i) * g + (0.3 + 0.1 * i) * next_out;
      if (dot(r - b, out) > -0.05) continue;
      const double behind = std::abs(dot(r - b, out));
      std::vector<Vec3d> rxs;
      for (const double angle : {0.0199, 0.0201}) rxs.push_back({r.x, r.y, 3 - behind * std::tan(angle)});
      const auto f = relative_fields(metal(mesh, tx, rxs), options(1));
      ASSERT_EQ(f.size(), 8u);
      for (size_t k = 0; k < 4; ++k) EXPECT_LT(abs(f[k] - f[4 + k]), 0.006) << sides << ' ' << i;
    }
  }
}

/// Two edges of one plane whose lines cross beyond an end: the leg between their points shrinks to nothing there.
TEST(EdgeInvariance, PathsOverLinesThatCrossBeyondAnEndFade) {
  for (const bool has_hole : {true, false}) {
    scene::Scene s =
        metal(has_hole ? plate_with_hole() : plates({{-2, -1.5, 2, -0.3}, {-2, -0.3, -1.2, 1.5}, {1.2, -0.3, 2, 1.5}}),
              {4.0328, -0.4738, -0.2421}, {{0, 0, 0}});
    test::FieldWalk walk(s, options(2, 2));
    const Vec3d from{-1.1, -0.1, -0.25193}, to{-1.9, -0.8, -0.25193};
    const test::Walk w = walk.along([&](double t) { return from + t * (to - from); }, 60);
    EXPECT_GT(w.changes, 0);
    EXPECT_LT(w.worst, 0.02) << w.change;
  }
}

/// The ray runs along a side and passes both of its corners.
TEST(EdgeInvariance, LegsPastTwoCornersOfASideDoNotStep) {
  std::vector<Vec3d> places;
  for (int i = 0; i <= 8; ++i) places.push_back({1.93 + 0.01 * i, 4.2708, 0});
  EXPECT_LT(step_across(plates({{-2, -1.5, 2, 1.5}}), {2.1043, -3.5508, -0.6692}, places, options(3, 3)), 0.03);
}

/// A corner of 40 degrees whose other side the leg crosses at right angles.
TEST(EdgeInvariance, LegsAcrossTheNextRimDoNotStep) {
  Mesh kite;
  kite.vertices_m = {{-2, 0, 0}, {0, -0.6, 0}, {2.5, 0, 0}, {0, 0.9, 0}};
  kite.triangles = {{0, 1, 3}, {1, 2, 3}};
  const std::vector<Vec3d> places{{3.2703, -4.3705, 0}};
  EXPECT_LT(step_across(kite, {1.2001, 3.9573, -0.9598}, places, options(3, 3)), 0.06);
}

/// Over two edges as well: which may face each other is one rule for both.
TEST(EdgeInvariance, ACellOfAnExactMapHoldsTheLinksPaths) {
  const std::vector<Vec3d> places = around(10, 3.2, -1, 4);
  scene::Scene s = metal(prism(12, 1.6, 0.3, 2.2), {-0.4, 4.6, 2.9}, places);
  const Vec3d tx = s.transmitters[0].position_m;
  s.transmitters.clear();
  s.add_transmitter({"tx", tx, {}, {}, test::antenna("iso", "V")});
  maps::RadioMapOptions o;
  o.max_depth = o.max_diffractions = 2;
  o.diffraction = true;
  const Paths p = solve_paths(s, options(2, 2));
  for (const paths::Link& l : p.links) {
    double power = 0;
    for (int64_t i = p.a_begin[size_t(l.path_begin)]; i < p.a_begin[size_t(l.path_end)]; ++i)
      power += norm2(p.a[size_t(i)]);
    const auto map = solve_radio_map(s, test::plane(places[size_t(l.rx)], {1e-3, 1e-3}, 1e-3), o);
    EXPECT_NEAR(map.path_gain[0] / power, 1, 1e-9) << l.rx;
  }
}

}  // namespace
}  // namespace raywave
