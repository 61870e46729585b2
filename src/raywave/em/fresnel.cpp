// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/fresnel.h"

#include "raywave/ad/jet.h"

namespace raywave::em {
namespace {

using ad::Var;
using Jet = ad::Jet<4>;  // by the cosine, the real part of eta, thickness, wavelength

/// A slab's coefficients with their slopes, and how a number that is made of them enters the tape.
class OnTape {
 public:
  OnTape(const Var& cos_theta_i, const Complex<Var>& eta, const Var& thickness_m, const Var& wavelength_m)
      : cos_theta_i_(cos_theta_i), eta_(eta), thickness_m_(thickness_m), wavelength_m_(wavelength_m) {}

  SlabCoefficients<Jet> slopes(bool transmission) const {
    return slab_coefficients(Jet(cos_theta_i_.v, 0), Complex<Jet>{{eta_.re.v, 1}, eta_.im.v}, Jet(thickness_m_.v, 2),
                             Jet(wavelength_m_.v, 3), transmission);
  }
  Var number(const Jet& x, double by_eta_im) const {
    return ad::chain<5>(x.v, {{{x.d[0], cos_theta_i_},
                               {x.d[1], eta_.re},
                               {by_eta_im, eta_.im},
                               {x.d[2], thickness_m_},
                               {x.d[3], wavelength_m_}}});
  }
  Complex<Var> operator()(const Complex<Jet>& z) const {
    return {number(z.re, -z.im.d[1]), number(z.im, z.re.d[1])};  // Cauchy and Riemann
  }
  /// Re(a conj(b))
  Var product(const Complex<Jet>& a, const Complex<Jet>& b) const {
    const double by_eta_im = a.re.v * -b.im.d[1] - a.im.d[1] * b.re.v + a.im.v * b.re.d[1] + a.re.d[1] * b.im.v;
    return number(a.re * b.re + a.im * b.im, by_eta_im);
  }

 private:
  const Var& cos_theta_i_;
  const Complex<Var>& eta_;
  const Var &thickness_m_, &wavelength_m_;
};

}  // namespace

SlabCoefficients<Var> slab_coefficients(const Var& cos_theta_i, const Complex<Var>& eta, const Var& thickness_m,
                                        const Var& wavelength_m) {
  const OnTape taped(cos_theta_i, eta, thickness_m, wavelength_m);
  const SlabCoefficients<Jet> c = taped.slopes(true);
  return {taped(c.r_te), taped(c.r_tm), taped(c.t_te), taped(c.t_tm)};
}

ReflectedPowers<Var> reflected_powers(const Var& cos_theta_i, const BasicMaterialProperties<Var>& m,
                                      const Var& wavelength_m) {
  if (m.perfect_conductor) return {1, 1, -1};
  const OnTape taped(cos_theta_i, m.eta, m.thickness_m, wavelength_m);
  const SlabCoefficients<Jet> c = taped.slopes(false);
  return {taped.product(c.r_te, c.r_te), taped.product(c.r_tm, c.r_tm), taped.product(c.r_te, c.r_tm)};
}

}  // namespace raywave::em
