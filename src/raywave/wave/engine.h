// SPDX-License-Identifier: Apache-2.0
// What a march on a device needs of it: memory, copies, batched transforms, kernels. Calls are carried out in their
// order. One object is used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "raywave/runtime/device.h"
#include "raywave/wave/device_kernels.h"

namespace raywave::wave {

using runtime::CudaState;
using runtime::Device;
using runtime::device_from_name;
using runtime::device_name;
using runtime::DeviceArray;

class Engine : public runtime::DeviceMemory {
 public:
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

/// Of the march's plugin.
CudaState cuda_state();

}  // namespace raywave::wave
