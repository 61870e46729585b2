// SPDX-License-Identifier: Apache-2.0
// How noisy the facets of a reconstructed mesh are: their slopes from the surface that they mean, and over which area
// they go together. What a Gaussian lobe of variance 1 / kappa gives over noisy facets is a sum over places, and its
// variance a sum over pairs of places, of slopes s_i and s_j:
//   Var = kappa / 4 pi  integral of  E[exp(-kappa' |s_i - s_j|^2)] - E[... of places far apart]  dA,
// kappa' = kappa cos(theta), dA in units of the lobe's angle. The expectations are means over pairs of the mesh's own
// facets in rings of distance: the estimate of Scene.lobe_for (Python), from fewer pairs, so that it takes a time
// linear in the facets (but for sorting them); the largest kappa that follows is within a third of lobe_for's.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/scene/facets.h"

namespace raywave::scene {

class FacetNoise {
 public:
  /// Of an object's facets. Where fewer than a dozen of one surface are together, they are its shape, not noise.
  FacetNoise(const FacetTable& table, int32_t object);

  /// Standard deviation about each axis; 0: clean.
  double slope() const { return slope_; }
  /// Of the power received by a lobe of this kappa, from mesh to mesh: its standard deviation over its mean as
  /// 10 log10(1 + .), with legs of leg_m before and behind at 45 degrees. kappa in [1, 1e9].
  double spread_db(double kappa, double leg_m) const;
  /// The largest kappa <= most for which that is at most `spread_db`.
  double largest_kappa(double spread_db, double leg_m, double most) const;
  /// Places all over the object, as many a m^2. Where it is noisy.
  const std::vector<Vec3d>& places_m() const { return places_m_; }

 private:
  double slope_ = 0;
  std::vector<double> areas_m2_;  // the integral above for kappa' of kKappas (facet_noise.cpp)
  std::vector<Vec3d> places_m_;
};

}  // namespace raywave::scene
