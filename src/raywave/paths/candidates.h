// SPDX-License-Identifier: Apache-2.0
// Where the sequences of reflections come from that are tried between devices. Another way to find them is another
// source here and its word in runs/options.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "raywave/paths/path_solver.h"
#include "raywave/paths/sequence_tree.h"

namespace raywave::paths {

struct LearnedFinder;

class CandidateSource {
 public:
  virtual ~CandidateSource() = default;
  /// The sequences from a place, the same for any number of threads.
  /// @param device    its name: what is drawn at random follows from it, whichever other devices there are
  /// @param max_depth  reflections
  /// @param towards   where paths are to come, for sources that look for links
  /// @param num_rays  what may be spent, for sources that shoot
  /// @throws Error when there are more than memory has room for.
  virtual SequenceTree sequences(const Vec3d& from_m, const std::string& device, int max_depth,
                                 std::span<const scene::Device> towards, int64_t num_rays) const = 0;
};

/// The source that the options name. It holds references to both.
std::unique_ptr<CandidateSource> candidate_source(const PreparedScene& prepared, const PathOptions& options);
/// @throws Error for what it cannot draw, see solve_paths there.
std::unique_ptr<CandidateSource> candidate_source(const PreparedScene& prepared, const PathOptions& options,
                                                  const LearnedFinder& finder);

}  // namespace raywave::paths
