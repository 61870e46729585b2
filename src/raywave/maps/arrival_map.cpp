// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/arrival_map.h"

#include "raywave/maps/arrival_terms.h"

namespace raywave::maps {

using namespace arrival_detail;

ArrivalMap arrival_map(const Paths& paths, const ArrivalMapOptions& options) {
  options.validate();
  check_paths(paths, options);
  const Setup setup(options);
  ArrivalMap map;
  map.frequency_hz = paths.frequency_hz;
  map.departures = options.departures;
  map.kind = options.grid.kind;
  map.tx_names = paths.tx_names;
  map.rx_names = paths.rx_names;
  map.delays_s = options.delays_s;
  map.num_rx = int(paths.rx_names.size()), map.num_tx = int(paths.tx_names.size());
  map.num_delays = std::max(1, int(options.delays_s.size()));
  map.num_rows = int(setup.rows), map.num_columns = int(setup.columns);
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  for (size_t at = 0; at < setup.directions.size(); ++at) {
    const Vec3d& d = setup.directions[at];
    map.azimuth_rad.push_back(setup.there(at) ? std::atan2(d.y, d.x) : kNone);
    map.elevation_rad.push_back(setup.there(at) ? std::asin(std::clamp(d.z, -1.0, 1.0)) : kNone);
    if (options.grid.kind == ArrivalGrid::Kind::kAngles) {
      map.azimuth_rad.back() = options.grid.columns[at % setup.columns];
      map.elevation_rad.back() = options.grid.rows[at / setup.columns];
    }
  }
  const auto sheets = sheets_of(paths, options);
  const size_t size = setup.rows * setup.columns;
  map.gain.assign(sheets.size() * size, 0);
  for (size_t n = 0; n < sheets.size(); ++n) {
    fill(setup, paths, sheets[n], wavenumber_of<double>(paths, nullptr), nullptr, map.gain.data() + n * size);
  }
  return map;
}

}  // namespace raywave::maps
