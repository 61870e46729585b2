// SPDX-License-Identifier: Apache-2.0
#include "raywave/io/scene_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "raywave/core/files.h"
#include "raywave/core/test_errors.h"
#include "raywave/io/place.h"

namespace raywave::io {
namespace {

namespace fs = std::filesystem;

fs::path scratch() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  const fs::path folder = fs::path(testing::TempDir()) / (std::string("raywave_io_") + info->name());
  fs::create_directories(folder);
  return folder;
}

scene::Scene parse(const std::string& inside, const LoadOptions& options = {}) {
  return load_scene_from_string("<scene version=\"2.1.0\">\n" + inside + "\n</scene>\n", "", options, "s.xml");
}

/// A rectangle that uses the material defined in front of it.
std::string rectangle(const std::string& ref, const std::string& more = "") {
  return "<shape type=\"rectangle\" id=\"mesh-r\">" + ref + more + "</shape>";
}
const std::string kRef = "<ref id=\"m\" name=\"bsdf\"/>";
const std::string kConcrete =
    "<bsdf type=\"itu-radio-material\" id=\"m\"><string name=\"type\" value=\"concrete\"/></bsdf>\n";

em::Material only_material(const std::string& xml) {
  const scene::Scene s = parse(xml);
  EXPECT_EQ(s.materials.size(), 1u);
  return s.materials.at(size_t(s.objects.at(0).material));
}

TEST(SceneXml, ItuRadioMaterial) {
  const em::Material m = only_material(
      "<bsdf type=\"itu-radio-material\" id=\"wall\"><string name=\"type\" value=\"brick\"/>"
      "<float name=\"thickness\" value=\"0.25\"/><rgb name=\"color\" value=\"0.1 0.2 0.3\"/></bsdf>" +
      rectangle("<ref id=\"wall\" name=\"bsdf\"/>"));
  EXPECT_EQ(m.name, "wall");
  EXPECT_EQ(m.itu_name, "brick");
  EXPECT_EQ(m.thickness_m, 0.25);
  EXPECT_TRUE(m.color == (Vec3d{0.1, 0.2, 0.3}));
}

TEST(SceneXml, ItuMaterialByIdInsideAnyBsdf) {
  for (const char* id : {"mat-itu_concrete", "itu_concrete", "itu-concrete", "mat-itu-concrete"}) {
    const std::string ref = std::string("<ref id=\"") + id + "\"/>";
    for (const std::string& body :
         {std::string("<bsdf type=\"diffuse\" id=\"ID\"><rgb name=\"reflectance\" value=\"0.5 0.5 0.5\"/></bsdf>"),
          std::string(
              "<bsdf type=\"twosided\" id=\"ID\"><bsdf type=\"diffuse\"><rgb name=\"reflectance\" value=\"0.5 0.5 "
              "0.5\"/></bsdf></bsdf>"),
          std::string(
              "<bsdf type=\"twosided\" id=\"wrapper\"><bsdf type=\"principled\" id=\"ID\"><rgb name=\"base_color\" "
              "value=\"0.5 0.5 0.5\"/><float name=\"roughness\" value=\"1\"/></bsdf></bsdf>")}) {
      std::string xml = body;
      xml.replace(xml.find("ID"), 2, id);
      const bool inner = body.find("wrapper") != std::string::npos;
      const em::Material m = only_material(xml + rectangle(inner ? "<ref id=\"wrapper\"/>" : ref));
      EXPECT_EQ(m.itu_name, "concrete") << xml;
      EXPECT_EQ(m.color.x, 0.5) << xml;
    }
  }
}

TEST(SceneXml, RadioMaterialWithOwnValues) {
  const em::Material m = only_material(
      "<bsdf type=\"radio-material\" id=\"m\"><float name=\"relative_permittivity\" value=\"4.5\"/>"
      "<float name=\"conductivity\" value=\"0.02\"/><float name=\"thickness\" value=\"0.3\"/>"
      "<float name=\"scattering_coefficient\" value=\"0.4\"/><float name=\"xpd_coefficient\" value=\"0.1\"/>"
      "<string name=\"scattering_pattern\" value=\"directive\"/></bsdf>" +
      rectangle(kRef));
  EXPECT_EQ(m.itu_name, "");
  EXPECT_EQ(m.relative_permittivity, 4.5);
  EXPECT_EQ(m.conductivity_s_per_m, 0.02);
  EXPECT_EQ(m.thickness_m, 0.3);
  EXPECT_EQ(m.scattering_coefficient, 0.4);
  EXPECT_EQ(m.xpd_coefficient, 0.1);
  EXPECT_EQ(m.scattering_pattern, "directive");
}

TEST(SceneXml, NumbersOfScatteringPatternsAreTheirPatterns) {
  const auto pattern = [](const std::string& entries) {
    return only_material("<bsdf type=\"itu-radio-material\" id=\"m\"><string name=\"type\" value=\"wood\"/>" + entries +
                         "</bsdf>" + rectangle(kRef))
        .scattering_pattern;
  };
  // before or behind the pattern's word
  EXPECT_EQ(pattern("<float name=\"alpha_i\" value=\"30\"/><string name=\"scattering_pattern\" "
                    "value=\"backscattering\"/><integer name=\"alpha_r\" value=\"20\"/><float name=\"lambda_\" "
                    "value=\"0.7\"/>"),
            "backscattering(alpha_r=20, alpha_i=30, lambda_=0.7)");
  EXPECT_EQ(pattern("<string name=\"scattering_pattern\" value=\"directive(alpha_r=7)\"/>"), "directive(alpha_r=7)");
  EXPECT_EQ(pattern("<float name=\"alpha_r\" value=\"30\"/>"), "lambertian");  // which has no such number
  EXPECT_THROW(pattern("<string name=\"scattering_pattern\" value=\"directive\"/><float name=\"alpha_r\" "
                       "value=\"-1\"/>"),
               Error);
  EXPECT_THROW(pattern("<string name=\"scattering_pattern\" value=\"lambertain\"/>"), Error);
}

TEST(SceneXml, InlineBsdfDefaultsAndNames) {
  const scene::Scene s =
      parse("<default name=\"kind\" value=\"wood\"/>\n" +
            rectangle("<bsdf type=\"itu-radio-material\"><string name=\"type\" value=\"$kind\"/></bsdf>"));
  EXPECT_EQ(s.materials.at(0).itu_name, "wood");
  EXPECT_EQ(s.objects.at(0).name, "r");
}

TEST(SceneXml, ConductorsMovingObjectsAndMaterialsOfNothingAreRead) {
  const scene::Scene s = parse(
      "<bsdf type=\"radio-material\" id=\"mat-spare\"><float name=\"conductivity\" value=\"0.5\"/></bsdf>\n"
      "<bsdf type=\"radio-material\" id=\"m\"><boolean name=\"perfect_conductor\" value=\"true\"/></bsdf>\n"
      "<bsdf type=\"diffuse\" id=\"paint\"/>\n" +
      rectangle(kRef, "<vector name=\"velocity_m_per_s\" value=\"1, 0, -2.5\"/>"));
  ASSERT_EQ(s.materials.size(), 2u);  // those that have a shape come first; paint says nothing about radio waves
  EXPECT_EQ(s.materials[0].name, "m");
  EXPECT_TRUE(s.materials[0].perfect_conductor);
  EXPECT_EQ(s.materials[1].name, "spare");
  EXPECT_EQ(s.materials[1].conductivity_s_per_m, 0.5);
  EXPECT_EQ(s.objects.at(0).velocity_m_per_s, (Vec3d{1, 0, -2.5}));
  expect_error([] { parse(kConcrete + rectangle(kRef, "<vector name=\"velocity_m_per_s\" value=\"1, 0\"/>")); },
               "velocity_m_per_s takes three numbers, got 2");
}

TEST(LoadScene, AFolderIsTheXmlInIt) {
  const fs::path folder = scratch() / "town";
  fs::remove_all(folder);
  fs::create_directories(folder);
  expect_error([&] { load_scene(folder.string()); }, "is a folder with no .xml in it");
  const auto write = [&](const char* name, const std::string& inside) {
    std::ofstream(folder / name) << "<scene version=\"2.1.0\">" << inside << "</scene>";
  };
  write("first.xml", kConcrete + rectangle(kRef));
  EXPECT_EQ(load_scene(folder.string()).objects.size(), 1u);
  write("second.xml", "");
  expect_error([&] { load_scene(folder.string()); }, "is a folder with first.xml, second.xml in it");
  write("town.xml", kConcrete + rectangle(kRef));
  EXPECT_EQ(load_scene(folder.string() + "/").objects.size(), 1u);
}

TEST(ReadPlace, WhereASceneLiesIsInItsDefaults) {
  fs::create_directories(scratch());
  const auto place = [](const std::string& defaults) {
    const fs::path file = scratch() / "placed.xml";
    std::ofstream(file) << "<scene version=\"2.1.0\">" << defaults << kConcrete + rectangle(kRef) << "</scene>";
    EXPECT_EQ(load_scene(file.string()).objects.size(), 1u);
    return read_place(file.string());
  };
  const std::string crs = "<default name=\"crs\" value=\"EPSG:25833\"/>",
                    east = "<default name=\"origin_east_m\" value=\"391000.5\"/>",
                    north = "<default name=\"origin_north_m\" value=\"5820000\"/>",
                    height = "<default name=\"origin_height_m\" value=\"-3.25\"/>";
  EXPECT_FALSE(place(""));
  EXPECT_FALSE(place(crs + east));  // somebody's own words
  EXPECT_EQ(place(crs + east + north)->origin_m, (Vec3d{391000.5, 5820000, 0}));
  EXPECT_EQ(place(north + height + east + crs)->origin_m, (Vec3d{391000.5, 5820000, -3.25}));
  EXPECT_EQ(place(crs + east + north)->crs, "EPSG:25833");
  expect_error([&] { place(crs + east + "<default name=\"origin_north_m\" value=\"far\"/>"); },
               "placed.xml': origin_north_m must be a number of metres, got 'far'");
}

TEST(SceneXml, EqualMaterialsAreOneAndOthersAreNumbered) {
  const auto shape = [](const std::string& id, const std::string& bsdf) {
    return "<shape type=\"rectangle\" id=\"" + id + "\">" + bsdf + "</shape>";
  };
  const auto inlined = [](const std::string& more) {
    return "<bsdf type=\"itu-radio-material\"><string name=\"type\" value=\"concrete\"/>" + more + "</bsdf>";
  };
  const std::string thick = "<float name=\"thickness\" value=\"0.4\"/>";
  const scene::Scene s = parse(shape("a", inlined("")) + shape("b", inlined("")) + shape("c", inlined(thick)) +
                               shape("d", inlined(thick)));
  ASSERT_EQ(s.materials.size(), 2u);
  EXPECT_EQ(s.materials[1].name, "concrete_2");
  EXPECT_EQ(s.objects[1].material, 0);
  EXPECT_EQ(s.objects[3].material, 1);
  EXPECT_EQ(s.materials[1].thickness_m, 0.4);
  // ids that differ by their prefix alone, of materials and of shapes
  const scene::Scene t =
      parse("<bsdf type=\"diffuse\" id=\"mat-itu_brick\"/><bsdf type=\"diffuse\" id=\"itu_brick\"/>" +
            shape("mesh-a", "<ref id=\"mat-itu_brick\"/>") + shape("a", "<ref id=\"itu_brick\"/>"));
  EXPECT_EQ(t.materials.size(), 1u);
  ASSERT_EQ(t.objects.size(), 2u);
  EXPECT_EQ(t.objects[1].name, "a_2");
  EXPECT_EQ(
      only_material("<bsdf type=\"diffuse\" id=\"mat-itu_metal.003\"/>" + rectangle("<ref id=\"mat-itu_metal.003\"/>"))
          .itu_name,
      "metal");
}

TEST(SceneXml, TransformsApplyInOrderAndKeepFacesOutward) {
  const auto corner = [](const std::string& steps) {
    const scene::Scene s = parse(kConcrete + rectangle(kRef, "<transform name=\"to_world\">" + steps + "</transform>"));
    return s.objects.at(0).mesh;
  };
  const auto near = [](const Vec3d& a, const Vec3d& b) { return norm(a - b) < 1e-15 * 16; };
  // (-1, -1, 0) scaled, turned a quarter about z, then moved
  const std::string steps =
      "<scale value=\"2, 3, 1\"/><rotate z=\"1\" angle=\"90\"/><translate x=\"10\" value=\"10 20 30\"/>";
  EXPECT_TRUE(near(corner(steps).vertices_m.at(0), {13, 18, 30}));
  EXPECT_TRUE(
      near(corner("<matrix value=\"0 -3 0 10  2 0 0 20  0 0 1 30  0 0 0 1\"/>").vertices_m.at(0), {13, 18, 30}));
  // the rectangle's normal +z points from origin to target
  const scene::Mesh seen = corner("<lookat origin=\"1,2,3\" target=\"5,2,3\" up=\"0,0,1\"/>");
  const auto normal = [](const scene::Mesh& m) {
    const auto& t = m.triangles.at(0);
    return normalized(cross(m.vertices_m[t[1]] - m.vertices_m[t[0]], m.vertices_m[t[2]] - m.vertices_m[t[0]]));
  };
  EXPECT_TRUE(near(normal(seen), {1, 0, 0}));
  EXPECT_TRUE(near(normal(corner("<scale x=\"-1\"/>")), {0, 0, 1}));
}

TEST(SceneXml, CubeIsClosedAndOutward) {
  const scene::Scene s = parse(kConcrete + "<shape type=\"cube\" id=\"c\">" + kRef + "</shape>");
  double volume = 0;
  for (const auto& t : s.objects.at(0).mesh.triangles) {
    const auto& v = s.objects[0].mesh.vertices_m;
    volume += dot(v[t[0]], cross(v[t[1]], v[t[2]])) / 6;
  }
  EXPECT_DOUBLE_EQ(volume, 8);
}

TEST(SceneXml, PictureElementsAreIgnoredWithOneLine) {
  std::vector<std::string> lines;
  LoadOptions options;
  options.log = [&](std::string_view m) { lines.emplace_back(m); };
  parse("<integrator type=\"path\"/><sensor type=\"perspective\"/><emitter type=\"constant\"/>" + kConcrete +
            rectangle(kRef),
        options);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("3 elements"), std::string::npos) << lines[0];
}

TEST(SceneXml, ErrorsNameLineAndNearestName) {
  const auto bad = [](const std::string& inside) { return [=] { parse(inside); }; };
  expect_error(bad("<shap type=\"ply\"/>"), "s.xml:2: unknown element 'shap', did you mean 'shape'?");
  expect_error(bad("\n\n" + rectangle("<ref id=\"m\"/>")), "s.xml:4: unknown bsdf 'm'");
  expect_error(bad(kConcrete + rectangle("<ref id=\"n\"/>")), "s.xml:3: unknown bsdf 'n'");
  expect_error(bad(kConcrete + rectangle(kRef, "<boolean name=\"face_normal\" value=\"true\"/>")),
               "s.xml:3: unknown key 'face_normal', did you mean 'face_normals'?");
  expect_error(bad(kConcrete + rectangle(kRef, "<bool name=\"face_normals\" value=\"true\"/>")),
               "unknown element 'bool'");
  expect_error(bad(kConcrete + "<shape typ=\"cube\">" + kRef + "</shape>"),
               "s.xml:3: unknown attribute 'typ', did you mean 'type'?");
  expect_error(bad(kConcrete + "<shape type=\"cub\">" + kRef + "</shape>"),
               "s.xml:3: shapes of type 'cub' are not read");
  expect_error(bad(kConcrete + rectangle(kRef) + "\n" + rectangle(kRef)),
               "s.xml:4: shape 'r' is already defined in line 3");
  expect_error(bad(kConcrete + kConcrete), "s.xml:3: bsdf 'm' is already defined in line 2");
  expect_error(bad(rectangle("")), "s.xml:2: shape 'mesh-r' has no bsdf");
  expect_error(
      bad("<bsdf type=\"diffuse\" id=\"red\"/>\n" + rectangle("<ref id=\"red\"/>")),
      "s.xml:3: shape 'mesh-r' uses bsdf 'red' (line 2, type 'diffuse'), which says nothing about radio waves");
  expect_error(bad("<bsdf type=\"diffuse\" id=\"mat-itu_concret\"/>"),
               "unknown ITU-R P.2040 material 'concret', did you mean 'concrete'?");
  expect_error(bad("<bsdf type=\"itu-radio-material\" id=\"a\"><string name=\"type\" value=\"brik\"/></bsdf>"),
               "s.xml:2: bsdf 'a': unknown ITU-R P.2040 material 'brik', did you mean 'brick'?");
  expect_error(bad("<bsdf type=\"radio-material\" id=\"a\"><float name=\"conductivty\" value=\"1\"/></bsdf>"),
               "unknown key 'conductivty', did you mean 'conductivity'?");
  expect_error(bad("<bsdf type=\"radio-material\" id=\"a\"><float name=\"thickness\" value=\"thin\"/></bsdf>"),
               "s.xml:2: 'thin' is not a finite number");
  expect_error(bad("<bsdf type=\"radio-material\" id=\"a\"><float name=\"thickness\" value=\"-1\"/></bsdf>"),
               "s.xml:2: bsdf 'a': material 'a': thickness_m must be > 0");
  expect_error(
      bad("<default name=\"thick\" value=\"1\"/><bsdf type=\"radio-material\" id=\"a\"><float name=\"thickness\" "
          "value=\"$thik\"/></bsdf>"),
      "unknown parameter '$thik'");
  expect_error(bad("<bsdf>"), "s.xml:");
  expect_error([] { load_scene_from_string("<scen/>", "", {}, "s.xml"); }, "s.xml:1: the root element is 'scen'");
  expect_error([] { load_scene_from_string("", "", {}, "s.xml"); }, "s.xml:1:");
  expect_error(bad(kConcrete + "\n<shape type=\"ply\" id=\"mesh-a\"><string name=\"filename\" value=\"none.ply\"/>" +
                   kRef + "</shape>"),
               "s.xml:4: shape 'a': cannot read 'none.ply': No such file");
  const std::string blend = testing::TempDir() + "x.blend";
  std::ofstream(blend) << "BLENDER";
  expect_error([&] { load_scene(blend); }, "x.blend': scene files end in .xml");
  expect_error([] { load_scene("street_canion"); }, "there is no file or folder 'street_canion'");
  expect_error([] { load_scene("/no/such.xml"); }, "cannot read '/no/such.xml'");
}

TEST(SceneXml, HostileNestingAndSubstitutionAreRefused) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "<bsdf type=\"twosided\" id=\"a\">";
  for (int i = 0; i < 100000; ++i) deep += "</bsdf>";
  expect_error([&] { parse(deep); }, "s.xml:2: elements are nested deeper than");
  std::string doubling = "<default name=\"d0\" value=\"xxxxxxxx\"/>\n";
  for (int i = 1; i < 40; ++i)
    doubling += message("<default name=\"d", i, "\" value=\"$d", i - 1, "$d", i - 1, "\"/>\n");
  expect_error([&] { parse(doubling); }, "makes a text of more than");
}

TEST(SceneFiles, PathsWrittenOnWindowsAreFound) {
  const fs::path folder = scratch();
  fs::create_directories(folder / "meshes");
  std::ofstream(folder / "meshes" / "a.obj") << "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";
  std::ofstream(folder / "s.xml") << "\xEF\xBB\xBF<scene version=\"2.1.0\">\r\n"
                                  << kConcrete
                                  << "<shape type=\"obj\" id=\"a\"><string name=\"filename\" value=\"meshes\\a.obj\"/>"
                                  << kRef << "</shape></scene>\r\n";
  EXPECT_EQ(load_scene((folder / "s.xml").string()).num_triangles(), 1u);
}

TEST(SceneFiles, IncludedFilesBringMaterialsShapesAndTheirFolders) {
  const fs::path folder = scratch();
  fs::create_directories(folder / "parts" / "meshes");
  std::ofstream(folder / "parts" / "meshes" / "a.obj") << "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";
  std::ofstream(folder / "parts" / "bsdfs.xml") << "<scene version=\"2.1.0\"><default name=\"kind\" value=\"glass\"/>"
                                                   "<bsdf type=\"itu-radio-material\" id=\"m\"><string name=\"type\" "
                                                   "value=\"$kind\"/></bsdf></scene>";
  std::ofstream(folder / "parts" / "shapes.xml")
      << "<scene version=\"2.1.0\"><shape type=\"obj\" id=\"a\"><string name=\"filename\" value=\" meshes/a.obj "
         "\"/><ref id=\"n\"/></shape></scene>";
  const auto scene = [&](const std::string& inside) {
    std::ofstream(folder / "s.xml") << "<scene version=\"2.1.0\">\n" << inside << "</scene>";
    return load_scene((folder / "s.xml").string());
  };
  const std::string parts =
      "<include filename=\"parts/shapes.xml\"/><include filename=\"parts\\bsdfs.xml\"/>"
      "<alias id=\"m\" as=\"n\"/>";
  EXPECT_EQ(scene(parts).materials.at(0).itu_name, "glass");
  EXPECT_EQ(scene("<default name=\"kind\" value=\"brick\"/>" + parts).materials.at(0).itu_name, "brick");
  EXPECT_EQ(scene("<path value=\"parts\"/><include filename=\"bsdfs.xml\"/>" + rectangle(kRef)).num_triangles(), 2u);
  const auto bad = [&](const std::string& inside) { return [=] { scene(inside); }; };
  expect_error(bad("<include filename=\"no.xml\"/>"), "s.xml:2: include 'no.xml': cannot read");
  expect_error(bad("<include filename=\"s.xml\"/>"), "files that include each other");
  expect_error(bad("<include filename=\"parts\"/>"), "include 'parts'");
  expect_error(bad(parts + "<alias id=\"m\" as=\"n\"/>"), "s.xml:2: 'n' cannot name another bsdf");
  std::ofstream(folder / "parts" / "bsdfs.xml") << "<scene>\n<bsdf type=\"itu-radio-material\" id=\"m\"/></scene>";
  expect_error(bad(parts), "bsdfs.xml:2: an itu-radio-material needs");
}

TEST(SceneFiles, WholePathsOfOtherMachinesAreSaidToBeThat) {
  for (const char* file : {"C:\\Users\\me\\a.ply", "/mnt/me/none/a.ply"}) {
    expect_error(
        [&] {
          parse(kConcrete + "<shape type=\"ply\" id=\"a\"><string name=\"filename\" value=\"" + std::string(file) +
                "\"/>" + kRef + "</shape>");
        },
        "a whole path of another machine?");
  }
}

TEST(SceneXml, LampsOfThePictureAreLeftOut) {
  int said = 0;
  LoadOptions options;
  options.log = [&](std::string_view m) { said += m.find("1 elements that only pictures need") != m.npos; };
  const scene::Scene s = parse(
      kConcrete + rectangle(kRef) + "<shape type=\"rectangle\" id=\"lamp\"><emitter type=\"area\"/></shape>", options);
  EXPECT_EQ(s.objects.size(), 1u);
  EXPECT_EQ(said, 1);
}

TEST(SceneXml, WordsMayHaveBlanksAndCapitals) {
  const scene::Scene s = parse(
      "<bsdf type=\"itu-radio-material\" id=\"in\"><string name=\"type\" value=\" concrete\n\"/></bsdf>"
      "<bsdf type=\"twosided\" id=\"m\"><ref id=\"in\"/></bsdf>" +
      rectangle(kRef, "<boolean name=\"flip_normals\" value=\"True\"/>"));
  EXPECT_EQ(s.materials.at(0).itu_name, "concrete");
  EXPECT_EQ(s.objects.at(0).mesh.triangles.at(0), (std::array<uint32_t, 3>{0, 2, 1}));
}

TEST(SceneFiles, MeshesAreCleanedWithOneWarning) {
  const fs::path file = scratch() / "bad.ply";
  std::ofstream(file)
      << "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
         "element face 3\nproperty list uchar int vertex_indices\nend_header\n"
         "0 0 0\n1 0 0\n1 1 0\n2 0 0\n3 0 1 2\n3 1 2 0\n3 0 1 3\n";
  std::vector<std::string> lines;
  LoadOptions options;
  options.log = [&](std::string_view m) { lines.emplace_back(m); };
  const scene::Scene s = load_scene(file.string(), options);
  EXPECT_EQ(s.num_triangles(), 1u);
  EXPECT_EQ(s.materials.at(0).itu_name, "concrete");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("1 degenerate and 1 duplicate"), std::string::npos) << lines[0];
}

TEST(SceneFiles, ObjTakesItuMaterialsAndStlTheDefault) {
  const fs::path folder = scratch();
  std::ofstream(folder / "a.mtl") << "newmtl itu_brick\nKd 1 0 0\nnewmtl paint\nKd 0 1 0\n";
  std::ofstream(folder / "a.obj") << "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 1 2 0\nv 0 2 0\nv 0 0 5\n"
                                     "o wall\nusemtl itu_brick\nf 1 2 3 4\no sign\nusemtl paint\nf 1 2 5\n";
  const scene::Scene obj = load_scene((folder / "a.obj").string());
  ASSERT_EQ(obj.objects.size(), 2u);
  EXPECT_EQ(obj.objects[0].name, "wall");
  EXPECT_EQ(obj.objects[0].mesh.triangles.size(), 2u);
  EXPECT_EQ(obj.materials.at(size_t(obj.objects[0].material)).itu_name, "brick");
  EXPECT_EQ(obj.materials.at(size_t(obj.objects[1].material)).itu_name, "concrete");
  std::ofstream(folder / "b.stl")
      << "solid b\nfacet normal 0 0 1\nouter loop\nvertex 0 0 7\nvertex 1 0 7\nvertex 0 1 7\n"
         "endloop\nendfacet\nendsolid b\n";
  const scene::Scene stl = load_scene((folder / "b.stl").string());
  EXPECT_EQ(stl.num_triangles(), 1u);
  EXPECT_EQ(stl.objects.at(0).mesh.vertices_m.at(0).z, 7);
  std::ofstream(folder / "c.obj") << "this is no mesh\n";
  expect_error([&] { load_scene((folder / "c.obj").string()); }, "c.obj:1: unknown statement 'this'");
}

TEST(SceneFiles, GltfYUpBecomesZUp) {
  const fs::path folder = scratch();
  // three points: (0,0,0), (1,0,0), (0,2,3) as float32
  std::ofstream(folder / "a.gltf")
      << R"({"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0,"name":"n"}],
"meshes":[{"name":"tri","primitives":[{"attributes":{"POSITION":0}}]}],
"accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[1,2,3]}],
"bufferViews":[{"buffer":0,"byteLength":36}],
"buffers":[{"byteLength":36,"uri":"data:application/octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAAEAAAEBA"}]})";
  const scene::Scene s = load_scene((folder / "a.gltf").string());
  ASSERT_EQ(s.num_triangles(), 1u);
  EXPECT_TRUE(s.objects[0].mesh.vertices_m.at(2) == (Vec3d{0, -3, 2}));
}

std::map<std::string, std::string> files_under(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) out[fs::relative(entry.path(), folder).string()] = read_file(entry.path().string());
  }
  return out;
}

TEST(AuthoredScenes, TheGeneratorReproducesTheCommittedFiles) {
  const fs::path source = RAYWAVE_SOURCE_DIR, folder = scratch() / "scenes";
  fs::remove_all(folder);
  const std::string command =
      "python3 '" + (source / "tools/make_scenes.py").string() + "' --output '" + folder.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto made = files_under(folder), committed = files_under(source / "scenes");
  ASSERT_EQ(made.size(), committed.size());
  for (const auto& [name, bytes] : committed) {
    ASSERT_TRUE(made.count(name)) << name;
    EXPECT_TRUE(made.at(name) == bytes) << name << " differs";
  }
}

TEST(AuthoredScenes, LoadWithoutAWarning) {
  for (const auto& entry : fs::directory_iterator(fs::path(RAYWAVE_SOURCE_DIR) / "scenes")) {
    const std::string name = entry.path().filename().string();
    LoadOptions options;
    options.log = [&](std::string_view m) { ADD_FAILURE() << name << ": " << m; };
    const scene::Scene s = load_scene((entry.path() / (name + ".xml")).string(), options);
    EXPECT_GT(s.num_triangles(), 1u) << name;
  }
}

/// Every edge of a building (walls and roof together) is met once in each direction: closed and evenly oriented; the
/// volume's sign says outward.
TEST(AuthoredScenes, OldTownHasManyClosedOutwardBuildings) {
  const scene::Scene s = load_scene(std::string(RAYWAVE_SOURCE_DIR) + "/scenes/old_town/old_town.xml");
  using Point = std::array<double, 3>;
  struct Building {
    std::map<std::pair<Point, Point>, int> edges;
    double volume = 0;
  };
  std::map<std::string, Building> buildings;
  std::set<int> materials;
  for (const scene::Object& o : s.objects) {
    materials.insert(o.material);
    if (o.name == "ground") continue;
    Building& b = buildings[o.name.substr(0, o.name.rfind('-'))];
    for (const auto& t : o.mesh.triangles) {
      const Vec3d v[3] = {o.mesh.vertices_m[t[0]], o.mesh.vertices_m[t[1]], o.mesh.vertices_m[t[2]]};
      b.volume += dot(v[0], cross(v[1], v[2])) / 6;
      for (int k = 0; k < 3; ++k) {
        const Vec3d p = v[k], q = v[(k + 1) % 3];
        ++b.edges[{{p.x, p.y, p.z}, {q.x, q.y, q.z}}];
      }
    }
  }
  EXPECT_GE(buildings.size(), 100u);
  EXPECT_GE(materials.size(), 6u);
  for (const auto& [name, b] : buildings) {
    EXPECT_GT(b.volume, 0) << name;
    for (const auto& [edge, count] : b.edges) {
      const auto back = b.edges.find({edge.second, edge.first});
      ASSERT_TRUE(count == 1 && back != b.edges.end() && back->second == 1) << name << " is open";
    }
  }
}

}  // namespace
}  // namespace raywave::io
