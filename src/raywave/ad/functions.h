// SPDX-License-Identifier: Apache-2.0
// The functions of kernels over Dual and Var, each by its derivative, said once for both. Over double the standard
// library's are used: kernels write `using std::sqrt; sqrt(x)`.
#pragma once

#include <cmath>

#include "raywave/ad/dual.h"
#include "raywave/ad/var.h"

namespace raywave::ad {

template <class T>
concept Scalar = requires(const T& x) {
  value_of(x), x.v;
};

template <Scalar T>
RAYWAVE_HD T sqrt(const T& x) {
  const double s = std::sqrt(x.v);
  return chain(s, Partial<T>{s > 0 ? 0.5 / s : 0, x});
}
template <Scalar T>
RAYWAVE_HD T exp(const T& x) {
  const double e = std::exp(x.v);
  return chain(e, Partial<T>{e, x});
}
template <Scalar T>
RAYWAVE_HD T log(const T& x) {
  return chain(std::log(x.v), Partial<T>{1 / x.v, x});
}
template <Scalar T>
RAYWAVE_HD T sin(const T& x) {
  return chain(std::sin(x.v), Partial<T>{std::cos(x.v), x});
}
template <Scalar T>
RAYWAVE_HD T cos(const T& x) {
  return chain(std::cos(x.v), Partial<T>{-std::sin(x.v), x});
}
template <Scalar T>
RAYWAVE_HD T tan(const T& x) {
  const double t = std::tan(x.v);
  return chain(t, Partial<T>{1 + t * t, x});
}
/// |x|, with the slope +1 at 0.
template <Scalar T>
RAYWAVE_HD T abs(const T& x) {
  return x.v < 0 ? -x : x;
}
/// x^p for a fixed power.
template <Scalar T>
RAYWAVE_HD T pow(const T& x, double p) {
  return chain(std::pow(x.v, p), Partial<T>{p == 0 ? 0 : p * std::pow(x.v, p - 1), x});
}
template <Scalar T>
RAYWAVE_HD T atan2(const T& y, const T& x) {
  const double r2 = x.v * x.v + y.v * y.v, s = r2 > 0 ? 1 / r2 : 0;
  return chain(std::atan2(y.v, x.v), Partial<T>{x.v * s, y}, Partial<T>{-y.v * s, x});
}

}  // namespace raywave::ad
