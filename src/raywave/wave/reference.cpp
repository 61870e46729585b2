// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/reference.h"

#include <math.h>

#include <cmath>

#include "raywave/core/constants.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};

Complexc kernel(double k, double y, double z) {
  const double r = std::hypot(y, z);
  return -kJ * (k * z / (2 * r)) * Complexc(::j1(k * r), -::y1(k * r));
}

Complexc kernel_3d(double k, double x, double y, double z) {
  const double r = std::hypot(std::hypot(x, y), z);
  return (1 / r + kJ * k) * std::polar(z / (2 * kPi * r * r), -k * r);
}

Field volume_step(const Grid& grid, const Field& u, double dz, double k) {
  const int nx = grid.num_x, ny = grid.num_y;
  Field h(u.size()), out(u.size());
  for (int i = 0; i < nx; ++i)
    for (int j = 0; j < ny; ++j)
      h[size_t(i * ny + j)] =
          kernel_3d(k, i * grid.spacing_x_m, j * grid.spacing_m, dz) * grid.spacing_x_m * grid.spacing_m;
  for (int i = 0; i < nx; ++i)
    for (int j = 0; j < ny; ++j) {
      Complexc sum;
      for (int m = 0; m < nx; ++m)
        for (int l = 0; l < ny; ++l) sum += h[size_t(std::abs(i - m) * ny + std::abs(j - l))] * u[size_t(m * ny + l)];
      out[size_t(i * ny + j)] = sum;
    }
  return out;
}

}  // namespace

std::vector<Complexc> green_reference(const Grid& grid, const Field& u, double z0, double k,
                                      const std::vector<Point>& points) {
  const auto edges = grid.cell_edges_m();
  std::vector<Complexc> out;
  for (const Point& p : points) {
    const double z = p.z_m - z0;
    if (!(k * z >= kPi / 2))
      throw Error(message("points must lie a quarter of a wavelength or more behind the plane z = ", z0,
                          " m, got z = ", p.z_m));
    Complexc sum;
    for (int j = 0; j < grid.num_y; ++j)
      sum += kernel(k, p.y_m - grid.y_m(j), z) * u[size_t(j)] * (edges[size_t(j) + 1] - edges[size_t(j)]);
    out.push_back(sum);
  }
  return out;
}

Field rayleigh_sommerfeld_step(const Grid& grid, const Field& u, double dz, double k) {
  if (!grid.uniform()) throw Error("the Rayleigh-Sommerfeld step needs a uniform grid");
  if (!(k * dz >= kPi / 2)) throw Error(message("dz_m must be a quarter of a wavelength or more, got ", dz));
  if (grid.volume()) return volume_step(grid, u, dz, k);
  const int n = grid.num_y;
  Field h(static_cast<size_t>(n)), out(u.size());  // the kernel is even in y
  for (int l = 0; l < n; ++l) h[size_t(l)] = kernel(k, l * grid.spacing_m, dz) * grid.spacing_m;
  for (int j = 0; j < n; ++j) {
    Complexc sum;
    for (int l = 0; l < n; ++l) sum += h[size_t(std::abs(j - l))] * u[size_t(l)];
    out[size_t(j)] = sum;
  }
  return out;
}

Complexc gaussian_beam(double k, double w, double tilt, Point p) {
  // ky = k sin(a) on the propagating part removes the square root at |ky| = k; k cosh(b) on both evanescent tails.
  const double tail = 13.0 / w;  // spectrum below exp(-42)
  const auto spectrum = [&](double q) {
    const double d = q + k * std::sin(tilt);
    return std::sqrt(kPi) * w * std::exp(-d * d * w * w / 4) / (2 * kPi);
  };
  const int n = 400 + int(8 * (k * (std::abs(p.y_m) + p.z_m) + k * w));
  Complexc sum;
  for (int i = 0; i < n; ++i) {
    // a = (pi/2) (3 x - x^3)/2 flattens both ends, so that the midpoint rule loses less there
    const double x = -1 + (i + 0.5) * 2 / n, x2 = x * x;
    const double a = kPi / 2 * x * (35 - 35 * x2 + 21 * x2 * x2 - 5 * x2 * x2 * x2) / 16;
    const double da = kPi / 2 * 35.0 / 16 * (1 - x2) * (1 - x2) * (1 - x2);
    const double q = k * std::sin(a);
    sum += spectrum(q) * std::exp(kJ * (q * p.y_m - k * std::cos(a) * p.z_m)) * k * std::cos(a) * da * (2.0 / n);
  }
  if (tail < k * (1 - std::abs(std::sin(tilt)))) return sum;
  const double b_max =
      std::min(std::acosh(1 + 2 * tail / k + std::abs(std::sin(tilt))), std::asinh(42 / (k * p.z_m)) + 0.1);
  for (int side = -1; side <= 1; side += 2)
    for (int i = 0; i < n; ++i) {
      const double b = b_max * std::pow((i + 0.5) / n, 3), db = 3 * b_max * std::pow((i + 0.5) / n, 2) / n;
      const double q = side * k * std::cosh(b);
      sum += spectrum(q) * std::exp(kJ * (q * p.y_m) - k * std::sinh(b) * p.z_m) * k * std::sinh(b) * db;
    }
  return sum;
}

Complexc gaussian_beam_3d(double k, double w, double tilt_x, double tilt_y, const Vec3d& p, double period) {
  const double h = 2 * kPi / period, x0 = -k * std::sin(tilt_x), y0 = -k * std::sin(tilt_y);
  const int n = int(std::ceil(13.0 / w / h));  // spectrum below exp(-42)
  Complexc sum;
  for (int i = -n; i <= n; ++i)
    for (int j = -n; j <= n; ++j) {
      const double kx = x0 + i * h, ky = y0 + j * h, kz2 = k * k - kx * kx - ky * ky;
      if (kz2 <= 0) continue;
      const double a = h * h * (double(i) * i + double(j) * j) * w * w / 4;
      sum += std::exp(-a) * std::polar(1.0, kx * p.x + ky * p.y - std::sqrt(kz2) * p.z);
    }
  return sum * (w * w * h * h / (4 * kPi));
}

Complexc gaussian_patch(double k, double w, double rho, double z) {
  constexpr int kNodes = 4000;
  Complexc sum;
  for (int i = 0; i <= kNodes; ++i) {
    const double theta = 0.5 * kPi * i / kNodes, q = k * std::sin(theta);
    sum += (i == 0 || i == kNodes ? 1.0
            : i % 2               ? 4.0
                                  : 2.0) *
           std::exp(-0.25 * q * q * w * w) * std::cyl_bessel_j(0.0, q * rho) * q * k * std::cos(theta) *
           std::polar(1.0, -k * std::cos(theta) * z);
  }
  return sum * (0.5 * w * w) * (0.5 * kPi / kNodes / 3);
}

}  // namespace raywave::wave
