// SPDX-License-Identifier: Apache-2.0
// What derivatives of channels and of sampled tones share. For the sources of this room.
#pragma once

#include <cmath>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/paths/paths_derivative.h"

namespace raywave::signal::detail {

inline paths::PathsDerivative zeros(const paths::Paths& p) {
  paths::PathsDerivative d;
  d.a.resize(p.a.size());
  for (auto* v : {&d.tau_s, &d.theta_t, &d.phi_t, &d.theta_r, &d.phi_r, &d.doppler_hz}) v->resize(p.tau_s.size());
  return d;
}

/// Re(conj(a) b): the product of cotangents with tangents.
inline double pair(const Complexd& a, const Complexd& b) { return a.re * b.re + a.im * b.im; }

inline bool finite(double x) { return std::isfinite(x); }
inline bool finite(const Complexd& z) { return std::isfinite(z.re) && std::isfinite(z.im); }

template <class T>
void check_cotangent(const char* name, const std::vector<T>& cotangent, size_t wanted) {
  if (cotangent.size() != wanted)
    throw Error(message("the cotangent of ", name, " has ", cotangent.size(), " numbers, ", name, " has ", wanted));
  for (const T& x : cotangent) {
    if (!finite(x)) throw Error(message("the cotangent of ", name, " holds a number that is not finite"));
  }
}

inline void check_tangent(const paths::Paths& p, const paths::PathsDerivative& t) {
  const auto check = [](const char* name, size_t got, size_t wanted) {
    if (got != 0 && got != wanted)
      throw Error(message("the tangent of ", name, " has ", got, " numbers, the paths have ", wanted));
  };
  check("a", t.a.size(), p.a.size());
  check("tau_s", t.tau_s.size(), p.tau_s.size());
  check("doppler_hz", t.doppler_hz.size(), p.tau_s.size());
}

inline double at(const std::vector<double>& v, int64_t i) { return v.empty() ? 0.0 : v[size_t(i)]; }

}  // namespace raywave::signal::detail
