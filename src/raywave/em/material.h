// SPDX-License-Identifier: Apache-2.0
// Materials of surfaces: relative permittivity and conductivity, constant or from the rows of ITU-R P.2040-4, table 3,
// eps_r = a f^b and sigma = c f^d (f in GHz), with the thickness of the slab that a surface stands for.
// Limits: one homogeneous slab a surface, non-magnetic (mu_r = 1).
// Differentiable in: permittivity, conductivity, thickness, scattering coefficient, frequency (with the dispersion of
// ITU rows). Not in: which row holds.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/vec.h"

namespace raywave::em {

/// One frequency range of one ITU-R P.2040 material.
struct ItuRow {
  const char* name;
  double min_ghz, max_ghz;
  double a, b, c, d;
};
/// All rows, the ranges of a material next to each other; where ranges overlap the first that matches holds.
const std::vector<ItuRow>& itu_rows();
/// The row of that name whose range holds frequency_hz, else the one nearest to it. @throws Error naming the nearest
/// known material.
const ItuRow& itu_row_at(const std::string& name, double frequency_hz);
/// ITU-R P.2040-4, table 3: eps_r = a f^b with f in GHz.
template <class T>
T relative_permittivity_of(const ItuRow& row, const T& frequency_hz) {
  using std::pow;
  return T(row.a) * pow(frequency_hz * T(1e-9), row.b);
}
/// ITU-R P.2040-4, table 3: sigma = c f^d in S/m with f in GHz.
template <class T>
T conductivity_of(const ItuRow& row, const T& frequency_hz) {
  using std::pow;
  return T(row.c) * pow(frequency_hz * T(1e-9), row.d);
}
/// The distinct material names, in the order of the table.
const std::vector<std::string>& itu_material_names();

struct Material {
  std::string name;
  /// The ITU-R P.2040 row that gives permittivity and conductivity; empty for constant values.
  std::string itu_name;
  double relative_permittivity = 1.0;   // used when itu_name is empty; >= 1
  double conductivity_s_per_m = 0.0;    // used when itu_name is empty; >= 0
  bool perfect_conductor = false;       // overrides both: reflects everything, transmits nothing
  double thickness_m = 0.1;             // of the slab; > 0
  double scattering_coefficient = 0.0;  // S in [0, 1]: specular amplitudes are scaled by sqrt(1 - S^2)
  double xpd_coefficient = 0.0;         // K_x in [0, 1]: share of diffuse power that changes polarisation
  std::string scattering_pattern = "lambertian";
  Vec3d color{0.6, 0.6, 0.6};  // for pictures, RGB in [0, 1]

  /// @throws Error naming the material and the field.
  void validate() const;
};

/// A material at one frequency: what the field kernels use.
template <class T>
struct BasicMaterialProperties {
  Complex<T> eta{T(1), T(0)};  // complex relative permittivity eps_r - j sigma / (omega eps0)
  T thickness_m = T(0.1);
  T specular_scale = T(1);  // sqrt(1 - S^2)
  bool perfect_conductor = false;
};
using MaterialProperties = BasicMaterialProperties<double>;

/// The properties of constants at frequency_hz. The slope of sqrt(1 - S^2), which has none at S = 1, is 0 there.
template <class T>
BasicMaterialProperties<T> properties_of(const T& relative_permittivity, const T& conductivity_s_per_m,
                                         const T& thickness_m, const T& scattering_coefficient, const T& frequency_hz,
                                         bool perfect_conductor = false) {
  using std::sqrt;
  const T omega_eps0 = T(2 * kPi) * frequency_hz * T(kVacuumPermittivity);
  return {{relative_permittivity, -conductivity_s_per_m / omega_eps0},
          thickness_m,
          sqrt(T(1) - scattering_coefficient * scattering_coefficient),
          perfect_conductor};
}

/// A material with the name's ITU row. Accepts "concrete" and, as scene files write it, "itu_concrete", "itu-concrete",
/// "mat-itu_concrete". @throws Error naming the nearest known material.
Material itu_material(std::string_view name, double thickness_m = 0.1);
/// The ITU name inside such a spelling, or nothing.
std::optional<std::string> itu_name_in(std::string_view spelled);

/// Evaluates at frequency_hz. Outside all ranges of the row: the nearest range is used at that frequency and one
/// warning goes to `log`. @throws Error for a non-positive frequency.
MaterialProperties properties_at(const Material& material, double frequency_hz, const LogSink& log = {});

}  // namespace raywave::em
