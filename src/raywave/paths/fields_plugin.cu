// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/field_kernels.h"
#include "raywave/paths/fields_plugin.cuh"
#include "raywave/runtime/cuda_context.cuh"

namespace raywave::paths {

// A field takes all registers that a thread can have.
constexpr int kFieldThreads = 64;

int fill_field_tables(char* reason) {
  const em::TransitionTables& tables = em::transition_tables();
  return runtime::check(cudaMemcpyToSymbol(em::device_transition_tables, &tables, sizeof tables), "cudaMemcpyToSymbol",
                        reason) ||
         runtime::check(cudaDeviceSynchronize(), "cudaDeviceSynchronize", reason);
}

int launch_fields(void* context, RayKernel kind, const void* kernel, size_t bytes, int64_t count, char* reason) {
  switch (kind) {
    case RayKernel::kFields:
      return runtime::launch_one<FieldsKernel<double>>(context, kernel, bytes, count, kFieldThreads, reason);
    case RayKernel::kFieldTangents:
      return runtime::launch_one<FieldsKernel<ad::Dual>>(context, kernel, bytes, count, kFieldThreads, reason);
    case RayKernel::kFieldSlopes:
      return runtime::launch_one<FieldSlopesKernel>(context, kernel, bytes, count, kFieldThreads, reason);
    default:
      return runtime::refuse(reason, "kernel launch", "the plugin has no such kernel");
  }
}

}  // namespace raywave::paths
