// SPDX-License-Identifier: Apache-2.0
// Four numbers that are computed with side by side: a vector of the compiler's on the CPU; nvcc, which has no such
// vectors, gets a struct of the same operations. For the sources of this room.
#pragma once

#include <cstddef>

#include "raywave/core/hd.h"

namespace raywave::em {

#ifdef __CUDACC__
struct alignas(32) Lanes {
  double v[4];
  RAYWAVE_HD double& operator[](size_t i) { return v[i]; }
  RAYWAVE_HD double operator[](size_t i) const { return v[i]; }
};
#define RAYWAVE_LANES_OPERATOR_(op)                                                        \
  RAYWAVE_HD inline Lanes operator op(const Lanes& a, const Lanes& b) {                    \
    return {{a.v[0] op b.v[0], a.v[1] op b.v[1], a.v[2] op b.v[2], a.v[3] op b.v[3]}};     \
  }                                                                                        \
  RAYWAVE_HD inline Lanes operator op(double a, const Lanes& b) {                          \
    return {{a op b.v[0], a op b.v[1], a op b.v[2], a op b.v[3]}};                         \
  }                                                                                        \
  RAYWAVE_HD inline Lanes operator op(const Lanes& a, double b) {                          \
    return {{a.v[0] op b, a.v[1] op b, a.v[2] op b, a.v[3] op b}};                         \
  }                                                                                        \
  RAYWAVE_HD inline Lanes& operator op##=(Lanes& a, const Lanes& b) { return a = a op b; } \
  RAYWAVE_HD inline Lanes& operator op##=(Lanes& a, double b) { return a = a op b; }
RAYWAVE_LANES_OPERATOR_(+)
RAYWAVE_LANES_OPERATOR_(-)
RAYWAVE_LANES_OPERATOR_(*)
RAYWAVE_LANES_OPERATOR_(/)
#undef RAYWAVE_LANES_OPERATOR_
RAYWAVE_HD inline Lanes operator-(const Lanes& a) { return {{-a.v[0], -a.v[1], -a.v[2], -a.v[3]}}; }
#else
typedef double Lanes __attribute__((vector_size(32)));
#endif

}  // namespace raywave::em
