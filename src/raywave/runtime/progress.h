// SPDX-License-Identifier: Apache-2.0
// Progress of tasks that end in any order, and the wish to stop them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "raywave/core/error.h"

namespace raywave::runtime {

/// Called with (done, total), one call at a time; return false to stop.
using Progress = std::function<bool(int64_t done, int64_t total)>;

/// Thrown when the progress callback asks to stop.
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted") {}
};

class Reporter {
 public:
  Reporter(const Progress& progress, int64_t total) : progress_(progress), total_(total) {}

  /// At the end of a task, or of several. @throws Interrupted when asked to stop.
  void task_done(int64_t tasks = 1) {
    if (!progress_) return;
    const std::lock_guard lock(mutex_);
    done_ += tasks;
    if (stopped_ || !progress_(done_, total_)) {
      stopped_ = true;
      throw Interrupted();
    }
  }
  /// At the start of a task, so that the others end soon.
  void check() const {
    if (stopped_) throw Interrupted();
  }

 private:
  const Progress& progress_;
  const int64_t total_;
  int64_t done_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
};

}  // namespace raywave::runtime
