// SPDX-License-Identifier: Apache-2.0
// Where rays that walk at random scatter (Monte Carlo maps, samples to receivers): chance decides between the mirror
// (or the lobe in its place), the material's pattern and the way through, by their shares of the power; a new direction
// is drawn from the lobe, and the field weighed so that its expectation is the integral that tiles sum
// (paths/scattering_event.h).
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "raywave/core/random.h"
#include "raywave/paths/coefficient_table.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/ray_options.h"
#include "raywave/paths/scattering_event.h"
#include "raywave/paths/shoot.h"
#include "raywave/paths/varying_materials.h"

namespace raywave::paths {

class ScatterEvents {
 public:
  /// @param vary  do materials? Any may scatter then
  ScatterEvents(const FieldContext& context, const RayOptions& options, bool vary = false)
      : refraction_(options.refraction), diffuse_(options.diffuse_reflection), mirror_(options.specular_reflection) {
    any_ = vary && options.diffuse_reflection;
    for (size_t m = 0; m < context.materials.size(); ++m) {
      em::MaterialProperties whole = context.materials[m];
      whole.specular_scale = 1;
      tables_.emplace_back(whole, context.wavelength_m);
      const Scatterer<double>& s = context.scatterers[m];
      shares_.push_back(shares_of(s));
      any_ |= options.is_directional() || shares_.back().pattern > 0;
    }
  }
  /// Is there anything that scatters?
  bool any() const { return any_; }

  /// What becomes of a ray.
  struct Choice {
    Event event = Event::kEnd;
    Complex<float> te, tm;  // of a mirror or a way through, weighed; of the mirror that a place stands for
    float probability = 1;  // of the choice among those that are no matter of a density
    Vec3f direction;        // of kScatter
    Vec3f normal;           // there, towards the side where the ray is
    Turned turned = Turned::kNot;

    /// The field behind a place that scatters.
    template <class T>
    CVec3<T> scattered(const Vec3<T>& k, const CVec3<T>& e) const {
      const auto complex = [](const Complex<float>& z) { return Complex<T>{T(z.re), T(z.im)}; };
      return dyads_beside(Vec3<T>(normal), complex(te), complex(tm), turned, k, Vec3<T>(direction))(e);
    }
  };
  /// @param mirrors  does the facet reflect as a mirror? Otherwise by the lobe in its place.
  /// @param n  of the facet, either way. @param random  the ray's state
  Choice choose(int32_t material, bool mirrors, const Vec3f& n, const Vec3f& k, uint64_t& random) const {
    return choose(tables_[size_t(material)], shares_[size_t(material)], mirrors, n, k, random);
  }
  /// The same of a material that varies.
  Choice choose(const MetMaterial& material, bool mirrors, const Vec3f& n, const Vec3f& k, uint64_t& random) const {
    return choose(material, shares_of(material.scatterer), mirrors, n, k, random);
  }

  static double uniform(uint64_t& random) {
    random = mix64(random);
    return double(random >> 11) * 0x1.0p-53;
  }

 private:
  struct Shares {
    double pattern, mirror;  // of the power reflected
    const Scatterer<double>* scatterer;
  };
  Shares shares_of(const Scatterer<double>& s) const {
    const double diffuse = s.scattering * s.scattering;
    return {diffuse_ ? diffuse : 0.0, mirror_ ? 1 - diffuse : 0.0, &s};
  }

  /// @param table  CoefficientTable, or what has its at()
  template <class Table>
  Choice choose(const Table& table, const Shares& shares, bool mirrors, const Vec3f& n, const Vec3f& k,
                uint64_t& random) const {
    Choice out;
    const float cosine = std::fabs(dot(k, n));
    table.at(cosine, out.te, out.tm, false);
    const float back = float(shares.pattern + shares.mirror) * (norm2(out.te) + norm2(out.tm));
    Complex<float> t_te, t_tm;
    if (refraction_) table.at(cosine, t_te, t_tm, true);
    const float through = refraction_ ? norm2(t_te) + norm2(t_tm) : 0.0f;
    if (!(back + through > 0)) return out;
    if (uniform(random) * (back + through) >= back) {
      out.event = Event::kPass;
      out.probability = through / (back + through);
      const float scale = 1 / std::sqrt(out.probability);
      out.te = scale * t_te, out.tm = scale * t_tm;
      return out;
    }
    const double all = shares.pattern + shares.mirror, by_pattern = shares.pattern / all;
    out.probability = back / (back + through);
    const float scale = std::sqrt(float(all) / out.probability);
    const bool is_pattern = uniform(random) < by_pattern;
    out.probability *= float(is_pattern ? by_pattern : 1 - by_pattern);
    if (!is_pattern && mirrors) {
      out.event = Event::kReflect;
      out.te = scale * out.te, out.tm = scale * out.tm;
      return out;
    }
    scatter(is_pattern ? shares.scatterer->pattern : shares.scatterer->lobe, shares.scatterer->xpd, table, n, k, scale,
            random, out);
    return out;
  }

  template <class Table>
  void scatter(const em::Lobe& lobe, double xpd, const Table& table, const Vec3f& normal, const Vec3f& k, float scale,
               uint64_t& random, Choice& out) const {
    const Vec3d u_i = normalized(Vec3d(k));
    Vec3d n = normalized(Vec3d(normal));
    if (dot(u_i, n) > 0) n = -n;
    const std::array<double, 3> draws{uniform(random), uniform(random), uniform(random)};
    const std::optional<Vec3d> u_o = em::sample(lobe, n, u_i, draws);
    if (!u_o) return;
    double weight = 1;
    if (lobe.kind != em::LobeKind::kLambertian) {
      weight = em::reciprocal_kernel(lobe, n, u_i, *u_o) / (-dot(u_i, n) * em::density(lobe, n, u_i, *u_o));
      if (!(weight > 0)) return;
    }
    out.event = Event::kScatter;
    out.direction = Vec3f(*u_o), out.normal = Vec3f(n);
    table.at(float(dot(*u_o, normalized(*u_o - u_i))), out.te, out.tm, false);
    scale *= std::sqrt(float(weight));
    out.te = scale * out.te, out.tm = scale * out.tm;
    if (!(xpd > 0)) return;
    const double turn = uniform(random);  // K_x / 2 before, K_x / 2 behind
    out.turned = turn < 0.5 * xpd ? Turned::kBefore : turn < xpd ? Turned::kBehind : Turned::kNot;
  }

  const bool refraction_, diffuse_, mirror_;
  std::vector<CoefficientTable> tables_;  // of all that is reflected, whatever way
  std::vector<Shares> shares_;
  bool any_ = false;
};

}  // namespace raywave::paths
