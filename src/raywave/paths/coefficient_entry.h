// SPDX-License-Identifier: Apache-2.0
// A row of a table of slab coefficients over cos(theta), and the look-up in it, for the CPU and for devices.
#pragma once

#include "raywave/core/complex.h"
#include "raywave/core/hd.h"

namespace raywave::paths {

struct CoefficientEntry {
  static constexpr int kSamples = 4096;  // a table has kSamples + 1, from 0 to 1
  Complex<float> te, tm;
};

/// Linear between samples.
RAYWAVE_HD inline CoefficientEntry coefficients_at(const CoefficientEntry* table, float cos_theta) {
  const float x = (cos_theta < 1.0f ? cos_theta : 1.0f) * CoefficientEntry::kSamples;
  const int i = int(x) < CoefficientEntry::kSamples ? int(x) : CoefficientEntry::kSamples - 1;
  const float f = x - float(i);
  const CoefficientEntry &p = table[i], &q = table[i + 1];
  return {{p.te.re + f * (q.te.re - p.te.re), p.te.im + f * (q.te.im - p.te.im)},
          {p.tm.re + f * (q.tm.re - p.tm.re), p.tm.im + f * (q.tm.im - p.tm.im)}};
}

}  // namespace raywave::paths
