// SPDX-License-Identifier: Apache-2.0
// The field that a transmitter's array launches into a direction, ports weighted: the incident field of a ray at unit
// distance in free space, without the factor lambda / (4 pi).
#pragma once

#include <cmath>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/paths/port_fields.h"
#include "raywave/scene/scene.h"

namespace raywave::maps {

/// Refers to the transmitter.
class TransmitField {
 public:
  TransmitField(const scene::Device& tx, double wavelength_m);

  /// World-frame complex field vector, perpendicular to the unit direction k.
  CVec3<double> operator()(const Vec3d& k) const;
  /// The same in single precision; quick for one isotropic or short-dipole element.
  CVec3<float> in_single(const Vec3f& k) const;

 private:
  paths::EndPoint<double> end_;
  double wavelength_m_;
  std::vector<Complexd> weights_;
  bool quick_ = false;  // one element, power pattern 1 or 1.5 sin^2 theta, polarisation model 2
  bool quick_dipole_ = false;
  Vec3f local_x_, local_y_, local_z_;  // the device's axes in the world
  Complex<float> c_theta_, c_phi_;     // sum of weighted slants
};

inline CVec3<float> TransmitField::in_single(const Vec3f& k) const {
  if (!quick_) {
    const CVec3<double> e = (*this)(normalized(Vec3d(k)));
    return {Vec3f(e.re), Vec3f(e.im)};
  }
  const float x = dot(k, local_x_), y = dot(k, local_y_), z = dot(k, local_z_);
  const float rho2 = x * x + y * y;
  const float inv_rho = rho2 > 1e-14f ? 1 / std::sqrt(rho2) : 0.0f;
  const float cos_phi = rho2 > 1e-14f ? x * inv_rho : 1.0f, sin_phi = y * inv_rho, rho = rho2 * inv_rho;
  const float amplitude = quick_dipole_ ? 1.2247449f * rho : 1.0f;
  const Vec3f theta_hat = (z * cos_phi) * local_x_ + (z * sin_phi) * local_y_ - rho * local_z_;
  const Vec3f phi_hat = cos_phi * local_y_ - sin_phi * local_x_;
  return {amplitude * (c_theta_.re * theta_hat + c_phi_.re * phi_hat),
          amplitude * (c_theta_.im * theta_hat + c_phi_.im * phi_hat)};
}

}  // namespace raywave::maps
