// SPDX-License-Identifier: Apache-2.0
#include <complex>
#include <memory>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/wave/backends.h"
#include "raywave/wave/nufft.h"

namespace raywave::wave {
namespace {

// Modes from points: on uniform points their plain sum, elsewhere the weighted least squares fit by conjugate
// gradients.
class NufftBackend : public Backend {
 public:
  NufftBackend(const Grid& grid, double tolerance)
      : n_(grid.num_y),
        uniform_(grid.uniform()),
        modes_(uniform_ ? n_ : int(n_ / 1.6)),
        tolerance_(tolerance),
        nufft_(angles(grid), modes_, tolerance) {
    const double length = grid.length_m();
    const int middle = modes_ / 2;
    for (int i = 0; i < modes_; ++i) ky_.push_back(2 * kPi * (i - middle) / length);
    const auto edges = grid.cell_edges_m();
    for (int j = 0; j < n_; ++j) weight_.push_back((edges[size_t(j) + 1] - edges[size_t(j)]) * n_ / length);
  }
  void analyze(const Complexc* u, Complexc* s) const override {
    if (uniform_) return nufft_.type1(u, s);
    Field w(u, u + n_);
    for (int j = 0; j < n_; ++j) w[size_t(j)] *= weight_[size_t(j)];
    Field b(static_cast<size_t>(modes_));
    nufft_.type1(w.data(), b.data());
    const Field x = solve(b);
    for (int m = 0; m < modes_; ++m) s[m] = x[size_t(m)] * double(modes_);
  }
  void synthesize(const Complexc* s, Complexc* u) const override {
    nufft_.type2(s, u);
    for (int j = 0; j < n_; ++j) u[j] /= double(modes_);
  }
  void analyze_adjoint(const Complexc* s, Complexc* u) const override {
    if (uniform_) return nufft_.type2(s, u);
    const Field x = solve(Field(s, s + modes_));
    nufft_.type2(x.data(), u);
    for (int j = 0; j < n_; ++j) u[j] *= weight_[size_t(j)] * modes_;
  }
  void synthesize_adjoint(const Complexc* u, Complexc* s) const override {
    nufft_.type1(u, s);
    for (int m = 0; m < modes_; ++m) s[m] /= double(modes_);
  }

 private:
  static std::vector<double> angles(const Grid& grid) {
    std::vector<double> x;
    for (int j = 0; j < grid.num_y; ++j) x.push_back(2 * kPi * (grid.y_m(j) - grid.y_m(0)) / grid.length_m());
    return x;
  }
  // (T2^H W T2) x = b
  Field solve(const Field& b) const {
    Field x(b.size()), r = b, p = b, ap(b.size()), mid(static_cast<size_t>(n_));
    double rr = 0;
    for (const Complexc c : r) rr += std::norm(c);
    const double target = rr * tolerance_ * tolerance_ * 1e-2;
    for (int it = 0; it < 400 && rr > target; ++it) {
      nufft_.type2(p.data(), mid.data());
      for (int j = 0; j < n_; ++j) mid[size_t(j)] *= weight_[size_t(j)];
      nufft_.type1(mid.data(), ap.data());
      double pap = 0;
      for (size_t m = 0; m < b.size(); ++m) pap += (std::conj(p[m]) * ap[m]).real();
      const double alpha = rr / pap;
      double next = 0;
      for (size_t m = 0; m < b.size(); ++m) x[m] += alpha * p[m], r[m] -= alpha * ap[m], next += std::norm(r[m]);
      for (size_t m = 0; m < b.size(); ++m) p[m] = r[m] + next / rr * p[m];
      rr = next;
    }
    if (rr > target * 1e6)
      throw Error(
          "the nonuniform points leave gaps: the spectrum cannot be found from them (conjugate gradients do not "
          "converge)");
    return x;
  }

  int n_;
  bool uniform_;
  int modes_;
  double tolerance_;
  Nufft nufft_;
  std::vector<double> weight_;
};

}  // namespace

std::unique_ptr<Backend> make_nufft_backend(const Grid& grid, double tolerance) {
  return std::make_unique<NufftBackend>(grid, tolerance);
}

}  // namespace raywave::wave
