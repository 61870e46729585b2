// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace raywave::maps {

/// A set of cells that is emptied in no time.
class CellSet {
 public:
  void clear(size_t num_cells) {
    if (stamps_.size() < num_cells || ++stamp_ == 0) {
      stamps_.assign(std::max(stamps_.size(), num_cells), 0);
      stamp_ = 1;
    }
  }
  bool contains(int cell) const { return stamps_[size_t(cell)] == stamp_; }
  /// @return whether it was not in it.
  bool insert(int cell) { return std::exchange(stamps_[size_t(cell)], stamp_) != stamp_; }

 private:
  std::vector<uint32_t> stamps_;
  uint32_t stamp_ = 0;
};

}  // namespace raywave::maps
