// SPDX-License-Identifier: Apache-2.0
// Wavenumbers along the march, and their slopes where a wave grazes.
#pragma once

#include <algorithm>
#include <cmath>

#include "raywave/wave/scene.h"

namespace raywave::wave::detail {

inline constexpr Complexc kJ{0, 1};

/// sqrt with Im <= 0; a rounding error above the real axis counts as on it.
inline Complexc root_lower(Complexc z) {
  const Complexc s = std::sqrt(Complexc{z.real(), std::min(z.imag(), 0.0)});
  return s.imag() > 0 ? -s : s;
}

/// What grazes to rounding has an infinite derivative, for which the one at `floor` stands in.
inline bool grazes(double size, double floor) { return size < 1e-4 * floor; }
inline Complexc bounded_inverse(Complexc x, double floor) {
  return grazes(std::abs(x), floor) ? Complexc(1 / floor) : 1.0 / x;
}

inline double re_dot(Complexc bar, Complexc value) { return bar.real() * value.real() + bar.imag() * value.imag(); }

}  // namespace raywave::wave::detail
