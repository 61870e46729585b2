// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "raywave/core/error.h"
#include "raywave/plane/sampler_training.h"
#include "raywave/plane/trace.h"

namespace raywave::plane {
namespace {

Vec2d tx_of(const Scene2D& s) { return s.transmitters[0].position_m; }
Vec2d rx_of(const Scene2D& s) { return s.receivers[0].position_m; }

TEST(BuildScene, MasksNeverTakeAwayAPathThatHolds) {
  int held = 0;
  for (uint64_t seed = 0; seed < 24; ++seed) {
    const Scene2D s = thinned_street(seed);
    const BuildScene scene(s, tx_of(s), rx_of(s));
    TraceOptions o;
    o.candidates.max_order = 3, o.candidates.min_order = 1, o.candidates.pruned = true;
    const Paths2D p = trace(s, o);
    for (size_t i = 0; i < p.count(); ++i) {
      const std::span<const int32_t> walls{p.objects.data() + p.begin[i], size_t(p.order[i])};
      EXPECT_TRUE(scene.holds(walls));
      auto state = scene.begin(p.order[i]);
      for (const int32_t w : walls) {
        const auto next = scene.allowed(state);
        EXPECT_NE(std::find(next.begin(), next.end(), w), next.end()) << "scene " << seed << " path " << i;
        state = scene.next(state, w);
      }
      ++held;
    }
  }
  EXPECT_GT(held, 50);
}

TEST(FlowSampler, SamplesAreSequencesOfItsOrderAndOfItsSeedAlone) {
  const Scene2D s = thinned_street(3);
  const FlowSampler sampler;
  for (int order = 0; order <= 4; ++order) {
    const Candidates a = sampler.sample(s, tx_of(s), rx_of(s), order, 20, 5);
    const Candidates b = sampler.sample(s, tx_of(s), rx_of(s), order, 20, 5);
    EXPECT_EQ(a.objects, b.objects);
    ASSERT_GT(a.count(), 0U);
    for (size_t i = 0; i < a.count(); ++i) {
      ASSERT_EQ(a[i].size(), size_t(order));
      for (size_t k = 1; k < a[i].size(); ++k) EXPECT_NE(a[i][k], a[i][k - 1]);
    }
  }
  EXPECT_NE(sampler.sample(s, tx_of(s), rx_of(s), 2, 20, 5).objects,
            sampler.sample(s, tx_of(s), rx_of(s), 2, 20, 6).objects);
  EXPECT_THROW(sampler.sample(s, tx_of(s), rx_of(s), kMostSampledOrder + 1, 1), Error);
  EXPECT_THROW(sampler.sample(s, tx_of(s), rx_of(s), 1, 0), Error);
}

// Drawn in proportion to the flows: a z-test of one wall, 4 standard deviations.
TEST(FlowSampler, DrawsInProportionToFlows) {
  const Scene2D s = thinned_street(4);
  const BuildScene scene(s, tx_of(s), rx_of(s));
  const FlowSampler sampler;
  FlowSampler::Flows f;
  sampler.flows(scene, scene.begin(1), f);
  constexpr int kDraws = 20000;
  const Candidates list = sampler.sample(scene, 1, kDraws);
  for (size_t i = 0; i < f.next.size(); ++i) {
    double count = 0;
    for (size_t k = 0; k < list.count(); ++k) count += list[k][0] == f.next[i];
    const double share = f.flow(i) / f.sum();
    EXPECT_NEAR(count / kDraws, share, 4 * std::sqrt(share * (1 - share) / kDraws) + 1e-12) << i;
  }
}

TEST(FlowSampler, TrainingIsTheSameForAnyThreadsAndIsWorthMoreThanChance) {
  TrainOptions o;
  o.episodes = 64, o.max_order = 2;
  FlowSampler one, three;
  o.num_threads = 1;
  train(one, o);
  o.num_threads = 3;
  train(three, o);
  EXPECT_EQ(one.parameters().value, three.parameters().value);

  o.episodes = 1600, o.max_order = 1, o.rate = 2e-3;
  FlowSampler learned;
  train(learned, o);
  EvaluateOptions e;
  e.num_scenes = 60, e.max_order = 1;
  const auto scores = evaluate_sampler(learned, e);
  EXPECT_GT(scores[0].accuracy - scores[0].accuracy_interval, scores[2].accuracy + scores[2].accuracy_interval);
  EXPECT_GT(scores[0].hit_rate - scores[0].hit_rate_interval, scores[2].hit_rate + scores[2].hit_rate_interval);
}

TEST(FlowSampler, ComesBackFromItsFile) {
  const auto path = (std::filesystem::temp_directory_path() / "raywave_sampler_test.bin").string();
  FlowSampler sampler({16, 8, 3});
  sampler.save(path);
  FlowSampler back = FlowSampler::load(path);
  EXPECT_EQ(back.parameters().value, sampler.parameters().value);
  std::filesystem::remove(path);
}

TEST(FlowSampler, WhatIsShippedFindsWhatItIsSaidToFind) {
  const FlowSampler sampler = FlowSampler::load(RAYWAVE_SOURCE_DIR "/models/plane_sampler.bin");
  EvaluateOptions e;
  e.num_scenes = 60, e.max_order = 2;
  const auto scores = evaluate_sampler(sampler, e);
  // docs/benchmarks.md, less twice what 60 scenes leave open
  EXPECT_GT(scores[0].hit_rate + 2 * scores[0].hit_rate_interval, 0.97);
  EXPECT_GT(scores[5].hit_rate + 2 * scores[5].hit_rate_interval, 0.70);
}

}  // namespace
}  // namespace raywave::plane
