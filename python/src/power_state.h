// SPDX-License-Identifier: Apache-2.0
// The fields (state.h) of arrival maps and of scattered power.
#pragma once

#include "raywave/maps/arrival_map.h"
#include "raywave/paths/scattered_power.h"
#include "scene_state.h"

namespace raywave::paths {

template <class Archive>
void fields(Archive& a, Tile& t) {
  auto& [facet, triangle, corners, shaded, seen, from, to, below, behind_source, behind_target] = t;
  a(facet, triangle, shaded, seen, from, to, below, behind_source, behind_target);
  for (auto& corner : corners) a(corner[0], corner[1]);
}
template <class Archive>
void fields(Archive& a, ScatterOptions& o) {  // without progress and log
  auto& [diffuse, reflection, method, depth, specular, refraction, tolerance, max_tiles, samples, seed, progress,
         threads, log] = o;
  a(diffuse, reflection, method, depth, specular, refraction, tolerance, max_tiles, samples, seed, threads);
}
template <class Archive>
void fields(Archive& a, ScatteredPower& p) {
  auto& [tx_names, rx_names, num_rx, num_tx, gain, error, shaded, tiles, touched, first] = p;
  a(tx_names, rx_names, num_rx, num_tx, gain, error, shaded, tiles, touched, first);
}

}  // namespace raywave::paths

namespace raywave::maps {

template <class Archive>
void fields(Archive& a, ArrivalGrid& g) {
  auto& [kind, rows, columns] = g;
  a(kind, rows, columns);
}
template <class Archive>
void fields(Archive& a, Aperture::Grid& g) {
  auto& [num_y, num_z, spacing_y, spacing_z, weights_y, weights_z] = g;
  a(num_y, num_z, spacing_y, spacing_z, weights_y, weights_z);
}
template <class Archive>
void fields(Archive& a, Aperture& p) {
  auto& [positions, weights, grid] = p;
  a(positions, weights, grid);
}
template <class Archive>
void fields(Archive& a, ScanAntenna& s) {
  auto& [kind, azimuth_width, elevation_width, pattern, center] = s;
  a(kind, azimuth_width, elevation_width, pattern, center);
}
template <class Archive>
void fields(Archive& a, ArrivalMapOptions& o) {
  auto& [grid, aperture, antenna, orientation, coherent, departures, near_field, rx_port, tx_port, delays, bandwidth,
         threads] = o;
  a(grid, aperture, antenna, orientation, coherent, departures, near_field, rx_port, tx_port, delays, bandwidth,
    threads);
}
template <class Archive>
void fields(Archive& a, ArrivalMap& m) {
  auto& [frequency, departures, kind, tx_names, rx_names, delays, num_rx, num_tx, num_delays, num_rows, num_columns,
         azimuth, elevation, gain] = m;
  a(frequency, departures, kind, tx_names, rx_names, delays, num_rx, num_tx, num_delays, num_rows, num_columns, azimuth,
    elevation, gain);
}

}  // namespace raywave::maps
