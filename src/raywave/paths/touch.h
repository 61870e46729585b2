// SPDX-License-Identifier: Apache-2.0
// Where and how a path touches something, over any scalar: all that its field needs to know of the scene.
#pragma once

#include <array>
#include <span>
#include <type_traits>

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
  /// The edge that a face goes on over at a corner (Wedge::Turns), from the corner to its other end.
  struct NextEdge {
    bool is_there = false;
    Vec3<T> begin, end;
    Vec3<T> normal;  // of its other face's plane, either way; none of a sheet's
    T offset{};
  };
  std::array<std::array<NextEdge, 2>, 2> past;  // where the leg that arrives, leaves goes past it along face 0, n
  std::array<NextEdge, 2> rims;                 // of a sheet, at this edge's beginning and end
};

/// Those of a path in their order. The scalar is told by other arguments.
template <class T>
using Touches = std::type_identity_t<std::span<const Touch<T>>>;

}  // namespace raywave::paths
