// SPDX-License-Identifier: Apache-2.0
// What arrival maps and their derivatives share: what apertures and antennas make of rays, and the map of one pair of
// devices, over double and ad::Dual. Formulas: arrival_map.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/spherical.h"
#include "raywave/maps/arrival_grid.h"
#include "raywave/maps/arrival_rays.h"
#include "raywave/runtime/parallel.h"

namespace raywave::maps::arrival_detail {

/// What element q receives of a ray, over what the origin does: exp(j k phase), with the near field's amplitude.
template <class T>
Complex<T> element_signal(const Ray<T>& ray, const Vec3d& q, const T& wavenumber, bool near_field) {
  const Vec3<T> at(q);
  if (!near_field) return expj(wavenumber * dot(ray.k, at));
  // D - |D k - q| = (2 D k . q - q^2) / (D + |D k - q|)
  const T along = dot(ray.k, at), q2(norm2(q));
  using std::sqrt;
  const T far = sqrt(ray.distance_m * ray.distance_m - T(2) * ray.distance_m * along + q2);
  const T ahead = (T(2) * ray.distance_m * along - q2) / (ray.distance_m + far);
  return (ray.distance_m / far) * expj(wavenumber * ahead);
}

/// conj(w_m) exp(-j k k(Omega) . q_m): [num_elements]
template <class T>
void steering(const Setup& s, size_t at, const T& wavenumber, std::vector<Complex<T>>& out) {
  const auto& q = s.options.aperture.positions_m;
  out.resize(q.size());
  for (size_t m = 0; m < q.size(); ++m) {
    const Complexd w = conj(s.weights[m]);
    out[m] = Complex<T>{T(w.re), T(w.im)} * expj(T(-dot(s.directions[at], q[m])) * wavenumber);
  }
}

/// The amplitude of the turned antenna for a direction in its frame.
template <class T>
T antenna_amplitude(const ScanAntenna& a, const Vec3<T>& v) {
  using std::atan2, std::sqrt, std::exp;
  switch (a.kind) {
    case ScanAntenna::Kind::kGaussian: {
      const T az = atan2(v.y, v.x) / T(a.azimuth_width_rad);
      const T el = atan2(v.z, sqrt(v.x * v.x + v.y * v.y)) / T(a.elevation_width_rad);
      return T(std::sqrt(16 * std::log(2) / (a.azimuth_width_rad * a.elevation_width_rad))) *
             exp(T(-2 * std::log(2)) * (az * az + el * el));
    }
    case ScanAntenna::Kind::kVonMisesFisher: {
      const double half = std::sin(a.azimuth_width_rad / 4), kappa = std::log(2) / (2 * half * half);
      return T(std::sqrt(-2 * kappa / std::expm1(-2 * kappa))) * exp(T(kappa / 2) * (v.x - T(1)));
    }
    case ScanAntenna::Kind::kPattern: {
      const Angles<T> angles = angles_of(v);
      return em::pattern_amplitude(a.pattern, angles.theta, angles.phi);
    }
  }
  return T(0);
}

/// k in the frame of the antenna turned to a direction.
template <class T>
Vec3<T> in_antenna(const Setup& s, size_t at, const Vec3<T>& k) {
  const Vec3d& d = s.directions[at];
  return turned(transposed(rotation_from_euler(Vec3d{std::atan2(d.y, d.x), -std::asin(std::clamp(d.z, -1.0, 1.0)), 0})),
                k);
}
inline double ahead_of_axes(const Setup& s, size_t at, const Vec3d& k) {
  return dot(in_antenna(s, at, k), s.options.antenna->phase_center_m);
}

/// R_i of a mechanical scan.
template <class T>
Complex<T> scan_response(const Setup& s, size_t at, const Vec3<T>& k, const T& wavenumber) {
  const Vec3<T> v = in_antenna(s, at, k);
  const ScanAntenna& a = *s.options.antenna;
  return antenna_amplitude(a, v) * expj(wavenumber * dot(v, Vec3<T>(a.phase_center_m)));
}

/// What each element receives of each ray, [num_elements, num_rays].
template <class T>
std::vector<Complex<T>> signals_of(const Setup& s, const std::vector<Ray<T>>& rays, const T& wavenumber) {
  std::vector<Complex<T>> signals;
  for (const Vec3d& q : s.options.aperture.positions_m) {
    for (const Ray<T>& ray : rays) signals.push_back(element_signal(ray, q, wavenumber, s.options.near_field));
  }
  return signals;
}

/// All rays' signals together, [num_elements].
template <class T>
std::vector<Complex<T>> received(const std::vector<Ray<T>>& rays, const std::vector<Complex<T>>& signals) {
  std::vector<Complex<T>> out(rays.empty() ? 0 : signals.size() / rays.size());
  for (size_t m = 0; m < out.size(); ++m) {
    for (size_t i = 0; i < rays.size(); ++i) out[m] = out[m] + rays[i].b * signals[m * rays.size() + i];
  }
  return out;
}

/// The power of a coherent aperture whose elements have received h.
template <class T>
void elements_row(const Setup& s, const std::vector<Complex<T>>& h, const T& wavenumber, size_t row, T* out) {
  std::vector<Complex<T>> v;
  for (size_t c = 0; c < s.columns; ++c) {
    if (h.empty() || !s.there(row * s.columns + c)) continue;
    steering(s, row * s.columns + c, wavenumber, v);
    Complex<T> sum{T(0), T(0)};
    for (size_t m = 0; m < h.size(); ++m) sum = sum + v[m] * h[m];
    out[c] = norm2(sum);
  }
}

/// Each ray's own response at a direction: [num_rays].
template <class T>
void responses(const Setup& s, const std::vector<Ray<T>>& rays, const std::vector<Complex<T>>& signals,
               const T& wavenumber, size_t at, std::vector<Complex<T>>& v, std::vector<Complex<T>>& out) {
  out.assign(rays.size(), {T(0), T(0)});
  if (s.options.antenna) {
    for (size_t i = 0; i < rays.size(); ++i) out[i] = scan_response(s, at, rays[i].k, wavenumber);
    return;
  }
  steering(s, at, wavenumber, v);
  for (size_t m = 0; m < v.size(); ++m) {
    for (size_t i = 0; i < rays.size(); ++i) out[i] = out[i] + v[m] * signals[m * rays.size() + i];
  }
}

template <class T>
void direct_row(const Setup& s, const std::vector<Ray<T>>& rays, const std::vector<Complex<T>>& signals,
                const T& wavenumber, size_t row, T* out) {
  std::vector<Complex<T>> v, r;
  for (size_t c = 0; c < s.columns; ++c) {
    if (!s.there(row * s.columns + c)) continue;
    responses(s, rays, signals, wavenumber, row * s.columns + c, v, r);
    Complex<T> sum{T(0), T(0)};
    T power(0);
    for (size_t i = 0; i < rays.size(); ++i) {
      const Complex<T> y = rays[i].b * r[i];
      sum = sum + y;
      power = power + norm2(y);
    }
    out[c] = s.options.coherent ? norm2(sum) : power;
  }
}

/// A device pair and one of the delays.
struct Sheet {
  std::vector<const Link*> links;  // more than one where each element has its own paths
  int rx, tx;
  double delay_s;
};

inline std::vector<Sheet> sheets_of(const Paths& p, const ArrivalMapOptions& o) {
  const std::vector<double> delays = o.delays_s.empty() ? std::vector<double>{0} : o.delays_s;
  std::vector<Sheet> sheets;
  for (int rx = 0; rx < int(p.rx_names.size()); ++rx) {
    for (int tx = 0; tx < int(p.tx_names.size()); ++tx) {
      for (const double t : delays) sheets.push_back({{}, rx, tx, t});
    }
  }
  for (const Link& l : p.links) {
    // of an end that is not the aperture the first element
    if ((o.departures ? l.rx_element : l.tx_element) > 0) continue;
    const size_t first = (size_t(l.rx) * p.tx_names.size() + size_t(l.tx)) * delays.size();
    for (size_t n = 0; n < delays.size(); ++n) sheets[first + n].links.push_back(&l);
  }
  return sheets;
}

inline void check_paths(const Paths& p, const ArrivalMapOptions& o) {
  for (const Link& l : p.links) {
    if (o.rx_port >= p.num_rx_ports(l))
      throw Error(message("rx_port must be below the ", p.num_rx_ports(l), " ports of '", p.rx_names[size_t(l.rx)],
                          "', got ", o.rx_port));
    if (o.tx_port >= p.num_tx_ports(l))
      throw Error(message("tx_port must be below the ", p.num_tx_ports(l), " ports of '", p.tx_names[size_t(l.tx)],
                          "', got ", o.tx_port));
    if (p.synthetic_array) continue;
    const auto have = size_t(o.departures ? p.tx_num_elements[size_t(l.tx)] : p.rx_num_elements[size_t(l.rx)]);
    if (o.antenna || !o.coherent || o.near_field || have != o.aperture.positions_m.size()) {
      throw Error(message("paths for each element give the coherent map of an aperture of as many elements (", have,
                          ") at their places; ask for coherent, or solve with synthetic_array"));
    }
  }
}

/// Of the pair of ports, into Paths::a.
inline size_t gain_index(const Paths& p, const ArrivalMapOptions& o, const Link& l, int64_t path) {
  return size_t(p.a_begin[size_t(path)]) + size_t(o.rx_port * p.num_tx_ports(l) + o.tx_port);
}

template <class T>
PathNumbers<T> numbers_at(const Paths& p, const ArrivalMapOptions& o, const Link& l, int64_t path,
                          const PathsDerivative* tangent) {
  const auto i = size_t(path);
  const size_t a = gain_index(p, o, l, path);
  const auto number = [&](double value, const std::vector<double> PathsDerivative::*column, size_t at) {
    if constexpr (std::is_same_v<T, Dual>) return Dual(value, (tangent->*column).empty() ? 0 : (tangent->*column)[at]);
    (void)tangent, (void)column, (void)at;
    return T(value);
  };
  PathNumbers<T> n;
  n.a = {T(p.a[a].re), T(p.a[a].im)};
  n.tau_s = number(p.tau_s[i], &PathsDerivative::tau_s, i);
  n.theta = o.departures ? number(p.theta_t[i], &PathsDerivative::theta_t, i)
                         : number(p.theta_r[i], &PathsDerivative::theta_r, i);
  n.phi =
      o.departures ? number(p.phi_t[i], &PathsDerivative::phi_t, i) : number(p.phi_r[i], &PathsDerivative::phi_r, i);
  n.frequency_hz = T(p.frequency_hz);
  if constexpr (std::is_same_v<T, Dual>) {
    if (!tangent->a.empty()) n.a.re.d = tangent->a[a].re, n.a.im.d = tangent->a[a].im;
    n.frequency_hz.d = tangent->frequency_hz;
  }
  return n;
}

template <class T>
std::vector<Ray<T>> rays_of(const Setup& s, const Paths& p, const Link& l, double delay_s,
                            const PathsDerivative* tangent) {
  std::vector<Ray<T>> rays;
  for (int64_t i = l.path_begin; i < l.path_end; ++i) {
    const auto to_edge = s.options.near_field ? distance_to_edge(p, l, i, s.options.departures) : std::nullopt;
    rays.push_back(ray_of(s, numbers_at<T>(p, s.options, l, i, tangent), to_edge, delay_s));
  }
  return rays;
}

/// The element of the aperture's end that a link belongs to.
inline size_t element_of(const Link& l, bool departures) { return size_t(departures ? l.tx_element : l.rx_element); }

/// What the elements of an aperture whose paths are solved one by one receive.
template <class T>
std::vector<Complex<T>> received_by_each(const Setup& s, const Paths& p, const Sheet& sheet,
                                         const PathsDerivative* tangent) {
  std::vector<Complex<T>> h(s.weights.size());
  for (const Link* l : sheet.links) {
    Complex<T>& sum = h[element_of(*l, s.options.departures)];
    for (const Ray<T>& ray : rays_of<T>(s, p, *l, sheet.delay_s, tangent)) sum = sum + ray.b;
  }
  return h;
}

/// @param h  of a coherent aperture
template <class T>
void prepare(const Setup& s, const Paths& p, const Sheet& sheet, const T& wavenumber, const PathsDerivative* tangent,
             std::vector<Ray<T>>& rays, std::vector<Complex<T>>& signals, std::vector<Complex<T>>& h) {
  if (!p.synthetic_array) {
    h = received_by_each<T>(s, p, sheet, tangent);
    return;
  }
  for (const Link* l : sheet.links) rays = rays_of<T>(s, p, *l, sheet.delay_s, tangent);
  if (s.plane_waves_on_grid()) {
    if (s.of_elements()) h = received_on_grid(s, rays, wavenumber);
    return;
  }
  if (!s.options.antenna) signals = signals_of(s, rays, wavenumber);
  if (s.of_elements()) h = received(rays, signals);
}

/// The map of a sheet, [rows, columns]; `out` holds zeros.
template <class T>
void fill(const Setup& s, const Paths& p, const Sheet& sheet, const T& wavenumber, const PathsDerivative* tangent,
          T* out) {
  std::vector<Ray<T>> rays;
  std::vector<Complex<T>> signals, h;
  prepare(s, p, sheet, wavenumber, tangent, rays, signals, h);
  runtime::parallel_for(int64_t(s.rows), s.options.num_threads, [&](int64_t row) {
    T* to = out + size_t(row) * s.columns;
    if (s.separable()) {
      separable_row(s, rays, wavenumber, size_t(row), to);
    } else if (s.of_elements() && s.on_grid()) {
      grid_row(s, h, wavenumber, size_t(row), to);
    } else if (s.of_elements()) {
      elements_row(s, h, wavenumber, size_t(row), to);
    } else {
      direct_row(s, rays, signals, wavenumber, size_t(row), to);
    }
  });
}

template <class T>
T wavenumber_of(const Paths& p, const PathsDerivative* tangent) {
  T f(p.frequency_hz);
  if constexpr (std::is_same_v<T, Dual>) f.d = tangent->frequency_hz;
  (void)tangent;
  return T(2 * kPi / kSpeedOfLight) * f;
}

}  // namespace raywave::maps::arrival_detail
