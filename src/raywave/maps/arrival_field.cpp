// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/arrival_field.h"

#include <cmath>

#include "raywave/ad/functions.h"

namespace raywave::maps {

template <class T>
std::vector<typename ArrivalField<T>::Sent> ArrivalField<T>::sent(const Vec3<T>& departure) const {
  const std::vector<Vec3<T>> slants = paths::slant_fields(source_, departure);
  if (weights_.size() == 1) return {{norm2(weights_[0]), slants[0]}};
  CVec3<T> e = launched(slants, departure);
  return {{T(1), e.re}, {T(1), e.im}};
}

template <class T>
CVec3<T> ArrivalField<T>::launched(const std::vector<Vec3<T>>& slants, const Vec3<T>& departure) const {
  const std::vector<Complex<T>> phases = paths::element_phases(source_, scene_.wavelength_m(), departure);
  CVec3<T> e;
  size_t port = 0;
  for (const Vec3<T>& field : slants) {
    Complex<T> sum;
    for (const Complex<T>& phase : phases) sum += weights_[port++] * phase;
    e = {e.re + sum.re * field, e.im + sum.im * field};
  }
  return e;
}

template <class T>
bool ArrivalField<T>::power(const Vec3d& point_m, const std::vector<paths::Step>& steps, T& out) {
  target_.position_m = Vec3<T>(point_m);
  if (kernel_.is_straight(steps)) {
    paths::StraightScatter<T> s;
    out = T(0);
    if (!kernel_.straight(source_, target_, steps, s)) return true;
    for (const Sent& one : sent(s.departure())) out = out + one.weight * s.arriving(one.field);
    return true;
  }
  return kernel_.over_turns(
      source_, target_, steps,
      [&](const paths::PathField<T>& f) {
        const JonesBasis<T> basis = paths::transfer_basis(f.departure);
        T sum(0);
        for (const Sent& one : sent(f.departure)) {
          const T theta = dot(one.field, basis.theta_hat), phi = dot(one.field, basis.phi_hat);
          const Vec3<T> re = theta * f.fields[0].re + phi * f.fields[1].re,
                        im = theta * f.fields[0].im + phi * f.fields[1].im;
          sum = sum + one.weight * (norm2(re) + norm2(im));
        }
        return sum;
      },
      out);
}

template <class T>
bool ArrivalField<T>::operator()(const Vec3d& point_m, const std::vector<paths::Step>& steps, CVec3<T>& out) {
  target_.position_m = Vec3<T>(point_m);
  paths::PathField<T> f;
  if (!kernel_.field(source_, target_, steps, f)) return false;
  out = arriving(f);
  return true;
}

template <class T>
bool ArrivalField<T>::touches(const Vec3d& point_m, const std::vector<paths::Step>& steps, paths::PathTouches<T>& out) {
  target_.position_m = Vec3<T>(point_m);
  return kernel_.touches(source_, target_, steps, out);
}

template <class T>
CVec3<T> ArrivalField<T>::arriving(const paths::PathField<T>& f) const {
  const JonesBasis<T> basis = paths::transfer_basis(f.departure);
  const CVec3<T> e = launched(paths::slant_fields(source_, f.departure), f.departure);
  const T turns = f.length_m / scene_.wavelength_m();
  const Complex<T> phase = expj(T(-2 * kPi) * (turns - T(std::floor(ad::value_of(turns)))));
  const Complex<T> theta = phase * dot(e, basis.theta_hat), phi = phase * dot(e, basis.phi_hat);
  // Across the direction to first order too: the part along it that turning it would bring in is none of the gain's.
  const CVec3<T> sum = theta * f.fields[0] + phi * f.fields[1];
  const Complex<T> along = dot(sum, f.arrival);
  return {sum.re - along.re * f.arrival, sum.im - along.im * f.arrival};
}

template class ArrivalField<double>;
template class ArrivalField<ad::Dual>;
template class ArrivalField<ad::Var>;

}  // namespace raywave::maps
