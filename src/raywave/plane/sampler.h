// SPDX-License-Identifier: Apache-2.0
// Learned path sampling (after Eertmans et al., 2025, with a network and a loss of our own): sequences of walls built
// wall by wall, each next one in proportion to a learned flow, so that whole sequences come in proportion to their
// reward, 1 where the path holds and 0 elsewhere (a generative flow network on a tree).
//
// What a state is. The image of the transmitter behind the walls so far is a source like any other, and the lit part of
// the last wall the window that it shines through. Each next wall is seen from there (plane/sampler_view.h), and beside
// it every other wall (in large scenes its kNeighbours nearest ones): as what may stand in the way, and as the wall
// after it. A Deep Set of those pairs says what a wall leads to; another one, from the receiver's side and once a link,
// what leads from a wall to the receiver. The flow of each next wall comes of both by dense layers.
//
// Masked are the wall before and what the beam behind the last mirror doesn't meet (plane/beam.h), and for the last
// wall those of which source and receiver are on different sides: planes and sides alone.
// Differentiable: no.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "raywave/nn/layers.h"
#include "raywave/plane/candidates.h"
#include "raywave/plane/sampler_view.h"

namespace raywave::plane {

inline constexpr int kMostSampledOrder = 8;
inline constexpr size_t kNeighbours = 48;  // of a wall, that are looked at beside it

struct SamplerShape {
  int width = 64, embedding = 16;  // of the last dense layers (half of it for pairs), of a pair of walls
  uint64_t seed = 1;
};

/// A scene of walls as sequences are built in it. Keeps references to the scene.
class BuildScene {
 public:
  /// @param use  [objects], 0: not in sequences; empty: all walls.
  BuildScene(const Scene2D& scene, Vec2d tx, Vec2d rx, std::span<const uint8_t> use = {});

  struct State {
    Sight sight;
    int32_t last = -1;
    int remaining = 0;
  };
  State begin(int order) const;
  /// Behind a wall; one that may not come next is lit as a whole.
  State next(const State& s, int32_t wall) const;
  /// Walls that may come next, and the states behind them.
  std::vector<int32_t> allowed(const State& s, bool masked = true, std::vector<State>* behind = nullptr) const;
  /// Does the path over these walls hold?
  bool holds(std::span<const int32_t> sequence) const;
  size_t num_walls() const { return walls_.size(); }
  const std::vector<int32_t>& walls() const { return walls_; }  // places among the scene's objects
  /// Places among walls() of those that are looked at beside one: the nearest by their middles, not itself.
  const std::vector<int32_t>& beside(size_t row) const { return beside_[row]; }
  const Object& object(int32_t i) const { return scene_.objects[size_t(i)]; }
  Vec2d tx() const { return tx_; }
  Vec2d rx() const { return rx_; }

 private:
  const Scene2D& scene_;
  Vec2d tx_, rx_;
  Layout layout_;
  std::vector<double> numbers_;
  std::vector<int32_t> walls_;
  std::vector<std::vector<int32_t>> beside_;
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

  /// What leads from each wall to the receiver: once a link.
  using Ways = nn::DeepSetsTape<float>;
  void ways(const BuildScene& scene, Ways& out) const;
  /// The flows out of a state, with what their adjoint needs.
  struct Flows {
    std::vector<int32_t> next;
    std::vector<BuildScene::State> behind;
    std::vector<float> log_flow;
    std::vector<size_t> row;    // of each next wall among the scene's
    std::vector<size_t> other;  // of the second wall of each pair
    nn::DeepSetsTape<float> pairs;
    nn::MlpTape<float> head;
    double flow(size_t i) const;
    double sum() const;
  };
  void flows(const BuildScene& scene, const Ways& ways, const BuildScene::State& state, Flows& out) const;
  /// Adds to `slope` what a loss's derivative by each log flow comes to, and to `ways_bar` [walls, ways] for
  /// backward_ways.
  void backward(const Flows& flows, std::span<const float> by_log_flow, std::span<float> slope,
                std::vector<float>& ways_bar) const;
  void backward_ways(const Ways& ways, std::span<const float> ways_bar, std::span<float> slope) const;
  nn::Parameters<float>& parameters() { return p_; }
  const nn::Parameters<float>& parameters() const { return p_; }
  const SamplerShape& shape() const { return shape_; }

 private:
  struct Sampling;
  void split(Sampling& run, const BuildScene::State& state, int count, uint64_t key) const;
  SamplerShape shape_;
  nn::Parameters<float> p_;
  nn::DeepSets<float> pairs_, ways_;
  nn::Mlp<float> head_;
};

/// What options.sampler draws for a link, orders min_order to max_order, each sequence once. Other objects than walls
/// are in none of them. @throws Error for orders above kMostSampledOrder.
Candidates sampled_candidates(const Scene2D& scene, Vec2d tx, Vec2d rx, const CandidateOptions& options);

/// Each sequence once, in the order of their first appearance.
Candidates distinct(const Candidates& list);

}  // namespace raywave::plane
