// SPDX-License-Identifier: Apache-2.0
// A sum of numbers >= 0 whose bits do not depend on the order of its terms: whole numbers of a small unit. For sums
// that threads of a device add to in any order.
//
// Two words: `high` counts units, `low` 2^-32 of them. A term is exact where it is a whole number of those, which terms
// in single precision from 2^-8 units on are; others are rounded to it. 2^31 terms may come before carry().
#pragma once

#include <cmath>
#include <cstdint>

#include "raywave/core/hd.h"

namespace raywave::runtime {

struct FixedSum {
  unsigned long long high = 0, low = 0;

  /// From several threads at once.
  RAYWAVE_HD void add(double units) {
    constexpr double kMost = 4611686018427387904.0;  // 2^62
    units = units < kMost ? units : kMost;
    const double whole = std::floor(units);
    add_to(high, static_cast<unsigned long long>(whole));
    const auto part = static_cast<unsigned long long>(std::floor((units - whole) * 4294967296.0 + 0.5));
    if (part > 0) add_to(low, part);
  }
  /// From one thread.
  RAYWAVE_HD void carry() {
    high += low >> 32;
    low &= 0xffffffffull;
  }
  RAYWAVE_HD double units() const { return double(high) + double(low) / 4294967296.0; }

 private:
  RAYWAVE_HD static void add_to(unsigned long long& word, unsigned long long value) {
#ifdef __CUDA_ARCH__
    atomicAdd(&word, value);
#else
    __atomic_fetch_add(&word, value, __ATOMIC_RELAXED);
#endif
  }
};

}  // namespace raywave::runtime
