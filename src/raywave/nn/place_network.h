// SPDX-License-Identifier: Apache-2.0
// A multilayer perceptron from a place in a box to a few numbers, as Python's rw.materials.Network trains and writes
// it. The place, scaled to the box and held at its rim, goes in with sines and cosines of octaves and with what grids
// of several fineness hold there (linear between their points); between layers x / (1 + exp(-x)). Values alone:
// derivatives are Python's.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "raywave/core/vec.h"

namespace raywave::nn {

class PlaceNetwork {
 public:
  struct Shape {
    Vec3d low_m, high_m;  // of the box
    Vec3d detail_m;       // nothing finer is learnt: > 0
    bool sines = true, grids = false;
    std::vector<int> hidden;  // sizes of the layers between
    int num_out = 1;
  };
  /// @param weights  of each layer W [in, out] and b [out]; then of each grid [points, 2].
  /// @throws Error for sizes that do not fit together.
  PlaceNetwork(Shape shape, std::vector<double> weights);

  /// @return [num_out]
  std::vector<double> operator()(const Vec3d& point_m) const;

 private:
  std::vector<double> features(const Vec3d& point_m) const;

  Shape shape_;
  std::vector<double> weights_;
  std::vector<std::pair<size_t, double>> waves_;  // axis; radians per metre
  std::vector<std::array<size_t, 3>> levels_;     // points along each axis
  std::vector<size_t> sizes_;                     // of input, hidden layers, output
  size_t grids_begin_ = 0;                        // of weights_
};

}  // namespace raywave::nn
