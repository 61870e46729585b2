// SPDX-License-Identifier: Apache-2.0
// Apertures and grids, what is refused of them, and what is read off a map: peaks and spreads.
#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/maps/arrival_map.h"

namespace raywave::maps {

ArrivalGrid angle_grid(int num_elevations, int num_azimuths, double lowest_rad, double highest_rad) {
  if (num_elevations < 1 || num_azimuths < 1)
    throw Error(message("a grid of angles needs at least one elevation and one azimuth, got ", num_elevations, " and ",
                        num_azimuths));
  require_in_range("lowest_rad", lowest_rad, -kPi / 2, kPi / 2);
  require_in_range("highest_rad", highest_rad, lowest_rad, kPi / 2);
  ArrivalGrid grid;
  for (int i = 0; i < num_elevations; ++i) {
    const double share = num_elevations == 1 ? 0.5 : double(i) / (num_elevations - 1);
    grid.rows.push_back(lowest_rad + share * (highest_rad - lowest_rad));
  }
  for (int i = 0; i < num_azimuths; ++i) grid.columns.push_back(-kPi + 2 * kPi * i / num_azimuths);
  return grid;
}

ArrivalGrid sine_grid(int num_rows, int num_columns) {
  if (num_rows < 1 || num_columns < 1)
    throw Error(message("a grid of sines needs at least one row and one column, got ", num_rows, " and ", num_columns));
  ArrivalGrid grid;
  grid.kind = ArrivalGrid::Kind::kSines;
  for (int i = 0; i < num_rows; ++i) grid.rows.push_back((2.0 * i + 1) / num_rows - 1);
  for (int i = 0; i < num_columns; ++i) grid.columns.push_back((2.0 * i + 1) / num_columns - 1);
  return grid;
}

namespace {

void require_weights(const char* name, const std::vector<Complexd>& w, size_t wanted) {
  if (!w.empty() && w.size() != wanted)
    throw Error(message(name, " must be one number for each of ", wanted, " elements, got ", w.size()));
  double sum = 0;
  for (const Complexd& x : w) {
    if (!std::isfinite(x.re) || !std::isfinite(x.im)) throw Error(message(name, " must be finite numbers"));
    sum += abs(x);
  }
  if (!w.empty() && !(sum > 0)) throw Error(message(name, " must not all be 0"));
}

std::vector<Vec3d> grid_positions(int num_y, int num_z, double spacing_y_m, double spacing_z_m) {
  std::vector<Vec3d> out;
  for (int y = 0; y < num_y; ++y) {
    for (int z = 0; z < num_z; ++z)
      out.push_back({0, (y - 0.5 * (num_y - 1)) * spacing_y_m, (z - 0.5 * (num_z - 1)) * spacing_z_m});
  }
  return out;
}

/// A grid stands for the positions, which nobody asks then.
void require_grid(const Aperture& a) {
  const Aperture::Grid& g = *a.grid;
  const std::vector<Vec3d> wanted = grid_positions(g.num_y, g.num_z, g.spacing_y_m, g.spacing_z_m);
  const auto same = [](const Vec3d& p, const Vec3d& q) { return p.x == q.x && p.y == q.y && p.z == q.z; };
  if (!std::equal(wanted.begin(), wanted.end(), a.positions_m.begin(), a.positions_m.end(), same))
    throw Error("positions_m of an aperture with a grid must be those of planar_aperture(); for others leave grid out");
}

}  // namespace

Aperture planar_aperture(int num_y, int num_z, double spacing_y_m, double spacing_z_m, std::vector<Complexd> weights_y,
                         std::vector<Complexd> weights_z) {
  if (num_y < 1 || num_z < 1)
    throw Error(message("a planar aperture needs at least one element along each axis, got ", num_y, " and ", num_z));
  require_positive("spacing_y_m", spacing_y_m);
  require_positive("spacing_z_m", spacing_z_m);
  require_weights("weights_y", weights_y, size_t(num_y));
  require_weights("weights_z", weights_z, size_t(num_z));
  if (weights_y.empty()) weights_y.assign(size_t(num_y), {1, 0});
  if (weights_z.empty()) weights_z.assign(size_t(num_z), {1, 0});
  Aperture a;
  a.positions_m = grid_positions(num_y, num_z, spacing_y_m, spacing_z_m);
  for (const Complexd& y : weights_y) {
    for (const Complexd& z : weights_z) a.weights.push_back(y * z);
  }
  a.grid = {num_y, num_z, spacing_y_m, spacing_z_m, std::move(weights_y), std::move(weights_z)};
  return a;
}

Aperture circular_aperture(int num_elements, double radius_m) {
  if (num_elements < 1) throw Error(message("a circular aperture needs at least one element, got ", num_elements));
  require_positive("radius_m", radius_m);
  Aperture a;
  for (int i = 0; i < num_elements; ++i) {
    const double angle = 2 * kPi * i / num_elements;
    a.positions_m.push_back({radius_m * std::cos(angle), radius_m * std::sin(angle), 0});
  }
  return a;
}

void ArrivalMapOptions::validate() const {
  if (grid.rows.empty() || grid.columns.empty()) throw Error("the grid of an arrival map has no direction");
  const bool angles = grid.kind == ArrivalGrid::Kind::kAngles;
  for (const double r : grid.rows) require_in_range("grid.rows", r, angles ? -kPi / 2 : -1, angles ? kPi / 2 : 1);
  for (const double c : grid.columns) {
    require_finite("grid.columns", c);
    if (!angles) require_in_range("grid.columns", c, -1, 1);
  }
  if (antenna) {
    if (near_field) throw Error("near_field is of apertures; a turned antenna has none");
    if (antenna->kind != ScanAntenna::Kind::kPattern) {
      require_within("azimuth_width_rad", antenna->azimuth_width_rad, 1e-6, kPi, false);
      require_within("elevation_width_rad", antenna->elevation_width_rad, 1e-6, kPi, false);
    }
    for (const double x : {antenna->phase_center_m.x, antenna->phase_center_m.y, antenna->phase_center_m.z})
      require_finite("phase_center_m", x);
  } else {
    if (aperture.positions_m.empty()) throw Error("the aperture has no element");
    for (const Vec3d& q : aperture.positions_m) {
      if (!is_finite(q)) throw Error("positions_m of the aperture must be finite numbers");
    }
    require_weights("weights of the aperture", aperture.weights, aperture.positions_m.size());
    if (aperture.grid) require_grid(aperture);
  }
  if (!is_finite(orientation_rad)) throw Error("orientation_rad must be finite numbers");
  if (rx_port < 0) throw Error(message("rx_port must be >= 0, got ", rx_port));
  if (tx_port < 0) throw Error(message("tx_port must be >= 0, got ", tx_port));
  for (const double t : delays_s) require_finite("delays_s", t);
  if (!delays_s.empty()) require_positive("bandwidth_hz", bandwidth_hz);
  if (num_threads < 0) throw Error(message("num_threads must be >= 0 (0: all), got ", num_threads));
}

namespace {

const double* sheet_at(const ArrivalMap& map, int rx, int tx, int delay) {
  if (rx < 0 || rx >= map.num_rx) throw Error(message("rx must be below ", map.num_rx, ", got ", rx));
  if (tx < 0 || tx >= map.num_tx) throw Error(message("tx must be below ", map.num_tx, ", got ", tx));
  if (delay < 0 || delay >= map.num_delays)
    throw Error(message("delay must be below ", map.num_delays, ", got ", delay));
  const size_t sheet = (size_t(rx) * size_t(map.num_tx) + size_t(tx)) * size_t(map.num_delays) + size_t(delay);
  return map.gain.data() + sheet * size_t(map.num_rows) * size_t(map.num_columns);
}

/// Columns that go all around: all of them where one more step closes the circle, all but the last where that is the
/// first again; else 0.
int columns_around(const ArrivalMap& map) {
  const int n = map.num_columns;
  if (n < 3 || std::isnan(map.azimuth_rad[0]) || std::isnan(map.azimuth_rad[size_t(n - 1)])) return 0;
  const double step = std::abs(map.azimuth_rad[1] - map.azimuth_rad[0]),
               span = std::abs(map.azimuth_rad[size_t(n - 1)] - map.azimuth_rad[0]);
  if (std::abs(span + step - 2 * kPi) < 0.5 * step) return n;
  return std::abs(span - 2 * kPi) < 0.5 * step ? n - 1 : 0;
}

}  // namespace

std::vector<ArrivalPeak> arrival_peaks(const ArrivalMap& map, int rx, int tx, int delay, int at_most,
                                       double within_db) {
  const double* gain = sheet_at(map, rx, tx, delay);
  if (at_most < 0) throw Error(message("at_most must be >= 0, got ", at_most));
  require_non_negative("within_db", within_db);
  const bool around = columns_around(map) > 0;
  const int rows = map.num_rows, columns = around ? columns_around(map) : map.num_columns;
  const double floor = *std::max_element(gain, gain + rows * map.num_columns) * std::pow(10, -within_db / 10);
  std::vector<ArrivalPeak> peaks;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      const int at = r * map.num_columns + c;
      bool highest = gain[at] > 0 && gain[at] >= floor;
      for (int dr = -1; dr <= 1 && highest; ++dr) {
        for (int dc = -1; dc <= 1; ++dc) {
          const int rr = r + dr, cc = around ? (c + dc + columns) % columns : c + dc;
          if (rr < 0 || rr >= rows || cc < 0 || cc >= columns) continue;
          const int other = rr * map.num_columns + cc;
          if (gain[other] > gain[at] || (gain[other] == gain[at] && other < at)) highest = false;
        }
      }
      if (highest) peaks.push_back({map.azimuth_rad[size_t(at)], map.elevation_rad[size_t(at)], gain[at]});
    }
  }
  std::stable_sort(peaks.begin(), peaks.end(), [](const auto& a, const auto& b) { return a.gain > b.gain; });
  if (peaks.size() > size_t(at_most)) peaks.resize(size_t(at_most));
  return peaks;
}

AngularSpread angular_spread(const ArrivalMap& map, int rx, int tx, int delay) {
  const double* gain = sheet_at(map, rx, tx, delay);
  double sum = 0, elevation = 0, elevation2 = 0;
  Complexd turn{0, 0};
  const auto columns = size_t(map.num_columns),
             repeated = columns_around(map) == map.num_columns - 1 ? columns - 1 : columns;
  for (size_t at = 0; at < map.azimuth_rad.size(); ++at) {
    if (std::isnan(map.azimuth_rad[at]) || at % columns == repeated) continue;
    const double e = map.elevation_rad[at];
    // the solid angle of a cell, to scale: of equal angles; of equal sines dy dz / x, at the rim of the circle no more
    // than a cell's width allows
    const double ahead = std::cos(e) * std::cos(map.azimuth_rad[at]);
    const double angle = map.kind == ArrivalGrid::Kind::kAngles
                             ? std::cos(e)
                             : 1 / std::max(ahead, 1 / std::sqrt(double(map.num_columns)));
    const double w = gain[at] * angle;
    sum += w;
    turn = turn + w * expj(map.azimuth_rad[at]);
    elevation += w * e;
    elevation2 += w * e * e;
  }
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (!(sum > 0)) return {kNone, kNone, kNone, kNone};
  const double mean = elevation / sum, length = std::min(1.0, abs(turn) / sum);
  return {arg(turn), std::sqrt(std::abs(2 * std::log(length))), mean,
          std::sqrt(std::max(0.0, elevation2 / sum - mean * mean))};
}

}  // namespace raywave::maps
