// SPDX-License-Identifier: Apache-2.0
// Mitsuba XML as Sionna RT 0.x, 1.x and 2.x and exporters of 3D programs write it. The document and what it includes
// are read whole first; meshes are then read in parallel.
#include "raywave/io/mitsuba_xml.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <unordered_map>

#include "raywave/core/files.h"
#include "raywave/em/lobes.h"
#include "raywave/io/scene_parts.h"
#include "raywave/runtime/parallel.h"

namespace raywave::io {
namespace detail {

namespace {

const std::vector<std::string> kIgnored = {"sensor", "emitter", "integrator", "film", "sampler", "texture", "medium"};
const std::vector<std::string> kValues = {"float", "integer", "boolean", "string", "rgb",    "spectrum",
                                          "ref",   "bsdf",    "texture", "point",  "vector", "transform"};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Bsdf {
  int line = 0;
  std::string type;
  std::optional<em::Material> material;  // none: no radio meaning
};

struct ShapeRequest {
  std::string name, type, file;
  std::string place;  // "scene.xml:12"
  int line = 0;
  bool flip = false;
  Affine to_world;
  int material = 0;
  Vec3d velocity_m_per_s{0, 0, 0};
};

class SceneReader {
 public:
  SceneReader(const Document& doc, const std::string& folder, const LoadOptions& options)
      : name_(doc.name()), doc_(&doc), folders_({folder}), options_(options) {
    scene_.frequency_hz = options.frequency_hz;
  }

  void read() {
    collect(0);
    // materials may follow what uses them
    for (const char* kind : {"bsdf", "alias", "shape"}) {
      for (const auto& [doc, node] : items_) {
        if (std::string_view(node.name()) != kind) continue;
        doc_ = doc;
        *kind == 'b' ? add_bsdf(node) : *kind == 'a' ? add_alias(node) : add_shape(node);
      }
    }
    for (const std::string& id : radio_) add_material(scene_, *bsdfs_.at(id).material);  // those that no shape has, too
    if (!options_.log) return;
    if (ignored_ > 0) {
      options_.log(
          message(name_, ": ", ignored_, " elements that only pictures need (sensor, emitter, ...) are ignored"));
    }
    if (patterns_ > 0) {
      options_.log(message(name_, ": numbers that the scattering pattern has no use for are ignored: ", patterns_));
    }
  }

  /// Sought in the scene's folder, then in those of <path> and of included files.
  std::string find_file(const std::string& named) const {
    const bool has_drive = named.size() > 2 && named[1] == ':' && (named[2] == '/' || named[2] == '\\');
    const bool is_whole = named.starts_with('/') || has_drive;
    std::error_code none;
    for (const std::string& folder : folders_) {
      if (folders_.size() == 1 && !is_whole) break;  // who opens it says if it is not there
      if (std::filesystem::exists(path_in(folder, named), none)) return path_in(folder, named);
    }
    if (is_whole) {
      throw Error(message("there is no file '", named,
                          "': a whole path of another machine? Write it relative to the scene's folder"));
    }
    return path_in(folders_[0], named);
  }

  scene::Scene scene_;
  std::vector<ShapeRequest> shapes_;

 private:
  /// What the document holds, and what it includes, in order.
  void collect(int depth) {
    static const std::vector<std::string> known = {"default",    "bsdf",  "shape",   "sensor",  "emitter",
                                                   "integrator", "film",  "sampler", "texture", "medium",
                                                   "include",    "alias", "path"};
    const Document* const doc = doc_;
    const pugi::xml_node root = doc->root();
    if (std::string_view(root.name()) != "scene")
      doc->fail(root, message("the root element is '", root.name(), "', not 'scene'"));
    doc->require_attributes(root, {"version", "type", "id"});
    for (pugi::xml_node node : doc->children(root)) {
      const std::string name = node.name();
      if (contains(kIgnored, name)) {
        ++ignored_;
      } else if (name == "include") {
        include(node, depth);
        doc_ = doc;
      } else if (name == "path") {
        doc->require_attributes(node, {"value"});
        folders_.push_back(path_in(folders_[0], doc->text(node)));
      } else if (!contains(known, name)) {
        doc->fail_unknown(node, "element", name, known);
      } else if (name != "default") {
        items_.emplace_back(doc, node);
      }
    }
  }

  void include(pugi::xml_node node, int depth) {
    constexpr int kMaxDepth = 16;
    constexpr size_t kMaxFiles = 10'000;
    doc_->require_attributes(node, {"filename"});
    const std::string named = doc_->attribute(node, "filename");
    if (depth == kMaxDepth || included_.size() == kMaxFiles)
      doc_->fail(node, message("include '", named, "': files that include each other, or more than ", kMaxFiles));
    try {
      const std::string path = find_file(named);
      if (std::error_code none; std::filesystem::exists(path) && !std::filesystem::is_regular_file(path, none))
        throw Error(message("'", path, "' is no file"));
      included_.push_back(std::make_unique<Document>(read_given_file(path), path, doc_->defaults()));
      const std::string folder = std::filesystem::path(path).parent_path().string();
      if (std::find(folders_.begin(), folders_.end(), folder) == folders_.end()) folders_.push_back(folder);
    } catch (const Error& e) {
      doc_->fail(node, message("include '", named, "': ", e.what()));
    }
    doc_ = included_.back().get();
    collect(depth + 1);
  }

  /// A second name of a bsdf.
  void add_alias(pugi::xml_node node) {
    doc_->require_attributes(node, {"id", "as"});
    const std::string id = doc_->attribute(node, "id"), as = doc_->attribute(node, "as");
    const auto found = bsdfs_.find(id);
    if (found == bsdfs_.end()) return;  // of a shape, a texture
    const Bsdf bsdf = found->second;
    if (as.empty() || !bsdfs_.try_emplace(as, bsdf).second)
      doc_->fail(node, message("'", as, "' cannot name another bsdf"));
  }

  void add_bsdf(pugi::xml_node node) {
    const std::string id = doc_->attribute(node, "id");
    if (id.empty()) doc_->fail(node, "a bsdf of the scene needs an 'id'");
    const auto [known, is_new] = bsdfs_.try_emplace(id, parse_bsdf(node, id));
    if (!is_new) doc_->fail(node, message("bsdf '", id, "' is already defined in line ", known->second.line));
    if (known->second.type == "radio-material" || known->second.type == "itu-radio-material") radio_.push_back(id);
  }

  Bsdf parse_bsdf(pugi::xml_node node, const std::string& id) {
    doc_->require_attributes(node, {"type", "id", "name"});
    Bsdf bsdf{doc_->line(node), doc_->attribute(node, "type"), std::nullopt};
    const std::string name = as_utf8(id.starts_with("mat-") ? id.substr(4) : id);
    try {
      if (bsdf.type == "itu-radio-material") {
        bsdf.material = itu_radio_material(node, name);
      } else if (bsdf.type == "radio-material") {
        bsdf.material = radio_material(node, name);
      } else {
        bsdf.material = picture_material(node, id, name);
      }
      if (bsdf.material) bsdf.material->validate();
    } catch (const Error& e) {
      if (doc_->is_located(e.what())) throw;
      doc_->fail(node, message("bsdf '", id, "': ", e.what()));
    }
    return bsdf;
  }

  /// Reads the keys that both radio types share. @return false for a key it does not know.
  bool common_key(pugi::xml_node child, const std::string& key, em::Material& m) {
    if (key == "thickness") {
      m.thickness_m = doc_->number(child);
    } else if (key == "scattering_coefficient") {
      m.scattering_coefficient = doc_->number(child);
    } else if (key == "xpd_coefficient") {
      m.xpd_coefficient = doc_->number(child);
    } else if (key == "scattering_pattern") {
      m.scattering_pattern = doc_->text(child);
    } else if (key == "lobe") {  // a word of ours
      m.lobe = doc_->text(child);
    } else if (key == "color") {
      m.color = doc_->color(child);
    } else if (contains(lobe_numbers(), key)) {
      pattern_numbers_.emplace_back(key, doc_->number(child));
    } else {
      return false;
    }
    return true;
  }

  static const std::vector<std::string>& lobe_numbers() {
    static const std::vector<std::string> names = [] {
      std::vector<std::string> out;
      for (const em::LobeNumberInfo& n : em::kLobeNumbers) out.emplace_back(n.name);
      return out;
    }();
    return names;
  }
  /// `names` and those of lobes: what a radio material knows.
  static std::vector<std::string> with_lobe_numbers(std::vector<std::string> names) {
    names.insert(names.end(), lobe_numbers().begin(), lobe_numbers().end());
    return names;
  }

  /// Takes the numbers that stand beside the pattern's word into it.
  void finish_pattern(em::Material& m) {
    em::Lobe lobe = em::lobe_from_text(m.scattering_pattern);
    bool changed = false;
    for (const auto& [key, value] : pattern_numbers_) {
      for (const em::LobeNumberInfo& n : em::kLobeNumbers) {
        if (key != n.name) continue;
        if (em::uses(lobe.kind, n)) {
          lobe.*n.member = value;
          changed = true;
        } else {
          ++patterns_;
        }
      }
    }
    pattern_numbers_.clear();
    if (changed) m.scattering_pattern = em::lobe_text(lobe);
  }

  em::Material itu_radio_material(pugi::xml_node node, const std::string& name) {
    std::string itu;
    for (pugi::xml_node child : doc_->children(node)) {
      if (doc_->key(child, kValues) == "type") itu = doc_->text(child);
    }
    if (itu.empty()) doc_->fail(node, "an itu-radio-material needs <string name=\"type\" value=\"...\"/>");
    em::Material m = em::itu_material(itu);
    m.name = name.empty() ? itu : name;
    static const auto known = with_lobe_numbers(
        {"type", "thickness", "scattering_coefficient", "xpd_coefficient", "scattering_pattern", "lobe", "color"});
    pattern_numbers_.clear();
    for (pugi::xml_node child : doc_->children(node)) {
      const std::string key = doc_->key(child, kValues);
      if (key != "type" && !common_key(child, key, m)) doc_->fail_unknown(child, "key", key, known);
    }
    finish_pattern(m);
    return m;
  }

  em::Material radio_material(pugi::xml_node node, const std::string& name) {
    em::Material m;
    m.name = name.empty() ? message("material_", doc_->line(node)) : name;
    static const auto known =
        with_lobe_numbers({"relative_permittivity", "conductivity", "perfect_conductor", "thickness",
                           "scattering_coefficient", "xpd_coefficient", "scattering_pattern", "lobe", "color"});
    pattern_numbers_.clear();
    for (pugi::xml_node child : doc_->children(node)) {
      const std::string key = doc_->key(child, kValues);
      if (key == "relative_permittivity") {
        m.relative_permittivity = doc_->number(child);
      } else if (key == "conductivity") {
        m.conductivity_s_per_m = doc_->number(child);
      } else if (key == "perfect_conductor") {  // a word of ours
        m.perfect_conductor = doc_->boolean(child);
      } else if (!common_key(child, key, m)) {
        doc_->fail_unknown(child, "key", key, known);
      }
    }
    return m;
  }

  /// A bsdf made for pictures: its radio meaning is in its id ("mat-itu_concrete") or in a bsdf that it wraps.
  std::optional<em::Material> picture_material(pugi::xml_node node, const std::string& id, const std::string& name) {
    std::optional<em::Material> material;
    if (name.starts_with("itu_") || name.starts_with("itu-")) {
      std::string itu = name.substr(4);
      for (pugi::xml_node child : doc_->children(node)) {
        if (doc_->key(child, kValues) == "type") itu = doc_->text(child);
      }
      material = em::itu_material(itu);
      material->name = name;
    }
    read_picture_keys(node, material);
    for (pugi::xml_node child : doc_->children(node)) {
      const std::string_view element = child.name();
      if (material || (element != "bsdf" && element != "ref")) continue;
      const std::string inner = doc_->attribute(child, "id");
      if (element == "bsdf") {
        material = parse_bsdf(child, inner.empty() ? id : inner).material;
      } else if (const auto known = bsdfs_.find(inner); known != bsdfs_.end()) {
        material = known->second.material;
      }
      if (material && !name.empty()) material->name = name;
    }
    return material;
  }

  void read_picture_keys(pugi::xml_node node, std::optional<em::Material>& material) {
    for (pugi::xml_node child : doc_->children(node)) {
      const std::string key = doc_->key(child, kValues);
      if (material && key == "thickness") material->thickness_m = doc_->number(child);
      const bool is_color = key == "color" || key == "reflectance" || key == "base_color";
      if (material && is_color && std::string_view(child.name()) == "rgb") material->color = doc_->color(child);
      if (material && std::string_view(child.name()) == "bsdf") read_picture_keys(child, material);
    }
  }

  void add_shape(pugi::xml_node node) {
    doc_->require_attributes(node, {"type", "id", "name"});
    ShapeRequest shape;
    shape.line = doc_->line(node);
    shape.place = message(doc_->name(), ":", shape.line);
    shape.type = doc_->attribute(node, "type");
    static const std::vector<std::string> types = {"ply", "obj", "rectangle", "cube"};
    if (!contains(types, shape.type)) {
      doc_->fail(node, message("shapes of type '", shape.type, "' are not read (only ply, obj, rectangle, cube)",
                               did_you_mean(shape.type, types)));
    }
    const std::string id = doc_->attribute(node, "id");
    if (!node.child("bsdf") && !node.child("ref") && node.child("emitter")) {  // a lamp of the picture
      ++ignored_;
      return;
    }
    std::optional<int> material;
    for (pugi::xml_node child : doc_->children(node)) read_shape_child(node, child, shape, material);
    const bool has_file = shape.type == "ply" || shape.type == "obj";
    if (has_file && shape.file.empty()) doc_->fail(node, message("shape '", id, "' has no filename"));
    if (!has_file && !shape.file.empty()) doc_->fail(node, message("a ", shape.type, " has no filename"));
    if (!material) doc_->fail(node, message("shape '", id, "' has no bsdf"));
    shape.material = *material;
    name_shape(node, id, shape);
    shapes_.push_back(std::move(shape));
  }

  void name_shape(pugi::xml_node node, const std::string& id, ShapeRequest& shape) {
    shape.name = as_utf8(id.starts_with("mesh-") ? id.substr(5) : id);
    if (id.empty()) {
      shape.name =
          shape.file.empty() ? shape.type : as_utf8(std::filesystem::path(path_in("", shape.file)).stem().string());
    } else {
      const auto [known, is_new] = shape_lines_.try_emplace(id, shape.line);
      if (!is_new) doc_->fail(node, message("shape '", shape.name, "' is already defined in line ", known->second));
    }
    shape.name = unique_name(shape.name, shape_names_);
  }

  void read_shape_child(pugi::xml_node shape_node, pugi::xml_node child, ShapeRequest& shape,
                        std::optional<int>& material) {
    static const std::vector<std::string> elements = {"string",    "boolean", "ref",    "bsdf",
                                                      "transform", "emitter", "medium", "vector"};
    static const std::vector<std::string> keys = {"filename",        "face_normals", "flip_normals",
                                                  "flip_tex_coords", "to_world",     "velocity_m_per_s"};
    const std::string_view element = child.name();
    if (element == "ref" || element == "bsdf") {
      if (material) doc_->fail(child, message("shape '", doc_->attribute(shape_node, "id"), "' has a second bsdf"));
      material = element == "ref" ? referenced(shape_node, child) : inlined(shape_node, child);
      return;
    }
    if (element == "emitter" || element == "medium") {
      ++ignored_;
      return;
    }
    const std::string key = doc_->key(child, elements);
    if (key == "filename" && element == "string") {
      shape.file = doc_->text(child);
    } else if (key == "flip_normals" && element == "boolean") {
      shape.flip = doc_->boolean(child);
    } else if ((key == "face_normals" || key == "flip_tex_coords") && element == "boolean") {
      doc_->boolean(child);
    } else if (key == "to_world" && element == "transform") {
      shape.to_world = read_transform(*doc_, child);
    } else if (key == "velocity_m_per_s" && element == "vector") {  // a word of ours
      const std::vector<double> v = doc_->numbers(child, "value");
      if (v.size() != 3) doc_->fail(child, message("velocity_m_per_s takes three numbers, got ", v.size()));
      shape.velocity_m_per_s = {v[0], v[1], v[2]};
    } else {
      doc_->fail_unknown(child, "key", key, keys);
    }
  }

  int referenced(pugi::xml_node shape, pugi::xml_node ref) {
    doc_->require_attributes(ref, {"id", "name"});
    const std::string id = doc_->attribute(ref, "id");
    const auto found = bsdfs_.find(id);
    if (found == bsdfs_.end()) {
      std::vector<std::string> ids;
      for (const auto& [known, bsdf] : bsdfs_) ids.push_back(known);
      std::sort(ids.begin(), ids.end());
      doc_->fail_unknown(ref, "bsdf", id, ids);
    }
    return material_of(shape, ref, id, found->second);
  }

  int inlined(pugi::xml_node shape, pugi::xml_node node) {
    const std::string id = doc_->attribute(node, "id");
    return material_of(shape, node, id, parse_bsdf(node, id));
  }

  int material_of(pugi::xml_node shape, pugi::xml_node at, const std::string& id, const Bsdf& bsdf) {
    if (bsdf.material) {
      try {
        return add_material(scene_, *bsdf.material);
      } catch (const Error& e) {
        doc_->fail(at, e.what());
      }
    }
    const auto itu = em::itu_name_in(id);
    doc_->fail(at, message("shape '", doc_->attribute(shape, "id"), "' uses bsdf '", id, "' (line ", bsdf.line,
                           ", type '", bsdf.type, "'), which says nothing about radio waves: ",
                           itu ? message("call it 'mat-itu_", *itu, "'") : std::string("call it 'mat-itu_<material>'"),
                           " or make it an itu-radio-material or a radio-material"));
  }

  const std::string& name_;  // of the scene's file
  const Document* doc_;      // that is being read
  std::vector<std::unique_ptr<Document>> included_;
  std::vector<std::pair<const Document*, pugi::xml_node>> items_;
  std::vector<std::string> folders_;
  const LoadOptions& options_;
  std::unordered_map<std::string, Bsdf> bsdfs_;
  std::vector<std::string> radio_;                    // of the bsdfs: those that are about radio waves alone
  std::unordered_map<std::string, int> shape_lines_;  // by id
  std::set<std::string> shape_names_;
  int ignored_ = 0, patterns_ = 0;
  std::vector<std::pair<std::string, double>> pattern_numbers_;  // of the material at hand, beside its pattern's word
};

scene::Mesh plain_shape(const std::string& type) {
  if (type == "rectangle") {  // (-1, -1) to (1, 1) in the x-y plane, facing +z
    return {{{-1, -1, 0}, {1, -1, 0}, {1, 1, 0}, {-1, 1, 0}}, {{0, 1, 2}, {0, 2, 3}}};
  }
  scene::Mesh cube;  // (-1, -1, -1) to (1, 1, 1); bit k of a corner's number is its coordinate k
  for (int i = 0; i < 8; ++i) cube.vertices_m.push_back({i & 1 ? 1. : -1., i & 2 ? 1. : -1., i & 4 ? 1. : -1.});
  cube.triangles = {{0, 2, 3}, {0, 3, 1}, {4, 5, 7}, {4, 7, 6}, {0, 1, 5}, {0, 5, 4},
                    {2, 6, 7}, {2, 7, 3}, {0, 4, 6}, {0, 6, 2}, {1, 3, 7}, {1, 7, 5}};
  return cube;
}

scene::Mesh read_shape(const ShapeRequest& shape, const SceneReader& reader) {
  scene::Mesh mesh;
  if (shape.file.empty()) {
    mesh = plain_shape(shape.type);
  } else if (shape.type == "ply") {
    mesh = read_ply(reader.find_file(shape.file));
  } else {
    for (NamedMesh& part : import_meshes(reader.find_file(shape.file))) {
      const auto offset = uint32_t(mesh.vertices_m.size());
      mesh.vertices_m.insert(mesh.vertices_m.end(), part.mesh.vertices_m.begin(), part.mesh.vertices_m.end());
      for (auto t : part.mesh.triangles) mesh.triangles.push_back({t[0] + offset, t[1] + offset, t[2] + offset});
    }
  }
  shape.to_world.apply(mesh);
  if (shape.flip) flip_faces(mesh);
  return mesh;
}

}  // namespace
}  // namespace detail

scene::Scene load_scene_from_string(const std::string& xml, const std::string& folder, const LoadOptions& options,
                                    const std::string& name) {
  require_positive("frequency_hz", options.frequency_hz);
  const detail::Document doc(xml, name);
  detail::SceneReader reader(doc, folder, options);
  reader.read();
  scene::Scene& scene = reader.scene_;
  scene.objects.resize(reader.shapes_.size());
  constexpr int64_t kShapesPerTask = 16;
  const auto num_shapes = int64_t(reader.shapes_.size());
  runtime::parallel_for((num_shapes + kShapesPerTask - 1) / kShapesPerTask, options.num_threads, [&](int64_t task) {
    for (int64_t i = task * kShapesPerTask; i < std::min(num_shapes, (task + 1) * kShapesPerTask); ++i) {
      const detail::ShapeRequest& shape = reader.shapes_[size_t(i)];
      try {
        scene.objects[size_t(i)] = {shape.name, detail::read_shape(shape, reader), shape.material,
                                    shape.velocity_m_per_s};
      } catch (const Error& e) {
        throw Error(message(shape.place, ": shape '", shape.name, "': ", e.what()));
      }
    }
  });
  detail::finish_scene(scene, options, name);
  return std::move(scene);
}

}  // namespace raywave::io
