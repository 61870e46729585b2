// SPDX-License-Identifier: Apache-2.0
// Training a sampler of paths in the plane, and what it is worth beside other ways to choose sequences: scenes for
// nn/flow_training.h.
#pragma once

#include "raywave/nn/flow_training.h"
#include "raywave/plane/sampler.h"

namespace raywave::plane {

using nn::EvaluateOptions;
using nn::SamplerScore;
using nn::TrainOptions;

/// A street of 80 m between houses of four walls (about 32), each wall left out by chance: a share of walls kept,
/// uniform between 0.5 and 1. Transmitter and receiver anywhere in the street. A pure function of the seed.
Scene2D thinned_street(uint64_t seed);

/// Houses of four walls on a lattice of 40 m, num_walls / 4 of them, devices in streets of its middle at most two
/// blocks apart: larger than what samplers are trained on. A pure function of the seed.
Scene2D town(uint64_t seed, int num_walls);

/// On thinned_street of a mix of seed and episode. Deterministic for any number of threads. @return see
/// nn::train_flows.
std::vector<double> train(FlowSampler& sampler, const TrainOptions& options);

/// Over held-out scenes with a path that holds, orders 1 to max_order. "visible" has no row where its list is too long.
/// Shooting takes as many rays as fit into the time that the learned sampler takes.
std::vector<SamplerScore> evaluate_sampler(const FlowSampler& sampler, const EvaluateOptions& options);

}  // namespace raywave::plane
