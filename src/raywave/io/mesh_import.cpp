// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "raywave/core/files.h"
#include "raywave/io/scene_parts.h"

namespace raywave::io::detail {

std::vector<NamedMesh> import_meshes(const std::string& path, const LogSink& log) {
  const std::filesystem::path file(path);
  const std::string ext = extension_of(path), stem = as_utf8(file.stem().string());
  const std::string bytes = read_given_file(path, ext == ".obj" || ext == ".stl");
  std::vector<NamedMesh> out = ext == ".obj"   ? parse_obj(bytes, path, stem)
                               : ext == ".stl" ? parse_stl(bytes, path, stem, log)
                                               : parse_gltf(bytes, path, file.parent_path().string(), stem, log);
  if (out.empty()) throw Error(message("'", path, "' has no triangles", ext == ".obj" ? " (no statement 'f')" : ""));
  return out;
}

}  // namespace raywave::io::detail
