// SPDX-License-Identifier: Apache-2.0
// CUDA behind paths/rays_api.h: the kernels of rays, those of paths and those of maps.
#include "raywave/maps/crossing_kernels.h"
#include "raywave/paths/fields_plugin.cuh"
#include "raywave/paths/ray_kernels.h"
#include "raywave/runtime/cuda_context.cuh"

namespace raywave::maps {
namespace {

// Each thread keeps a stack of boxes: few fit on a processor at once.
constexpr int kThreads = 128;

int create(void** out, char* reason) {
  auto* c = new runtime::CudaContext;
  if (runtime::open(*c, reason) || paths::fill_field_tables(reason)) {
    runtime::close(*c);
    delete c;
    return 1;
  }
  *out = c;
  return 0;
}

void destroy(void* context) {
  runtime::CudaContext& c = runtime::context_of(context);
  cudaSetDevice(c.device);
  if (c.stream) cudaStreamSynchronize(c.stream);
  runtime::close(c);
  delete &c;
}

int launch(void* context, int kind, const void* kernel, size_t bytes, int64_t count, char* reason) {
  switch (paths::RayKernel(kind)) {
    case paths::RayKernel::kClosestHits:
      return runtime::launch_one<paths::ClosestHitsKernel>(context, kernel, bytes, count, kThreads, reason);
    case paths::RayKernel::kFollow:
      return runtime::launch_one<paths::FollowKernel>(context, kernel, bytes, count, kThreads, reason);
    case paths::RayKernel::kCrossings:
      return runtime::launch_one<CrossingsKernel>(context, kernel, bytes, count, kThreads, reason);
    case paths::RayKernel::kVisits:
      return runtime::launch_one<VisitsKernel>(context, kernel, bytes, count, kThreads, reason);
    case paths::RayKernel::kCarry:
      return runtime::launch_one<CarryKernel>(context, kernel, bytes, count, kThreads, reason);
    case paths::RayKernel::kFields:
    case paths::RayKernel::kFieldTangents:
    case paths::RayKernel::kFieldSlopes:
      return paths::launch_fields(context, paths::RayKernel(kind), kernel, bytes, count, reason);
  }
  return runtime::refuse(reason, "kernel launch", "the plugin has no such kernel");
}

}  // namespace
}  // namespace raywave::maps

extern "C" __attribute__((visibility("default"))) const raywave::paths::RaysApi* raywave_rays_cuda_api() {
  namespace device = raywave::runtime;
  using namespace raywave::maps;
  static const raywave::paths::RaysApi api{
      raywave::paths::kRaysApiVersion,
      {device::describe, destroy, device::allocate, device::release, device::upload, device::download, device::copy,
       device::zero, device::free_bytes},
      create,
      launch};
  return &api;
}
