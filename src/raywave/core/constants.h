// SPDX-License-Identifier: Apache-2.0
// Physical constants in SI units. Values: CODATA 2018 (speed of light and Boltzmann are exact by definition).
#pragma once

namespace raywave {

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kSpeedOfLight = 299792458.0;             // m/s
inline constexpr double kVacuumPermittivity = 8.8541878128e-12;  // F/m
inline constexpr double kVacuumPermeability = 1.25663706212e-6;  // H/m
inline constexpr double kBoltzmann = 1.380649e-23;               // J/K

}  // namespace raywave
