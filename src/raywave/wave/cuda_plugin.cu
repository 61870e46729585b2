// SPDX-License-Identifier: Apache-2.0
// CUDA and cuFFT behind cuda_api.h. One stream a context carries everything in order; copies wait for it, so that host
// memory may go when a call returns.
#include <cuda_runtime.h>
#include <cufft.h>

#include <cstdio>

#include "raywave/wave/cuda_api.h"

namespace raywave::wave {
namespace {

constexpr int kThreads = 256;

struct Context {
  int device = 0;
  cudaStream_t stream = nullptr;
  cufftHandle plan = 0;
  bool planned = false, single = false;
};

int refuse(char* reason, const char* what, const char* why) {
  std::snprintf(reason, kCudaReasonBytes, "%s: %s", what, why);
  return 1;
}
int check(cudaError_t status, const char* what, char* reason) {
  return status == cudaSuccess ? 0 : refuse(reason, what, cudaGetErrorString(status));
}
const char* cufft_words(cufftResult status) {
  switch (status) {
    case CUFFT_ALLOC_FAILED:
      return "cuFFT: not enough memory for its work area";
    case CUFFT_INVALID_SIZE:
      return "cuFFT: this length is not supported";
    case CUFFT_INVALID_PLAN:
      return "cuFFT: invalid plan";
    case CUFFT_INVALID_VALUE:
      return "cuFFT: invalid value";
    case CUFFT_INTERNAL_ERROR:
      return "cuFFT: internal error";
    case CUFFT_EXEC_FAILED:
      return "cuFFT: execution failed";
    case CUFFT_SETUP_FAILED:
      return "cuFFT: set-up failed";
    default:
      return "cuFFT failed";
  }
}
int check(cufftResult status, const char* what, char* reason) {
  return status == CUFFT_SUCCESS ? 0 : refuse(reason, what, cufft_words(status));
}

Context& of(void* context) { return *static_cast<Context*>(context); }
// The device that is current belongs to the thread.
int enter(void* context, char* reason) { return check(cudaSetDevice(of(context).device), "cudaSetDevice", reason); }

int describe(char* text, size_t bytes, char* reason) {
  int count = 0;
  if (check(cudaGetDeviceCount(&count), "no CUDA device", reason)) return 1;
  if (count < 1) return refuse(reason, "no CUDA device", "the driver lists none");
  cudaDeviceProp p{};
  if (check(cudaGetDeviceProperties(&p, 0), "cudaGetDeviceProperties", reason)) return 1;
  std::snprintf(text, bytes, "%s, %.0f GiB", p.name, double(p.totalGlobalMem) / (1 << 30));
  return 0;
}

void destroy(void* context) {
  Context& c = of(context);
  cudaSetDevice(c.device);
  if (c.stream) cudaStreamSynchronize(c.stream);
  if (c.planned) cufftDestroy(c.plan);
  if (c.stream) cudaStreamDestroy(c.stream);
  delete &c;
}

int plan(Context& c, int num_x, int num_y, int batch, char* reason) {
  int n[2] = {num_x, num_y};
  const int rank = num_x > 1 ? 2 : 1;
  int* lengths = rank == 2 ? n : n + 1;
  if (check(
          cufftPlanMany(&c.plan, rank, lengths, nullptr, 1, 0, nullptr, 1, 0, c.single ? CUFFT_C2C : CUFFT_Z2Z, batch),
          "cufftPlanMany", reason))
    return 1;
  c.planned = true;
  return check(cufftSetStream(c.plan, c.stream), "cufftSetStream", reason);
}

int create(int num_x, int num_y, int batch, int single, void** out, char* reason) {
  char name[128];
  if (describe(name, sizeof name, reason)) return 1;
  auto* c = new Context;
  c->single = single != 0;
  int failed = check(cudaSetDevice(c->device), "cudaSetDevice", reason);
  if (!failed) failed = check(cudaStreamCreateWithFlags(&c->stream, cudaStreamNonBlocking), "cudaStreamCreate", reason);
  if (!failed) failed = plan(*c, num_x, num_y, batch, reason);
  if (failed) {
    destroy(c);
    return 1;
  }
  *out = c;
  return 0;
}

int allocate(void* context, size_t bytes, void** memory, char* reason) {
  return enter(context, reason) || check(cudaMalloc(memory, bytes ? bytes : 1), "cudaMalloc", reason);
}
void release(void* context, void* memory) {
  cudaSetDevice(of(context).device);
  cudaStreamSynchronize(of(context).stream);
  cudaFree(memory);
}

int moved(void* context, void* to, const void* from, size_t bytes, cudaMemcpyKind kind, bool wait, char* reason) {
  if (enter(context, reason)) return 1;
  if (check(cudaMemcpyAsync(to, from, bytes, kind, of(context).stream), "cudaMemcpy", reason)) return 1;
  return wait ? check(cudaStreamSynchronize(of(context).stream), "cudaStreamSynchronize", reason) : 0;
}
int upload(void* context, void* to, const void* from, size_t bytes, char* reason) {
  return moved(context, to, from, bytes, cudaMemcpyHostToDevice, true, reason);
}
int download(void* context, void* to, const void* from, size_t bytes, char* reason) {
  return moved(context, to, from, bytes, cudaMemcpyDeviceToHost, true, reason);
}
int copy(void* context, void* to, const void* from, size_t bytes, char* reason) {
  return moved(context, to, from, bytes, cudaMemcpyDeviceToDevice, false, reason);
}
int zero(void* context, void* memory, size_t bytes, char* reason) {
  return enter(context, reason) || check(cudaMemsetAsync(memory, 0, bytes, of(context).stream), "cudaMemset", reason);
}
int free_bytes(void* context, int64_t* bytes, char* reason) {
  size_t left = 0, total = 0;
  if (enter(context, reason) || check(cudaMemGetInfo(&left, &total), "cudaMemGetInfo", reason)) return 1;
  *bytes = int64_t(left);
  return 0;
}

int transform(void* context, void* data, int forward, char* reason) {
  if (enter(context, reason)) return 1;
  const Context& c = of(context);
  const int sign = forward ? CUFFT_FORWARD : CUFFT_INVERSE;
  if (c.single) {
    auto* p = static_cast<cufftComplex*>(data);
    return check(cufftExecC2C(c.plan, p, p, sign), "cufftExecC2C", reason);
  }
  auto* p = static_cast<cufftDoubleComplex*>(data);
  return check(cufftExecZ2Z(c.plan, p, p, sign), "cufftExecZ2Z", reason);
}

template <class Real>
__global__ void for_each_element(Kernel<Real> kernel, int64_t count) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) kernel(i);
}

template <class Real>
int launch(void* context, const Kernel<Real>* kernel, char* reason) {
  if (enter(context, reason)) return 1;
  const int64_t count = kernel->count();
  if (count <= 0) return 0;
  const int64_t blocks = (count + kThreads - 1) / kThreads, most = int64_t(1) << 20;
  for_each_element<Real><<<unsigned(blocks < most ? blocks : most), kThreads, 0, of(context).stream>>>(*kernel, count);
  return check(cudaGetLastError(), "kernel launch", reason);
}

}  // namespace
}  // namespace raywave::wave

extern "C" __attribute__((visibility("default"))) const raywave::wave::CudaApi* raywave_wave_cuda_api() {
  using namespace raywave::wave;
  static const CudaApi api{kCudaApiVersion,
                           sizeof(Kernel<double>),
                           describe,
                           create,
                           destroy,
                           allocate,
                           release,
                           upload,
                           download,
                           copy,
                           zero,
                           free_bytes,
                           transform,
                           launch<double>,
                           launch<float>};
  return &api;
}
