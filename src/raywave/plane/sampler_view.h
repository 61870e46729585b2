// SPDX-License-Identifier: Apache-2.0
// What the learned sampler sees of a scene: numbers of walls relative to a source (the transmitter or its image), the
// receiver and the wall that the source shines through. Everything is turned and scaled so that the source is at (0, 0)
// and the receiver at (1, 0); angles are told by their sines, lengths squashed to 0..1. Planes, sides, images: whether
// anything blocks is not among them.
#pragma once

#include <vector>

#include "raywave/plane/beam.h"

namespace raywave::plane {

/// A source, what it shines through, where rays are to come.
struct Sight {
  Vec2d source, target;
  Beam beam;  // from the source through the last wall; of all directions at the beginning

  /// The window's ends, counter-clockwise from the source.
  bool has_window() const { return !beam.all; }
};

inline constexpr int kWallNumbers = 22;  // of add_wall
inline constexpr int kPairNumbers = 31;  // of add_pair
inline constexpr int kSightNumbers = 7;  // of add_sight

/// A wall as the next one: `lit` is the beam behind it.
void add_wall(const Sight& sight, const Object& wall, const Beam& lit, std::vector<float>& out);
/// Another wall beside it: where it stands on the way to the wall and from there to the target, and as the one after
/// it.
void add_pair(const Sight& sight, const Object& wall, const Beam& lit, const Object& other, int remaining,
              std::vector<float>& out);
/// The window.
void add_sight(const Sight& sight, std::vector<float>& out);

}  // namespace raywave::plane
