// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string_view>

#include "raywave/io/antenna_files.h"

namespace {
/// The readers take paths: one scratch file a process.
std::string scratch_file(std::string_view bytes) {
  static const std::string path = "/tmp/raywave_fuzz_antenna_" + std::to_string(getpid());
  std::FILE* f = std::fopen(path.c_str(), "wb");
  if (!f) return path;
  std::fwrite(bytes.data(), 1, bytes.size(), f);
  std::fclose(f);
  return path;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const std::string path = scratch_file(bytes.substr(bytes.empty() ? 0 : 1));
    if (!bytes.empty() && bytes[0] % 2) {
      raywave::io::read_msi_pattern(path);
    } else {
      raywave::io::read_csv_pattern(path);
    }
  } catch (const raywave::Error&) {  // the right answer to most inputs
  }
  return 0;
}
