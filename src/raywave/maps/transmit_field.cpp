// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/transmit_field.h"

#include <cmath>

#include "raywave/core/spherical.h"

namespace raywave::maps {

TransmitField::TransmitField(const scene::Device& tx, double wavelength_m)
    : end_(paths::end_point(tx, wavelength_m)), wavelength_m_(wavelength_m), weights_(tx.port_weights()) {
  const em::AntennaPattern& p = tx.array.pattern;
  quick_dipole_ = p.kind == em::PatternKind::kShortDipole;
  quick_ = tx.array.num_elements() == 1 && (p.kind == em::PatternKind::kIsotropic || quick_dipole_) &&
           p.model == em::PolarizationModel::kTr38901Model2 && norm(tx.array.offsets_m(wavelength_m)[0]) == 0;
  const Mat3d r = transposed(rotation_from_euler(tx.orientation_rad));
  local_x_ = Vec3f(r.row0), local_y_ = Vec3f(r.row1), local_z_ = Vec3f(r.row2);
  Complexd c_theta, c_phi;
  for (size_t i = 0; quick_ && i < weights_.size(); ++i) {
    c_theta += std::cos(tx.array.slants_rad[i]) * weights_[i];
    c_phi += std::sin(tx.array.slants_rad[i]) * weights_[i];
  }
  c_theta_ = {float(c_theta.re), float(c_theta.im)};
  c_phi_ = {float(c_phi.re), float(c_phi.im)};
}

CVec3<double> TransmitField::operator()(const Vec3d& k) const {
  const auto ports = paths::port_fields(end_, wavelength_m_, k);
  Complexd theta, phi;
  for (size_t i = 0; i < ports.size(); ++i) {
    theta += weights_[i] * ports[i].theta;
    phi += weights_[i] * ports[i].phi;
  }
  const JonesBasis<double> basis = jones_basis(angles_of(k));
  return theta * basis.theta_hat + phi * basis.phi_hat;
}

}  // namespace raywave::maps
