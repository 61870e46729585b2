// SPDX-License-Identifier: Apache-2.0
// Directions as angles and the Jones basis (theta, phi). theta from the zenith (+z), phi from +x toward +y, radians.
// Differentiable in: direction, away from the poles, where phi and the basis have no limit (phi = 0 is used there).
#pragma once

#include <cmath>

#include "raywave/core/hd.h"
#include "raywave/core/vec.h"

namespace raywave {

template <class T>
struct Angles {
  T theta{}, phi{};
};

template <class T>
RAYWAVE_HD inline Angles<T> angles_of(const Vec3<T>& unit) {
  using std::atan2;
  using std::sqrt;
  const T rho2 = unit.x * unit.x + unit.y * unit.y;
  if (!(rho2 > T(0))) return {unit.z > T(0) ? T(0) : T(3.14159265358979323846), T(0)};
  return {atan2(sqrt(rho2), unit.z), atan2(unit.y, unit.x)};
}

template <class T>
RAYWAVE_HD inline Vec3<T> direction_of(const Angles<T>& a) {
  using std::cos;
  using std::sin;
  return {sin(a.theta) * cos(a.phi), sin(a.theta) * sin(a.phi), cos(a.theta)};
}

template <class T>
struct JonesBasis {
  Vec3<T> theta_hat, phi_hat;
};

template <class T>
RAYWAVE_HD inline JonesBasis<T> jones_basis(const Angles<T>& a) {
  using std::cos;
  using std::sin;
  const T ct = cos(a.theta), st = sin(a.theta), cp = cos(a.phi), sp = sin(a.phi);
  return {{ct * cp, ct * sp, -st}, {-sp, cp, T(0)}};
}

}  // namespace raywave
