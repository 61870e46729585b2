// SPDX-License-Identifier: Apache-2.0
// glTF 2.0 and GLB: the triangles of the scene's nodes, with their transforms, in double precision. Positions are
// floats or, with KHR_mesh_quantization, integers (normalized or not), plain or sparse. Not read, which the log is
// told: skins, morphs, points and lines, further scenes; compressed meshes and instances are refused by the extension's
// name.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "raywave/core/files.h"
#include "raywave/io/scene_parts.h"

namespace raywave::io::detail {
namespace {

using Json = nlohmann::json;

/// Extensions that a file may require: those that change where nothing is.
bool is_known_extension(const std::string& name) {
  return name == "KHR_mesh_quantization" || name.starts_with("KHR_materials_") || name.starts_with("KHR_texture_") ||
         name.starts_with("EXT_texture_") || name.starts_with("KHR_lights_") || name.starts_with("EXT_lights_") ||
         name.starts_with("KHR_xmp");
}

std::string decoded_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    int value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = c - 'A';
    } else if (c >= 'a' && c <= 'z') {
      value = c - 'a' + 26;
    } else if (c >= '0' && c <= '9') {
      value = c - '0' + 52;
    } else if (c == '+' || c == '-') {
      value = 62;
    } else if (c == '/' || c == '_') {
      value = 63;
    } else if (c == '=') {
      break;
    } else {
      throw Error("a buffer's data URI is not base64");
    }
    bits = bits << 6 | uint32_t(value);
    if ((held += 6) >= 8) out += char(bits >> (held -= 8) & 255);
  }
  return out;
}

/// "%20" as a blank.
std::string decoded_uri(const std::string& uri) {
  std::string out;
  for (size_t i = 0; i < uri.size(); ++i) {
    const auto digit = [&](size_t k) {
      const char c = k < uri.size() ? uri[k] : ' ';
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    };
    if (uri[i] == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0) {
      out += char(16 * digit(i + 1) + digit(i + 2));
      i += 2;
    } else {
      out += uri[i];
    }
  }
  return out;
}

uint32_t word_at(std::string_view bytes, size_t at) {
  uint32_t out = 0;
  for (size_t k = 4; k-- > 0;) out = out << 8 | uint8_t(bytes[at + k]);
  return out;
}

void drop_unused_vertices(scene::Mesh& mesh) {
  constexpr uint32_t kNone = 0xFFFFFFFF;
  std::vector<uint32_t> place(mesh.vertices_m.size(), kNone);
  std::vector<Vec3d> kept;
  for (auto& t : mesh.triangles) {
    for (uint32_t& v : t) {
      if (place[v] == kNone) {
        place[v] = uint32_t(kept.size());
        kept.push_back(mesh.vertices_m[v]);
      }
      v = place[v];
    }
  }
  mesh.vertices_m = std::move(kept);
}

class GltfReader {
 public:
  GltfReader(std::string_view bytes, const std::string& folder, const std::string& stem)
      : folder_(folder), stem_(stem) {
    std::string_view text = bytes;
    if (bytes.starts_with("glTF")) text = open_container(bytes);
    try {
      doc_ = Json::parse(text);
    } catch (const Json::exception&) {
      throw Error("is not glTF: its JSON cannot be parsed");
    }
    if (!doc_.is_object()) throw Error("is not glTF: its JSON is no object");
  }

  std::vector<NamedMesh> read(const LogSink& log, const std::string& name) {
    require_version();
    for (const Json& extension : list(doc_, "extensionsRequired")) {
      if (!extension.is_string() || !is_known_extension(extension.get<std::string>()))
        throw Error(message("requires the extension ", extension.dump(), ", which is not read"));
    }
    for (const Json& root : roots()) add_node(index_of(root, "nodes", "a scene's node"), {}, 0);
    if (log) tell(log, name);
    return std::move(meshes_);
  }

 private:
  void tell(const LogSink& log, const std::string& name) const {
    const size_t scenes = list(doc_, "scenes").size();
    if (scenes > 1) log(message(name, ": of its ", scenes, " scenes the one that it shows by default is read"));
    if (skins_ > 0) log(message(name, ": skins are not read: ", skins_, " meshes stand as they are stored"));
    if (morphs_ > 0) log(message(name, ": morph targets are not read: ", morphs_, " meshes stand as they are stored"));
    if (no_triangles_ > 0) log(message(name, ": points and lines are not read: ", no_triangles_, " are left out"));
  }

  std::string_view open_container(std::string_view bytes) {
    if (bytes.size() < 20 || word_at(bytes, 4) != 2) throw Error("is not a GLB file of version 2");
    if (word_at(bytes, 8) > bytes.size())
      throw Error(message("truncated: it announces ", word_at(bytes, 8), " bytes and has ", bytes.size()));
    std::string_view json;
    for (size_t at = 12; at + 8 <= bytes.size();) {
      const size_t size = word_at(bytes, at), kind = word_at(bytes, at + 4);
      if (size > bytes.size() - at - 8) throw Error("truncated: a chunk ends behind the file");
      const std::string_view chunk = bytes.substr(at + 8, size);
      if (kind == 0x4E4F534A && json.empty()) json = chunk;
      if (kind == 0x004E4942 && binary_.empty()) binary_ = chunk;
      at += 8 + size;
    }
    return json.substr(0, json.find_last_not_of('\0') + 1);  // padding, of blanks by the rules
  }

  void require_version() const {
    const auto asset = doc_.find("asset");
    const std::string version = asset != doc_.end() && asset->is_object() ? asset->value("version", "") : "";
    if (!version.starts_with("2.")) throw Error(message("is of glTF version '", version, "', only 2.0 is read"));
  }

  static const Json& list(const Json& at, const char* key) {
    static const Json none = Json::array();
    const auto found = at.find(key);
    if (found == at.end()) return none;
    if (!found->is_array()) throw Error(message("'", key, "' is not an array"));
    return *found;
  }
  static uint64_t count(const Json& at, const char* key, uint64_t otherwise) {
    const auto found = at.find(key);
    if (found == at.end()) return otherwise;
    if (!found->is_number_unsigned()) throw Error(message("'", key, "' is not a whole number >= 0"));
    return found->get<uint64_t>();
  }
  size_t index_of(const Json& index, const char* of, const char* what) const {
    const size_t size = list(doc_, of).size();
    if (!index.is_number_unsigned() || index.get<uint64_t>() >= size ||
        !list(doc_, of)[index.get<size_t>()].is_object())
      throw Error(message(what, " ", index.dump(), " is none of the ", size, " ", of));
    return index.get<size_t>();
  }
  const Json& item(const Json& at, const char* key, const char* of) const {
    return list(doc_, of)[index_of(at.at(key), of, key)];
  }

  Json roots() const {
    if (!list(doc_, "scenes").empty()) {
      const Json scene = doc_.value("scene", Json(0u));
      return list(list(doc_, "scenes")[index_of(scene, "scenes", "scene")], "nodes");
    }
    std::vector<bool> is_child(list(doc_, "nodes").size(), false);
    for (const Json& node : list(doc_, "nodes")) {
      for (const Json& child : list(node, "children")) is_child[index_of(child, "nodes", "child")] = true;
    }
    Json out = Json::array();
    for (size_t i = 0; i < is_child.size(); ++i) {
      if (!is_child[i]) out.push_back(i);
    }
    return out;
  }

  template <size_t n>
  static std::array<double, n> numbers(const Json& node, const char* key, std::array<double, n> otherwise) {
    const auto found = node.find(key);
    if (found == node.end()) return otherwise;
    if (!found->is_array() || found->size() != n) throw Error(message("a node's '", key, "' needs ", n, " numbers"));
    for (size_t i = 0; i < n; ++i) {
      if (!(*found)[i].is_number()) throw Error(message("a node's '", key, "' needs ", n, " numbers"));
      otherwise[i] = (*found)[i].get<double>();
    }
    return otherwise;
  }

  static Affine transform_of(const Json& node) {
    if (node.contains("matrix")) {  // column by column
      const auto m = numbers<16>(node, "matrix", {});
      return {{{m[0], m[4], m[8]}, {m[1], m[5], m[9]}, {m[2], m[6], m[10]}}, {m[12], m[13], m[14]}, false};
    }
    const auto t = numbers<3>(node, "translation", {0, 0, 0}), s = numbers<3>(node, "scale", {1, 1, 1});
    const auto q = numbers<4>(node, "rotation", {0, 0, 0, 1});
    const double n2 = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];
    if (!(n2 > 0)) throw Error("a node's rotation is a quaternion of length 0");
    const double x = q[0], y = q[1], z = q[2], w = q[3], k = 2 / n2;
    const Mat3d turn{{1 - k * (y * y + z * z), k * (x * y - z * w), k * (x * z + y * w)},
                     {k * (x * y + z * w), 1 - k * (x * x + z * z), k * (y * z - x * w)},
                     {k * (x * z - y * w), k * (y * z + x * w), 1 - k * (x * x + y * y)}};
    return {turn * Mat3d{{s[0], 0, 0}, {0, s[1], 0}, {0, 0, s[2]}}, {t[0], t[1], t[2]}, false};
  }

  void add_node(size_t index, const Affine& parent, int depth) {
    constexpr int kMaxDepth = 256;
    constexpr size_t kMaxNodes = 10'000'000;  // a node that two others hold counts twice, and so on
    if (depth > kMaxDepth || ++nodes_seen_ > kMaxNodes) throw Error("its nodes form a circle or are nested too deeply");
    const Json& node = list(doc_, "nodes")[index];
    if (node.contains("extensions") && node["extensions"].contains("EXT_mesh_gpu_instancing"))
      throw Error("a node uses the extension EXT_mesh_gpu_instancing, which is not read");
    const Affine own = transform_of(node);
    const Affine to_world{parent.linear * own.linear, parent.linear * own.translation + parent.translation, false};
    if (node.contains("mesh")) add_mesh(node, item(node, "mesh", "meshes"), to_world);
    for (const Json& child : list(node, "children")) add_node(index_of(child, "nodes", "child"), to_world, depth + 1);
  }

  void add_mesh(const Json& node, const Json& mesh, const Affine& to_world) {
    for (const Json& primitive : list(mesh, "primitives")) {
      const uint64_t mode = count(primitive, "mode", 4);
      if (mode < 4) {
        ++no_triangles_;
        continue;
      }
      if (mode > 6) throw Error(message("a primitive has the unknown mode ", mode));
      const auto attributes = primitive.find("attributes");
      if (attributes == primitive.end() || !attributes->contains("POSITION")) continue;
      skins_ += node.contains("skin");
      morphs_ += !list(primitive, "targets").empty();
      NamedMesh m;
      m.name = name_of(mesh, name_of(node, stem_));
      if (primitive.contains("material")) m.material = name_of(item(primitive, "material", "materials"), "");
      const Json& positions = item(*attributes, "POSITION", "accessors");
      if (!positions.contains("bufferView") && !positions.contains("sparse")) refuse_compressed(primitive);
      m.mesh.vertices_m = vertices(positions);
      add_triangles(primitive, mode, m.mesh);
      drop_unused_vertices(m.mesh);  // primitives often share one list
      to_world.apply(m.mesh);
      for (Vec3d& v : m.mesh.vertices_m) {
        v = {v.x, -v.z, v.y};
        if (!is_finite(v)) throw Error(message("mesh '", m.name, "' has a vertex that is not finite"));
      }
      if (!m.mesh.triangles.empty()) meshes_.push_back(std::move(m));
    }
  }

  [[noreturn]] static void refuse_compressed(const Json& primitive) {
    std::string names;
    if (primitive.contains("extensions")) {
      for (const auto& [name, value] : primitive["extensions"].items()) names += (names.empty() ? "" : ", ") + name;
    }
    throw Error(message("a primitive's positions have no data", names.empty() ? "" : " but in the extension " + names,
                        names.empty() ? "" : ", which is not read"));
  }

  static std::string name_of(const Json& at, const std::string& otherwise) {
    const auto name = at.find("name");
    return name != at.end() && name->is_string() && !name->get<std::string>().empty() ? name->get<std::string>()
                                                                                      : otherwise;
  }

  void add_triangles(const Json& primitive, uint64_t mode, scene::Mesh& mesh) {
    std::vector<uint32_t> corners;
    if (primitive.contains("indices")) {
      corners = indices(item(primitive, "indices", "accessors"));
      for (const uint32_t v : corners) {
        if (v >= mesh.vertices_m.size())
          throw Error(message("a primitive uses vertex ", v, " of ", mesh.vertices_m.size()));
      }
    } else {
      for (size_t v = 0; v < mesh.vertices_m.size(); ++v) corners.push_back(uint32_t(v));
    }
    const size_t n = corners.size();
    if (mode == 4) {
      for (size_t i = 0; i + 2 < n; i += 3) mesh.triangles.push_back({corners[i], corners[i + 1], corners[i + 2]});
    }
    for (size_t i = 0; mode > 4 && i + 2 < n; ++i) {
      if (mode == 5 && i % 2 == 0) mesh.triangles.push_back({corners[i], corners[i + 1], corners[i + 2]});
      if (mode == 5 && i % 2 == 1) mesh.triangles.push_back({corners[i + 1], corners[i], corners[i + 2]});
      if (mode == 6) mesh.triangles.push_back({corners[0], corners[i + 1], corners[i + 2]});
    }
  }

  /// The bytes of a buffer view from `offset` on, at least `needed` of them.
  std::string_view view(const Json& at, uint64_t offset, uint64_t needed) {
    const Json& v = item(at, "bufferView", "bufferViews");
    if (v.contains("extensions") && v["extensions"].contains("EXT_meshopt_compression"))
      throw Error("a buffer uses the extension EXT_meshopt_compression, which is not read");
    const std::string_view bytes = buffer(index_of(v.at("buffer"), "buffers", "buffer"));
    const uint64_t begin = count(v, "byteOffset", 0), size = count(v, "byteLength", 0);
    if (begin > bytes.size() || size > bytes.size() - begin || offset > size || needed > size - offset)
      throw Error("truncated: an accessor reaches beyond its buffer");
    return bytes.substr(begin + offset, size - offset);
  }

  std::string_view buffer(size_t index) {
    const Json& b = list(doc_, "buffers")[index];
    if (!b.contains("uri")) {
      if (binary_.empty()) throw Error(message("buffer ", index, " has no data"));
      return binary_;
    }
    if (loaded_.size() <= index) loaded_.resize(list(doc_, "buffers").size());
    if (!loaded_[index].empty()) return loaded_[index];
    if (!b["uri"].is_string()) throw Error(message("buffer ", index, ": its uri is no text"));
    const std::string uri = b["uri"].get<std::string>();
    const size_t comma = uri.find(',');
    loaded_[index] = !uri.starts_with("data:")    ? read_file(path_in(folder_, decoded_uri(uri)))
                     : comma == std::string::npos ? ""
                                                  : decoded_base64(std::string_view(uri).substr(comma + 1));
    return loaded_[index];
  }

  static size_t size_of(uint64_t component) {
    switch (component) {
      case 5120:
      case 5121:
        return 1;
      case 5122:
      case 5123:
        return 2;
      case 5125:
      case 5126:
        return 4;
    }
    throw Error(message("an accessor has the unknown componentType ", component));
  }

  static double component_at(std::string_view bytes, size_t at, uint64_t type, bool normalized) {
    const auto low = uint8_t(bytes[at]);
    switch (type) {
      case 5120:
        return normalized ? std::max(int8_t(low) / 127.0, -1.0) : int8_t(low);
      case 5121:
        return normalized ? low / 255.0 : low;
      case 5122:
      case 5123: {
        const auto u = uint16_t(low | uint8_t(bytes[at + 1]) << 8);
        if (type == 5123) return normalized ? u / 65535.0 : u;
        return normalized ? std::max(int16_t(u) / 32767.0, -1.0) : int16_t(u);
      }
      case 5125:
        return double(word_at(bytes, at));
      default:
        return double(std::bit_cast<float>(word_at(bytes, at)));
    }
  }

  /// All components of an accessor, row by row. @param width  components of a row
  std::vector<double> values(const Json& accessor, size_t width, const char* type) {
    if (accessor.value("type", "") != type) throw Error(message("an accessor of the type ", type, " was expected"));
    const uint64_t rows = count(accessor, "count", 0), component = count(accessor, "componentType", 0);
    const auto flag = accessor.find("normalized");
    const bool normalized = flag != accessor.end() && flag->is_boolean() && flag->get<bool>();
    const size_t size = size_of(component), row = size * width;
    constexpr uint64_t kMaxRows = 1u << 31;
    if (rows > kMaxRows) throw Error(message("an accessor has ", rows, " elements"));
    std::vector<double> out;
    if (accessor.contains("bufferView")) {
      const uint64_t stride = count(item(accessor, "bufferView", "bufferViews"), "byteStride", row);
      if (stride < row || stride > 65536) throw Error(message("a buffer view has the byteStride ", stride));
      const auto bytes = view(accessor, count(accessor, "byteOffset", 0), rows == 0 ? 0 : (rows - 1) * stride + row);
      out.reserve(rows * width);
      for (uint64_t r = 0; r < rows; ++r) {
        for (size_t k = 0; k < width; ++k)
          out.push_back(component_at(bytes, r * stride + k * size, component, normalized));
      }
    }
    if (!accessor.contains("sparse")) return out;
    const Json& sparse = accessor["sparse"];
    const uint64_t changed = count(sparse, "count", 0);
    if (out.empty() && rows > (1u << 26)) throw Error(message("a sparse accessor has ", rows, " elements"));
    out.resize(rows * width);
    const Json &at = sparse.at("indices"), &to = sparse.at("values");
    const uint64_t index_type = count(at, "componentType", 0);
    const size_t index_size = size_of(index_type);
    if (changed > rows) throw Error("a sparse accessor changes more elements than it has");
    const auto indices = view(at, count(at, "byteOffset", 0), changed * index_size);
    const auto bytes = view(to, count(to, "byteOffset", 0), changed * row);
    for (uint64_t r = 0; r < changed; ++r) {
      const double index = component_at(indices, r * index_size, index_type, false);
      if (!(index >= 0 && index < double(rows))) throw Error("a sparse accessor changes an element that it lacks");
      for (size_t k = 0; k < width; ++k)
        out[size_t(index) * width + k] = component_at(bytes, r * row + k * size, component, normalized);
    }
    return out;
  }

  std::vector<Vec3d> vertices(const Json& accessor) {
    const std::vector<double> xyz = values(accessor, 3, "VEC3");
    std::vector<Vec3d> out;
    for (size_t i = 0; i + 2 < xyz.size(); i += 3) out.push_back({xyz[i], xyz[i + 1], xyz[i + 2]});
    return out;
  }

  std::vector<uint32_t> indices(const Json& accessor) {
    const uint64_t type = count(accessor, "componentType", 0);
    if (type != 5121 && type != 5123 && type != 5125)
      throw Error(message("indices have the componentType ", type, ", not an unsigned one"));
    std::vector<uint32_t> out;
    for (const double v : values(accessor, 1, "SCALAR")) out.push_back(uint32_t(v));
    return out;
  }

  Json doc_;
  std::string_view binary_;
  std::string folder_, stem_;
  std::vector<std::string> loaded_;  // of each buffer; empty: not yet
  std::vector<NamedMesh> meshes_;
  size_t nodes_seen_ = 0, skins_ = 0, morphs_ = 0, no_triangles_ = 0;
};

}  // namespace

std::vector<NamedMesh> parse_gltf(std::string_view bytes, const std::string& name, const std::string& folder,
                                  const std::string& stem, const LogSink& log) {
  try {
    return GltfReader(bytes, folder, stem).read(log, name);
  } catch (const Error& e) {
    throw Error(message(name, ": ", e.what()));
  } catch (const Json::exception& e) {  // a member that is missing or of another type
    throw Error(message(name, ": ", e.what()));
  }
}

}  // namespace raywave::io::detail
