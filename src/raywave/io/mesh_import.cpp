// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "raywave/core/files.h"
#include "raywave/io/scene_parts.h"

namespace raywave::io::detail {

std::vector<NamedMesh> import_meshes(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string bytes = read_file(path), ext = extension_of(path), stem = file.stem().string();
  std::vector<NamedMesh> out = ext == ".obj"   ? parse_obj(bytes, path, stem)
                               : ext == ".stl" ? parse_stl(bytes, path, stem)
                                               : parse_gltf(bytes, path, file.parent_path().string(), stem);
  if (out.empty()) throw Error(message("'", path, "' has no triangles"));
  return out;
}

}  // namespace raywave::io::detail
