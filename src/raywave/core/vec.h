// SPDX-License-Identifier: Apache-2.0
// Small vectors and 3x3 matrices over any scalar (double, float, dual numbers). Plain structs: they compile for CPU and
// GPU.
#pragma once

#include <cmath>

#include "raywave/core/hd.h"

namespace raywave {

template <class T>
struct Vec2 {
  T x{}, y{};
};

template <class T>
struct Vec3 {
  T x{}, y{}, z{};

  RAYWAVE_HD Vec3& operator+=(const Vec3& o) {
    x += o.x, y += o.y, z += o.z;
    return *this;
  }
  RAYWAVE_HD Vec3& operator-=(const Vec3& o) {
    x -= o.x, y -= o.y, z -= o.z;
    return *this;
  }
  template <class U>
  RAYWAVE_HD explicit operator Vec3<U>() const {
    return {U(x), U(y), U(z)};
  }
};

template <class T>
RAYWAVE_HD inline Vec2<T> operator+(Vec2<T> a, Vec2<T> b) {
  return {a.x + b.x, a.y + b.y};
}
template <class T>
RAYWAVE_HD inline Vec2<T> operator-(Vec2<T> a, Vec2<T> b) {
  return {a.x - b.x, a.y - b.y};
}
template <class T>
RAYWAVE_HD inline Vec2<T> operator*(T s, Vec2<T> a) {
  return {s * a.x, s * a.y};
}
template <class T>
RAYWAVE_HD inline T cross(Vec2<T> a, Vec2<T> b) {
  return a.x * b.y - a.y * b.x;
}

template <class T>
RAYWAVE_HD inline Vec3<T> operator+(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
template <class T>
RAYWAVE_HD inline Vec3<T> operator-(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
template <class T>
RAYWAVE_HD inline Vec3<T> operator-(const Vec3<T>& a) {
  return {-a.x, -a.y, -a.z};
}
template <class T>
RAYWAVE_HD inline Vec3<T> operator*(const T& s, const Vec3<T>& a) {
  return {s * a.x, s * a.y, s * a.z};
}
template <class T>
RAYWAVE_HD inline Vec3<T> operator*(const Vec3<T>& a, const T& s) {
  return s * a;
}
template <class T>
RAYWAVE_HD inline Vec3<T> operator/(const Vec3<T>& a, const T& s) {
  return {a.x / s, a.y / s, a.z / s};
}
template <class T>
RAYWAVE_HD inline bool operator==(const Vec3<T>& a, const Vec3<T>& b) {
  return a.x == b.x && a.y == b.y && a.z == b.z;
}
template <class T>
RAYWAVE_HD inline T dot(const Vec3<T>& a, const Vec3<T>& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
template <class T>
RAYWAVE_HD inline Vec3<T> cross(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
template <class T>
RAYWAVE_HD inline T norm2(const Vec3<T>& a) {
  return dot(a, a);
}
template <class T>
RAYWAVE_HD inline T norm(const Vec3<T>& a) {
  using std::sqrt;
  return sqrt(norm2(a));
}
/// The unit vector along a. The zero vector has none: the caller checks.
template <class T>
RAYWAVE_HD inline Vec3<T> normalized(const Vec3<T>& a) {
  return a / norm(a);
}
/// True when all components are finite numbers.
RAYWAVE_HD inline bool is_finite(const Vec3<double>& a) {
  return std::isfinite(a.x) && std::isfinite(a.y) && std::isfinite(a.z);
}

/// Row-major 3x3 matrix.
template <class T>
struct Mat3 {
  Vec3<T> row0{T(1), T(0), T(0)}, row1{T(0), T(1), T(0)}, row2{T(0), T(0), T(1)};
};
template <class T>
RAYWAVE_HD inline Vec3<T> operator*(const Mat3<T>& m, const Vec3<T>& v) {
  return {dot(m.row0, v), dot(m.row1, v), dot(m.row2, v)};
}
template <class T>
RAYWAVE_HD inline Mat3<T> transposed(const Mat3<T>& m) {
  return {{m.row0.x, m.row1.x, m.row2.x}, {m.row0.y, m.row1.y, m.row2.y}, {m.row0.z, m.row1.z, m.row2.z}};
}
template <class T>
RAYWAVE_HD inline Mat3<T> operator*(const Mat3<T>& a, const Mat3<T>& b) {
  const Mat3<T> bt = transposed(b);
  return {{dot(a.row0, bt.row0), dot(a.row0, bt.row1), dot(a.row0, bt.row2)},
          {dot(a.row1, bt.row0), dot(a.row1, bt.row1), dot(a.row1, bt.row2)},
          {dot(a.row2, bt.row0), dot(a.row2, bt.row1), dot(a.row2, bt.row2)}};
}

/// Rotation of a device or object: R = Rz(alpha) Ry(beta) Rx(gamma), 3GPP TR 38.901 eq. (7.1-4).
/// @param ypr  (alpha, beta, gamma) = (yaw, pitch, roll) in radians.
template <class T>
RAYWAVE_HD inline Mat3<T> rotation_from_euler(const Vec3<T>& ypr) {
  using std::cos;
  using std::sin;
  const T ca = cos(ypr.x), sa = sin(ypr.x), cb = cos(ypr.y), sb = sin(ypr.y), cg = cos(ypr.z), sg = sin(ypr.z);
  return {{ca * cb, ca * sb * sg - sa * cg, ca * sb * cg + sa * sg},
          {sa * cb, sa * sb * sg + ca * cg, sa * sb * cg - ca * sg},
          {-sb, cb * sg, cb * cg}};
}

using Vec2d = Vec2<double>;
using Vec3d = Vec3<double>;
using Vec3f = Vec3<float>;
using Mat3d = Mat3<double>;

}  // namespace raywave
