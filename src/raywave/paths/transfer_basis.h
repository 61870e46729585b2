// SPDX-License-Identifier: Apache-2.0
// The basis across a direction that transfers and fields of ports are written in.
#pragma once

#include "raywave/ad/functions.h"
#include "raywave/core/spherical.h"

namespace raywave::paths {

/// The world's Jones basis that transfers and port fields are written in: of the direction's value, without a slope. A
/// product of both does not depend on the basis, so that a basis held fixed gives the exact derivative of gains (what
/// it misses lies along k, which no field has) and keeps the pole of the sphere out of them: transfers over T use it
/// too.
template <class T>
RAYWAVE_HD JonesBasis<T> transfer_basis(const Vec3<T>& direction) {
  using ad::value_of;
  const JonesBasis<double> basis =
      jones_basis(angles_of(Vec3d{value_of(direction.x), value_of(direction.y), value_of(direction.z)}));
  const auto fixed = [](const Vec3d& v) { return Vec3<T>{T(v.x), T(v.y), T(v.z)}; };
  return {fixed(basis.theta_hat), fixed(basis.phi_hat)};
}

}  // namespace raywave::paths
