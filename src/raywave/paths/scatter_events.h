// SPDX-License-Identifier: Apache-2.0
// Where rays that walk at random scatter (Monte Carlo maps, samples to receivers): what scatter_choice.h needs of the
// scene's materials, and the choice where materials vary.
#pragma once

#include <algorithm>
#include <vector>

#include "raywave/paths/coefficient_table.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/ray_options.h"
#include "raywave/paths/scatter_choice.h"
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
      any_ |= options.is_directional() || shares_of(s).pattern > 0;
    }
    for (const Scatterer<double>& s : context.scatterers) {
      materials_.push_back(of(s));
      ScatterMaterial& m = materials_.back();
      if (m.shares.pattern > 0) m.pattern.table = table_of(s.pattern);
      if (options.is_directional()) m.lobe.table = table_of(s.lobe);
    }
    with_shares(materials_, [&](size_t table) { return shares_[table].samples().data(); });
  }
  ScatterEvents(const ScatterEvents&) = delete;  // materials point to tables here
  ScatterEvents& operator=(const ScatterEvents&) = delete;

  /// Is there anything that scatters?
  bool any() const { return any_; }

  /// What becomes of a ray.
  /// @param mirrors  does the facet reflect as a mirror? Otherwise by the lobe in its place.
  /// @param n  of the facet, either way. @param random  the ray's state
  ScatterChoice choose(int32_t material, bool mirrors, const Vec3f& n, const Vec3f& k, uint64_t& random) const {
    return choose(tables_[size_t(material)], materials_[size_t(material)], mirrors, n, k, random);
  }
  /// The same of a material that varies.
  ScatterChoice choose(const MetMaterial& material, bool mirrors, const Vec3f& n, const Vec3f& k,
                       uint64_t& random) const {
    return choose(material, of(material.scatterer), mirrors, n, k, random);
  }

  /// For those who look coefficients up by themselves. @param back, through  of all that is reflected, of what is
  /// transmitted (without refraction: 0)
  ScatterDecision decide(int32_t material, bool mirrors, const CoefficientEntry& back, const CoefficientEntry& through,
                         uint64_t& random) const {
    return paths::decide(materials_[size_t(material)].shares, mirrors, back, through, random);
  }
  /// Where a ray of which it says kScatter goes on to.
  ScatterChoice scatter(int32_t material, const ScatterDecision& decision, const Vec3f& n, const Vec3f& k,
                        uint64_t& random) const {
    return scatter(tables_[size_t(material)], materials_[size_t(material)], decision, n, k, random);
  }
  /// Of all that is reflected, whatever way.
  const CoefficientTable& table(int32_t material) const { return tables_[size_t(material)]; }

  const std::vector<ScatterMaterial>& materials() const { return materials_; }
  /// Of all lobes that have tables; see with_shares().
  const std::vector<em::LobeShares>& shares() const { return shares_; }
  /// Makes materials' lobes point to tables. @param samples_of  (which of shares()): where its samples are
  template <class SamplesOf>
  void with_shares(std::vector<ScatterMaterial>& materials, const SamplesOf& samples_of) const {
    for (ScatterMaterial& m : materials) {
      for (ScatterMaterial::Lobe* l : {&m.pattern, &m.lobe}) {
        if (l->table >= 0) l->shares = shares_[size_t(l->table)].row(samples_of(size_t(l->table)));
      }
    }
  }

 private:
  ScatterShares shares_of(const Scatterer<double>& s) const {
    const double diffuse = s.scattering * s.scattering;
    const double pattern = diffuse_ ? diffuse : 0.0, mirror = mirror_ ? 1 - diffuse : 0.0;
    return {pattern, mirror, pattern / (pattern + mirror)};
  }
  ScatterMaterial of(const Scatterer<double>& s) const { return {shares_of(s), {s.pattern}, {s.lobe}, s.xpd}; }
  /// Which of shares() is this lobe's; -1: it needs none.
  int32_t table_of(const em::Lobe& lobe) {
    if (lobe.kind == em::LobeKind::kLambertian || lobe.kind == em::LobeKind::kOwn) return -1;
    const auto known = std::find(lobes_.begin(), lobes_.end(), lobe);
    if (known != lobes_.end()) return int32_t(known - lobes_.begin());
    lobes_.push_back(lobe);
    shares_.emplace_back(lobe);
    return int32_t(lobes_.size()) - 1;
  }

  /// @param table  CoefficientTable, or what has its at()
  template <class Table>
  ScatterChoice choose(const Table& table, const ScatterMaterial& material, bool mirrors, const Vec3f& n,
                       const Vec3f& k, uint64_t& random) const {
    const float cosine = std::fabs(dot(k, n));
    CoefficientEntry back, through{};
    table.at(cosine, back.te, back.tm, false);
    if (refraction_) table.at(cosine, through.te, through.tm, true);
    const ScatterDecision d = paths::decide(material.shares, mirrors, back, through, random);
    if (d.event == Event::kScatter) return scatter(table, material, d, n, k, random);
    const CoefficientEntry& c = d.event == Event::kPass ? through : back;
    return {d.event, d.scale * c.te, d.scale * c.tm, d.probability, {}, {}, Turned::kNot};
  }
  template <class Table>
  static ScatterChoice scatter(const Table& table, const ScatterMaterial& material, const ScatterDecision& decision,
                               const Vec3f& n, const Vec3f& k, uint64_t& random) {
    const auto reflected = [&](float cosine) {
      CoefficientEntry c;
      table.at(cosine, c.te, c.tm, false);
      return c;
    };
    return paths::scatter(reflected, material, decision, n, k, random);
  }

  const bool refraction_, diffuse_, mirror_;
  std::vector<CoefficientTable> tables_;  // of all that is reflected, whatever way
  std::vector<em::Lobe> lobes_;           // [shares_]
  std::vector<em::LobeShares> shares_;
  std::vector<ScatterMaterial> materials_;
  bool any_ = false;
};

}  // namespace raywave::paths
