// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/gaussian_beams.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/runtime/fft.h"
#include "raywave/wave/backends.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};

Complexc dot(const Complexc* a, const Complexc* b, size_t n) {  // conj(a) . b
  double re = 0, im = 0;
  for (size_t j = 0; j < n; ++j) {
    re += a[j].real() * b[j].real() + a[j].imag() * b[j].imag();
    im += a[j].real() * b[j].imag() - a[j].imag() * b[j].real();
  }
  return {re, im};
}

double largest_eigenvalue(const Field& m, size_t n) {
  Field x(n, 1.0), y(n);
  double value = 0;
  for (int it = 0; it < 30; ++it) {
    double norm = 0;
    for (size_t i = 0; i < n; ++i) {
      Complexc sum;
      for (size_t j = 0; j < n; ++j) sum += m[i * n + j] * x[j];
      y[i] = sum, norm += std::norm(sum);
    }
    value = std::sqrt(norm);
    for (size_t i = 0; i < n; ++i) x[i] = y[i] / value;
  }
  return value;
}

// Row-oriented Cholesky, so that the inner product runs along rows.
void factor(Field& m, size_t n) {
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j <= i; ++j) {
      const Complexc sum = m[i * n + j] - std::conj(dot(&m[i * n], &m[j * n], j));
      m[i * n + j] = i == j ? Complexc(std::sqrt(std::max(sum.real(), 1e-300))) : sum / m[j * n + j].real();
    }
}

class GaborBackend : public Backend {
 public:
  GaborBackend(const Scene& scene, const BackendOptions& options)
      : frame_(scene.grid, scene.wavenumber_rad_per_m(), options), n_(scene.grid.num_y), fft_(n_) {
    ky_ = fft_wavenumbers(n_, scene.grid.length_m());
  }
  void analyze(const Complexc* u, Complexc* s) const override { project(u, s), fft_.forward(s); }
  void synthesize(const Complexc* s, Complexc* u) const override { back(s, u, 1.0 / n_); }
  void analyze_adjoint(const Complexc* s, Complexc* u) const override { back(s, u, 1); }
  void synthesize_adjoint(const Complexc* u, Complexc* s) const override {
    project(u, s), fft_.forward(s);
    for (int j = 0; j < n_; ++j) s[j] /= double(n_);
  }

 private:
  // The projection onto the span of the frame is its own adjoint.
  void project(const Complexc* u, Complexc* out) const {
    const Field p = frame_.synthesize(frame_.coefficients(Field(u, u + n_)));
    std::copy(p.begin(), p.end(), out);
  }
  void back(const Complexc* s, Complexc* u, double scale) const {
    Field w(s, s + n_);
    fft_.backward(w.data());
    for (Complexc& c : w) c *= scale;
    project(w.data(), u);
  }
  GaborFrame frame_;
  int n_;
  runtime::Fft<double> fft_;
};

}  // namespace

GaborFrame::GaborFrame(const Grid& g, double k, const BackendOptions& o) : grid(g), wavenumber_rad_per_m(k) {
  require_positive("beam_waist_wavelengths", o.beam_waist_wavelengths);
  require_in_range("beam_redundancy", o.beam_redundancy, 1, 16);
  require_positive("beam_regularization", o.beam_regularization);
  waist_m = o.beam_waist_wavelengths * 2 * kPi / k;
  const double a = waist_m * std::sqrt(kPi / o.beam_redundancy), b = 2 * kPi / (o.beam_redundancy * a);
  const double half = g.length_m() / 2 + 1.5 * waist_m;
  const int count_y = int(std::ceil(half / a)), count_k = int(std::ceil(k / b)) + 2;
  const size_t count = size_t(2 * count_y + 1) * size_t(2 * count_k + 1);
  const double bytes = 16.0 * double(count) * double(count + size_t(g.num_y));
  if (bytes > 1073741824.0)
    throw Error(message("the Gaussian-beam frame of ", count, " atoms on ", g.num_y, " points needs ", bytes / 1048576,
                        " MiB, more than 1024: use a smaller window"));
  const double scale = std::pow(2 / (kPi * waist_m * waist_m), 0.25);
  for (int m = -count_y; m <= count_y; ++m)
    for (int n = -count_k; n <= count_k; ++n) {
      center_m.push_back(g.center_m + m * a), kappa_rad_per_m.push_back(n * b);
      Field atom(size_t(g.num_y));
      for (int j = 0; j < g.num_y; ++j) {
        const double y = g.y_m(j) - center_m.back();
        const double x = y / waist_m;
        if (std::abs(x) < 6.5) atom[size_t(j)] = scale * std::exp(-x * x + kJ * (n * b * y));
      }
      atoms.push_back(std::move(atom));
    }
  cholesky.resize(count * count);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j <= i; ++j) {
      if (std::abs(center_m[i] - center_m[j]) > 9.5 * waist_m) continue;
      cholesky[i * count + j] = dot(atoms[i].data(), atoms[j].data(), size_t(g.num_y));
      cholesky[j * count + i] = std::conj(cholesky[i * count + j]);
    }
  const double mu2 = largest_eigenvalue(cholesky, count) * o.beam_regularization * o.beam_regularization;
  for (size_t i = 0; i < count; ++i) cholesky[i * count + i] += mu2;
  factor(cholesky, count);
}

std::vector<Complexc> GaborFrame::coefficients(const Field& u) const {
  const size_t n = atoms.size();
  std::vector<Complexc> c(n);
  for (size_t i = 0; i < n; ++i) c[i] = dot(atoms[i].data(), u.data(), u.size());
  for (size_t i = 0; i < n; ++i) {
    Complexc sum = c[i];
    for (size_t j = 0; j < i; ++j) sum -= cholesky[i * n + j] * c[j];
    c[i] = sum / cholesky[i * n + i].real();
  }
  for (size_t i = n; i-- > 0;) {
    c[i] /= cholesky[i * n + i].real();
    for (size_t j = 0; j < i; ++j) c[j] -= std::conj(cholesky[i * n + j]) * c[i];
  }
  return c;
}

Field GaborFrame::synthesize(const std::vector<Complexc>& c) const {
  Field u(size_t(grid.num_y));
  for (size_t i = 0; i < c.size(); ++i)
    for (size_t j = 0; j < u.size(); ++j) u[j] += c[i] * atoms[i][j];
  return u;
}

BeamExpansion expand(const GaborFrame& frame, const Field& u, double z0_m) {
  BeamExpansion e{frame.waist_m, frame.wavenumber_rad_per_m, z0_m, {}, {}, {}};
  const std::vector<Complexc> c = frame.coefficients(u);
  for (size_t i = 0; i < c.size(); ++i) {
    if (std::abs(frame.kappa_rad_per_m[i]) > 0.9 * frame.wavenumber_rad_per_m) continue;
    e.center_m.push_back(frame.center_m[i]), e.kappa_rad_per_m.push_back(frame.kappa_rad_per_m[i]);
    e.coefficient.push_back(c[i]);
  }
  return e;
}

BeamExpansion BeamExpansion::compressed(double threshold) const {
  double largest = 0;
  for (const Complexc c : coefficient) largest = std::max(largest, std::abs(c));
  BeamExpansion out{waist_m, wavenumber_rad_per_m, z0_m, {}, {}, {}};
  for (size_t i = 0; i < coefficient.size(); ++i) {
    if (std::abs(coefficient[i]) < threshold * largest) continue;
    out.center_m.push_back(center_m[i]), out.kappa_rad_per_m.push_back(kappa_rad_per_m[i]);
    out.coefficient.push_back(coefficient[i]);
  }
  return out;
}

std::vector<Complexc> BeamExpansion::at(const std::vector<Point>& points) const {
  const double k = wavenumber_rad_per_m, w2 = waist_m * waist_m, scale = std::pow(2 / (kPi * w2), 0.25);
  std::vector<Complexc> out(points.size());
  for (size_t i = 0; i < coefficient.size(); ++i) {
    const double kappa = kappa_rad_per_m[i], kz0 = std::sqrt(k * k - kappa * kappa);
    const double d1 = -kappa / kz0, d2 = -k * k / (kz0 * kz0 * kz0);
    for (size_t p = 0; p < points.size(); ++p) {
      const double z = points[p].z_m - z0_m, y = points[p].y_m - center_m[i];
      // spectrum exp(-q kappa'^2) with exp(-j (kz0 + d1 kappa' + d2 kappa'^2 / 2) z), kappa' = ky - kappa
      const Complexc q = w2 / 4 + 0.5 * kJ * d2 * z;
      const double shift = y - d1 * z;
      out[p] += coefficient[i] * scale * std::sqrt(w2 / 4 / q) *
                std::exp(-kJ * (kz0 * z) + kJ * (kappa * y) - shift * shift / (4.0 * q));
    }
  }
  return out;
}

std::unique_ptr<Backend> make_gabor_backend(const Scene& scene, const BackendOptions& options) {
  return std::make_unique<GaborBackend>(scene, options);
}

}  // namespace raywave::wave
