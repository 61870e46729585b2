// SPDX-License-Identifier: Apache-2.0
// The border to the plugin libraywave_wave_cuda.so, which alone holds CUDA and cuFFT, so that a program runs where
// neither is. Plain C: every call returns 0 or leaves the reason in `reason`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "raywave/wave/device_kernels.h"

namespace raywave::wave {

inline constexpr int kCudaApiVersion = 1;
inline constexpr size_t kCudaReasonBytes = 512;

struct CudaApi {
  int version;
  size_t kernel_bytes;  // sizeof(Kernel<double>): both sides were built from one header
  /// Name of the device and its memory.
  int (*describe)(char* text, size_t bytes, char* reason);
  int (*create)(int num_x, int num_y, int batch, int single, void** context, char* reason);
  void (*destroy)(void* context);
  int (*allocate)(void* context, size_t bytes, void** memory, char* reason);
  void (*release)(void* context, void* memory);
  int (*upload)(void* context, void* to, const void* from, size_t bytes, char* reason);
  int (*download)(void* context, void* to, const void* from, size_t bytes, char* reason);
  int (*copy)(void* context, void* to, const void* from, size_t bytes, char* reason);
  int (*zero)(void* context, void* memory, size_t bytes, char* reason);
  int (*free_bytes)(void* context, int64_t* bytes, char* reason);
  int (*transform)(void* context, void* data, int forward, char* reason);
  int (*launch_double)(void* context, const Kernel<double>* kernel, char* reason);
  int (*launch_float)(void* context, const Kernel<float>* kernel, char* reason);
};

/// The plugin's only symbol, a function of this type.
using CudaApiFunction = const CudaApi* (*)();
inline constexpr const char* kCudaApiSymbol = "raywave_wave_cuda_api";

}  // namespace raywave::wave
