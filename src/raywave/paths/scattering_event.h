// SPDX-License-Identifier: Apache-2.0
// What a place of a surface scatters of one leg of a path into the next, over any scalar: the one model of tiles (which
// sum places) and of samples (which draw directions).
//
// The share w of the reflected power, S^2 by the material's pattern or 1 - S^2 by a lobe in the mirror's place, leaves
// a place of area dA as
//   P = w K(u_i, u_o) |M e|^2 dA / r2^2,  K the lobe's reciprocal kernel (em/lobes.h),
// of a field e there. M is a mirror across h, the middle of the directions in and out, with the slab's coefficients at
// that angle: the facet that would reflect one into the other. So both ends see the same. Powers of places add.
// Differentiable in: directions, normal, area, material, S, K_x, the lobe's numbers. Not where a direction passes the
// horizon.
#pragma once

#include <array>

#include "raywave/core/constants.h"
#include "raywave/em/lobes.h"
#include "raywave/paths/field.h"
#include "raywave/paths/interaction.h"

namespace raywave::paths {

template <class T>
em::BasicLobe<T> constant_lobe(const em::Lobe& l) {
  return {l.kind, T(l.alpha_r), T(l.alpha_i), T(l.lambda), T(l.kappa), T(l.slope)};
}

/// visit(n, number n) for those that the lobe's kind uses, by em::kLobeNumbers.
template <class T, class Visit>
void for_numbers(em::BasicLobe<T>& l, Visit&& visit) {
  const std::array<T*, em::kLobeNumbers.size()> all{&l.alpha_r, &l.alpha_i, &l.lambda, &l.kappa, &l.slope};
  for (size_t n = 0; n < all.size(); ++n) {
    if (em::uses(l.kind, em::kLobeNumbers[n])) visit(n, *all[n]);
  }
}

/// What scattering needs of a material beside its slab.
template <class T>
struct Scatterer {
  T scattering{}, xpd{};
  em::BasicLobe<T> pattern, lobe;  // of what is scattered diffusely; in the mirror's place
};

/// The share of the power that is turned so.
template <class T>
T share_of(Turned turned, const T& xpd) {
  return turned == Turned::kNot ? T(1) - xpd : T(0.5) * xpd;
}

/// A place that scatters.
template <class T>
struct ScatterPlace {
  Vec3<T> point, normal;  // either way
  T area_m2{};
  Scatterer<T> scatterer;
  const em::BasicMaterialProperties<T>* slab = nullptr;
  bool by_lobe = false;  // kDirectionalReflection
};

/// sqrt(w K dA) / lambda (4 pi): what the fields of two legs, each with its lambda / (4 pi r), are multiplied by. 0
/// where the ends are not on one side.
template <class T>
T scattered_amplitude(const ScatterPlace<T>& p, const T& wavelength_m, const Vec3<T>& u_i, const Vec3<T>& u_o) {
  using std::sqrt;
  const Vec3<T> n = dot(u_i, p.normal) > T(0) ? -p.normal : p.normal;
  if (!(dot(u_i, n) < T(0)) || !(dot(u_o, n) > T(0))) return T(0);
  const T kernel = em::reciprocal_kernel(p.by_lobe ? p.scatterer.lobe : p.scatterer.pattern, n, u_i, u_o) * p.area_m2;
  if (!(kernel > T(0))) return T(0);
  return (p.by_lobe ? p.slab->specular_scale : p.scatterer.scattering) * sqrt(kernel) * T(4 * kPi) / wavelength_m;
}

/// The field's direction and polarisation behind the place, M e, turned or not.
template <class T>
CVec3<T> scattered_field(const ScatterPlace<T>& p, const T& wavelength_m, Turned turned, const Vec3<T>& u_i,
                         const Vec3<T>& u_o, CVec3<T> e) {
  const Vec3<T> h = normalized(u_o - u_i);
  const auto c = em::coefficients(dot(u_o, h), *p.slab, wavelength_m);
  if (turned == Turned::kBefore) e = {cross(u_i, e.re), cross(u_i, e.im)};
  Vec3<T> k = u_i;
  reflect(h, c, T(1), k, e);
  if (turned == Turned::kBehind) e = {cross(u_o, e.re), cross(u_o, e.im)};
  return e;
}

}  // namespace raywave::paths
