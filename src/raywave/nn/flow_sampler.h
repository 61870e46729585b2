// SPDX-License-Identifier: Apache-2.0
// A generative flow network on a tree: sequences of surfaces built one by one, each next one in proportion to a learned
// flow, so that whole sequences come in proportion to their reward, 1 where the path holds and 0 elsewhere (after
// Eertmans et al., 2025, with a network and a loss of our own). What a surface looks like from a state is the scene's
// to say, in two dimensions (plane/sampler.h) and in three (paths/facet_sampler.h).
//
// A Deep Set of pairs, each next surface with every other one, says what a surface leads to; another one, from the
// receiver's side and once a link, what leads from a surface to the receiver. The flow of each next surface comes of
// both by dense layers.
//
// `Build` is a scene of one link as sequences are built in it:
//   kModelName, kNextNumbers, kPairNumbers, kStateNumbers, kNeighbours of a surface that are looked at beside it
//   State {..., int remaining}: begin(order), next(state, surface)
//   num_surfaces(), surface(row): their ids in increasing order; beside(row): the rows looked at beside one
//   allowed(state, masked, &behind): ids that may come next, in increasing order, and the states behind them
//   Look look(state, surface, behind): add_next(look, out), add_pair(look, row of the other, out); add_state(state,
//   out) Look look_back(row): from the receiver to that surface
// Differentiable: no.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/nn/layers.h"

namespace raywave::nn {

inline constexpr int kMostSampledOrder = 8;

struct SamplerShape {
  int width = 64, embedding = 16;  // of the last dense layers (half of it for pairs), of a pair of surfaces
  uint64_t seed = 1;
};

/// `count` draws are a comb over whole sequences, in the order of the tree, each as wide as its share of the flow: one
/// number by chance and `count` teeth at equal distances. Each draw comes in proportion to the flows as draws by
/// themselves do, and what has more than 1 / count of the flow is surely among them.
class Comb {
 public:
  Comb(int count, uint64_t seed, uint64_t key);
  explicit Comb(std::vector<double> teeth) : teeth_(std::move(teeth)) {}
  size_t count() const { return teeth_.size(); }
  /// The teeth of each choice, by the flows into them.
  std::vector<Comb> split(std::span<const double> flow) const;

 private:
  std::vector<double> teeth_;  // increasing, 0 to 1
};

/// Of n surfaces, the `most` nearest others of each, ascending. @param distance  of surface k seen from i: (i, k)
template <class Distance>
std::vector<std::vector<int32_t>> neighbours(size_t n, size_t most, Distance&& distance) {
  std::vector<std::vector<int32_t>> out(n);
  std::vector<std::pair<double, int32_t>> by_distance;
  for (size_t i = 0; i < n; ++i) {
    by_distance.clear();
    for (size_t k = 0; k < n; ++k) {
      if (k != i) by_distance.emplace_back(distance(i, k), int32_t(k));
    }
    if (by_distance.size() > most) {
      std::nth_element(by_distance.begin(), by_distance.begin() + std::ptrdiff_t(most), by_distance.end());
      by_distance.resize(most);
    }
    for (const auto& [away, k] : by_distance) out[i].push_back(k);
    std::sort(out[i].begin(), out[i].end());
  }
  return out;
}

template <class Build>
class FlowSampler {
 public:
  using State = typename Build::State;

  explicit FlowSampler(const SamplerShape& shape = {}) : shape_(shape) {
    if (shape.width < 1 || shape.embedding < 1 || shape.width > 4096 || shape.embedding > 4096)
      throw Error(
          message("a sampler's width and embedding must be 1 to 4096, got ", shape.width, " and ", shape.embedding));
    const int w = shape.width, e = shape.embedding;
    ways_ = DeepSets<float>({Build::kPairNumbers, std::max(w / 2, 1), e}, p_, shape.seed);
    pairs_ = DeepSets<float>({Build::kPairNumbers + 2 * e, std::max(w / 2, 1), e}, p_, shape.seed);
    head_ = Mlp<float>({Build::kNextNumbers + kAbout + 4 * e, w, w, 1}, p_, shape.seed);
  }
  /// @throws Error naming the file.
  static FlowSampler load(const std::string& path) {
    const ModelFile file = load_model(path, Build::kModelName);
    if (file.shape.size() != 2) throw Error(message(path, ": a sampler has two sizes, got ", file.shape.size()));
    FlowSampler out({int(file.shape[0]), int(file.shape[1])});
    if (file.value.size() != out.p_.value.size())
      throw Error(
          message(path, ": a sampler of this shape has ", out.p_.value.size(), " numbers, got ", file.value.size()));
    out.p_.value = file.value;
    return out;
  }
  void save(const std::string& path) const {
    const std::array<int64_t, 2> shape{shape_.width, shape_.embedding};
    save_model(path, Build::kModelName, shape, p_.value);
  }
  size_t num_numbers() const { return p_.value.size(); }

  /// `count` sequences of `order` surfaces (fewer where there are none to take), with repetitions, by Comb; a pure
  /// function of the seed. found(ids of a sequence).
  /// @throws Error for an order that is not 0 to kMostSampledOrder, a count below 1.
  template <class Found>
  void draw(const Build& scene, int order, int count, uint64_t seed, Found&& found) const {
    if (order < 0 || order > kMostSampledOrder)
      throw Error(message("a sampled order must be 0 to ", kMostSampledOrder, ", got ", order));
    if (count < 1) throw Error(message("num_samples must be >= 1, got ", count));
    Ways w;
    if (order > 0) ways(scene, w);
    std::vector<int32_t> prefix;
    split(scene, w, scene.begin(order), Comb(order == 0 ? 1 : count, seed, uint64_t(order)), prefix, found);
  }

  // --- for training ---

  /// What leads from each surface to the receiver: once a link.
  using Ways = DeepSetsTape<float>;
  void ways(const Build& scene, Ways& out) const {
    std::vector<float> rows;
    std::vector<size_t> begin{0};
    for (size_t row = 0; row < scene.num_surfaces(); ++row) {
      const auto look = scene.look_back(row);
      for (const int32_t k : scene.beside(row)) scene.add_pair(look, size_t(k), rows);
      begin.push_back(begin.back() + scene.beside(row).size());
    }
    ways_.forward(p_, rows, begin, out);
  }
  /// The flows out of a state, with what their adjoint needs.
  struct Flows {
    static constexpr float kMostLogFlow = 8;  // flows are numbers of paths
    std::vector<int32_t> next;
    std::vector<State> behind;
    std::vector<float> log_flow;
    std::vector<size_t> row;    // of each next surface among the scene's
    std::vector<size_t> other;  // of the second surface of each pair
    DeepSetsTape<float> pairs;
    MlpTape<float> head;
    double flow(size_t i) const { return std::exp(double(std::min(log_flow[i], kMostLogFlow))); }
    double sum() const {
      double out = 0;
      for (size_t i = 0; i < next.size(); ++i) out += flow(i);
      return out;
    }
  };
  void flows(const Build& scene, const Ways& ways, const State& state, Flows& out) const {
    out.next = scene.allowed(state, true, &out.behind);
    out.log_flow.clear(), out.row.clear(), out.other.clear();
    if (out.next.empty()) return;
    const size_t n = out.next.size(), w = ways_.num_out();
    const auto add_ways = [&](size_t row, std::vector<float>& to) {
      const float* from = ways.pooled.data() + row * w;
      to.insert(to.end(), from, from + w);
    };
    // every other surface beside each next one; last, beside the one before
    std::vector<float> rows, about, of_next, heads;
    std::vector<size_t> begin{0};
    for (size_t i = 0, row = 0; i < n; ++i) {
      while (scene.surface(row) != out.next[i]) ++row;
      out.row.push_back(row);
      const auto look = scene.look(state, row, out.behind[i]);
      scene.add_next(look, of_next);
      for (const int32_t k : scene.beside(row)) {
        scene.add_pair(look, size_t(k), rows);
        add_ways(size_t(k), rows);
        out.other.push_back(size_t(k));
      }
      begin.push_back(out.other.size());
    }
    const auto pooled = pairs_.forward(p_, rows, begin, out.pairs);
    scene.add_state(state, about);
    about.push_back(state.remaining == 1 ? 1.0F : 0.0F), about.push_back(state.remaining == 2 ? 1.0F : 0.0F);
    about.push_back(float(state.remaining) / 4);
    for (size_t i = 0; i < n; ++i) {
      const auto at = of_next.begin() + std::ptrdiff_t(i) * Build::kNextNumbers;
      heads.insert(heads.end(), at, at + Build::kNextNumbers);
      heads.insert(heads.end(), about.begin(), about.end());
      add_ways(out.row[i], heads);
      heads.insert(heads.end(), pooled.begin() + std::ptrdiff_t(i * pairs_.num_out()),
                   pooled.begin() + std::ptrdiff_t((i + 1) * pairs_.num_out()));
    }
    const auto log_flow = head_.forward(p_, heads, n, out.head);
    out.log_flow.assign(log_flow.begin(), log_flow.end());
  }
  /// Adds to `slope` what a loss's derivative by each log flow comes to, and to `ways_bar` [surfaces, ways] for
  /// backward_ways.
  void backward(const Flows& f, std::span<const float> by_log_flow, std::span<float> slope,
                std::vector<float>& ways_bar) const {
    if (f.next.empty()) return;
    const size_t w = ways_.num_out(), q = pairs_.num_out(), at = Build::kNextNumbers + kAbout;
    std::vector<float> heads_bar, pooled_bar, rows_bar;
    head_.backward(p_, f.head, by_log_flow, slope, heads_bar);
    for (size_t i = 0; i < f.next.size(); ++i) {
      const float* bar = heads_bar.data() + i * head_.num_in() + at;
      for (size_t k = 0; k < w; ++k) ways_bar[f.row[i] * w + k] += bar[k];
      pooled_bar.insert(pooled_bar.end(), bar + w, bar + w + q);
    }
    pairs_.backward(p_, f.pairs, pooled_bar, slope, rows_bar);
    for (size_t i = 0; i < f.other.size(); ++i) {
      const float* bar = rows_bar.data() + i * pairs_.num_in() + Build::kPairNumbers;
      for (size_t k = 0; k < w; ++k) ways_bar[f.other[i] * w + k] += bar[k];
    }
  }
  void backward_ways(const Ways& ways, std::span<const float> ways_bar, std::span<float> slope) const {
    std::vector<float> rows_bar;
    ways_.backward(p_, ways, ways_bar, slope, rows_bar);
  }
  Parameters<float>& parameters() { return p_; }
  const Parameters<float>& parameters() const { return p_; }
  const SamplerShape& shape() const { return shape_; }

 private:
  static constexpr int kAbout = Build::kStateNumbers + 3;

  // Several draws from one state share its flows.
  template <class Found>
  void split(const Build& scene, const Ways& ways, const State& state, const Comb& comb, std::vector<int32_t>& prefix,
             Found& found) const {
    if (state.remaining == 0) {
      for (size_t i = 0; i < comb.count(); ++i) found(std::span<const int32_t>(prefix));
      return;
    }
    Flows f;
    flows(scene, ways, state, f);
    std::vector<double> flow;
    for (size_t i = 0; i < f.next.size(); ++i) flow.push_back(f.flow(i));
    const std::vector<Comb> parts = comb.split(flow);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].count() == 0) continue;
      prefix.push_back(f.next[i]);
      split(scene, ways, f.behind[i], parts[i], prefix, found);
      prefix.pop_back();
    }
  }

  SamplerShape shape_;
  Parameters<float> p_;
  DeepSets<float> pairs_, ways_;
  Mlp<float> head_;
};

}  // namespace raywave::nn
