// SPDX-License-Identifier: Apache-2.0
// The border to plugins that hold CUDA: what all of them give of a device. Plain C: every call returns 0 or leaves the
// reason in `reason`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace raywave::runtime {

inline constexpr size_t kReasonBytes = 512;

struct DeviceApi {
  /// Name of the device and its memory.
  int (*describe)(char* text, size_t bytes, char* reason);
  void (*destroy)(void* context);
  int (*allocate)(void* context, size_t bytes, void** memory, char* reason);
  void (*release)(void* context, void* memory);
  int (*upload)(void* context, void* to, const void* from, size_t bytes, char* reason);
  int (*download)(void* context, void* to, const void* from, size_t bytes, char* reason);
  int (*copy)(void* context, void* to, const void* from, size_t bytes, char* reason);
  int (*zero)(void* context, void* memory, size_t bytes, char* reason);
  int (*free_bytes)(void* context, int64_t* bytes, char* reason);
};

}  // namespace raywave::runtime
