// SPDX-License-Identifier: Apache-2.0
// What a face scatters of a device that stands exactly on it. However low a device is, half of what the face scatters
// of it comes from within its height of its foot: the limit is no integral over the face but one over the directions
// below the device,
//   P = integral of w K(u_i, u_o) |M e|^2 / (cos r2^2) over directions u_i,
// the far end seen from the foot. It is summed as over places: the device is lifted off its foot by so little that
// nothing else changes, and places lie about the foot at its height's scale. They follow the device, so that the
// derivative along the face is exact. There is none along its normal: what is left of the face far away adds to the
// limit h log h of the height h.
//
// Directions are numbered by the unit square: cos = x^2 (of a cosine kernel 2 x is left, of sqrt(cos cos) a constant),
// azimuth 2 pi y.
#pragma once

#include <cmath>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/core/vec.h"
#include "raywave/paths/interaction.h"

namespace raywave::paths {

/// How high a device on a face is lifted, in wavelengths.
constexpr double kOwnFaceLift = 1e-4;

/// A device lifted off its face and a place about its foot.
template <class T>
struct OwnFacePlace {
  Vec3<T> end, point;
  double area_m2 = 0;  // that a unit of the square stands for
};

/// @param on, normal  the face's plane. @param lift_m  mostly along the normal. @param at  in the unit square, x > 0
template <class T>
OwnFacePlace<T> own_face_place(const Vec3<T>& device, const Vec3<T>& on, const Vec3<T>& normal, const Vec3d& lift_m,
                               const Vec2d& at) {
  const Vec3d n{ad::value_of(normal.x), ad::value_of(normal.y), ad::value_of(normal.z)};
  const double height = dot(lift_m, n), cosine = at.x * at.x,
               from_foot = std::abs(height) * std::sqrt(1 - cosine * cosine) / cosine;
  const Vec3<T> foot = device - dot(device - on, normal) * normal + Vec3<T>(lift_m - height * n);
  // axes that turn with the normal, and with nothing else
  const bool flat = std::abs(n.z) > 0.5;
  const Vec3<T> aside{T(flat ? 1 : 0), T(0), T(flat ? 0 : 1)};
  const Vec3<T> u = normalized(aside - dot(aside, normal) * normal), v = cross(normal, u);
  const double azimuth = 2 * kPi * at.y;
  OwnFacePlace<T> out;
  out.end = foot + T(height) * normal;
  out.point = foot + T(from_foot * std::cos(azimuth)) * u + T(from_foot * std::sin(azimuth)) * v;
  out.area_m2 = 4 * kPi * height * height / (cosine * cosine * at.x);
  return out;
}

}  // namespace raywave::paths
