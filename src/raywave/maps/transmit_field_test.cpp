// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/transmit_field.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "raywave/core/random.h"

namespace raywave::maps {
namespace {

double uniform(uint64_t& state) {
  state = mix64(state);
  return double(state >> 11) * 0x1.0p-53;
}

TEST(TransmitField, SinglePrecisionIsTheDoubleOne) {
  uint64_t state = 7;
  for (const char* pattern : {"iso", "dipole", "hw_dipole", "tr38901"}) {
    for (const char* polarization : {"V", "H", "VH", "cross"}) {
      em::PlanarArrayOptions o;
      o.pattern = pattern;
      o.polarization = polarization;
      for (const Vec3d& turned : {Vec3d{0, 0, 0}, Vec3d{2.1, -0.4, 0.7}}) {
        scene::Device tx{"tx", {1, 2, 3}, turned, {}, em::planar_array(o)};
        tx.precoding.assign(size_t(tx.array.num_ports()), Complexd{0.6, -0.3});
        const TransmitField field(tx, 0.1);
        ASSERT_TRUE(field.quick()) << pattern;
        const Mat3d r = rotation_from_euler(turned);
        for (int i = 0; i < 2000; ++i) {
          // every hundredth on a half plane of the device's axes, where angles are 0, a quarter or half a turn
          const double phi =
              i % 100 == 0 ? std::numbers::pi / 2 * (i / 100 % 4) : 2 * std::numbers::pi * uniform(state);
          const double z = i % 400 == 0 ? 0 : 2 * uniform(state) - 1, rho = std::sqrt(1 - z * z);
          const Vec3f k(r * Vec3d{rho * std::cos(phi), rho * std::sin(phi), z});
          const CVec3<double> exact = field(normalized(Vec3d(k)));
          const CVec3<float> quick = field.in_single(k);
          const double off = std::sqrt(norm2(Vec3d(quick.re) - exact.re) + norm2(Vec3d(quick.im) - exact.im));
          // the field's direction is that of phi, which the rounding of k moves by a rounding over rho
          EXPECT_LT(off, 2.6 * (1e-6 + 2.4e-7 / rho)) << pattern << " " << polarization << " " << phi << " " << z;
        }
      }
    }
  }
}

TEST(TransmitField, TowardsTheAxisAnAntennaOfTr38901HasItsLossOfTheVerticalCut) {
  scene::Device tx{"tx"};
  em::PlanarArrayOptions o;
  o.pattern = "tr38901";
  tx.array = em::planar_array(o);
  const TransmitField field(tx, 0.1);
  for (const float z : {-1.0f, 1.0f}) {
    const CVec3<float> e = field.in_single({0, 0, z});
    const double loss_db = 12 * std::pow(90.0 / 65, 2);
    EXPECT_NEAR(std::sqrt(double(norm2(e.re))), std::pow(10, (8 - loss_db) / 20), 1e-6);
  }
}

TEST(TransmitField, ArraysSlantedElementsAndMeasuredCutsHaveNoQuickOne) {
  em::PlanarArrayOptions o;
  o.num_cols = 2;
  scene::Device tx{"tx"};
  tx.array = em::planar_array(o);
  EXPECT_FALSE(TransmitField(tx, 0.1).quick());
  o.num_cols = 1;
  o.polarization_model = em::PolarizationModel::kTr38901Model1;
  tx.array = em::planar_array(o);
  EXPECT_FALSE(TransmitField(tx, 0.1).quick());
  o.polarization_model = em::PolarizationModel::kTr38901Model2;
  tx.array = em::planar_array(o);
  EXPECT_TRUE(TransmitField(tx, 0.1).quick());
  tx.array.pattern.kind = em::PatternKind::kMeasured;
  EXPECT_FALSE(TransmitField(tx, 0.1).quick());
}

}  // namespace
}  // namespace raywave::maps
