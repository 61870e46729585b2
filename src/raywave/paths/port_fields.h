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
#include "raywave/paths/transfer_basis.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

/// An end of paths: a device, or one element of its array.
template <class T>
struct EndPoint {
  const scene::Device* device = nullptr;  // gives pattern and slants alone; none: a point without an antenna
  int element = -1;                       // -1: the whole array, as a point
  Vec3<T> position_m;                     // of the device or the element
  Mat3<T> rotation;                       // of the device's frame into the world
  Vec3<T> velocity_m_per_s;
  std::vector<Vec3<T>> offsets_m;  // [num_elements], the device's frame
};

/// What an end's elements send into a direction, or take from it, by their slants: vectors across it, in the world,
/// [num_slants]. Patterns are real. Instantiated as below, like element_phases().
/// @param direction  unit vector seen from the device, world.
template <class T>
std::vector<Vec3<T>> slant_fields(const EndPoint<T>& end, const Vec3<T>& direction);
/// The plane-wave phases exp(+j 2 pi / lambda k . offset) of the elements, [num_elements].
template <class T>
std::vector<Complex<T>> element_phases(const EndPoint<T>& end, const T& wavelength_m, const Vec3<T>& direction);
/// How many elements the end stands for.
template <class T>
int num_elements(const EndPoint<T>& end) {
  return end.element < 0 ? end.device->array.num_elements() : 1;
}

/// Jones vectors of an end's ports in transfer_basis(direction): [num_ports] for the whole array, with their
/// phases; else the element's slants alone, without phase: [num_slants].
/// Instantiated for double, ad::Dual and ad::Var.
/// @param direction  unit vector seen from the device, world.
template <class T>
std::vector<em::BasicJonesVector<T>> port_fields(const EndPoint<T>& end, const T& wavelength_m,
                                                 const Vec3<T>& direction);

/// A device's end with the scene's own numbers.
EndPoint<double> end_point(const scene::Device& device, double wavelength_m, int element = -1);

}  // namespace raywave::paths
