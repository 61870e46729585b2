// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/finder_choice.h"

#include <algorithm>

#include "raywave/core/error.h"
#include "raywave/plane/sampler.h"
#include "raywave/runs/options.h"

namespace raywave::runs {
namespace {

template <class Sampler, class OtherBuild>
std::shared_ptr<const Sampler> load(const std::string& path, int dimensions) {
  if (nn::model_name(path) == OtherBuild::kModelName)
    throw Error(message(path, ": is a sampler for scenes in ", 5 - dimensions, " dimensions; this scene has ",
                        dimensions, ": train one with raywave sampler train --dimensions ", dimensions));
  return std::make_shared<const Sampler>(Sampler::load(path));
}

const std::string& file_of(const SamplerChoice& choice, const char* asked, const char* example) {
  if (choice.sampler && !choice.sampler->empty()) return *choice.sampler;
  throw Error(
      message(asked, " needs a model: --sampler FILE, or sampler = \"FILE\" in the run's file, e.g. ", example));
}

int num_samples_of(const SamplerChoice& choice, int otherwise) {
  const int n = choice.num_samples.value_or(otherwise);
  if (n < 1) throw Error(message("num_samples must be >= 1, got ", n));
  return n;
}

}  // namespace

void SamplerChoice::take(const SamplerChoice& other) {
  if (other.sampler) sampler = other.sampler;
  if (other.num_samples) num_samples = other.num_samples;
}

void FinderChoice::take(const FinderChoice& other) {
  SamplerChoice::take(other);
  if (other.finder) finder = other.finder;
}

std::vector<std::string> finder_words() {
  auto known = known_words<paths::Finder>();
  known.emplace_back(kLearned);
  return known;
}

void require_finder_word(const std::string& word) {
  const auto known = finder_words();
  if (std::find(known.begin(), known.end(), word) != known.end()) return;
  std::string list;
  for (const auto& name : known) list += (list.empty() ? "" : ", ") + name;
  const std::string hint = did_you_mean(word, known);
  throw Error(message("unknown finder '", word, "'", hint.empty() ? "." : hint, " Known: ", list));
}

std::optional<paths::LearnedFinder> FinderChoice::apply_to(paths::PathOptions& options) const {
  if (!finder) return std::nullopt;
  require_finder_word(*finder);
  if (!is_learned()) {
    options.finder = *from_word<paths::Finder>(*finder);
    return std::nullopt;
  }
  paths::LearnedFinder out;
  out.num_samples = num_samples_of(*this, out.num_samples);
  out.sampler =
      load<paths::FacetSampler, plane::BuildScene>(file_of(*this, "finder 'learned'", "models/facet_sampler.bin"), 3);
  return out;
}

void refuse_learned_panels() {
  throw Error("finder 'learned' draws mirrors between two devices: with panels take another finder");
}

void set_sampler(const SamplerChoice& choice, plane::CandidateOptions& options) {
  options.num_samples = num_samples_of(choice, options.num_samples);
  options.sampler = load<plane::FlowSampler, paths::FacetBuild>(
      file_of(choice, "candidates 'sampled'", "models/plane_sampler.bin"), 2);
}

}  // namespace raywave::runs
