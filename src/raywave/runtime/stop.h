// SPDX-License-Identifier: Apache-2.0
// The wish to stop, for work that reports no progress of its own.
#pragma once

#include <atomic>
#include <functional>

namespace raywave::runtime {

/// Runs f; once `stop` is true no task of a parallel loop within it begins any more, nested loops' too, and the loop
/// throws Interrupted (progress.h). How soon that is, is how long a task takes.
void with_stop(const std::atomic<bool>& stop, const std::function<void()>& f);

/// For tasks that may take long. @throws Interrupted when the stop of the with_stop around it is set.
void check_stop();

}  // namespace raywave::runtime
