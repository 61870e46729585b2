// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/arrival_results.h"

#include "raywave/io/arrays.h"
#include "raywave/runs/place_arrays.h"

namespace raywave::runs {

void save_arrival_map(const std::string& path, const maps::ArrivalMap& map, const std::optional<scene::Place>& place) {
  using io::array_of;
  const size_t rows = size_t(map.num_rows), columns = size_t(map.num_columns);
  const bool angles = map.kind == maps::ArrivalGrid::Kind::kAngles;
  std::vector<io::NamedArray> arrays{
      array_of("gain", {size_t(map.num_rx), size_t(map.num_tx), size_t(map.num_delays), rows, columns}, map.gain),
      array_of("azimuth_rad", {rows, columns}, map.azimuth_rad),
      array_of("elevation_rad", {rows, columns}, map.elevation_rad),
      array_of("delays_s", {map.delays_s.size()}, map.delays_s),
      array_of("tx_names", map.tx_names),
      array_of("rx_names", map.rx_names),
      array_of("frequency_hz", map.frequency_hz),
      array_of("departures", {}, std::vector<uint8_t>{uint8_t(map.departures)}),
      array_of("grid", std::string(angles ? "angles" : "sines"))};
  add_place(arrays, place);
  io::write_arrays(path, arrays);
}

}  // namespace raywave::runs
