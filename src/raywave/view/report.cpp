// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string_view>

#include "raywave/core/error.h"
#include "raywave/view/report_assets.h"
#include "raywave/view/report_data.h"
#include "raywave/view/view.h"

namespace raywave::view {
namespace {

/// Puts parts in the place of {{marks}} in one pass: what is put in is not looked at again.
std::string fill(std::string_view page, const std::map<std::string_view, std::string>& parts) {
  std::string out;
  size_t at = 0;
  while (true) {
    const size_t open = page.find("{{", at);
    if (open == std::string_view::npos) break;
    const size_t close = page.find("}}", open);
    const auto part = parts.find(page.substr(open + 2, close - open - 2));
    if (part == parts.end()) throw InternalError(message("unknown mark in report.html at byte ", open));
    out += page.substr(at, open - at);
    out += part->second;
    at = close + 2;
  }
  return out += page.substr(at);
}

}  // namespace

std::string report_html(const scene::Scene& scene, const paths::Paths* paths, const maps::RadioMap* map,
                        const ReportOptions& options) {
  const std::string viewer =
      report_data_js() + report_map_js() + report_rays_js() + report_scene_js() + report_panel_js() + report_js();
  return fill(report_page(), {{"title", escape_html(options.title)},
                              {"style", report_style()},
                              {"three", three_js()},
                              {"controls", orbit_controls_js()},
                              {"data", report_data(scene, paths, map, options)},
                              {"viewer", viewer}});
}

}  // namespace raywave::view
