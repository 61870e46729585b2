// SPDX-License-Identifier: Apache-2.0
// Complex numbers side by side in a register, and what transforms do with them. For files that are compiled with fused
// multiply-adds alone (src/raywave/CMakeLists.txt).
#pragma once

#include <complex>

namespace raywave::wave::detail {

template <class Real>
struct Lanes;
template <>
struct Lanes<double> {
  typedef double V __attribute__((vector_size(32)));
};
template <>
struct Lanes<float> {
  typedef float V __attribute__((vector_size(32)));
};

template <class Real>
struct Cell {
  typename Lanes<Real>::V re, im;
};

template <class Real>
inline Cell<Real> operator+(const Cell<Real>& a, const Cell<Real>& b) {
  return {a.re + b.re, a.im + b.im};
}
template <class Real>
inline Cell<Real> operator-(const Cell<Real>& a, const Cell<Real>& b) {
  return {a.re - b.re, a.im - b.im};
}
template <class Real>
inline Cell<Real> times(const Cell<Real>& a, Real re, Real im) {
  return {a.re * re - a.im * im, a.im * re + a.re * im};
}
template <class Real>
inline Cell<Real> times_conj(const Cell<Real>& a, Real re, Real im) {
  return {a.re * re + a.im * im, a.im * re - a.re * im};
}
template <class Real>
inline Cell<Real> times(const Cell<Real>& a, const std::complex<Real>& g) {
  return times(a, g.real(), g.imag());
}
template <class Real>
inline Cell<Real> times(const Cell<Real>& a, const Cell<Real>& g) {
  return {a.re * g.re - a.im * g.im, a.im * g.re + a.re * g.im};
}
template <class Real>
inline Cell<Real> times_conj(const Cell<Real>& a, const Cell<Real>& g) {
  return {a.re * g.re + a.im * g.im, a.im * g.re - a.re * g.im};
}

// a, b, c, d become the four-point transform, exp(-j) forward.
template <class Real>
inline void butterfly(Cell<Real>& a, Cell<Real>& b, Cell<Real>& c, Cell<Real>& d) {
  const Cell<Real> t0 = a + c, t1 = a - c, t2 = b + d, bd = b - d;
  const Cell<Real> t3{bd.im, -bd.re};
  a = t0 + t2, c = t0 - t2, b = t1 + t3, d = t1 - t3;
}
template <class Real>
inline void butterfly_back(Cell<Real>& a, Cell<Real>& b, Cell<Real>& c, Cell<Real>& d) {
  const Cell<Real> t0 = a + c, t1 = a - c, t2 = b + d, bd = b - d;
  const Cell<Real> t3{-bd.im, bd.re};
  a = t0 + t2, c = t0 - t2, b = t1 + t3, d = t1 - t3;
}

}  // namespace raywave::wave::detail
