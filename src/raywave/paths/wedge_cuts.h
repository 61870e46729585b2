// SPDX-License-Identifier: Apache-2.0
// Where facets cut a wedge. Of places within the seam tolerance of each other one cuts, whichever way round they are
// given and however faces are cut into triangles: that of the largest plane, then the one nearest to the wedge's
// middle.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/scene/facets.h"

namespace raywave::paths {

class WedgeCuts {
 public:
  explicit WedgeCuts(const scene::FacetTable& table);

  /// A place along a wedge where a facet cuts it.
  struct Place {
    double t;
    int32_t facet;
    int64_t area_step, middle_step;  // of the facet's plane; of the distance from the middle: equal but for rounding
  };
  /// @param t  metres along a wedge of this length. @param step_m  what is one distance from the middle
  Place place(double t, int32_t facet, double length_m, double step_m) const;

  /// Leaves one of those within a distance of each other. In order along the wedge.
  static void keep_apart(std::vector<Place>& places, double near_m);

 private:
  const scene::FacetTable& table_;
  std::vector<double> areas_m2_;  // of planes: [num_facets], by mirror
};

}  // namespace raywave::paths
