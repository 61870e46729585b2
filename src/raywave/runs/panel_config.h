// SPDX-License-Identifier: Apache-2.0
// Reconfigurable surfaces of a run: the tables [[panel]] of run.toml, beside those of run_config.h.
//
//   [[panel]]
//   name = "panel0"                       # default: panel0, panel1, ...
//   position_m = [9, -3, 3]
//   orientation_rad = [0, 0, 0]           # or look_at_m = [x, y, z]
//   num_rows = 12
//   num_cols = 12
//   spacing_m = [0.03, 0.03]              # vertical, horizontal; or one number for both
//   phase_rad = 0.0                       # or num_rows * num_cols numbers, row by row; or
//   steer = { from_m = [-12, -4, 3], to_m = [6, 11, 1.5], bits = 1 }  # without bits: phases as they are
//   amplitude = 1.0                       # as phase_rad, from 0 to 1
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "raywave/paths/panels.h"

namespace raywave::runs {

/// @param path  of the run; "": none, and so no panels. @param wavelength_m  at which panels are steered
/// @throws Error "run.toml:LINE: ..." for what is not understood.
std::vector<paths::Panel> read_panels(const std::string& path, double wavelength_m);
std::vector<paths::Panel> parse_panels(std::string_view toml, const std::string& name, double wavelength_m);

/// For commands that have no panels. @throws Error naming the command where the run has some.
void refuse_panels(const std::string& path, const std::string& command);

}  // namespace raywave::runs
