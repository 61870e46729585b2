// SPDX-License-Identifier: Apache-2.0
// The dense backend (direct integration with the circulant kernel) and the choice among the slower backends.
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/wave/backends.h"

namespace raywave::wave {
namespace {

// h = F^-1 G by a direct sum, then u_j <- sum_l h[(j - l) mod N] u_l. No fast transform anywhere: the slow obvious
// twin.
class DenseBackend : public Backend {
 public:
  explicit DenseBackend(const Grid& grid) : n_(grid.num_y), root_(size_t(grid.num_y)) {
    ky_ = fft_wavenumbers(n_, grid.length_m());
    for (int m = 0; m < n_; ++m) root_[size_t(m)] = std::polar(1.0, 2 * kPi * m / n_);
  }
  void analyze(const Complexc* u, Complexc* s) const override { sum(u, s, 1, true); }
  void synthesize(const Complexc* s, Complexc* u) const override { sum(s, u, 1.0 / n_, false); }
  void analyze_adjoint(const Complexc* s, Complexc* u) const override { sum(s, u, 1, false); }
  void synthesize_adjoint(const Complexc* u, Complexc* s) const override { sum(u, s, 1.0 / n_, true); }
  using Backend::apply;
  using Backend::apply_adjoint;
  void apply(std::span<const Complexc> g, Field& u) const override {
    Field h(static_cast<size_t>(n_));
    synthesize(g.data(), h.data());
    circulant(h, u);
  }
  void apply_adjoint(std::span<const Complexc> g, Field& u) const override {
    Field h(static_cast<size_t>(n_)), conj_g(g.begin(), g.end());
    for (Complexc& c : conj_g) c = std::conj(c);
    synthesize(conj_g.data(), h.data());
    circulant(h, u);
  }

 private:
  void sum(const Complexc* in, Complexc* out, double scale, bool forward) const {
    const Field copy(in, in + n_);
    for (int m = 0; m < n_; ++m) {
      Complexc total;
      for (int j = 0, at = 0; j < n_; ++j) {
        total += copy[size_t(j)] * (forward ? std::conj(root_[size_t(at)]) : root_[size_t(at)]);
        if ((at += m) >= n_) at -= n_;
      }
      out[m] = scale * total;
    }
  }
  void circulant(const Field& h, Field& u) const {
    const Field in = u;
    for (int j = 0; j < n_; ++j) {
      Complexc total;
      for (int l = 0; l <= j; ++l) total += h[size_t(j - l)] * in[size_t(l)];
      for (int l = j + 1; l < n_; ++l) total += h[size_t(n_ + j - l)] * in[size_t(l)];
      u[size_t(j)] = total;
    }
  }
  int n_;
  Field root_;
};

}  // namespace

std::unique_ptr<Backend> make_dense_backend(const Grid& grid) { return std::make_unique<DenseBackend>(grid); }

std::unique_ptr<Backend> make_other_backend(const Scene& scene, const BackendOptions& options) {
  if (options.kind == BackendKind::kDense) return make_dense_backend(scene.grid);
  if (options.kind == BackendKind::kNufft) return make_nufft_backend(scene.grid, options.tolerance);
  return make_gabor_backend(scene, options);
}

}  // namespace raywave::wave
