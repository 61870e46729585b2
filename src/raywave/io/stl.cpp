// SPDX-License-Identifier: Apache-2.0
// STL, ASCII (in double precision) and binary. Which of the two is told by the size first, as binary files may begin
// with "solid" too.
#include <algorithm>
#include <bit>
#include <cstring>

#include "raywave/io/scene_parts.h"
#include "raywave/io/text_lines.h"
#include "raywave/io/triangulate.h"

namespace raywave::io::detail {
namespace {

constexpr size_t kHeader = 84, kRow = 50;  // bytes

/// Little-endian, wherever this runs.
uint32_t word_at(std::string_view bytes, size_t at) {
  uint32_t out = 0;
  for (size_t k = 4; k-- > 0;) out = out << 8 | uint8_t(bytes[at + k]);
  return out;
}

bool is_binary(std::string_view bytes) {
  if (bytes.size() < kHeader) return false;
  if (bytes.size() == kHeader + kRow * size_t(word_at(bytes, 80))) return true;
  // text holds no zeros; a binary file that was padded or cut holds some in its first kilobyte
  return bytes.substr(0, 1024).find('\0') != std::string_view::npos;
}

std::vector<NamedMesh> read_binary(std::string_view bytes, const std::string& name, const std::string& stem) {
  const size_t count = word_at(bytes, 80);
  if (count > (bytes.size() - kHeader) / kRow) {
    throw Error(message(name, ": truncated: ", count, " triangles need ", kHeader + kRow * count,
                        " bytes, the file has ", bytes.size()));
  }
  NamedMesh m{stem, "", {}};
  for (size_t i = 0; i < count; ++i) {
    const auto first = uint32_t(m.mesh.vertices_m.size());
    for (size_t k = 0; k < 3; ++k) {
      const size_t at = kHeader + kRow * i + 12 * (k + 1);  // behind the normal
      const Vec3d v{double(std::bit_cast<float>(word_at(bytes, at))),
                    double(std::bit_cast<float>(word_at(bytes, at + 4))),
                    double(std::bit_cast<float>(word_at(bytes, at + 8)))};
      if (!is_finite(v)) throw Error(message(name, ": triangle ", i, ": a vertex is not finite"));
      m.mesh.vertices_m.push_back(v);
    }
    m.mesh.triangles.push_back({first, first + 1, first + 2});
  }
  return {std::move(m)};
}

class AsciiReader {
 public:
  AsciiReader(std::string_view text, const std::string& name, const std::string& stem)
      : lines_(text, name), stem_(stem) {}

  std::vector<NamedMesh> read() {
    while (lines_.next()) read_line();
    if (in_loop_) lines_.fail("the file ends inside a facet ('endloop' is missing)");
    std::erase_if(solids_, [](const NamedMesh& m) { return m.mesh.triangles.empty(); });
    return std::move(solids_);
  }

 private:
  void read_line() {
    static const std::vector<std::string> known = {"solid",   "facet",    "outer",   "vertex",
                                                   "endloop", "endfacet", "endsolid"};
    const auto& words = lines_.words();
    if (words.empty()) return;
    const std::string key = in_lower_case(words[0]);
    if (key == "solid") {
      const std::string given = lines_.after_first_word();
      solids_.push_back({given.empty() ? stem_ : given, "", {}});
    } else if (solids_.empty()) {
      lines_.fail("is not an STL file: it must begin with 'solid' or be binary");
    } else if (key == "outer") {
      in_loop_ = true;
      corners_.clear();
    } else if (key == "vertex") {
      read_vertex(words);
    } else if (key == "endloop") {
      end_loop();
    } else if (std::find(known.begin(), known.end(), key) == known.end()) {
      lines_.fail(message("unknown word '", words[0].substr(0, 40), "'", did_you_mean(key, known)));
    }
  }

  void read_vertex(const std::vector<std::string_view>& words) {
    if (!in_loop_) lines_.fail("'vertex' outside of 'outer loop'");
    if (words.size() != 4) lines_.fail(message("a vertex needs three coordinates, got ", words.size() - 1));
    auto& vertices = solids_.back().mesh.vertices_m;
    corners_.push_back(uint32_t(vertices.size()));
    vertices.push_back({lines_.number(words[1]), lines_.number(words[2]), lines_.number(words[3])});
  }

  void end_loop() {
    if (!in_loop_) lines_.fail("'endloop' without 'outer loop'");
    in_loop_ = false;
    triangulate(solids_.back().mesh.vertices_m, corners_, solids_.back().mesh.triangles);
  }

  TextLines lines_;
  std::string stem_;
  std::vector<NamedMesh> solids_;
  std::vector<uint32_t> corners_;
  bool in_loop_ = false;
};

}  // namespace

std::vector<NamedMesh> parse_stl(std::string_view bytes, const std::string& name, const std::string& stem) {
  return is_binary(bytes) ? read_binary(bytes, name, stem) : AsciiReader(bytes, name, stem).read();
}

}  // namespace raywave::io::detail
