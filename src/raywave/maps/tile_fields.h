// SPDX-License-Identifier: Apache-2.0
// The fields that the rays of a tile carry, in single precision.
#pragma once

#include <cstdint>

#include "raywave/core/complex.h"
#include "raywave/paths/shoot.h"

namespace raywave::maps {

/// The fields of a tile's rays, in structure-of-arrays form.
struct TileFields {
  static constexpr int kRays = paths::RayTile::kRays;
  alignas(64) float re_x[kRays], re_y[kRays], re_z[kRays], im_x[kRays], im_y[kRays], im_z[kRays];
  alignas(64) float length[kRays];  // of the ray up to its segment's origin, metres; kAnew (roulette.h) and more
  float launched[kRays];            // where rays scatter: the power that each set out with
  int32_t ray[kRays];               // of the tile: lanes are moved

  void set(int i, const CVec3<float>& e) {
    length[i] = 0;
    put(i, e);
  }
  void put(int i, const CVec3<float>& e) {
    re_x[i] = e.re.x, re_y[i] = e.re.y, re_z[i] = e.re.z, im_x[i] = e.im.x, im_y[i] = e.im.y, im_z[i] = e.im.z;
  }
  CVec3<float> field(int i) const { return {{re_x[i], re_y[i], re_z[i]}, {im_x[i], im_y[i], im_z[i]}}; }
  void move(int from, int to) {
    for (float* component : {re_x, re_y, re_z, im_x, im_y, im_z, length, launched}) component[to] = component[from];
    ray[to] = ray[from];
  }
  void scale(int i, float s) {
    for (float* component : {re_x, re_y, re_z, im_x, im_y, im_z}) component[i] *= s;
  }
  float power(int i) const {
    return re_x[i] * re_x[i] + re_y[i] * re_y[i] + re_z[i] * re_z[i] + im_x[i] * im_x[i] + im_y[i] * im_y[i] +
           im_z[i] * im_z[i];
  }
};

}  // namespace raywave::maps
