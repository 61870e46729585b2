// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/sampler_training.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
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
};

/// What an episode leaves behind.
struct Course {
  std::vector<float> slope;
  double loss = 0;
};

/// How many paths that hold begin with a sequence: the flow into it.
class PathCounts {
 public:
  PathCounts(const Scene2D& s, const BuildScene& scene, int order) {
    CandidateOptions o;
    o.min_order = o.max_order = order, o.pruned = true;
    const Candidates list = candidates(s, scene.tx(), o);
    for (size_t i = 0; i < list.count(); ++i) {
      if (!scene.holds(list[i])) continue;
      whole_.emplace_back(list[i].begin(), list[i].end());
      for (size_t n = 1; n <= list[i].size(); ++n) ++count_[Sequence(list[i].begin(), list[i].begin() + ptrdiff_t(n))];
    }
  }
  double operator()(const Sequence& prefix) const {
    const auto at = count_.find(prefix);
    return at == count_.end() ? 0 : at->second;
  }
  const std::vector<Sequence>& whole() const { return whole_; }

 private:
  std::map<Sequence, double> count_;
  std::vector<Sequence> whole_;
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
    Way way{scene, PathCounts(s, scene, e.order), Draws(o_.seed, stream), {}, {}, out};
    sampler_.ways(scene, way.ways);
    way.ways_bar.assign(way.ways.pooled.size(), 0);
    FlowSampler::Flows root;
    sampler_.flows(scene, way.ways, scene.begin(e.order), root);
    match(way, root, {}, 1);
    for (int t = 0; t < o_.trajectories && e.order > 1; ++t) go(way, root);
    sampler_.backward_ways(way.ways, way.ways_bar, out.slope);
    return out;
  }

 private:
  struct Way {
    const BuildScene& scene;
    PathCounts counts;
    Draws draw;
    FlowSampler::Ways ways;
    std::vector<float> ways_bar;
    Course& out;
  };

  void go(Way& way, const FlowSampler::Flows& root) const {
    const auto& whole = way.counts.whole();
    const Sequence* follow = !whole.empty() && way.draw() < o_.replay ? &whole[way.draw.below(whole.size())] : nullptr;
    FlowSampler::Flows here = root;
    Sequence prefix;
    while (!here.next.empty() && here.behind[0].remaining > 0) {
      const size_t i = choose(here, follow, prefix.size(), way.draw);
      prefix.push_back(here.next[i]);
      FlowSampler::Flows child;
      sampler_.flows(way.scene, way.ways, here.behind[i], child);
      match(way, child, prefix, 1 / double(o_.trajectories));
      here = std::move(child);
    }
  }

  size_t choose(const FlowSampler::Flows& f, const Sequence* follow, size_t depth, Draws& draw) const {
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
  void match(Way& way, const FlowSampler::Flows& f, Sequence prefix, double weight) const {
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

  const FlowSampler& sampler_;
  const TrainOptions& o_;
  size_t num_numbers_;
};

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// To a length of 1 at most: rare scenes with many paths would else throw the network off.
void clip(std::vector<float>& slope) {
  double square = 0;
  for (const float g : slope) square += double(g) * double(g);
  if (square > 1)
    for (float& g : slope) g = float(g / std::sqrt(square));
}

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

Scene2D town(uint64_t seed, int num_walls) {
  Draws draw(seed, 2);
  Scene2D s;
  // houses of four walls on a lattice of 40 m, each somewhere in its cell
  const int houses = std::max(1, num_walls / 4), columns = int(std::ceil(std::sqrt(double(houses))));
  const int rows = (houses + columns - 1) / columns;
  for (int h = 0; h < houses; ++h) {
    const int column = h % columns, row = h / columns;
    const Vec2d corner{40.0 * column + draw(8, 14), 40.0 * row + draw(8, 14)};
    const double width = draw(12, 22), depth = draw(12, 22);
    const Vec2d c[] = {corner, corner + Vec2d{width, 0}, corner + Vec2d{width, depth}, corner + Vec2d{0, depth}};
    for (size_t k = 0; k < 4; ++k) s.objects.push_back(wall(message("wall", s.objects.size()), c[k], c[(k + 1) % 4]));
  }
  // devices in the streets of a middle quarter, two blocks apart at most
  const auto place = [&](int column, int row) { return Vec2d{40.0 * column + draw(0, 7), 40.0 * row + draw(0, 40)}; };
  const int column = columns / 2, row = rows / 2;
  s.transmitters = {{"tx", place(column, row)}};
  s.receivers = {{"rx", place(column + int(draw.below(3)) - 1, row + int(draw.below(3)) - 1)}};
  return s;
}

void TrainOptions::validate() const {
  if (episodes < 1) throw Error(message("episodes must be >= 1, got ", episodes));
  if (max_order < 1 || max_order > kMostSampledOrder)
    throw Error(message("max_order must be 1 to ", kMostSampledOrder, ", got ", max_order));
  if (trajectories < 1 || batch < 1)
    throw Error(message("trajectories and batch must be >= 1, got ", trajectories, " and ", batch));
  if (!(explore >= 0 && explore <= 1) || !(replay >= 0 && replay <= 1))
    throw Error(message("explore and replay are shares, 0 to 1, got ", explore, " and ", replay));
  if (!(rate > 0)) throw Error(message("rate must be > 0, got ", rate));
}

void EvaluateOptions::validate() const {
  if (num_walls != 0 && (num_walls < 4 || num_walls > 100000))
    throw Error(message("num_walls must be 0 or 4 to 100000, got ", num_walls));
  if (num_scenes < 1 || num_samples < 1)
    throw Error(message("num_scenes and num_samples must be >= 1, got ", num_scenes, " and ", num_samples));
  if (max_order < 1 || max_order > kMostSampledOrder)
    throw Error(message("max_order must be 1 to ", kMostSampledOrder, ", got ", max_order));
}

std::vector<double> train(FlowSampler& sampler, const TrainOptions& o) {
  o.validate();
  nn::Adam<float> adam(o.rate);
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
      // longer orders have more to learn: in proportion to the order
      double u = Draws(o.seed, mix64(2 * number))() * o.max_order * (o.max_order + 1) / 2;
      int order = 1;
      while (order < o.max_order && (u -= order) > 0) ++order;
      episodes.push_back({mix64(mix64(o.seed) + number), order});
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

namespace {

/// What one method chose for a link, and what of it holds.
struct Chosen {
  Candidates list;
  std::set<Sequence> found;
  double once = 0, seconds = 0;
  bool done = false;
};

template <class Make>
Chosen chosen(const BuildScene& scene, const Make& make) {
  const double begin = now_s();
  Chosen out;
  out.list = make();
  const Candidates once = distinct(out.list);
  for (size_t i = 0; i < once.count(); ++i)
    if (scene.holds(once[i])) out.found.insert({once[i].begin(), once[i].end()});
  out.seconds = now_s() - begin, out.once = double(once.count()), out.done = true;
  return out;
}

enum Way { kLearned, kChance, kMasked, kVisible, kShooting, kWays };
constexpr const char* kWayNames[] = {"learned", "by chance", "by chance, masked", "visible", "shooting"};

std::array<Chosen, kWays> all_ways(const FlowSampler& sampler, const Scene2D& s, const BuildScene& scene, int order,
                                   uint64_t number, const EvaluateOptions& o) {
  std::array<Chosen, kWays> out;
  CandidateOptions visible;
  visible.min_order = visible.max_order = order, visible.pruned = true;
  if (o.num_walls > 0) visible.max_bytes = 2e6;  // some 100,000 sequences: more are not listed
  try {
    out[kVisible] = chosen(scene, [&] { return candidates(s, scene.tx(), visible); });
  } catch (const Error&) {
  }
  if (o.num_walls == 0 && out[kVisible].found.empty()) return out;  // no link of this order
  out[kLearned] = chosen(scene, [&] { return sampler.sample(scene, order, o.num_samples, number); });
  for (const bool masked : {false, true})
    out[masked ? kMasked : kChance] =
        chosen(scene, [&] { return by_chance(scene, order, o.num_samples, masked, number); });
  // rays in the same time, by what a hundred take
  const double begin = now_s();
  shoot(scene, order, 100);
  const double each = std::max(1e-9, (now_s() - begin) / 100);
  out[kShooting] =
      chosen(scene, [&] { return shoot(scene, order, std::max(1, int(0.5 * out[kLearned].seconds / each))); });
  return out;
}

}  // namespace

std::vector<SamplerScore> evaluate_sampler(const FlowSampler& sampler, const EvaluateOptions& o) {
  o.validate();
  std::vector<SamplerScore> out;
  for (int order = 1; order <= o.max_order; ++order) {
    Tally tally[kWays];
    for (uint64_t number = 0; tally[kLearned].n < o.num_scenes && number < 100 * uint64_t(o.num_scenes); ++number) {
      const uint64_t seed = mix64(o.seed + number);
      const Scene2D s = o.num_walls > 0 ? town(seed, o.num_walls) : thinned_street(seed);
      const BuildScene scene(s, s.transmitters[0].position_m, s.receivers[0].position_m);
      const auto ways = all_ways(sampler, s, scene, order, number, o);
      std::set<Sequence> all;
      for (const Chosen& way : ways) all.insert(way.found.begin(), way.found.end());
      if (all.empty()) continue;
      for (size_t m = 0; m < kWays; ++m) {
        const Chosen& w = ways[m];
        if (!w.done) continue;
        double good = 0;
        for (size_t i = 0; i < w.list.count(); ++i) good += double(w.found.count({w.list[i].begin(), w.list[i].end()}));
        const double accuracy = w.list.count() > 0 ? good / double(w.list.count()) : 0;
        tally[m].add(accuracy, double(w.found.size()) / double(all.size()), w.once, w.seconds);
      }
    }
    for (size_t m = 0; m < kWays; ++m)
      if (tally[m].n > 0) out.push_back(tally[m].score(kWayNames[m], order));
  }
  return out;
}

}  // namespace raywave::plane
