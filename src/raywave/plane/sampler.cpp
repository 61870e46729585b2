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

constexpr int kWallNumbers = 17, kStateNumbers = 10;
constexpr float kMostLogFlow = 8;  // flows are numbers of paths
constexpr const char* kModelName = "plane paths 2";

/// Numbers that tell lengths near and far apart: a direction, and how near.
void add_squashed(Vec2d v, std::vector<float>& out) {
  const double near = 1 / (1 + length(v));
  out.push_back(float(v.x * near)), out.push_back(float(v.y * near)), out.push_back(float(near));
}

/// The view from an image to the receiver.
struct View {
  Vec2d origin, axis;  // axis: divided by the distance twice
  Vec2d operator()(Vec2d p) const {
    const Vec2d d = p - origin;
    return {dot(d, axis), cross(axis, d)};
  }
};
View view_of(Vec2d image, Vec2d rx) {
  const Vec2d d = rx - image;
  const double n = dot(d, d);
  return {image, n > 0 ? (1 / n) * d : Vec2d{1, 0}};
}

/// The ends as seen counter-clockwise from the source.
std::pair<Vec2d, Vec2d> ends(const View& view, const Object& o) {
  const Vec2d a = view(o.a), b = view(o.b);
  return cross(a, b) < 0 ? std::pair{b, a} : std::pair{a, b};
}

double sine(Vec2d a, Vec2d b) {
  const double n = length(a) * length(b);
  return n > 0 ? cross(a, b) / n : 0;
}

/// @param window  the last wall or null.
void add_wall(const View& view, const Object& o, const Object* window, std::vector<float>& out) {
  const auto [a, b] = ends(view, o);
  add_squashed(a, out), add_squashed(b, out);
  const Vec2d t = b - a, normal{t.y, -t.x};
  const Vec2d image = (2 * dot(a, normal) / dot(normal, normal)) * normal;  // of the origin
  add_squashed(image, out);
  const Vec2d to_rx = Vec2d{1, 0} - image;
  out.push_back(float(sine(a - image, to_rx))), out.push_back(float(sine(b - image, to_rx)));
  if (!window) {
    out.insert(out.end(), 6, 0.0F);
    return;
  }
  // where it stands in the window's cone, and where the receiver does in that of the window mirrored by it
  const auto [from, to] = ends(view, *window);
  for (const Vec2d w : {from, to})
    for (const Vec2d end : {a, b}) out.push_back(float(sine(w, end)));
  for (const Vec2d w : {from, to}) {
    const Vec2d there = w - (2 * dot(w - a, normal) / dot(normal, normal)) * normal;
    out.push_back(float(sine(there - image, to_rx)));
  }
}

std::array<float, kStateNumbers> state_numbers(const BuildScene& scene, const BuildScene::State& s, const View& view) {
  std::vector<float> window;
  if (s.last >= 0) {
    const auto [a, b] = ends(view, scene.object(s.last));
    add_squashed(a, window), add_squashed(b, window);
  }
  std::array<float, kStateNumbers> out{};
  std::copy(window.begin(), window.end(), out.begin());
  out[6] = s.last >= 0 ? 1.0F : 0.0F;
  out[7] = s.remaining == 1 ? 1.0F : 0.0F, out[8] = s.remaining == 2 ? 1.0F : 0.0F, out[9] = float(s.remaining) / 4;
  return out;
}

}  // namespace

BuildScene::BuildScene(const Scene2D& scene, Vec2d tx, Vec2d rx)
    : scene_(scene), tx_(tx), rx_(rx), layout_(layout(scene)), numbers_(numbers(scene)) {
  for (size_t i = 0; i < scene.objects.size(); ++i)
    if (scene.objects[i].kind == Kind::kWall) walls_.push_back(int32_t(i));
}

BuildScene::State BuildScene::next(const State& s, int32_t wall) const {
  const Object& o = object(wall);
  const double ends[] = {o.a.x, o.a.y, o.b.x, o.b.y};
  return {mirrored(ObjectOver<double>{&o, ends}, s.image), wall, s.remaining - 1};
}

std::vector<int32_t> BuildScene::allowed(const State& s, bool masked) const {
  std::vector<int32_t> out;
  const auto side = [](const Object& o, Vec2d p) { return cross(o.b - o.a, p - o.a); };
  for (const int32_t j : walls_) {
    if (j == s.last) continue;
    const Object& o = object(j);
    if (masked) {
      // what leaves the last mirror is on the other side of it than its image
      if (s.last >= 0) {
        const Object& w = object(s.last);
        const double image = side(w, s.image);
        if (!(image * side(w, o.a) < 0) && !(image * side(w, o.b) < 0)) continue;
      }
      if (s.remaining == 1 && !(side(o, s.image) * side(o, rx_) > 0)) continue;
    }
    out.push_back(j);
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
  sets_ = nn::DeepSets<float>({kWallNumbers, w, e}, {e, w, e}, p_, shape.seed);
  head_ = nn::Mlp<float>({kWallNumbers + e + e + kStateNumbers, w, w, 1}, p_, shape.seed);
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

void FlowSampler::flows(const BuildScene& scene, const BuildScene::State& state, Flows& out) const {
  out.next = scene.allowed(state);
  out.log_flow.clear(), out.row.clear();
  if (out.next.empty()) return;
  const View view = view_of(state.image, scene.rx());
  std::vector<float> walls;
  const Object* window = state.last >= 0 ? &scene.object(state.last) : nullptr;
  for (const int32_t j : scene.walls()) add_wall(view, scene.object(j), window, walls);
  const auto whole = sets_.forward(p_, walls, scene.num_walls(), out.sets);
  const auto& each = out.sets.each.layer.back();
  const auto about = state_numbers(scene, state, view);
  const size_t e = sets_.num_each();
  std::vector<float> rows;
  rows.reserve(out.next.size() * head_.num_in());
  size_t row = 0;
  for (const int32_t j : out.next) {
    while (scene.walls()[row] != j) ++row;
    out.row.push_back(row);
    rows.insert(rows.end(), walls.begin() + std::ptrdiff_t(row * kWallNumbers),
                walls.begin() + std::ptrdiff_t((row + 1) * kWallNumbers));
    rows.insert(rows.end(), each.begin() + std::ptrdiff_t(row * e), each.begin() + std::ptrdiff_t((row + 1) * e));
    rows.insert(rows.end(), whole.begin(), whole.end());
    rows.insert(rows.end(), about.begin(), about.end());
  }
  const auto log_flow = head_.forward(p_, rows, out.next.size(), out.head);
  out.log_flow.assign(log_flow.begin(), log_flow.end());
}

void FlowSampler::backward(const Flows& f, std::span<const float> by_log_flow, std::span<float> slope) const {
  if (f.next.empty()) return;
  std::vector<float> rows_bar;
  head_.backward(p_, f.head, by_log_flow, slope, rows_bar);
  const size_t e = sets_.num_each(), s = sets_.num_out(), width = head_.num_in();
  std::vector<float> each_bar(f.sets.each.rows * e), whole_bar(s);
  for (size_t i = 0; i < f.next.size(); ++i) {
    const float* bar = rows_bar.data() + i * width + kWallNumbers;
    for (size_t k = 0; k < e; ++k) each_bar[f.row[i] * e + k] += bar[k];
    for (size_t k = 0; k < s; ++k) whole_bar[k] += bar[e + k];
  }
  sets_.backward(p_, f.sets, each_bar, whole_bar, slope);
}

// Several draws from one state share its flows: they are split over the next walls.
void FlowSampler::split(const BuildScene& scene, const BuildScene::State& state, int count, uint64_t key,
                        std::vector<int32_t>& prefix, uint64_t seed, Candidates& out) const {
  if (state.remaining == 0) {
    for (int i = 0; i < count; ++i) out.add(prefix);
    return;
  }
  Flows f;
  flows(scene, state, f);
  if (f.next.empty()) return;
  std::vector<double> upto;
  for (size_t i = 0; i < f.next.size(); ++i) upto.push_back(f.flow(i) + (i > 0 ? upto.back() : 0));
  std::vector<int> draws(f.next.size());
  for (int i = 0; i < count; ++i) {
    const double u = upto.back() * random_uniform(seed, key, uint64_t(i), uint64_t(state.remaining));
    ++draws[std::min(size_t(std::lower_bound(upto.begin(), upto.end(), u) - upto.begin()), draws.size() - 1)];
  }
  for (size_t i = 0; i < draws.size(); ++i) {
    if (draws[i] == 0) continue;
    prefix.push_back(f.next[i]);
    split(scene, scene.next(state, f.next[i]), draws[i], mix64(key + uint64_t(f.next[i]) + 1), prefix, seed, out);
    prefix.pop_back();
  }
}

Candidates FlowSampler::sample(const BuildScene& scene, int order, int count, uint64_t seed) const {
  if (order < 0 || order > kMostSampledOrder)
    throw Error(message("a sampled order must be 0 to ", kMostSampledOrder, ", got ", order));
  if (count < 1) throw Error(message("num_samples must be >= 1, got ", count));
  Candidates out;
  std::vector<int32_t> prefix;
  split(scene, scene.begin(order), order == 0 ? 1 : count, uint64_t(order), prefix, seed, out);
  return out;
}

Candidates FlowSampler::sample(const Scene2D& scene, Vec2d tx, Vec2d rx, int order, int count, uint64_t seed) const {
  return sample(BuildScene(scene, tx, rx), order, count, seed);
}

Candidates distinct(const Candidates& list) {
  Candidates out;
  std::set<std::vector<int32_t>> seen;
  for (size_t i = 0; i < list.count(); ++i)
    if (seen.insert({list[i].begin(), list[i].end()}).second) out.add(list[i]);
  return out;
}

}  // namespace raywave::plane
