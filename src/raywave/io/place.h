// SPDX-License-Identifier: Apache-2.0
// Where a scene's file says that it lies on the earth.
#pragma once

#include <optional>
#include <string>

#include "raywave/scene/place.h"

namespace raywave::io {

/// Where a scene of Mitsuba XML lies: its defaults `crs`, `origin_east_m`, `origin_north_m` and, else 0,
/// `origin_height_m`, as raywave.geo writes them; none where the first three are not all there, and in other files.
/// @throws Error naming the file for an origin that is no number.
std::optional<scene::Place> read_place(const std::string& path);

}  // namespace raywave::io
