// SPDX-License-Identifier: Apache-2.0
// What a device's antenna ports send into, or pick up from, one direction: patterns in the device's frame, turned into
// the world's Jones basis, times the phase of the elements' positions.
// Differentiable in: orientation, element offsets, wavelength, direction; on a dipole's axis too. On the axis of
// patterns that have no slope there: slope 0.
#pragma once

#include <vector>

#include "raywave/ad/dual.h"
#include "raywave/ad/var.h"
#include "raywave/core/spherical.h"
#include "raywave/em/antenna.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

/// The world's Jones basis that transfers and port fields are written in: of the direction's value, without a slope. A
/// product of both does not depend on the basis, so that a basis held fixed gives the exact derivative of gains (what
/// it misses lies along k, which no field has) and keeps the pole of the sphere out of them: transfers over T use it
/// too.
template <class T>
JonesBasis<T> transfer_basis(const Vec3<T>& direction) {
  using ad::value_of;
  const JonesBasis<double> basis =
      jones_basis(angles_of(Vec3d{value_of(direction.x), value_of(direction.y), value_of(direction.z)}));
  return {Vec3<T>(basis.theta_hat), Vec3<T>(basis.phi_hat)};
}

/// Jones vectors of the ports in transfer_basis(direction): [num_ports] for element < 0, with the plane-wave phase
/// exp(+j 2 pi / lambda k . offset); else that element's slants alone, without phase: [num_slants].
/// Instantiated for double, ad::Dual and ad::Var.
/// @param device  gives pattern and slants alone.
/// @param orientation_rad  (yaw, pitch, roll) of the device.
/// @param element_offsets_m  in the device's frame, [num_elements].
/// @param direction  unit vector seen from the device, world.
template <class T>
std::vector<em::BasicJonesVector<T>> port_fields(const scene::Device& device, const Vec3<T>& orientation_rad,
                                                 const std::vector<Vec3<T>>& element_offsets_m, const T& wavelength_m,
                                                 const Vec3<T>& direction, int element);

}  // namespace raywave::paths
