// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/backend.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/runtime/fft.h"
#include "raywave/wave/backends.h"
#include "raywave/wave/row_transform.h"

namespace raywave::wave {
namespace {

constexpr std::pair<const char*, BackendKind> kNames[] = {{"fft", BackendKind::kFft},
                                                          {"dense", BackendKind::kDense},
                                                          {"nufft", BackendKind::kNufft},
                                                          {"gaussian_beams", BackendKind::kGaussianBeams}};

template <class Real>
class FftBackend : public Backend {
 public:
  explicit FftBackend(const Grid& grid)
      : n_(grid.num_points()),
        fft_(grid.volume() ? runtime::Fft<Real>::two_dimensional(grid.num_x, grid.num_y)
                           : runtime::Fft<Real>(grid.num_y)) {
    const auto ky = fft_wavenumbers(grid.num_y, grid.length_m());
    if (!grid.volume()) {
      ky_ = ky;
      if (std::is_same_v<Real, double> && RowTransform::supports(n_)) row_ = std::make_unique<RowTransform>(n_);
      return;
    }
    for (const double x : fft_wavenumbers(grid.num_x, grid.length_x_m()))
      for (const double y : ky) kx_.push_back(x), ky_.push_back(y), kt_.push_back(std::hypot(x, y));
  }
  void analyze(const Complexc* u, Complexc* s) const override { transform(u, s, 1, true); }
  void synthesize(const Complexc* s, Complexc* u) const override { transform(s, u, 1.0 / n_, false); }
  void analyze_adjoint(const Complexc* s, Complexc* u) const override { transform(s, u, 1, false); }
  void synthesize_adjoint(const Complexc* u, Complexc* s) const override { transform(u, s, 1.0 / n_, true); }
  using Backend::apply;
  using Backend::apply_adjoint;
  Gain prepare(std::span<const Complexc> g) const override {
    if (!row_) return Backend::prepare(g);
    Field conj_g(g.begin(), g.end());
    for (Complexc& c : conj_g) c = std::conj(c);
    return {row_->table(g), row_->table(conj_g)};
  }
  void apply(const Gain& gain, Field& u) const override {
    row_ ? row_->apply(gain.forward.data(), u.data()) : Backend::apply(gain, u);
  }
  void apply_adjoint(const Gain& gain, Field& u) const override {
    row_ ? row_->apply(gain.adjoint.data(), u.data()) : Backend::apply_adjoint(gain, u);
  }
  const RowTransform* row_transform() const override { return row_.get(); }

 private:
  void transform(const Complexc* in, Complexc* out, double scale, bool forward) const {
    if constexpr (std::is_same_v<Real, double>) {
      if (in != out) std::copy(in, in + n_, out);
      forward ? fft_.forward(out) : fft_.backward(out);
      if (scale != 1)
        for (int j = 0; j < n_; ++j) out[j] *= scale;
    } else {
      std::vector<std::complex<Real>> work(in, in + n_);
      forward ? fft_.forward(work.data()) : fft_.backward(work.data());
      for (int j = 0; j < n_; ++j) out[j] = Complexc(work[size_t(j)] * Real(scale));
    }
  }
  int n_;
  runtime::Fft<Real> fft_;
  std::unique_ptr<RowTransform> row_;
};

// The window and its image below the ground, 2N points: u_{-1-j} = -u_j (Dirichlet) or u_j (Neumann).
class MirrorBackend : public Backend {
 public:
  MirrorBackend(const Grid& grid, double sign) : n_(grid.num_y), sign_(sign), fft_(2 * grid.num_y) {
    ky_ = fft_wavenumbers(2 * n_, 2 * grid.length_m());
  }
  void analyze(const Complexc* u, Complexc* s) const override { extend(u, s, sign_), fft_.forward(s); }
  void synthesize(const Complexc* s, Complexc* u) const override {
    Field w(s, s + 2 * n_);
    fft_.backward(w.data());
    for (int j = 0; j < n_; ++j) u[j] = w[size_t(j)] / (2.0 * n_);
  }
  void analyze_adjoint(const Complexc* s, Complexc* u) const override {
    Field w(s, s + 2 * n_);
    fft_.backward(w.data());
    for (int j = 0; j < n_; ++j) u[j] = w[size_t(j)] + sign_ * w[size_t(2 * n_ - 1 - j)];
  }
  void synthesize_adjoint(const Complexc* u, Complexc* s) const override {
    extend(u, s, 0), fft_.forward(s);
    for (int j = 0; j < 2 * n_; ++j) s[j] /= 2.0 * n_;
  }

 private:
  void extend(const Complexc* u, Complexc* s, double sign) const {
    for (int j = 0; j < n_; ++j) s[j] = u[j], s[2 * n_ - 1 - j] = sign * u[j];
  }
  int n_;
  double sign_;
  runtime::Fft<double> fft_;
};

}  // namespace

BackendKind backend_from_name(std::string_view name) { return value_named(kNames, "backend", name); }
const char* backend_name(BackendKind kind) { return name_of(kNames, kind); }

std::vector<double> fft_wavenumbers(int n, double length_m) {
  std::vector<double> ky(static_cast<size_t>(n));
  for (int m = 0; m < n; ++m) ky[size_t(m)] = 2 * kPi * (m < (n + 1) / 2 ? m : m - n) / length_m;
  return ky;
}

Backend::Gain Backend::prepare(std::span<const Complexc> g) const { return {Field(g.begin(), g.end()), {}}; }

void Backend::apply(std::span<const Complexc> g, Field& u) const {
  Field s(ky_.size());
  analyze(u.data(), s.data());
  for (size_t m = 0; m < s.size(); ++m) s[m] *= g[m];
  synthesize(s.data(), u.data());
}

void Backend::apply_adjoint(std::span<const Complexc> g, Field& u) const {
  Field s(ky_.size());
  synthesize_adjoint(u.data(), s.data());
  for (size_t m = 0; m < s.size(); ++m) s[m] *= std::conj(g[m]);
  analyze_adjoint(s.data(), u.data());
}

std::unique_ptr<Backend> make_backend(const Scene& scene, const BackendOptions& options) {
  const bool fft = options.kind == BackendKind::kFft;
  if (!scene.grid.uniform() && options.kind != BackendKind::kNufft)
    throw Error(message("nonuniform points need the backend nufft, not ", backend_name(options.kind)));
  if (options.precision == Precision::kFloat && !fft)
    throw Error(message("single precision needs the backend fft, not ", backend_name(options.kind)));
  if (scene.boundary != Boundary::kPeriodic) {
    if (!fft || options.precision == Precision::kFloat)
      throw Error("a ground needs the backend fft in double precision");
    return std::make_unique<MirrorBackend>(scene.grid, scene.boundary == Boundary::kDirichlet ? -1 : 1);
  }
  if (fft && options.precision == Precision::kFloat) return std::make_unique<FftBackend<float>>(scene.grid);
  if (fft) return std::make_unique<FftBackend<double>>(scene.grid);
  return scene.grid.volume() ? make_tensor_backend(scene, options) : make_other_backend(scene, options);
}

}  // namespace raywave::wave
