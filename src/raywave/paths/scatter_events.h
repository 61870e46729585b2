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

  /// choose() in two steps, for those who look coefficients up by themselves: what chance decides before any direction
  /// is drawn,
  struct Decision {
    Event event = Event::kEnd;
    bool by_pattern = false;  // of kScatter; else by the lobe in the mirror's place
    float probability = 1;    // as Choice's
    float scale = 1;          // of what coefficients make of a field
  };
  /// @param back, through  of all that is reflected, of what is transmitted (without refraction: 0)
  Decision decide(int32_t material, bool mirrors, const CoefficientEntry& back, const CoefficientEntry& through,
                  uint64_t& random) const {
    return decide(shares_[size_t(material)], mirrors, back, through, random);
  }
  /// and where a ray of which it says kScatter goes on to.
  Choice scatter(int32_t material, const Decision& decision, const Vec3f& n, const Vec3f& k, uint64_t& random) const {
    return scatter(tables_[size_t(material)], shares_[size_t(material)], decision, n, k, random);
  }
  /// Of all that is reflected, whatever way.
  const CoefficientTable& table(int32_t material) const { return tables_[size_t(material)]; }

  static double uniform(uint64_t& random) {
    random = mix64(random);
    return double(random >> 11) * 0x1.0p-53;
  }

 private:
  struct Shares {
    double pattern, mirror, by_pattern;  // of the power reflected; the first over both
    const Scatterer<double>* scatterer;
  };
  Shares shares_of(const Scatterer<double>& s) const {
    const double diffuse = s.scattering * s.scattering;
    const double pattern = diffuse_ ? diffuse : 0.0, mirror = mirror_ ? 1 - diffuse : 0.0;
    return {pattern, mirror, pattern / (pattern + mirror), &s};
  }

  /// @param table  CoefficientTable, or what has its at()
  template <class Table>
  Choice choose(const Table& table, const Shares& shares, bool mirrors, const Vec3f& n, const Vec3f& k,
                uint64_t& random) const {
    const float cosine = std::fabs(dot(k, n));
    CoefficientEntry back, through{};
    table.at(cosine, back.te, back.tm, false);
    if (refraction_) table.at(cosine, through.te, through.tm, true);
    const Decision d = decide(shares, mirrors, back, through, random);
    if (d.event == Event::kScatter) return scatter(table, shares, d, n, k, random);
    const CoefficientEntry& c = d.event == Event::kPass ? through : back;
    return {d.event, d.scale * c.te, d.scale * c.tm, d.probability, {}, {}, Turned::kNot};
  }

  static Decision decide(const Shares& shares, bool mirrors, const CoefficientEntry& back_c,
                         const CoefficientEntry& through_c, uint64_t& random) {
    const auto all = float(shares.pattern + shares.mirror);
    const float back = all * (norm2(back_c.te) + norm2(back_c.tm));
    const float through = norm2(through_c.te) + norm2(through_c.tm);
    Decision out;
    if (!(back + through > 0)) return out;
    if (uniform(random) * (back + through) >= back) {
      out.event = Event::kPass;
      out.probability = through / (back + through);
      out.scale = 1 / std::sqrt(out.probability);
      return out;
    }
    out.probability = back / (back + through);
    out.scale = std::sqrt(all / out.probability);
    out.by_pattern = uniform(random) < shares.by_pattern;
    out.probability *= float(out.by_pattern ? shares.by_pattern : 1 - shares.by_pattern);
    out.event = !out.by_pattern && mirrors ? Event::kReflect : Event::kScatter;
    return out;
  }

  template <class Table>
  static Choice scatter(const Table& table, const Shares& shares, const Decision& decision, const Vec3f& normal,
                        const Vec3f& k, uint64_t& random) {
    const em::Lobe& lobe = decision.by_pattern ? shares.scatterer->pattern : shares.scatterer->lobe;
    const double xpd = shares.scatterer->xpd;
    Choice out;
    out.probability = decision.probability;
    const Vec3d u_i = normalized(Vec3d(k));
    Vec3d n = normalized(Vec3d(normal));
    if (dot(u_i, n) > 0) n = -n;
    const std::array<double, 3> draws{uniform(random), uniform(random), uniform(random)};
    const std::optional<Vec3d> u_o = em::sample(lobe, n, u_i, draws);
    if (!u_o) return out;
    double weight = 1;
    if (lobe.kind != em::LobeKind::kLambertian) {
      weight = em::reciprocal_kernel(lobe, n, u_i, *u_o) / (-dot(u_i, n) * em::density(lobe, n, u_i, *u_o));
      if (!(weight > 0)) return out;
    }
    out.event = Event::kScatter;
    out.direction = Vec3f(*u_o), out.normal = Vec3f(n);
    table.at(float(dot(*u_o, normalized(*u_o - u_i))), out.te, out.tm, false);
    const float scale = decision.scale * std::sqrt(float(weight));
    out.te = scale * out.te, out.tm = scale * out.tm;
    if (!(xpd > 0)) return out;
    const double turn = uniform(random);  // K_x / 2 before, K_x / 2 behind
    out.turned = turn < 0.5 * xpd ? Turned::kBefore : turn < xpd ? Turned::kBehind : Turned::kNot;
    return out;
  }

  const bool refraction_, diffuse_, mirror_;
  std::vector<CoefficientTable> tables_;  // of all that is reflected, whatever way
  std::vector<Shares> shares_;
  bool any_ = false;
};

}  // namespace raywave::paths
