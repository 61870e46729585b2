// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/parallel.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <exception>
#include <mutex>
#ifdef __SANITIZE_THREAD__
#include <thread>
#include <vector>
#endif

#include "raywave/runtime/progress.h"
#include "raywave/runtime/stop.h"
#include "raywave/runtime/threads.h"

namespace raywave::runtime {
namespace {

/// Of the loop whose task this thread runs, or of with_stop.
thread_local const std::atomic<bool>* stop_of_this_thread = nullptr;

class StopScope {
 public:
  explicit StopScope(const std::atomic<bool>* stop) : before_(stop_of_this_thread) { stop_of_this_thread = stop; }
  ~StopScope() { stop_of_this_thread = before_; }
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  const std::atomic<bool>* before_;
};

bool is_set(const std::atomic<bool>* stop) { return stop && stop->load(std::memory_order_relaxed); }

#ifdef __SANITIZE_THREAD__
/// oneTBB is not built with the thread sanitizer, which would report its hand-over of every task. Under it tasks run on
/// threads that it knows, so that what is reported is what tasks do to each other.
void run_tasks(int64_t num_tasks, const std::function<void(int64_t task)>& body) {
  std::atomic<int64_t> next = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < default_num_threads(); ++t) {
    threads.emplace_back([&] {
      // loops within a task take turns: the threads are all at work
      with_threads(1, [&] {
        for (int64_t i = next++; i < num_tasks; i = next++) body(i);
      });
    });
  }
  for (std::thread& t : threads) t.join();
}
#else
/// Isolated: a task that waits for a loop of its own takes no other task of the outer loop meanwhile.
void run_tasks(int64_t num_tasks, const std::function<void(int64_t task)>& body) {
  tbb::this_task_arena::isolate([&] { tbb::parallel_for(int64_t{0}, num_tasks, body); });
}
#endif

}  // namespace

int default_num_threads() { return tbb::this_task_arena::max_concurrency(); }

void with_threads(int num_threads, const std::function<void()>& f) {
  const int most = default_num_threads();
  if (num_threads <= 0 || num_threads >= most) return f();
  tbb::task_arena(num_threads).execute(f);
}

void check_stop() {
  if (is_set(stop_of_this_thread)) throw Interrupted();
}

void with_stop(const std::atomic<bool>& stop, const std::function<void()>& f) {
  const StopScope scope(&stop);
  f();
}

void parallel_for(int64_t num_tasks, int num_threads, const std::function<void(int64_t task)>& body) {
  const std::atomic<bool>* const stop = stop_of_this_thread;
  if (num_threads == 1 || num_tasks <= 1) {
    for (int64_t i = 0; i < num_tasks; ++i) {
      if (is_set(stop)) throw Interrupted();
      body(i);
    }
    return;
  }
  std::atomic<bool> skipped = false;
  std::mutex mutex;
  int64_t failed_task = num_tasks;
  std::exception_ptr failure;
  with_threads(num_threads, [&] {
    run_tasks(num_tasks, [&](int64_t i) {
      if (is_set(stop)) {
        skipped = true;
        return;
      }
      const StopScope scope(stop);
      try {
        body(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (i < failed_task) failed_task = i, failure = std::current_exception();
      }
    });
  });
  if (failure) std::rethrow_exception(failure);
  if (skipped) throw Interrupted();
}

}  // namespace raywave::runtime
