// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/facets.h"

#include <gtest/gtest.h>

#include <set>

#include "raywave/core/constants.h"
#include "raywave/scene/shapes.h"

namespace raywave::scene {
namespace {

Scene scene_of(std::vector<Mesh> meshes) {
  Scene s;
  s.add_material(em::Material{"wall"});
  for (auto& m : meshes) s.add_object({"object" + std::to_string(s.objects.size()), std::move(m), 0});
  clean_meshes(s);
  return s;
}

TEST(Facets, BoxHasSixFacetsAndTwelveRightAngledEdges) {
  const FacetTable t = build_facets(scene_of({box({0, 0, 0}, {2, 3, 4})}));
  EXPECT_EQ(t.facets.size(), 6u);
  ASSERT_EQ(t.edges.size(), 12u);
  for (const Edge& e : t.edges) EXPECT_NEAR(e.exterior_angle_rad, 1.5 * kPi, 1e-12);
}

TEST(Facets, SplittingAMeshChangesNothing) {
  const FacetTable coarse = build_facets(scene_of({box({0, 0, 0}, {2, 3, 4})}));
  const FacetTable fine = build_facets(scene_of({box({0, 0, 0}, {2, 3, 4}, 10)}));
  ASSERT_EQ(fine.facets.size(), coarse.facets.size());
  ASSERT_EQ(fine.edges.size(), coarse.edges.size());
  std::multiset<double> coarse_lengths, fine_lengths;
  for (const Edge& e : coarse.edges) coarse_lengths.insert(std::round(1e9 * norm(e.b - e.a)));
  for (const Edge& e : fine.edges) fine_lengths.insert(std::round(1e9 * norm(e.b - e.a)));
  EXPECT_EQ(fine_lengths, coarse_lengths);
}

/// A long side beside two short ones: of the wall, and where it meets another one.
TEST(Facets, TrianglesNeedNotMeetCornerToCorner) {
  const double far_m[] = {0, 5.4e6};
  for (const double far : far_m) {
    const auto at = [&](double x, double y, double z) {  // turned and moved: corners are rounded
      return Vec3d{0.6 * x - 0.8 * y + far, 0.8 * x + 0.6 * y + far, z};
    };
    Mesh walls{{at(0, 0, 0), at(4, 0, 0), at(4, 0, 3), at(0, 0, 3), at(1.7, 0, 1.275), at(4, 2, 0), at(4, 2, 3),
                at(4, 0, 1.3)},
               {{0, 2, 3}, {0, 1, 4}, {4, 1, 2}, {1, 5, 7}, {7, 5, 6}, {7, 6, 2}}};
    const FacetTable t = build_facets(scene_of({walls}));
    EXPECT_EQ(t.facets.size(), 2u) << far;
    ASSERT_EQ(t.edges.size(), 7u) << far;
    int corners = 0;
    for (const Edge& e : t.edges) {
      if (e.facet1 < 0) continue;
      ++corners;
      EXPECT_NEAR(std::abs(e.exterior_angle_rad - kPi), 0.5 * kPi, 1e-9);
      EXPECT_EQ(e.vertex_end - e.vertex_begin, 3u);
      EXPECT_NEAR(norm(e.b - e.a), 3, 1e-8);
    }
    EXPECT_EQ(corners, 1);
  }
}

TEST(Facets, InwardRoomCornersAreConcave) {
  Mesh room = box({0, 0, 0}, {2, 3, 4});
  for (auto& t : room.triangles) std::swap(t[1], t[2]);
  const FacetTable t = build_facets(scene_of({room}));
  ASSERT_EQ(t.edges.size(), 12u);
  for (const Edge& e : t.edges) EXPECT_NEAR(e.exterior_angle_rad, 0.5 * kPi, 1e-12);
}

TEST(Facets, OneFlippedFaceChangesNeitherFacetsNorAngles) {
  Mesh m = box({0, 0, 0}, {1, 1, 1});
  std::swap(m.triangles[3][1], m.triangles[3][2]);  // half of the top
  const FacetTable t = build_facets(scene_of({m}));
  EXPECT_EQ(t.facets.size(), 6u);
  ASSERT_EQ(t.edges.size(), 12u);
  for (const Edge& e : t.edges) EXPECT_NEAR(e.exterior_angle_rad, 1.5 * kPi, 1e-12);
}

TEST(Facets, OpenPlateHasFourFreeEdges) {
  Mesh plate{{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}}, {{0, 1, 2}, {0, 2, 3}}};
  const FacetTable t = build_facets(scene_of({plate}));
  EXPECT_EQ(t.facets.size(), 1u);
  ASSERT_EQ(t.edges.size(), 4u);
  for (const Edge& e : t.edges) {
    EXPECT_EQ(e.facet1, -1);
    EXPECT_DOUBLE_EQ(e.exterior_angle_rad, 2 * kPi);
  }
}

TEST(Facets, APointOnASharedLineBelongsToExactlyOneFacet) {
  // Two plates of two objects side by side in one plane, and points along their common side.
  Mesh left{{{0, 0, 1}, {1, 0, 1}, {1.3, 1, 1}, {0, 1, 1}}, {{0, 1, 2}, {0, 2, 3}}};
  Mesh right{{{1, 0, 1}, {3, 0, 1}, {3, 1, 1}, {1.3, 1, 1}}, {{0, 1, 2}, {0, 2, 3}}};
  const FacetTable t = build_facets(scene_of({left, right}));
  ASSERT_EQ(t.facets.size(), 2u);
  for (int i = 1; i < 1000; ++i) {
    const double s = i / 1000.0;
    const Vec3d p{1 + 0.3 * s, s, 1};
    EXPECT_EQ(int(t.contains(0, p)) + int(t.contains(1, p)), 1) << s;
  }
}

TEST(Facets, HolesAreOutside) {
  // A square frame of eight triangles around a hole.
  Mesh m;
  m.vertices_m = {{0, 0, 0}, {3, 0, 0}, {3, 3, 0}, {0, 3, 0}, {1, 1, 0}, {2, 1, 0}, {2, 2, 0}, {1, 2, 0}};
  m.triangles = {{0, 1, 5}, {0, 5, 4}, {1, 2, 6}, {1, 6, 5}, {2, 3, 7}, {2, 7, 6}, {3, 0, 4}, {3, 4, 7}};
  const FacetTable t = build_facets(scene_of({m}));
  ASSERT_EQ(t.facets.size(), 1u);
  EXPECT_TRUE(t.contains(0, {0.5, 0.5, 0}));
  EXPECT_TRUE(t.contains(0, {2.5, 1.5, 0}));
  EXPECT_FALSE(t.contains(0, {1.5, 1.5, 0}));
  EXPECT_FALSE(t.contains(0, {3.5, 1.5, 0}));
}

TEST(Facets, SharedWallsAreTwinsOfTheLowerNumber) {
  const FacetTable t = build_facets(scene_of({box({0, 0, 0}, {1, 1, 1}), box({1, 0, 0}, {1, 1, 1})}));
  ASSERT_EQ(t.facets.size(), 12u);
  int shared = -1, other = -1;
  for (int i = 0; i < 12; ++i) {
    if (std::abs(std::abs(t.facets[i].normal.x) - 1) < 1e-12 && std::abs(std::abs(t.facets[i].offset) - 1) < 1e-12) {
      (t.facets[i].object == 0 ? shared : other) = i;
    }
  }
  ASSERT_GE(shared, 0);
  ASSERT_GE(other, 0);
  EXPECT_EQ(t.canonical(other, {1, 0.5, 0.5}), shared);
  EXPECT_EQ(t.canonical(shared, {1, 0.5, 0.5}), shared);
}

TEST(CleanMeshes, RemovesAndCountsBadFaces) {
  Scene s;
  s.add_material(em::Material{"wall"});
  Mesh m{{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {2, 0, 0}, {0, 0, 1}, {0, -1, 0}},
         {{0, 1, 2}, {2, 1, 0}, {0, 1, 3}, {0, 0, 1}, {0, 1, 4}, {0, 1, 5}}};
  s.add_object({"m", m, 0});
  const MeshReport report = clean_meshes(s);
  EXPECT_EQ(report.duplicate_faces, 1u);     // {2, 1, 0}
  EXPECT_EQ(report.degenerate_faces, 2u);    // collinear, repeated vertex
  EXPECT_EQ(report.non_manifold_edges, 1u);  // 0-1 has three faces
  EXPECT_EQ(s.objects[0].mesh.triangles.size(), 3u);
}

TEST(CleanMeshes, NamesTheVertexThatIsNotANumber) {
  Scene s;
  s.add_material(em::Material{"wall"});
  try {
    s.add_object({"roof", {{{0, 0, 0}, {1, 0, std::nan("")}, {0, 1, 0}}, {{0, 1, 2}}}, 0});
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("object 'roof', vertex 1"), std::string::npos) << e.what();
  }
}

TEST(Scene, RefusesDuplicateNamesAndCoincidentDevices) {
  Scene s;
  s.add_transmitter({"tx", {1, 2, 3}});
  EXPECT_THROW(s.add_receiver({"tx", {0, 0, 0}}), Error);
  s.add_receiver({"rx", {1, 2, 3}});
  EXPECT_THROW(s.validate(), Error);
  EXPECT_THROW((void)s.find_transmitter("tz"), Error);
}

TEST(Scene, LookAtTurnsTheXAxisToTheTarget) {
  Device d{"d", {1, 2, 3}};
  d.look_at({4, -2, 8});
  const Vec3d x = rotation_from_euler(d.orientation_rad) * Vec3d{1, 0, 0};
  const Vec3d expected = normalized(Vec3d{3, -4, 5});
  EXPECT_NEAR(norm(x - expected), 0, 1e-15);
}

/// A square of 10 m, its face in layers of these triangles.
Mesh layered(const std::vector<std::array<uint32_t, 3>>& triangles) {
  return {{{0, -5, -5}, {0, 5, -5}, {0, 5, 5}, {0, -5, 5}, {0, 0, 0}, {0, 5, 0}, {0, -5, 0}}, triangles};
}

TEST(Facets, AFaceGivenTwiceIsOneMirror) {
  const std::vector<std::vector<std::array<uint32_t, 3>>> cases{
      {{0, 1, 2}, {0, 2, 3}, {1, 2, 3}, {1, 3, 0}},                        // along the other diagonal
      {{0, 1, 2}, {0, 2, 3}, {1, 3, 2}, {1, 0, 3}},                        // and facing back
      {{0, 1, 2}, {0, 2, 3}, {0, 4, 1}, {1, 4, 2}, {2, 4, 3}, {3, 4, 0}},  // as a fan
      {{0, 1, 2}, {0, 2, 3}, {1, 3, 2}},                                   // half of it
      {{0, 1, 2}, {0, 2, 3}, {0, 1, 5}, {0, 5, 6}},                        // a patch that shares a side
  };
  for (const auto& triangles : cases) {
    const FacetTable t = build_facets(scene_of({layered(triangles)}));
    ASSERT_EQ(t.facets.size(), 2u);
    EXPECT_EQ(t.facets[1].mirror, 0);
    EXPECT_TRUE(t.disputed.empty());
    for (const Vec3d& p : {Vec3d{0, 1.3, 2.9}, Vec3d{0, -4.9, 4.8}, Vec3d{0, 0.1, -3}}) EXPECT_EQ(t.owner(0, p), 0);
    EXPECT_EQ(t.owner(0, {0, 5.1, 0}), -1);
    double free = 0;  // along the square's outline, each place once
    for (const Edge& e : t.edges) {
      EXPECT_EQ(e.facet1, -1);
      if (e.facet0 == 0) free += norm(e.b - e.a);
    }
    EXPECT_NEAR(free, 40, 1e-12);
  }
}

TEST(Facets, OverlappingObjectsShareAMirrorThatTheFirstOwns) {
  const auto plate = [](double x0, double x1, double y) {
    return Mesh{{{x0, -y, 0}, {x1, -y, 0}, {x1, y, 0}, {x0, y, 0}}, {{0, 1, 2}, {0, 2, 3}}};
  };
  Scene s = scene_of({plate(-50, 50, 50), plate(-50, 50, 4), plate(50, 60, 50)});
  FacetTable t = build_facets(s);
  EXPECT_EQ(t.facets[1].mirror, 0);
  EXPECT_EQ(t.facets[2].mirror, 2);  // it only touches
  EXPECT_EQ(t.owner(0, {1, 2, 0}), 0);
  EXPECT_TRUE(t.disputed.empty());
  s.objects[1].material = s.add_material(em::Material{"asphalt"});
  std::swap(s.objects[0], s.objects[1]);
  t = build_facets(s);
  EXPECT_EQ(t.owner(0, {1, 2, 0}), 0);
  EXPECT_EQ(t.owner(0, {1, 20, 0}), 1);
  ASSERT_EQ(t.disputed.size(), 1u);
  EXPECT_EQ(t.disputed[0], (std::array<int32_t, 2>{0, 1}));
}

TEST(Facets, PlanesANanometreApartAreTwo) {
  const auto wall = [](double x) {
    return Mesh{{{x, -5, -5}, {x, 5, -5}, {x, 5, 5}, {x, -5, 5}}, {{0, 1, 2}, {0, 2, 3}}};
  };
  const FacetTable t = build_facets(scene_of({wall(0), wall(1e-9)}));
  EXPECT_EQ(t.facets[1].mirror, 1);
}

TEST(Facets, AreTheSameWhereverTheSceneLiesAndWhateverItsSize) {
  for (const double scale : {1e-6, 1.0, 1e6}) {
    for (const Vec3d& at : {Vec3d{0, 0, 0}, Vec3d{5e5, 5e6, 400}}) {
      const Vec3d origin = scale * at;
      Mesh m = box({1, 2, 3}, {2, 3, 4}, 4);
      for (Vec3d& v : m.vertices_m) v = scale * v + origin;
      const FacetTable t = build_facets(scene_of({m}), origin);
      EXPECT_EQ(t.facets.size(), 6u) << scale << " " << at.x;
      EXPECT_EQ(t.edges.size(), 12u) << scale << " " << at.x;
    }
  }
}

/// Any corner out of the plane by h takes the facet's plane with it by its share, to either side alike.
TEST(Facets, AFaceThatIsNearlyFlatLiesInTheMeanOfItsTriangles) {
  const Vec3d middle{1, 2, 0};
  for (const size_t corner : {0, 1, 2, 3}) {
    for (const double h : {1e-5, -1e-5}) {
      Mesh wall{{{0, 0, 0}, {2, 0, 0}, {2, 4, 0}, {0, 4, 0}}, {{0, 1, 2}, {0, 2, 3}}};
      wall.vertices_m[corner].z = h;
      const FacetTable t = build_facets(scene_of({wall}));
      ASSERT_EQ(t.facets.size(), 1u);
      const Vec3d& n = t.facets[0].normal;
      // the middle is on the diagonal from corner 0 to 2; two of six corners of triangles, or one
      EXPECT_NEAR((t.facets[0].offset - dot(n, middle)) / n.z, (corner % 2 == 0 ? 2 : 1) * h / 6, 1e-10) << corner;
      const double side = corner == 0 || corner == 3 ? 1 : -1, up = corner < 2 ? 1 : -1;
      EXPECT_NEAR(n.x / n.z, side * h / 4, 1e-10) << corner;
      EXPECT_NEAR(n.y / n.z, up * h / 8, 1e-10) << corner;
    }
  }
}

}  // namespace
}  // namespace raywave::scene
