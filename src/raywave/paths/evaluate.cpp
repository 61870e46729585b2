// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/evaluate.h"

#include <cmath>

#include "raywave/paths/path_field.h"

namespace raywave::paths {

FieldContext field_context(const scene::Scene& scene, bool refraction, const LogSink& log) {
  FieldContext context;
  context.refraction = refraction;
  context.wavelength_m = scene.wavelength_m();
  for (const auto& m : scene.materials) context.materials.push_back(em::properties_at(m, scene.frequency_hz, log));
  return context;
}

RefineOptions refine_options(const PreparedScene& scene, const FieldContext& context, int max_depth) {
  RefineOptions refine{max_depth, context.refraction, {}, context.wavelength_m};
  if (!context.refraction) return refine;
  std::vector<uint8_t> material_opaque;
  for (const em::MaterialProperties& m : context.materials) {
    material_opaque.push_back(norm2(em::coefficients(1.0, m, context.wavelength_m).t_te) < 1e-20);
  }
  refine.opaque.reserve(scene.facets().facets.size());
  for (const auto& f : scene.facets().facets) refine.opaque.push_back(material_opaque[size_t(f.material)]);
  return refine;
}

namespace {

/// Where a path touches what.
void set_touches(const PreparedScene& scene, const std::vector<Step>& steps, std::vector<Touch<double>>& touches) {
  touches.assign(steps.size(), {});
  for (size_t i = 0; i < steps.size(); ++i) {
    Touch<double>& t = touches[i];
    t.type = steps[i].type;
    t.point = steps[i].point_m;
    if (t.type == Interaction::kDiffraction) {
      t.bend.is_edge = true;
      t.bend.wedge = frame_of(scene.wedges()[size_t(steps[i].facet)]);
    } else {
      const scene::Facet& f = scene.facets().facets[size_t(steps[i].facet)];
      t.bend.normal = f.normal;
      t.bend.offset = f.offset;
    }
  }
}

}  // namespace

PathValues evaluate(const PreparedScene& scene, const FieldContext& context, const Vec3d& source_m,
                    const Vec3d& target_m, const std::vector<Step>& steps) {
  thread_local std::vector<Touch<double>> touches;
  set_touches(scene, steps, touches);
  for (size_t i = 0; i < steps.size(); ++i) {
    Touch<double>& t = touches[i];
    const auto material = [&](int32_t facet) {
      return &context.materials[size_t(scene.facets().facets[size_t(facet)].material)];
    };
    if (t.type == Interaction::kDiffraction) {
      const Wedge& w = scene.wedges()[size_t(steps[i].facet)];
      t.face_0 = material(w.facet0);
      t.face_n = material(w.facet_n);
      t.transmits = context.refraction;
      t.edge = steps[i].edge;
    } else {
      t.face_0 = material(steps[i].facet);
    }
  }
  const PathField<double> f = path_field(context.wavelength_m, source_m, target_m, touches);
  return {f.length_m,    f.length_m / kSpeedOfLight, f.departure,
          f.arrival,     angles_of(f.departure),     angles_of(-f.arrival),
          transfer_of(f)};
}

int32_t object_of(const PreparedScene& scene, const Step& step) {
  const int32_t facet = step.type == Interaction::kDiffraction
                            ? scene.wedges()[size_t(step.facet)].piece_at(step.point_m).facet0
                            : step.facet;
  return scene.facets().facets[size_t(facet)].object;
}

double doppler_hz(const scene::Scene& scene, const PreparedScene& prepared, const Vec3d& source_m,
                  const Vec3d& target_m, const std::vector<Step>& steps, const Vec3d& tx_velocity,
                  const Vec3d& rx_velocity) {
  thread_local std::vector<Touch<double>> touches;
  thread_local std::vector<Vec3d> directions;
  set_touches(prepared, steps, touches);
  leg_directions(source_m, target_m, touches, directions);
  double sum = 0;
  Vec3d velocity = tx_velocity;
  for (size_t i = 0; i <= steps.size(); ++i) {
    const Vec3d next_velocity =
        i < steps.size() ? scene.objects[size_t(object_of(prepared, steps[i]))].velocity_m_per_s : rx_velocity;
    sum += dot(velocity - next_velocity, directions[i]);
    velocity = next_velocity;
  }
  return sum / scene.wavelength_m();
}

}  // namespace raywave::paths
