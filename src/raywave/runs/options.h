// SPDX-License-Identifier: Apache-2.0
// What a run's file, the command line and Python all say to the ray solvers: which interactions are tried, and the
// words for the alternatives of an option. Each word stands here once; results say it back.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"

namespace raywave::runs {

template <class Enum>
struct Word {
  const char* word;
  Enum value;
};
/// Every alternative of an option, the default first: paths::Finder, paths::Reflection, paths::ScatteringPhases,
/// maps::Method, maps::Surface::Kind, runtime::Device.
template <class Enum>
std::span<const Word<Enum>> words();
template <>
std::span<const Word<paths::Finder>> words();
template <>
std::span<const Word<paths::Reflection>> words();
template <>
std::span<const Word<paths::ScatteringPhases>> words();
template <>
std::span<const Word<maps::Method>> words();
template <>
std::span<const Word<maps::Surface::Kind>> words();
template <>
std::span<const Word<runtime::Device>> words();

template <class Enum>
const char* word_of(Enum value) {
  for (const auto& w : words<Enum>()) {
    if (w.value == value) return w.word;
  }
  throw InternalError("an alternative without a word");
}

template <class Enum>
std::vector<std::string> known_words() {
  std::vector<std::string> known;
  for (const auto& w : words<Enum>()) known.emplace_back(w.word);
  return known;
}

template <class Enum>
std::optional<Enum> from_word(std::string_view word) {
  for (const auto& w : words<Enum>()) {
    if (w.word == word) return w.value;
  }
  return std::nullopt;
}

/// @throws Error "unknown finder 'exhaustiv', did you mean 'exhaustive'? Known: ..."
template <class Enum>
Enum choice_from_word(std::string_view option, std::string_view word) {
  if (const auto value = from_word<Enum>(word)) return *value;
  const auto known = known_words<Enum>();
  std::string list;
  for (const auto& name : known) list += (list.empty() ? "" : ", ") + name;
  const std::string hint = did_you_mean(word, known);
  throw Error(message("unknown ", option, " '", word, "'", hint.empty() ? "." : hint, " Known: ", list));
}

/// What may happen on a path and how it is sought, for paths and for maps: what is given takes the place of what
/// stands in the solver's options (meanings, limits, defaults: paths::PathOptions).
struct InteractionOptions {
  std::optional<int> max_depth, max_diffractions;
  std::array<std::optional<bool>, std::size(paths::kSwitches)> switches;  // in the order of those
  std::optional<double> seam_tolerance_m;
  std::optional<int64_t> samples_per_tx, max_tiles;
  std::optional<paths::Reflection> reflection;
  std::optional<em::Lobe> lobe;
  std::optional<double> scattering_tolerance, keep_specular_m2;
  std::optional<runtime::Device> device;

  void apply_to(paths::RayOptions& to) const {
    const auto put = [](const auto& from, auto& field) {
      if (from) field = *from;
    };
    put(max_depth, to.max_depth);
    for (size_t i = 0; i < switches.size(); ++i) put(switches[i], to.*paths::kSwitches[i].field);
    put(max_diffractions, to.max_diffractions);
    if (seam_tolerance_m) to.seam_tolerance_m = seam_tolerance_m;
    put(samples_per_tx, to.samples_per_tx);
    put(max_tiles, to.max_tiles);
    put(reflection, to.reflection);
    put(lobe, to.lobe);
    put(scattering_tolerance, to.scattering_tolerance);
    put(keep_specular_m2, to.keep_specular_m2);
    put(device, to.device);
  }
};

}  // namespace raywave::runs
