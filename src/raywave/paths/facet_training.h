// SPDX-License-Identifier: Apache-2.0
// Training a sampler of paths in space, and what it is worth beside other ways to choose sequences: scenes for
// nn/flow_training.h.
#pragma once

#include "raywave/nn/flow_training.h"
#include "raywave/paths/facet_sampler.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

/// A street of some 90 m between six houses (boxes of 8 to 26 m) on the ground, each house left out by chance: a share
/// kept, uniform between 0.5 and 1; up to 74 triangles of concrete. The transmitter 2 to 50 m high, the receiver 1 to
/// 2 m, both anywhere in the street. A pure function of the seed.
scene::Scene thinned_canyon(uint64_t seed);

/// Houses on the ground on a lattice of 40 m, with some num_facets walls and roofs, devices in streets of its middle at
/// most two blocks apart: larger than what samplers are trained on. A pure function of the seed.
scene::Scene block_town(uint64_t seed, int num_facets);

/// On thinned_canyon of a mix of seed and episode. Deterministic for any number of threads. @return see
/// nn::train_flows.
std::vector<double> train(FacetSampler& sampler, const nn::TrainOptions& options);

/// Over held-out scenes with a path that holds, orders 1 to max_order. "visible" has no row where its list is too long.
/// Shooting takes as many rays as fit into the time that the learned sampler takes.
std::vector<nn::SamplerScore> evaluate_sampler(const FacetSampler& sampler, const nn::EvaluateOptions& options);

/// What the learned finder leaves of the reflected power (the direct path, which no finder misses, is left out):
/// 10 log10 of the sums of |a|^2 over orders 1 to max_order, against finder "exhaustive", a link a scene.
struct CoverageError {
  double rms_db = 0, interval_db = 0;      // links of which nothing is found count as kNothingFoundDb
  double nothing_found = 0;                // share of links that have a path
  double learned_s = 0, exhaustive_s = 0;  // a link, without preparing the scene
};
inline constexpr double kNothingFoundDb = 30;
CoverageError coverage_error(const FacetSampler& sampler, const nn::EvaluateOptions& options);

}  // namespace raywave::paths
