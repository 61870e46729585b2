// SPDX-License-Identifier: Apache-2.0
// Progress of marches, in steps of all sources, and the wish to stop them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "raywave/runtime/progress.h"

namespace raywave::wave {

class StepReporter {
 public:
  StepReporter(const runtime::Progress& progress, int64_t total) : progress_(progress), total_(total) {}

  /// One more of the total is done. @throws runtime::Interrupted when asked to stop.
  void step() {
    if (!progress_) return;
    done_ += 1;
    look();
  }
  /// One was marched again, for what a gradient did not keep.
  void again() {
    if (progress_) look();
  }
  void finish() {
    if (progress_ && !progress_(total_, total_)) throw runtime::Interrupted();
  }

 private:
  static constexpr int64_t kEvery = 8;  // a step of a row takes microseconds, what is told much more

  void look() {
    if (stopped_) throw runtime::Interrupted();
    if (++looks_ % kEvery != 0) return;
    const std::lock_guard lock(mutex_);
    if (stopped_ || !progress_(done_, total_)) {
      stopped_ = true;
      throw runtime::Interrupted();
    }
  }

  const runtime::Progress& progress_;
  const int64_t total_;
  std::atomic<int64_t> done_ = 0, looks_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
};

}  // namespace raywave::wave
