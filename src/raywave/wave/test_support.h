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
#include "raywave/wave/simulate.h"

namespace raywave::wave {

inline constexpr double kTestWavelength = 0.0107068735;  // of the files in tests/data/wave

inline std::vector<std::vector<double>> read_csv(const std::string& name) {
  std::ifstream in(std::string(RAYWAVE_SOURCE_DIR) + "/tests/data/wave/" + name);
  if (!in) throw Error("missing test data " + name);
  std::vector<std::vector<double>> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<double> row;
    std::stringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(std::stod(cell));
    rows.push_back(row);
  }
  return rows;
}

inline double relative_error(const std::vector<Complexc>& got, const std::vector<Complexc>& expected) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < got.size(); ++i) error += std::norm(got[i] - expected[i]), norm += std::norm(expected[i]);
  return std::sqrt(error / norm);
}

inline Field random_field(int n, uint64_t seed) {
  Field u(static_cast<size_t>(n));
  for (int j = 0; j < n; ++j)
    u[size_t(j)] = {random_uniform(seed, 1, uint64_t(j), 0) - 0.5, random_uniform(seed, 1, uint64_t(j), 1) - 0.5};
  return u;
}

/// A beam in free space, in wavelengths.
inline Scene beam_scene(int n, double spacing, double waist, double z_end, double tilt_rad = 0) {
  const double l = kTestWavelength;
  Scene s;
  s.frequency_hz = kSpeedOfLight / l;
  s.grid.num_y = n;
  s.grid.spacing_m = spacing * l;
  s.z_end_m = z_end * l;
  Source beam;
  beam.waist_m = waist * l;
  beam.tilt_rad = tilt_rad;
  s.sources = {beam};
  return s;
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
