// SPDX-License-Identifier: Apache-2.0
// OBJ, STL and glTF: the first byte says which.
#include <cstdint>
#include <string_view>

#include "raywave/io/scene_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size), rest = bytes.substr(bytes.empty() ? 0 : 1);
  try {
    switch (bytes.empty() ? 0 : bytes[0] % 3) {
      case 0:
        raywave::io::detail::parse_obj(rest, "fuzz.obj", "fuzz");
        break;
      case 1:
        raywave::io::detail::parse_stl(rest, "fuzz.stl", "fuzz");
        break;
      default:
        raywave::io::detail::parse_gltf(rest, "fuzz.glb", "/nonexistent", "fuzz");
    }
  } catch (const raywave::Error&) {  // the right answer to most inputs
  }
  return 0;
}
