// SPDX-License-Identifier: Apache-2.0
// Between Python's values and ours: numpy arrays over vectors without copies, checked arrays in, warnings, long calls.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <complex>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "raywave/core/error.h"
#include "raywave/core/vec.h"
#include "raywave/runtime/progress.h"
#include "raywave/runtime/stop.h"

namespace raywave::python {

namespace nb = nanobind;
using namespace nb::literals;

using Triple = std::array<double, 3>;
inline Vec3d vec(const Triple& t) { return {t[0], t[1], t[2]}; }
inline Triple triple(const Vec3d& v) { return {v.x, v.y, v.z}; }

/// A numpy array over the vector's own memory; the capsule keeps the vector alive.
template <class Out, class In>
nb::object array(std::vector<In>&& values, const std::vector<size_t>& shape) {
  auto* owned = new std::vector<In>(std::move(values));
  nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<In>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, Out>(owned->data(), shape.size(), shape.data(), owner));
}

/// What a property gives: a copy that refuses to be written in and says what to do instead (raywave/_fixed.py).
inline nb::object fixed(const nb::object& array, const char* instead) {
  return nb::module_::import_("raywave._fixed").attr("fixed")(array, instead);
}
template <size_t n>
nb::object fixed(const std::array<double, n>& values, const char* instead) {
  return nb::module_::import_("raywave._fixed").attr("fixed_list")(values, instead);
}
inline constexpr const char* kChangeACopy = "change a copy of it, as in x = result.name.copy()";

/// Gathers warnings of a call made without the GIL and gives them to Python at its end.
class Warnings {
 public:
  /// It may outlive this object: what is said to it then is not heard.
  LogSink sink() const {
    return [texts = texts_](std::string_view m) { texts->emplace_back(m); };
  }
  void emit() const {
    for (const auto& t : *texts_) {
      if (PyErr_WarnEx(PyExc_UserWarning, t.c_str(), 2) < 0) throw nb::python_error();
    }
  }

 private:
  std::shared_ptr<std::vector<std::string>> texts_ = std::make_shared<std::vector<std::string>>();
};

/// Runs body(progress) on a thread of its own without the GIL, while this thread looks for Ctrl-C and reports progress
/// to the Python callable (or None); its method `poll`, where it has one, is called at every look. KeyboardInterrupt
/// and exceptions of both end the run, at the next task of whatever loop is at work, and are raised here.
template <class Body>
void run_interruptibly(const nb::object& on_progress, Body&& body) {
  std::mutex mutex;
  std::condition_variable changed;
  bool finished = false;
  std::atomic<bool> stop = false;
  int64_t done = 0, total = 0, reported = -1;
  std::exception_ptr failure;
  const runtime::Progress progress = [&](int64_t d, int64_t t) {
    const std::lock_guard lock(mutex);
    done = d, total = t;
    return !stop;
  };
  std::exception_ptr raised;
  const nb::object poll = nb::getattr(on_progress, "poll", nb::none());
  {
    std::thread worker;
    {
      nb::gil_scoped_release released;
      worker = std::thread([&] {
        try {
          runtime::with_stop(stop, [&] { body(progress); });
        } catch (...) {
          failure = std::current_exception();
        }
        const std::lock_guard lock(mutex);
        finished = true;
        changed.notify_one();
      });
    }
    for (;;) {
      int64_t d, t;
      {
        nb::gil_scoped_release released;
        std::unique_lock lock(mutex);
        if (changed.wait_for(lock, std::chrono::milliseconds(50), [&] { return finished; })) break;
        d = done, t = total;
      }
      if (raised) continue;
      try {
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
        if (!poll.is_none()) poll();
        if (!on_progress.is_none() && t > 0 && d != reported) on_progress(d, t);
        reported = d;
      } catch (...) {
        raised = std::current_exception();
        stop = true;
      }
    }
    nb::gil_scoped_release released;
    worker.join();
  }
  if (raised) std::rethrow_exception(raised);
  if (failure) std::rethrow_exception(failure);
  if (!on_progress.is_none() && total > 0 && done != reported) on_progress(done, total);
}

}  // namespace raywave::python
