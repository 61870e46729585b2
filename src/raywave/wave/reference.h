// SPDX-License-Identifier: Apache-2.0
// Slow references by the Green's function of free space: the Rayleigh-Sommerfeld integral of the first kind,
//   u(y, z) = int K(y - y', z) u(y', 0) dy',  K(y, z) = -(j k z / (2 r)) H1^(2)(k r),  exp(+j omega t).
// On a uniform grid this is a Toeplitz product: no images, but an error of exp(-dz sqrt((2 pi/dy - |ky|)^2 - k^2)).
#pragma once

#include <vector>

#include "raywave/core/vec.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

/// @param z0_m  plane of u; points must lie at least a quarter of a wavelength behind it. @throws Error.
std::vector<Complexc> green_reference(const Grid& grid, const Field& u, double z0_m, double wavenumber_rad_per_m,
                                      const std::vector<Point>& points_m);

/// The same on the grid itself, from the stored values of the kernel, which is even. In 3D the kernel is
/// (1 / (2 pi)) (1/r + j k) z exp(-j k r) / r^2 and the sum one over all pairs of points.
Field rayleigh_sommerfeld_step(const Grid& grid, const Field& u, double dz_m, double wavenumber_rad_per_m);

/// Exact field of a Gaussian beam exp(-(y/w)^2 - j k sin(tilt) y) launched at z = 0, evanescent part included: its
/// plane-wave integral by the trapezoidal rule in ky, which converges exponentially; z >= one wavelength.
Complexc gaussian_beam(double wavenumber_rad_per_m, double waist_m, double tilt_rad, Point from_launch);

/// The same in 3D, exp(-(x^2 + y^2)/w^2 - j k (sin(tilt_x) x + sin(tilt) y)) at z = 0: its plane-wave integral by the
/// trapezoidal rule over kx and ky, without the evanescent part. @param period_m  images lie this far away.
Complexc gaussian_beam_3d(double wavenumber_rad_per_m, double waist_m, double tilt_x_rad, double tilt_rad,
                          const Vec3d& from_launch, double period_m);

/// A round Gaussian patch exp(-(rho / w)^2) at z = 0 in 3D, without the evanescent part:
/// (w^2 / 2) int exp(-(q w / 2)^2) J0(q rho) exp(-j kz z) q dq, by Simpson's rule in angle.
Complexc gaussian_patch(double wavenumber_rad_per_m, double waist_m, double rho_m, double z_m);

}  // namespace raywave::wave
