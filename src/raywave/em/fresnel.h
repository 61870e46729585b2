// SPDX-License-Identifier: Apache-2.0
// Reflection and transmission of plane waves: a single interface and a homogeneous slab (ITU-R P.2040-4, eqs. (31)-(34) and (43)-(44)).
// Time factor exp(+j omega t). TE: E perpendicular to the plane of incidence; TM: E in it.
// Differentiable in: cos_theta_i, eta, thickness, wavelength; at zero loss, normal and grazing incidence too.
#pragma once

#include "raywave/core/complex.h"
#include "raywave/core/constants.h"
#include "raywave/core/hd.h"
#include "raywave/em/material.h"

namespace raywave::em {

template <class T>
struct SlabCoefficients {
  Complex<T> r_te, r_tm, t_te, t_tm;
};

/// sqrt(eta - sin^2 theta_i), the root with Im <= 0.
template <class T>
RAYWAVE_HD Complex<T> transmitted_cosine(const T& cos_theta_i, const Complex<T>& eta) {
  return sqrt_lower(Complex<T>{eta.re - (T(1) - cos_theta_i * cos_theta_i), eta.im});
}

/// r_TE and r_TM of the interface from vacuum to a half space of relative permittivity eta. @param cos_theta_i in [0, 1].
template <class T>
RAYWAVE_HD void interface_reflection(const T& cos_theta_i, const Complex<T>& eta, Complex<T>& r_te, Complex<T>& r_tm) {
  const Complex<T> q = transmitted_cosine(cos_theta_i, eta);
  const Complex<T> c{cos_theta_i, T(0)};
  const Complex<T> ec = cos_theta_i * eta;
  // (c - q) / (c + q) with c^2 - q^2 = 1 - eta: no cancellation for eta near 1, and vacuum reflects nothing at grazing incidence.
  const Complex<T> one_minus_eta{T(1) - eta.re, -eta.im};
  if (one_minus_eta.re == T(0) && one_minus_eta.im == T(0)) {
    r_te = r_tm = {T(0), T(0)};
    return;
  }
  r_te = one_minus_eta / ((c + q) * (c + q));
  r_tm = (ec - q) / (ec + q);
}

/// Slab of thickness d between vacuum on both sides. T is referred to the straight line through the slab as if it had no
/// thickness (the wave leaves at the point where it entered).
template <class T>
RAYWAVE_HD SlabCoefficients<T> slab_coefficients(const T& cos_theta_i, const Complex<T>& eta, const T& thickness_m,
                                                 const T& wavelength_m) {
  Complex<T> r_te, r_tm;
  interface_reflection(cos_theta_i, eta, r_te, r_tm);
  const T kd = T(2 * kPi) * thickness_m / wavelength_m;
  const Complex<T> q = transmitted_cosine(cos_theta_i, eta);
  // e = exp(-j k d q); |e| <= 1 because Im q <= 0.
  const Complex<T> e = exp(Complex<T>{kd * q.im, -(kd * q.re)});
  const Complex<T> e2 = e * e;
  const Complex<T> one{T(1), T(0)};
  const auto reflect = [&](const Complex<T>& r) { return r * (one - e2) / (one - r * r * e2); };
  const auto transmit = [&](const Complex<T>& r) { return (one - r * r) * e / (one - r * r * e2); };
  return {reflect(r_te), reflect(r_tm), transmit(r_te), transmit(r_tm)};
}

/// Slab coefficients of a material. A perfect conductor has r_TE = -1, r_TM = +1 (the limit of eta -> -j infinity) and no
/// transmission.
template <class T>
RAYWAVE_HD SlabCoefficients<T> coefficients(const T& cos_theta_i, const MaterialProperties& m, const T& wavelength_m) {
  if (m.perfect_conductor) return {{T(-1), T(0)}, {T(1), T(0)}, {T(0), T(0)}, {T(0), T(0)}};
  return slab_coefficients(cos_theta_i, Complex<T>{T(m.eta.re), T(m.eta.im)}, T(m.thickness_m), wavelength_m);
}

}  // namespace raywave::em
