// SPDX-License-Identifier: Apache-2.0
// Which sequences of objects are tried. All of them: N (N - 1)^(n - 1) of order n, in lexicographic order, none with
// the same object twice in a row. Or those that visibility leaves, a list that still holds every path that can be valid
// (hard conditions): a sequence is dropped only where no ray can go its way.
//   - Objects i and j do not see each other where one wall crosses all four segments between their ends:
//     it then crosses every segment from one to the other.
//   - Behind mirrors the beam from the transmitter's image through what is lit of the last wall must meet the next.
// Other objects than walls (any angle may leave them) start a beam of all directions.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "raywave/plane/scene2d.h"

namespace raywave::plane {

class FlowSampler;

struct CandidateOptions {
  int min_order = 0, max_order = 1;
  bool pruned = false;                         // by visibility
  std::vector<uint8_t> use;                    // [objects], 0: not in paths (it blocks all the same); empty: all
  double max_bytes = 1e9;                      // of the list
  std::shared_ptr<const FlowSampler> sampler;  // not null: each link has those that it draws (plane/sampler.h)
  int num_samples = 10;                        // of each link and order, with repetitions
  uint64_t sample_seed = 42;
  /// @throws Error naming the field.
  void validate(const Scene2D& scene) const;
};

/// Sequences one after the other.
struct Candidates {
  std::vector<int64_t> begin{0};  // [count + 1]
  std::vector<int32_t> objects;
  size_t count() const { return begin.size() - 1; }
  std::span<const int32_t> operator[](size_t i) const {
    return {objects.data() + begin[i], size_t(begin[i + 1] - begin[i])};
  }
  void add(std::span<const int32_t> sequence) {
    objects.insert(objects.end(), sequence.begin(), sequence.end());
    begin.push_back(int64_t(objects.size()));
  }
};

/// How many there are in all, and the memory of their list. May be beyond any integer.
double num_candidates(size_t num_objects, int min_order, int max_order);
double candidate_bytes(size_t num_objects, int min_order, int max_order);

/// Candidates for rays from `tx`; a list that is not pruned is the same for all.
/// @throws Error when the list exceeds max_bytes, with its size.
Candidates candidates(const Scene2D& scene, Vec2d tx, const CandidateOptions& options);

}  // namespace raywave::plane
