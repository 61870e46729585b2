// SPDX-License-Identifier: Apache-2.0
// Where a scene lies on the earth, as arrays of a result's file.
#pragma once

#include <optional>
#include <vector>

#include "raywave/io/arrays.h"
#include "raywave/scene/place.h"

namespace raywave::runs {

/// Appends crs (text) and origin_m [3] where there is a place.
void add_place(std::vector<io::NamedArray>& arrays, const std::optional<scene::Place>& place);

}  // namespace raywave::runs
