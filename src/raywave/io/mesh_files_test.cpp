// SPDX-License-Identifier: Apache-2.0
// OBJ, STL, glTF and PLY as programs write them.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>

#include "raywave/core/files.h"
#include "raywave/core/test_errors.h"
#include "raywave/io/scene_parts.h"

namespace raywave::io {
namespace {

namespace fs = std::filesystem;
using detail::NamedMesh;
using detail::parse_obj;
using detail::parse_stl;

fs::path scratch() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  const fs::path folder = fs::path(testing::TempDir()) / (std::string("raywave_mesh_") + info->name());
  fs::create_directories(folder);
  return folder;
}

scene::Scene load(const std::string& name, const std::string& bytes) {
  const std::string path = (scratch() / name).string();
  write_file(path, bytes);
  LoadOptions options;
  options.log = [](std::string_view m) { ADD_FAILURE() << m; };
  return load_scene(path, options);
}

std::vector<NamedMesh> obj(const std::string& text) { return parse_obj(text, "a.obj", "a"); }
const std::string kThree = "v 0 0 0\nv 1 0 0\nv 0 1 0\n";

TEST(Obj, TwoObjectsOfOneMaterialShareIt) {
  for (const std::string material : {"", "usemtl itu_brick\n", "usemtl itu_metal.003\n", "usemtl mat-itu_brick\n"}) {
    const scene::Scene s =
        load("two.obj", kThree + material + "o a\nf 1 2 3\nv 0 0 1\nv 1 0 1\nv 0 1 1\no b\nf 4 5 6\no c\nf 1 2 6\n");
    ASSERT_EQ(s.objects.size(), 3u);
    ASSERT_EQ(s.materials.size(), 1u);
    EXPECT_EQ(s.materials[0].itu_name, material.empty()                              ? "concrete"
                                       : material.find("metal") != std::string::npos ? "metal"
                                                                                     : "brick");
  }
}

TEST(Obj, NamesThatRepeatAreNumberedInOrder) {
  const scene::Scene s = load("names.obj", kThree +
                                               "v 0 0 5\no wall\nusemtl itu_brick\nf 1 2 3\nusemtl itu_glass\nf 1 2 4\n"
                                               "o wall_2\nf 2 3 4\no wall\nusemtl itu_wood\nf 1 3 4\n");
  ASSERT_EQ(s.objects.size(), 4u);
  EXPECT_EQ(s.objects[0].name, "wall");
  EXPECT_EQ(s.objects[1].name, "wall_2");
  EXPECT_EQ(s.objects[2].name, "wall_2_2");
  EXPECT_EQ(s.objects[3].name, "wall_3");
  EXPECT_EQ(s.materials[size_t(s.objects[1].material)].itu_name, "glass");
  EXPECT_EQ(s.materials[size_t(s.objects[2].material)].itu_name, "glass");  // stays until the next usemtl
}

TEST(Obj, CoordinatesKeepTheirDigits) {
  const auto meshes =
      obj("v 691234.370 5334567.810 500.000\nv 691246.711 5334567.810 500\nv 691234.370 5334576.023 509.87\nf 1 2 3\n");
  ASSERT_EQ(meshes.size(), 1u);
  EXPECT_EQ(meshes[0].mesh.vertices_m[1].x, 691246.711);
  EXPECT_EQ(meshes[0].mesh.vertices_m[2].y, 5334576.023);
}

TEST(Obj, ReadsWhatProgramsWrite) {
  const std::vector<std::pair<const char*, std::string>> texts = {
      {"byte order mark", "\xEF\xBB\xBF# x\nv 0 0 0\nv 2 0 0\nv 2 3 0\nv 0 3 0\nf 1 2 3 4\n"},
      {"CRLF", "v 0 0 0\r\nv 2 0 0\r\nv 2 3 0\r\nv 0 3 0\r\nf 1 2 3 4\r\n"},
      {"CR", "v 0 0 0\rv 2 0 0\rv 2 3 0\rv 0 3 0\rf 1 2 3 4\r"},
      {"zeros for none", "v 0 0 0\nv 2 0 0\nv 2 3 0\nv 0 3 0\nf 1/0/0 2/0/0 3/0/0 4/0/0\n"},
      {"textures and normals", "v 0 0 0\nv 2 0 0\nv 2 3 0\nv 0 3 0\nvt 0 0\nvn 0 0 1\nf 1/1 2//1 3/1/1 4/\n"},
      {"from the end", "v 0 0 0\nv 2 0 0\nv 2 3 0\nv 0 3 0\nf -4 -3 -2 -1\nv 9 9 9\n"},
      {"colours", "v 0 0 0 1 0 0\nv 2 0 0 1 0 0\nv 2 3 0 1 1 1 1\nv 0 3 0 .5 .5 .5\nf 1 2 3 4\n"},
      {"weights", "v 0 0 0 1\nv 4 0 0 2\nv 2 3 0 1.0\nv 0 3 0 1\nf 1 2 3 4\n"},
      {"a long line", "v 0 0 0\nv 2 0 0\nv 2 3 0\nv 0 3 0\nf 1 2 \\\n3 4\n"},
      {"blanks", "\n  v  0\t0 0 \n\nv 2 0 0\nv 2 3 0 # here\nv 0 3 0\n\n\tf 1  2 3 4  \n#end"},
      {"capitals and signs", "V +0 0 0\nV 2e0 -0 0\nV +2.0 3. 0\nV 0 .3E1 0\nF 1 2 3 4\n"},
      {"other statements",
       "mtllib x.mtl\nvp 1\ns off\nl 1 2\np 1\nlod 3\nv 0 0 0\nv 2 0 0\nv 2 3 0\nv 0 3 0\ns 1\nf 1 2 3 4\nl 1 2\n"},
      {"a tiny number", "v 0 0 1e-400\nv 2 0 0\nv 2 3 0\nv 0 3 0\nf 1 2 3 4\n"},
  };
  for (const auto& [what, text] : texts) {
    const auto meshes = obj(text);
    ASSERT_EQ(meshes.size(), 1u) << what;
    const scene::Mesh& m = meshes[0].mesh;
    EXPECT_EQ(meshes[0].name, "a") << what;
    EXPECT_EQ(m.vertices_m, (std::vector<Vec3d>{{0, 0, 0}, {2, 0, 0}, {2, 3, 0}, {0, 3, 0}})) << what;
    EXPECT_EQ(m.triangles, (std::vector<std::array<uint32_t, 3>>{{0, 1, 2}, {0, 2, 3}})) << what;
  }
}

TEST(Obj, ConcaveFacesAreNotFanned) {
  const auto meshes = obj("v 0 10 0\nv 0 0 0\nv 10 0 0\nv 10 4 0\nv 4 4 0\nv 4 10 0\nf 1 2 3 4 5 6\n");
  double area = 0;
  for (const auto& t : meshes.at(0).mesh.triangles) {
    const auto& v = meshes[0].mesh.vertices_m;
    const double z = cross(v[t[1]] - v[t[0]], v[t[2]] - v[t[0]]).z;
    EXPECT_GT(z, 0);
    area += z / 2;
  }
  EXPECT_DOUBLE_EQ(area, 64);
}

TEST(Obj, CommentsSwallowNoStatementAndBlanksMayFollowABackslash) {
  const auto meshes = obj("# made in C:\\models\\\n" + kThree + "f 1 2 \\ \t\n3\n");
  ASSERT_EQ(meshes.size(), 1u);
  EXPECT_EQ(meshes[0].mesh.vertices_m.size(), 3u);
}

TEST(Obj, NamesThatAreNoUtf8AreLatin1) {
  const scene::Scene s = load("names.obj", kThree + "o Geb\xE4ude\nf 1 2 3\no Gebäude 2\nf 1 3 2\n");
  EXPECT_EQ(s.objects.at(0).name, "Gebäude");
  EXPECT_EQ(s.objects.at(1).name, "Gebäude 2");
}

TEST(Files, WhatIsNoMeshAtAllIsSaid) {
  const auto bad = [](const std::string& name, const std::string& bytes) { return [=] { load(name, bytes); }; };
  for (const char* name : {"a.ply", "a.obj", "a.stl", "a.glb", "a.xml"}) {
    expect_error(bad(name, ""), "is empty");
    expect_error(bad(name, "version https://git-lfs.github.com/spec/v1\noid sha256:1\n"), "git lfs pull");
    expect_error(bad(name, "\n<!DOCTYPE html>\n<html></html>"), "is a web page");
    expect_error(bad(name, "\x1F\x8B\x08"), "compressed archive");
  }
  expect_error(bad("u.obj", std::string("\xFF\xFEv\0 \0", 6)), "is written in UTF-16");
}

TEST(Files, AHeightThatNoSceneHasIsDoubted) {
  std::string said;
  LoadOptions options;
  options.log = [&](std::string_view m) { said = m; };
  const auto tall = [&](double width, double height) {
    const std::string path = (scratch() / "tall.obj").string();
    write_file(path, message("v 0 0 0\nv ", width, " 0 0\nv 0 ", width, " ", height, "\nf 1 2 3\n"));
    said.clear();
    load_scene(path, options);
    return said.find("is it drawn in millimetres?") != std::string::npos;
  };
  EXPECT_TRUE(tall(5000, 2700));    // a room
  EXPECT_TRUE(tall(1e6, 20000));    // a city
  EXPECT_FALSE(tall(20000, 3500));  // mountains
  EXPECT_FALSE(tall(300, 830));     // a tower
}

TEST(Obj, ErrorsNameTheLine) {
  const auto bad = [](const std::string& text) { return [=] { obj(text); }; };
  expect_error(bad(kThree + "f 1 2 4\n"), "a.obj:4: the face uses vertex 4, but 3 vertices precede it");
  expect_error(bad(kThree + "f 1 2 -4\n"), "a.obj:4: the face uses vertex -4");
  expect_error(bad(kThree + "f 0 1 2\n"), "(the first is 1)");
  expect_error(bad(kThree + "f 1 2 x\n"), "a.obj:4: 'x' is not a corner of a face");
  expect_error(bad("v 1 2\n"), "a.obj:1: a vertex needs three coordinates, got 2");
  expect_error(bad("v 1 2,5 0\n"), "a.obj:1: '2,5' is not a finite number");
  expect_error(bad("v 1 nan 0\n"), "'nan' is not a finite number");
  expect_error(bad("v 1 1e999 0\n"), "'1e999' is not a finite number");
  expect_error(bad("# \\\nstill\nuse_mtl x\n"), "a.obj:3: unknown statement 'use_mtl', did you mean 'usemtl'?");
  expect_error(bad("surf 0 1 0 1 1\n"), "'surf': curves and free-form surfaces are not read");
  expect_error([] { load("none.obj", kThree); }, "none.obj' has no triangles");
}

const std::string kFacet =
    "facet normal 0 0 1\nouter loop\nvertex 0 0 7\nvertex 1 0 7\nvertex 0 1 7\nendloop\nendfacet\n";

std::string little(uint32_t word) {
  std::string out;
  for (int k = 0; k < 4; ++k) out += char(word >> 8 * k & 255);
  return out;
}

std::string binary_stl(const std::string& title) {
  std::string out = title + std::string(80 - title.size(), ' ') + little(1);
  for (const float x : {0.f, 0.f, 1.f, 0.f, 0.f, 7.f, 1.f, 0.f, 7.f, 0.f, 1.f, 7.f})
    out += little(std::bit_cast<uint32_t>(x));
  return out + std::string(2, '\0');
}

TEST(Stl, ReadsAsciiInAnyCaseAndBinaryThatBeginsWithSolid) {
  std::string upper = "SOLID A B\n" + kFacet + "ENDSOLID\n";
  for (char& c : upper) c = char(std::toupper(c));
  const std::vector<std::pair<const char*, std::string>> files = {
      {"ascii", "solid A B\n" + kFacet + "endsolid A B\n"},
      {"capitals", upper},
      {"no name", "solid\r\n" + kFacet},
      {"binary", binary_stl("made by hand")},
      {"binary solid", binary_stl("solid A B")},
      {"padded binary", binary_stl("solid A B") + std::string(7, '\0')}};
  for (const auto& [what, bytes] : files) {
    const auto meshes = parse_stl(bytes, "b.stl", "b");
    ASSERT_EQ(meshes.size(), 1u) << what;
    EXPECT_EQ(meshes[0].mesh.vertices_m, (std::vector<Vec3d>{{0, 0, 7}, {1, 0, 7}, {0, 1, 7}})) << what;
    EXPECT_EQ(meshes[0].name, std::string(what) == "ascii" || std::string(what) == "capitals" ? "A B" : "b");
  }
}

TEST(Stl, LinesMayEndAnywhere) {
  std::string one_line = "solid A B " + kFacet + "endsolid A B solid C " + kFacet + "endsolid C";
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  const auto two = parse_stl(one_line, "b.stl", "b");
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].name, "A B");
  EXPECT_EQ(two[1].name, "C");
  const auto apart = parse_stl(
      "solid\nfacet normal nan nan nan outer loop\nvertex 0 0 7 vertex 1 0 7\nvertex 0 1 7 end loop\nend facet\nend "
      "solid\n",
      "b.stl", "b");
  ASSERT_EQ(apart.size(), 1u);
  for (const auto& meshes : {two, apart}) {
    EXPECT_EQ(meshes[0].mesh.vertices_m, (std::vector<Vec3d>{{0, 0, 7}, {1, 0, 7}, {0, 1, 7}}));
    EXPECT_EQ(meshes[0].mesh.triangles.size(), 1u);
  }
}

TEST(Stl, WhatIsMissingIsSaid) {
  std::string said;
  parse_stl("solid A\n" + kFacet, "b.stl", "b", [&](std::string_view m) { said = m; });
  EXPECT_EQ(said, "b.stl: ends without 'endsolid': is it whole?");
  std::string none = binary_stl("x");
  none.replace(80, 4, little(0));
  expect_error([&] { parse_stl(none, "b.stl", "b"); }, "says that it holds 0 triangles, yet 50 bytes follow");
  expect_error([&] { load("none.stl", none.substr(0, 84)); }, "has no triangles");
}

TEST(Stl, TwoSolidsAreTwoObjectsOfOneMaterialInDoublePrecision) {
  std::string far = kFacet;
  far.replace(far.find("0 0 7"), 5, "5334567.813 0 7");
  const scene::Scene s =
      load("two.stl", "solid cube\n" + kFacet + "endsolid cube\nsolid cube\n" + far + "endsolid cube\n");
  ASSERT_EQ(s.objects.size(), 2u);
  EXPECT_EQ(s.objects[1].name, "cube_2");
  EXPECT_EQ(s.materials.size(), 1u);
  EXPECT_EQ(s.objects[1].mesh.vertices_m[0].x, 5334567.813);
}

TEST(Stl, ErrorsNameThePlace) {
  const auto bad = [](const std::string& text) { return [=] { parse_stl(text, "b.stl", "b"); }; };
  expect_error(bad("hello\n"), "b.stl:1: is not an STL file");
  expect_error(bad("solid x\nfacet\nvertx 0 0 0\n"), "b.stl:3: unknown word 'vertx', did you mean 'vertex'?");
  expect_error(bad("solid x\nouter loop\nvertex 0 0 0\n"), "the file ends inside a facet");
  expect_error(bad("solid x\nouter loop\nvertex 0 0\n"), "b.stl:3: a vertex needs three coordinates, got 2");
  std::string many = binary_stl("x");
  many.replace(80, 4, little(2));
  expect_error(bad(many), "b.stl: truncated: 2 triangles need 184 bytes, the file has 134");
}

/// A GLB of one triangle (0,0,0), (4000,0,0), (0,2000,1000) as 16-bit integers, scaled by a node.
std::string quantized_glb(const std::string& accessor_more, const std::string& extensions) {
  std::string json =
      R"({"asset":{"version":"2.0"},)" + extensions +
      R"("scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0,"children":[1]},{"mesh":0,"translation":[5334567.8125,0,0],"scale":[0.001,0.001,0.001]}],
"meshes":[{"name":"tri","primitives":[{"attributes":{"POSITION":0},"indices":1}]}],
"accessors":[{"bufferView":0,"componentType":5122,"count":3,"type":"VEC3")" +
      accessor_more + R"(},{"bufferView":1,"componentType":5123,"count":3,"type":"SCALAR"}],
"bufferViews":[{"buffer":0,"byteLength":24,"byteStride":8},{"buffer":0,"byteOffset":24,"byteLength":6}],"buffers":[{"byteLength":32}]})";
  json.resize((json.size() + 3) / 4 * 4, ' ');
  std::string data;
  for (const int x : {0, 0, 0, 0, 4000, 0, 0, 0, 0, 2000, 1000, 0, 0, 1, 2, 0}) data += {char(x & 255), char(x >> 8)};
  const std::string body =
      little(uint32_t(json.size())) + "JSON" + json + little(uint32_t(data.size())) + std::string("BIN\0", 4) + data;
  return "glTF" + little(2) + little(uint32_t(12 + body.size())) + body;
}
const std::string kQuantized =
    R"("extensionsUsed":["KHR_mesh_quantization"],"extensionsRequired":["KHR_mesh_quantization"],)";

TEST(Gltf, QuantizedPositionsAreReadInDoublePrecision) {
  const scene::Scene s = load("q.glb", quantized_glb("", kQuantized));
  ASSERT_EQ(s.objects.size(), 2u);
  EXPECT_EQ(s.objects[0].mesh.vertices_m, (std::vector<Vec3d>{{0, 0, 0}, {4000, 0, 0}, {0, -1000, 2000}}));
  EXPECT_EQ(s.objects[1].name, "tri_2");
  EXPECT_EQ(s.objects[1].mesh.vertices_m[1].x, 5334571.8125);
  EXPECT_EQ(s.objects[1].mesh.vertices_m[2].z, 2);
}

TEST(Gltf, NormalizedIntegersAreShares) {
  const scene::Scene s = load("n.glb", quantized_glb(R"(,"normalized":true)", kQuantized));
  EXPECT_DOUBLE_EQ(s.objects[0].mesh.vertices_m[1].x, 4000 / 32767.0);
  EXPECT_DOUBLE_EQ(s.objects[0].mesh.vertices_m[2].y, -1000 / 32767.0);
}

TEST(Gltf, SparsePositionsAreRead) {
  const std::string sparse = R"(,"sparse":{"count":1,"indices":{"bufferView":1,"byteOffset":2,"componentType":5123},
"values":{"bufferView":0,"byteOffset":16}})";
  const auto meshes = detail::parse_gltf(quantized_glb(sparse, ""), "s.glb", "", "s");
  EXPECT_EQ(meshes.at(0).mesh.vertices_m[1], (Vec3d{0, -1000, 2000}));  // the second became the third
}

TEST(Gltf, OtherRequiredExtensionsAreRefusedByName) {
  const auto requires_extension = [](const std::string& name) {
    return [=] { load("x.glb", quantized_glb("", R"("extensionsRequired":[")" + name + R"("],)")); };
  };
  for (const char* name : {"KHR_draco_mesh_compression", "EXT_meshopt_compression", "ACME_curved_space"})
    expect_error(requires_extension(name), std::string("x.glb: requires the extension \"") + name + "\"");
  EXPECT_NO_THROW(requires_extension("KHR_texture_transform")());  // changes where nothing is
}

TEST(Gltf, WhatIsLeftOutIsSaid) {
  const auto said_of = [](const std::string& from, const std::string& to) {
    std::string glb = quantized_glb("", ""), said;
    const size_t at = glb.find(from), json = 20;
    EXPECT_NE(at, std::string::npos);
    glb.replace(at, from.size(), to);
    // the JSON chunk's and the whole's new sizes
    const size_t end = glb.find("BIN") - 4;
    glb.insert(end - 0, std::string((4 - (end - json) % 4) % 4, ' '));
    glb.replace(12, 4, little(uint32_t(glb.find("BIN") - 4 - json)));
    glb.replace(8, 4, little(uint32_t(glb.size())));
    detail::parse_gltf(glb, "a.glb", "", "a", [&](std::string_view m) { said += std::string(m) + "\n"; });
    return said;
  };
  EXPECT_EQ(said_of(R"("nodes":[0]}])", R"("nodes":[0]},{}])"),
            "a.glb: of its 2 scenes the one that it shows by default is read\n");
  EXPECT_EQ(said_of(R"("mesh":0,"children")", R"("mesh":0,"skin":0,"children")"),
            "a.glb: skins are not read: 1 meshes stand as they are stored\n");
  EXPECT_EQ(said_of(R"("indices":1}])", R"("indices":1},{"mode":1}])"),
            "a.glb: points and lines are not read: 2 are left out\n");
  EXPECT_EQ(said_of(R"("indices":1)", R"("indices":1,"targets":[{"POSITION":0}])"),
            "a.glb: morph targets are not read: 2 meshes stand as they are stored\n");
}

TEST(Gltf, FaultsAreNamed) {
  const auto bad = [](const std::string& bytes) { return [=] { load("f.glb", bytes); }; };
  expect_error(bad("glTF"), "f.glb: is not a GLB file of version 2");
  expect_error(bad("{"), "f.glb: is not glTF");
  expect_error(bad("{}"), "is of glTF version ''");
  expect_error(bad(quantized_glb(R"(,"byteOffset":20)", "")), "an accessor reaches beyond its buffer");
  std::string other = quantized_glb("", "");
  other.replace(other.find("\"indices\":1"), 11, "\"indices\":7");
  expect_error(bad(other), "indices 7 is none of the 2 accessors");
  const std::string whole = quantized_glb("", kQuantized);
  for (size_t n = 0; n < whole.size(); n += 7)
    EXPECT_THROW(detail::parse_gltf(whole.substr(0, n), "t.glb", "", "t"), Error);
}

TEST(Gltf, NodesThatHoldThemselvesEnd) {
  std::string circle = quantized_glb("", "");
  circle.replace(circle.find("\"children\":[1]"), 14, "\"children\":[0]");
  expect_error([&] { load("c.glb", circle); }, "nodes form a circle");
}

TEST(Ply, ConcavePolygonsAreNotFanned) {
  for (size_t first = 0; first < 6; ++first) {
    const std::vector<std::string> corner = {"0 0 0\n", "10 0 0\n", "10 4 0\n", "4 4 0\n", "4 10 0\n", "0 10 0\n"};
    std::string text =
        "ply\nformat ascii 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 1\nproperty list uchar int vertex_indices\nend_header\n";
    for (size_t i = 0; i < 6; ++i) text += corner[(first + i) % 6];
    const scene::Mesh m = parse_ply(text + "6 0 1 2 3 4 5\n", "roof.ply");
    double area = 0;
    for (const auto& t : m.triangles) {
      const double z = cross(m.vertices_m[t[1]] - m.vertices_m[t[0]], m.vertices_m[t[2]] - m.vertices_m[t[0]]).z;
      EXPECT_GT(z, 0) << first;
      area += z / 2;
    }
    EXPECT_DOUBLE_EQ(area, 64) << first;
  }
}

TEST(Ply, FacesMayPrecedeTheirVertices) {
  const scene::Mesh m = parse_ply(
      "ply\nformat ascii 1.0\nelement face 1\nproperty list uchar int vertex_indices\nelement vertex 4\n"
      "property double x\nproperty double y\nproperty double z\nend_header\n4 0 1 2 3\n0 0 0\n5334567.813 0 0\n2 3 "
      "0\n0 3 0\n",
      "f.ply");
  EXPECT_EQ(m.triangles.size(), 2u);
  EXPECT_EQ(m.vertices_m[1].x, 5334567.813);
}

}  // namespace
}  // namespace raywave::io
