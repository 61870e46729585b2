// SPDX-License-Identifier: Apache-2.0
// What the scene readers share; not part of the public interface.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/io/scene_files.h"
#include "raywave/scene/scene.h"

namespace raywave::io::detail {

struct NamedMesh {
  std::string name, material;
  scene::Mesh mesh;
};

/// OBJ, glTF, GLB, STL. glTF's y-up becomes z-up; the others are taken as they are. Vertices that no triangle uses may
/// be left out. @throws Error naming the file and, of texts, the line.
std::vector<NamedMesh> import_meshes(const std::string& path, const LogSink& log = {});
/// The same from bytes. `name` stands for the file in messages, `stem` names what the file leaves without a name.
std::vector<NamedMesh> parse_obj(std::string_view text, const std::string& name, const std::string& stem);
std::vector<NamedMesh> parse_stl(std::string_view bytes, const std::string& name, const std::string& stem,
                                 const LogSink& log = {});
/// @param folder  where a .gltf seeks its buffers
std::vector<NamedMesh> parse_gltf(std::string_view bytes, const std::string& name, const std::string& folder,
                                  const std::string& stem, const LogSink& log = {});

/// The name, or name_2, name_3, ...: the first that is not taken yet; it is taken then.
std::string unique_name(const std::string& name, std::set<std::string>& taken);
/// Index of the material in the scene: one of this name and these values, else it is added, with a unique name.
int add_material(scene::Scene& scene, em::Material material);

/// Cleans the meshes and tells the log once what was repaired.
void finish_scene(scene::Scene& scene, const LoadOptions& options, const std::string& name);

/// x -> linear x + translation.
struct Affine {
  Mat3d linear;
  Vec3d translation{0, 0, 0};
  bool identity = true;
  /// Winding is turned where the map mirrors, so that faces keep pointing outwards.
  void apply(scene::Mesh& mesh) const;
};
void flip_faces(scene::Mesh& mesh);

}  // namespace raywave::io::detail
