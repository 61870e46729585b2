// SPDX-License-Identifier: Apache-2.0
// Learned path sampling in the plane: sequences of walls, built one by one by a generative flow network
// (nn/flow_sampler.h).
//
// What a state is. The image of the transmitter behind the walls so far is a source like any other, and the lit part of
// the last wall the window that it shines through. Each next wall is seen from there (plane/sampler_view.h), and beside
// it every other wall (in large scenes its kNeighbours nearest ones): as what may stand in the way, and as the wall
// after it.
//
// Masked are the wall before and what the beam behind the last mirror doesn't meet (plane/beam.h), and for the last
// wall those of which source and receiver are on different sides: planes and sides alone.
// Differentiable: no.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "raywave/nn/flow_sampler.h"
#include "raywave/plane/candidates.h"
#include "raywave/plane/sampler_view.h"

namespace raywave::plane {

using nn::kMostSampledOrder;
using nn::SamplerShape;

/// A scene of walls as sequences are built in it. Keeps references to the scene.
class BuildScene {
 public:
  static constexpr const char* kModelName = "plane paths 3";
  static constexpr int kNextNumbers = kWallNumbers, kPairNumbers = plane::kPairNumbers, kStateNumbers = kSightNumbers;
  static constexpr size_t kNeighbours = 48;  // of a wall, that are looked at beside it

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
  size_t num_surfaces() const { return walls_.size(); }
  int32_t surface(size_t row) const { return walls_[row]; }
  const std::vector<int32_t>& walls() const { return walls_; }  // places among the scene's objects
  /// Places among walls() of those that are looked at beside one: the nearest by their middles, not itself.
  const std::vector<int32_t>& beside(size_t row) const { return beside_[row]; }
  const Object& object(int32_t i) const { return scene_.objects[size_t(i)]; }
  Vec2d tx() const { return tx_; }
  Vec2d rx() const { return rx_; }

  /// A wall as it is looked at from a state.
  struct Look {
    Sight sight;
    const Object* wall;
    Beam lit;
    int remaining;
  };
  Look look(const State& s, size_t row, const State& behind) const {
    return {s.sight, &object(walls_[row]), behind.sight.beam, s.remaining};
  }
  Look look_back(size_t row) const { return {{rx_, tx_, {true, rx_, {}, {}}}, &object(walls_[row]), {}, 0}; }
  void add_next(const Look& l, std::vector<float>& out) const { add_wall(l.sight, *l.wall, l.lit, out); }
  void add_pair(const Look& l, size_t other, std::vector<float>& out) const {
    plane::add_pair(l.sight, *l.wall, l.lit, object(walls_[other]), l.remaining, out);
  }
  void add_state(const State& s, std::vector<float>& out) const { add_sight(s.sight, out); }

 private:
  const Scene2D& scene_;
  Vec2d tx_, rx_;
  Layout layout_;
  std::vector<double> numbers_;
  std::vector<int32_t> walls_;
  std::vector<std::vector<int32_t>> beside_;
};

class FlowSampler : public nn::FlowSampler<BuildScene> {
 public:
  explicit FlowSampler(const SamplerShape& shape = {}) : nn::FlowSampler<BuildScene>(shape) {}
  /// @throws Error naming the file.
  static FlowSampler load(const std::string& path) { return FlowSampler(nn::FlowSampler<BuildScene>::load(path)); }

  /// See nn::FlowSampler::draw.
  Candidates sample(const Scene2D& scene, Vec2d tx, Vec2d rx, int order, int count, uint64_t seed = 42) const;
  Candidates sample(const BuildScene& scene, int order, int count, uint64_t seed = 42) const;

 private:
  explicit FlowSampler(nn::FlowSampler<BuildScene>&& base) : nn::FlowSampler<BuildScene>(std::move(base)) {}
};

/// What options.sampler draws for a link, orders min_order to max_order, each sequence once. Other objects than walls
/// are in none of them. @throws Error for orders above kMostSampledOrder.
Candidates sampled_candidates(const Scene2D& scene, Vec2d tx, Vec2d rx, const CandidateOptions& options);

/// Each sequence once, in the order of their first appearance.
Candidates distinct(const Candidates& list);

}  // namespace raywave::plane
