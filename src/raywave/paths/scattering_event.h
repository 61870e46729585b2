// SPDX-License-Identifier: Apache-2.0
// What a place of a surface scatters of one leg of a path into the next, over any scalar: the one model of tiles (which
// sum places) and of samples (which draw directions).
//
// The share w of the reflected power, S^2 by the material's pattern or 1 - S^2 by a lobe in the mirror's place, leaves
// a place of area dA as
//   P = w K(u_i, u_o) |M e|^2 dA / r2^2,  K the lobe's reciprocal kernel (em/lobes.h),
// of a field e there. M has the slab's coefficients at half the angle between -u_i and u_o: those of a mirror that
// would reflect one into the other. Its polarisation is that of a mirror across the normal: with u_r the mirror
// direction of u_i, m the middle of u_r and u_o, and m' the mirror image of m, the field takes the least turn from u_i
// to m', is reflected at the normal into m, and takes the least turn from m to u_o. So both ends see the same, a
// mirror's direction has the mirror's field, and what leaves beside it the least that goes to the other polarisation
// (a mirror across the middle of -u_i and u_o turns it twice as much). Powers of places add.
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
  return {l.kind, T(l.alpha_r), T(l.alpha_i), T(l.lambda), T(l.kappa), T(l.slope), l.own};
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
/// visit(turned, share) for those that have one: K_x has no slope at its bounds.
template <class T, class Visit>
void for_turns(const T& xpd, Visit&& visit) {
  for (const Turned turned : {Turned::kNot, Turned::kBefore, Turned::kBehind}) {
    const T share = share_of(turned, xpd);
    if (share > T(0)) visit(turned, share);
  }
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

/// M as two dyads: M e = te (e . in_s) out_s + tm (e . in_p) out_p, for e across u_i.
template <class T>
struct ScatterDyads {
  Complex<T> te, tm;
  Vec3<T> in_s, in_p, out_s, out_p;

  RAYWAVE_HD CVec3<T> operator()(const CVec3<T>& e) const {
    const Complex<T> s = te * dot(e, in_s), p = tm * dot(e, in_p);
    return s * out_s + p * out_p;
  }
};

/// The middle m of u_o and of the mirror direction of u_i, and what goes with it.
template <class T>
struct DyadAxes {
  Vec3<T> m, image, s;  // image: m'. s: TE of m' and of m
  T f{};                // 1 / (1 + m . u_o), which is 1 / (1 + m' . u_i)

  // the least turn of v, across a, from a to b: v - (v . b) (a + b) / (1 + a . b)
  RAYWAVE_HD Vec3<T> in_s(const Vec3<T>& u_i) const { return s - (f * dot(s, u_i)) * (image + u_i); }
  RAYWAVE_HD Vec3<T> out_s(const Vec3<T>& u_o) const { return s - (f * dot(s, u_o)) * (m + u_o); }
};
/// @param n  towards the side of both directions
template <class T>
RAYWAVE_HD DyadAxes<T> axes_beside(const Vec3<T>& n, const Vec3<T>& u_i, const Vec3<T>& u_o) {
  using std::sqrt;
  const Vec3<T> sum = u_i - T(2) * dot(u_i, n) * n + u_o;
  const T length2 = norm2(sum);
  DyadAxes<T> a;
  // opposite to each other they are only where both are at the horizon
  a.m = length2 > T(1e-8) ? sum / sqrt(length2) : n;
  a.image = a.m - T(2) * dot(a.m, n) * n;
  a.s = te_direction(a.image, n);
  a.f = T(1) / (T(1) + dot(a.m, u_o));
  return a;
}

/// Those of coefficients te and tm, the field turned or not. @param n  as above
template <class T>
RAYWAVE_HD ScatterDyads<T> dyads_beside(const Vec3<T>& n, const Complex<T>& te, const Complex<T>& tm, Turned turned,
                                        const Vec3<T>& u_i, const Vec3<T>& u_o) {
  const DyadAxes<T> axes = axes_beside(n, u_i, u_o);
  const Vec3<T> in_s = axes.in_s(u_i), out_s = axes.out_s(u_o);
  ScatterDyads<T> d{te, tm, in_s, cross(u_i, in_s), out_s, cross(u_o, out_s)};
  if (turned == Turned::kBefore) d.in_s = -d.in_p, d.in_p = in_s;      // of u_i x e
  if (turned == Turned::kBehind) d.out_s = d.out_p, d.out_p = -out_s;  // u_o x M e
  return d;
}

/// Those of a place.
template <class T>
ScatterDyads<T> scatter_dyads(const ScatterPlace<T>& p, const T& wavelength_m, Turned turned, const Vec3<T>& u_i,
                              const Vec3<T>& u_o) {
  const auto c = em::coefficients(dot(u_o, normalized(u_o - u_i)), *p.slab, wavelength_m);
  return dyads_beside(dot(u_i, p.normal) > T(0) ? -p.normal : p.normal, c.r_te, c.r_tm, turned, u_i, u_o);
}

}  // namespace raywave::paths
