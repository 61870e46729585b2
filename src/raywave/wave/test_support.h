// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
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
  const char* root = std::getenv("RAYWAVE_ROOT");  // of tests that were carried to another machine
  std::ifstream in(std::string(root ? root : RAYWAVE_SOURCE_DIR) + "/tests/data/wave/" + name);
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

/// Random cells with gain in the index's real part and loss, over the whole width between two planes.
inline CellMedium lossy_cells(double z_begin_m, double z_end_m, int num_z, int num_y) {
  CellMedium cells;
  cells.z_begin_m = z_begin_m, cells.z_end_m = z_end_m, cells.num_z = num_z;
  cells.index_minus_one = random_field(num_z * num_y, 9);
  for (Complexc& c : cells.index_minus_one) c = {0.1 * c.real(), -0.02 * std::abs(c.imag())};
  return cells;
}

/// <w, A u> = <A* w, u>: `forward` turns u into A u, `adjoint` w into A* w. Within `tolerance` of the summed
/// magnitudes.
inline void expect_adjoint(const std::function<void(Field&)>& forward, const std::function<void(Field&)>& adjoint,
                           const Field& u, const Field& w, double tolerance, const std::string& label) {
  Field a_u = u, a_w = w;
  forward(a_u);
  adjoint(a_w);
  Complexc a, b;
  double size = 0;
  ASSERT_EQ(a_u.size(), w.size()) << label;
  ASSERT_EQ(a_w.size(), u.size()) << label;
  for (size_t j = 0; j < w.size(); ++j) a += std::conj(w[j]) * a_u[j], size += std::abs(w[j] * a_u[j]);
  for (size_t j = 0; j < u.size(); ++j) b += std::conj(a_w[j]) * u[j];
  EXPECT_GT(size, 0) << label;
  EXPECT_LT(std::abs(a - b), tolerance * size) << label;
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
