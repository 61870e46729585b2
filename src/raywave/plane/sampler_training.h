// SPDX-License-Identifier: Apache-2.0
// Training a sampler of paths, and what it is worth beside other ways to choose sequences.
//
// One episode is one scene and one order. The paths that hold are listed (visibility, then each is checked), so that
// the flow into each sequence is known: how many of them begin so. Trajectories go by the learned flows, some steps by
// chance, some down a sequence that holds; at each state visited all flows out of it are matched. Loss: F - G log F of
// the flow F against G, whose slope by log F is F - G. Its minimum is that of (F - G)^2, flow matching's, whose slope
// vanishes where flows are small and rewards rare.
#pragma once

#include "raywave/plane/sampler.h"
#include "raywave/runtime/progress.h"

namespace raywave::plane {

/// A street of 80 m between houses of four walls (about 32), each wall left out by chance: a share of walls kept,
/// uniform between 0.5 and 1. Transmitter and receiver anywhere in the street. A pure function of the seed.
Scene2D thinned_street(uint64_t seed);

/// Houses of four walls on a lattice of 40 m, num_walls / 4 of them, devices in streets of its middle at most two
/// blocks apart: larger than what samplers are trained on. A pure function of the seed.
Scene2D town(uint64_t seed, int num_walls);

struct TrainOptions {
  int64_t episodes = 50000;
  int max_order = 3;
  int trajectories = 4;  // of an episode
  double explore = 0.1;  // share of walls that are taken by chance alone, else
  double replay = 0.4;   // share of trajectories that go down a sequence that holds
  int batch = 8;         // episodes in a step
  double rate = 1e-3;    // of Adam; falls to a twentieth on a cosine
  uint64_t seed = 7;     // scenes are thinned_street(mix of seed and episode)
  int num_threads = 0;
  runtime::Progress progress;

  /// @throws Error naming the field.
  void validate() const;
};
/// Deterministic for any number of threads. @return the mean of -log likelihood's stand-in F - G log F of each tenth.
std::vector<double> train(FlowSampler& sampler, const TrainOptions& options);

struct SamplerScore {
  std::string method;  // "learned", "by chance", "by chance, masked", "visible", "shooting"
  int order = 0;
  double tried = 0;                            // sequences a link, each counted once
  double accuracy = 0, accuracy_interval = 0;  // share of samples that hold, and half its 95 % interval
  double hit_rate = 0, hit_rate_interval = 0;  // share of all paths that hold which are found
  double seconds = 0;                          // a link, to choose sequences and to check them
};
struct EvaluateOptions {
  int num_scenes = 1000, max_order = 3, num_samples = 10;
  uint64_t seed = 1234567;  // of scenes, apart from those of training
  int num_walls = 0;        // not 0: towns of so many walls, and hit rates against what all methods found together
  /// @throws Error naming the field.
  void validate() const;
};
/// Over held-out scenes with a path that holds, orders 1 to max_order. "visible" has no row where its list is too long.
/// Shooting takes as many rays as fit into the time that the learned sampler takes.
std::vector<SamplerScore> evaluate_sampler(const FlowSampler& sampler, const EvaluateOptions& options);

}  // namespace raywave::plane
