// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/parallel.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <exception>
#include <mutex>
#ifdef __SANITIZE_THREAD__
#include <atomic>
#include <thread>
#include <vector>
#endif

namespace raywave::runtime {
namespace {

#ifdef __SANITIZE_THREAD__
/// oneTBB is not built with the thread sanitizer, which would report its hand-over of every task. Under it tasks run on
/// threads that it knows, so that what is reported is what tasks do to each other.
void run_tasks(int64_t num_tasks, int num_threads, const std::function<void(int64_t task)>& body) {
  std::atomic<int64_t> next = 0;
  std::vector<std::thread> threads;
  const int count = num_threads > 0 ? num_threads : default_num_threads();
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&] {
      for (int64_t i = next++; i < num_tasks; i = next++) body(i);
    });
  }
  for (std::thread& t : threads) t.join();
}
#else
void run_tasks(int64_t num_tasks, int num_threads, const std::function<void(int64_t task)>& body) {
  tbb::task_arena arena(num_threads > 0 ? num_threads : tbb::task_arena::automatic);
  arena.execute([&] { tbb::parallel_for(int64_t{0}, num_tasks, body); });
}
#endif

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
  run_tasks(num_tasks, num_threads, [&](int64_t i) {
    try {
      body(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (i < failed_task) failed_task = i, failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace raywave::runtime
