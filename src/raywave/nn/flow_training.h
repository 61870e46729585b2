// SPDX-License-Identifier: Apache-2.0
// Training a sampler of paths, and what it is worth beside other ways to choose sequences.
//
// One episode is one scene and one order. The paths that hold are listed (visibility, then each is checked), so that
// the flow into each sequence is known: how many of them begin so. Trajectories go by the learned flows, some steps by
// chance, some down a sequence that holds; at each state visited all flows out of it are matched. Loss: F - G log F of
// the flow F against G, whose slope by log F is F - G. Its minimum is that of (F - G)^2, flow matching's, whose slope
// vanishes where flows are small and rewards rare.
//
// `Link` is a scene with two devices in it, whatever its dimension:
//   Link(seed): one of training; Link(seed, num_walls): one to be judged on
//   const Build& build(); bool holds(sequence)
//   Sequences paths(order): all that hold. visible(order, most): those that visibility leaves, nothing when there are
//   more. shoot(order, num_rays): what rays from the transmitter meet, with repetitions.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/nn/flow_sampler.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/progress.h"

namespace raywave::nn {

using Sequence = std::vector<int32_t>;
using Sequences = std::vector<Sequence>;

struct TrainOptions {
  int64_t episodes = 50000;
  int max_order = 3;
  int trajectories = 4;  // of an episode
  double explore = 0.1;  // share of surfaces that are taken by chance alone, else
  double replay = 0.4;   // share of trajectories that go down a sequence that holds
  int batch = 8;         // episodes in a step
  double rate = 1e-3;    // of Adam; falls to a twentieth on a cosine
  uint64_t seed = 7;     // of scenes, with the episode's number, and of trajectories
  int num_threads = 0;
  runtime::Progress progress;

  /// @throws Error naming the field.
  void validate() const;
};

struct SamplerScore {
  std::string method;  // "learned", "by chance", "by chance, masked", "visible", "shooting"
  int order = 0;
  double tried = 0;                            // sequences a link, each counted once
  double accuracy = 0, accuracy_interval = 0;  // share of samples that hold, and half its 95 % interval
  double hit_rate = 0, hit_rate_interval = 0;  // share of all paths that hold which are found
  double seconds = 0;                          // of the processor, a link, to choose sequences and to check them
};
struct EvaluateOptions {
  int num_scenes = 1000, max_order = 3, num_samples = 10;
  uint64_t seed = 1234567;  // of scenes, apart from those of training
  int num_walls = 0;        // not 0: towns of so many surfaces, and hit rates against what all methods found together
  /// @throws Error naming the field.
  void validate() const;
};

/// Numbers of one stream.
class Draws {
 public:
  Draws(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}
  double operator()() { return random_uniform(seed_, stream_, count_++, 0); }
  double operator()(double lo, double hi) { return lo + (hi - lo) * (*this)(); }
  size_t below(size_t n) { return std::min(size_t((*this)() * double(n)), n - 1); }

 private:
  uint64_t seed_, stream_, count_ = 0;
};

/// How many paths that hold begin with a sequence: the flow into it.
class PathCounts {
 public:
  explicit PathCounts(Sequences whole) : whole_(std::move(whole)) {
    for (const Sequence& s : whole_)
      for (size_t n = 1; n <= s.size(); ++n) ++count_[Sequence(s.begin(), s.begin() + std::ptrdiff_t(n))];
  }
  double operator()(const Sequence& prefix) const {
    const auto at = count_.find(prefix);
    return at == count_.end() ? 0 : at->second;
  }
  const Sequences& whole() const { return whole_; }

 private:
  Sequences whole_;
  std::map<Sequence, double> count_;
};

template <class Link, class Build>
class Trainer {
 public:
  using Sampler = FlowSampler<Build>;
  /// What an episode leaves behind.
  struct Course {
    std::vector<float> slope;
    double loss = 0;
  };

  Trainer(const Sampler& sampler, const TrainOptions& o) : sampler_(sampler), o_(o) {}

  Course run(uint64_t scene, int order, uint64_t stream) const {
    const Link link(scene);
    Course out;
    out.slope.assign(sampler_.num_numbers(), 0);
    Way way{link.build(), PathCounts(link.paths(order)), Draws(o_.seed, stream), {}, {}, out};
    sampler_.ways(way.scene, way.ways);
    way.ways_bar.assign(way.ways.pooled.size(), 0);
    typename Sampler::Flows root;
    sampler_.flows(way.scene, way.ways, way.scene.begin(order), root);
    match(way, root, {}, 1);
    for (int t = 0; t < o_.trajectories && order > 1; ++t) go(way, root);
    sampler_.backward_ways(way.ways, way.ways_bar, out.slope);
    return out;
  }

 private:
  struct Way {
    const Build& scene;
    PathCounts counts;
    Draws draw;
    typename Sampler::Ways ways;
    std::vector<float> ways_bar;
    Course& out;
  };

  void go(Way& way, const typename Sampler::Flows& root) const {
    const auto& whole = way.counts.whole();
    const Sequence* follow = !whole.empty() && way.draw() < o_.replay ? &whole[way.draw.below(whole.size())] : nullptr;
    typename Sampler::Flows here = root;
    Sequence prefix;
    while (!here.next.empty() && here.behind[0].remaining > 0) {
      const size_t i = choose(here, follow, prefix.size(), way.draw);
      prefix.push_back(here.next[i]);
      typename Sampler::Flows child;
      sampler_.flows(way.scene, way.ways, here.behind[i], child);
      match(way, child, prefix, 1 / double(o_.trajectories));
      here = std::move(child);
    }
  }

  size_t choose(const typename Sampler::Flows& f, const Sequence* follow, size_t depth, Draws& draw) const {
    if (follow) {
      const auto at = std::find(f.next.begin(), f.next.end(), (*follow)[depth]);
      if (at != f.next.end()) return size_t(at - f.next.begin());
    }
    if (draw() < o_.explore) return draw.below(f.next.size());
    double u = draw() * f.sum();
    for (size_t i = 0; i < f.next.size(); ++i)
      if ((u -= f.flow(i)) <= 0) return i;
    return f.next.size() - 1;
  }

  /// Every flow out of a state against what is behind it.
  void match(Way& way, const typename Sampler::Flows& f, Sequence prefix, double weight) const {
    std::vector<float> bar(f.next.size());
    for (size_t i = 0; i < f.next.size(); ++i) {
      prefix.push_back(f.next[i]);
      const double flow = f.flow(i), target = way.counts(prefix);
      prefix.pop_back();
      bar[i] = float(weight * (flow - target));
      way.out.loss += weight * (flow - target * double(f.log_flow[i]));
    }
    sampler_.backward(f, bar, way.out.slope, way.ways_bar);
  }

  const Sampler& sampler_;
  const TrainOptions& o_;
};

/// Time of the processor that this program has had: what is compared doesn't depend on what else the machine does.
double processor_s();

/// To a length of 1 at most: rare scenes with many paths would else throw the network off.
void clip(std::vector<float>& slope);

/// Deterministic for any number of threads. @return the mean of -log likelihood's stand-in F - G log F of each tenth.
template <class Link, class Build>
std::vector<double> train_flows(FlowSampler<Build>& sampler, const TrainOptions& o) {
  o.validate();
  Adam<float> adam(o.rate);
  auto& value = sampler.parameters().value;
  const int64_t steps = (o.episodes + o.batch - 1) / o.batch;
  std::vector<double> losses;
  double sum = 0;
  int64_t in_sum = 0;
  for (int64_t step = 0; step < steps; ++step) {
    if (o.progress && !o.progress(step, steps)) throw runtime::Interrupted();
    const Trainer<Link, Build> trainer(sampler, o);
    std::vector<typename Trainer<Link, Build>::Course> courses(static_cast<size_t>(o.batch));
    runtime::parallel_for(o.batch, o.num_threads, [&](int64_t b) {
      const auto number = uint64_t(step * o.batch + b);
      // longer orders have more to learn: in proportion to the order
      double u = Draws(o.seed, mix64(2 * number))() * o.max_order * (o.max_order + 1) / 2;
      int order = 1;
      while (order < o.max_order && (u -= order) > 0) ++order;
      courses[size_t(b)] = trainer.run(mix64(mix64(o.seed) + number), order, mix64(2 * number + 1));
    });
    std::vector<float> slope(value.size());
    for (const auto& course : courses) {
      for (size_t i = 0; i < slope.size(); ++i) slope[i] += course.slope[i] / float(o.batch);
      sum += course.loss, ++in_sum;
    }
    clip(slope);
    const double t = double(step) / double(steps);
    adam.set_rate(o.rate * (0.05 + 0.95 * 0.5 * (1 + std::cos(kPi * t))));
    adam.step(value, slope);
    if ((step + 1) * 10 / steps > step * 10 / steps) {
      losses.push_back(sum / double(in_sum));
      sum = 0, in_sum = 0;
    }
  }
  return losses;
}

/// Sums over scenes of one method and order.
struct Tally {
  double n = 0, tried = 0, accuracy = 0, accuracy2 = 0, hits = 0, hits2 = 0, seconds = 0;
  void add(double a, double h, double tried_here, double s) {
    n += 1, accuracy += a, accuracy2 += a * a, hits += h, hits2 += h * h, tried += tried_here, seconds += s;
  }
  SamplerScore score(std::string method, int order) const;
};

template <class Link, class Build>
class Evaluator {
 public:
  Evaluator(const FlowSampler<Build>& sampler, const EvaluateOptions& o) : sampler_(sampler), o_(o) {}

  std::vector<SamplerScore> run() const {
    o_.validate();
    std::vector<SamplerScore> out;
    for (int order = 1; order <= o_.max_order; ++order) {
      std::array<Tally, kWays> tally;
      for (uint64_t number = 0; tally[kLearned].n < o_.num_scenes && number < 100 * uint64_t(o_.num_scenes); ++number)
        add(Link(mix64(o_.seed + number), o_.num_walls), order, number, tally);
      for (size_t m = 0; m < kWays; ++m)
        if (tally[m].n > 0) out.push_back(tally[m].score(kNames[m], order));
    }
    return out;
  }

 private:
  enum Way { kLearned, kChance, kMasked, kVisible, kShooting, kWays };
  static constexpr const char* kNames[] = {"learned", "by chance", "by chance, masked", "visible", "shooting"};

  /// What one method chose for a link, and what of it holds.
  struct Chosen {
    Sequences list;
    std::set<Sequence> found;
    double once = 0, seconds = 0;
    size_t asked = 0;  // of samplers: those that came to an end too early do not hold
    bool done = false;
  };

  template <class Make>
  Chosen chosen(const Link& link, const Make& make) const {
    const double begin = processor_s();
    Chosen out;
    std::optional<Sequences> list = make();
    if (!list) return out;
    out.list = *std::move(list);
    const std::set<Sequence> once(out.list.begin(), out.list.end());
    for (const Sequence& s : once)
      if (link.holds(s)) out.found.insert(s);
    out.seconds = processor_s() - begin, out.once = double(once.size()), out.done = true, out.asked = out.list.size();
    return out;
  }

  Sequences by_chance(const Build& scene, int order, bool masked, uint64_t seed) const {
    Sequences out;
    Draws draw(seed, 99);
    for (int i = 0; i < o_.num_samples; ++i) {
      Sequence s;
      for (auto state = scene.begin(order); state.remaining > 0;) {
        const auto next = scene.allowed(state, masked);
        if (next.empty()) break;
        s.push_back(next[draw.below(next.size())]);
        state = scene.next(state, s.back());
      }
      if (int(s.size()) == order) out.push_back(std::move(s));
    }
    return out;
  }

  void add(const Link& link, int order, uint64_t number, std::array<Tally, kWays>& tally) const {
    std::array<Chosen, kWays> ways;
    // in towns some 100,000 sequences are listed, no more
    const size_t most = o_.num_walls > 0 ? 100000 : 100000000;
    ways[kVisible] = chosen(link, [&] { return link.visible(order, most); });
    if (o_.num_walls == 0 && ways[kVisible].found.empty()) return;  // no link of this order
    ways[kLearned] = chosen(link, [&] {
      Sequences list;
      sampler_.draw(link.build(), order, o_.num_samples, number,
                    [&](std::span<const int32_t> s) { list.emplace_back(s.begin(), s.end()); });
      return std::optional(std::move(list));
    });
    for (const bool masked : {false, true})
      ways[masked ? kMasked : kChance] =
          chosen(link, [&] { return std::optional(by_chance(link.build(), order, masked, number)); });
    for (const Way sampler : {kLearned, kChance, kMasked}) ways[sampler].asked = size_t(o_.num_samples);
    // rays in the same time, by what some take
    constexpr int kSome = 256;
    const double begin = processor_s();
    link.shoot(order, kSome);
    const double each = std::max(1e-9, (processor_s() - begin) / kSome);
    ways[kShooting] = chosen(
        link, [&] { return std::optional(link.shoot(order, std::max(1, int(0.5 * ways[kLearned].seconds / each)))); });
    std::set<Sequence> all;
    for (const Chosen& w : ways) all.insert(w.found.begin(), w.found.end());
    if (all.empty()) return;
    for (size_t m = 0; m < kWays; ++m) {
      const Chosen& w = ways[m];
      if (!w.done) continue;
      double good = 0;
      for (const Sequence& s : w.list) good += double(w.found.count(s));
      tally[m].add(w.asked > 0 ? good / double(w.asked) : 0, double(w.found.size()) / double(all.size()), w.once,
                   w.seconds);
    }
  }

  const FlowSampler<Build>& sampler_;
  const EvaluateOptions& o_;
};

}  // namespace raywave::nn
