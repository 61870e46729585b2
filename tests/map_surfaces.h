// SPDX-License-Identifier: Apache-2.0
// Surfaces that tests of maps lay out.
#pragma once

#include "raywave/maps/radio_map.h"

namespace raywave::test {

/// A level plane of square cells.
inline maps::Surface plane(const Vec3d& center_m, const Vec2d& size_m, double cell_m) {
  maps::Surface s;
  s.center_m = center_m;
  s.size_m = size_m;
  s.cell_size_m = {cell_m, cell_m};
  return s;
}

}  // namespace raywave::test
