// SPDX-License-Identifier: Apache-2.0
// Readers of measured antenna patterns: two-cut CSV, and MSI (Planet) as vendors write it.
#pragma once

#include <string>

#include "raywave/em/antenna.h"

namespace raywave::io {

/// Two-cut CSV: the header "cut,angle_deg,gain_dbi", then lines "azimuth|elevation,angle_deg,gain_dbi"; azimuth
/// counter-clockwise from ahead (+x toward +y), elevation above the horizon along phi = 0. Both cuts cover the full
/// turn in steps of at most 90 degrees. @throws Error with file:line.
em::MeasuredPattern read_csv_pattern(const std::string& path);
/// MSI/Planet antenna file as vendors write it (antenna_files.cpp says how freely): NAME, GAIN (dBd unless dBi is said;
/// dBi = dBd + 2.15), HORIZONTAL n and VERTICAL n with attenuations in dB >= 0. Its angles turn clockwise from above
/// and downward from the horizon; both are turned into ours. Other keywords change nothing, near misses of these are
/// refused. @throws Error with file:line.
em::MeasuredPattern read_msi_pattern(const std::string& path);

/// em::planar_array whose pattern may also be a file that the above read, known by its ending in any case.
/// @throws Error as they do, and for another ending.
em::AntennaArray load_planar_array(const em::PlanarArrayOptions& options);

}  // namespace raywave::io
