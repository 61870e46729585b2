// SPDX-License-Identifier: Apache-2.0
// The numbers of a radio map that a picture shows.
#pragma once

#include <string>
#include <vector>

#include "raywave/view/view.h"

namespace raywave::view {

struct MapValues {
  std::vector<double>
      value;          // [num_y, num_x]: dB, dBm or the transmitter's index; -infinity or NaN where nothing arrives
  std::string label;  // with unit
  bool categorical = false;
};
/// @param tx  -1: the best transmitter of each cell.
MapValues map_values(const maps::RadioMap& map, MapMetric metric, int tx);

}  // namespace raywave::view
