// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/facet_training.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/error.h"
#include "raywave/paths/find.h"
#include "raywave/paths/learned_finder.h"
#include "raywave/paths/refine.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

using nn::Draws;
using nn::Sequence;
using nn::Sequences;

scene::Scene with_ground(const Vec3d& lo, const Vec2d& size) {
  scene::Scene s;
  const int concrete = s.add_material(em::itu_material("concrete"));
  scene::Object ground{"ground", {}, concrete};
  scene::add_rectangle(ground.mesh, lo, {size.x, 0, 0}, {0, size.y, 0});
  s.add_object(std::move(ground));
  return s;
}

void add_house(scene::Scene& s, const Vec3d& lo, const Vec3d& size) {
  s.add_object({message("house", s.objects.size()), scene::box(lo, size), 0});
}

void add_devices(scene::Scene& s, const Vec3d& tx, const Vec3d& rx) {
  scene::Device t, r;
  t.name = "tx", t.position_m = tx, r.name = "rx", r.position_m = rx;
  s.add_transmitter(std::move(t)), s.add_receiver(std::move(r));
}

/// See nn/flow_training.h.
class SampledLink {
 public:
  explicit SampledLink(uint64_t seed, int num_facets = 0)
      : scene_(num_facets > 0 ? block_town(seed, num_facets) : thinned_canyon(seed)),
        prepared_(scene_),
        outlines_(prepared_.facets()),
        source_m_(scene_.transmitters[0].position_m - prepared_.origin_m()),
        target_m_(scene_.receivers[0].position_m - prepared_.origin_m()),
        build_(outlines_, source_m_, target_m_) {
    refine_.max_depth = nn::kMostSampledOrder;
  }
  SampledLink(const SampledLink&) = delete;
  SampledLink& operator=(const SampledLink&) = delete;

  const FacetBuild& build() const { return build_; }
  bool holds(const Sequence& s) const {
    SequenceTree tree(source_m_);
    int32_t node = 0;
    for (const int32_t f : s) node = tree.child(node, SurfaceId::facet(f), prepared_.facets());
    return Refiner(prepared_, refine_).path(tree, node, target_m_, path_);
  }
  std::optional<Sequences> visible(int order, size_t most) const {
    const auto tree = all_sequences(prepared_, source_m_, order, 1, int64_t(most));
    if (!tree) return {};
    return of_order(*tree, order, [](int32_t) { return true; });
  }
  Sequences paths(int order) const {
    const auto tree = all_sequences(prepared_, source_m_, order, 1, 100000000);
    Refiner refiner(prepared_, refine_);
    return of_order(*tree, order, [&](int32_t node) { return refiner.path(*tree, node, target_m_, path_); });
  }
  Sequences shoot(int order, int num_rays) const {
    ShootOptions o;
    o.origin_m = source_m_, o.num_rays = num_rays, o.max_depth = order;
    return of_order(shoot_sequences(prepared_, o, 1), order, [](int32_t) { return true; });
  }

 private:
  template <class Keep>
  static Sequences of_order(const SequenceTree& tree, int order, Keep&& keep) {
    Sequences out;
    for (size_t n = 1; n < tree.nodes().size(); ++n) {
      if (tree.nodes()[n].depth != order || !keep(int32_t(n))) continue;
      Sequence s(static_cast<size_t>(order));
      for (auto at = int32_t(n); at > 0; at = tree.nodes()[size_t(at)].parent)
        s[size_t(tree.nodes()[size_t(at)].depth - 1)] = tree.nodes()[size_t(at)].surface.index;
      out.push_back(std::move(s));
    }
    return out;
  }

  scene::Scene scene_;
  PreparedScene prepared_;
  FacetOutlines outlines_;
  Vec3d source_m_, target_m_;
  FacetBuild build_;
  RefineOptions refine_;
  mutable GeometricPath path_;  // where its steps go; a link is one thread's
};

template <class Solve>
double power_of(double& seconds, const Solve& solve) {
  const double begin = nn::processor_s();
  const Paths p = solve();
  seconds += nn::processor_s() - begin;
  double sum = 0;
  for (const Complexd& a : p.a) sum += norm2(a);
  return sum;
}

}  // namespace

scene::Scene thinned_canyon(uint64_t seed) {
  Draws draw(seed, 3);
  scene::Scene s = with_ground({-30, -45, 0}, {160, 90});
  const double kept = draw(0.5, 1);
  for (const double side : {-1.0, 1.0}) {
    double x = draw(-8, 0);
    for (int house = 0; house < 3; ++house) {
      const double width = draw(22, 34), depth = draw(12, 20), height = draw(8, 26), front = draw(8, 10);
      if (draw() < kept) add_house(s, {x, side > 0 ? front : -front - depth, 0}, {width, depth, height});
      x += width + draw(0.5, 7);
    }
  }
  const auto place = [&](double lo, double hi) {
    const double x = draw(2, 88), y = draw(-7.5, 7.5);
    return Vec3d{x, y, draw(lo, hi)};
  };
  const Vec3d tx = place(2, 50);
  Vec3d rx = place(1, 2);
  while (norm(rx - tx) < 1) rx = place(1, 2);
  add_devices(s, tx, rx);
  return s;
}

scene::Scene block_town(uint64_t seed, int num_facets) {
  Draws draw(seed, 4);
  const int houses = std::max(1, num_facets / 5), columns = int(std::ceil(std::sqrt(double(houses))));
  const int rows = (houses + columns - 1) / columns;
  scene::Scene s = with_ground({-10, -10, 0}, {40.0 * columns + 20, 40.0 * rows + 20});
  for (int h = 0; h < houses; ++h) {
    const int column = h % columns, row = h / columns;
    const double x = 40.0 * column + draw(8, 14), y = 40.0 * row + draw(8, 14);
    const double width = draw(12, 22), depth = draw(12, 22);
    add_house(s, {x, y, 0}, {width, depth, draw(8, 26)});
  }
  const auto place = [&](int column, int row, double lo, double hi) {
    const double x = 40.0 * column + draw(0, 7), y = 40.0 * row + draw(0, 40);
    return Vec3d{x, y, draw(lo, hi)};
  };
  const int column = columns / 2, row = rows / 2;
  const Vec3d tx = place(column, row, 2, 30);
  const int there = column + int(draw.below(3)) - 1;
  Vec3d rx = place(there, row + int(draw.below(3)) - 1, 1, 2);
  while (norm(rx - tx) < 1) rx = place(column, row, 1, 2);
  add_devices(s, tx, rx);
  return s;
}

std::vector<double> train(FacetSampler& sampler, const nn::TrainOptions& options) {
  return nn::train_flows<SampledLink, FacetBuild>(sampler, options);
}

std::vector<nn::SamplerScore> evaluate_sampler(const FacetSampler& sampler, const nn::EvaluateOptions& options) {
  return nn::Evaluator<SampledLink, FacetBuild>(sampler, options).run();
}

CoverageError coverage_error(const FacetSampler& sampler, const nn::EvaluateOptions& o) {
  o.validate();
  PathOptions options;
  options.max_depth = o.max_order, options.num_threads = 1, options.finder = Finder::kExhaustive, options.los = false;
  const LearnedFinder finder{std::make_shared<FacetSampler>(sampler), o.num_samples};
  CoverageError out;
  double n = 0, squares = 0, fourths = 0;
  for (uint64_t number = 0; n < o.num_scenes && number < 100 * uint64_t(o.num_scenes); ++number) {
    const scene::Scene s = thinned_canyon(mix64(o.seed + number));
    const PreparedScene prepared(s);
    const double power = power_of(out.exhaustive_s, [&] { return solve_paths(s, prepared, options); });
    if (!(power > 0)) continue;
    const double found = power_of(out.learned_s, [&] { return solve_paths(s, prepared, options, finder); });
    const double error = found > 0 ? std::min(10 * std::log10(power / found), kNothingFoundDb) : kNothingFoundDb;
    n += 1, squares += error * error, fourths += error * error * error * error;
    out.nothing_found += found > 0 ? 0 : 1;
  }
  out.rms_db = std::sqrt(squares / n);
  const double spread = 1.96 * std::sqrt(std::max(0.0, fourths / n - squares * squares / (n * n)) / n);
  out.interval_db = out.rms_db > 0 ? spread / (2 * out.rms_db) : 0;
  out.nothing_found /= n, out.learned_s /= n, out.exhaustive_s /= n;
  return out;
}

}  // namespace raywave::paths
