// SPDX-License-Identifier: Apache-2.0
// Antenna patterns and arrays. A pattern is a complex field (C_theta, C_phi) in the Jones basis (theta, phi) of the
// antenna's own frame, |C_theta|^2 + |C_phi|^2 = power gain over an isotropic radiator. theta from zenith, phi from x.
// Sources: ITU/3GPP TR 38.901 section 7.3 (element pattern, polarisation models 1 and 2), closed forms for dipoles.
// Limits: no mutual coupling. Differentiable in: angles, element positions, weights; finite everywhere, with the slope
// 0 where a pattern has none (an element's own axis, the 30 dB floor of TR 38.901, samples of a measured cut: one
// side's). Not in: slant, the choice of pattern.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/error.h"
#include "raywave/core/vec.h"

namespace raywave::em {

enum class PatternKind { kIsotropic, kShortDipole, kHalfWaveDipole, kTr38901, kMeasured };
/// "iso", "dipole", "hw_dipole", "tr38901". @throws Error naming the nearest known pattern.
PatternKind pattern_kind_from_name(std::string_view name);
const char* pattern_name(PatternKind kind);

/// How a slant angle turns a pattern into (C_theta, C_phi): TR 38.901 section 7.3.2, model 1 (turns the element about
/// x, pattern and all: a lying dipole is dark along itself) or model 2 (keeps the power pattern; the default).
enum class PolarizationModel { kTr38901Model1 = 1, kTr38901Model2 = 2 };

/// A measured power pattern: two cuts, as MSI (Planet) files and CSV cuts give them, combined by the usual
/// "sum of cut losses" rule: exact along the elevation cut; along the azimuth cut where both agree ahead and behind (an
/// azimuth cut taken through a tilted beam's peak is lowered at the horizon). Angles in radians; gains in dBi, sampled
/// over a full turn, periodic, linear in dB between.
struct MeasuredPattern {
  std::string name;
  double max_gain_dbi = 0;
  std::vector<double> azimuth_rad, azimuth_gain_db;      // relative to max, <= 0
  std::vector<double> elevation_rad, elevation_gain_db;  // angle above (+) / below (-) the horizon along phi = 0
  double gain(double theta_rad, double phi_rad) const;   // linear power gain
};

template <class T>
struct BasicJonesVector {
  Complex<T> theta, phi;
};
using JonesVector = BasicJonesVector<double>;

struct AntennaPattern {
  PatternKind kind = PatternKind::kIsotropic;
  PolarizationModel model = PolarizationModel::kTr38901Model2;
  std::shared_ptr<const MeasuredPattern> measured;  // for kMeasured

  /// The real amplitude sqrt(gain) at unslanted angles.
  double amplitude(double theta_rad, double phi_rad) const;
  /// The field of an element slanted by slant_rad (0 = vertical) in the antenna's frame.
  JonesVector field(double theta_rad, double phi_rad, double slant_rad) const;
};

/// AntennaPattern::amplitude and ::field over a scalar, and MeasuredPattern::gain. Instantiated for double, ad::Dual
/// and ad::Var.
template <class T>
T pattern_gain(const MeasuredPattern& pattern, const T& theta_rad, const T& phi_rad);
template <class T>
T pattern_amplitude(const AntennaPattern& pattern, const T& theta_rad, const T& phi_rad);
template <class T>
BasicJonesVector<T> pattern_field(const AntennaPattern& pattern, const T& theta_rad, const T& phi_rad,
                                  double slant_rad);

/// The slants of a polarisation: V {0}, H {pi/2}, VH {0, pi/2}, cross {-pi/4, +pi/4}. @throws Error naming the nearest
/// known.
std::vector<double> slants_from_name(std::string_view polarization);

/// Elements at arbitrary positions in the device's frame; each element carries one port a slant.
/// Ports are ordered slant-major: all elements at slant 0, then all at slant 1.
struct AntennaArray {
  std::vector<Vec3d> element_positions_wavelengths{Vec3d{0, 0, 0}};  // [num_elements], in wavelengths
  std::vector<Vec3d> element_positions_m;  // [num_elements] or empty; metres, takes precedence when given
  AntennaPattern pattern;
  std::vector<double> slants_rad{0.0};
  std::string polarization = "V";

  int num_elements() const {
    return int(element_positions_m.empty() ? element_positions_wavelengths.size() : element_positions_m.size());
  }
  int num_slants() const { return int(slants_rad.size()); }
  int num_ports() const { return num_elements() * num_slants(); }
  /// Element offsets in metres, device frame. [num_elements]
  std::vector<Vec3d> offsets_m(double wavelength_m) const;
  void validate(std::string_view owner) const;
};

struct PlanarArrayOptions {
  int num_rows = 1, num_cols = 1;
  double vertical_spacing_wavelengths = 0.5, horizontal_spacing_wavelengths = 0.5;
  std::string pattern = "iso";  // a name; for io::load_planar_array (io/antenna_files.h) also a file: .csv, .msi, .pln
  std::string polarization = "V";
  PolarizationModel polarization_model = PolarizationModel::kTr38901Model2;
};
/// A grid in the y-z plane centred at the device, facing +x; elements column by column from the top left.
/// @throws Error naming the bad field.
AntennaArray planar_array(const PlanarArrayOptions& options);
/// The same with this pattern instead of the options' one; the polarisation model is theirs.
AntennaArray planar_array(const PlanarArrayOptions& options, AntennaPattern pattern);

}  // namespace raywave::em
