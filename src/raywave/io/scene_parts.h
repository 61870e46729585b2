// SPDX-License-Identifier: Apache-2.0
// What the scene readers share; not part of the public interface.
#pragma once

#include <string>
#include <vector>

#include "raywave/io/scene_files.h"
#include "raywave/scene/scene.h"

namespace raywave::io::detail {

struct NamedMesh {
  std::string name, material;
  scene::Mesh mesh;
};

/// OBJ, glTF, GLB, STL through assimp. glTF's y-up becomes z-up; the others are taken as they are. @throws Error naming
/// the file.
std::vector<NamedMesh> import_meshes(const std::string& path);

/// Cleans the meshes and tells the log once what was repaired.
void finish_scene(scene::Scene& scene, const LoadOptions& options, const std::string& name);

/// "folder/b.ply" for a relative "b.ply".
std::string path_in(const std::string& folder, const std::string& file);
/// In lower case, with the dot: ".xml".
std::string extension_of(const std::string& path);

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
