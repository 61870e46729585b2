// SPDX-License-Identifier: Apache-2.0
// The field that arrives over one path: a vector carried from vertex to vertex. At a surface it is split into TE (along
// k x n) and TM, which the slab's coefficients scale; free space contributes lambda / (4 pi L). No propagation phase.
// Differentiable in: vertices, normals, materials, wavelength. Not in: which surfaces are touched.
#pragma once

#include "raywave/core/complex.h"
#include "raywave/core/constants.h"
#include "raywave/core/vec.h"
#include "raywave/em/fresnel.h"
#include "raywave/em/material.h"

namespace raywave::paths {

/// A unit vector perpendicular to k and n; at normal incidence, where any will do, one that depends on k alone.
template <class T>
RAYWAVE_HD Vec3<T> te_direction(const Vec3<T>& k, const Vec3<T>& n) {
  const Vec3<T> c = cross(k, n);
  const T length2 = norm2(c);
  if (length2 > T(1e-24)) {
    using std::sqrt;
    return c / sqrt(length2);
  }
  const Vec3<T> axis = k.z * k.z < T(0.5) ? Vec3<T>{T(0), T(0), T(1)} : Vec3<T>{T(1), T(0), T(0)};
  return normalized(cross(k, axis));
}

/// Reflects field and direction at a facet. @param k  unit direction of travel, updated. @param n  unit normal, either
/// sign.
template <class T>
RAYWAVE_HD_CALL void reflect(const Vec3<T>& n, const em::SlabCoefficients<T>& c, const T& scale, Vec3<T>& k,
                             CVec3<T>& e) {
  const Vec3<T> te = te_direction(k, n);
  const Vec3<T> tm_in = cross(k, te);
  k = k - T(2) * dot(k, n) * n;
  const Vec3<T> tm_out = cross(k, te);
  e = (scale * c.r_te * dot(e, te)) * te + (scale * c.r_tm * dot(e, tm_in)) * tm_out;
}

/// Straight transmission through a slab.
template <class T>
RAYWAVE_HD_CALL void transmit(const Vec3<T>& n, const em::SlabCoefficients<T>& c, const Vec3<T>& k, CVec3<T>& e) {
  const Vec3<T> te = te_direction(k, n);
  const Vec3<T> tm = cross(k, te);
  e = (c.t_te * dot(e, te)) * te + (c.t_tm * dot(e, tm)) * tm;
}

}  // namespace raywave::paths
