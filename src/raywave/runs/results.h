// SPDX-License-Identifier: Apache-2.0
// What the ray solvers answered, as files: npz (numpy), HDF5 by extension (io/arrays.h), and JSON as the command line
// prints it.
#pragma once

#include <optional>
#include <string>

#include "raywave/maps/radio_map.h"
#include "raywave/paths/paths.h"
#include "raywave/scene/place.h"

namespace raywave::runs {

/// Arrays: frequency_hz, synthetic_array (0 or 1), tx_names, rx_names, object_names, tx_positions_m and rx_positions_m
/// [n, 3], {tx,rx}_num_{elements,slants} [n], links [num_links, 6] = (rx, rx_element, tx, tx_element, path_begin,
/// path_end); per path tau_s, theta_t, phi_t, theta_r, phi_r, doppler_hz [num_paths], transfer [num_paths, 2, 2] (rows
/// theta, phi of the receiver); ragged: interaction_begin [num_paths + 1] into interactions, objects, facets [k] and
/// vertices_m [k, 3]; a_begin [num_paths + 1] into a (row-major [rx ports, tx ports] per path). Units and meaning:
/// paths/paths.h.
/// Where the scene has a place on the earth: crs (text), origin_m [3] (scene/place.h); so in radio maps and in the
/// JSON.
void save_paths(const std::string& path, const paths::Paths& paths, const std::optional<scene::Place>& place = {});
/// Arrays: path_gain, rss_w, sinr [num_tx, num_y, num_x], tx_association (by path gain) [num_y, num_x],
/// cell_centers_m [num_y, num_x, 3], cell_corners_m [num_x, 3, 3] (mesh surfaces only), tx_names, tx_power_w [num_tx],
/// frequency_hz, noise_power_w, surface ("plane", "mesh", "terrain"), center_m, orientation_rad [3], size_m,
/// cell_size_m [2], height_m.
void save_radio_map(const std::string& path, const maps::RadioMap& map, const std::optional<scene::Place>& place = {});

/// The JSON of `raywave paths`: {"frequency_hz", "paths": [...]} sorted by (tx, rx, delay). "a" is [re, im] for one
/// port at each end, else the matrix [rx port][tx port] of such pairs. @throws Error for a value that is not finite:
/// JSON has no word for it.
std::string paths_json(const paths::Paths& paths, const std::optional<scene::Place>& place = {});
/// The JSON of `raywave map`: settings, frame of the cell centres, statistics per transmitter.
std::string radio_map_json(const maps::RadioMap& map, const maps::RadioMapOptions& options,
                           const std::optional<scene::Place>& place = {});

}  // namespace raywave::runs
