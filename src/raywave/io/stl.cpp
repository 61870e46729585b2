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
  if (count == 0 && bytes.size() >= kHeader + kRow)
    throw Error(message(name, ": says that it holds 0 triangles, yet ", bytes.size() - kHeader, " bytes follow"));
  if (count == 0) return {};
  return {std::move(m)};
}

/// Words in the order of the format; where lines end matters to the names of solids alone.
class AsciiReader {
 public:
  AsciiReader(std::string_view text, const std::string& name, const std::string& stem)
      : lines_(text, name), name_(name), stem_(stem) {}

  std::vector<NamedMesh> read(const LogSink& log) {
    while (lines_.next()) {
      words_ = lines_.words();
      for (at_ = 0; at_ < words_.size();) read_word();
    }
    if (in_loop_) lines_.fail("the file ends inside a facet ('endloop' is missing)");
    if (solids_.empty()) lines_.fail("is not an STL file: it must begin with 'solid' or be binary");
    if (in_solid_ && log) log(message(name_, ": ends without 'endsolid': is it whole?"));
    std::erase_if(solids_, [](const NamedMesh& m) { return m.mesh.triangles.empty(); });
    return std::move(solids_);
  }

 private:
  void read_word() {
    static const std::vector<std::string> known = {"solid",   "facet",    "outer",   "vertex",
                                                   "endloop", "endfacet", "endsolid"};
    const std::string_view word = words_[at_++];
    std::string key = in_lower_case(word);
    if (key == "end" && at_ < words_.size()) key += in_lower_case(words_[at_++]);
    if (key == "solid") {
      begin_solid(word);
    } else if (solids_.empty()) {
      lines_.fail("is not an STL file: it must begin with 'solid' or be binary");
    } else if (key == "facet" || key == "normal") {
      while (at_ < words_.size() && in_lower_case(words_[at_]) != "outer") ++at_;  // the corners tell it anyway
    } else if (key == "outer") {
      if (at_ < words_.size() && in_lower_case(words_[at_]) == "loop") ++at_;
      in_loop_ = true;
      corners_.clear();
    } else if (key == "vertex") {
      read_vertex();
    } else if (key == "endloop") {
      end_loop();
    } else if (key == "endsolid") {
      in_solid_ = false;
      while (at_ < words_.size() && in_lower_case(words_[at_]) != "solid") ++at_;
    } else if (key != "endfacet") {
      lines_.fail(message("unknown word '", word.substr(0, 40), "'", did_you_mean(key, known)));
    }
  }

  /// Its name runs to the line's end or to the first facet of files that are one line.
  void begin_solid(std::string_view word) {
    const auto is = [&](size_t i, const char* key) { return i < words_.size() && in_lower_case(words_[i]) == key; };
    const char* begin = word.data() + word.size();
    const char* end = lines_.line().data() + lines_.line().size();
    while (at_ < words_.size() && !(is(at_, "facet") && (is(at_ + 1, "normal") || is(at_ + 1, "outer")))) ++at_;
    if (at_ < words_.size()) end = words_[at_].data();
    std::string_view given(begin, size_t(end - begin));
    given.remove_prefix(std::min(given.find_first_not_of(" \t"), given.size()));
    given = given.substr(0, given.find_last_not_of(" \t") + 1);
    solids_.push_back({given.empty() ? stem_ : as_utf8(given), "", {}});
    in_solid_ = true;
  }

  void read_vertex() {
    if (!in_loop_) lines_.fail("'vertex' outside of 'outer loop'");
    if (words_.size() < at_ + 3) lines_.fail(message("a vertex needs three coordinates, got ", words_.size() - at_));
    auto& vertices = solids_.back().mesh.vertices_m;
    corners_.push_back(uint32_t(vertices.size()));
    vertices.push_back({lines_.number(words_[at_]), lines_.number(words_[at_ + 1]), lines_.number(words_[at_ + 2])});
    at_ += 3;
  }

  void end_loop() {
    if (!in_loop_) lines_.fail("'endloop' without 'outer loop'");
    in_loop_ = false;
    triangulate(solids_.back().mesh.vertices_m, corners_, solids_.back().mesh.triangles);
  }

  TextLines lines_;
  const std::string& name_;
  std::string stem_;
  std::vector<std::string_view> words_;  // of the line
  size_t at_ = 0;                        // the next of them
  std::vector<NamedMesh> solids_;
  std::vector<uint32_t> corners_;
  bool in_solid_ = false, in_loop_ = false;
};

}  // namespace

std::vector<NamedMesh> parse_stl(std::string_view bytes, const std::string& name, const std::string& stem,
                                 const LogSink& log) {
  return is_binary(bytes) ? read_binary(bytes, name, stem) : AsciiReader(bytes, name, stem).read(log);
}

}  // namespace raywave::io::detail
