// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/results.h"

#include "raywave/io/arrays.h"
#include "raywave/runs/options.h"
#include "raywave/runs/place_arrays.h"

namespace raywave::runs {
namespace {

using io::array_of;
using io::NamedArray;

NamedArray links_array(const paths::Paths& p) {
  std::vector<int64_t> rows;
  for (const paths::Link& l : p.links) {
    rows.insert(rows.end(), {l.rx, l.rx_element, l.tx, l.tx_element, l.path_begin, l.path_end});
  }
  return array_of("links", {p.links.size(), 6}, rows);
}

}  // namespace

void add_place(std::vector<io::NamedArray>& arrays, const std::optional<scene::Place>& place) {
  if (!place) return;
  arrays.push_back(array_of("crs", place->crs));
  arrays.push_back(array_of("origin_m", {}, std::vector{place->origin_m}));
}

void save_paths(const std::string& path, const paths::Paths& p, const std::optional<scene::Place>& place) {
  const auto n = size_t(p.num_paths()), num_interactions = p.interactions.size();
  std::vector<uint8_t> kinds;
  for (const paths::Interaction i : p.interactions) kinds.push_back(uint8_t(i));
  std::vector<int32_t> facets;  // or edges
  for (const paths::SurfaceId s : p.surfaces) facets.push_back(s.index);
  const std::vector<uint8_t> synthetic{uint8_t(p.synthetic_array)};
  const auto per_path = [&](const char* name, const std::vector<double>& v) { return array_of(name, {n}, v); };
  std::vector<NamedArray> arrays{array_of("frequency_hz", p.frequency_hz),
                                 array_of("synthetic_array", {}, synthetic),
                                 array_of("tx_names", p.tx_names),
                                 array_of("rx_names", p.rx_names),
                                 array_of("object_names", p.object_names),
                                 array_of("tx_positions_m", {p.tx_positions_m.size()}, p.tx_positions_m),
                                 array_of("rx_positions_m", {p.rx_positions_m.size()}, p.rx_positions_m),
                                 array_of("tx_num_elements", {p.tx_num_elements.size()}, p.tx_num_elements),
                                 array_of("tx_num_slants", {p.tx_num_slants.size()}, p.tx_num_slants),
                                 array_of("rx_num_elements", {p.rx_num_elements.size()}, p.rx_num_elements),
                                 array_of("rx_num_slants", {p.rx_num_slants.size()}, p.rx_num_slants),
                                 links_array(p),
                                 per_path("tau_s", p.tau_s),
                                 per_path("theta_t", p.theta_t),
                                 per_path("phi_t", p.phi_t),
                                 per_path("theta_r", p.theta_r),
                                 per_path("phi_r", p.phi_r),
                                 per_path("doppler_hz", p.doppler_hz),
                                 array_of("transfer", {n, 2, 2}, p.transfer),
                                 array_of("interaction_begin", {p.interaction_begin.size()}, p.interaction_begin),
                                 array_of("interactions", {num_interactions}, kinds),
                                 array_of("objects", {num_interactions}, p.objects),
                                 array_of("facets", {num_interactions}, facets),
                                 array_of("vertices_m", {num_interactions}, p.vertices_m),
                                 array_of("a_begin", {p.a_begin.size()}, p.a_begin),
                                 array_of("a", {p.a.size()}, p.a)};
  add_place(arrays, place);
  io::write_arrays(path, arrays);
}

void save_radio_map(const std::string& path, const maps::RadioMap& map, const std::optional<scene::Place>& place) {
  const size_t nt = size_t(map.num_tx), ny = size_t(map.num_y), nx = size_t(map.num_x);
  const maps::Surface& s = map.surface;
  std::vector<NamedArray> arrays{array_of("frequency_hz", map.frequency_hz),
                                 array_of("noise_power_w", map.noise_power_w),
                                 array_of("tx_names", map.tx_names),
                                 array_of("tx_power_w", {nt}, map.tx_power_w),
                                 array_of("path_gain", {nt, ny, nx}, map.path_gain),
                                 array_of("rss_w", {nt, ny, nx}, map.rss_w()),
                                 array_of("sinr", {nt, ny, nx}, map.sinr()),
                                 array_of("tx_association", {ny, nx}, map.tx_association()),
                                 array_of("cell_centers_m", {ny, nx}, map.cell_centers_m),
                                 array_of("surface", std::string(word_of(s.kind))),
                                 array_of("center_m", {}, std::vector{s.center_m}),
                                 array_of("orientation_rad", {}, std::vector{s.orientation_rad}),
                                 array_of("size_m", {2}, std::vector{s.size_m.x, s.size_m.y}),
                                 array_of("cell_size_m", {2}, std::vector{s.cell_size_m.x, s.cell_size_m.y}),
                                 array_of("height_m", s.height_m)};
  if (!map.standard_error.empty()) arrays.push_back(array_of("standard_error", {nt, ny, nx}, map.standard_error));
  if (!map.cell_corners_m.empty()) arrays.push_back(array_of("cell_corners_m", {nx, 3}, map.cell_corners_m));
  add_place(arrays, place);
  io::write_arrays(path, arrays);
}

}  // namespace raywave::runs
