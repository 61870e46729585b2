// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/transmit_field.h"

#include <cmath>

#include "raywave/core/spherical.h"

namespace raywave::maps {

TransmitField::TransmitField(const scene::Device& tx, double wavelength_m)
    : end_(paths::end_point(tx, wavelength_m)), wavelength_m_(wavelength_m), weights_(tx.port_weights()) {
  const em::AntennaPattern& p = tx.array.pattern;
  const bool is_dipole = p.kind == em::PatternKind::kShortDipole;
  if (tx.array.num_elements() != 1 || (p.kind != em::PatternKind::kIsotropic && !is_dipole) ||
      p.model != em::PolarizationModel::kTr38901Model2 || norm(tx.array.offsets_m(wavelength_m)[0]) != 0)
    return;
  const Mat3d r = transposed(rotation_from_euler(tx.orientation_rad));
  Complexd c_theta, c_phi;
  for (size_t i = 0; i < weights_.size(); ++i) {
    c_theta += std::cos(tx.array.slants_rad[i]) * weights_[i];
    c_phi += std::sin(tx.array.slants_rad[i]) * weights_[i];
  }
  const auto narrow = [](const Complexd& z) { return Complex<float>{float(z.re), float(z.im)}; };
  quick_ = QuickField{is_dipole, Vec3f(r.row0), Vec3f(r.row1), Vec3f(r.row2), narrow(c_theta), narrow(c_phi)};
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
