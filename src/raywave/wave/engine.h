// SPDX-License-Identifier: Apache-2.0
// What a march on a device needs of it: memory, copies, batched transforms, kernels. Calls are carried out in their
// order. One object is used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "raywave/wave/device_kernels.h"

namespace raywave::wave {

/// Where a march runs. kEmulated: the device's march with its kernels as loops on the CPU, the slow twin for tests.
enum class Device { kCpu, kCuda, kEmulated };
/// "cpu", "cuda", "emulated". @throws Error naming the nearest known name.
Device device_from_name(std::string_view name);
const char* device_name(Device device);

class Engine {
 public:
  virtual ~Engine() = default;
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  virtual void upload(void* to, const void* from, size_t bytes) = 0;
  virtual void download(void* to, const void* from, size_t bytes) = 0;
  virtual void copy(void* to, const void* from, size_t bytes) = 0;
  virtual void zero(void* memory, size_t bytes) = 0;
  /// Bytes that allocate() can still give; -1: not known.
  virtual int64_t free_bytes() = 0;
  /// In place on [batch, num_x, num_y] as planned, unscaled: exp(-j) forward.
  virtual void transform(void* data, bool forward) = 0;
  virtual void launch(const Kernel<double>& kernel) = 0;
  virtual void launch(const Kernel<float>& kernel) = 0;
};

/// What transform() works on. num_x = 1: one dimension.
struct TransformShape {
  int num_x = 1, num_y = 0, batch = 1;
  bool single = false;
};

/// @throws Error when the device is not there, saying why.
std::unique_ptr<Engine> make_engine(Device device, const TransformShape& shape);

/// Whether CUDA was built in, whether a device answers, and both in words.
struct CudaState {
  bool built = false, usable = false;
  std::string words;
};
CudaState cuda_state();

}  // namespace raywave::wave
