// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>

#include "raywave/runs/run_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    raywave::runs::parse_run_config(bytes, "fuzz.toml");
  } catch (const raywave::Error&) {  // the right answer to most inputs
  }
  return 0;
}
