// SPDX-License-Identifier: Apache-2.0
// The border to the plugin libraywave_wave_cuda.so, which alone holds CUDA and cuFFT, so that a program runs where
// neither is. Plain C: every call returns 0 or leaves the reason in `reason`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "raywave/runtime/device_api.h"
#include "raywave/wave/device_kernels.h"

namespace raywave::wave {

inline constexpr int kCudaApiVersion = 2;

struct CudaApi {
  int version;
  size_t kernel_bytes;  // sizeof(Kernel<double>): both sides were built from one header
  runtime::DeviceApi memory;
  int (*create)(int num_x, int num_y, int batch, int single, void** context, char* reason);
  int (*transform)(void* context, void* data, int forward, char* reason);
  int (*launch_double)(void* context, const Kernel<double>* kernel, char* reason);
  int (*launch_float)(void* context, const Kernel<float>* kernel, char* reason);
};

/// The plugin's only symbol, a function that gives the table.
inline constexpr const char* kCudaApiSymbol = "raywave_wave_cuda_api";

}  // namespace raywave::wave
