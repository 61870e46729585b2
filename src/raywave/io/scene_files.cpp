// SPDX-License-Identifier: Apache-2.0
#include "raywave/io/scene_files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <set>
#include <tuple>

#include "raywave/core/files.h"
#include "raywave/io/mitsuba_xml.h"
#include "raywave/io/place.h"
#include "raywave/io/scene_parts.h"
#include "raywave/runtime/threads.h"

namespace raywave::io {
namespace detail {

void flip_faces(scene::Mesh& mesh) {
  for (auto& t : mesh.triangles) std::swap(t[1], t[2]);
}

void Affine::apply(scene::Mesh& mesh) const {
  if (identity) return;
  for (Vec3d& v : mesh.vertices_m) v = linear * v + translation;
  if (dot(linear.row0, cross(linear.row1, linear.row2)) < 0) flip_faces(mesh);
}

std::string unique_name(const std::string& name, std::set<std::string>& taken) {
  std::string out = name;
  for (int k = 2; !taken.insert(out).second; ++k) out = message(name, "_", k);
  return out;
}

static bool are_equal(const em::Material& a, const em::Material& b) {
  const auto values = [](const em::Material& m) {
    return std::tie(m.itu_name, m.relative_permittivity, m.conductivity_s_per_m, m.perfect_conductor, m.thickness_m,
                    m.scattering_coefficient, m.xpd_coefficient, m.scattering_pattern, m.lobe, m.color.x, m.color.y,
                    m.color.z);
  };
  return values(a) == values(b);
}

int add_material(scene::Scene& scene, em::Material material) {
  const std::string name = material.name;
  for (int k = 2;; ++k) {
    const auto same_name = std::find_if(scene.materials.begin(), scene.materials.end(),
                                        [&](const em::Material& m) { return m.name == material.name; });
    if (same_name == scene.materials.end()) return scene.add_material(material);
    if (are_equal(*same_name, material)) return int(same_name - scene.materials.begin());
    material.name = message(name, "_", k);
  }
}

static void tell_of_repairs(const scene::MeshReport& report, const LogSink& log, const std::string& name) {
  const size_t removed = report.degenerate_faces + report.duplicate_faces;
  std::string text;
  if (report.degenerate_faces > 0) text = message("removed ", report.degenerate_faces, " degenerate");
  if (report.duplicate_faces > 0)
    text += message(text.empty() ? "removed " : " and ", report.duplicate_faces, " duplicate");
  if (removed > 0) text += removed == 1 ? " face" : " faces";
  if (report.non_manifold_edges > 0) {
    text += message(text.empty() ? "" : "; ", report.non_manifold_edges,
                    report.non_manifold_edges == 1 ? " edge has" : " edges have", " more than two faces");
  }
  if (!text.empty()) log(message(name, ": ", text));
}

static void tell_of_empty_objects(const scene::Scene& scene, const LogSink& log, const std::string& name) {
  std::string first;
  size_t empty = 0;
  for (const scene::Object& o : scene.objects) {
    if (o.mesh.triangles.empty() && ++empty == 1) first = o.name;
  }
  if (empty == 1) log(message(name, ": object '", first, "' has no face"));
  if (empty > 1) log(message(name, ": object '", first, "' and ", empty - 1, " others have no face"));
}

/// Programs for machine parts write millimetres, and no format here says its unit. Taller than any mountain, or than
/// any building and not as flat as a landscape: lengths are hardly metres.
static void doubt_units(const scene::Scene& scene, const LogSink& log, const std::string& name) {
  constexpr double kHighestMountain = 9000, kTallestBuilding = 1000, kSteepestLandscape = 0.2;  // m, m, height by width
  if (scene.num_triangles() == 0) return;
  Vec3d low, high;
  scene.bounding_box(low, high);
  const Vec3d size = high - low;
  const double width = std::max(size.x, size.y);
  if (size.z <= kTallestBuilding || (size.z <= kHighestMountain && size.z <= kSteepestLandscape * width)) return;
  log(message(
      name, ": the scene is ", size.z, " m high and ", width,
      " m wide: is it drawn in millimetres? Lengths are metres; scale it where it was made, or in an XML scene by "
      "<scale value=\"0.001\"/>"));
}

void finish_scene(scene::Scene& scene, const LoadOptions& options, const std::string& name) {
  const scene::MeshReport report = scene::clean_meshes(scene);
  if (!options.log) return;
  tell_of_repairs(report, options.log, name);
  tell_of_empty_objects(scene, options.log, name);
  doubt_units(scene, options.log, name);
}

}  // namespace detail

namespace {

scene::Scene load_meshes(const std::string& path, const std::string& ext, const LoadOptions& options) {
  scene::Scene scene;
  scene.frequency_hz = options.frequency_hz;
  std::vector<detail::NamedMesh> meshes;
  if (ext == ".ply") {
    meshes.push_back({as_utf8(std::filesystem::path(path).stem().string()), "", read_ply(path)});
  } else {
    meshes = detail::import_meshes(path, options.log);
  }
  std::set<std::string> taken, unknown;
  for (detail::NamedMesh& m : meshes) {
    const auto itu = em::itu_name_in(m.material);
    if (!itu && !m.material.empty()) unknown.insert(m.material);
    const int material = detail::add_material(scene, em::itu_material(itu ? *itu : options.default_material));
    scene.objects.push_back({detail::unique_name(m.name, taken), std::move(m.mesh), material});
  }
  if (!unknown.empty() && options.log) {
    std::string list;
    for (const auto& u : unknown) list += (list.empty() ? "'" : ", '") + u + "'";
    options.log(message(path, ": ", options.default_material, " stands for the materials ", list));
  }
  detail::finish_scene(scene, options, path);
  return scene;
}

/// The scene's file in a folder: NAME.xml as the folder is called, else the only XML. @throws Error naming what there
/// is.
std::string xml_in(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code none;
  const fs::path place(folder);
  const fs::path own = place / (fs::weakly_canonical(place, none).filename().string() + ".xml");
  if (fs::is_regular_file(own, none)) return own.string();
  std::set<std::string> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(place, none)) {
    if (entry.path().extension() == ".xml") found.insert(entry.path().string());
  }
  if (found.size() == 1) return *found.begin();
  std::string list;
  for (const std::string& file : found) list += (list.empty() ? "" : ", ") + fs::path(file).filename().string();
  throw Error(
      message("'", folder, "' is a folder with ", list.empty() ? "no .xml" : list, " in it: name the scene's file"));
}

}  // namespace

scene::Scene load_scene(const std::string& given, const LoadOptions& options) {
  require_positive("frequency_hz", options.frequency_hz);
  std::error_code none;
  const std::string path = std::filesystem::is_directory(given, none) ? xml_in(given) : given;
  const std::string ext = extension_of(path);
  static const std::vector<std::string> known = {".xml", ".ply", ".obj", ".gltf", ".glb", ".stl"};
  if (std::find(known.begin(), known.end(), ext) == known.end()) {
    if (!std::filesystem::exists(path, none)) throw Error(message("there is no file or folder '", path, "'"));
    throw Error(
        message("'", path, "': scene files end in .xml, .ply, .obj, .gltf, .glb or .stl", did_you_mean(ext, known)));
  }
  return runtime::on_threads(options.num_threads, [&] {
    if (ext != ".xml") return load_meshes(path, ext, options);
    return load_scene_from_string(read_given_file(path), std::filesystem::path(path).parent_path().string(), options,
                                  path);
  });
}

std::optional<scene::Place> read_place(const std::string& given) {
  std::error_code none;
  const std::string path = std::filesystem::is_directory(given, none) ? xml_in(given) : given;
  if (extension_of(path) != ".xml") return {};
  const std::string xml = read_given_file(path);
  if (xml.find("origin_east_m") == std::string::npos) return {};  // most: spares a city's second parsing
  const detail::Document doc(xml, path);
  const auto& defaults = doc.defaults();
  for (const char* word : {"crs", "origin_east_m", "origin_north_m"}) {
    if (!defaults.contains(word)) return {};
  }
  const auto number = [&](const char* word) {
    const auto found = defaults.find(word);
    if (found == defaults.end()) return 0.0;
    const std::string& text = found->second;
    double value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || rest != text.data() + text.size() || !std::isfinite(value))
      throw Error(message("'", path, "': ", word, " must be a number of metres, got '", text, "'"));
    return value;
  };
  return scene::Place{defaults.at("crs"),
                      {number("origin_east_m"), number("origin_north_m"), number("origin_height_m")}};
}

}  // namespace raywave::io
