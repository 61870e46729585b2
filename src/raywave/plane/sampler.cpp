// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/sampler.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "raywave/plane/trace.h"

namespace raywave::plane {
namespace {

double side(const Object& o, Vec2d p) { return cross(o.b - o.a, p - o.a); }

}  // namespace

BuildScene::BuildScene(const Scene2D& scene, Vec2d tx, Vec2d rx, std::span<const uint8_t> use)
    : scene_(scene), tx_(tx), rx_(rx), layout_(layout(scene)), numbers_(numbers(scene)) {
  for (size_t i = 0; i < scene.objects.size(); ++i)
    if (scene.objects[i].kind == Kind::kWall && (use.empty() || use[i])) walls_.push_back(int32_t(i));
  const auto middle = [this](size_t row) { return 0.5 * (object(walls_[row]).a + object(walls_[row]).b); };
  beside_ = nn::neighbours(walls_.size(), kNeighbours, [&](size_t i, size_t k) {
    const Vec2d d = middle(k) - middle(i);
    return dot(d, d);
  });
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

Candidates FlowSampler::sample(const BuildScene& scene, int order, int count, uint64_t seed) const {
  Candidates out;
  draw(scene, order, count, seed, [&](std::span<const int32_t> sequence) { out.add(sequence); });
  return out;
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
