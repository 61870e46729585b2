// SPDX-License-Identifier: Apache-2.0
// Evaluate: the polarised transfer of a path, its delay, angles and Doppler shift, and the gains between antenna ports.
#pragma once

#include <array>
#include <vector>

#include "raywave/core/spherical.h"
#include "raywave/paths/paths.h"
#include "raywave/paths/refine.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

/// What fields depend on, at one frequency.
struct FieldContext {
  double wavelength_m = 0;
  std::vector<em::MaterialProperties> materials;  // [num_materials]
  bool refraction = false;                        // do rays pass through walls? What edges diffract depends on it
};
/// Evaluates the scene's materials at its frequency; warnings go to `log`.
FieldContext field_context(const scene::Scene& scene, bool refraction, const LogSink& log);

/// What refinement needs to know of the fields.
RefineOptions refine_options(const PreparedScene& scene, const FieldContext& context, int max_depth);

struct PathValues {
  double length_m = 0, tau_s = 0;
  Vec3d departure, arrival;           // unit directions of travel at the two ends
  Angles<double> angles_t, angles_r;  // of departure; of where the wave comes from
  /// Rows (theta_r, phi_r), columns (theta_t, phi_t), including lambda / (4 pi L).
  std::array<Complexd, 4> transfer;
};

PathValues evaluate(const PreparedScene& scene, const FieldContext& context, const Vec3d& source_m,
                    const Vec3d& target_m, const std::vector<Step>& steps);

/// The object that an interaction belongs to; of a wedge between two objects, face 0's.
int32_t object_of(const PreparedScene& scene, const Step& step);

/// f_D = (v_tx . k_0 - v_rx . k_n + sum v_i . (k_i - k_{i-1})) / lambda: both ends and the objects touched move.
double doppler_hz(const scene::Scene& scene, const PreparedScene& prepared, const Vec3d& source_m,
                  const Vec3d& target_m, const std::vector<Step>& steps, const Vec3d& tx_velocity,
                  const Vec3d& rx_velocity);

/// Jones vectors of all ports of a device in the world's basis (theta, phi) at a direction seen from the device, times
/// the phase of their positions: [num_ports]. `element` < 0: all elements, as plane-wave phases around the device; else
/// that element's slants alone, without phase.
std::vector<em::JonesVector> port_fields(const scene::Device& device, double wavelength_m, const Vec3d& direction,
                                         int element);

}  // namespace raywave::paths
