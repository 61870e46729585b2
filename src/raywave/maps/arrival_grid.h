// SPDX-License-Identifier: Apache-2.0
// Arrival maps of elements in a planar grid, whose sums over elements come apart into those along y and z: exp(j k k_i
// . q) is a product of two powers. Over double and ad::Dual. Formulas: arrival_map.h.
#pragma once

#include <vector>

#include "raywave/maps/arrival_rays.h"

namespace raywave::maps::arrival_detail {

/// |sum over m of conj(w_m) exp(j phase m)|^2 and its slope by the phase.
template <class T>
void grid_power(const std::vector<Complexd>& w, const T& phase, T& power, T* slope) {
  const Complex<T> step = expj(phase);
  Complex<T> turn{T(1), T(0)}, sum{T(0), T(0)}, moved{T(0), T(0)};
  for (size_t m = 0; m < w.size(); ++m) {
    const Complex<T> term = Complex<T>{T(w[m].re), T(-w[m].im)} * turn;
    sum = sum + term;
    if (slope) moved = moved + Complex<T>{T(-double(m)) * term.im, T(double(m)) * term.re};
    turn = turn * step;
  }
  power = norm2(sum);
  if (slope) *slope = T(2) * (sum.re * moved.re + sum.im * moved.im);
}

/// The incoherent sum of a grid of elements, a row of directions at a time:
///   P = sum over lags l of c_l exp(-j k d l y(Omega)) sum over i of |b_i|^2 Z_i exp(j k d l y_i).
template <class T>
void separable_row(const Setup& s, const std::vector<Ray<T>>& rays, const T& wavenumber, size_t row, T* out) {
  const Aperture::Grid& g = *s.options.aperture.grid;
  const T step_y = T(g.spacing_y_m) * wavenumber, step_z = T(g.spacing_z_m) * wavenumber;
  const T z(s.row_sine(row));
  std::vector<Complex<T>> sums(s.lags_y.size());
  for (const Ray<T>& ray : rays) {
    T power;
    grid_power<T>(s.weights_z, step_z * (ray.k.z - z), power, nullptr);
    const T weight = norm2(ray.b) * power;
    const Complex<T> step = expj(step_y * ray.k.y);
    Complex<T> turn{weight, T(0)};
    for (Complex<T>& sum : sums) {
      sum = sum + turn;
      turn = turn * step;
    }
  }
  for (size_t l = 0; l < sums.size(); ++l) sums[l] = Complex<T>{T(s.lags_y[l].re), T(s.lags_y[l].im)} * sums[l];
  for (size_t c = 0; c < s.columns; ++c) {
    if (!s.there(row * s.columns + c)) continue;
    const Complex<T> step = expj(-(step_y * T(s.directions[row * s.columns + c].y)));
    Complex<T> turn = step;
    T power = sums[0].re;
    for (size_t l = 1; l < sums.size(); ++l) {
      power = power + T(2) * (sums[l].re * turn.re - sums[l].im * turn.im);
      turn = turn * step;
    }
    out[c] = power < T(0) ? T(0) : power;
  }
}

/// Where an axis' element m of n lies, over the spacing.
inline double along_axis(size_t m, size_t n) { return double(m) - 0.5 * double(n - 1); }

/// exp(j phase along_axis(m, n)), for all m.
template <class T>
std::vector<Complex<T>> axis_turns(const T& phase, size_t n) {
  const Complex<T> step = expj(phase);
  std::vector<Complex<T>> out{expj(T(along_axis(0, n)) * phase)};
  while (out.size() < n) out.push_back(out.back() * step);
  return out;
}

/// conj(w_m) exp(-j phase along_axis(m, n)): how an axis looks into a direction.
template <class T>
std::vector<Complex<T>> axis_steering(const std::vector<Complexd>& w, const T& phase) {
  std::vector<Complex<T>> out = axis_turns(-phase, w.size());
  for (size_t m = 0; m < w.size(); ++m) out[m] = Complex<T>{T(w[m].re), T(-w[m].im)} * out[m];
  return out;
}

/// Phases from element to element along y and z, over the sine of the direction there.
template <class T>
struct GridSteps {
  T y, z;
  GridSteps(const Setup& s, const T& wavenumber)
      : y(T(s.options.aperture.grid->spacing_y_m) * wavenumber),
        z(T(s.options.aperture.grid->spacing_z_m) * wavenumber) {}
};

/// All plane waves together, [num_elements].
template <class T>
std::vector<Complex<T>> received_on_grid(const Setup& s, const std::vector<Ray<T>>& rays, const T& wavenumber) {
  const size_t ny = s.weights_y.size(), nz = s.weights_z.size();
  const GridSteps<T> step(s, wavenumber);
  std::vector<Complex<T>> h(ny * nz);
  for (const Ray<T>& ray : rays) {
    const auto y = axis_turns(step.y * ray.k.y, ny), z = axis_turns(step.z * ray.k.z, nz);
    for (size_t m = 0; m < ny; ++m) {
      const Complex<T> b = ray.b * y[m];
      for (size_t n = 0; n < nz; ++n) h[m * nz + n] = h[m * nz + n] + b * z[n];
    }
  }
  return h;
}

/// What the columns of elements have received of a row of directions, [num_y].
template <class T>
std::vector<Complex<T>> columns_of(const Setup& s, const std::vector<Complex<T>>& h, const T& wavenumber, size_t row) {
  const auto z = axis_steering(s.weights_z, GridSteps<T>(s, wavenumber).z * T(s.row_sine(row)));
  std::vector<Complex<T>> out(s.weights_y.size());
  for (size_t m = 0; m < out.size(); ++m) {
    for (size_t n = 0; n < z.size(); ++n) out[m] = out[m] + z[n] * h[m * z.size() + n];
  }
  return out;
}

/// The power of a coherent grid whose elements have received h.
template <class T>
void grid_row(const Setup& s, const std::vector<Complex<T>>& h, const T& wavenumber, size_t row, T* out) {
  if (h.empty()) return;
  const std::vector<Complex<T>> columns = columns_of(s, h, wavenumber, row);
  const T step = GridSteps<T>(s, wavenumber).y;
  for (size_t c = 0; c < s.columns; ++c) {
    if (!s.there(row * s.columns + c)) continue;
    const auto y = axis_steering(s.weights_y, step * T(s.directions[row * s.columns + c].y));
    Complex<T> sum{T(0), T(0)};
    for (size_t m = 0; m < y.size(); ++m) sum = sum + y[m] * columns[m];
    out[c] = norm2(sum);
  }
}

}  // namespace raywave::maps::arrival_detail
