// SPDX-License-Identifier: Apache-2.0
// A device that follows rays: its memory, and kernels launched on it in their order. The CPU's twin runs the same
// kernels as loops.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "raywave/paths/rays_api.h"
#include "raywave/runtime/device.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {

class RayQueue : public runtime::DeviceMemory {
 public:
  /// Runs kernels as loops here?
  virtual bool is_emulated() const = 0;
  virtual void launch(RayKernel kind, const void* kernel, size_t bytes, int64_t count) = 0;
};

/// @throws Error when the device is not there, saying why.
std::unique_ptr<RayQueue> make_ray_queue(runtime::Device device);

/// Of the plugin for rays.
runtime::CudaState ray_cuda_state();

/// Calls kernel(i) for i < count. @param num_threads  of an emulated device
template <class Kernel>
void launch(RayQueue& queue, const Kernel& kernel, int64_t count, int num_threads = 1) {
  static_assert(std::is_trivially_copyable_v<Kernel>);
  if (!queue.is_emulated()) return queue.launch(Kernel::kKind, &kernel, sizeof kernel, count);
  constexpr int64_t kBlock = 4096;
  const auto block = [&](int64_t b) {
    for (int64_t i = b * kBlock; i < std::min(count, (b + 1) * kBlock); ++i) kernel(i);
  };
  const int64_t num_blocks = (count + kBlock - 1) / kBlock;
  if (num_threads != 1) return runtime::parallel_for(num_blocks, num_threads, block);
  for (int64_t b = 0; b < num_blocks; ++b) block(b);
}

}  // namespace raywave::paths
