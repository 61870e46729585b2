// SPDX-License-Identifier: Apache-2.0
// What a device does to fields between transforms: one plain struct with a kind and a switch, run once for each
// element. The CPU's twin of a device runs the same source. Fields are [batch, points], tables [points].
#pragma once

#include <cstdint>

#include "raywave/core/complex.h"
#include "raywave/core/hd.h"

namespace raywave::wave {

enum class KernelKind : int {
  kMultiply,       // out <- in table
  kMultiplyConj,   // out <- in conj(table)
  kWeigh,          // out <- weight in
  kAddWeighted,    // out <- out + weight in
  kAdd,            // out <- out + in
  kExtend,         // [batch, 2 points] out <- in and its image times scale
  kFold,           // [batch, points] out <- in, and scale times its upper half mirrored
  kScreenTangent,  // out2 <- table (out2 + other out), out <- table out; `other` is a table
  kGainTangent,    // out <- out table + in other; `other` is a table
  kTakeOff,        // out <- out - in table
  kCorrelate,      // [points] out <- out + scale sum over the batch of in conj(table other); no table: one
  kCorrelateReal,  // [points] real_out <- sum over the batch of Re(conj(in) other)
};

template <class Real>
struct Kernel {
  using C = Complex<Real>;
  KernelKind kind = KernelKind::kAdd;
  int64_t points = 0, batch = 0;
  C* out = nullptr;
  C* out2 = nullptr;
  const C* in = nullptr;
  const C* other = nullptr;
  const C* table = nullptr;
  const Real* weight = nullptr;
  Real* real_out = nullptr;
  C scale{Real(1), Real(0)};

  /// Number of elements.
  RAYWAVE_HD int64_t count() const {
    if (kind == KernelKind::kCorrelate || kind == KernelKind::kCorrelateReal) return points;
    return points * batch * (kind == KernelKind::kExtend ? 2 : 1);
  }

  RAYWAVE_HD void operator()(int64_t i) const {
    const int64_t j = i % points;
    switch (kind) {
      case KernelKind::kMultiply:
        out[i] = in[i] * table[j];
        break;
      case KernelKind::kMultiplyConj:
        out[i] = in[i] * conj(table[j]);
        break;
      case KernelKind::kWeigh:
        out[i] = weight[j] * in[i];
        break;
      case KernelKind::kAddWeighted:
        out[i] += weight[j] * in[i];
        break;
      case KernelKind::kAdd:
        out[i] += in[i];
        break;
      case KernelKind::kExtend:
        out[i] = extended(i);
        break;
      case KernelKind::kFold: {
        const int64_t row = i / points * 2 * points;
        out[i] = in[row + j] + scale * in[row + 2 * points - 1 - j];
        break;
      }
      case KernelKind::kScreenTangent:
        out2[i] = table[j] * (out2[i] + other[j] * out[i]);
        out[i] = table[j] * out[i];
        break;
      case KernelKind::kGainTangent:
        out[i] = out[i] * table[j] + in[i] * other[j];
        break;
      case KernelKind::kTakeOff:
        out[i] = out[i] - in[i] * table[j];
        break;
      case KernelKind::kCorrelate:
        out[i] += scale * correlation(i);
        break;
      case KernelKind::kCorrelateReal:
        real_out[i] = real_correlation(i);
        break;
    }
  }

 private:
  RAYWAVE_HD C extended(int64_t i) const {
    const int64_t row = i / (2 * points), j = i % (2 * points);
    if (j < points) return in[row * points + j];
    return scale * in[row * points + 2 * points - 1 - j];
  }
  // in a fixed order, so that a sum has the same bits every time
  RAYWAVE_HD C correlation(int64_t j) const {
    C sum;
    for (int64_t b = 0; b < batch; ++b) sum += in[b * points + j] * conj(other[b * points + j]);
    return table ? sum * conj(table[j]) : sum;
  }
  RAYWAVE_HD Real real_correlation(int64_t j) const {
    Real sum = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const C x = in[b * points + j], y = other[b * points + j];
      sum += x.re * y.re + x.im * y.im;
    }
    return sum;
  }
};

}  // namespace raywave::wave
