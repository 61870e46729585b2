// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/parallel.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <exception>
#include <mutex>

#ifdef __SANITIZE_THREAD__
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace raywave::runtime {
namespace {

/// oneTBB is not built with the thread sanitizer, which therefore sees neither that tasks begin after the loop nor that
/// the loop ends after its tasks. Both are said here; what tasks do to each other stays in its sight.
struct Order {
  char begin = 0, end = 0;
#ifdef __SANITIZE_THREAD__
  void loop_begins() { __tsan_release(&begin); }
  void task_begins() { __tsan_acquire(&begin); }
  void task_ends() { __tsan_release(&end); }
  void loop_ends() { __tsan_acquire(&end); }
#else
  void loop_begins() {}
  void task_begins() {}
  void task_ends() {}
  void loop_ends() {}
#endif
};

}  // namespace

int default_num_threads() { return tbb::this_task_arena::max_concurrency(); }

void parallel_for(int64_t num_tasks, int num_threads, const std::function<void(int64_t task)>& body) {
  if (num_threads == 1 || num_tasks <= 1) {
    for (int64_t i = 0; i < num_tasks; ++i) body(i);
    return;
  }
  std::mutex mutex;
  int64_t failed_task = num_tasks;
  std::exception_ptr failure;
  Order order;
  const auto guarded = [&](int64_t i) {
    order.task_begins();
    try {
      body(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (i < failed_task) failed_task = i, failure = std::current_exception();
    }
    order.task_ends();
  };
  order.loop_begins();
  tbb::task_arena arena(num_threads > 0 ? num_threads : tbb::task_arena::automatic);
  arena.execute([&] { tbb::parallel_for(int64_t{0}, num_tasks, guarded); });
  order.loop_ends();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace raywave::runtime
