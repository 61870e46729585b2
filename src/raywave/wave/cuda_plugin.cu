// SPDX-License-Identifier: Apache-2.0
// CUDA and cuFFT behind cuda_api.h.
#include <cufft.h>

#include "raywave/runtime/cuda_context.cuh"
#include "raywave/wave/cuda_api.h"

namespace raywave::wave {
namespace {

using runtime::check;
using runtime::enter;
using runtime::refuse;

constexpr int kThreads = 256;

struct Context : runtime::CudaContext {
  cufftHandle plan = 0;
  bool planned = false, single = false;
};

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

Context& of(void* context) { return static_cast<Context&>(runtime::context_of(context)); }

void destroy(void* context) {
  Context& c = of(context);
  cudaSetDevice(c.device);
  if (c.stream) cudaStreamSynchronize(c.stream);
  if (c.planned) cufftDestroy(c.plan);
  runtime::close(c);
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
  auto* c = new Context;
  c->single = single != 0;
  int failed = runtime::open(*c, reason);
  if (!failed) failed = plan(*c, num_x, num_y, batch, reason);
  if (failed) {
    destroy(c);
    return 1;
  }
  *out = static_cast<runtime::CudaContext*>(c);
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
int launch(void* context, const Kernel<Real>* kernel, char* reason) {
  return runtime::launch(context, *kernel, kernel->count(), kThreads, reason);
}

}  // namespace
}  // namespace raywave::wave

extern "C" __attribute__((visibility("default"))) const raywave::wave::CudaApi* raywave_wave_cuda_api() {
  using namespace raywave::wave;
  namespace device = raywave::runtime;
  static const CudaApi api{kCudaApiVersion,
                           sizeof(Kernel<double>),
                           {device::describe, destroy, device::allocate, device::release, device::upload,
                            device::download, device::copy, device::zero, device::free_bytes},
                           create,
                           transform,
                           launch<double>,
                           launch<float>};
  return &api;
}
