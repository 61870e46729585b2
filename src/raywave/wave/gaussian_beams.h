// SPDX-License-Identifier: Apache-2.0
// Fields as sums of Gaussian beams (a Gabor frame). Atom (m, n): (2/(pi w^2))^(1/4) exp(-((y - y_m)/w)^2 + j kappa_n (y
// - y_m)), y_m = m a, kappa_n = n b, a = w sqrt(pi/R), b = 2 pi/(R a) for the redundancy R. Coefficients by regularised
// least squares c = (G^H G + mu^2)^-1 G^H u. exp(+j omega t). Limits: the analytic beams expand kz to second order
// about their own direction, and leave out |kappa| > 0.9 k.
#pragma once

#include <vector>

#include "raywave/wave/backend.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

struct GaborFrame {
  double waist_m = 0;
  std::vector<double> center_m, kappa_rad_per_m;  // [atoms]
  Grid grid;
  double wavenumber_rad_per_m = 0;
  std::vector<Field> atoms;  // [atoms][num_y]
  Field cholesky;            // lower triangle of G^H G + mu^2, [atoms, atoms]

  /// @throws Error naming the size when the frame would need more than 1 GiB.
  GaborFrame(const Grid& grid, double wavenumber_rad_per_m, const BackendOptions& options);
  /// c = (G^H G + mu^2)^-1 G^H u.
  std::vector<Complexc> coefficients(const Field& u) const;
  Field synthesize(const std::vector<Complexc>& c) const;
};

/// Beams that propagate without a grid.
struct BeamExpansion {
  double waist_m = 0, wavenumber_rad_per_m = 0, z0_m = 0;
  std::vector<double> center_m, kappa_rad_per_m;
  std::vector<Complexc> coefficient;

  /// Keeps atoms with |c| >= threshold max |c|.
  BeamExpansion compressed(double threshold) const;
  std::vector<Complexc> at(const std::vector<Point>& points_m) const;
};
BeamExpansion expand(const GaborFrame& frame, const Field& u, double z0_m);

}  // namespace raywave::wave
