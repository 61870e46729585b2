// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/evaluate.h"

#include <cmath>

#include "raywave/paths/field.h"

namespace raywave::paths {

FieldContext field_context(const scene::Scene& scene, const LogSink& log) {
  FieldContext context;
  context.wavelength_m = scene.wavelength_m();
  for (const auto& m : scene.materials) context.materials.push_back(em::properties_at(m, scene.frequency_hz, log));
  return context;
}

std::vector<uint8_t> opaque_facets(const scene::FacetTable& table, const FieldContext& context) {
  std::vector<uint8_t> material_opaque;
  for (const auto& m : context.materials) {
    material_opaque.push_back(norm2(em::coefficients(1.0, m, context.wavelength_m).t_te) < 1e-20);
  }
  std::vector<uint8_t> opaque;
  opaque.reserve(table.facets.size());
  for (const auto& f : table.facets) opaque.push_back(material_opaque[size_t(f.material)]);
  return opaque;
}

PathValues evaluate(const scene::FacetTable& table, const FieldContext& context, const Vec3d& source_m,
                    const Vec3d& target_m, const std::vector<Step>& steps) {
  PathValues v;
  Vec3d last = source_m;
  for (const Step& s : steps) {
    v.length_m += norm(s.point_m - last);
    last = s.point_m;
  }
  v.length_m += norm(target_m - last);
  v.tau_s = v.length_m / kSpeedOfLight;
  Vec3d k = normalized((steps.empty() ? target_m : steps[0].point_m) - source_m);
  v.departure = k;
  v.angles_t = angles_of(k);
  const JonesBasis<double> basis_t = jones_basis(v.angles_t);
  CVec3<double> fields[2] = {{basis_t.theta_hat, {}}, {basis_t.phi_hat, {}}};
  for (const Step& s : steps) {
    const scene::Facet& f = table.facets[size_t(s.facet)];
    const em::MaterialProperties& m = context.materials[size_t(f.material)];
    const auto c = em::coefficients(std::min(1.0, std::abs(dot(k, f.normal))), m, context.wavelength_m);
    Vec3d k_out = k;
    for (auto& e : fields) {
      k_out = k;
      if (s.type == Interaction::kSpecularReflection) {
        reflect(f.normal, c, m.specular_scale, k_out, e);
      } else {
        transmit(f.normal, c, k, e);
      }
    }
    k = k_out;
  }
  // Along straight stretches the direction is exact already; after reflections the vertices know it best.
  v.arrival = steps.empty() ? k : normalized(target_m - steps.back().point_m);
  v.angles_r = angles_of(-v.arrival);
  const JonesBasis<double> basis_r = jones_basis(v.angles_r);
  const double spreading = context.wavelength_m / (4 * kPi * v.length_m);
  for (int col = 0; col < 2; ++col) {
    v.transfer[size_t(col)] = spreading * dot(fields[col], basis_r.theta_hat);
    v.transfer[size_t(2 + col)] = spreading * dot(fields[col], basis_r.phi_hat);
  }
  return v;
}

double doppler_hz(const scene::Scene& scene, const scene::FacetTable& table, const Vec3d& source_m,
                  const Vec3d& target_m, const std::vector<Step>& steps, const Vec3d& tx_velocity,
                  const Vec3d& rx_velocity) {
  double sum = 0;
  Vec3d point = source_m, velocity = tx_velocity;
  for (size_t i = 0; i <= steps.size(); ++i) {
    const Vec3d next = i < steps.size() ? steps[i].point_m : target_m;
    const Vec3d next_velocity =
        i < steps.size() ? scene.objects[size_t(table.facets[size_t(steps[i].facet)].object)].velocity_m_per_s
                         : rx_velocity;
    sum += dot(velocity - next_velocity, normalized(next - point));
    point = next;
    velocity = next_velocity;
  }
  return sum / scene.wavelength_m();
}

}  // namespace raywave::paths
