// SPDX-License-Identifier: Apache-2.0
#include <assimp/postprocess.h>
#include <assimp/scene.h>

#include <assimp/Importer.hpp>
#include <filesystem>

#include "raywave/core/files.h"
#include "raywave/io/scene_parts.h"

namespace raywave::io::detail {
namespace {

void add_node(const aiScene& scene, const aiNode& node, const aiMatrix4x4& parent, bool y_up, const std::string& stem,
              std::vector<NamedMesh>& out) {
  const aiMatrix4x4 to_world = parent * node.mTransformation;
  for (unsigned i = 0; i < node.mNumMeshes; ++i) {
    const aiMesh& from = *scene.mMeshes[node.mMeshes[i]];
    NamedMesh m;
    m.name = from.mName.length ? from.mName.C_Str() : node.mName.length ? node.mName.C_Str() : stem;
    if (from.mMaterialIndex < scene.mNumMaterials) {
      m.material = scene.mMaterials[from.mMaterialIndex]->GetName().C_Str();
      if (m.material == "DefaultMaterial") m.material.clear();  // assimp's word for none
    }
    for (unsigned v = 0; v < from.mNumVertices; ++v) {
      const aiVector3D p = to_world * from.mVertices[v];
      m.mesh.vertices_m.push_back(y_up ? Vec3d{p.x, -p.z, p.y} : Vec3d{p.x, p.y, p.z});
    }
    for (unsigned f = 0; f < from.mNumFaces; ++f) {
      const aiFace& face = from.mFaces[f];
      if (face.mNumIndices == 3) m.mesh.triangles.push_back({face.mIndices[0], face.mIndices[1], face.mIndices[2]});
    }
    if (to_world.Determinant() < 0) flip_faces(m.mesh);
    if (!m.mesh.triangles.empty()) out.push_back(std::move(m));
  }
  for (unsigned c = 0; c < node.mNumChildren; ++c) add_node(scene, *node.mChildren[c], to_world, y_up, stem, out);
}

}  // namespace

std::vector<NamedMesh> import_meshes(const std::string& path) {
  read_file(path);  // a missing file gets the system's reason, which assimp does not give
  Assimp::Importer importer;
  const aiScene* scene = importer.ReadFile(path, aiProcess_Triangulate | aiProcess_SortByPType);
  if (!scene || !scene->mRootNode) throw Error(message("cannot read '", path, "': ", importer.GetErrorString()));
  const std::string ext = extension_of(path);
  std::vector<NamedMesh> out;
  add_node(*scene, *scene->mRootNode, aiMatrix4x4(), ext == ".gltf" || ext == ".glb",
           std::filesystem::path(path).stem().string(), out);
  if (out.empty()) throw Error(message("'", path, "' has no triangles"));
  return out;
}

}  // namespace raywave::io::detail
