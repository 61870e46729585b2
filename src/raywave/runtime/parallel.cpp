// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/parallel.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <exception>
#include <mutex>

namespace raywave::runtime {

int default_num_threads() { return tbb::this_task_arena::max_concurrency(); }

void parallel_for(int64_t num_tasks, int num_threads, const std::function<void(int64_t task)>& body) {
  if (num_threads == 1 || num_tasks <= 1) {
    for (int64_t i = 0; i < num_tasks; ++i) body(i);
    return;
  }
  std::mutex mutex;
  int64_t failed_task = num_tasks;
  std::exception_ptr failure;
  const auto guarded = [&](int64_t i) {
    try {
      body(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (i < failed_task) failed_task = i, failure = std::current_exception();
    }
  };
  tbb::task_arena arena(num_threads > 0 ? num_threads : tbb::task_arena::automatic);
  arena.execute([&] { tbb::parallel_for(int64_t{0}, num_tasks, guarded); });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace raywave::runtime
