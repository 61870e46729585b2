// SPDX-License-Identifier: Apache-2.0
// The power that one place carries between two straight legs, over any scalar: most scattered paths are such, and their
// power needs neither the antennas' phases nor fields as Jones vectors. The law of scattering_event.h, with real fields
// t and r of the ends' elements towards the place, as vectors:
//   P = scale |te (t . in_s)(out_s . r) + tm (t . in_p)(out_p . r)|^2,  scale = w K dA (lambda / 4 pi)^2 / (r1 r2)^2,
// summed over the turns of the polarisation with their shares. What arrives at a point without an antenna is the sum
// over two r that are across u_o.
// Differentiable in: what scattering_event.h says.
#pragma once

#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/em/fresnel.h"
#include "raywave/paths/scattering_event.h"

namespace raywave::paths {

template <class T>
class StraightScatter {
 public:
  /// @return false where the place scatters nothing: its ends are not on one side, or its lobe is 0 there
  bool set(const ScatterPlace<T>& p, const T& wavelength_m, const Vec3<T>& source_m, const Vec3<T>& target_m) {
    const Vec3<T> in = p.point - source_m, out = target_m - p.point;
    const T r1 = norm(in), r2 = norm(out);
    u_i_ = in / r1, u_o_ = out / r2;
    const bool from_behind = ad::value_of(dot(values(u_i_), values(p.normal))) > 0;
    n_ = from_behind ? -p.normal : p.normal;
    if (!(dot(values(u_i_), values(n_)) < 0) || !(dot(values(u_o_), values(n_)) > 0)) return false;
    const T kernel = em::reciprocal_kernel(p.by_lobe ? p.scatterer.lobe : p.scatterer.pattern, n_, u_i_, u_o_);
    if (!(kernel > T(0))) return false;
    const T& w = p.by_lobe ? p.slab->specular_scale : p.scatterer.scattering;
    const T amplitude = w * wavelength_m / (r1 * r2);
    scale_ = T(1 / (16 * kPi * kPi)) * p.area_m2 * kernel * (amplitude * amplitude);
    xpd_ = p.scatterer.xpd;
    slab_ = em::reflected_powers(T(0.5) * norm(u_o_ - u_i_), *p.slab, wavelength_m);
    axes_ = axes_beside(n_, u_i_, u_o_);
    in_s_ = axes_.in_s(u_i_);
    return true;
  }
  const Vec3<T>& departure() const { return u_i_; }
  const Vec3<T>& arrival() const { return u_o_; }

  /// All that arrives of t.
  T arriving(const Vec3<T>& t) const {
    const T s = dot(t, in_s_), s2 = s * s, p2 = norm2(t) - s2;  // t is across u_i
    return scale_ * over_turns([&](Turned turned) {
             return turned == Turned::kBefore ? slab_.te * p2 + slab_.tm * s2 : slab_.te * s2 + slab_.tm * p2;
           });
  }
  /// What arrives of t at elements whose fields are r.
  T received(const Vec3<T>& t, const std::vector<Vec3<T>>& all_r) const {
    const Vec3<T> out_s = axes_.out_s(u_o_), out_p = cross(u_o_, out_s);
    const T s = dot(t, in_s_), p = dot(t, cross(u_i_, in_s_));
    T sum(0);
    for (const Vec3<T>& r : all_r) {
      const T rs = dot(r, out_s), rp = dot(r, out_p);
      sum = sum + over_turns([&](Turned turned) {
              if (turned == Turned::kBefore) return squared(-(p * rs), s * rp);
              return turned == Turned::kBehind ? squared(s * rp, -(p * rs)) : squared(s * rs, p * rp);
            });
    }
    return scale_ * sum;
  }

 private:
  static Vec3d values(const Vec3<T>& v) { return {ad::value_of(v.x), ad::value_of(v.y), ad::value_of(v.z)}; }
  T squared(const T& a, const T& b) const {
    return slab_.te * (a * a) + slab_.tm * (b * b) + T(2) * slab_.both * (a * b);
  }
  template <class Power>
  T over_turns(const Power& power) const {
    T sum(0);
    for_turns(xpd_, [&](Turned turned, const T& share) { sum = sum + share * power(turned); });
    return sum;
  }

  T scale_{}, xpd_{};
  Vec3<T> u_i_, u_o_, n_, in_s_;
  em::ReflectedPowers<T> slab_;
  DyadAxes<T> axes_;
};

}  // namespace raywave::paths
