// SPDX-License-Identifier: Apache-2.0
// Scenes in the plane as TOML files; the same that raywave.Scene2D.save writes:
//   r_coef, height_m, alpha, frequency_hz           numbers, all optional
//   [transmitters] and [receivers]                  name = [x, y]
//   [[materials]]                                   name, thickness_m, and perfect_conductor, itu_name, or
//                                                   relative_permittivity and conductivity_s_per_m
//   [[objects]]                                     kind, name, and what is theirs:
//     wall (the default): a, b, material    ris: a, b, phi_rad    panel: a, b, profile_m
//     corner: a                             arc: a, radius_m, begin_rad, end_rad
#pragma once

#include <string>

#include "raywave/plane/scene2d.h"

namespace raywave::runs {

/// @throws Error "file:LINE: ..." for what it does not understand, or a scene that is none.
plane::Scene2D parse_plane_scene(const std::string& text, const std::string& name);
plane::Scene2D load_plane_scene(const std::string& path);

}  // namespace raywave::runs
