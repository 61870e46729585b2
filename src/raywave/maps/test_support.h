// SPDX-License-Identifier: Apache-2.0
// What several tests of maps share.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "raywave/paths/ray_queue.h"
#include "raywave/scene/scene.h"
#include "raywave/scene/shapes.h"

namespace raywave::maps::test {

/// For each device that follows rays; those that are not there are skipped.
class EveryDevice : public testing::TestWithParam<runtime::Device> {
 public:
  void SetUp() override {
    if (GetParam() == runtime::Device::kCuda && !paths::ray_cuda_state().usable)
      GTEST_SKIP() << "CUDA: " << paths::ray_cuda_state().words;
  }
};
inline auto every_device() { return testing::Values(runtime::Device::kEmulated, runtime::Device::kCuda); }
inline std::string name_of(const testing::TestParamInfo<runtime::Device>& device) {
  return runtime::device_name(device.param);
}

/// A lossy block beside an array that stands askew.
inline scene::Scene block_scene() {
  scene::Scene s;
  s.frequency_hz = 0.9e9;
  s.add_material(em::itu_material("concrete", 0.2));
  s.add_object({"block", scene::box({-2, -2, 0}, {4, 4, 6}), 0});
  em::PlanarArrayOptions array;
  array.pattern = "dipole";
  array.polarization = "VH";
  array.num_cols = 2;
  s.add_transmitter({"tx", {-7.1, 3.2, 2.5}, {0.1, 0.2, 0}, {}, em::planar_array(array)});
  scene::clean_meshes(s);
  return s;
}

}  // namespace raywave::maps::test
