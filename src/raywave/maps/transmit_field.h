// SPDX-License-Identifier: Apache-2.0
// The field that a transmitter's array launches into a direction, ports weighted: the incident field of a ray at unit
// distance in free space, without the factor lambda / (4 pi).
#pragma once

#include <optional>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/maps/quick_field.h"
#include "raywave/paths/port_fields.h"
#include "raywave/scene/scene.h"

namespace raywave::maps {

/// Refers to the transmitter.
class TransmitField {
 public:
  TransmitField(const scene::Device& tx, double wavelength_m);

  /// World-frame complex field vector, perpendicular to the unit direction k.
  CVec3<double> operator()(const Vec3d& k) const;
  /// The same in single precision; quick for one element whose pattern is a formula.
  CVec3<float> in_single(const Vec3f& k) const;
  /// That of one element whose pattern is a formula, polarisation model 2; null: of another array.
  const QuickField* quick() const { return quick_ ? &*quick_ : nullptr; }

 private:
  paths::EndPoint<double> end_;
  double wavelength_m_;
  std::vector<Complexd> weights_;
  std::optional<QuickField> quick_;
};

inline CVec3<float> TransmitField::in_single(const Vec3f& k) const {
  if (quick_) return (*quick_)(k);
  const CVec3<double> e = (*this)(normalized(Vec3d(k)));
  return {Vec3f(e.re), Vec3f(e.im)};
}

}  // namespace raywave::maps
