// SPDX-License-Identifier: Apache-2.0
// Materials of surfaces: relative permittivity and conductivity, constant or from the rows of ITU-R P.2040-4, table 3,
// eps_r = a f^b and sigma = c f^d (f in GHz), with the thickness of the slab that a surface stands for.
// Limits: one homogeneous slab a surface, non-magnetic (mu_r = 1).
// Differentiable in: permittivity, conductivity, thickness, scattering coefficient, frequency (with the dispersion of
// ITU rows). Not in: which row holds.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
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

inline constexpr double kNoBound = std::numeric_limits<double>::infinity();

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
  /// In the mirror's place with directional reflection, as em/lobes.h spells lobes; empty: the solver's.
  std::string lobe;
  Vec3d color{0.6, 0.6, 0.6};  // for pictures, RGB in [0, 1]

  /// @throws Error naming the material and the field.
  void validate() const;
};

/// The numbers of a material that derivatives are taken with respect to. A new one: here, in kMaterialNumbers, as a
/// member of Material, and in what it does (properties_of).
enum class MaterialNumber : uint8_t { kPermittivity, kConductivity, kThickness, kScattering, kXpd };
struct MaterialNumberInfo {
  const char *name, *unit;
  double lower, upper;  // 0 itself is refused where zero_is_refused
  bool zero_is_refused;
  double Material::*member;
};
inline constexpr std::array kMaterialNumbers = {
    MaterialNumberInfo{"relative_permittivity", "", 1, kNoBound, false, &Material::relative_permittivity},
    MaterialNumberInfo{"conductivity_s_per_m", "S/m", 0, kNoBound, false, &Material::conductivity_s_per_m},
    MaterialNumberInfo{"thickness_m", "m", 0, kNoBound, true, &Material::thickness_m},
    MaterialNumberInfo{"scattering_coefficient", "", 0, 1, false, &Material::scattering_coefficient},
    MaterialNumberInfo{"xpd_coefficient", "", 0, 1, false, &Material::xpd_coefficient}};

/// How many numbers lobes have, see kLobeNumbers; those of scattering_pattern and of lobe are parameters too.
inline constexpr size_t kNumLobeNumbers = 5;

/// All of them, over a scalar.
template <class T>
struct MaterialNumbers {
  std::array<T, kMaterialNumbers.size()> numbers{};
  T& operator[](MaterialNumber n) { return numbers[size_t(n)]; }
  const T& operator[](MaterialNumber n) const { return numbers[size_t(n)]; }
};

/// A material's numbers at a frequency: constants, or what its ITU row (that of row_at_hz) gives there.
template <class T>
MaterialNumbers<T> numbers_of(const Material& m, double row_at_hz, const T& frequency_hz) {
  MaterialNumbers<T> n;
  for (size_t i = 0; i < kMaterialNumbers.size(); ++i) n.numbers[i] = T(m.*kMaterialNumbers[i].member);
  if (m.itu_name.empty()) return n;
  const ItuRow& row = itu_row_at(m.itu_name, row_at_hz);
  n[MaterialNumber::kPermittivity] = relative_permittivity_of(row, frequency_hz);
  n[MaterialNumber::kConductivity] = conductivity_of(row, frequency_hz);
  return n;
}
/// Sets one. An ITU material whose permittivity or conductivity is set keeps the other of this frequency; both become
/// constants.
void set_number(Material& m, size_t number, double value, double frequency_hz);

/// A material at one frequency: what the field kernels use.
template <class T>
struct BasicMaterialProperties {
  Complex<T> eta{T(1), T(0)};  // complex relative permittivity eps_r - j sigma / (omega eps0)
  T thickness_m = T(0.1);
  T specular_scale = T(1);  // sqrt(1 - S^2)
  bool perfect_conductor = false;
};
using MaterialProperties = BasicMaterialProperties<double>;

/// The properties of these numbers at frequency_hz. The slope of sqrt(1 - S^2), which has none at S = 1, is 0 there.
template <class T>
BasicMaterialProperties<T> properties_of(const MaterialNumbers<T>& n, const T& frequency_hz, bool perfect_conductor) {
  using std::sqrt;
  const T omega_eps0 = T(2 * kPi) * frequency_hz * T(kVacuumPermittivity);
  const T &scattering = n[MaterialNumber::kScattering], &conductivity = n[MaterialNumber::kConductivity];
  return {{n[MaterialNumber::kPermittivity], -conductivity / omega_eps0},
          n[MaterialNumber::kThickness],
          sqrt(T(1) - scattering * scattering),
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
