// SPDX-License-Identifier: Apache-2.0
// Where a scene lies on the earth, in a result's file.
#pragma once

#include <optional>
#include <vector>

#include "raywave/io/arrays.h"
#include "raywave/scene/place.h"

namespace raywave::runs {

/// Appends crs (text) and origin_m [3] where there is a place.
void add_place(std::vector<io::NamedArray>& arrays, const std::optional<scene::Place>& place);
/// So in an object of JSON (a template: headers hold no third-party types).
template <class Json>
void add_place(Json& out, const std::optional<scene::Place>& place) {
  if (!place) return;
  const Vec3d& o = place->origin_m;
  out["crs"] = place->crs;
  out["origin_m"] = {o.x, o.y, o.z};
}

}  // namespace raywave::runs
