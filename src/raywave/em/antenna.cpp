// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/antenna.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"

namespace raywave::em {
namespace {

const std::vector<std::string>& pattern_names() {
  static const std::vector<std::string> names{"iso", "dipole", "hw_dipole", "tr38901"};
  return names;
}
const std::vector<std::string>& polarization_names() {
  static const std::vector<std::string> names{"V", "H", "VH", "cross"};
  return names;
}

/// Linear interpolation over a full turn. @param angles_rad  ascending, spanning less than or exactly one turn.
double periodic_interpolation(const std::vector<double>& angles_rad, const std::vector<double>& values,
                              double angle_rad) {
  const double turn = 2 * kPi;
  const double first = angles_rad.front();
  double x = std::fmod(angle_rad - first, turn);
  if (x < 0) x += turn;
  x += first;
  const auto above = std::upper_bound(angles_rad.begin(), angles_rad.end(), x);
  const size_t hi = size_t(above - angles_rad.begin());
  const size_t lo = hi - 1;  // x >= front, so hi >= 1
  const bool wraps = hi == angles_rad.size();
  const double x_hi = wraps ? first + turn : angles_rad[hi];
  const double v_hi = wraps ? values.front() : values[hi];
  const double width = x_hi - angles_rad[lo];
  if (width <= 0) return values[lo];
  return values[lo] + (v_hi - values[lo]) * (x - angles_rad[lo]) / width;
}

/// cos(pi/2 cos theta) / sin theta; its limit on the axis is 0.
double half_wave_dipole_shape(double theta) {
  const double s = std::sin(theta), c = std::cos(theta);
  // cos(pi/2 |c|) = sin(pi/2 (1 - |c|)), 1 - |c| = s^2 / (1 + |c|): no cancellation near the axis.
  const double v = s / (1 + std::abs(c));  // (1 - |c|) / s
  const double x = 0.5 * kPi * s * v;      // pi/2 (1 - |c|)
  const double sinc = std::abs(x) < 1e-8 ? 1.0 : std::sin(x) / x;
  return sinc * 0.5 * kPi * v;
}

/// 3GPP TR 38.901, table 7.3-1.
double tr38901_gain_db(double theta, double phi) {
  const double half_power_width = 65.0 * kPi / 180.0;
  phi = std::remainder(phi, 2 * kPi);
  const double v = (theta - 0.5 * kPi) / half_power_width, h = phi / half_power_width;
  const double loss = std::min(12 * v * v, 30.0) + std::min(12 * h * h, 30.0);
  return 8.0 - std::min(loss, 30.0);
}

}  // namespace

PatternKind pattern_kind_from_name(std::string_view name) {
  if (name == "iso") return PatternKind::kIsotropic;
  if (name == "dipole") return PatternKind::kShortDipole;
  if (name == "hw_dipole") return PatternKind::kHalfWaveDipole;
  if (name == "tr38901") return PatternKind::kTr38901;
  throw Error(message("unknown antenna pattern '", name, "'", did_you_mean(name, pattern_names()),
                      " (known: iso, dipole, hw_dipole, tr38901)"));
}

const char* pattern_name(PatternKind kind) {
  switch (kind) {
    case PatternKind::kIsotropic:
      return "iso";
    case PatternKind::kShortDipole:
      return "dipole";
    case PatternKind::kHalfWaveDipole:
      return "hw_dipole";
    case PatternKind::kTr38901:
      return "tr38901";
    case PatternKind::kMeasured:
      return "measured";
  }
  return "unknown";
}

double MeasuredPattern::gain(double theta_rad, double phi_rad) const {
  const double azimuth_db = periodic_interpolation(azimuth_rad, azimuth_gain_db, phi_rad);
  // The elevation cut is the vertical circle through phi = 0: directions behind are angles beyond +-90 degrees.
  const double elevation = 0.5 * kPi - theta_rad;
  const double in_front = periodic_interpolation(elevation_rad, elevation_gain_db, elevation);
  const double behind = periodic_interpolation(elevation_rad, elevation_gain_db, kPi - elevation);
  // The front and back half of that circle are blended over the azimuth. Each is taken relative to the azimuth cut in
  // its own plane, so that the elevation cut is reproduced exactly and nothing is counted twice: an azimuth cut that
  // was normalised at a tilted beam's peak must not lift that peak above the rated gain.
  const double azimuth_ahead = periodic_interpolation(azimuth_rad, azimuth_gain_db, 0);
  const double azimuth_behind = periodic_interpolation(azimuth_rad, azimuth_gain_db, kPi);
  const double w = 0.5 * (1 + std::cos(phi_rad));
  const double elevation_db = w * (in_front - azimuth_ahead) + (1 - w) * (behind - azimuth_behind);
  return std::pow(10.0, (max_gain_dbi + azimuth_db + elevation_db) / 10);
}

double AntennaPattern::amplitude(double theta_rad, double phi_rad) const {
  switch (kind) {
    case PatternKind::kIsotropic:
      return 1.0;
    case PatternKind::kShortDipole:
      return std::sqrt(1.5) * std::abs(std::sin(theta_rad));
    case PatternKind::kHalfWaveDipole:
      return std::sqrt(1.643) * std::abs(half_wave_dipole_shape(theta_rad));
    case PatternKind::kTr38901:
      return std::pow(10.0, tr38901_gain_db(theta_rad, phi_rad) / 20);
    case PatternKind::kMeasured:
      if (!measured) throw Error("antenna pattern 'measured' has no measured data");
      return std::sqrt(measured->gain(theta_rad, phi_rad));
  }
  throw InternalError("unknown PatternKind");
}

JonesVector AntennaPattern::field(double theta_rad, double phi_rad, double slant_rad) const {
  const double c = amplitude(theta_rad, phi_rad);
  const double cz = std::cos(slant_rad), sz = std::sin(slant_rad);
  // 3GPP TR 38.901, eqs. (7.3-4) and (7.3-5): model 2
  if (model == PolarizationModel::kTr38901Model2) return {{c * cz, 0}, {c * sz, 0}};
  // eqs. (7.3-3): model 1
  const double ct = std::cos(theta_rad), st = std::sin(theta_rad), cp = std::cos(phi_rad), sp = std::sin(phi_rad);
  const double a = cz * st + sz * sp * ct, b = sz * cp;
  // a^2 + b^2 = 1 - (cos zeta cos theta - sin zeta sin phi sin theta)^2, without its cancellation
  const double n = std::hypot(a, b);
  // Along the element's own axis psi is undefined: the limit for slant 0 is taken.
  if (n < 1e-12) return {{c, 0}, {0, 0}};
  return {{c * a / n, 0}, {c * b / n, 0}};
}

std::vector<double> slants_from_name(std::string_view polarization) {
  if (polarization == "V") return {0.0};
  if (polarization == "H") return {0.5 * kPi};
  if (polarization == "VH") return {0.0, 0.5 * kPi};
  if (polarization == "cross") return {-0.25 * kPi, 0.25 * kPi};
  throw Error(message("unknown polarization '", polarization, "'", did_you_mean(polarization, polarization_names()),
                      " (known: V, H, VH, cross)"));
}

std::vector<Vec3d> AntennaArray::offsets_m(double wavelength_m) const {
  if (!element_positions_m.empty()) return element_positions_m;
  std::vector<Vec3d> offsets;
  offsets.reserve(element_positions_wavelengths.size());
  for (const Vec3d& p : element_positions_wavelengths) offsets.push_back(wavelength_m * p);
  return offsets;
}

void AntennaArray::validate(std::string_view owner) const {
  const std::string who = message(owner, ": antenna array: ");
  if (num_elements() == 0) throw Error(who + "needs at least one element");
  if (slants_rad.empty()) throw Error(who + "needs at least one slant");
  const auto check_positions = [&](const std::vector<Vec3d>& positions, const char* field) {
    for (size_t i = 0; i < positions.size(); ++i) {
      if (!is_finite(positions[i])) throw Error(message(who, field, "[", i, "] must be finite"));
    }
  };
  check_positions(element_positions_wavelengths, "element_positions_wavelengths");
  check_positions(element_positions_m, "element_positions_m");
  for (const double slant : slants_rad) require_finite(who + "slants_rad", slant);
  if (pattern.kind != PatternKind::kMeasured) return;
  if (!pattern.measured) throw Error(who + "pattern 'measured' has no measured data");
  const MeasuredPattern& m = *pattern.measured;
  const auto check_cut = [&](const std::vector<double>& angles, const std::vector<double>& gains, const char* cut) {
    if (angles.empty() || angles.size() != gains.size() || !std::is_sorted(angles.begin(), angles.end())) {
      throw Error(message(who, "measured pattern '", m.name, "': the ", cut,
                          " cut needs ascending angles, one gain each; got ", angles.size(), " angles and ",
                          gains.size(), " gains"));
    }
  };
  check_cut(m.azimuth_rad, m.azimuth_gain_db, "azimuth");
  check_cut(m.elevation_rad, m.elevation_gain_db, "elevation");
}

AntennaArray planar_array(const PlanarArrayOptions& o) {
  if (o.num_rows < 1) throw Error(message("planar array: num_rows must be >= 1, got ", o.num_rows));
  if (o.num_cols < 1) throw Error(message("planar array: num_cols must be >= 1, got ", o.num_cols));
  require_positive("planar array: vertical_spacing_wavelengths", o.vertical_spacing_wavelengths);
  require_positive("planar array: horizontal_spacing_wavelengths", o.horizontal_spacing_wavelengths);
  AntennaArray array;
  if (o.pattern.ends_with(".csv") || o.pattern.ends_with(".msi")) {
    array.pattern.kind = PatternKind::kMeasured;
    array.pattern.measured = std::make_shared<MeasuredPattern>(
        o.pattern.ends_with(".csv") ? read_csv_pattern(o.pattern) : read_msi_pattern(o.pattern));
  } else {
    array.pattern.kind = pattern_kind_from_name(o.pattern);
  }
  array.pattern.model = o.polarization_model;
  array.polarization = o.polarization;
  array.slants_rad = slants_from_name(o.polarization);
  array.element_positions_wavelengths.clear();
  for (int col = 0; col < o.num_cols; ++col) {
    for (int row = 0; row < o.num_rows; ++row) {
      array.element_positions_wavelengths.push_back({0,
                                                     o.horizontal_spacing_wavelengths * (col - 0.5 * (o.num_cols - 1)),
                                                     o.vertical_spacing_wavelengths * (0.5 * (o.num_rows - 1) - row)});
    }
  }
  return array;
}

}  // namespace raywave::em
