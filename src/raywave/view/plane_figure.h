// SPDX-License-Identifier: Apache-2.0
// A picture of a scene in the plane: received power in dB of 1 / height_m^2, its largest value, objects, rays and
// devices on top. x to the right, y upwards, both of one scale.
#pragma once

#include <string>
#include <vector>

#include "raywave/plane/trace.h"

namespace raywave::view {

struct PlaneMapToDraw {
  std::vector<double> x_m, y_m;  // even lines
  std::vector<double> power;     // [y, x], summed over transmitters
};
struct PlanePlotOptions {
  double range_db = 55;  // below 5 dB
  int width_px = 900;
};
/// .png or .svg. Rays are as strong as they are valid, coloured by their order.
/// @throws Error for another extension, a folder that cannot be written, a map whose sizes do not agree.
void plot_plane(const std::string& path, const plane::Scene2D& scene, const plane::Paths2D& paths,
                const PlaneMapToDraw& map, const PlanePlotOptions& options = {});

}  // namespace raywave::view
