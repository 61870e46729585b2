// SPDX-License-Identifier: Apache-2.0
// A number and its derivatives by N arguments at once: a function of few arguments and many operations is evaluated
// over Jet and enters a tape (var.h) by its derivatives alone, which costs less than recording what it does.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "raywave/ad/functions.h"

namespace raywave::ad {

template <size_t N>
struct Jet {
  double v = 0;
  std::array<double, N> d{};
  Jet() = default;
  Jet(double value) : v(value) {}  // NOLINT: converts as numbers do
  Jet(double value, size_t along) : v(value) { d[along] = 1; }
};

namespace jet_detail {
/// fa a + fb b of the derivatives.
template <size_t N>
Jet<N> combined(double value, double fa, const Jet<N>& a, double fb, const Jet<N>& b) {
  Jet<N> out(value);
  for (size_t i = 0; i < N; ++i) out.d[i] = fa * a.d[i] + fb * b.d[i];
  return out;
}
}  // namespace jet_detail

template <size_t N>
Jet<N> chain(double value, const Partial<Jet<N>>& a) {
  Jet<N> out(value);
  for (size_t i = 0; i < N; ++i) out.d[i] = a.derivative * a.argument.d[i];
  return out;
}
template <size_t N>
Jet<N> chain(double value, const Partial<Jet<N>>& a, const Partial<Jet<N>>& b) {
  return jet_detail::combined(value, a.derivative, a.argument, b.derivative, b.argument);
}

template <size_t N>
Jet<N> operator+(const Jet<N>& a, const Jet<N>& b) {
  return jet_detail::combined(a.v + b.v, 1, a, 1, b);
}
template <size_t N>
Jet<N> operator-(const Jet<N>& a, const Jet<N>& b) {
  return jet_detail::combined(a.v - b.v, 1, a, -1, b);
}
template <size_t N>
Jet<N> operator-(const Jet<N>& a) {
  return chain(-a.v, Partial<Jet<N>>{-1, a});
}
template <size_t N>
Jet<N> operator*(const Jet<N>& a, const Jet<N>& b) {
  return jet_detail::combined(a.v * b.v, b.v, a, a.v, b);
}
template <size_t N>
Jet<N> operator/(const Jet<N>& a, const Jet<N>& b) {
  const double inverse = 1 / b.v;
  return jet_detail::combined(a.v / b.v, inverse, a, -a.v * inverse * inverse, b);
}
template <size_t N>
Jet<N>& operator+=(Jet<N>& a, const Jet<N>& b) {
  return a = a + b;
}
template <size_t N>
Jet<N>& operator-=(Jet<N>& a, const Jet<N>& b) {
  return a = a - b;
}
template <size_t N>
Jet<N>& operator*=(Jet<N>& a, const Jet<N>& b) {
  return a = a * b;
}
template <size_t N>
bool operator==(const Jet<N>& a, const Jet<N>& b) {
  return a.v == b.v;
}
template <size_t N>
bool operator<(const Jet<N>& a, const Jet<N>& b) {
  return a.v < b.v;
}
template <size_t N>
bool operator>(const Jet<N>& a, const Jet<N>& b) {
  return a.v > b.v;
}
template <size_t N>
double value_of(const Jet<N>& x) {
  return x.v;
}

/// Of N arguments on the tape, as one number of it.
template <size_t N>
Var chained(const Jet<N>& x, const std::array<const Var*, N>& arguments) {
  return [&]<size_t... I>(std::index_sequence<I...>) { return chain<N>(x.v, {{{x.d[I], *arguments[I]}...}}); }
  (std::make_index_sequence<N>{});
}

}  // namespace raywave::ad
