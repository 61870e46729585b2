// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "raywave/core/test_errors.h"
#include "raywave/io/scene_files.h"

namespace raywave::io {
namespace {

const std::string kAscii =
    "ply\nformat ascii 1.0\ncomment a square\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
    "property uchar red\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
    "0 0 1 255\n2 0 1 255\n2 3 1 255\n0 3 1 255\n4 0 1 2 3\n";

template <class T>
void put(std::string& out, T value, bool big) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  if (big) std::reverse(raw, raw + sizeof(T));
  out.append(raw, sizeof(T));
}

/// The square of kAscii with doubles, an extra vertex property before and a face property after what is read.
std::string binary(bool big) {
  std::string out =
      std::string("ply\nformat binary_") + (big ? "big" : "little") +
      "_endian 1.0\nelement vertex 4\nproperty short quality\nproperty double x\nproperty float y\nproperty "
      "double z\nelement extra 1\nproperty list ushort float weights\nelement face 1\nproperty list uint "
      "ushort vertex_index\nproperty int tag\nend_header\n";
  const double xs[] = {0, 2, 2, 0};
  const float ys[] = {0, 0, 3, 3};
  for (int i = 0; i < 4; ++i) {
    put<int16_t>(out, 77, big);
    put<double>(out, xs[i], big);
    put<float>(out, ys[i], big);
    put<double>(out, 1, big);
  }
  put<uint16_t>(out, 2, big);
  put<float>(out, 5, big);
  put<float>(out, 6, big);
  put<uint32_t>(out, 4, big);
  for (uint16_t i = 0; i < 4; ++i) put<uint16_t>(out, i, big);
  put<int32_t>(out, -1, big);
  return out;
}

void expect_square(const scene::Mesh& mesh) {
  ASSERT_EQ(mesh.vertices_m.size(), 4u);
  EXPECT_TRUE(mesh.vertices_m[2] == (Vec3d{2, 3, 1}));
  ASSERT_EQ(mesh.triangles.size(), 2u);
  EXPECT_EQ(mesh.triangles[0], (std::array<uint32_t, 3>{0, 1, 2}));
  EXPECT_EQ(mesh.triangles[1], (std::array<uint32_t, 3>{0, 2, 3}));
}

TEST(Ply, ReadsAsciiAndSplitsPolygons) { expect_square(parse_ply(kAscii, "a.ply")); }
TEST(Ply, ReadsLittleEndian) { expect_square(parse_ply(binary(false), "a.ply")); }
TEST(Ply, ReadsBigEndian) { expect_square(parse_ply(binary(true), "a.ply")); }

TEST(Ply, ReadsDosLineEnds) {
  std::string dos;
  for (char c : kAscii) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  expect_square(parse_ply(dos, "a.ply"));
}

TEST(Ply, ReadsOtherLineEndsMarksAndBlanks) {
  std::string mac = kAscii, blanks;
  std::replace(mac.begin(), mac.end(), '\n', '\r');
  for (const char c : kAscii) blanks += c == '\n' ? std::string(" \t\n") : std::string(1, c);
  for (const std::string& text : {mac, blanks, "\xEF\xBB\xBF" + kAscii, kAscii.substr(0, kAscii.size() - 1)})
    expect_square(parse_ply(text, "a.ply"));
}

TEST(Ply, ABinaryFileWithOldLineEndsKeepsAByteThatIsALineEnd) {
  std::string file = binary(false);
  const size_t data = file.find("end_header\n") + 11;
  std::replace(file.begin(), file.begin() + std::ptrdiff_t(data), '\n', '\r');
  file[data] = '\n';  // of the first vertex' quality
  expect_square(parse_ply(file, "a.ply"));
}

TEST(Ply, ReadsIntegersOf64Bits) {
  std::string out =
      "ply\nformat binary_big_endian 1.0\nelement vertex 4\nproperty int64 x\nproperty double y\nproperty "
      "uint64 z\nelement face 1\nproperty list uint64 int64 vertex_indices\nend_header\n";
  const int xs[] = {0, 2, 2, 0}, ys[] = {0, 0, 3, 3};
  for (int i = 0; i < 4; ++i)
    put<int64_t>(out, xs[i], true), put<double>(out, ys[i], true), put<uint64_t>(out, 1, true);
  put<uint64_t>(out, 4, true);
  for (int64_t i = 0; i < 4; ++i) put<int64_t>(out, i, true);
  expect_square(parse_ply(out, "a.ply"));
}

TEST(Ply, ReadsStripsOfTriangles) {
  const std::string text =
      "ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\n"
      "element tristrips 1\nproperty list int int vertex_indices\nend_header\n"
      "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 2 0\n";
  const scene::Mesh m = parse_ply(text + "9 0 1 2 3 4 -1 1 3 2\n", "a.ply");
  EXPECT_EQ(m.triangles, (std::vector<std::array<uint32_t, 3>>{{0, 1, 2}, {2, 1, 3}, {2, 3, 4}, {1, 3, 2}}));
  expect_error([&] { parse_ply(text + "3 0 1 -2\n", "a.ply"); }, "strip 0: -2 is not a vertex index");
  expect_error([&] { parse_ply(text + "3 0 1 9\n", "a.ply"); }, "uses vertex 9");
}

TEST(Ply, ACloudOfPointsIsSaidToBeOne) {
  const std::string cloud =
      "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty "
      "float z\nend_header\n0 0 0\n";
  expect_error([&] { parse_ply(cloud, "a.ply"); },
               "a.ply: has 1 points and no faces: of a cloud of points make a mesh");
}

TEST(Ply, NumbersTooSmallForDoublesAreZero) {
  std::string text = kAscii;
  expect_square(parse_ply(text.replace(text.find("0 0 1 255"), 1, "1e-400"), "a.ply"));
}

TEST(Ply, EveryTruncationIsAnError) {
  for (const std::string& whole : {kAscii.substr(0, kAscii.size() - 2), binary(false), binary(true)}) {
    for (size_t n = 0; n < whole.size(); ++n) {
      EXPECT_THROW(parse_ply(whole.substr(0, n), "a.ply"), Error) << n << " bytes";
    }
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Ply, ErrorsNameFileAndPlace) {
  const auto with = [](const std::string& from, const std::string& to) {
    return [=] { parse_ply(replaced(kAscii, from, to), "a.ply"); };
  };
  expect_error([] { parse_ply("solid x\n", "a.ply"); }, "a.ply:1: is not a PLY file");
  expect_error([] { parse_ply("", "a.ply"); }, "a.ply:1: is not a PLY file");
  expect_error(with("ascii 1.0", "asci 1.0"), "a.ply:2: unknown format 'asci', did you mean 'ascii'?");
  expect_error(with("property float y", "property flaot y"), "a.ply:6: unknown type 'flaot', did you mean 'float'?");
  expect_error(with("element face 1", "elemnt face 1"),
               "a.ply:9: unknown header word 'elemnt', did you mean 'element'?");
  expect_error(with("vertex 4", "vertex -4"), "a.ply:4: '-4' is not a count of 'vertex'");
  expect_error(with("vertex 4", "vertex 4000000000000"), "truncated: 4000000000000 rows of 'vertex'");
  expect_error(with("2 3 1", "2 nan 1"), "a.ply: vertex 2 is not finite");
  expect_error(with("2 3 1", "2 three 1"), "a.ply:14: 'three' is not a number");
  expect_error(with("4 0 1 2 3", "4 0 1 2 9"), "a.ply: face 0 uses vertex 9, but there are 4 vertices");
  expect_error(with("4 0 1 2 3", "4 0 1 2 -3"), "face 0: -3 is not a vertex index");
  expect_error(with("property float z", "property float w"), "the vertices have no property 'z'");
  expect_error(with("vertex_indices", "corners"), "the faces have no list 'vertex_indices'");
  expect_error([] { read_ply("/no/such/file.ply"); }, "cannot read '/no/such/file.ply': No such file");
}

}  // namespace
}  // namespace raywave::io
