// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace raywave::em {

/// Directivity of a half-wave dipole: 4 / Cin(2 pi), Cin(x) = euler + ln x - Ci(x) (Balanis, Antenna Theory,
/// section 4.6).
inline constexpr double kHalfWaveDipoleDirectivity = 1.6409223769845852;

}  // namespace raywave::em
