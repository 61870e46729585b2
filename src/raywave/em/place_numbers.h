// SPDX-License-Identifier: Apache-2.0
// The numbers of a material that varies, at one place.
#pragma once

#include <array>

#include "raywave/em/material.h"

namespace raywave::em {

/// What may vary over a surface: a material's numbers, and kappa of the von Mises-Fisher lobe that it has in the
/// mirror's place; 0: the lobe's own.
inline constexpr size_t kNumPlaceNumbers = kMaterialNumbers.size() + 1;
inline constexpr MaterialNumberInfo kPlaceKappa{"lobe/kappa", "", 0, 1e9, false, nullptr};
template <class T>
struct PlaceNumbers {
  std::array<T, kNumPlaceNumbers> numbers{};

  PlaceNumbers() = default;
  PlaceNumbers(const MaterialNumbers<T>& material) {  // implicit: of a material whose lobe does not vary
    for (size_t k = 0; k < material.numbers.size(); ++k) numbers[k] = material.numbers[k];
  }
  T& operator[](MaterialNumber n) { return numbers[size_t(n)]; }
  const T& operator[](MaterialNumber n) const { return numbers[size_t(n)]; }
  T& kappa() { return numbers[kMaterialNumbers.size()]; }
  const T& kappa() const { return numbers[kMaterialNumbers.size()]; }
  static const MaterialNumberInfo& info(size_t k) {
    return k < kMaterialNumbers.size() ? kMaterialNumbers[k] : kPlaceKappa;
  }
};

template <class T>
BasicMaterialProperties<T> properties_of(const PlaceNumbers<T>& n, const T& frequency_hz, bool perfect_conductor) {
  MaterialNumbers<T> material;
  for (size_t k = 0; k < material.numbers.size(); ++k) material.numbers[k] = n.numbers[k];
  return properties_of(material, frequency_hz, perfect_conductor);
}

}  // namespace raywave::em
