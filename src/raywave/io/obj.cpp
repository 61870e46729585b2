// SPDX-License-Identifier: Apache-2.0
// Wavefront OBJ: v, f, o, g, usemtl. Coordinates are read in double precision, polygons are triangulated, whatever only
// pictures need (vt, vn, s, mtllib, ...) is passed over: materials are known by their names alone.
#include <algorithm>
#include <limits>
#include <map>

#include "raywave/io/scene_parts.h"
#include "raywave/io/text_lines.h"
#include "raywave/io/triangulate.h"

namespace raywave::io::detail {
namespace {

const std::vector<std::string> kPassedOver = {
    "vt",   "vn",    "vp",   "p",    "l",    "s",      "mg",       "mtllib",     "usemap",   "maplib",
    "lod",  "bevel", "deg",  "bmat", "step", "cstype", "c_interp", "d_interp",   "ctech",    "stech",
    "parm", "trim",  "hole", "scrv", "sp",   "end",    "con",      "shadow_obj", "trace_obj"};
const std::vector<std::string> kShapes = {"curv", "curv2", "surf"};  // geometry that is no polygon
const std::vector<std::string> kRead = {"v", "f", "fo", "o", "g", "usemtl"};

/// The faces of one object with one material.
struct Part {
  std::string name, material;
  std::vector<uint32_t> corners;  // of all faces, as vertices of the file
  std::vector<size_t> ends;       // of each face in corners
};

class ObjReader {
 public:
  ObjReader(std::string_view text, const std::string& name, const std::string& stem)
      : lines_(text, name, kRead), object_(stem) {}

  std::vector<NamedMesh> read() {
    while (lines_.next()) read_line();
    std::vector<NamedMesh> out;
    std::vector<uint32_t> local(vertices_.size(), kNone);
    for (const Part& part : parts_) {
      NamedMesh m{part.name, part.material, {}};
      for (size_t begin = 0, f = 0; f < part.ends.size(); begin = part.ends[f++]) {
        triangulate(vertices_, std::span(part.corners).subspan(begin, part.ends[f] - begin), m.mesh.triangles);
      }
      keep_used_vertices(m.mesh, local);
      if (!m.mesh.triangles.empty()) out.push_back(std::move(m));
    }
    return out;
  }

 private:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  void read_line() {
    const auto& words = lines_.words();
    if (words.empty()) return;
    const std::string key = in_lower_case(words[0]);
    if (key == "v") {
      read_vertex(words);
    } else if (key == "f" || key == "fo") {
      read_face(words);
    } else if (key == "o" || key == "g") {
      // exporters write one or the other, or groups within objects: the last said names what follows
      if (words.size() > 1) object_ = as_utf8(lines_.after_first_word());
      part_ = nullptr;
    } else if (key == "usemtl") {
      material_ = as_utf8(lines_.after_first_word());
      part_ = nullptr;
    } else if (std::find(kShapes.begin(), kShapes.end(), key) != kShapes.end()) {
      lines_.fail(message("'", words[0], "': curves and free-form surfaces are not read, only polygons"));
    } else if (std::find(kPassedOver.begin(), kPassedOver.end(), key) == kPassedOver.end()) {
      lines_.fail(message("unknown statement '", words[0].substr(0, 40), "'", did_you_mean(key, kRead)));
    }
  }

  void read_vertex(const std::vector<std::string_view>& words) {
    if (words.size() < 4) lines_.fail(message("a vertex needs three coordinates, got ", words.size() - 1));
    Vec3d v{lines_.number(words[1]), lines_.number(words[2]), lines_.number(words[3])};
    if (words.size() == 5) {  // with a weight; six and seven numbers hold a colour
      const double w = lines_.number(words[4]);
      if (w != 0) v = v / w;
    }
    if (!is_finite(v)) lines_.fail("a vertex must be finite");
    if (vertices_.size() == kNone) lines_.fail("more than 4294967295 vertices");
    vertices_.push_back(v);
  }

  void read_face(const std::vector<std::string_view>& words) {
    if (!part_) choose_part();
    for (size_t i = 1; i < words.size(); ++i) {
      const std::string_view digits = words[i].substr(0, words[i].find('/'));  // of vertex/texture/normal
      int64_t index = 0;
      const char* first = digits.data() + (digits.starts_with('+') ? 1 : 0);
      const auto [end, error] = std::from_chars(first, digits.data() + digits.size(), index);
      if (error != std::errc() || end != digits.data() + digits.size())
        lines_.fail(message("'", words[i].substr(0, 40), "' is not a corner of a face"));
      const auto count = int64_t(vertices_.size());
      const int64_t at = index < 0 ? count + index : index - 1;
      if (at < 0 || at >= count) {
        lines_.fail(message("the face uses vertex ", index, ", but ", count, " vertices precede it",
                            index == 0 ? " (the first is 1)" : ""));
      }
      part_->corners.push_back(uint32_t(at));
    }
    part_->ends.push_back(part_->corners.size());
  }

  void choose_part() {
    const auto [at, is_new] = part_of_.try_emplace({object_, material_}, parts_.size());
    if (is_new) parts_.push_back({object_, material_, {}, {}});
    part_ = &parts_[at->second];
  }

  /// @param local  all kNone, before and after
  void keep_used_vertices(scene::Mesh& mesh, std::vector<uint32_t>& local) const {
    std::vector<uint32_t> used;
    for (auto& t : mesh.triangles) {
      for (uint32_t& v : t) {
        if (local[v] == kNone) {
          local[v] = uint32_t(used.size());
          used.push_back(v);
        }
        v = local[v];
      }
    }
    for (const uint32_t v : used) {
      mesh.vertices_m.push_back(vertices_[v]);
      local[v] = kNone;
    }
  }

  TextLines lines_;
  std::vector<Vec3d> vertices_;
  std::string object_, material_;
  std::vector<Part> parts_;
  std::map<std::pair<std::string, std::string>, size_t> part_of_;
  Part* part_ = nullptr;  // of the next face; null: to be chosen
};

}  // namespace

std::vector<NamedMesh> parse_obj(std::string_view text, const std::string& name, const std::string& stem) {
  return ObjReader(text, name, stem).read();
}

}  // namespace raywave::io::detail
