// SPDX-License-Identifier: Apache-2.0
// Sums of chunks that threads work on side by side, added up in one order: the same bits for any number of threads.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace raywave::maps {

/// Each chunk is added as soon as those before it are: where chunks are begun in order, few wait.
class SumsInOrder {
 public:
  explicit SumsInOrder(size_t size) : total_(size, 0) {}
  /// For a chunk's own sums.
  std::vector<double> zeros() {
    std::vector<double> out;
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        out = std::move(free_.back());
        free_.pop_back();
      }
    }
    out.assign(total_.size(), 0);
    return out;
  }
  void add(int64_t chunk, std::vector<double> own) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(chunk, std::move(own));
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; ++next_) {
      for (size_t i = 0; i < total_.size(); ++i) total_[i] += first->second[i];
      free_.push_back(std::move(first->second));
      first = waiting_.erase(first);
    }
  }
  const std::vector<double>& total() const { return total_; }

 private:
  std::mutex mutex_;
  std::vector<double> total_;
  std::map<int64_t, std::vector<double>> waiting_;
  std::vector<std::vector<double>> free_;
  int64_t next_ = 0;
};

}  // namespace raywave::maps
