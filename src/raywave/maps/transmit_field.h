// SPDX-License-Identifier: Apache-2.0
// The field that a transmitter's array launches into a direction, ports weighted: the incident field of a ray at unit
// distance in free space, without the factor lambda / (4 pi).
#pragma once

#include <vector>

#include "raywave/core/complex.h"
#include "raywave/scene/scene.h"

namespace raywave::maps {

class TransmitField {
 public:
  /// @param precoding  one weight a port, or empty for 1 / sqrt(num_ports) each. @throws Error for a wrong length.
  TransmitField(const scene::Device& tx, double wavelength_m, const std::vector<Complexd>& precoding);

  /// World-frame complex field vector, perpendicular to the unit direction k.
  CVec3<double> operator()(const Vec3d& k) const;
  /// The same in single precision; quick for one isotropic or short-dipole element.
  CVec3<float> in_single(const Vec3f& k) const;

 private:
  scene::Device device_;
  double wavelength_m_;
  std::vector<Complexd> weights_;
  bool quick_ = false;  // one element, power pattern 1 or 1.5 sin^2 theta, polarisation model 2
  bool quick_dipole_ = false;
  Vec3f local_x_, local_y_, local_z_;  // the device's axes in the world
  Complex<float> c_theta_, c_phi_;     // sum of weighted slants
};

}  // namespace raywave::maps
