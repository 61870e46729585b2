// SPDX-License-Identifier: Apache-2.0
// A derivative with respect to everything in a scene: the gradient of a loss, or a tangent (a direction in which the
// scene moves). Same places as the scene itself; scene/parameters.h gives them names.
#pragma once

#include <array>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/vec.h"
#include "raywave/scene/scene.h"

namespace raywave::scene {

struct DeviceDerivative {
  Vec3d position_m, orientation_rad, velocity_m_per_s;
  double power_dbm = 0;                    // of transmitters
  std::vector<Vec3d> element_positions_m;  // [num_elements], the device's frame, the frequency held
  std::vector<Complexd> precoding;         // [num_ports] of transmitters, (d / d Re, d / d Im)
};

/// By em::MaterialNumber. Permittivity and conductivity are those at the scene's frequency, also of ITU rows.
struct MaterialDerivative : em::MaterialNumbers<double> {
  std::array<double, em::kNumLobeNumbers> pattern{}, lobe{};  // by em::kLobeNumbers
};

struct ObjectDerivative {
  std::vector<Vec3d> vertices_m;  // [num_vertices] of the object's mesh
  Vec3d velocity_m_per_s;
};

struct SceneDerivative {
  /// Everything else held as the scene holds it: ITU rows disperse, positions given in wavelengths stretch.
  double frequency_hz = 0;
  std::vector<DeviceDerivative> transmitters, receivers;
  std::vector<MaterialDerivative> materials;
  std::vector<ObjectDerivative> objects;

  SceneDerivative() = default;
  /// Zeros of the scene's shapes.
  explicit SceneDerivative(const Scene& scene);
  /// @throws Error when the two are of scenes of other shapes.
  SceneDerivative& operator+=(const SceneDerivative& other);
  SceneDerivative& operator*=(double factor);
  /// @throws Error naming the first parameter whose derivative is not finite, or a shape that is not the scene's.
  void check_finite(const Scene& scene) const;
};

/// The sum of products over all places. @throws Error when the two are of scenes of other shapes.
double dot(const SceneDerivative& a, const SceneDerivative& b);

}  // namespace raywave::scene
