// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/sources.h"

#include <math.h>

#include <cmath>

#include "raywave/core/constants.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};

struct Filter {
  Field f, d_focus, d_k;
};

bool has_filter(const Scene& scene, const Source& s) { return s.focus_m != 0 || scene.angle_filter_rad > 0; }

Filter make_filter(const Scene& scene, const Source& s, const Backend& backend) {
  const auto& ky = backend.transverse_rad_per_m();
  const double k = scene.wavenumber_rad_per_m();
  const double limit = std::sin(scene.angle_filter_rad), softness = 0.02;
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
    if (scene.angle_filter_rad > 0) {
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

// Flat part and raised-cosine rims, with its derivative to y.
std::pair<double, double> taper(double y, double width, double rim) {
  const double a = std::abs(y), edge = width / 2;
  if (a <= edge) return {1, 0};
  if (a >= edge + rim) return {0, 0};
  const double x = kPi * (a - edge) / rim;
  return {0.5 * (1 + std::cos(x)), -0.5 * kPi / rim * std::sin(x) * (y < 0 ? -1 : 1)};
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
  double envelope, d_y, d_x = 0, d_w = 0;
  if (s.kind == SourceKind::kGaussian) {
    const double w2 = s.waist_m * s.waist_m, r2 = at.x * at.x + at.y * at.y;
    envelope = std::exp(-r2 / w2);
    d_y = -2 * at.y / w2 * envelope, d_x = -2 * at.x / w2 * envelope, d_w = 2 * r2 / (w2 * s.waist_m) * envelope;
  } else {
    const auto [flat_y, slope_y] = taper(at.y, s.width_m, s.taper_m);
    const auto [flat_x, slope_x] = scene.grid.volume() ? taper(at.x, s.width_m, s.taper_m) : std::pair{1.0, 0.0};
    envelope = flat_y * flat_x, d_y = slope_y * flat_x, d_x = flat_y * slope_x;
  }
  Sample out;
  out.u = envelope * wave;
  out.d_position = -(d_y - kJ * k * sin_y * envelope) * wave;
  out.d_position_x = -(d_x - kJ * k * sin_x * envelope) * wave;
  out.d_tilt = -kJ * k * std::cos(s.tilt_rad) * at.y * out.u;
  out.d_tilt_x = -kJ * k * std::cos(s.tilt_x_rad) * at.x * out.u;
  out.d_waist = d_w * wave;
  out.d_k = -kJ * (sin_y * at.y + sin_x * at.x) * out.u;
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

Field launch_filter(const Scene& scene, const Source& s, const Backend& backend) {
  return make_filter(scene, s, backend).f;
}

Field launch(const Scene& scene, const Source& s, const Backend& backend) {
  Field u(size_t(scene.grid.num_points()));
  const Complexc scale = std::polar(s.amplitude, s.phase_rad);
  for (int j = 0; j < scene.grid.num_points(); ++j) u[size_t(j)] = scale * sample(scene, s, j).u;
  if (has_filter(scene, s)) backend.apply(make_filter(scene, s, backend).f, u);
  return u;
}

std::vector<LaunchColumn> launch_columns(const Scene& scene, const Source& s, const Backend& backend) {
  const size_t n = size_t(scene.grid.num_points());
  const double k = scene.wavenumber_rad_per_m();
  const Complexc phase = std::polar(1.0, s.phase_rad), scale = s.amplitude * phase;
  const bool shaped = s.kind == SourceKind::kGaussian || s.kind == SourceKind::kArray;
  const bool tilted = shaped || s.kind == SourceKind::kPlane, volume = scene.grid.volume();
  Field bare(n), d_position(n), d_position_x(n), d_tilt(n), d_tilt_x(n), d_waist(n), d_k(n);
  for (size_t j = 0; j < n; ++j) {
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
  if (!has_filter(scene, s)) return out;
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
