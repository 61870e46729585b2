// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>

#include "raywave/io/scene_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    raywave::io::load_scene_from_string(std::string(bytes), "/nonexistent", {}, "fuzz.xml");
  } catch (const raywave::Error&) {  // the right answer to most inputs
  }
  return 0;
}
