// SPDX-License-Identifier: Apache-2.0
// Two transverse dimensions as a product of one-dimensional operators: A = A_x (x) A_y, S = S_x (x) S_y, so that every
// backend of a line is one of a plane. G couples the two and stays a product on the plane of their wavenumbers.
#include <cmath>
#include <utility>

#include "raywave/wave/backends.h"

namespace raywave::wave {
namespace {

class TensorBackend : public Backend {
 public:
  TensorBackend(std::unique_ptr<Backend> x, std::unique_ptr<Backend> y, int num_x, int num_y)
      : x_(std::move(x)),
        y_(std::move(y)),
        num_x_(size_t(num_x)),
        num_y_(size_t(num_y)),
        bins_x_(x_->ky_rad_per_m().size()),
        bins_y_(y_->ky_rad_per_m().size()) {
    for (const double kx : x_->ky_rad_per_m())
      for (const double ky : y_->ky_rad_per_m())
        kx_.push_back(kx), ky_.push_back(ky), kt_.push_back(std::hypot(kx, ky));
  }
  void analyze(const Complexc* u, Complexc* s) const override { both(&Backend::analyze, true, u, s); }
  void synthesize(const Complexc* s, Complexc* u) const override { both(&Backend::synthesize, false, s, u); }
  void analyze_adjoint(const Complexc* s, Complexc* u) const override { both(&Backend::analyze_adjoint, false, s, u); }
  void synthesize_adjoint(const Complexc* u, Complexc* s) const override {
    both(&Backend::synthesize_adjoint, true, u, s);
  }

 private:
  using Operator = void (Backend::*)(const Complexc*, Complexc*) const;
  /// Along y on each row, then along x on each column.
  void both(Operator op, bool to_spectrum, const Complexc* in, Complexc* out) const {
    const size_t rows = to_spectrum ? num_x_ : bins_x_, columns = to_spectrum ? num_y_ : bins_y_;
    const size_t out_rows = to_spectrum ? bins_x_ : num_x_, out_columns = to_spectrum ? bins_y_ : num_y_;
    Field half(rows * out_columns), line(rows), done(out_rows);
    for (size_t i = 0; i < rows; ++i) ((*y_).*op)(in + i * columns, &half[i * out_columns]);
    for (size_t j = 0; j < out_columns; ++j) {
      for (size_t i = 0; i < rows; ++i) line[i] = half[i * out_columns + j];
      ((*x_).*op)(line.data(), done.data());
      for (size_t i = 0; i < out_rows; ++i) out[i * out_columns + j] = done[i];
    }
  }
  std::unique_ptr<Backend> x_, y_;
  size_t num_x_, num_y_, bins_x_, bins_y_;
};

}  // namespace

std::unique_ptr<Backend> make_tensor_backend(const Scene& scene, const BackendOptions& options) {
  Scene x = scene, y = scene;
  x.grid = {scene.grid.num_x, scene.grid.spacing_x_m, scene.grid.center_x_m, {}};
  y.grid = {scene.grid.num_y, scene.grid.spacing_m, scene.grid.center_m, scene.grid.points_m};
  return std::make_unique<TensorBackend>(make_other_backend(x, options), make_other_backend(y, options),
                                         scene.grid.num_x, scene.grid.num_y);
}

}  // namespace raywave::wave
