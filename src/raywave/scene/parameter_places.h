// SPDX-License-Identifier: Apache-2.0
// Where each named parameter lives; shared by derivative.cpp and parameters.cpp.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "raywave/scene/derivative.h"

namespace raywave::scene {

enum class Quantity {
  kFrequency,
  kPosition,
  kOrientation,
  kDeviceVelocity,
  kElements,
  kPower,
  kPrecoding,
  kPermittivity,
  kConductivity,
  kThickness,
  kScattering,
  kXpd,
  kTranslation,
  kRotation,
  kScale,
  kVertices,
  kObjectVelocity
};

/// One quantity of one device, material or object.
struct Place {
  Quantity quantity = Quantity::kFrequency;
  size_t index = 0;
  bool transmits = false;  // of devices
};

void for_each_place(const Scene& scene, const std::function<void(const Place&)>& visit);
std::string name_of(const Scene& scene, const Place& place);
std::optional<Place> find_place(const Scene& scene, std::string_view name);

/// Translation, rotation and scale: they have no number of their own in a SceneDerivative.
inline bool is_transform(Quantity q) {
  return q == Quantity::kTranslation || q == Quantity::kRotation || q == Quantity::kScale;
}
/// The numbers of a place that is no transform.
std::span<double> numbers_at(SceneDerivative& derivative, const Place& place);
std::span<const double> numbers_at(const SceneDerivative& derivative, const Place& place);

/// @throws Error naming the first thing whose shape differs from the scene's.
void require_shape(const Scene& scene, const SceneDerivative& derivative);

}  // namespace raywave::scene
