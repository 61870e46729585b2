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
  const auto& ky = backend.ky_rad_per_m();
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

// One point of the field for amplitude 1 and phase 0, with derivatives to position, tilt, waist and k.
struct Sample {
  Complexc u, d_position, d_tilt, d_waist, d_k;
};

Sample sample(const Scene& scene, const Source& s, int j) {
  const double k = scene.wavenumber_rad_per_m(), y = scene.grid.y_m(j) - s.position_m;
  const double sin_t = std::sin(s.tilt_rad), cos_t = std::cos(s.tilt_rad);
  Sample out;
  if (s.kind == SourceKind::kGaussian || s.kind == SourceKind::kPlane) {
    const Complexc wave = std::exp(-kJ * k * sin_t * y);
    double envelope, d_y, d_w = 0;
    if (s.kind == SourceKind::kGaussian) {
      const double w2 = s.waist_m * s.waist_m;
      envelope = std::exp(-y * y / w2);
      d_y = -2 * y / w2 * envelope, d_w = 2 * y * y / (w2 * s.waist_m) * envelope;
    } else {
      std::tie(envelope, d_y) = taper(y, s.width_m, s.taper_m);
    }
    out.u = envelope * wave;
    out.d_position = -(d_y - kJ * k * sin_t * envelope) * wave;
    out.d_tilt = -kJ * k * cos_t * y * out.u;
    out.d_waist = d_w * wave;
    out.d_k = -kJ * sin_t * y * out.u;
  } else if (s.kind == SourceKind::kPoint) {
    const double r = std::hypot(y, s.distance_m);
    const LineSource g = line_source(k, r);
    out.u = g.value, out.d_position = -g.d_r * y / r, out.d_k = g.d_k;
  } else if (s.kind == SourceKind::kArray) {
    const double w2 = s.waist_m * s.waist_m;
    for (size_t e = 0; e < s.weights.size(); ++e) {
      const double x = y - s.element_offsets_m[e];
      const Complexc phase = -kJ * k * s.element_offsets_m[e];
      const Complexc v = s.weights[e] * std::exp(phase * sin_t) * std::exp(-x * x / w2);
      out.u += v;
      out.d_position += 2 * x / w2 * v;
      out.d_waist += 2 * x * x / (w2 * s.waist_m) * v;
      out.d_tilt += phase * cos_t * v;
      out.d_k += phase / k * sin_t * v;
    }
  } else {
    out.u = s.samples[size_t(j)];
  }
  return out;
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
  Field u(size_t(scene.grid.num_y));
  const Complexc scale = std::polar(s.amplitude, s.phase_rad);
  for (int j = 0; j < scene.grid.num_y; ++j) u[size_t(j)] = scale * sample(scene, s, j).u;
  if (has_filter(scene, s)) backend.apply(make_filter(scene, s, backend).f, u);
  return u;
}

std::vector<LaunchColumn> launch_columns(const Scene& scene, const Source& s, const Backend& backend) {
  const size_t n = size_t(scene.grid.num_y);
  const double k = scene.wavenumber_rad_per_m();
  const Complexc phase = std::polar(1.0, s.phase_rad), scale = s.amplitude * phase;
  const bool shaped = s.kind == SourceKind::kGaussian || s.kind == SourceKind::kArray;
  const bool tilted = shaped || s.kind == SourceKind::kPlane, sampled = s.kind == SourceKind::kSampled;
  Field bare(n), d_position(n), d_tilt(n), d_waist(n), d_k(n);
  for (size_t j = 0; j < n; ++j) {
    const Sample v = sample(scene, s, int(j));
    bare[j] = v.u;
    d_position[j] = scale * v.d_position, d_tilt[j] = scale * v.d_tilt;
    d_waist[j] = scale * v.d_waist, d_k[j] = scale * v.d_k;
  }
  if (sampled) {
    // A shift of sampled data: minus the derivative along y, of the band-limited interpolant.
    const auto& ky = backend.ky_rad_per_m();
    Field g(ky.size());
    for (size_t m = 0; m < ky.size(); ++m) g[m] = -kJ * ky[m];
    d_position = bare;
    backend.apply(g, d_position);
    for (Complexc& v : d_position) v *= scale;
  }
  std::vector<LaunchColumn> out;
  Field amplitude(n), turn(n), full(n);
  for (size_t j = 0; j < n; ++j) amplitude[j] = phase * bare[j], full[j] = scale * bare[j], turn[j] = kJ * full[j];
  out.push_back({"position_m", 0, d_position});
  out.push_back({"amplitude", 0, amplitude});
  out.push_back({"phase_rad", 0, turn});
  if (tilted) out.push_back({"tilt_rad", 0, d_tilt});
  if (shaped) out.push_back({"waist_m", 0, d_waist});
  out.push_back({"wavenumber", 0, d_k});
  for (size_t e = 0; e < s.weights.size() && s.kind == SourceKind::kArray; ++e) {
    Field c(n);
    for (size_t j = 0; j < n; ++j) {
      const double x = scene.grid.y_m(int(j)) - s.position_m - s.element_offsets_m[e];
      c[j] =
          scale * std::exp(-kJ * k * std::sin(s.tilt_rad) * s.element_offsets_m[e] - x * x / (s.waist_m * s.waist_m));
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
