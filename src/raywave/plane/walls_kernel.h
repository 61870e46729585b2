// SPDX-License-Identifier: Apache-2.0
// Four points at a time through one candidate of walls by images: values, and the adjoint written out. The expressions
// are those of laws.h, but for divisions by what is constant.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "raywave/plane/grid.h"
#include "raywave/plane/lit_region.h"

namespace raywave::plane {

/// A scene of walls as seen from one end, ready for all its candidates.
class WallsKernel {
 public:
  /// `sequences`: from the fixed end on. `values_alone`: no derivative is asked for, and points are many: then most are
  /// decided by half-planes (plane/lit_region.h).
  WallsKernel(const SceneOver<double>& scene, Vec2d fixed, const Candidates& sequences, const MapOptions& options,
              bool values_alone);

  /// Adjoints of what points share: of one task, or their sum.
  struct Shared {
    std::vector<double> ends;    // [objects, 4]
    std::vector<double> images;  // [candidate's steps, 2]
    Vec2d fixed;
    double r_coef = 0, height = 0, alpha = 0;
    void add(const Shared& other);
  };
  Shared zero() const;

  /// Values of the points of one task, summed over candidates; where asked for, each candidate's share
  /// [candidates, shares_stride] (0 where nothing is written), the gradient by each point, and the adjoints of the sum
  /// with these weights [points].
  void run(std::span<const double> x, std::span<const double> y, double* value, double* shares, size_t shares_stride,
           Vec2d* gradient, const double* weights, Shared* shared) const;

  /// Carries the images' adjoints back: adds to [numbers], `fixed_begin` is where the fixed end stands.
  void finish(const Shared& shared, size_t fixed_begin, std::vector<double>& by_numbers) const;

 private:
  struct Wall {
    double ax, ay, bx, by, inverse_square;  // of its length
  };
  const SceneOver<double> scene_;
  Vec2d fixed_;
  const Candidates& sequences_;
  const MapOptions& options_;
  std::vector<Wall> walls_;
  std::vector<int32_t> blocking_;   // objects that block
  std::vector<Vec2d> images_;       // [candidate's steps]
  std::vector<LitRegion> regions_;  // [candidates], or none
  double alpha_, r_coef_, height_, cut_;
  friend struct WallsRun;
};

}  // namespace raywave::plane
