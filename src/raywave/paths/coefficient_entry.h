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

/// The sample below, and which part of the way to the next.
RAYWAVE_HD inline void place_in_table(float cos_theta, int& sample, float& part) {
  const float x = (cos_theta < 1.0f ? cos_theta : 1.0f) * CoefficientEntry::kSamples;
  sample = int(x) < CoefficientEntry::kSamples ? int(x) : CoefficientEntry::kSamples - 1;
  part = x - float(sample);
}

/// Linear between this sample and the next.
RAYWAVE_HD inline CoefficientEntry between(const CoefficientEntry* sample, float part) {
  const CoefficientEntry &p = sample[0], &q = sample[1];
  return {{p.te.re + part * (q.te.re - p.te.re), p.te.im + part * (q.te.im - p.te.im)},
          {p.tm.re + part * (q.tm.re - p.tm.re), p.tm.im + part * (q.tm.im - p.tm.im)}};
}

RAYWAVE_HD inline CoefficientEntry coefficients_at(const CoefficientEntry* table, float cos_theta) {
  int sample;
  float part;
  place_in_table(cos_theta, sample, part);
  return between(table + sample, part);
}

}  // namespace raywave::paths
