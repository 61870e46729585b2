// SPDX-License-Identifier: Apache-2.0
// Many points at once, as maps and fields take them: checked, then cut into tasks whose number does not depend on
// threads.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "raywave/core/error.h"
#include "raywave/core/vec.h"
#include "raywave/runtime/parallel.h"

namespace raywave::plane {

/// @throws Error naming the point unless it is finite.
inline void require_point(size_t index, Vec2d p) {
  if (!std::isfinite(p.x) || !std::isfinite(p.y))
    throw Error(message("point ", index, " must be finite, got (", p.x, ", ", p.y, ")"));
}

inline size_t num_tasks(size_t count, size_t in_task) { return (count + in_task - 1) / in_task; }

/// body(task, begin, count) for num_tasks(count, in_task) tasks.
template <class Body>
void for_tasks(size_t count, size_t in_task, int num_threads, const Body& body) {
  runtime::parallel_for(int64_t(num_tasks(count, in_task)), num_threads, [&](int64_t task) {
    const size_t begin = size_t(task) * in_task;
    body(size_t(task), begin, std::min(in_task, count - begin));
  });
}

}  // namespace raywave::plane
