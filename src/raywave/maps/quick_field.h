// SPDX-License-Identifier: Apache-2.0
// What one isotropic or short-dipole element launches into a direction, in single precision: for the CPU and for
// devices.
#pragma once

#include <cmath>

#include "raywave/core/complex.h"
#include "raywave/core/hd.h"

namespace raywave::maps {

/// Power pattern 1 or 1.5 sin^2 theta, polarisation model 2 (3GPP TR 38.901 7.3.2).
struct QuickField {
  bool is_dipole = false;
  Vec3f local_x, local_y, local_z;  // the device's axes in the world
  Complex<float> c_theta, c_phi;    // sum of weighted slants

  RAYWAVE_HD CVec3<float> operator()(const Vec3f& k) const {
    const float x = dot(k, local_x), y = dot(k, local_y), z = dot(k, local_z);
    const float rho2 = x * x + y * y;
    const float inv_rho = rho2 > 1e-14f ? 1 / std::sqrt(rho2) : 0.0f;
    const float cos_phi = rho2 > 1e-14f ? x * inv_rho : 1.0f, sin_phi = y * inv_rho, rho = rho2 * inv_rho;
    const float amplitude = is_dipole ? 1.2247449f * rho : 1.0f;
    const Vec3f theta_hat = (z * cos_phi) * local_x + (z * sin_phi) * local_y - rho * local_z;
    const Vec3f phi_hat = cos_phi * local_y - sin_phi * local_x;
    return {amplitude * (c_theta.re * theta_hat + c_phi.re * phi_hat),
            amplitude * (c_theta.im * theta_hat + c_phi.im * phi_hat)};
  }
};

}  // namespace raywave::maps
