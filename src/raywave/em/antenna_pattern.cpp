// SPDX-License-Identifier: Apache-2.0
// The patterns' formulas over double, Dual and Var.
#include <algorithm>
#include <cmath>

#include "raywave/ad/jet.h"
#include "raywave/core/constants.h"
#include "raywave/em/antenna.h"
#include "raywave/em/dipole.h"

namespace raywave::em {
namespace {

using ad::chain;
using ad::Partial;
using ad::value_of;

/// Linear interpolation over a full turn. @param angles_rad  ascending, spanning less than or exactly one turn.
template <class T>
T periodic_interpolation(const std::vector<double>& angles_rad, const std::vector<double>& values, const T& angle_rad) {
  const double turn = 2 * kPi;
  const double first = angles_rad.front();
  double x = std::fmod(value_of(angle_rad) - first, turn);
  if (x < 0) x += turn;
  x += first;
  const auto above = std::upper_bound(angles_rad.begin(), angles_rad.end(), x);
  const size_t hi = size_t(above - angles_rad.begin());
  const size_t lo = hi - 1;  // x >= front, so hi >= 1
  const bool wraps = hi == angles_rad.size();
  const double x_hi = wraps ? first + turn : angles_rad[hi];
  const double v_hi = wraps ? values.front() : values[hi];
  const double width = x_hi - angles_rad[lo];
  if (width <= 0) return T(values[lo]);
  const double rise = v_hi - values[lo];
  return chain(values[lo] + rise * (x - angles_rad[lo]) / width, Partial<T>{rise / width, angle_rad});
}

template <class T>
T power_of_ten(const T& exponent) {
  const double value = std::pow(10.0, value_of(exponent));
  return chain(value, Partial<T>{std::log(10.0) * value, exponent});
}

/// cos(pi/2 cos theta) / sin theta; its limit on the axis is 0.
template <class T>
T half_wave_dipole_shape(const T& theta) {
  using std::abs;
  using std::cos;
  using std::sin;
  const T s = sin(theta), c = cos(theta);
  // cos(pi/2 |c|) = sin(pi/2 (1 - |c|)), 1 - |c| = s^2 / (1 + |c|): no cancellation near the axis.
  const T v = s / (T(1) + abs(c));   // (1 - |c|) / s
  const T x = T(0.5 * kPi) * s * v;  // pi/2 (1 - |c|)
  const T sinc = abs(x) < T(1e-8) ? T(1) : sin(x) / x;
  return sinc * T(0.5) * T(kPi) * v;
}

/// 3GPP TR 38.901, table 7.3-1.
template <class T>
T tr38901_gain_db(const T& theta, const T& phi) {
  const T half_power_width(65.0 * kPi / 180.0), most(30);
  const T turned = chain(std::remainder(value_of(phi), 2 * kPi), Partial<T>{1, phi});
  const T v = (theta - T(0.5 * kPi)) / half_power_width, h = turned / half_power_width;
  const T v_loss = T(12) * v * v, h_loss = T(12) * h * h;
  const T loss = (v_loss < most ? v_loss : most) + (h_loss < most ? h_loss : most);
  return T(8) - (loss < most ? loss : most);
}

template <class T>
T hypotenuse(const T& a, const T& b) {
  const double n = std::hypot(value_of(a), value_of(b)), inverse = n > 0 ? 1 / n : 0;
  return chain(n, Partial<T>{value_of(a) * inverse, a}, Partial<T>{value_of(b) * inverse, b});
}

}  // namespace

template <class T>
T pattern_gain(const MeasuredPattern& p, const T& theta_rad, const T& phi_rad) {
  using std::cos;
  const T azimuth_db = periodic_interpolation(p.azimuth_rad, p.azimuth_gain_db, phi_rad);
  // The elevation cut is the vertical circle through phi = 0: directions behind are angles beyond +-90 degrees.
  const T elevation = T(0.5 * kPi) - theta_rad;
  const T in_front = periodic_interpolation(p.elevation_rad, p.elevation_gain_db, elevation);
  const T behind = periodic_interpolation(p.elevation_rad, p.elevation_gain_db, T(kPi) - elevation);
  // The front and back half of that circle are blended over the azimuth. Each is taken relative to the azimuth cut in
  // its own plane, so that the elevation cut is reproduced exactly and nothing is counted twice: an azimuth cut that
  // was normalised at a tilted beam's peak must not lift that peak above the rated gain.
  const T azimuth_ahead(periodic_interpolation(p.azimuth_rad, p.azimuth_gain_db, 0.0));
  const T azimuth_behind(periodic_interpolation(p.azimuth_rad, p.azimuth_gain_db, kPi));
  const T w = T(0.5) * (T(1) + cos(phi_rad));
  const T elevation_db = w * (in_front - azimuth_ahead) + (T(1) - w) * (behind - azimuth_behind);
  return power_of_ten((T(p.max_gain_dbi) + azimuth_db + elevation_db) / T(10));
}

template <class T>
T pattern_amplitude(const AntennaPattern& pattern, const T& theta_rad, const T& phi_rad) {
  using std::abs;
  using std::sin;
  using std::sqrt;
  switch (pattern.kind) {
    case PatternKind::kIsotropic:
      return T(1);
    case PatternKind::kShortDipole:
      return T(std::sqrt(1.5)) * abs(sin(theta_rad));
    case PatternKind::kHalfWaveDipole:
      return T(std::sqrt(kHalfWaveDipoleDirectivity)) * abs(half_wave_dipole_shape(theta_rad));
    case PatternKind::kTr38901:
      return power_of_ten(tr38901_gain_db(theta_rad, phi_rad) / T(20));
    case PatternKind::kMeasured:
      if (!pattern.measured) throw Error("antenna pattern 'measured' has no measured data");
      return sqrt(pattern_gain(*pattern.measured, theta_rad, phi_rad));
  }
  throw InternalError("unknown PatternKind");
}

template <class T>
BasicJonesVector<T> pattern_field(const AntennaPattern& pattern, const T& theta_rad, const T& phi_rad,
                                  double slant_rad) {
  using std::atan2;
  using std::cos;
  using std::sin;
  const double cz = std::cos(slant_rad), sz = std::sin(slant_rad);
  if (pattern.model == PolarizationModel::kTr38901Model2 || slant_rad == 0) {
    // 3GPP TR 38.901, eqs. (7.3-4) and (7.3-5): model 2
    const T c = pattern_amplitude(pattern, theta_rad, phi_rad);
    return {{c * T(cz), T(0)}, {c * T(sz), T(0)}};
  }
  // eq. (7.3-3): model 1. The element's field is that of its own angles (theta'', phi''), turned by the slant about x
  // (eqs. (7.1-7) and (7.1-8) for gamma = slant), and so is the direction of its field.
  const T ct = cos(theta_rad), st = sin(theta_rad), cp = cos(phi_rad), sp = sin(phi_rad);
  const T a = T(cz) * st + T(sz) * sp * ct, b = T(sz) * cp;
  const T x = st * cp, y = T(cz) * st * sp + T(sz) * ct, z = T(cz) * ct - T(sz) * st * sp;
  const T n = hypotenuse(a, b);  // sin(theta''), without the cancellation of 1 - z^2
  // Along the element's own axis phi'' and the field's direction are undefined: phi'' = 0 and the limit for slant 0.
  if (n < T(1e-12)) return {{pattern_amplitude(pattern, atan2(n, z), T(0)), T(0)}, {T(0), T(0)}};
  const T c = pattern_amplitude(pattern, atan2(n, z), atan2(y, x));
  return {{c * a / n, T(0)}, {c * b / n, T(0)}};
}

double MeasuredPattern::gain(double theta_rad, double phi_rad) const { return pattern_gain(*this, theta_rad, phi_rad); }
double AntennaPattern::amplitude(double theta_rad, double phi_rad) const {
  return pattern_amplitude(*this, theta_rad, phi_rad);
}
JonesVector AntennaPattern::field(double theta_rad, double phi_rad, double slant_rad) const {
  return pattern_field(*this, theta_rad, phi_rad, slant_rad);
}

#define RAYWAVE_INSTANTIATE(T)                                             \
  template T pattern_gain(const MeasuredPattern&, const T&, const T&);     \
  template T pattern_amplitude(const AntennaPattern&, const T&, const T&); \
  template BasicJonesVector<T> pattern_field(const AntennaPattern&, const T&, const T&, double);
RAYWAVE_INSTANTIATE(double)
RAYWAVE_INSTANTIATE(ad::Dual)
RAYWAVE_INSTANTIATE(ad::Var)
RAYWAVE_INSTANTIATE(ad::Jet<3>)
#undef RAYWAVE_INSTANTIATE

}  // namespace raywave::em
