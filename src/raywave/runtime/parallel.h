// SPDX-License-Identifier: Apache-2.0
// Parallel loops. Work is cut into tasks whose number does not depend on threads; each task writes its own result and
// the caller merges them in task order, so that sums have a fixed order and results equal to the bit for any number of
// threads.
#pragma once

#include <cstdint>
#include <functional>

namespace raywave::runtime {

/// Runs body(task) for task = 0 ... num_tasks - 1, in any order, on num_threads threads (0: all). The first exception
/// in task order is thrown again in the caller.
void parallel_for(int64_t num_tasks, int num_threads, const std::function<void(int64_t task)>& body);

/// The number of threads that 0 stands for.
int default_num_threads();

}  // namespace raywave::runtime
