// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "raywave/core/vec.h"

namespace raywave::maps {

/// A map's plane in single precision, for the inner loop: p = o + t d crosses at t = (offset - n.o) / n.d.
struct PlaneFrame {
  Vec3f normal, axis_x, axis_y;  // axes divided by the cell size
  float offset, x0, y0;          // cell coordinates: axis . p - x0
};

}  // namespace raywave::maps
