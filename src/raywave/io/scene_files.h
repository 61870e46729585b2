// SPDX-License-Identifier: Apache-2.0
// Scene files: Mitsuba XML in the dialects that Sionna RT 0.x, 1.x and 2.x write, and plain meshes (PLY, OBJ, glTF,
// GLB, STL).
#pragma once

#include <string>

#include "raywave/core/error.h"
#include "raywave/scene/scene.h"

namespace raywave::io {

struct LoadOptions {
  double frequency_hz = 3.5e9;                // of the scene; materials of ITU rows follow it
  std::string default_material = "concrete";  // of plain mesh files without material names that are ITU names
  int num_threads = 0;
  LogSink log;  // warnings: mesh repairs, ignored elements, materials
};

/// Reads by extension: .xml, .ply, .obj, .gltf, .glb, .stl. Meshes are cleaned (scene::clean_meshes), names that repeat
/// numbered (wall, wall_2). @throws Error with file:line and the nearest known name for what it does not understand.
scene::Scene load_scene(const std::string& path, const LoadOptions& options = {});
/// Mitsuba XML from a string; relative mesh files are sought in `folder`; `name` stands for the file in messages.
scene::Scene load_scene_from_string(const std::string& xml, const std::string& folder, const LoadOptions& options = {},
                                    const std::string& name = "<string>");

/// One PLY file (ASCII or binary, little or big endian; any polygon becomes triangles).
scene::Mesh read_ply(const std::string& path);
scene::Mesh parse_ply(std::string_view bytes, const std::string& name);

}  // namespace raywave::io
