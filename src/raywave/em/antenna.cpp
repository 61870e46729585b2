// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/antenna.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/units.h"

namespace raywave::em {
namespace {

constexpr std::pair<const char*, PatternKind> kPatterns[] = {{"iso", PatternKind::kIsotropic},
                                                             {"dipole", PatternKind::kShortDipole},
                                                             {"hw_dipole", PatternKind::kHalfWaveDipole},
                                                             {"tr38901", PatternKind::kTr38901}};

/// Linear between samples of a closed turn; angles ascending in [0, 2 pi).
double periodic_value(const std::vector<double>& angle, const std::vector<double>& value, double at) {
  at = std::fmod(at, 2 * kPi);
  if (at < 0) at += 2 * kPi;
  const auto upper = std::upper_bound(angle.begin(), angle.end(), at);
  const auto j = size_t(upper == angle.end() ? 0 : upper - angle.begin());
  const size_t i = (j + angle.size() - 1) % angle.size();
  double span = angle[j] - angle[i], offset = at - angle[i];
  if (span <= 0) span += 2 * kPi;
  if (offset < 0) offset += 2 * kPi;
  return value[i] + (value[j] - value[i]) * (offset / span);
}

}  // namespace

PatternKind pattern_kind_from_name(std::string_view name) {
  std::vector<std::string> known;
  for (const auto& [key, kind] : kPatterns) {
    if (key == name) return kind;
    known.emplace_back(key);
  }
  throw Error(message("unknown antenna pattern '", name, "'", did_you_mean(name, known), " Known: iso, dipole, hw_dipole, tr38901"));
}

const char* pattern_name(PatternKind kind) {
  for (const auto& [key, k] : kPatterns) {
    if (k == kind) return key;
  }
  return "measured";
}

double MeasuredPattern::gain(double theta_rad, double phi_rad) const {
  // Sum of cut losses: the horizontal cut at this azimuth, the vertical cut at this elevation, in front or behind.
  const double elevation = kPi / 2 - theta_rad;
  const double behind = std::cos(phi_rad) < 0 ? kPi - elevation : elevation;
  return db_to_power(max_gain_dbi + periodic_value(azimuth_rad, azimuth_gain_db, phi_rad) +
                     periodic_value(elevation_rad, elevation_gain_db, behind));
}

double AntennaPattern::amplitude(double theta_rad, double phi_rad) const {
  switch (kind) {
    case PatternKind::kIsotropic:
      return 1;
    case PatternKind::kShortDipole:
      return std::sqrt(1.5) * std::abs(std::sin(theta_rad));
    case PatternKind::kHalfWaveDipole: {
      const double s = std::sin(theta_rad);
      return std::abs(s) < 1e-9 ? 0 : std::sqrt(1.643) * std::abs(std::cos(kPi / 2 * std::cos(theta_rad)) / s);
    }
    case PatternKind::kTr38901: {
      // 3GPP TR 38.901, table 7.3-1; phi in [-180, 180] degrees
      const double phi = std::remainder(phi_rad, 2 * kPi);
      const double v = (theta_rad - kPi / 2) / (65 * kPi / 180), h = phi / (65 * kPi / 180);
      const double a = -std::min(std::min(12 * v * v, 30.0) + std::min(12 * h * h, 30.0), 30.0);
      return std::sqrt(db_to_power(a + 8));
    }
    case PatternKind::kMeasured:
      return std::sqrt(measured->gain(theta_rad, phi_rad));
  }
  return 0;
}

JonesVector AntennaPattern::field(double theta_rad, double phi_rad, double slant_rad) const {
  const double c = amplitude(theta_rad, phi_rad);
  if (model == PolarizationModel::kTr38901Model2) return {{c * std::cos(slant_rad), 0}, {c * std::sin(slant_rad), 0}};
  // TR 38.901 eq. (7.3-3): the slanted element's polarisation seen in the unslanted basis
  const double cz = std::cos(slant_rad), sz = std::sin(slant_rad), ct = std::cos(theta_rad), st = std::sin(theta_rad);
  const double sp = std::sin(phi_rad), cp = std::cos(phi_rad);
  const double along = cz * ct - sz * sp * st;
  const double n = std::sqrt(std::max(0.0, 1 - along * along));
  if (n < 1e-12) return {{c, 0}, {0, 0}};  // along the slanted dipole's own axis the direction is undefined
  return {{c * (cz * st + sz * sp * ct) / n, 0}, {c * sz * cp / n, 0}};
}

std::vector<double> slants_from_name(std::string_view polarization) {
  if (polarization == "V") return {0};
  if (polarization == "H") return {kPi / 2};
  if (polarization == "VH") return {0, kPi / 2};
  if (polarization == "cross") return {-kPi / 4, kPi / 4};
  throw Error(message("unknown polarization '", polarization, "'", did_you_mean(polarization, {"V", "H", "VH", "cross"}),
                      " Known: V, H, VH, cross"));
}

std::vector<Vec3d> AntennaArray::offsets_m(double wavelength_m) const {
  if (!element_positions_m.empty()) return element_positions_m;
  std::vector<Vec3d> offsets;
  for (const Vec3d& p : element_positions_wavelengths) offsets.push_back(wavelength_m * p);
  return offsets;
}

void AntennaArray::validate(std::string_view owner) const {
  if (num_elements() == 0) throw Error(message(owner, ": its antenna array has no elements"));
  if (slants_rad.empty()) throw Error(message(owner, ": its antenna array has no polarization"));
  if (pattern.kind == PatternKind::kMeasured && !pattern.measured) throw Error(message(owner, ": its measured pattern is missing"));
  for (const auto* list : {&element_positions_wavelengths, &element_positions_m}) {
    for (const Vec3d& p : *list) {
      if (!is_finite(p)) throw Error(message(owner, ": antenna element positions must be finite"));
    }
  }
  for (const double s : slants_rad) require_finite(message(owner, ": slants_rad"), s);
}

AntennaArray planar_array(const PlanarArrayOptions& o) {
  if (o.num_rows < 1) throw Error(message("num_rows must be >= 1, got ", o.num_rows));
  if (o.num_cols < 1) throw Error(message("num_cols must be >= 1, got ", o.num_cols));
  require_positive("vertical_spacing", o.vertical_spacing_wavelengths);
  require_positive("horizontal_spacing", o.horizontal_spacing_wavelengths);
  AntennaArray array;
  array.pattern.kind = pattern_kind_from_name(o.pattern);
  array.pattern.model = o.polarization_model;
  array.slants_rad = slants_from_name(o.polarization);
  array.polarization = o.polarization;
  array.element_positions_wavelengths.clear();
  for (int col = 0; col < o.num_cols; ++col) {
    for (int row = 0; row < o.num_rows; ++row) {
      array.element_positions_wavelengths.push_back({0, o.horizontal_spacing_wavelengths * (col - (o.num_cols - 1) / 2.0),
                                                     -o.vertical_spacing_wavelengths * (row - (o.num_rows - 1) / 2.0)});
    }
  }
  return array;
}

}  // namespace raywave::em
