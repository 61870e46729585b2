// SPDX-License-Identifier: Apache-2.0
// What `raywave map` and `raywave view` both say about a map.
#pragma once

#include <string>

#include "raywave/maps/radio_map.h"
#include "raywave/view/view.h"

namespace raywave::cli {

/// @throws UsageError naming the nearest metric.
view::MapMetric metric_from_name(const std::string& name);
/// Covered cells and gains per transmitter, as a table.
std::string map_summary(const maps::RadioMap& map);

}  // namespace raywave::cli
