// SPDX-License-Identifier: Apache-2.0
#include "raywave/view/map_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/units.h"

namespace raywave::view {

MapValues map_values(const maps::RadioMap& map, MapMetric metric, int tx) {
  MapValues out;
  const auto n = size_t(map.num_cells());
  if (metric == MapMetric::kAssociation) {
    out.categorical = true;
    out.label = "best transmitter";
    for (const int32_t best : map.tx_association())
      out.value.push_back(best < 0 ? std::numeric_limits<double>::quiet_NaN() : best);
    return out;
  }
  std::vector<double> linear;
  double offset = 0;
  if (metric == MapMetric::kPathGain) {
    linear = map.path_gain;
    out.label = "path gain in dB";
  } else if (metric == MapMetric::kRss) {
    linear = map.rss_w();
    offset = 30;
    out.label = "received signal strength in dBm";
  } else {
    linear = map.sinr();
    out.label = "SINR in dB";
  }
  out.value.assign(n, -std::numeric_limits<double>::infinity());
  for (int t = 0; t < map.num_tx; ++t) {
    if (tx >= 0 && t != tx) continue;
    for (size_t i = 0; i < n; ++i)
      out.value[i] = std::max(out.value[i], power_to_db(linear[size_t(t) * n + i]) + offset);
  }
  return out;
}

}  // namespace raywave::view
