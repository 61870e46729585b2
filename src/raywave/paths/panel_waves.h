// SPDX-License-Identifier: Apache-2.0
// What an element of a panel takes of a path, and gives on. For panels.cpp.
#pragma once

#include <array>
#include <vector>

#include "raywave/ad/dual.h"
#include "raywave/ad/functions.h"
#include "raywave/ad/var.h"
#include "raywave/core/constants.h"
#include "raywave/core/spherical.h"
#include "raywave/paths/panels.h"

namespace raywave::paths {

/// The face of a panel over a scalar: how it stands and the frequency are its numbers.
template <class T>
class PanelFace {
 public:
  PanelFace(const Panel& panel, double frequency_hz) requires std::is_same_v<T, double>
      : PanelFace(panel, panel.orientation_rad, frequency_hz) {}
  PanelFace(const Panel& panel, double frequency_hz, ad::Tape& tape) requires std::is_same_v<T, ad::Var>
      : PanelFace(panel,
                  {tape.input(panel.orientation_rad.x), tape.input(panel.orientation_rad.y),
                   tape.input(panel.orientation_rad.z)},
                  tape.input(frequency_hz)) {}
  PanelFace(const Panel& panel, double frequency_hz, const Vec3d& turned,
            double frequency_moved) requires std::is_same_v<T, ad::Dual>
      : PanelFace(panel,
                  {{panel.orientation_rad.x, turned.x},
                   {panel.orientation_rad.y, turned.y},
                   {panel.orientation_rad.z, turned.z}},
                  {frequency_hz, frequency_moved}) {}

  const Vec3<T>& orientation_rad() const { return orientation_rad_; }
  const T& frequency_hz() const { return frequency_hz_; }

  /// At ports y and z [2, ports], of a wave with components along theta and phi of the panel's frame, [2, ports].
  /// @param angles  of the direction seen from the element, world
  std::vector<Complex<T>> waves(const Angles<T>& angles, const std::vector<Complex<T>>& a) const {
    using std::sqrt;
    const size_t ports = a.size() / 2;
    std::vector<Complex<T>> out(a.size());
    const Vec3<T> u = to_panel_ * direction_of(angles);
    if (!is_ahead(u)) return out;
    const T rho = sqrt(u.x * u.x + u.y * u.y);
    const std::array<Vec3<T>, 2> basis{Vec3<T>{u.x * u.z / rho, u.y * u.z / rho, -rho},
                                       Vec3<T>{-u.y / rho, u.x / rho, T(0)}};
    for (size_t s = 0; s < 2; ++s) {
      const std::array<T, 2> port = ports_of(u, basis[s]);
      for (size_t q = 0; q < 2; ++q) {
        for (size_t d = 0; d < ports; ++d) out[q * ports + d] += port[q] * a[s * ports + d];
      }
    }
    return out;
  }

  /// The same of components along theta and phi of the world, [2, 2].
  std::vector<Complex<T>> world_waves(const Angles<T>& angles, const std::array<Complex<T>, 4>& a) const {
    std::vector<Complex<T>> out(4);
    const Vec3<T> u = to_panel_ * direction_of(angles);
    if (!is_ahead(u)) return out;
    const JonesBasis<T> basis = jones_basis(angles);
    const std::array<std::array<T, 2>, 2> port{ports_of(u, to_panel_ * basis.theta_hat),
                                               ports_of(u, to_panel_ * basis.phi_hat)};
    for (size_t q = 0; q < 2; ++q) {
      for (size_t d = 0; d < 2; ++d) out[2 * q + d] = port[0][q] * a[d] + port[1][q] * a[2 + d];
    }
    return out;
  }

 private:
  PanelFace(const Panel& panel, const Vec3<T>& orientation_rad, const T& frequency_hz)
      : orientation_rad_(orientation_rad),
        frequency_hz_(frequency_hz),
        to_panel_(transposed(rotation_from_euler(orientation_rad))),
        area_m2_(panel.vertical_spacing_m * panel.horizontal_spacing_m) {}

  /// Grazing rays carry nothing, and their slope has no limit.
  static bool is_ahead(const Vec3<T>& u) {
    using ad::value_of;
    return value_of(u.x) > 1e-12;
  }
  /// Of the field e across u: along y and z, each turned by the least rotation from the normal to u. u . e = 0 is in it
  /// so that slopes are whole.
  std::array<T, 2> ports_of(const Vec3<T>& u, const Vec3<T>& e) const {
    using std::sqrt;
    const T gain = sqrt(T(4 * kPi * area_m2_) * u.x) * frequency_hz_ / T(kSpeedOfLight);
    const T ahead = (e.x + dot(u, e)) / (T(1) + u.x);
    return {gain * (e.y - u.y * ahead), gain * (e.z - u.z * ahead)};
  }

  Vec3<T> orientation_rad_;
  T frequency_hz_;
  Mat3<T> to_panel_;
  double area_m2_;
};

/// load * sum over both ports of on [2, n] and in [2, m]: [n, m].
inline std::vector<Complexd> joined(const std::vector<Complexd>& on, const std::vector<Complexd>& in,
                                    const Complexd& load) {
  const size_t n = on.size() / 2, m = in.size() / 2;
  std::vector<Complexd> out(n * m);
  for (size_t q = 0; q < 2; ++q) {
    for (size_t r = 0; r < n; ++r) {
      const Complexd left = load * on[q * n + r];
      for (size_t t = 0; t < m; ++t) out[r * m + t] += left * in[q * m + t];
    }
  }
  return out;
}

/// Adds to the cotangents of on and in; returns that of the load. @param by  of joined(on, in, load)
inline Complexd pull_joined(const std::vector<Complexd>& on, const std::vector<Complexd>& in, const Complexd& load,
                            const Complexd* by, std::vector<Complexd>& by_on, std::vector<Complexd>& by_in) {
  const size_t n = on.size() / 2, m = in.size() / 2;
  Complexd by_load;
  for (size_t q = 0; q < 2; ++q) {
    for (size_t r = 0; r < n; ++r) {
      for (size_t t = 0; t < m; ++t) {
        const Complexd &left = on[q * n + r], &right = in[q * m + t], &c = by[r * m + t];
        by_on[q * n + r] += conj(load * right) * c;
        by_in[q * m + t] += conj(load * left) * c;
        by_load += conj(left * right) * c;
      }
    }
  }
  return by_load;
}

}  // namespace raywave::paths
