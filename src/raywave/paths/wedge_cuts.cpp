// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/wedge_cuts.h"

#include <algorithm>
#include <cmath>

namespace raywave::paths {

WedgeCuts::WedgeCuts(const scene::FacetTable& table) : table_(table), areas_m2_(table.facets.size(), 0) {
  for (const scene::Triangle& t : table.triangles)
    areas_m2_[size_t(table.facets[size_t(t.facet)].mirror)] += 0.5 * norm(cross(t.b - t.a, t.c - t.a));
}

WedgeCuts::Place WedgeCuts::place(double t, int32_t facet, double length_m, double step_m) const {
  const double area = areas_m2_[size_t(table_.facets[size_t(facet)].mirror)];
  return {t, facet, int64_t(std::floor(64 * std::log2(area))),
          int64_t(std::floor(std::abs(t - 0.5 * length_m) / step_m))};
}

void WedgeCuts::keep_apart(std::vector<Place>& places, double near_m) {
  std::sort(places.begin(), places.end(), [](const Place& x, const Place& y) {
    if (x.area_step != y.area_step) return x.area_step > y.area_step;
    return x.middle_step != y.middle_step ? x.middle_step < y.middle_step : x.t < y.t;
  });
  std::vector<Place> kept;
  for (const Place& p : places) {
    if (std::all_of(kept.begin(), kept.end(), [&](const Place& k) { return std::abs(k.t - p.t) > near_m; }))
      kept.push_back(p);
  }
  std::sort(kept.begin(), kept.end(), [](const Place& x, const Place& y) { return x.t < y.t; });
  places = std::move(kept);
}

}  // namespace raywave::paths
