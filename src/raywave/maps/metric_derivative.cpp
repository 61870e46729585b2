// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/metric_derivative.h"

#include <cmath>
#include <utility>

#include "raywave/core/error.h"

namespace raywave::maps {
namespace {

/// d P / d power_dbm over P.
const double kPerDecibel = std::log(10.0) / 10;

void check(const char* name, const std::vector<double>& cotangent, size_t wanted) {
  if (!cotangent.empty() && cotangent.size() != wanted)
    throw Error(message("the cotangent of ", name, " has ", cotangent.size(), " numbers, the map has ", wanted));
  for (const double c : cotangent) require_finite(message("the cotangent of ", name), c);
}

/// Noise and interference of each transmitter in each cell, [num_tx, num_cells].
std::vector<double> disturbance(const RadioMap& map, const std::vector<double>& rss) {
  const auto n = size_t(map.num_cells());
  std::vector<double> out(rss.size(), map.noise_power_w);
  for (size_t i = 0; i < rss.size(); ++i) {
    for (size_t tx = 0; tx < size_t(map.num_tx); ++tx) {
      if (tx != i / n) out[i] += rss[tx * n + i % n];
    }
  }
  return out;
}

/// Adds the cotangent of rss that a cotangent of s_t = r_t / d_t, d_t = noise + sum of the other r, brings.
void add_sinr(const RadioMap& map, const std::vector<double>& sinr, std::vector<double>& rss_cotangent) {
  const std::vector<double> rss = map.rss_w(), d = disturbance(map, rss);
  const auto n = size_t(map.num_cells());
  for (size_t i = 0; i < rss.size(); ++i) {
    if (!(d[i] > 0)) continue;  // sinr is 0 there by definition
    rss_cotangent[i] += sinr[i] / d[i];
    for (size_t tx = 0; tx < size_t(map.num_tx); ++tx) {
      if (tx != i / n) rss_cotangent[tx * n + i % n] -= sinr[i] * rss[i] / (d[i] * d[i]);
    }
  }
}

}  // namespace

GainCotangent gain_cotangent(const RadioMap& map, const MetricsDerivative& cotangent) {
  const size_t size = map.path_gain.size(), n = size_t(map.num_cells());
  check("path_gain", cotangent.path_gain, size);
  check("rss_w", cotangent.rss_w, size);
  check("sinr", cotangent.sinr, size);
  std::vector<double> rss = cotangent.rss_w;
  rss.resize(size);
  if (!cotangent.sinr.empty()) add_sinr(map, cotangent.sinr, rss);
  GainCotangent out{cotangent.path_gain, std::vector<double>(size_t(map.num_tx))};
  out.path_gain.resize(size);
  for (size_t i = 0; i < size; ++i) {
    out.path_gain[i] += rss[i] * map.tx_power_w[i / n];
    out.power_dbm[i / n] += kPerDecibel * map.tx_power_w[i / n] * rss[i] * map.path_gain[i];
  }
  return out;
}

scene::SceneDerivative metrics_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                   const RadioMapOptions& options, const RadioMap& map,
                                   const MetricsDerivative& cotangent, std::vector<em::PlaceNumbers<double>>* slopes) {
  const GainCotangent by = gain_cotangent(map, cotangent);
  scene::SceneDerivative gradient = map_vjp(scene, prepared, options, map, by.path_gain, slopes);
  for (size_t tx = 0; tx < by.power_dbm.size(); ++tx) gradient.transmitters[tx].power_dbm += by.power_dbm[tx];
  return gradient;
}

MetricsDerivative metrics_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                              const RadioMapOptions& options, const RadioMap& map,
                              const scene::SceneDerivative& direction,
                              const std::vector<em::PlaceNumbers<double>>& moved) {
  return metrics_moved(map, map_jvp(scene, prepared, options, map, direction, moved), direction.transmitters);
}

MetricsDerivative metrics_moved(const RadioMap& map, std::vector<double> path_gain,
                                const std::vector<scene::DeviceDerivative>& transmitters) {
  MetricsDerivative out;
  out.path_gain = std::move(path_gain);
  const size_t size = map.path_gain.size(), n = size_t(map.num_cells());
  const std::vector<double> rss = map.rss_w(), d = disturbance(map, rss);
  out.rss_w.resize(size);
  for (size_t i = 0; i < size; ++i) {
    out.rss_w[i] = map.tx_power_w[i / n] * out.path_gain[i] + kPerDecibel * rss[i] * transmitters[i / n].power_dbm;
  }
  out.sinr.resize(size);
  for (size_t i = 0; i < size; ++i) {
    double others = 0;
    for (size_t tx = 0; tx < size_t(map.num_tx); ++tx) {
      if (tx != i / n) others += out.rss_w[tx * n + i % n];
    }
    if (d[i] > 0) out.sinr[i] = (out.rss_w[i] - rss[i] / d[i] * others) / d[i];
  }
  return out;
}

}  // namespace raywave::maps
