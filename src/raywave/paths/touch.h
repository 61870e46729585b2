// SPDX-License-Identifier: Apache-2.0
// Where and how a path touches something, over any scalar: all that its field needs to know of the scene.
#pragma once

#include <array>

#include "raywave/core/vec.h"
#include "raywave/em/material.h"
#include "raywave/paths/interaction.h"
#include "raywave/paths/unfold.h"

namespace raywave::paths {

/// One interaction of a path, over any scalar.
template <class T>
struct Touch {
  Interaction type = Interaction::kSpecularReflection;
  Bend<T> bend;                                            // of a facet (transmissions too: normal) or a wedge
  Vec3<T> point;                                           // of mirrors and wedges
  const em::BasicMaterialProperties<T>* face_0 = nullptr;  // of a facet, or of a wedge's face 0
  const em::BasicMaterialProperties<T>* face_n = nullptr;
  bool transmits = false;  // do rays pass through the wedge's faces?
  EdgeFacts edge;
  struct Plane {
    bool is_there = false;
    Vec3<T> normal;
    T offset{};
  };
  std::array<std::array<Plane, 2>, 2> over;  // of EdgeFacts::over; normals either way
  /// A sheet's next edges, at this one's beginning and end (Wedge::Turns::rim).
  struct Rim {
    bool is_there = false;
    Vec3<T> origin, direction, into;  // into the sheet
  };
  std::array<Rim, 2> rims;
};

}  // namespace raywave::paths
