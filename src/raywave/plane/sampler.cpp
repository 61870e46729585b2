// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/sampler.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/plane/trace.h"

namespace raywave::plane {
namespace {

constexpr float kMostLogFlow = 8;  // flows are numbers of paths
constexpr int kStateNumbers = kSightNumbers + 3;
constexpr const char* kModelName = "plane paths 3";

double side(const Object& o, Vec2d p) { return cross(o.b - o.a, p - o.a); }

}  // namespace

BuildScene::BuildScene(const Scene2D& scene, Vec2d tx, Vec2d rx, std::span<const uint8_t> use)
    : scene_(scene), tx_(tx), rx_(rx), layout_(layout(scene)), numbers_(numbers(scene)) {
  for (size_t i = 0; i < scene.objects.size(); ++i)
    if (scene.objects[i].kind == Kind::kWall && (use.empty() || use[i])) walls_.push_back(int32_t(i));
  const size_t n = walls_.size(), most = std::min(n - std::min<size_t>(n, 1), kNeighbours);
  const auto middle = [this](size_t row) { return 0.5 * (object(walls_[row]).a + object(walls_[row]).b); };
  std::vector<std::pair<double, int32_t>> by_distance;
  for (size_t i = 0; i < n; ++i) {
    by_distance.clear();
    for (size_t k = 0; k < n; ++k) {
      const Vec2d d = middle(k) - middle(i);
      if (k != i) by_distance.emplace_back(dot(d, d), int32_t(k));
    }
    if (by_distance.size() > most)
      std::nth_element(by_distance.begin(), by_distance.begin() + std::ptrdiff_t(most), by_distance.end());
    by_distance.resize(most);
    auto& list = beside_.emplace_back();
    for (const auto& [distance, k] : by_distance) list.push_back(k);
    std::sort(list.begin(), list.end());
  }
}

BuildScene::State BuildScene::begin(int order) const { return {{tx_, rx_, {true, tx_, {}, {}}}, -1, order}; }

BuildScene::State BuildScene::next(const State& s, int32_t wall) const {
  const Object& o = object(wall);
  const double ends[] = {o.a.x, o.a.y, o.b.x, o.b.y};
  State out{{mirrored(ObjectOver<double>{&o, ends}, s.sight.source), rx_, {}}, wall, s.remaining - 1};
  if (!follow(s.sight.beam, s.last < 0, o, out.sight.beam) || out.sight.beam.all)
    out.sight.beam = {false, out.sight.source, o.a, o.b};
  return out;
}

std::vector<int32_t> BuildScene::allowed(const State& s, bool masked, std::vector<State>* behind) const {
  std::vector<int32_t> out;
  if (behind) behind->clear();
  for (const int32_t j : walls_) {
    if (j == s.last) continue;
    const Object& o = object(j);
    if (masked) {
      Beam beam;
      if (!follow(s.sight.beam, s.last < 0, o, beam)) continue;
      if (s.remaining == 1 && !(side(o, s.sight.source) * side(o, rx_) > 0)) continue;
    }
    out.push_back(j);
    if (behind) behind->push_back(next(s, j));
  }
  return out;
}

bool BuildScene::holds(std::span<const int32_t> sequence) const {
  const SceneOver<double> s{&scene_, &layout_, numbers_.data()};
  const Places<double> p = image_places(s, tx_, rx_, sequence);
  return judge(s, sequence, p, loss_of(s, sequence, p), false).holds();
}

FlowSampler::FlowSampler(const SamplerShape& shape) : shape_(shape) {
  if (shape.width < 1 || shape.embedding < 1 || shape.width > 4096 || shape.embedding > 4096)
    throw Error(
        message("a sampler's width and embedding must be 1 to 4096, got ", shape.width, " and ", shape.embedding));
  const int w = shape.width, e = shape.embedding;
  ways_ = nn::DeepSets<float>({kPairNumbers, std::max(w / 2, 1), e}, p_, shape.seed);
  pairs_ = nn::DeepSets<float>({kPairNumbers + 2 * e, std::max(w / 2, 1), e}, p_, shape.seed);
  head_ = nn::Mlp<float>({kWallNumbers + kStateNumbers + 4 * e, w, w, 1}, p_, shape.seed);
}

FlowSampler FlowSampler::load(const std::string& path) {
  const nn::ModelFile file = nn::load_model(path, kModelName);
  if (file.shape.size() != 2) throw Error(message(path, ": a sampler has two sizes, got ", file.shape.size()));
  FlowSampler out({int(file.shape[0]), int(file.shape[1])});
  if (file.value.size() != out.p_.value.size())
    throw Error(
        message(path, ": a sampler of this shape has ", out.p_.value.size(), " numbers, got ", file.value.size()));
  out.p_.value = file.value;
  return out;
}

void FlowSampler::save(const std::string& path) const {
  const std::array<int64_t, 2> shape{shape_.width, shape_.embedding};
  nn::save_model(path, kModelName, shape, p_.value);
}

double FlowSampler::Flows::flow(size_t i) const { return std::exp(double(std::min(log_flow[i], kMostLogFlow))); }
double FlowSampler::Flows::sum() const {
  double out = 0;
  for (size_t i = 0; i < next.size(); ++i) out += flow(i);
  return out;
}

void FlowSampler::ways(const BuildScene& scene, Ways& out) const {
  // from the receiver, as a source whose rays are to come to the transmitter
  const Sight sight{scene.rx(), scene.tx(), {true, scene.rx(), {}, {}}};
  std::vector<float> rows;
  std::vector<size_t> begin{0};
  for (size_t row = 0; row < scene.num_walls(); ++row) {
    const Object& wall = scene.object(scene.walls()[row]);
    for (const int32_t k : scene.beside(row))
      add_pair(sight, wall, {}, scene.object(scene.walls()[size_t(k)]), 0, rows);
    begin.push_back(begin.back() + scene.beside(row).size());
  }
  ways_.forward(p_, rows, begin, out);
}

void FlowSampler::flows(const BuildScene& scene, const Ways& ways, const BuildScene::State& state, Flows& out) const {
  out.next = scene.allowed(state, true, &out.behind);
  out.log_flow.clear(), out.row.clear(), out.other.clear();
  if (out.next.empty()) return;
  const size_t n = out.next.size(), w = ways_.num_out();
  const auto add_ways = [&](size_t row, std::vector<float>& to) {
    const float* from = ways.pooled.data() + row * w;
    to.insert(to.end(), from, from + w);
  };
  // every other wall beside each next one; last, beside the wall before
  std::vector<float> rows;
  std::vector<size_t> begin{0};
  for (size_t i = 0, row = 0; i < n; ++i) {
    while (scene.walls()[row] != out.next[i]) ++row;
    out.row.push_back(row);
    for (const int32_t k : scene.beside(row)) {
      add_pair(state.sight, scene.object(out.next[i]), out.behind[i].sight.beam, scene.object(scene.walls()[size_t(k)]),
               state.remaining, rows);
      add_ways(size_t(k), rows);
      out.other.push_back(size_t(k));
    }
    begin.push_back(out.other.size());
  }
  const auto pooled = pairs_.forward(p_, rows, begin, out.pairs);
  std::vector<float> about, heads;
  add_sight(state.sight, about);
  about.push_back(state.remaining == 1 ? 1.0F : 0.0F), about.push_back(state.remaining == 2 ? 1.0F : 0.0F);
  about.push_back(float(state.remaining) / 4);
  for (size_t i = 0; i < n; ++i) {
    add_wall(state.sight, scene.object(out.next[i]), out.behind[i].sight.beam, heads);
    heads.insert(heads.end(), about.begin(), about.end());
    add_ways(out.row[i], heads);
    heads.insert(heads.end(), pooled.begin() + std::ptrdiff_t(i * pairs_.num_out()),
                 pooled.begin() + std::ptrdiff_t((i + 1) * pairs_.num_out()));
  }
  const auto log_flow = head_.forward(p_, heads, n, out.head);
  out.log_flow.assign(log_flow.begin(), log_flow.end());
}

void FlowSampler::backward(const Flows& f, std::span<const float> by_log_flow, std::span<float> slope,
                           std::vector<float>& ways_bar) const {
  if (f.next.empty()) return;
  const size_t w = ways_.num_out(), q = pairs_.num_out(), at = kWallNumbers + kStateNumbers;
  std::vector<float> heads_bar, pooled_bar, rows_bar;
  head_.backward(p_, f.head, by_log_flow, slope, heads_bar);
  for (size_t i = 0; i < f.next.size(); ++i) {
    const float* bar = heads_bar.data() + i * head_.num_in() + at;
    for (size_t k = 0; k < w; ++k) ways_bar[f.row[i] * w + k] += bar[k];
    pooled_bar.insert(pooled_bar.end(), bar + w, bar + w + q);
  }
  pairs_.backward(p_, f.pairs, pooled_bar, slope, rows_bar);
  for (size_t i = 0; i < f.other.size(); ++i) {
    const float* bar = rows_bar.data() + i * pairs_.num_in() + kPairNumbers;
    for (size_t k = 0; k < w; ++k) ways_bar[f.other[i] * w + k] += bar[k];
  }
}

void FlowSampler::backward_ways(const Ways& ways, std::span<const float> ways_bar, std::span<float> slope) const {
  std::vector<float> rows_bar;
  ways_.backward(p_, ways, ways_bar, slope, rows_bar);
}

struct FlowSampler::Sampling {
  const BuildScene& scene;
  uint64_t seed;
  Ways ways;
  std::vector<int32_t> prefix;
  Candidates out;
};

// Several draws from one state share its flows: they are split over the next walls.
void FlowSampler::split(Sampling& run, const BuildScene::State& state, int count, uint64_t key) const {
  if (state.remaining == 0) {
    for (int i = 0; i < count; ++i) run.out.add(run.prefix);
    return;
  }
  Flows f;
  flows(run.scene, run.ways, state, f);
  if (f.next.empty()) return;
  std::vector<double> upto;
  for (size_t i = 0; i < f.next.size(); ++i) upto.push_back(f.flow(i) + (i > 0 ? upto.back() : 0));
  std::vector<int> draws(f.next.size());
  for (int i = 0; i < count; ++i) {
    const double u = upto.back() * random_uniform(run.seed, key, uint64_t(i), uint64_t(state.remaining));
    ++draws[std::min(size_t(std::lower_bound(upto.begin(), upto.end(), u) - upto.begin()), draws.size() - 1)];
  }
  for (size_t i = 0; i < draws.size(); ++i) {
    if (draws[i] == 0) continue;
    run.prefix.push_back(f.next[i]);
    split(run, f.behind[i], draws[i], mix64(key + uint64_t(f.next[i]) + 1));
    run.prefix.pop_back();
  }
}

Candidates FlowSampler::sample(const BuildScene& scene, int order, int count, uint64_t seed) const {
  if (order < 0 || order > kMostSampledOrder)
    throw Error(message("a sampled order must be 0 to ", kMostSampledOrder, ", got ", order));
  if (count < 1) throw Error(message("num_samples must be >= 1, got ", count));
  Sampling run{scene, seed, {}, {}, {}};
  if (order > 0) ways(scene, run.ways);
  split(run, scene.begin(order), order == 0 ? 1 : count, uint64_t(order));
  return std::move(run.out);
}

Candidates FlowSampler::sample(const Scene2D& scene, Vec2d tx, Vec2d rx, int order, int count, uint64_t seed) const {
  return sample(BuildScene(scene, tx, rx), order, count, seed);
}

Candidates sampled_candidates(const Scene2D& scene, Vec2d tx, Vec2d rx, const CandidateOptions& o) {
  const BuildScene built(scene, tx, rx, o.use);
  Candidates out;
  for (int order = o.min_order; order <= o.max_order; ++order) {
    const Candidates once = distinct(o.sampler->sample(built, order, o.num_samples, o.sample_seed));
    for (size_t i = 0; i < once.count(); ++i) out.add(once[i]);
  }
  return out;
}

Candidates distinct(const Candidates& list) {
  Candidates out;
  std::set<std::vector<int32_t>> seen;
  for (size_t i = 0; i < list.count(); ++i)
    if (seen.insert({list[i].begin(), list[i].end()}).second) out.add(list[i]);
  return out;
}

}  // namespace raywave::plane
