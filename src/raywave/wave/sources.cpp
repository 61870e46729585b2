// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/sources.h"

#include <math.h>

#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/runtime/fft.h"
#include "raywave/wave/launch_cone.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};

struct Filter {
  Field f, d_focus, d_k;
};

// A point source over evenly spaced points is launched by its spectrum, the limit included.
bool by_spectrum(const Scene& scene, const Source& s, const LaunchLimit& limit) {
  return s.kind == SourceKind::kPoint && limit.on() && scene.grid.uniform();
}

Filter make_filter(const Scene& scene, const Source& s, const Backend& backend) {
  const auto& ky = backend.transverse_rad_per_m();
  const double k = scene.wavenumber_rad_per_m();
  const LaunchLimit soft_limit = launch_limit(scene, s);
  const double limit = soft_limit.limit, softness = soft_limit.softness;
  Filter out{Field(ky.size()), Field(ky.size()), Field(ky.size())};
  for (size_t m = 0; m < ky.size(); ++m) {
    const double q = std::abs(ky[m]) / k;
    Complexc f = 1, d_focus = 0, d_k = 0;
    if (s.focus_m != 0) {
      if (q >= 1) continue;  // evanescent waves cannot be traced back
      const double kz = k * std::sqrt(1 - q * q);
      f = std::exp(kJ * kz * s.focus_m);
      d_focus = kJ * kz * f;
      d_k = kJ * s.focus_m * k / kz * f;
    }
    if (soft_limit.on()) {
      const double x = (q - limit) / softness, soft = 0.5 * std::erfc(x);
      const double d_soft = -std::exp(-x * x) / std::sqrt(kPi) / softness;  // to q
      d_k = d_k * soft + f * d_soft * (-q / k);
      d_focus *= soft;
      f *= soft;
    }
    out.f[m] = f, out.d_focus[m] = d_focus, out.d_k[m] = d_k;
  }
  return out;
}

// Flat part and raised-cosine rims, with its derivatives to y and to the rim.
struct Taper {
  double value = 1, d_y = 0, d_rim = 0;
};
Taper taper(double y, double width, double rim) {
  const double a = std::abs(y), edge = width / 2;
  if (a <= edge) return {};
  if (a >= edge + rim) return {0, 0, 0};
  const double x = kPi * (a - edge) / rim, slope = 0.5 * std::sin(x);
  return {0.5 * (1 + std::cos(x)), -slope * kPi / rim * (y < 0 ? -1 : 1), slope * x / rim};
}

// One point of the field for amplitude 1 and phase 0, with derivatives to position (y, x), tilt (y, x), waist and k.
struct Sample {
  Complexc u, d_position, d_position_x, d_tilt, d_tilt_x, d_waist, d_k;
};

/// From the source's axis to a point of the grid.
struct Offset {
  double x, y;
};
Offset offset(const Scene& scene, const Source& s, int j) {
  const int row = j / scene.grid.num_y, column = j % scene.grid.num_y;
  return {scene.grid.x_m(row) - s.position_x_m, scene.grid.y_m(column) - s.position_m};
}

Sample sample_beam(const Scene& scene, const Source& s, const Offset& at) {
  const double k = scene.wavenumber_rad_per_m();
  const double sin_y = std::sin(s.tilt_rad), sin_x = std::sin(s.tilt_x_rad);
  const Complexc wave = std::exp(-kJ * k * (sin_y * at.y + sin_x * at.x));
  double envelope, d_y, d_x = 0, d_w = 0, envelope_k = 0;
  if (s.kind == SourceKind::kGaussian) {
    const double w2 = s.waist_m * s.waist_m, r2 = at.x * at.x + at.y * at.y;
    envelope = std::exp(-r2 / w2);
    d_y = -2 * at.y / w2 * envelope, d_x = -2 * at.x / w2 * envelope, d_w = 2 * r2 / (w2 * s.waist_m) * envelope;
  } else {
    const double rim = taper_of(scene, s);
    const Taper y = taper(at.y, s.width_m, rim), x = scene.grid.volume() ? taper(at.x, s.width_m, rim) : Taper{};
    envelope = y.value * x.value, d_y = y.d_y * x.value, d_x = y.value * x.d_y;
    // a chosen rim goes with the root of the wavelength
    if (s.taper_m < 0) envelope_k = -0.5 * rim / k * (y.d_rim * x.value + y.value * x.d_rim);
  }
  Sample out;
  out.u = envelope * wave;
  out.d_position = -(d_y - kJ * k * sin_y * envelope) * wave;
  out.d_position_x = -(d_x - kJ * k * sin_x * envelope) * wave;
  out.d_tilt = -kJ * k * std::cos(s.tilt_rad) * at.y * out.u;
  out.d_tilt_x = -kJ * k * std::cos(s.tilt_x_rad) * at.x * out.u;
  out.d_waist = d_w * wave;
  out.d_k = -kJ * (sin_y * at.y + sin_x * at.x) * out.u + envelope_k * wave;
  return out;
}

// exp(-j k r) / (4 pi r), with the derivatives to r and k.
LineSource point_source(double k, double r) {
  const Complexc v = std::exp(-kJ * k * r) / (4 * kPi * r);
  return {v, -(kJ * k + 1 / r) * v, -kJ * r * v};
}

Sample sample_point(const Scene& scene, const Source& s, const Offset& at) {
  const double k = scene.wavenumber_rad_per_m();
  const double r = std::hypot(std::hypot(at.x, at.y), s.distance_m);
  const LineSource g = scene.grid.volume() ? point_source(k, r) : line_source(k, r);
  Sample out;
  out.u = g.value, out.d_k = g.d_k;
  out.d_position = -g.d_r * at.y / r, out.d_position_x = -g.d_r * at.x / r;
  return out;
}

/// Steering phase of an element per wavenumber, and its Gaussian patch.
struct Element {
  Complexc phase;
  double x, y, patch;
};
Element element(const Source& s, size_t e, const Offset& at) {
  const double ox = s.element_offsets_x_m.empty() ? 0 : s.element_offsets_x_m[e], oy = s.element_offsets_m[e];
  const double x = at.x - ox, y = at.y - oy;
  return {-kJ * (oy * std::sin(s.tilt_rad) + ox * std::sin(s.tilt_x_rad)), x, y,
          std::exp(-(x * x + y * y) / (s.waist_m * s.waist_m))};
}

Sample sample_array(const Scene& scene, const Source& s, const Offset& at) {
  const double k = scene.wavenumber_rad_per_m(), w2 = s.waist_m * s.waist_m;
  Sample out;
  for (size_t e = 0; e < s.weights.size(); ++e) {
    const Element q = element(s, e, at);
    const double ox = s.element_offsets_x_m.empty() ? 0 : s.element_offsets_x_m[e];
    const Complexc v = s.weights[e] * std::exp(k * q.phase) * q.patch;
    out.u += v;
    out.d_position += 2 * q.y / w2 * v, out.d_position_x += 2 * q.x / w2 * v;
    out.d_waist += 2 * (q.x * q.x + q.y * q.y) / (w2 * s.waist_m) * v;
    out.d_tilt += -kJ * k * s.element_offsets_m[e] * std::cos(s.tilt_rad) * v;
    out.d_tilt_x += -kJ * k * ox * std::cos(s.tilt_x_rad) * v;
    out.d_k += q.phase * v;
  }
  return out;
}

Sample sample(const Scene& scene, const Source& s, int j) {
  const Offset at = offset(scene, s, j);
  if (s.kind == SourceKind::kPoint) return sample_point(scene, s, at);
  if (s.kind == SourceKind::kArray) return sample_array(scene, s, at);
  if (s.kind == SourceKind::kSampled) return {s.samples[size_t(j)], 0, 0, 0, 0, 0, 0};
  return sample_beam(scene, s, at);
}

}  // namespace

LineSource line_source(double k, double r) {
  const double x = k * r;
  const Complexc h0{::j0(x), -::y0(x)}, h1{::j1(x), -::y1(x)};
  const Complexc slope = 0.25 * kJ * h1;  // d(-(j/4) H0)/dx = (j/4) H1
  return {-0.25 * kJ * h0, slope * k, slope * r};
}

bool has_launch_filter(const Scene& scene, const Source& s) {
  const LaunchLimit limit = launch_limit(scene, s);
  return s.focus_m != 0 || (limit.on() && !by_spectrum(scene, s, limit));
}

Field launch_filter(const Scene& scene, const Source& s, const Backend& backend) {
  return make_filter(scene, s, backend).f;
}

namespace {

enum class PointColumn { kValue, kPosition, kPositionX, kWavenumber };

// The sum of a point source and its images, one a period apart, of directions up to the limit: the spectrum
// -j exp(-j kz d) / (2 kz) of both Green's functions (Weyl). Above a ground with the image at the other side of it.
Field point_field(const Scene& scene, const Source& s, const LaunchLimit& limit, PointColumn column) {
  const Grid& g = scene.grid;
  const double k = scene.wavenumber_rad_per_m(), d = s.distance_m;
  const bool mirrored = scene.boundary != Boundary::kPeriodic;
  const int nx = g.num_x, ny = mirrored ? 2 * g.num_y : g.num_y;
  const auto wavenumber = [](int m, int n, double spacing) {
    return 2 * kPi * (m <= n / 2 ? m : m - n) / (n * spacing);
  };
  const double scale = 1 / (g.spacing_m * ny * (g.volume() ? g.spacing_x_m * nx : 1));
  Field u(size_t(nx) * size_t(ny));
  for (int i = 0; i < nx; ++i) {
    const double kx = g.volume() ? wavenumber(i, nx, g.spacing_x_m) : 0;
    const Complexc shift_x = std::polar(scale, kx * (g.x_m(0) - s.position_x_m));
    for (int j = 0; j < ny; ++j) {
      const double ky = wavenumber(j, ny, g.spacing_m), q = std::hypot(kx, ky) / k;
      if (q >= 1) continue;
      const double kz = k * std::sqrt(1 - q * q), x = (q - limit.limit) / limit.softness, soft = 0.5 * std::erfc(x);
      Complexc v = -kJ / (2 * kz) * std::exp(-kJ * kz * d) * std::polar(1.0, ky * (g.y_m(0) - s.position_m)) * shift_x;
      if (column == PointColumn::kWavenumber) {
        const double soft_k = std::exp(-x * x) / std::sqrt(kPi) / limit.softness * q / k;
        v *= soft_k - soft * (k / (kz * kz) + kJ * d * k / kz);
      } else {
        v *= soft;
      }
      if (column == PointColumn::kPosition) v *= -kJ * ky;
      if (column == PointColumn::kPositionX) v *= -kJ * kx;
      u[size_t(i) * size_t(ny) + size_t(j)] = v;
    }
  }
  if (g.volume()) {
    runtime::Fft<double>::two_dimensional(nx, ny).backward(u.data());
  } else {
    runtime::Fft<double>(ny).backward(u.data());
  }
  if (!mirrored) return u;
  Field out(size_t(g.num_y));
  const double sign = scene.boundary == Boundary::kDirichlet ? -1 : 1;
  for (size_t j = 0; j < out.size(); ++j) out[j] = u[j] + sign * u[u.size() - 1 - j];
  return out;
}

}  // namespace

Field launch(const Scene& scene, const Source& s, const Backend& backend) {
  const Complexc scale = std::polar(s.amplitude, s.phase_rad);
  const LaunchLimit limit = launch_limit(scene, s);
  Field u(size_t(scene.grid.num_points()));
  if (by_spectrum(scene, s, limit)) {
    u = point_field(scene, s, limit, PointColumn::kValue);
    for (Complexc& v : u) v *= scale;
    return u;
  }
  for (int j = 0; j < scene.grid.num_points(); ++j) u[size_t(j)] = scale * sample(scene, s, j).u;
  if (has_launch_filter(scene, s)) backend.apply(make_filter(scene, s, backend).f, u);
  return u;
}

std::vector<LaunchColumn> launch_columns(const Scene& scene, const Source& s, const Backend& backend) {
  const size_t n = size_t(scene.grid.num_points());
  const double k = scene.wavenumber_rad_per_m();
  const Complexc phase = std::polar(1.0, s.phase_rad), scale = s.amplitude * phase;
  const bool shaped = s.kind == SourceKind::kGaussian || s.kind == SourceKind::kArray;
  const bool tilted = shaped || s.kind == SourceKind::kPlane, volume = scene.grid.volume();
  Field bare(n), d_position(n), d_position_x(n), d_tilt(n), d_tilt_x(n), d_waist(n), d_k(n);
  const LaunchLimit limit = launch_limit(scene, s);
  const bool spectrum = by_spectrum(scene, s, limit);
  if (spectrum) {
    bare = point_field(scene, s, limit, PointColumn::kValue);
    d_position = point_field(scene, s, limit, PointColumn::kPosition);
    if (volume) d_position_x = point_field(scene, s, limit, PointColumn::kPositionX);
    d_k = point_field(scene, s, limit, PointColumn::kWavenumber);
    for (Field* f : {&d_position, &d_position_x, &d_k})
      for (Complexc& v : *f) v *= scale;
  }
  for (size_t j = 0; j < n && !spectrum; ++j) {
    const Sample v = sample(scene, s, int(j));
    bare[j] = v.u;
    d_position[j] = scale * v.d_position, d_position_x[j] = scale * v.d_position_x;
    d_tilt[j] = scale * v.d_tilt, d_tilt_x[j] = scale * v.d_tilt_x;
    d_waist[j] = scale * v.d_waist, d_k[j] = scale * v.d_k;
  }
  if (s.kind == SourceKind::kSampled) {
    // A shift of sampled data: minus the derivative along an axis, of the band-limited interpolant.
    const auto slope = [&](const std::vector<double>& wavenumber) {
      Field g(wavenumber.size()), d = bare;
      for (size_t m = 0; m < g.size(); ++m) g[m] = -kJ * wavenumber[m];
      backend.apply(g, d);
      for (Complexc& v : d) v *= scale;
      return d;
    };
    d_position = slope(backend.ky_rad_per_m());
    if (volume) d_position_x = slope(backend.kx_rad_per_m());
  }
  std::vector<LaunchColumn> out;
  Field amplitude(n), turn(n), full(n);
  for (size_t j = 0; j < n; ++j) amplitude[j] = phase * bare[j], full[j] = scale * bare[j], turn[j] = kJ * full[j];
  out.push_back({"position_m", 0, d_position});
  out.push_back({"amplitude", 0, amplitude});
  out.push_back({"phase_rad", 0, turn});
  if (tilted) out.push_back({"tilt_rad", 0, d_tilt});
  if (volume) out.push_back({"position_x_m", 0, d_position_x});
  if (volume && tilted) out.push_back({"tilt_x_rad", 0, d_tilt_x});
  if (shaped) out.push_back({"waist_m", 0, d_waist});
  out.push_back({"wavenumber", 0, d_k});
  for (size_t e = 0; e < s.weights.size() && s.kind == SourceKind::kArray; ++e) {
    Field c(n);
    for (size_t j = 0; j < n; ++j) {
      const Element q = element(s, e, offset(scene, s, int(j)));
      c[j] = scale * std::exp(k * q.phase) * q.patch;
    }
    out.push_back({"weights", 2 * e, c});
    for (Complexc& v : c) v *= kJ;
    out.push_back({"weights", 2 * e + 1, c});
  }
  if (!has_launch_filter(scene, s)) return out;
  const Filter filter = make_filter(scene, s, backend);
  for (LaunchColumn& c : out) backend.apply(filter.f, c.column);
  Field focus = full;
  backend.apply(filter.d_focus, focus);
  if (s.focus_m != 0) out.push_back({"focus_m", 0, focus});
  backend.apply(filter.d_k, full);
  for (LaunchColumn& c : out)
    if (c.parameter == "wavenumber")
      for (size_t j = 0; j < n; ++j) c.column[j] += full[j];
  return out;
}

}  // namespace raywave::wave
