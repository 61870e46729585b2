// SPDX-License-Identifier: Apache-2.0
// Pictures of wave fields: z to the right, y upwards, outlines of the objects on top.
#pragma once

#include <string>

#include "raywave/wave/compare.h"
#include "raywave/wave/simulate.h"

namespace raywave::view {

struct WavePlotOptions {
  int source = 0;        // -1: incoherent sum of all
  double range_db = 50;  // below the largest value
  bool phase = false;    // the phase instead of the amplitude
  double x_m = 0;        // 3D: the layer that is drawn
  int width_px = 1000;
  std::string title;
};
/// |u| in dB over the planes of a result, or over y where there are fewer than three planes; .png or .svg.
/// @throws Error for a source that is not there.
void plot_wave_field(const std::string& path, const wave::Result& result, const WavePlotOptions& options = {});

/// |u| and phase of every backend and of the reference, the change of the field with the source's position in three
/// ways, and the table of errors and times; .png or .svg.
void plot_wave_comparison(const std::string& path, const wave::Comparison& comparison);
/// The rows of that table, header first.
std::vector<std::vector<std::string>> comparison_table(const wave::Comparison& comparison);
/// One HTML page without outside links: the drawing (SVG text) and the table.
std::string wave_comparison_html(const wave::Comparison& comparison, const std::string& svg);

}  // namespace raywave::view
