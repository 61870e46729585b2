// SPDX-License-Identifier: Apache-2.0
// Arrival maps as files: npz (numpy), HDF5 by extension (io/arrays.h).
#pragma once

#include <optional>
#include <string>

#include "raywave/maps/arrival_map.h"
#include "raywave/scene/place.h"

namespace raywave::runs {

/// Arrays: gain [num_rx, num_tx, num_delays, num_rows, num_columns], azimuth_rad and elevation_rad [num_rows,
/// num_columns] (NaN where a grid of sines has no direction), delays_s [num_delays] (none: one sheet of all), tx_names,
/// rx_names, frequency_hz, departures (0 or 1), grid ("angles", "sines"), and where the scene has a place crs and
/// origin_m. Meaning: maps/arrival_map.h.
void save_arrival_map(const std::string& path, const maps::ArrivalMap& map,
                      const std::optional<scene::Place>& place = {});

}  // namespace raywave::runs
