// SPDX-License-Identifier: Apache-2.0
// Complex numbers over any scalar, as a plain struct: std::complex is neither usable under nvcc nor over dual numbers.
#pragma once

#include <cmath>

#include "raywave/core/hd.h"
#include "raywave/core/vec.h"

namespace raywave {

template <class T>
struct Complex {
  T re{}, im{};

  RAYWAVE_HD Complex& operator+=(const Complex& o) {
    re += o.re, im += o.im;
    return *this;
  }
  RAYWAVE_HD Complex& operator-=(const Complex& o) {
    re -= o.re, im -= o.im;
    return *this;
  }
};

template <class T>
RAYWAVE_HD inline Complex<T> operator+(const Complex<T>& a, const Complex<T>& b) {
  return {a.re + b.re, a.im + b.im};
}
template <class T>
RAYWAVE_HD inline Complex<T> operator-(const Complex<T>& a, const Complex<T>& b) {
  return {a.re - b.re, a.im - b.im};
}
template <class T>
RAYWAVE_HD inline Complex<T> operator-(const Complex<T>& a) {
  return {-a.re, -a.im};
}
template <class T>
RAYWAVE_HD inline Complex<T> operator*(const Complex<T>& a, const Complex<T>& b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class T>
RAYWAVE_HD inline Complex<T> operator*(const T& s, const Complex<T>& a) {
  return {s * a.re, s * a.im};
}
template <class T>
RAYWAVE_HD inline Complex<T> operator*(const Complex<T>& a, const T& s) {
  return s * a;
}
template <class T>
RAYWAVE_HD inline T norm2(const Complex<T>& a) {
  return a.re * a.re + a.im * a.im;
}
template <class T>
RAYWAVE_HD inline Complex<T> conj(const Complex<T>& a) {
  return {a.re, -a.im};
}
template <class T>
RAYWAVE_HD inline Complex<T> operator/(const Complex<T>& a, const Complex<T>& b) {
  const T s = T(1) / norm2(b);
  return {(a.re * b.re + a.im * b.im) * s, (a.im * b.re - a.re * b.im) * s};
}
template <class T>
RAYWAVE_HD inline T abs(const Complex<T>& a) {
  using std::sqrt;
  return sqrt(norm2(a));
}
template <class T>
RAYWAVE_HD inline T arg(const Complex<T>& a) {
  using std::atan2;
  return atan2(a.im, a.re);
}
/// exp(j phase)
template <class T>
RAYWAVE_HD inline Complex<T> expj(const T& phase) {
  using std::cos;
  using std::sin;
  return {cos(phase), sin(phase)};
}
template <class T>
RAYWAVE_HD inline Complex<T> exp(const Complex<T>& a) {
  using std::exp;
  return exp(a.re) * expj(a.im);
}

/// Principal square root for the lower half plane of lossy media: z = re + j im with im <= 0 and re > 0 gives a root
/// with im <= 0. The textbook form sqrt((|z| - re)/2) has NaN derivatives at im = 0; here the imaginary part is im / (2
/// re_root), which is smooth there. For re <= 0 the roles are swapped, so that no cancellation occurs.
template <class T>
RAYWAVE_HD inline Complex<T> sqrt_lower(const Complex<T>& z) {
  using std::sqrt;
  const T modulus = sqrt(norm2(z));
  if (z.re > T(0)) {
    const T re = sqrt(T(0.5) * (modulus + z.re));
    return {re, z.im / (T(2) * re)};
  }
  const T im = -sqrt(T(0.5) * (modulus - z.re));
  if (im == T(0)) return {T(0), T(0)};
  return {z.im / (T(2) * im), im};
}

/// A complex vector in space: the electric field of a path at a point.
template <class T>
struct CVec3 {
  Vec3<T> re, im;
};
template <class T>
RAYWAVE_HD inline CVec3<T> operator+(const CVec3<T>& a, const CVec3<T>& b) {
  return {a.re + b.re, a.im + b.im};
}
template <class T>
RAYWAVE_HD inline CVec3<T> operator*(const Complex<T>& s, const Vec3<T>& v) {
  return {s.re * v, s.im * v};
}
template <class T>
RAYWAVE_HD inline CVec3<T> operator*(const Complex<T>& s, const CVec3<T>& a) {
  return {s.re * a.re - s.im * a.im, s.re * a.im + s.im * a.re};
}
template <class T>
RAYWAVE_HD inline Complex<T> dot(const CVec3<T>& a, const Vec3<T>& b) {
  return {dot(a.re, b), dot(a.im, b)};
}

using Complexd = Complex<double>;

}  // namespace raywave
