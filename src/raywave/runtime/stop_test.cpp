// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/stop.h"

#include <gtest/gtest.h>

#include "raywave/runtime/parallel.h"
#include "raywave/runtime/progress.h"

namespace raywave::runtime {
namespace {

/// Runs nested loops that set `stop` in one of their tasks. @return how many inner tasks ran.
int64_t tasks_run(int num_threads, int64_t stop_at) {
  std::atomic<bool> stop = false;
  std::atomic<int64_t> ran = 0;
  with_stop(stop, [&] {
    parallel_for(100, num_threads, [&](int64_t) {
      parallel_for(100, num_threads, [&](int64_t) {
        if (++ran == stop_at) stop = true;
      });
    });
  });
  return ran;
}

TEST(Stop, NoTaskBeginsOnceItIsAskedFor) {
  for (const int threads : {0, 1, 2}) {
    EXPECT_EQ(tasks_run(threads, -1), 10000);
    EXPECT_THROW(tasks_run(threads, 1234), Interrupted) << threads;
  }
  std::atomic<bool> stop = true;
  int64_t ran = 0;
  EXPECT_THROW(with_stop(stop, [&] { parallel_for(3, 0, [&](int64_t) { ++ran; }); }), Interrupted);
  EXPECT_EQ(ran, 0);
}

TEST(Stop, ItHoldsWithinItsCallAlone) {
  std::atomic<bool> stop = false;
  with_stop(stop, [&] { parallel_for(4, 0, [](int64_t) {}); });
  stop = true;
  std::atomic<int64_t> ran = 0;
  parallel_for(100, 0, [&](int64_t) { ++ran; });  // on the same threads
  EXPECT_EQ(ran, 100);
  std::atomic<bool> other = false;  // the inner one holds
  with_stop(stop, [&] { with_stop(other, [&] { parallel_for(10, 0, [&](int64_t) { ++ran; }); }); });
  EXPECT_EQ(ran, 110);
}

TEST(Stop, AnErrorBeforeItIsStillTheError) {
  std::atomic<bool> stop = false;
  const auto fail = [&](int64_t i) {
    if (i == 0) {
      stop = true;
      throw Error("first");
    }
  };
  try {
    with_stop(stop, [&] { parallel_for(50, 1, fail); });
    FAIL();
  } catch (const Interrupted&) {
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "first");
  }
}

}  // namespace
}  // namespace raywave::runtime
