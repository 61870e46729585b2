// SPDX-License-Identifier: Apache-2.0
// The border to the plugin libraywave_rays_cuda.so, which holds what is done with rays on CUDA: kernels of this room
// and of maps. Plain C, as runtime/device_api.h.
#pragma once

#include "raywave/runtime/device_api.h"

namespace raywave::paths {

/// Which kernel: each is a plain struct with its own kKind, called once for each element.
enum class RayKernel : int {
  kClosestHits,
  kFollow,
  kCrossings,
  kVisits,
  kCarry,
  kFields,
  kFieldTangents,
  kFieldSlopes
};

inline constexpr int kRaysApiVersion = 3;

struct RaysApi {
  int version;
  runtime::DeviceApi memory;
  int (*create)(void** context, char* reason);
  /// @param kernel  the struct, of so many bytes: both sides were built from one header
  int (*launch)(void* context, int kind, const void* kernel, size_t bytes, int64_t count, char* reason);
};

/// The plugin's only symbol, a function that gives the table.
inline constexpr const char* kRaysApiSymbol = "raywave_rays_cuda_api";

}  // namespace raywave::paths
