// SPDX-License-Identifier: Apache-2.0
// Pictures: plots as PNG and SVG (Cairo), and one self-contained HTML page with the 3D scene that opens offline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "raywave/maps/radio_map.h"
#include "raywave/paths/paths.h"
#include "raywave/scene/place.h"
#include "raywave/scene/scene.h"

namespace raywave::view {

/// What of a radio map is drawn.
enum class MapMetric { kPathGain, kRss, kSinr, kAssociation };
struct MapPlotOptions {
  MapMetric metric = MapMetric::kPathGain;
  int tx = -1;                    // -1: the best transmitter of each cell
  double min_db = 0, max_db = 0;  // colour scale; equal: from the data (2nd to 99.9th percentile)
  int width_px = 900;
  std::string title;
};
/// A planar map with axes in metres, transmitters, a colour bar with unit; .png or .svg by extension.
void plot_radio_map(const std::string& path, const maps::RadioMap& map, const scene::Scene& scene,
                    const MapPlotOptions& options);
/// Power delay profile of one link: stems over delay, coloured by interaction, legend; .png or .svg.
void plot_power_delay_profile(const std::string& path, const paths::Paths& paths, int tx, int rx);

struct ReportOptions {
  std::string title = "raywave";
  MapPlotOptions map;
  std::vector<std::pair<std::string, std::string>> facts;  // shown beside the picture: name, value
  std::optional<scene::Place> place;                       // shown among them, and kept in the page's data
};
/// One HTML file without outside links: the mesh coloured by material, devices, rays coloured by interaction with a
/// hover that tells gain, delay and interactions, the map draped with a colour bar, toggles for each. paths and map may
/// be null.
std::string report_html(const scene::Scene& scene, const paths::Paths* paths, const maps::RadioMap* map,
                        const ReportOptions& options);

}  // namespace raywave::view
