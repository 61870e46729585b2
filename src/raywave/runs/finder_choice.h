// SPDX-License-Identifier: Apache-2.0
// How a run's sequences of reflections are found, in words: of [paths] in run.toml, of a scene file's [trace], of
// flags. Finder "learned" (in the plane: candidates "sampled") needs a model, a file of `raywave sampler train`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "raywave/paths/learned_finder.h"
#include "raywave/plane/candidates.h"

namespace raywave::runs {

inline constexpr const char* kLearned = "learned";

/// The model that a learned choice draws from, and how many sequences it draws of each link and order.
struct SamplerChoice {
  std::optional<std::string> sampler;  // its file
  std::optional<int> num_samples;

  /// What the other one says takes precedence.
  void take(const SamplerChoice& other);
};

struct FinderChoice : SamplerChoice {
  std::optional<std::string> finder;  // a word of paths::Finder, or kLearned

  void take(const FinderChoice& other);
  bool is_learned() const { return finder == kLearned; }
  /// Sets options.finder; of a learned one comes back what it draws from, which takes its place. A sampler beside
  /// another finder is not read.
  /// @throws Error for an unknown word, "learned" without a sampler, a file that is no model, or one of the plane.
  std::optional<paths::LearnedFinder> apply_to(paths::PathOptions& options) const;
};

/// Every word that a finder has.
std::vector<std::string> finder_words();
/// @throws Error naming the nearest.
void require_finder_word(const std::string& word);

/// Panels are beside what a sampler draws. @throws Error always.
[[noreturn]] void refuse_learned_panels();

/// Sets what draws the candidates of scenes in the plane. @throws Error as FinderChoice::apply_to does.
void set_sampler(const SamplerChoice& choice, plane::CandidateOptions& options);

/// How paths are sought, whole.
struct PathSearch {
  paths::PathOptions options;
  std::optional<paths::LearnedFinder> learned;
};

}  // namespace raywave::runs
