// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/sampler_training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/plane/trace.h"
#include "raywave/runtime/parallel.h"

namespace raywave::plane {
namespace {

using Sequence = std::vector<int32_t>;

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

struct Episode {
  uint64_t scene = 0;
  int order = 1;
  Sequence replay;  // or empty
};

/// What an episode leaves behind.
struct Course {
  std::vector<float> slope;
  double loss = 0;
  std::vector<Sequence> held;
};

class Trainer {
 public:
  Trainer(const FlowSampler& sampler, const TrainOptions& o, size_t num_numbers)
      : sampler_(sampler), o_(o), num_numbers_(num_numbers) {}

  Course run(const Episode& e, uint64_t stream) const {
    const Scene2D s = thinned_street(e.scene);
    const BuildScene scene(s, s.transmitters[0].position_m, s.receivers[0].position_m);
    Course out;
    out.slope.assign(num_numbers_, 0);
    Draws draw(o_.seed, stream);
    FlowSampler::Flows root;
    sampler_.flows(scene, scene.begin(e.order), root);
    std::vector<float> root_bar(root.next.size());
    const int trajectories = e.replay.empty() ? o_.trajectories : 1;
    for (int t = 0; t < trajectories; ++t) go(scene, e, draw, root, root_bar, float(trajectories), out);
    sampler_.backward(root, root_bar, out.slope);
    return out;
  }

 private:
  void go(const BuildScene& scene, const Episode& e, Draws& draw, const FlowSampler::Flows& root,
          std::vector<float>& root_bar, float trajectories, Course& out) const {
    auto state = scene.begin(e.order);
    FlowSampler::Flows here = root;
    Sequence prefix;
    for (bool at_root = true; !here.next.empty(); at_root = false) {
      std::vector<float> bar(here.next.size());
      if (state.remaining == 1) {
        rewards(scene, here, prefix, bar, out);
        add(here, bar, at_root, root_bar, trajectories, out);
        return;
      }
      const size_t i = choose(here, e, prefix.size(), draw);
      state = scene.next(state, here.next[i]);
      prefix.push_back(here.next[i]);
      FlowSampler::Flows child;
      sampler_.flows(scene, state, child);
      match(here, i, child.sum(), bar, out);
      add(here, bar, at_root, root_bar, trajectories, out);
      here = std::move(child);
    }
  }

  size_t choose(const FlowSampler::Flows& f, const Episode& e, size_t depth, Draws& draw) const {
    if (!e.replay.empty()) {
      const auto at = std::find(f.next.begin(), f.next.end(), e.replay[depth]);
      if (at != f.next.end()) return size_t(at - f.next.begin());
    }
    if (draw() < o_.explore) return draw.below(f.next.size());
    double u = draw() * f.sum();
    for (size_t i = 0; i < f.next.size(); ++i)
      if ((u -= f.flow(i)) <= 0) return i;
    return f.next.size() - 1;
  }

  void match(const FlowSampler::Flows& f, size_t i, double target, std::vector<float>& bar, Course& out) const {
    const double flow = f.flow(i);
    bar[i] += float(flow - target);
    out.loss += flow - target * double(f.log_flow[i]);
  }

  void rewards(const BuildScene& scene, const FlowSampler::Flows& f, Sequence& prefix, std::vector<float>& bar,
               Course& out) const {
    for (size_t i = 0; i < f.next.size(); ++i) {
      prefix.push_back(f.next[i]);
      const bool holds = scene.holds(prefix);
      if (holds) out.held.push_back(prefix);
      match(f, i, holds ? 1 : 0, bar, out);
      prefix.pop_back();
    }
  }

  void add(const FlowSampler::Flows& f, std::vector<float>& bar, bool at_root, std::vector<float>& root_bar,
           float trajectories, Course& out) const {
    for (float& b : bar) b /= trajectories;
    if (at_root) {
      for (size_t i = 0; i < bar.size(); ++i) root_bar[i] += bar[i];
    } else {
      sampler_.backward(f, bar, out.slope);
    }
  }

  const FlowSampler& sampler_;
  const TrainOptions& o_;
  size_t num_numbers_;
};

/// Successes of each order, the oldest replaced.
class Replay {
 public:
  explicit Replay(const TrainOptions& o)
      : size_(size_t(o.replay_size)), kept_(size_t(o.max_order) + 1), next_(kept_.size()) {}
  void keep(const Episode& e) {
    auto& list = kept_[size_t(e.order)];
    if (list.size() < size_) {
      list.push_back(e);
    } else {
      list[next_[size_t(e.order)]++ % size_] = e;
    }
  }
  bool take(int order, double u, Episode& out) const {
    const auto& list = kept_[size_t(order)];
    if (list.empty()) return false;
    out = list[std::min(size_t(u * double(list.size())), list.size() - 1)];
    return true;
  }

 private:
  size_t size_;
  std::vector<std::vector<Episode>> kept_;
  std::vector<size_t> next_;
};

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Rays at even angles from the transmitter: the walls that each meets.
Candidates shoot(const BuildScene& scene, int order, int num_rays) {
  Candidates out;
  for (int r = 0; r < num_rays; ++r) {
    const double angle = 2 * kPi * (r + 0.5) / num_rays;
    Vec2d from = scene.tx(), along{std::cos(angle), std::sin(angle)};
    Sequence walls;
    while (int(walls.size()) < order) {
      int32_t hit = -1;
      double nearest = 1e300;
      for (const int32_t j : scene.walls()) {
        if (!walls.empty() && walls.back() == j) continue;
        const Object& o = scene.object(j);
        const Vec2d t = o.b - o.a;
        const double d = cross(along, t);
        const double u = cross(o.a - from, t) / d, w = cross(o.a - from, along) / d;
        if (u > 0 && u < nearest && w >= 0 && w <= 1) nearest = u, hit = j;
      }
      if (hit < 0) break;
      const Object& o = scene.object(hit);
      const Vec2d t = o.b - o.a, normal{t.y, -t.x};
      from = from + nearest * along;
      along = along - (2 * dot(along, normal) / dot(normal, normal)) * normal;
      walls.push_back(hit);
    }
    if (int(walls.size()) == order) out.add(walls);
  }
  return out;
}

Candidates by_chance(const BuildScene& scene, int order, int count, bool masked, uint64_t seed) {
  Candidates out;
  Draws draw(seed, 99);
  for (int i = 0; i < count; ++i) {
    Sequence walls;
    for (auto state = scene.begin(order); state.remaining > 0;) {
      const auto next = scene.allowed(state, masked);
      if (next.empty()) break;
      walls.push_back(next[draw.below(next.size())]);
      state = scene.next(state, walls.back());
    }
    // one that came to an end too early is a sample that does not hold
    if (int(walls.size()) < order) walls.assign(size_t(order), walls.empty() ? 0 : walls.front());
    out.add(walls);
  }
  return out;
}

/// Sums over scenes of one method and order.
struct Tally {
  double n = 0, tried = 0, accuracy = 0, accuracy2 = 0, hits = 0, hits2 = 0, seconds = 0;
  void add(double a, double h, double tried_here, double s) {
    n += 1, accuracy += a, accuracy2 += a * a, hits += h, hits2 += h * h, tried += tried_here, seconds += s;
  }
  SamplerScore score(std::string method, int order) const {
    const auto interval = [this](double sum, double sum2) {
      return 1.96 * std::sqrt(std::max(0.0, sum2 / n - sum * sum / (n * n)) / n);
    };
    return {std::move(method),     order,      tried / n, accuracy / n, interval(accuracy, accuracy2), hits / n,
            interval(hits, hits2), seconds / n};
  }
};

}  // namespace

Scene2D thinned_street(uint64_t seed) {
  Draws draw(seed, 1);
  Scene2D s;
  const double kept = draw(0.5, 1);
  for (const double side : {-1.0, 1.0}) {
    for (double x = draw(-8, 0); x < 80;) {
      const double width = draw(12, 25), depth = draw(10, 15), front = side * draw(9.5, 11);
      const Vec2d c[] = {{x, front}, {x + width, front}, {x + width, front + side * depth}, {x, front + side * depth}};
      for (size_t k = 0; k < 4; ++k)
        if (draw() < kept) s.objects.push_back(wall(message("wall", s.objects.size()), c[k], c[(k + 1) % 4]));
      x += width + draw(0.5, 7);
    }
  }
  const auto place = [&] {
    const double x = draw(2, 78);
    return Vec2d{x, draw(-9, 9)};
  };
  s.transmitters = {{"tx", place()}};
  do s.receivers = {{"rx", place()}};
  while (length(s.receivers[0].position_m - s.transmitters[0].position_m) < 1);
  return s;
}

void TrainOptions::validate() const {
  if (episodes < 1) throw Error(message("episodes must be >= 1, got ", episodes));
  if (max_order < 1 || max_order > kMostSampledOrder)
    throw Error(message("max_order must be 1 to ", kMostSampledOrder, ", got ", max_order));
  if (trajectories < 1 || batch < 1 || replay_size < 1)
    throw Error(message("trajectories, batch and replay_size must be >= 1, got ", trajectories, ", ", batch, " and ",
                        replay_size));
  if (!(explore >= 0 && explore <= 1) || !(replay >= 0 && replay <= 1))
    throw Error(message("explore and replay are shares, 0 to 1, got ", explore, " and ", replay));
  if (!(rate > 0)) throw Error(message("rate must be > 0, got ", rate));
}

void EvaluateOptions::validate() const {
  if (num_scenes < 1 || num_samples < 1)
    throw Error(message("num_scenes and num_samples must be >= 1, got ", num_scenes, " and ", num_samples));
  if (max_order < 1 || max_order > kMostSampledOrder)
    throw Error(message("max_order must be 1 to ", kMostSampledOrder, ", got ", max_order));
}

std::vector<double> train(FlowSampler& sampler, const TrainOptions& o) {
  o.validate();
  nn::Adam<float> adam(o.rate);
  Replay replay(o);
  auto& value = sampler.parameters().value;
  const int64_t steps = (o.episodes + o.batch - 1) / o.batch;
  std::vector<double> losses;
  double sum = 0;
  int64_t in_sum = 0;
  for (int64_t step = 0; step < steps; ++step) {
    if (o.progress && !o.progress(step, steps)) throw runtime::Interrupted();
    std::vector<Episode> episodes;
    for (int b = 0; b < o.batch; ++b) {
      const auto number = uint64_t(step * o.batch + b);
      Draws draw(o.seed, mix64(2 * number));
      Episode e{mix64(mix64(o.seed) + number), 1 + int(number % uint64_t(o.max_order)), {}};
      if (draw() < o.replay) replay.take(e.order, draw(), e);
      episodes.push_back(e);
    }
    std::vector<Course> courses(episodes.size());
    const Trainer trainer(sampler, o, value.size());
    runtime::parallel_for(int64_t(episodes.size()), o.num_threads, [&](int64_t b) {
      courses[size_t(b)] = trainer.run(episodes[size_t(b)], mix64(2 * uint64_t(step * o.batch + b) + 1));
    });
    std::vector<float> slope(value.size());
    for (size_t b = 0; b < courses.size(); ++b) {
      for (size_t i = 0; i < slope.size(); ++i) slope[i] += courses[b].slope[i] / float(o.batch);
      sum += courses[b].loss, ++in_sum;
      if (!episodes[b].replay.empty()) continue;
      for (const Sequence& held : courses[b].held) replay.keep({episodes[b].scene, episodes[b].order, held});
    }
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

std::vector<SamplerScore> evaluate_sampler(const FlowSampler& sampler, const EvaluateOptions& o) {
  o.validate();
  constexpr const char* kMethods[] = {"learned", "by chance", "by chance, masked", "visible", "shooting"};
  std::vector<SamplerScore> out;
  for (int order = 1; order <= o.max_order; ++order) {
    Tally tally[std::size(kMethods)];
    for (uint64_t number = 0; tally[0].n < o.num_scenes; ++number) {
      const Scene2D s = thinned_street(mix64(o.seed + number));
      const BuildScene scene(s, s.transmitters[0].position_m, s.receivers[0].position_m);
      CandidateOptions visible;
      visible.min_order = visible.max_order = order, visible.pruned = true;
      std::set<Sequence> all;
      double learned_s = 0;
      // what holds among sequences, and what it cost to find it
      const auto judge_method = [&](size_t m, const auto& make) {
        const double begin = now_s();
        const Candidates list = make();
        std::set<Sequence> found;
        double good = 0;
        const Candidates once = distinct(list);
        for (size_t i = 0; i < once.count(); ++i)
          if (scene.holds(once[i])) found.insert({once[i].begin(), once[i].end()});
        const double seconds = now_s() - begin;
        for (size_t i = 0; i < list.count(); ++i) good += double(found.count({list[i].begin(), list[i].end()}));
        if (m == 0) learned_s = seconds;
        if (m == 3) all = found;
        const double accuracy = list.count() > 0 ? good / double(list.count()) : 0;
        return std::array<double, 4>{accuracy, double(found.size()), double(once.count()), seconds};
      };
      const auto exhaustive = judge_method(3, [&] { return candidates(s, scene.tx(), visible); });
      if (all.empty()) continue;
      const auto count = [&](size_t m, const std::array<double, 4>& r) {
        tally[m].add(r[0], r[1] / double(all.size()), r[2], r[3]);
      };
      count(3, exhaustive);
      count(0, judge_method(0, [&] { return sampler.sample(scene, order, o.num_samples, number); }));
      for (const bool masked : {false, true})
        count(masked ? 2 : 1,
              judge_method(masked ? 2 : 1, [&] { return by_chance(scene, order, o.num_samples, masked, number); }));
      // rays in the same time, by what a hundred take
      const double begin = now_s();
      shoot(scene, order, 100);
      const double each = std::max(1e-9, (now_s() - begin) / 100);
      count(4, judge_method(4, [&] { return shoot(scene, order, std::max(1, int(0.5 * learned_s / each))); }));
    }
    for (size_t m = 0; m < std::size(kMethods); ++m) out.push_back(tally[m].score(kMethods[m], order));
  }
  return out;
}

}  // namespace raywave::plane
