// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/fresnel.h"

#include "raywave/ad/jet.h"

namespace raywave::em {

SlabCoefficients<ad::Var> slab_coefficients(const ad::Var& cos_theta_i, const Complex<ad::Var>& eta,
                                            const ad::Var& thickness_m, const ad::Var& wavelength_m) {
  using Jet = ad::Jet<4>;  // by the cosine, the real part of eta, thickness, wavelength
  const SlabCoefficients<Jet> c = slab_coefficients(Jet(cos_theta_i.v, 0), Complex<Jet>{{eta.re.v, 1}, eta.im.v},
                                                    Jet(thickness_m.v, 2), Jet(wavelength_m.v, 3));
  const auto taped = [&](const Complex<Jet>& z) {
    const auto part = [&](const Jet& x, double by_eta_im) {
      return ad::chain<5>(x.v, {{{x.d[0], cos_theta_i},
                                 {x.d[1], eta.re},
                                 {by_eta_im, eta.im},
                                 {x.d[2], thickness_m},
                                 {x.d[3], wavelength_m}}});
    };
    return Complex<ad::Var>{part(z.re, -z.im.d[1]), part(z.im, z.re.d[1])};  // Cauchy and Riemann
  };
  return {taped(c.r_te), taped(c.r_tm), taped(c.t_te), taped(c.t_tm)};
}

}  // namespace raywave::em
