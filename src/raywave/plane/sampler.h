// SPDX-License-Identifier: Apache-2.0
// Learned path sampling (after Eertmans et al., 2025, with a network and a loss of our own): sequences of walls built
// wall by wall, each next one in proportion to a learned flow, so that whole sequences come in proportion to their
// reward, 1 where the path holds and 0 elsewhere (a generative flow network on a tree).
//
// What a state is. The image of the transmitter behind the walls so far is a source like any other: the scene is seen
// from there, turned and scaled so that the receiver is at (1, 0). A wall shows its ends, the image that it would make,
// and the angles at that image between its ends and the receiver; a Deep Set of all walls says what else stands about;
// the last wall is the window that the source shines through. The flow of each next wall comes of these by dense
// layers.
//
// Masked are the wall before, what lies wholly behind the last mirror, and for the last wall those of which source and
// receiver are on different sides: planes and sides alone.
// Differentiable: no.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "raywave/nn/layers.h"
#include "raywave/plane/candidates.h"
#include "raywave/plane/laws.h"

namespace raywave::plane {

inline constexpr int kMostSampledOrder = 8;

struct SamplerShape {
  int width = 64, embedding = 48;
  uint64_t seed = 1;
};

/// A scene of walls as sequences are built in it. Keeps references to the scene.
class BuildScene {
 public:
  BuildScene(const Scene2D& scene, Vec2d tx, Vec2d rx);

  struct State {
    Vec2d image;
    int32_t last = -1;
    int remaining = 0;
  };
  State begin(int order) const { return {tx_, -1, order}; }
  State next(const State& s, int32_t wall) const;
  /// Walls that may come next.
  std::vector<int32_t> allowed(const State& s, bool masked = true) const;
  /// Does the path over these walls hold?
  bool holds(std::span<const int32_t> sequence) const;
  size_t num_walls() const { return walls_.size(); }
  const std::vector<int32_t>& walls() const { return walls_; }  // places among the scene's objects
  const Object& object(int32_t i) const { return scene_.objects[size_t(i)]; }
  Vec2d tx() const { return tx_; }
  Vec2d rx() const { return rx_; }

 private:
  const Scene2D& scene_;
  Vec2d tx_, rx_;
  Layout layout_;
  std::vector<double> numbers_;
  std::vector<int32_t> walls_;
};

class FlowSampler {
 public:
  explicit FlowSampler(const SamplerShape& shape = {});
  /// @throws Error naming the file.
  static FlowSampler load(const std::string& path);
  void save(const std::string& path) const;

  /// `count` sequences of `order` walls (fewer where there are none to take), with repetitions, drawn in proportion to
  /// the learned flows; a pure function of the seed.
  /// @throws Error for an order that is not 0 to kMostSampledOrder, a count below 1.
  Candidates sample(const Scene2D& scene, Vec2d tx, Vec2d rx, int order, int count, uint64_t seed = 42) const;
  Candidates sample(const BuildScene& scene, int order, int count, uint64_t seed = 42) const;
  size_t num_numbers() const { return p_.value.size(); }

  // --- for training ---

  /// The flows out of a state, with what their adjoint needs.
  struct Flows {
    std::vector<int32_t> next;
    std::vector<float> log_flow;
    std::vector<size_t> row;  // of each next wall among the scene's
    nn::DeepSetsTape<float> sets;
    nn::MlpTape<float> head;
    double flow(size_t i) const;
    double sum() const;
  };
  void flows(const BuildScene& scene, const BuildScene::State& state, Flows& out) const;
  /// Adds to `slope` what a loss's derivative by each log flow comes to.
  void backward(const Flows& flows, std::span<const float> by_log_flow, std::span<float> slope) const;
  nn::Parameters<float>& parameters() { return p_; }

 private:
  void split(const BuildScene& scene, const BuildScene::State& state, int count, uint64_t key,
             std::vector<int32_t>& prefix, uint64_t seed, Candidates& out) const;
  SamplerShape shape_;
  nn::Parameters<float> p_;
  nn::DeepSets<float> sets_;
  nn::Mlp<float> head_;
};

/// Each sequence once, in the order of their first appearance.
Candidates distinct(const Candidates& list);

}  // namespace raywave::plane
