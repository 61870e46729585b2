// SPDX-License-Identifier: Apache-2.0
// Eight numbers in single precision together, for what is proposed before double precision decides.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#ifdef __AVX__
#include <immintrin.h>
#endif

#include "raywave/core/vec.h"

namespace raywave::paths {

constexpr size_t kLanes = 8;
typedef float Lanes __attribute__((vector_size(4 * kLanes)));

/// A bit for each lane in which a comparison holds.
template <class Compared>
unsigned mask_of(const Compared& yes) {
#ifdef __AVX__
  return unsigned(_mm256_movemask_ps(_mm256_castsi256_ps(std::bit_cast<__m256i>(yes))));
#else
  unsigned mask = 0;
  for (size_t i = 0; i < kLanes; ++i) mask |= unsigned(yes[i] != 0) << i;
  return mask;
#endif
}

inline Lanes size(const Lanes& x) { return x < 0 ? -x : x; }
inline Lanes size(const std::array<Lanes, 3>& p) { return size(p[0]) + size(p[1]) + size(p[2]); }
inline Lanes least(const Lanes& x, const Lanes& y) { return x < y ? x : y; }
inline Lanes most(const Lanes& x, const Lanes& y) { return x > y ? x : y; }
inline Lanes square_root(Lanes x) {
  for (int i = 0; i < int(kLanes); ++i) x[i] = std::sqrt(x[i]);
  return x;
}
inline Lanes dot(const Vec3f& n, const Lanes& x, const Lanes& y, const Lanes& z) { return n.x * x + n.y * y + n.z * z; }
inline Lanes dot(const std::array<Lanes, 3>& v, const Lanes& x, const Lanes& y, const Lanes& z) {
  return v[0] * x + v[1] * y + v[2] * z;
}
inline Lanes dot(const std::array<Lanes, 3>& v, const std::array<Lanes, 3>& p) { return dot(v, p[0], p[1], p[2]); }

inline void set_lane(std::array<Lanes, 3>& lanes, size_t i, const Vec3d& p) {
  lanes[0][int(i)] = float(p.x), lanes[1][int(i)] = float(p.y), lanes[2][int(i)] = float(p.z);
}

}  // namespace raywave::paths
