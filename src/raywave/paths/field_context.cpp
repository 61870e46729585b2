// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/field_context.h"

#include "raywave/em/fresnel.h"

namespace raywave::paths {

FieldContext field_context(const scene::Scene& scene, bool refraction, const LogSink& log, const em::Lobe& lobe) {
  FieldContext context;
  context.refraction = refraction;
  context.wavelength_m = scene.wavelength_m();
  for (const auto& m : scene.materials) {
    context.materials.push_back(em::properties_at(m, scene.frequency_hz, log));
    context.scatterers.push_back({m.scattering_coefficient, m.xpd_coefficient, em::lobe_from_text(m.scattering_pattern),
                                  m.lobe.empty() ? lobe : em::lobe_from_text(m.lobe)});
  }
  return context;
}

bool is_opaque(const em::MaterialProperties& material, double wavelength_m) {
  return norm2(em::coefficients(1.0, material, wavelength_m).t_te) < 1e-20;
}

RefineOptions refine_options(const PreparedScene& scene, const FieldContext& context, int max_depth) {
  RefineOptions refine{max_depth, context.refraction, {}, context.wavelength_m};
  if (!context.refraction) return refine;
  std::vector<uint8_t> material_opaque;
  for (const em::MaterialProperties& m : context.materials) {
    material_opaque.push_back(is_opaque(m, context.wavelength_m));
  }
  refine.opaque.reserve(scene.facets().facets.size());
  for (const auto& f : scene.facets().facets) refine.opaque.push_back(material_opaque[size_t(f.material)]);
  return refine;
}

int32_t object_of(const PreparedScene& scene, const Step& step) {
  const int32_t index = step.surface.index;
  const int32_t facet = step.surface.is_wedge() ? scene.wedges()[size_t(index)].piece_at(step.point_m).facet0 : index;
  return scene.facets().facets[size_t(facet)].object;
}

}  // namespace raywave::paths
