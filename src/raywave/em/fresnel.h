// SPDX-License-Identifier: Apache-2.0
// Reflection and transmission of plane waves: a single interface and a homogeneous slab (ITU-R P.2040-4, eqs. (31)-(34)
// and (43)-(44)). Time factor exp(+j omega t). TE: E perpendicular to the plane of incidence; TM: E in it.
// Differentiable in: cos_theta_i, eta, thickness, wavelength; at zero loss, normal and grazing incidence too.
#pragma once

#include "raywave/ad/var.h"
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
  // eta - sin^2 = (eta - 1) + cos^2: vacuum gives back cos_theta_i to the last digits, at grazing incidence too
  return sqrt_lower(Complex<T>{(eta.re - T(1)) + cos_theta_i * cos_theta_i, eta.im});
}

/// r_TE and r_TM of the interface from vacuum to a half space of relative permittivity eta. @param cos_theta_i in [0,
/// 1]. At grazing incidence on vacuum (cos_theta_i = 0, eta = 1) there is no limit: r = 0 there, and its derivatives
/// too.
template <class T>
RAYWAVE_HD void interface_reflection(const T& cos_theta_i, const Complex<T>& eta, Complex<T>& r_te, Complex<T>& r_tm) {
  const Complex<T> q = transmitted_cosine(cos_theta_i, eta);
  const Complex<T> te = Complex<T>{cos_theta_i, T(0)} + q, tm = cos_theta_i * eta + q;
  if (te.re == T(0) && te.im == T(0)) {
    r_te = r_tm = {T(0), T(0)};
    return;
  }
  // eqs. (31) and (32), (c - q) / (c + q) and (eta c - q) / (eta c + q), with the differences c^2 - q^2 = 1 - eta and
  // (eta c)^2 - q^2 = (eta - 1) ((eta + 1) c^2 - 1) taken out: no cancellation for eta near 1.
  const T c2 = cos_theta_i * cos_theta_i;
  const Complex<T> eta_minus_one{eta.re - T(1), eta.im};
  const Complex<T> brewster{(eta.re + T(1)) * c2 - T(1), eta.im * c2};  // 0 at Brewster's angle
  r_te = -eta_minus_one / (te * te);
  r_tm = (eta_minus_one / tm) * (brewster / tm);
}

/// (1 - exp(-w)) / w, 1 at w = 0. `exp_minus_w` is exp(-w).
template <class T>
RAYWAVE_HD Complex<T> one_minus_exp_over(const Complex<T>& w, const Complex<T>& exp_minus_w) {
  const Complex<T> one{T(1), T(0)};
  if (!(norm2(w) < T(0.01))) return (one - exp_minus_w) / w;
  // Taylor to w^8: the remainder is below 0.1^9 / 10! = 3e-16.
  Complex<T> sum = one;
  for (int n = 9; n >= 2; --n) sum = one - (T(1) / T(n)) * (w * sum);
  return sum;
}

/// Slab of thickness d between vacuum on both sides. T is referred to the straight line through the slab as if it had
/// no thickness (the wave leaves at the point where it entered). With e = exp(-j k d q), eqs. (43) and (44) are R = r
/// (1 - e^2) / (1 - r^2 e^2) and T = (1 - r^2) e / (1 - r^2 e^2). Written with 1 - r^2 = 4 c q / (c + q)^2 (TE; eta c
/// for c in TM), p = (1 - e^2) / (2 q) and h = (1 + e^2) / 2 they become
///   R = (c^2 - q^2) p / ((c^2 + q^2) p + 2 c h),  T = 2 c e / ((c^2 + q^2) p + 2 c h),
/// which have no 0 / 0 at grazing incidence, for eta near 1 or for thin slabs, and no overflow for thick lossy ones.
/// Where the slab is not there (cos_theta_i = 0 with eta = 1 or thickness 0) R = 0 and T = e, without derivatives.
/// @param transmission  false: T may be left out
template <class T>
RAYWAVE_HD_CALL SlabCoefficients<T> slab_coefficients(const T& cos_theta_i, const Complex<T>& eta, const T& thickness_m,
                                                      const T& wavelength_m, bool transmission = true) {
  const T kd = T(2 * kPi) * thickness_m / wavelength_m, c2 = cos_theta_i * cos_theta_i;
  const Complex<T> q = transmitted_cosine(cos_theta_i, eta), q2{(eta.re - T(1)) + c2, eta.im};
  // |e| <= 1 because Im q <= 0
  const Complex<T> e = exp(Complex<T>{kd * q.im, -(kd * q.re)});
  const Complex<T> e2 = e * e;
  // p = j k d (1 - exp(-w)) / w with w = 2 j k d q
  const T two_kd = T(2) * kd;
  const Complex<T> w{-(two_kd * q.im), two_kd * q.re};
  const Complex<T> p = Complex<T>{T(0), kd} * one_minus_exp_over(w, e2);
  const Complex<T> two_h{T(1) + e2.re, e2.im};

  const Complex<T> c{cos_theta_i, T(0)}, ec = cos_theta_i * eta;
  const Complex<T> te = (Complex<T>{c2, T(0)} + q2) * p + c * two_h, tm = (ec * ec + q2) * p + ec * two_h;
  if (te.re == T(0) && te.im == T(0)) return {{T(0), T(0)}, {T(0), T(0)}, e, e};
  const Complex<T> eta_minus_one{eta.re - T(1), eta.im};
  const Complex<T> brewster{(eta.re + T(1)) * c2 - T(1), eta.im * c2};
  SlabCoefficients<T> out{-(eta_minus_one * p) / te, eta_minus_one * brewster * p / tm, {}, {}};
  if (!transmission) return out;
  const Complex<T> two_e = T(2) * e;
  out.t_te = c * two_e / te, out.t_tm = ec * two_e / tm;
  return out;
}

/// The same on a tape, by its slopes alone (analytic in eta).
SlabCoefficients<ad::Var> slab_coefficients(const ad::Var& cos_theta_i, const Complex<ad::Var>& eta,
                                            const ad::Var& thickness_m, const ad::Var& wavelength_m);

/// Slab coefficients of a material. A perfect conductor has r_TE = -1, r_TM = +1 (the limit of eta -> -j infinity) and
/// no transmission.
template <class T>
RAYWAVE_HD_CALL SlabCoefficients<T> coefficients(const T& cos_theta_i, const BasicMaterialProperties<T>& m,
                                                 const T& wavelength_m) {
  if (m.perfect_conductor) return {{T(-1), T(0)}, {T(1), T(0)}, {T(0), T(0)}, {T(0), T(0)}};
  return slab_coefficients(cos_theta_i, m.eta, m.thickness_m, wavelength_m);
}

/// |r_TE|^2, |r_TM|^2 and Re(r_TE conj(r_TM)): all that the power of what a mirror reflects depends on.
template <class T>
struct ReflectedPowers {
  T te{}, tm{}, both{};
};
template <class T>
RAYWAVE_HD ReflectedPowers<T> reflected_powers(const T& cos_theta_i, const BasicMaterialProperties<T>& m,
                                               const T& wavelength_m) {
  if (m.perfect_conductor) return {T(1), T(1), T(-1)};
  const SlabCoefficients<T> c = slab_coefficients(cos_theta_i, m.eta, m.thickness_m, wavelength_m, false);
  return {norm2(c.r_te), norm2(c.r_tm), c.r_te.re * c.r_tm.re + c.r_te.im * c.r_tm.im};
}
/// On a tape by its slopes alone.
ReflectedPowers<ad::Var> reflected_powers(const ad::Var& cos_theta_i, const BasicMaterialProperties<ad::Var>& m,
                                          const ad::Var& wavelength_m);

}  // namespace raywave::em
