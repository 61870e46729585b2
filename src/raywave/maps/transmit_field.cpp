// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/transmit_field.h"

#include <cmath>

#include "raywave/core/spherical.h"

namespace raywave::maps {

namespace {

std::optional<QuickPattern> quick_pattern(em::PatternKind kind) {
  switch (kind) {
    case em::PatternKind::kIsotropic:
      return QuickPattern::kIsotropic;
    case em::PatternKind::kShortDipole:
      return QuickPattern::kShortDipole;
    case em::PatternKind::kHalfWaveDipole:
      return QuickPattern::kHalfWaveDipole;
    case em::PatternKind::kTr38901:
      return QuickPattern::kTr38901;
    case em::PatternKind::kMeasured:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

TransmitField::TransmitField(const scene::Device& tx, double wavelength_m)
    : end_(paths::end_point(tx, wavelength_m)), wavelength_m_(wavelength_m), weights_(tx.port_weights()) {
  const em::AntennaPattern& p = tx.array.pattern;
  const auto pattern = quick_pattern(p.kind);
  if (!pattern || tx.array.num_elements() != 1 || p.model != em::PolarizationModel::kTr38901Model2 ||
      norm(tx.array.offsets_m(wavelength_m)[0]) != 0)
    return;
  const Mat3d r = transposed(rotation_from_euler(tx.orientation_rad));
  Complexd c_theta, c_phi;
  for (size_t i = 0; i < weights_.size(); ++i) {
    c_theta += std::cos(tx.array.slants_rad[i]) * weights_[i];
    c_phi += std::sin(tx.array.slants_rad[i]) * weights_[i];
  }
  const auto narrow = [](const Complexd& z) { return Complex<float>{float(z.re), float(z.im)}; };
  quick_ = QuickField{*pattern, Vec3f(r.row0), Vec3f(r.row1), Vec3f(r.row2), narrow(c_theta), narrow(c_phi)};
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
