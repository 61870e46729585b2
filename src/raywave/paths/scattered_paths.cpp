// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scattered_paths.h"

#include <algorithm>
#include <bit>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/paths/find.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

/// The phase of a place, the same for all links and both ways. What is turned has that of the place and of the device
/// on whose side it is turned, so that the two turns are apart.
double random_phase(uint64_t seed, const Step& step, const scene::Device& tx, const scene::Device& rx) {
  const Turned turned = step.scatter.turned;
  const uint64_t side = turned == Turned::kNot ? 0 : source_key(turned == Turned::kBefore ? tx.name : rx.name);
  uint64_t key = mix64(seed ^ 0x73636174746572ull);
  for (const uint64_t part : {uint64_t(uint32_t(step.scatter.triangle)), std::bit_cast<uint64_t>(step.scatter.at.x),
                              std::bit_cast<uint64_t>(step.scatter.at.y), uint64_t(step.type), side})
    key = mix64(key ^ part);
  return 2 * kPi * double(key >> 11) * 0x1.0p-53;
}

std::vector<EndPoint<double>> points_of(const scene::Device& device, const PathOptions& options, double wavelength_m) {
  if (options.synthetic_array) return {end_point(device, wavelength_m)};
  std::vector<EndPoint<double>> points;
  for (int e = 0; e < device.array.num_elements(); ++e) points.push_back(end_point(device, wavelength_m, e));
  return points;
}

}  // namespace

SequenceTree scatter_mirrors(const PreparedScene& prepared, const Vec3d& point_m, const std::string& name,
                             int64_t num_rays, const RayOptions& options) {
  constexpr int64_t kFew = 20000;
  SequenceTree tree(point_m);
  if (options.max_depth < 2 || !options.specular_reflection || !prepared.has_mirrors() || prepared.queries().empty())
    return tree;
  for (const Vec3d& from : all_asides(prepared, place_at(prepared, point_m))) {
    if (auto found = all_sequences(prepared, from, options.max_depth, 1, kFew)) {
      tree.merge(*found);
      continue;
    }
    ShootOptions shoot = shoot_options(options, from, name);
    shoot.num_rays = std::min(num_rays, shoot.num_rays);
    tree.merge(shoot_sequences(prepared, shoot, options.num_threads));
  }
  tree.move_source(point_m, prepared.facets());
  return tree;
}

ScatterLaw scatter_law(const RayOptions& o) {
  ScatterLaw law;
  law.diffuse = o.diffuse_reflection;
  law.directional = o.is_directional();
  law.tolerance = o.scattering_tolerance;
  law.max_tiles = o.max_tiles;
  law.max_depth = o.max_depth;
  return law;
}

ScatteredPaths::ScatteredPaths(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
                               const RefineOptions& refine, const PathOptions& options)
    : scene_(scene),
      prepared_(prepared),
      context_(context),
      refine_(refine),
      options_(options),
      law_(scatter_law(options)) {}

void ScatteredPaths::set_receivers(const std::vector<SequenceTree>& mirrors, size_t first) {
  mirrors_ = &mirrors, first_ = first;
}

void ScatteredPaths::solve(int32_t tx, const SequenceTree& mirrors, const Found& found) {
  const size_t n = mirrors_->size();
  std::vector<std::vector<OnePath>> paths(n);
  std::vector<std::vector<std::string>> warnings(n);
  runtime::Reporter reporter(options_.progress, int64_t(n));
  runtime::parallel_for(int64_t(n), options_.num_threads, [&](int64_t rx) {
    reporter.check();
    const auto log = [&](std::string_view text) { warnings[size_t(rx)].emplace_back(text); };
    solve_link(scene_.transmitters[size_t(tx)], mirrors, scene_.receivers[first_ + size_t(rx)], (*mirrors_)[size_t(rx)],
               log, paths[size_t(rx)]);
    reporter.task_done();
  });
  for (size_t rx = 0; rx < n; ++rx) {
    for (OnePath& p : paths[rx]) found(int32_t(first_ + rx), p.tx_element, p.rx_element, std::move(p.path));
    for (const std::string& text : warnings[rx]) {
      if (options_.log) options_.log(text);
    }
  }
}

void ScatteredPaths::solve_link(const scene::Device& tx, const SequenceTree& from, const scene::Device& rx,
                                const SequenceTree& to, const LogSink& log, std::vector<OnePath>& out) const {
  if (law_.max_depth < 1) return;
  SceneOver<double> numbers(scene_, prepared_, context_);
  ScatterTiler tiler(prepared_, numbers, refine_, law_, log);
  const ScatterEnd source(prepared_, end_point(tx, context_.wavelength_m), from),
      target(prepared_, end_point(rx, context_.wavelength_m), to);
  const std::vector<Tile> tiles = tiler.solve(source, target).tiles;
  // an array on a face need not have all its elements there
  const bool is_on_face = !options_.synthetic_array && std::any_of(tiles.begin(), tiles.end(), [](const Tile& t) {
    return t.below != Below::kNone;
  });
  for (const EndPoint<double>& a : points_of(tx, options_, context_.wavelength_m)) {
    for (const EndPoint<double>& b : points_of(rx, options_, context_.wavelength_m)) {
      const ScatterEnd own_source(prepared_, a, from), own_target(prepared_, b, to);
      for (const Tile& t : is_on_face ? tiler.solve(own_source, own_target).tiles : tiles) {
        tiler.for_places(own_source, own_target, t,
                         [&](std::vector<Step>& steps, size_t place) { add_place(tiler, steps, place, a, b, out); });
      }
    }
  }
}

void ScatteredPaths::add_place(const ScatterTiler& tiler, std::vector<Step>& steps, size_t place,
                               const EndPoint<double>& tx, const EndPoint<double>& rx,
                               std::vector<OnePath>& out) const {
  const int32_t facet = steps[place].surface.index, material = prepared_.facets().facets[size_t(facet)].material;
  for (const Interaction by : tiler.laws(facet)) {
    for (const Turned turned : {Turned::kNot, Turned::kBefore, Turned::kBehind}) {
      if (!(share_of(turned, context_.scatterers[size_t(material)].xpd) > 0)) continue;
      Step& step = steps[place];
      step.type = by;
      step.scatter.turned = turned;
      if (options_.scattering_phases == ScatteringPhases::kRandom)
        step.scatter.phase_rad = random_phase(options_.seed, step, *tx.device, *rx.device);
      out.push_back({tx.element, rx.element, {0, steps}});
    }
  }
}

}  // namespace raywave::paths
