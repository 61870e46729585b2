// SPDX-License-Identifier: Apache-2.0
// What a report shows, as JSON for its script: numbers as base64 of little-endian arrays, positions in single precision
// about the middle of the scene, so that places given in map coordinates keep their centimetres.
#pragma once

#include <string>

#include "raywave/view/view.h"

namespace raywave::view {

/// JSON that may stand inside a <script> element: without '<', and pure ASCII.
/// @throws Error for arrays whose sizes do not fit each other.
std::string report_data(const scene::Scene& scene, const paths::Paths* paths, const maps::RadioMap* map,
                        const ReportOptions& options);

/// Text for an HTML element or attribute: & < > " ' escaped, bytes that are no UTF-8 replaced.
std::string escape_html(const std::string& text);

}  // namespace raywave::view
