// SPDX-License-Identifier: Apache-2.0
// The march on a device: the plan and its tables are those of March, fields and transforms are the device's. Sources go
// as a batch; what the media's derivatives need is summed over the batch there and finished by March on the host.
#pragma once

#include <memory>
#include <vector>

#include "raywave/wave/backend.h"
#include "raywave/wave/engine.h"
#include "raywave/wave/march.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

struct DeviceOptions {
  Device device = Device::kCuda;
  Precision precision = Precision::kDouble;
  int64_t memory_bytes = int64_t(1) << 30;  // on the device: of tables, fields and what vjp keeps
};

/// Fields that leave a march, [plane][source].
using PlaneFields = std::vector<std::vector<Field>>;

class DeviceMarch {
 public:
  virtual ~DeviceMarch() = default;
  /// @param launched  a field for each source. @param out  [plane][source], filled.
  virtual void run(const std::vector<Field>& launched, PlaneFields& out) = 0;
  /// @param out  the tangents' planes.
  virtual void jvp(const std::vector<Field>& launched, const std::vector<Field>& launched_dot,
                   const MediaTangent& tangent, PlaneFields& out) = 0;
  /// Each source's cotangent at the launch; adds to `bar`, whose `cells` are sized where they are asked for.
  virtual std::vector<Field> vjp(const std::vector<Field>& launched, const PlaneFields& cotangent,
                                 MediaTangent& bar) = 0;
};

/// @throws Error naming what the device lacks: a backend but fft, memory, the device itself.
std::unique_ptr<DeviceMarch> make_device_march(std::shared_ptr<const Scene> scene, std::shared_ptr<const March> march,
                                               const BackendOptions& backend, const DeviceOptions& options);

}  // namespace raywave::wave
