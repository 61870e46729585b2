// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "raywave/core/units.h"
#include "raywave/paths/panels.h"
#include "raywave/runs/options.h"
#include "raywave/runs/place_arrays.h"
#include "raywave/runs/results.h"

namespace raywave::runs {
namespace {

using Json = nlohmann::ordered_json;

double finite(const char* what, double value) {
  require_finite(what, value);
  return value;
}

Json json_of(const char* what, const Vec3d& v) { return {finite(what, v.x), finite(what, v.y), finite(what, v.z)}; }

Json json_of(const Complexd& a) { return {finite("a", a.re), finite("a", a.im)}; }

Json gains(const paths::Paths& p, const paths::Link& link, int64_t path) {
  const Complexd* a = p.a.data() + p.a_begin[size_t(path)];
  const int rows = p.num_rx_ports(link), columns = p.num_tx_ports(link);
  if (rows == 1 && columns == 1) return json_of(*a);
  Json matrix = Json::array();
  for (int r = 0; r < rows; ++r) {
    Json row = Json::array();
    for (int c = 0; c < columns; ++c) row.push_back(json_of(a[r * columns + c]));
    matrix.push_back(std::move(row));
  }
  return matrix;
}

Json path_json(const paths::Paths& p, const paths::Link& link, int64_t path) {
  const auto i = size_t(path);
  Json out;
  out["tx"] = p.tx_names[size_t(link.tx)];
  out["rx"] = p.rx_names[size_t(link.rx)];
  if (link.tx_element >= 0) out["tx_element"] = link.tx_element;
  if (link.rx_element >= 0) out["rx_element"] = link.rx_element;
  Json interactions = Json::array(), objects = Json::array(), vertices = Json::array();
  vertices.push_back(json_of("vertices_m", p.tx_positions_m[size_t(link.tx)]));
  for (auto k = size_t(p.interaction_begin[i]); k < size_t(p.interaction_begin[i + 1]); ++k) {
    interactions.push_back(paths::interaction_name(p.interactions[k]));
    objects.push_back(p.object_names[size_t(p.objects[k])]);
    vertices.push_back(json_of("vertices_m", p.vertices_m[k]));
  }
  vertices.push_back(json_of("vertices_m", p.rx_positions_m[size_t(link.rx)]));
  out["interactions"] = std::move(interactions);
  out["objects"] = std::move(objects);
  out["vertices_m"] = std::move(vertices);
  out["delay_s"] = finite("delay_s", p.tau_s[i]);
  out["a"] = gains(p, link, path);
  out["departure"] = {{"theta_rad", finite("theta_t", p.theta_t[i])}, {"phi_rad", finite("phi_t", p.phi_t[i])}};
  out["arrival"] = {{"theta_rad", finite("theta_r", p.theta_r[i])}, {"phi_rad", finite("phi_r", p.phi_r[i])}};
  out["doppler_hz"] = finite("doppler_hz", p.doppler_hz[i]);
  return out;
}

/// Mean over all cells, extremes and quantiles over the covered ones; null without any.
Json gain_statistics(const double* gain, size_t num_cells) {
  std::vector<double> covered;
  for (size_t i = 0; i < num_cells; ++i) {
    if (finite("path_gain", gain[i]) > 0) covered.push_back(gain[i]);
  }
  std::sort(covered.begin(), covered.end());
  const double sum = std::accumulate(covered.begin(), covered.end(), 0.0);
  const auto db = [&](double quantile) -> Json {
    if (covered.empty()) return nullptr;
    return power_to_db(covered[size_t(quantile * double(covered.size() - 1))]);
  };
  Json out;
  out["cells_covered"] = covered.size();
  out["coverage"] = num_cells ? double(covered.size()) / double(num_cells) : 0.0;
  out["mean_path_gain"] = num_cells ? sum / double(num_cells) : 0.0;
  out["path_gain_db"] = {{"min", db(0)}, {"p10", db(0.1)}, {"median", db(0.5)}, {"p90", db(0.9)}, {"max", db(1)}};
  return out;
}

Json surface_json(const maps::RadioMap& map) {
  const maps::Surface& s = map.surface;
  Json out;
  out["kind"] = word_of(s.kind);
  if (!std::isnan(s.center_m.x)) out["center_m"] = json_of("center_m", s.center_m);  // else: over the scene's middle
  out["orientation_rad"] = json_of("orientation_rad", s.orientation_rad);
  out["size_m"] = {finite("size_m", s.size_m.x), finite("size_m", s.size_m.y)};
  out["cell_size_m"] = {finite("cell_size_m", s.cell_size_m.x), finite("cell_size_m", s.cell_size_m.y)};
  out["height_m"] = finite("height_m", s.height_m);
  out["objects"] = s.objects;
  out["num_y"] = map.num_y;
  out["num_x"] = map.num_x;
  if (!map.cell_centers_m.empty()) {
    out["first_cell_center_m"] = json_of("cell_centers_m", map.cell_centers_m.front());
    out["last_cell_center_m"] = json_of("cell_centers_m", map.cell_centers_m.back());
  }
  return out;
}

}  // namespace

std::string paths_json(const paths::Paths& p, const std::optional<scene::Place>& place) {
  struct Row {
    const paths::Link* link;
    int64_t path;
  };
  std::vector<Row> rows;
  for (const paths::Link& link : p.links) {
    for (int64_t i = link.path_begin; i < link.path_end; ++i) rows.push_back({&link, i});
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    if (a.link->tx != b.link->tx) return a.link->tx < b.link->tx;
    if (a.link->rx != b.link->rx) return a.link->rx < b.link->rx;
    return p.tau_s[size_t(a.path)] < p.tau_s[size_t(b.path)];
  });
  Json out;
  out["frequency_hz"] = finite("frequency_hz", p.frequency_hz);
  add_place(out, place);
  out["paths"] = Json::array();
  for (const Row& row : rows) out["paths"].push_back(path_json(p, *row.link, row.path));
  return out.dump(1) + "\n";
}

std::string radio_map_json(const maps::RadioMap& map, const maps::RadioMapOptions& options,
                           const std::optional<scene::Place>& place) {
  Json out;
  out["frequency_hz"] = finite("frequency_hz", map.frequency_hz);
  add_place(out, place);
  out["noise_power_w"] = finite("noise_power_w", map.noise_power_w);
  out["settings"] = {{"method", word_of(options.method)},
                     {"max_depth", options.max_depth},
                     {"max_diffractions", options.max_diffractions},
                     {"samples_per_tx", options.samples_per_tx},
                     {"points_per_cell", options.points_per_cell},
                     {"coherent", options.coherent},
                     {"seed", options.seed}};
  for (const paths::Switch& s : paths::kSwitches) out["settings"][s.name] = options.*s.field;
  if (options.is_directional()) out["settings"]["reflection"] = em::lobe_text(options.lobe);
  out["surface"] = surface_json(map);
  out["transmitters"] = Json::array();
  const auto cells = size_t(map.num_cells());
  for (size_t t = 0; t < size_t(map.num_tx); ++t) {
    Json tx;
    tx["name"] = map.tx_names[t];
    tx["power_w"] = finite("power_w", map.tx_power_w[t]);
    tx.update(gain_statistics(map.path_gain.data() + t * cells, cells));
    out["transmitters"].push_back(std::move(tx));
  }
  return out.dump(1) + "\n";
}

}  // namespace raywave::runs
