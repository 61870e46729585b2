// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: a value is a pure function of its key, so that results do not depend on threads or
// batches. The mixing is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), applied once per word of the key.
#pragma once

#include <cstdint>

#include "raywave/core/hd.h"

namespace raywave {

RAYWAVE_HD inline uint64_t mix64(uint64_t z) {
  z += 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

/// 64 random bits keyed by (seed, source, ray, draw).
RAYWAVE_HD inline uint64_t random_bits(uint64_t seed, uint64_t source, uint64_t ray, uint64_t draw) {
  return mix64(mix64(mix64(mix64(seed) ^ source) ^ ray) ^ draw);
}

/// Uniform in [0, 1), 53 bits.
RAYWAVE_HD inline double random_uniform(uint64_t seed, uint64_t source, uint64_t ray, uint64_t draw) {
  return double(random_bits(seed, source, ray, draw) >> 11) * 0x1.0p-53;
}

}  // namespace raywave
