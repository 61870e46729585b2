// SPDX-License-Identifier: Apache-2.0
// What becomes of a ray that walks at random where it meets a surface that scatters, for the CPU and for devices:
// chance decides between the mirror (or the lobe in its place), the material's pattern and the way through, by their
// shares of the power; a new direction is drawn from the lobe, and the field weighed so that its expectation is the
// integral that tiles sum (paths/scattering_event.h).
#pragma once

#include <cmath>
#include <cstdint>

#include "raywave/core/random.h"
#include "raywave/em/lobe_sampling.h"
#include "raywave/paths/coefficient_entry.h"
#include "raywave/paths/scattering_event.h"
#include "raywave/paths/shot_rays.h"

namespace raywave::paths {

/// Of the power reflected; the first over both.
struct ScatterShares {
  double pattern = 0, mirror = 1, by_pattern = 0;
};

/// What chance needs to know of a material.
struct ScatterMaterial {
  struct Lobe {
    em::Lobe lobe;
    int32_t table = -1;         // which of ScatterEvents::shares(); -1: none
    em::LobeShareRow shares{};  // none: of a material that varies, or a lobe of one's own
  };
  ScatterShares shares;
  Lobe pattern, lobe;  // of what is scattered diffusely; in the mirror's place
  double xpd = 0;
};

/// What chance decides before any direction is drawn.
struct ScatterDecision {
  Event event = Event::kEnd;
  bool by_pattern = false;  // of kScatter; else by the lobe in the mirror's place
  float probability = 1;    // as ScatterChoice's
  float scale = 1;          // of what coefficients make of a field
};

/// What becomes of a ray.
struct ScatterChoice {
  Event event = Event::kEnd;
  Complex<float> te, tm;  // of a mirror or a way through, weighed; of the mirror that a place stands for
  float probability = 1;  // of the choice among those that are no matter of a density
  Vec3f direction;        // of kScatter
  Vec3f normal;           // there, towards the side where the ray is
  Turned turned = Turned::kNot;

  /// The field behind a place that scatters.
  template <class T>
  RAYWAVE_HD CVec3<T> scattered(const Vec3<T>& k, const CVec3<T>& e) const {
    const Complex<T> as_te{T(te.re), T(te.im)}, as_tm{T(tm.re), T(tm.im)};
    const Vec3<T> n{T(normal.x), T(normal.y), T(normal.z)}, u_o{T(direction.x), T(direction.y), T(direction.z)};
    return dyads_beside(n, as_te, as_tm, turned, k, u_o)(e);
  }
};

/// The next number in [0, 1) of a ray's state.
RAYWAVE_HD inline double next_uniform(uint64_t& random) {
  random = mix64(random);
  return double(random >> 11) * 0x1.0p-53;
}

/// @param back, through  coefficients of all that is reflected, of what is transmitted (without refraction: 0)
RAYWAVE_HD inline ScatterDecision decide(const ScatterShares& shares, bool mirrors, const CoefficientEntry& back,
                                         const CoefficientEntry& through, uint64_t& random) {
  const auto all = float(shares.pattern + shares.mirror);
  const float power_back = all * (norm2(back.te) + norm2(back.tm));
  const float power_on = norm2(through.te) + norm2(through.tm);
  ScatterDecision out;
  if (!(power_back + power_on > 0)) return out;
  if (next_uniform(random) * double(power_back + power_on) >= double(power_back)) {
    out.event = Event::kPass;
    out.probability = power_on / (power_back + power_on);
    out.scale = 1 / std::sqrt(out.probability);
    return out;
  }
  out.probability = power_back / (power_back + power_on);
  out.scale = std::sqrt(all / out.probability);
  out.by_pattern = next_uniform(random) < shares.by_pattern;
  out.probability *= float(out.by_pattern ? shares.by_pattern : 1 - shares.by_pattern);
  out.event = !out.by_pattern && mirrors ? Event::kReflect : Event::kScatter;
  return out;
}

/// A direction of a lobe and what it weighs. @return false: none
RAYWAVE_HD inline bool draw(const ScatterMaterial::Lobe& from, const Vec3d& n, const Vec3d& u_i,
                            const double (&random)[3], Vec3d& u_o, double& weight) {
  const double cos_i = -dot(u_i, n);
#ifndef __CUDA_ARCH__
  if (from.lobe.kind != em::LobeKind::kLambertian && !from.shares.samples) {
    const auto drawn = em::sample(from.lobe, n, u_i, {random[0], random[1], random[2]});
    if (!drawn) return false;
    u_o = *drawn;
    weight = em::reciprocal_kernel(from.lobe, n, u_i, u_o) / (cos_i * em::density(from.lobe, n, u_i, u_o));
    return weight > 0;
  }
#endif
  if (!em::draw(from.lobe, n, u_i, random, u_o)) return false;
  weight = em::drawn_weight(from.shares, cos_i, dot(u_o, n));
  return weight > 0;
}

/// Where a ray of which decide() says kScatter goes on to.
/// @param reflected  (cosine): coefficients of all that is reflected. @param normal  of the facet, either way
template <class Reflected>
RAYWAVE_HD ScatterChoice scatter(const Reflected& reflected, const ScatterMaterial& material,
                                 const ScatterDecision& decision, const Vec3f& normal, const Vec3f& k,
                                 uint64_t& random) {
  ScatterChoice out;
  out.probability = decision.probability;
  const auto wide = [](const Vec3f& v) { return Vec3d{double(v.x), double(v.y), double(v.z)}; };
  const auto narrow = [](const Vec3d& v) { return Vec3f{float(v.x), float(v.y), float(v.z)}; };
  const Vec3d u_i = normalized(wide(k));
  Vec3d n = normalized(wide(normal)), u_o;
  if (dot(u_i, n) > 0) n = -n;
  double draws[3], weight = 1;
  for (double& d : draws) d = next_uniform(random);
  if (!draw(decision.by_pattern ? material.pattern : material.lobe, n, u_i, draws, u_o, weight)) return out;
  out.event = Event::kScatter;
  out.direction = narrow(u_o), out.normal = narrow(n);
  const CoefficientEntry c = reflected(float(dot(u_o, normalized(u_o - u_i))));
  const float scale = decision.scale * std::sqrt(float(weight));
  out.te = scale * c.te, out.tm = scale * c.tm;
  if (!(material.xpd > 0)) return out;
  const double turn = next_uniform(random);  // K_x / 2 before, K_x / 2 behind
  out.turned = turn < 0.5 * material.xpd ? Turned::kBefore : turn < material.xpd ? Turned::kBehind : Turned::kNot;
  return out;
}

}  // namespace raywave::paths
