// SPDX-License-Identifier: Apache-2.0
// The rays from a point through a segment, and what walls leave of them: planes and sides alone, nothing blocks. A beam
// is never narrower than the rays that go its way (a little slack, far above rounding).
#pragma once

#include "raywave/plane/laws.h"

namespace raywave::plane {

/// Rays from `apex` through the segment from `from` to `to`; or of all directions.
struct Beam {
  bool all = true;
  Vec2d apex, from, to;
};

/// The beam behind a wall, mirrored; false: the wall is not met. `first`: the beam of all directions has an apex.
/// A beam that is seen edge on says nothing: its next is one of all directions without an apex.
bool follow(const Beam& beam, bool first, const Object& wall, Beam& next);

/// -1, 0, +1: on which side of the line a b is p? 0 within rounding.
int side_of(Vec2d a, Vec2d b, Vec2d p);

}  // namespace raywave::plane
