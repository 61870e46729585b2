// SPDX-License-Identifier: Apache-2.0
// The files that every report carries, embedded when the library is built (cmake/RaywaveEmbed.cmake).
#pragma once

#include <string>

namespace raywave::view {

/// three.js and its orbit controls, MIT licence; the notice stands in the page.
std::string three_js();
std::string orbit_controls_js();

/// The page with its {{marks}}, and what goes in their place.
std::string report_page();
std::string report_style();
std::string report_data_js();
std::string report_map_js();
std::string report_rays_js();
std::string report_scene_js();
std::string report_panel_js();
std::string report_js();

}  // namespace raywave::view
