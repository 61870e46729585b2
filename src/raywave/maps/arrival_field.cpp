// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/arrival_field.h"

#include <cmath>

#include "raywave/ad/functions.h"

namespace raywave::maps {

template <class T>
bool ArrivalField<T>::launched(const Vec3d& point_m, const std::vector<paths::Step>& steps, paths::PathField<T>& f,
                               Complex<T>& theta, Complex<T>& phi) {
  target_.position_m = Vec3<T>(point_m);
  if (!kernel_.field(source_, target_, steps, f)) return false;
  const auto ports = paths::port_fields(source_, scene_.wavelength_m(), f.departure);
  theta = phi = {};
  for (size_t i = 0; i < ports.size(); ++i) {
    theta += weights_[i] * ports[i].theta;
    phi += weights_[i] * ports[i].phi;
  }
  return true;
}

template <class T>
bool ArrivalField<T>::power(const Vec3d& point_m, const std::vector<paths::Step>& steps, T& out) {
  paths::PathField<T> f;
  Complex<T> theta, phi;
  if (!launched(point_m, steps, f, theta, phi)) return false;
  const CVec3<T> e = theta * f.fields[0] + phi * f.fields[1];
  out = norm2(e.re) + norm2(e.im);
  return true;
}

template <class T>
bool ArrivalField<T>::operator()(const Vec3d& point_m, const std::vector<paths::Step>& steps, CVec3<T>& out) {
  paths::PathField<T> f;
  Complex<T> theta, phi;
  if (!launched(point_m, steps, f, theta, phi)) return false;
  const T turns = f.length_m / scene_.wavelength_m();
  const Complex<T> phase = expj(T(-2 * kPi) * (turns - T(std::floor(ad::value_of(turns)))));
  theta = phase * theta;
  phi = phase * phi;
  // Across the direction to first order too: the part along it that turning it would bring in is none of the gain's.
  const CVec3<T> sum = theta * f.fields[0] + phi * f.fields[1];
  const Complex<T> along = dot(sum, f.arrival);
  out = {sum.re - along.re * f.arrival, sum.im - along.im * f.arrival};
  return true;
}

template class ArrivalField<double>;
template class ArrivalField<ad::Dual>;
template class ArrivalField<ad::Var>;

}  // namespace raywave::maps
