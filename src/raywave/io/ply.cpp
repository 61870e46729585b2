// SPDX-License-Identifier: Apache-2.0
// PLY 1.0, with 64-bit integers beside its types, and the triangle strips of old scans beside faces. Counts are checked
// against the bytes that remain before anything is allocated for them.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <span>

#include "raywave/core/files.h"
#include "raywave/io/scene_files.h"
#include "raywave/io/triangulate.h"

namespace raywave::io {
namespace {

enum class Format { kAscii, kLittle, kBig };
enum class Scalar { kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kFloat, kDouble, kInt64, kUint64 };

size_t size_of(Scalar s) {
  static constexpr size_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  return sizes[int(s)];
}

struct Property {
  Scalar type = Scalar::kFloat;
  bool is_list = false;
  Scalar count_type = Scalar::kUint8;
  std::string name;
};

struct Element {
  std::string name;
  uint64_t count = 0;
  std::vector<Property> properties;
};

struct Header {
  Format format = Format::kAscii;
  std::vector<Element> elements;
  size_t data_begin = 0;
  int lines = 0;
};

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> out;
  for (size_t i = 0; i < line.size();) {
    const size_t begin = line.find_first_not_of(" \t\r", i);
    if (begin == std::string_view::npos) break;
    i = std::min(line.find_first_of(" \t\r", begin), line.size());
    out.emplace_back(line.substr(begin, i - begin));
  }
  return out;
}

class HeaderParser {
 public:
  HeaderParser(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {
    if (bytes_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    // some programs end lines with CR alone; told by the first line, as an LF behind it may be data
    const size_t end = bytes_.find_first_of("\r\n");
    if (end != std::string_view::npos && bytes_[end] == '\r' && bytes_.substr(end + 1, 1) != "\n") line_end_ = '\r';
  }

  Header parse() {
    if (split_words(next_line()) != std::vector<std::string>{"ply"})
      fail("is not a PLY file: the first line must be 'ply'");
    bool format_seen = false;
    while (true) {
      const std::vector<std::string> words = split_words(next_line());
      if (words.empty() || words[0] == "comment" || words[0] == "obj_info") continue;
      if (words[0] == "end_header") break;
      if (words[0] == "format") {
        parse_format(words);
        format_seen = true;
      } else if (words[0] == "element") {
        parse_element(words);
      } else if (words[0] == "property") {
        parse_property(words);
      } else {
        fail(message("unknown header word '", words[0], "'",
                     did_you_mean(words[0], {"format", "element", "property", "comment", "obj_info", "end_header"})));
      }
    }
    if (!format_seen) fail("the header has no 'format' line");
    header_.data_begin = at_;
    header_.lines = line_;
    return std::move(header_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(message(name_, ":", line_, ": ", as_utf8(what)));
  }

  std::string next_line() {
    ++line_;
    const size_t end = bytes_.find(line_end_, at_);
    if (end == std::string_view::npos) {
      if (line_ == 1) fail("is not a PLY file: the first line must be 'ply'");
      fail("the file ends inside the header ('end_header' is missing)");
    }
    std::string line(bytes_.substr(at_, end - at_));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    at_ = end + 1;
    return line;
  }

  void parse_format(const std::vector<std::string>& words) {
    if (words.size() != 3 || words[2] != "1.0")
      fail("expected 'format ascii|binary_little_endian|binary_big_endian 1.0'");
    if (words[1] == "ascii") {
      header_.format = Format::kAscii;
    } else if (words[1] == "binary_little_endian") {
      header_.format = Format::kLittle;
    } else if (words[1] == "binary_big_endian") {
      header_.format = Format::kBig;
    } else {
      fail(message("unknown format '", words[1], "'",
                   did_you_mean(words[1], {"ascii", "binary_little_endian", "binary_big_endian"})));
    }
  }

  void parse_element(const std::vector<std::string>& words) {
    Element element;
    if (words.size() != 3) fail("expected 'element NAME COUNT'");
    const auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), element.count);
    if (error != std::errc() || *end != '\0') fail(message("'", words[2], "' is not a count of '", words[1], "'"));
    element.name = words[1];
    header_.elements.push_back(std::move(element));
  }

  void parse_property(const std::vector<std::string>& words) {
    if (header_.elements.empty()) fail("'property' before the first 'element'");
    Property p;
    if (words.size() == 5 && words[1] == "list") {
      p.is_list = true;
      p.count_type = scalar(words[2]);
      if (p.count_type == Scalar::kFloat || p.count_type == Scalar::kDouble)
        fail(message("a list cannot be counted in '", words[2], "'"));
      p.type = scalar(words[3]);
    } else if (words.size() == 3) {
      p.type = scalar(words[1]);
    } else {
      fail("expected 'property TYPE NAME' or 'property list COUNT_TYPE TYPE NAME'");
    }
    p.name = words.back();
    header_.elements.back().properties.push_back(std::move(p));
  }

  Scalar scalar(const std::string& word) const {
    static const std::vector<std::string> names = {"char",  "uchar",  "short",   "ushort", "int",   "uint",
                                                   "float", "double", "int8",    "uint8",  "int16", "uint16",
                                                   "int32", "uint32", "float32", "float64"};
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] == word) return Scalar(i % 8);
    }
    if (word == "int64") return Scalar::kInt64;
    if (word == "uint64") return Scalar::kUint64;
    fail(message("unknown type '", word, "'", did_you_mean(word, names)));
  }

  std::string_view bytes_;
  const std::string& name_;
  Header header_;
  size_t at_ = 0;
  int line_ = 0;
  char line_end_ = '\n';
};

/// The data after the header, one number at a time. Binary reads are unchecked: the caller asks `need` first.
class Data {
 public:
  Data(std::string_view bytes, const Header& header, const std::string& name)
      : bytes_(bytes), at_(header.data_begin), line_(header.lines + 1), format_(header.format), name_(name) {}

  bool ascii() const { return format_ == Format::kAscii; }
  bool native() const { return format_ == Format::kLittle && std::endian::native == std::endian::little; }
  const char* position() const { return bytes_.data() + at_; }
  size_t remaining() const { return bytes_.size() - at_; }
  void skip(size_t n) { at_ += n; }

  /// @throws Error when `count` rows of at least min_size bytes cannot follow.
  void need(uint64_t count, uint64_t min_size, const char* what, const std::string& element) const {
    if (min_size == 0 || count <= remaining() / min_size) return;
    // the last ASCII number needs no separator
    if (ascii() && count <= (remaining() + 1) / min_size) return;
    throw Error(message(name_, ": truncated: ", count, " ", what, " of '", element, "' need at least ", min_size,
                        " bytes each, but only ", remaining(), " bytes follow"));
  }

  double number(Scalar type) {
    if (ascii()) return ascii_number();
    char raw[8];
    const size_t n = size_of(type);
    std::memcpy(raw, position(), n);
    at_ += n;
    if ((format_ == Format::kBig) == (std::endian::native == std::endian::little)) std::reverse(raw, raw + n);
    switch (type) {
      case Scalar::kInt8:
        return as<int8_t>(raw);
      case Scalar::kUint8:
        return as<uint8_t>(raw);
      case Scalar::kInt16:
        return as<int16_t>(raw);
      case Scalar::kUint16:
        return as<uint16_t>(raw);
      case Scalar::kInt32:
        return as<int32_t>(raw);
      case Scalar::kUint32:
        return as<uint32_t>(raw);
      case Scalar::kFloat:
        return as<float>(raw);
      case Scalar::kDouble:
        return as<double>(raw);
      case Scalar::kInt64:
        return as<int64_t>(raw);
      case Scalar::kUint64:
        return as<uint64_t>(raw);
    }
    return 0;
  }

 private:
  template <class T>
  static double as(const char* raw) {
    T value;
    std::memcpy(&value, raw, sizeof value);
    return double(value);
  }

  double ascii_number() {
    while (at_ < bytes_.size() && std::strchr(" \t\r\n", bytes_[at_]) && bytes_[at_]) line_ += bytes_[at_++] == '\n';
    if (at_ == bytes_.size()) throw Error(message(name_, ":", line_, ": truncated: the file ends inside its data"));
    size_t end = at_;
    while (end < bytes_.size() && !std::isspace(static_cast<unsigned char>(bytes_[end]))) ++end;
    const std::string_view word = bytes_.substr(at_, end - at_);
    const char* first = word.data() + (word[0] == '+');
    double value = 0;
    const auto [stop, error] = std::from_chars(first, word.data() + word.size(), value);
    const bool out_of_range = error == std::errc::result_out_of_range;
    if (out_of_range) value = std::strtod(std::string(word).c_str(), nullptr);  // 1e-400: 0; 1e400: infinite
    if ((error != std::errc() && !out_of_range) || stop != word.data() + word.size()) {
      throw Error(message(name_, ":", line_, ": '", as_utf8(word.substr(0, 40)), "' is not a number"));
    }
    at_ = end;
    return value;
  }

  std::string_view bytes_;
  size_t at_;
  int line_;
  Format format_;
  const std::string& name_;
};

uint64_t min_row_size(const Element& e, bool ascii) {
  uint64_t size = 0;
  for (const Property& p : e.properties) size += ascii ? 2 : size_of(p.is_list ? p.count_type : p.type);
  return size;
}

uint64_t list_length(Data& data, const Property& p, const std::string& name, const Element& e, uint64_t row) {
  data.need(1, data.ascii() ? 2 : size_of(p.count_type), "list", e.name);
  const double n = data.number(p.count_type);
  if (!(n >= 0) || n != std::floor(n) || n > 4294967295.0) {
    throw Error(message(name, ": ", e.name, " ", row, ": a list of ", n, " entries"));
  }
  if (n > 0) data.need(uint64_t(n), data.ascii() ? 2 : size_of(p.type), "list entries", e.name);
  return uint64_t(n);
}

void skip_property(Data& data, const Property& p, const std::string& name, const Element& e, uint64_t row) {
  const uint64_t n = p.is_list ? list_length(data, p, name, e, row) : 1;
  if (!data.ascii()) {
    data.need(n, size_of(p.type), "values", e.name);
    data.skip(n * size_of(p.type));
    return;
  }
  for (uint64_t i = 0; i < n; ++i) data.number(p.type);
}

void read_vertices(Data& data, const Element& e, const std::string& name, scene::Mesh& mesh) {
  int axis_of[3] = {-1, -1, -1};
  for (size_t i = 0; i < e.properties.size(); ++i) {
    const Property& p = e.properties[i];
    if (p.name.size() == 1 && p.name[0] >= 'x' && p.name[0] <= 'z' && !p.is_list) axis_of[p.name[0] - 'x'] = int(i);
  }
  for (int k = 0; k < 3; ++k) {
    if (axis_of[k] < 0) throw Error(message(name, ": the vertices have no property '", char('x' + k), "'"));
  }
  mesh.vertices_m.reserve(e.count);
  for (uint64_t row = 0; row < e.count; ++row) {
    double xyz[3] = {0, 0, 0};
    for (size_t i = 0; i < e.properties.size(); ++i) {
      const Property& p = e.properties[i];
      int axis = -1;
      for (int k = 0; k < 3; ++k) axis = axis_of[k] == int(i) ? k : axis;
      if (axis < 0) {
        skip_property(data, p, name, e, row);
        continue;
      }
      data.need(1, data.ascii() ? 2 : size_of(p.type), "vertex", e.name);
      xyz[axis] = data.number(p.type);
    }
    const Vec3d v{xyz[0], xyz[1], xyz[2]};
    if (!is_finite(v)) {
      throw Error(message(name, ": vertex ", row, " is not finite: (", v.x, ", ", v.y, ", ", v.z, ")"));
    }
    mesh.vertices_m.push_back(v);
  }
}

/// The layout nearly every file has: triangles as (uchar 3, int, int, int). Stops at the first face that is none.
uint64_t read_plain_triangles(Data& data, const Element& e, scene::Mesh& mesh) {
  const Property& p = e.properties[0];
  if (!data.native() || e.properties.size() != 1 || !p.is_list || size_of(p.count_type) != 1 || size_of(p.type) != 4 ||
      p.type == Scalar::kFloat) {
    return 0;
  }
  uint64_t row = 0;
  for (; row < e.count && data.remaining() >= 13 && *data.position() == 3; ++row) {
    std::array<uint32_t, 3> t;
    std::memcpy(t.data(), data.position() + 1, sizeof t);
    mesh.triangles.push_back(t);
    data.skip(13);
  }
  return row;
}

/// The corners of the faces that follow the plain triangles.
struct Polygons {
  uint64_t first_row = 0;
  std::vector<uint32_t> corners;
  std::vector<size_t> ends;  // of each face in corners
};

int corners_of(const Element& e) {
  int at = -1;
  for (size_t i = 0; i < e.properties.size(); ++i) {
    const Property& p = e.properties[i];
    if (p.is_list && (p.name == "vertex_indices" || p.name == "vertex_index")) at = int(i);
  }
  return at;
}

uint32_t vertex_index(double value, const std::string& name, const char* what, uint64_t row) {
  if (!(value >= 0 && value < 4294967295.0) || value != std::floor(value))
    throw Error(message(name, ": ", what, " ", row, ": ", value, " is not a vertex index"));
  return uint32_t(value);
}

Polygons read_faces(Data& data, const Element& e, const std::string& name, scene::Mesh& mesh) {
  const int corners_at = corners_of(e);
  if (corners_at < 0) throw Error(message(name, ": the faces have no list 'vertex_indices'"));
  mesh.triangles.reserve(e.count);
  Polygons out;
  out.first_row = read_plain_triangles(data, e, mesh);
  for (uint64_t row = out.first_row; row < e.count; ++row) {
    for (size_t i = 0; i < e.properties.size(); ++i) {
      const Property& p = e.properties[i];
      if (int(i) != corners_at) {
        skip_property(data, p, name, e, row);
        continue;
      }
      const uint64_t n = list_length(data, p, name, e, row);
      for (uint64_t k = 0; k < n; ++k) out.corners.push_back(vertex_index(data.number(p.type), name, "face", row));
    }
    out.ends.push_back(out.corners.size());
  }
  return out;
}

/// Strips of triangles, each begun anew by -1; every other triangle is wound the other way round.
Polygons read_strips(Data& data, const Element& e, const std::string& name) {
  const int corners_at = corners_of(e);
  if (corners_at < 0) throw Error(message(name, ": the tristrips have no list 'vertex_indices'"));
  Polygons out;
  for (uint64_t row = 0; row < e.count; ++row) {
    for (size_t i = 0; i < e.properties.size(); ++i) {
      const Property& p = e.properties[i];
      if (int(i) != corners_at) {
        skip_property(data, p, name, e, row);
        continue;
      }
      const uint64_t n = list_length(data, p, name, e, row);
      std::array<uint32_t, 2> last{};
      for (uint64_t k = 0, in_strip = 0; k < n; ++k) {
        const double value = data.number(p.type);
        if (value == -1) {
          in_strip = 0;
          continue;
        }
        const uint32_t corner = vertex_index(value, name, "strip", row);
        if (in_strip >= 2) {
          const size_t odd = in_strip % 2;
          out.corners.insert(out.corners.end(), {last[odd], last[1 - odd], corner});
          out.ends.push_back(out.corners.size());
        }
        last = {last[1], corner};
        ++in_strip;
      }
    }
  }
  return out;
}

/// Vertices may follow the faces, so that indices are looked at last.
void add_faces(const Polygons& polygons, const std::string& name, scene::Mesh& mesh) {
  const auto check = [&](uint64_t face, uint32_t corner) {
    if (corner < mesh.vertices_m.size()) return;
    throw Error(message(name, ": face ", face, " uses vertex ", int32_t(corner), ", but there are ",
                        mesh.vertices_m.size(), " vertices"));
  };
  for (size_t t = 0; t < mesh.triangles.size(); ++t) {
    for (const uint32_t corner : mesh.triangles[t]) check(t, corner);
  }
  const std::span<const uint32_t> corners(polygons.corners);
  for (size_t begin = 0, f = 0; f < polygons.ends.size(); begin = polygons.ends[f++]) {
    const auto face = corners.subspan(begin, polygons.ends[f] - begin);
    for (const uint32_t corner : face) check(polygons.first_row + f, corner);
    detail::triangulate(mesh.vertices_m, face, mesh.triangles);
  }
}

}  // namespace

scene::Mesh parse_ply(std::string_view bytes, const std::string& name) {
  const Header header = HeaderParser(bytes, name).parse();
  Data data(bytes, header, name);
  scene::Mesh mesh;
  Polygons polygons, strips;
  bool vertices = false, faces = false;
  for (const Element& e : header.elements) {
    if (e.properties.empty()) continue;
    data.need(e.count, min_row_size(e, data.ascii()), "rows", e.name);
    if (e.name == "vertex") {
      if (vertices) throw Error(message(name, ": element 'vertex' is declared twice"));
      read_vertices(data, e, name, mesh);
      vertices = true;
    } else if (e.name == "face") {
      if (faces) throw Error(message(name, ": element 'face' is declared twice"));
      polygons = read_faces(data, e, name, mesh);
      faces = true;
    } else if (e.name == "tristrips" && strips.ends.empty()) {
      strips = read_strips(data, e, name);
    } else {
      for (uint64_t row = 0; row < e.count; ++row) {
        for (const Property& p : e.properties) skip_property(data, p, name, e, row);
      }
    }
  }
  if (!vertices) throw Error(message(name, ": has no vertices"));
  add_faces(polygons, name, mesh);
  add_faces(strips, name, mesh);
  if (mesh.triangles.empty() && (!faces || !mesh.vertices_m.empty())) {
    throw Error(message(name, ": has ", mesh.vertices_m.size(),
                        " points and no faces: of a cloud of points make a mesh first (CloudCompare and MeshLab can)"));
  }
  return mesh;
}

scene::Mesh read_ply(const std::string& path) { return parse_ply(read_given_file(path, true), path); }

}  // namespace raywave::io
