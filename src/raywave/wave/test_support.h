// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/wave/cases.h"
#include "raywave/wave/simulate.h"

namespace raywave::wave {

inline constexpr double kTestWavelength = kCaseWavelength;

inline std::vector<std::vector<double>> read_csv(const std::string& name) {
  std::ifstream in(std::string(RAYWAVE_SOURCE_DIR) + "/tests/data/wave/" + name);
  if (!in) throw Error("missing test data " + name);
  std::stringstream text;
  text << in.rdbuf();
  return parse_csv(text.str());
}

inline Object dielectric(const std::string& name, double permittivity, std::vector<Outline> outlines,
                         double sigma = 0) {
  Object o;
  o.name = name;
  o.material.name = name + "_material";
  o.material.relative_permittivity = permittivity;
  o.material.conductivity_s_per_m = sigma;
  o.outlines = std::move(outlines);
  return o;
}
inline Object conductor(const std::string& name, std::vector<Outline> outlines) {
  Object o = dielectric(name, 1, std::move(outlines));
  o.material.perfect_conductor = true;
  return o;
}

/// Test bodies that run on every device: a device that is not here is skipped, with the reason.
class EveryDevice : public testing::TestWithParam<Device> {
 protected:
  void SetUp() override {
    if (GetParam() == Device::kCuda && !cuda_state().usable) GTEST_SKIP() << "CUDA: " << cuda_state().words;
  }
  static SimulateOptions on_device() {
    SimulateOptions o;
    o.device = GetParam();
    return o;
  }
};
inline std::string device_test_name(const testing::TestParamInfo<Device>& info) { return device_name(info.param); }
#define RAYWAVE_ON_EVERY_DEVICE(Suite)                                                                      \
  INSTANTIATE_TEST_SUITE_P(Devices, Suite, testing::Values(Device::kCpu, Device::kEmulated, Device::kCuda), \
                           device_test_name)

}  // namespace raywave::wave
