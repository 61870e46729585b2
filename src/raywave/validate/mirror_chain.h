// SPDX-License-Identifier: Apache-2.0
// Lobes in the place of several mirrors in a row, without chance: the integral over n planes of
//   K(p_1) ... K(p_n) / (r_0 r_1 ... r_n)^2 dA_1 ... dA_n,  K the lobes' reciprocal kernel (em/lobes.h),
// which narrow lobes make that of the images, 1 / (r_0 + ... + r_n)^2. A lobe of kappa keeps it within 1/sqrt(kappa) of
// the path of the images, where a product of Gauss-Hermite rules in 2n dimensions, turned and stretched as the lobes
// are there, converges to it.
// Limits: planes without an end; narrow lobes (kappa of 30 and more), far from the horizon.
#pragma once

#include <array>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/em/lobes.h"

namespace raywave::validate {

class MirrorChain {
 public:
  /// @param corners  of the path of the images: its ends, and its places on the mirrors between
  explicit MirrorChain(std::vector<Vec3d> corners);

  /// The integral times the square of the path's length: 1 for mirrors. @param nodes  of the rule, per dimension
  double over_image(const em::Lobe& lobe, int nodes) const;

  struct Mirror {
    Vec3d at, normal, across, up;  // normal towards both ends
  };
  const std::vector<Mirror>& mirrors() const { return mirrors_; }
  /// How far about each mirror's place a lobe of this kappa reaches: the standard deviations across and up, [n].
  std::vector<std::array<double, 2>> footprint_m(double kappa) const;
  const Vec3d& from_m() const { return corners_.front(); }
  const Vec3d& to_m() const { return corners_.back(); }
  double length_m() const;

 private:
  using Square = std::vector<std::vector<double>>;  // [2n][2n]

  std::vector<Vec3d> points(const std::vector<double>& x) const;
  std::vector<double> turns(const std::vector<double>& x) const;
  double integrand(const em::Lobe& lobe, const std::vector<double>& x) const;

  std::vector<Vec3d> corners_;
  std::vector<Mirror> mirrors_;
  Square stretch_;  // places about the mirrors' of unit deviates, for kappa = 1
};

}  // namespace raywave::validate
