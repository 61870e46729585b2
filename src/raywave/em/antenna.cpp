// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/antenna.h"

#include <algorithm>
#include <utility>

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

AntennaArray planar_array(const PlanarArrayOptions& options) {
  AntennaPattern pattern;
  pattern.kind = pattern_kind_from_name(options.pattern);
  return planar_array(options, std::move(pattern));
}

AntennaArray planar_array(const PlanarArrayOptions& o, AntennaPattern pattern) {
  if (o.num_rows < 1) throw Error(message("planar array: num_rows must be >= 1, got ", o.num_rows));
  if (o.num_cols < 1) throw Error(message("planar array: num_cols must be >= 1, got ", o.num_cols));
  require_positive("planar array: vertical_spacing_wavelengths", o.vertical_spacing_wavelengths);
  require_positive("planar array: horizontal_spacing_wavelengths", o.horizontal_spacing_wavelengths);
  AntennaArray array;
  array.pattern = std::move(pattern);
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
