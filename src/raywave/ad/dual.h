// SPDX-License-Identifier: Apache-2.0
// Dual numbers: a value and its derivative along one direction. A kernel templated over its scalar gives its tangent
// (jvp) when run over Dual. Singular points: sqrt has the slope 0 at 0, |x| the slope +1 at 0, atan2 none at (0, 0).
#pragma once

#include <cmath>

#include "raywave/core/hd.h"

namespace raywave::ad {

struct Dual {
  double v = 0, d = 0;
  Dual() = default;
  RAYWAVE_HD Dual(double value, double slope = 0) : v(value), d(slope) {}  // NOLINT: converts as numbers do
};

RAYWAVE_HD inline Dual operator+(const Dual& a, const Dual& b) { return {a.v + b.v, a.d + b.d}; }
RAYWAVE_HD inline Dual operator-(const Dual& a, const Dual& b) { return {a.v - b.v, a.d - b.d}; }
RAYWAVE_HD inline Dual operator-(const Dual& a) { return {-a.v, -a.d}; }
RAYWAVE_HD inline Dual operator*(const Dual& a, const Dual& b) { return {a.v * b.v, a.d * b.v + a.v * b.d}; }
RAYWAVE_HD inline Dual operator/(const Dual& a, const Dual& b) { return {a.v / b.v, (a.d - a.v / b.v * b.d) / b.v}; }
RAYWAVE_HD inline Dual& operator+=(Dual& a, const Dual& b) { return a = a + b; }
RAYWAVE_HD inline Dual& operator-=(Dual& a, const Dual& b) { return a = a - b; }
RAYWAVE_HD inline Dual& operator*=(Dual& a, const Dual& b) { return a = a * b; }
RAYWAVE_HD inline bool operator==(const Dual& a, const Dual& b) { return a.v == b.v; }
RAYWAVE_HD inline bool operator<(const Dual& a, const Dual& b) { return a.v < b.v; }
RAYWAVE_HD inline bool operator>(const Dual& a, const Dual& b) { return a.v > b.v; }
RAYWAVE_HD inline bool operator<=(const Dual& a, const Dual& b) { return a.v <= b.v; }
RAYWAVE_HD inline bool operator>=(const Dual& a, const Dual& b) { return a.v >= b.v; }

RAYWAVE_HD inline double value_of(double x) { return x; }
RAYWAVE_HD inline double value_of(const Dual& x) { return x.v; }

/// One argument of a function with a known derivative: what `chain` needs of it.
template <class T>
struct Partial {
  double derivative;
  const T& argument;
};
/// A number `value` that depends on up to three arguments with the given partial derivatives: how a function that is
/// not built from these operations enters a kernel.
RAYWAVE_HD inline double chain(double value, const Partial<double>&) { return value; }
RAYWAVE_HD inline double chain(double value, const Partial<double>&, const Partial<double>&) { return value; }
RAYWAVE_HD inline Dual chain(double value, const Partial<Dual>& a) { return {value, a.derivative * a.argument.d}; }
RAYWAVE_HD inline Dual chain(double value, const Partial<Dual>& a, const Partial<Dual>& b) {
  return {value, a.derivative * a.argument.d + b.derivative * b.argument.d};
}
RAYWAVE_HD inline Dual chain(double value, const Partial<Dual>& a, const Partial<Dual>& b, const Partial<Dual>& c) {
  return {value, a.derivative * a.argument.d + b.derivative * b.argument.d + c.derivative * c.argument.d};
}

}  // namespace raywave::ad
