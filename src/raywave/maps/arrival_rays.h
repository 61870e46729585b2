// SPDX-License-Identifier: Apache-2.0
// What the options of an arrival map say, in the form in which it is used, and paths as their end sees them, over
// scalars. Formulas: arrival_map.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/spherical.h"
#include "raywave/maps/arrival_map.h"

namespace raywave::maps::arrival_detail {

using ad::Dual;
using ad::Var;
using paths::Link;
using paths::Paths;
using paths::PathsDerivative;

/// What the options say, in the form in which it is used.
struct Setup {
  const ArrivalMapOptions& options;
  size_t rows, columns;
  std::vector<Vec3d> directions;               // [rows, columns], the aperture's frame; zero: none
  std::vector<Complexd> weights;               // [num_elements], sum |w| = 1
  std::vector<Complexd> lags_y;                // of a grid: sum of conj(w_m) w_n over m - n = l >= 0
  std::vector<Complexd> weights_y, weights_z;  // of a grid, each with sum |w| = 1
  Mat3d to_frame;                              // from the world

  explicit Setup(const ArrivalMapOptions& o) : options(o), rows(o.grid.rows.size()), columns(o.grid.columns.size()) {
    to_frame = transposed(rotation_from_euler(o.orientation_rad));
    directions.resize(rows * columns);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < columns; ++c) directions[r * columns + c] = direction(o.grid, r, c);
    }
    if (o.antenna) return;
    weights = scaled(o.aperture.weights, o.aperture.positions_m.size());
    if (!o.aperture.grid) return;
    const Aperture::Grid& g = *o.aperture.grid;
    weights_y = scaled(g.weights_y, size_t(g.num_y));
    weights_z = scaled(g.weights_z, size_t(g.num_z));
    for (size_t l = 0; l < weights_y.size(); ++l) {
      Complexd sum{0, 0};
      for (size_t n = 0; n + l < weights_y.size(); ++n) sum = sum + conj(weights_y[n + l]) * weights_y[n];
      lags_y.push_back(sum);
    }
  }

  bool there(size_t at) const { return norm2(directions[at]) > 0; }
  bool on_grid() const { return !options.antenna && options.aperture.grid; }
  /// What elements receive of plane waves comes apart into y and z.
  bool plane_waves_on_grid() const { return on_grid() && !options.near_field; }
  /// So do powers.
  bool separable() const { return plane_waves_on_grid() && !options.coherent; }
  /// Of the elements' signals together.
  bool of_elements() const { return options.coherent && !options.antenna; }
  double row_sine(size_t row) const {
    const double r = options.grid.rows[row];
    return options.grid.kind == ArrivalGrid::Kind::kAngles ? std::sin(r) : r;
  }

  static Vec3d direction(const ArrivalGrid& g, size_t r, size_t c) {
    if (g.kind == ArrivalGrid::Kind::kAngles) {
      const double e = g.rows[r], a = g.columns[c];
      return {std::cos(e) * std::cos(a), std::cos(e) * std::sin(a), std::sin(e)};
    }
    const double x2 = 1 - g.rows[r] * g.rows[r] - g.columns[c] * g.columns[c];
    return x2 >= 0 ? Vec3d{std::sqrt(x2), g.columns[c], g.rows[r]} : Vec3d{0, 0, 0};
  }
  static std::vector<Complexd> scaled(std::vector<Complexd> w, size_t n) {
    if (w.empty()) w.assign(n, {1, 0});
    double sum = 0;
    for (const Complexd& x : w) sum += abs(x);
    for (Complexd& x : w) x = (1 / sum) * x;
    return w;
  }
};

/// One path as its end sees it, over a scalar.
template <class T>
struct Ray {
  Complex<T> b;  // its gain; coherent: with the carrier's phase
  Vec3<T> k;     // where it comes from, the aperture's frame
  T distance_m;  // of its apparent source, for near fields
};

template <class T>
T sinc(const T& x) {
  using std::sin;
  if (ad::value_of(x) * ad::value_of(x) < 1e-6) return T(1) - T(kPi * kPi / 6) * x * x;  // to 1e-11
  return sin(T(kPi) * x) / (T(kPi) * x);
}

/// The numbers of a path that the map depends on, with their tangents over Dual.
template <class T>
struct PathNumbers {
  Complex<T> a;
  T tau_s, theta, phi, frequency_hz;
};

/// The distance from the end to the path's last edge; nothing where it has none.
inline std::optional<double> distance_to_edge(const Paths& p, const Link& l, int64_t path, bool departures) {
  const auto begin = size_t(p.interaction_begin[size_t(path)]), end = size_t(p.interaction_begin[size_t(path) + 1]);
  Vec3d at = departures ? p.tx_positions_m[size_t(l.tx)] : p.rx_positions_m[size_t(l.rx)];
  double length = 0;
  for (size_t n = 0; n < end - begin; ++n) {
    const size_t i = departures ? begin + n : end - 1 - n;
    length += norm(p.vertices_m[i] - at);
    at = p.vertices_m[i];
    const paths::Interaction type = p.interactions[i];
    if (!paths::mirrors(type) && type != paths::Interaction::kRefraction) return length;
  }
  return std::nullopt;
}

template <class T>
Vec3<T> turned(const Mat3d& m, const Vec3<T>& v) {
  const auto along = [&](const Vec3d& row) { return T(row.x) * v.x + T(row.y) * v.y + T(row.z) * v.z; };
  return {along(m.row0), along(m.row1), along(m.row2)};
}

template <class T>
Ray<T> ray_of(const Setup& s, const PathNumbers<T>& n, const std::optional<double>& to_edge, double delay_s) {
  Ray<T> ray;
  ray.b = n.a;
  const Vec3<T> k = direction_of(Angles<T>{n.theta, n.phi});
  ray.k = turned(s.to_frame, k);
  ray.distance_m = to_edge ? T(*to_edge) : T(kSpeedOfLight) * n.tau_s;
  if (s.options.coherent) {
    // whole turns are left out before the sine, which keeps the digits of long paths
    const double turns = std::floor(ad::value_of(n.frequency_hz) * ad::value_of(n.tau_s));
    ray.b = ray.b * expj(T(-2 * kPi) * (n.frequency_hz * n.tau_s - T(turns)));
  }
  if (!s.options.delays_s.empty()) ray.b = sinc(T(s.options.bandwidth_hz) * (T(delay_s) - n.tau_s)) * ray.b;
  return ray;
}

}  // namespace raywave::maps::arrival_detail
