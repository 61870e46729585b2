// SPDX-License-Identifier: Apache-2.0
// What single rays of a Monte Carlo map add to cells, for the standard error: each ray's sum in a cell is one sample.
// Rays count as independent, though they set out evenly spread: of what no surface has scattered the true spread is
// smaller.
#pragma once

#include <algorithm>
#include <vector>

namespace raywave::maps {

class RayVisits {
 public:
  void clear() { visits_.clear(); }
  void add(int lane, int cell, double value) { visits_.push_back({lane, cell, value}); }
  void add_squares(std::vector<double>& squares) {
    std::stable_sort(visits_.begin(), visits_.end(), [](const Visit& a, const Visit& b) {
      return a.lane != b.lane ? a.lane < b.lane : a.cell < b.cell;
    });
    for (size_t i = 0; i < visits_.size();) {
      double sum = 0;
      size_t j = i;
      for (; j < visits_.size() && visits_[j].lane == visits_[i].lane && visits_[j].cell == visits_[i].cell; ++j)
        sum += visits_[j].value;
      squares[size_t(visits_[i].cell)] += sum * sum;
      i = j;
    }
  }

 private:
  struct Visit {
    int lane, cell;
    double value;
  };
  std::vector<Visit> visits_;
};

}  // namespace raywave::maps
