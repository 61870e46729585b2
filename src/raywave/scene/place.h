// SPDX-License-Identifier: Apache-2.0
// Where a scene lies on the earth. Solvers don't ask: it is kept from the scene's file to the results.
#pragma once

#include <string>

#include "raywave/core/vec.h"

namespace raywave::scene {

struct Place {
  std::string crs;          // as pyproj and GDAL read it: "EPSG:25833", a PROJ string, WKT
  Vec3d origin_m{0, 0, 0};  // what (0, 0, 0) of the scene is in it: east, north, height above its terrain's zero
};

}  // namespace raywave::scene
