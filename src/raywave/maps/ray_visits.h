// SPDX-License-Identifier: Apache-2.0
// What single rays of a Monte Carlo map add to cells, for the standard error: each ray's sum in a cell is one sample,
// and neighbours are compared with each other (Shot::block_of). Rays counted as independent would make several times
// too much of what no chance has touched.
#pragma once

#include <algorithm>
#include <vector>

#include "raywave/paths/shoot.h"

namespace raywave::maps {

class RayVisits {
 public:
  void clear() { visits_.clear(); }
  void add(int ray, int cell, double value) {
    visits_.push_back({paths::Shot::block_of(ray), cell, paths::Shot::sign_of(ray) * value});
  }
  void add_squares(std::vector<double>& squares) {
    std::sort(visits_.begin(), visits_.end(),
              [](const Visit& a, const Visit& b) { return a.block != b.block ? a.block < b.block : a.cell < b.cell; });
    for (size_t i = 0; i < visits_.size();) {
      double difference = 0;
      size_t j = i;
      for (; j < visits_.size() && visits_[j].block == visits_[i].block && visits_[j].cell == visits_[i].cell; ++j)
        difference += visits_[j].value;
      squares[size_t(visits_[i].cell)] += difference * difference;
      i = j;
    }
  }

 private:
  struct Visit {
    int block, cell;
    double value;
  };
  std::vector<Visit> visits_;
};

}  // namespace raywave::maps
