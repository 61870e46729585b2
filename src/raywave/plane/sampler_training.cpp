// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/sampler_training.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/plane/trace.h"

namespace raywave::plane {
namespace {

using nn::Draws;
using nn::Sequence;
using nn::Sequences;

/// Rays at even angles from the transmitter: the walls that each meets.
Sequences shoot(const BuildScene& scene, int order, int num_rays) {
  Sequences out;
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
    if (int(walls.size()) == order) out.push_back(std::move(walls));
  }
  return out;
}

/// See nn/flow_training.h.
class Link {
 public:
  explicit Link(uint64_t seed, int num_walls = 0)
      : scene_(num_walls > 0 ? town(seed, num_walls) : thinned_street(seed)),
        build_(scene_, scene_.transmitters[0].position_m, scene_.receivers[0].position_m) {}
  Link(const Link&) = delete;  // build_ refers to scene_
  Link& operator=(const Link&) = delete;

  const BuildScene& build() const { return build_; }
  bool holds(const Sequence& s) const { return build_.holds(s); }
  std::optional<Sequences> visible(int order, size_t most) const {
    CandidateOptions o;
    o.min_order = o.max_order = order, o.pruned = true;
    o.max_bytes = double(most) * double(8 + 4 * order);
    Candidates list;
    try {
      list = candidates(scene_, build_.tx(), o);
    } catch (const Error&) {
      return {};
    }
    Sequences out;
    for (size_t i = 0; i < list.count(); ++i) out.emplace_back(list[i].begin(), list[i].end());
    return out;
  }
  Sequences paths(int order) const {
    Sequences out = visible(order, 100000000).value_or(Sequences{});
    std::erase_if(out, [this](const Sequence& s) { return !holds(s); });
    return out;
  }
  Sequences shoot(int order, int num_rays) const { return plane::shoot(build_, order, num_rays); }

 private:
  Scene2D scene_;
  BuildScene build_;
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

std::vector<double> train(FlowSampler& sampler, const TrainOptions& options) {
  return nn::train_flows<Link, BuildScene>(sampler, options);
}

std::vector<SamplerScore> evaluate_sampler(const FlowSampler& sampler, const EvaluateOptions& options) {
  return nn::Evaluator<Link, BuildScene>(sampler, options).run();
}

}  // namespace raywave::plane
