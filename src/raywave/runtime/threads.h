// SPDX-License-Identifier: Apache-2.0
// How many threads may be at work.
#pragma once

#include <functional>

namespace raywave::runtime {

/// Runs f so that all loops within it together, nested ones and those of libraries on oneTBB (Embree's builds) too, are
/// done by at most num_threads threads (0: as many as the caller has). Inside another such call the smaller number
/// holds. An exception of f is thrown again.
void with_threads(int num_threads, const std::function<void()>& f);

/// The same with a result, of a type that can be default-constructed.
template <class F>
auto on_threads(int num_threads, const F& f) {
  decltype(f()) result;
  with_threads(num_threads, [&] { result = f(); });
  return result;
}

}  // namespace raywave::runtime
