// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/varying_materials.h"

#include "raywave/core/error.h"
#include "raywave/em/fresnel.h"

namespace raywave::paths {

TouchedMaterials asked(const VaryingMaterials& varying, std::vector<TouchedPlace> places, size_t num_interactions) {
  TouchedMaterials out;
  std::erase_if(places, [&](const TouchedPlace& p) { return varying.varies[size_t(p.material)] == 0; });
  if (places.empty()) return out;
  out.row.assign(2 * num_interactions, -1);
  for (size_t i = 0; i < places.size(); ++i) out.row[size_t(places[i].touch)] = int32_t(i);
  out.numbers = varying.at(places);
  if (out.numbers.size() != places.size())
    throw Error(message("materials that vary were asked at ", places.size(), " places, and gave numbers for ",
                        out.numbers.size()));
  out.check(num_interactions);
  return out;
}

void MetMaterial::at(float cos_theta, Complex<float>& te, Complex<float>& tm, bool transmission) const {
  const auto c = em::coefficients(double(cos_theta), slab, wavelength_m);
  const auto narrow = [](const Complexd& z) { return Complex<float>{float(z.re), float(z.im)}; };
  te = narrow(transmission ? c.t_te : c.r_te), tm = narrow(transmission ? c.t_tm : c.r_tm);
}

int64_t MetPlaces::add(int32_t facet, const Vec3d& point_m, double cos_incidence) {
  const scene::Facet& f = prepared_.facets().facets[size_t(facet)];
  if (!varying_ || varying_->varies[size_t(f.material)] == 0) return -1;
  places_.push_back({2 * count_, f.object, f.material, point_m + prepared_.origin_m(), f.normal, cos_incidence});
  return count_++;
}

int64_t MetPlaces::add(const Vec3d& source_m, const std::vector<Step>& steps) {
  if (!varying_) return -1;
  const int64_t first = count_;
  add_touched_places(prepared_, source_m, steps, first, places_);
  count_ += int64_t(steps.size());
  return first;
}

void MetPlaces::ask() {
  if (varying_) touched_ = asked(*varying_, places_, size_t(count_));
}

MetMaterial MetPlaces::at(int64_t interaction, int32_t material) const {
  MetMaterial out{context_.materials[size_t(material)], context_.scatterers[size_t(material)], context_.wavelength_m};
  if (interaction < 0) return out;
  const em::PlaceNumbers<double>& n = touched_.numbers[size_t(touched_.row[2 * size_t(interaction)])];
  out.slab = em::properties_of(n, frequency_hz_, false);
  out.scatterer.scattering = n[em::MaterialNumber::kScattering];
  out.scatterer.xpd = n[em::MaterialNumber::kXpd];
  if (n.kappa() > 0) out.scatterer.lobe.kappa = n.kappa();
  return out;
}

}  // namespace raywave::paths
