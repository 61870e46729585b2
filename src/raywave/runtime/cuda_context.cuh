// SPDX-License-Identifier: Apache-2.0
// What every plugin's context has and does (device_api.h). One stream a context carries everything in order; copies
// wait for it, so that host memory may go when a call returns.
#pragma once

#include <cuda_runtime.h>

#include <cstdio>

#include "raywave/runtime/device_api.h"

namespace raywave::runtime {

struct CudaContext {
  int device = 0;
  cudaStream_t stream = nullptr;
};

inline int refuse(char* reason, const char* what, const char* why) {
  std::snprintf(reason, kReasonBytes, "%s: %s", what, why);
  return 1;
}
inline int check(cudaError_t status, const char* what, char* reason) {
  return status == cudaSuccess ? 0 : refuse(reason, what, cudaGetErrorString(status));
}

inline CudaContext& context_of(void* context) { return *static_cast<CudaContext*>(context); }
// The device that is current belongs to the thread.
inline int enter(void* context, char* reason) {
  return check(cudaSetDevice(context_of(context).device), "cudaSetDevice", reason);
}

inline int describe(char* text, size_t bytes, char* reason) {
  int count = 0;
  if (check(cudaGetDeviceCount(&count), "no CUDA device", reason)) return 1;
  if (count < 1) return refuse(reason, "no CUDA device", "the driver lists none");
  cudaDeviceProp p{};
  if (check(cudaGetDeviceProperties(&p, 0), "cudaGetDeviceProperties", reason)) return 1;
  std::snprintf(text, bytes, "%.90s, %zu GiB", p.name, (p.totalGlobalMem + (size_t(1) << 29)) >> 30);
  return 0;
}

/// Checks the device and opens the stream.
inline int open(CudaContext& c, char* reason) {
  char name[128];
  return describe(name, sizeof name, reason) || check(cudaSetDevice(c.device), "cudaSetDevice", reason) ||
         check(cudaStreamCreateWithFlags(&c.stream, cudaStreamNonBlocking), "cudaStreamCreate", reason);
}
inline void close(CudaContext& c) {
  if (c.stream) cudaStreamDestroy(c.stream);
  c.stream = nullptr;
}

inline int allocate(void* context, size_t bytes, void** memory, char* reason) {
  return enter(context, reason) || check(cudaMalloc(memory, bytes ? bytes : 1), "cudaMalloc", reason);
}
inline void release(void* context, void* memory) {
  cudaSetDevice(context_of(context).device);
  cudaStreamSynchronize(context_of(context).stream);
  cudaFree(memory);
}

inline int moved(void* context, void* to, const void* from, size_t bytes, cudaMemcpyKind kind, bool wait,
                 char* reason) {
  if (enter(context, reason)) return 1;
  const cudaStream_t stream = context_of(context).stream;
  if (check(cudaMemcpyAsync(to, from, bytes, kind, stream), "cudaMemcpy", reason)) return 1;
  return wait ? check(cudaStreamSynchronize(stream), "cudaStreamSynchronize", reason) : 0;
}
inline int upload(void* context, void* to, const void* from, size_t bytes, char* reason) {
  return moved(context, to, from, bytes, cudaMemcpyHostToDevice, true, reason);
}
inline int download(void* context, void* to, const void* from, size_t bytes, char* reason) {
  return moved(context, to, from, bytes, cudaMemcpyDeviceToHost, true, reason);
}
inline int copy(void* context, void* to, const void* from, size_t bytes, char* reason) {
  return moved(context, to, from, bytes, cudaMemcpyDeviceToDevice, false, reason);
}
inline int zero(void* context, void* memory, size_t bytes, char* reason) {
  return enter(context, reason) ||
         check(cudaMemsetAsync(memory, 0, bytes, context_of(context).stream), "cudaMemset", reason);
}
inline int free_bytes(void* context, int64_t* bytes, char* reason) {
  size_t left = 0, total = 0;
  if (enter(context, reason) || check(cudaMemGetInfo(&left, &total), "cudaMemGetInfo", reason)) return 1;
  *bytes = int64_t(left);
  return 0;
}

template <class Kernel>
__global__ void for_each_element(Kernel kernel, int64_t count) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) kernel(i);
}

/// Calls kernel(i) for i < count, on the context's stream.
template <class Kernel>
int launch(void* context, const Kernel& kernel, int64_t count, int num_threads, char* reason) {
  if (enter(context, reason)) return 1;
  if (count <= 0) return 0;
  const int64_t blocks = (count + num_threads - 1) / num_threads, most = int64_t(1) << 20;
  for_each_element<<<unsigned(blocks < most ? blocks : most), num_threads, 0, context_of(context).stream>>>(kernel,
                                                                                                            count);
  return check(cudaGetLastError(), "kernel launch", reason);
}
/// The same of a kernel that came over a plugin's border. @param bytes  its size there
template <class Kernel>
int launch_one(void* context, const void* kernel, size_t bytes, int64_t count, int num_threads, char* reason) {
  if (bytes != sizeof(Kernel)) return refuse(reason, "kernel launch", "the plugin is of another version");
  return launch(context, *static_cast<const Kernel*>(kernel), count, num_threads, reason);
}

}  // namespace raywave::runtime
