// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/candidates.h"

#include "raywave/core/random.h"
#include "raywave/paths/find.h"
#include "raywave/paths/learned_finder.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

class ExhaustiveSource : public CandidateSource {
 public:
  ExhaustiveSource(const PreparedScene& prepared, const PathOptions& options)
      : prepared_(prepared), options_(options) {}
  SequenceTree sequences(const Vec3d& from_m, const std::string&, int max_depth, std::span<const scene::Device>,
                         int64_t) const override {
    constexpr int64_t kMost = 50000000;  // 3 GB
    auto found = all_sequences(prepared_, from_m, max_depth, options_.num_threads, kMost, options_.progress);
    if (found) return *std::move(found);
    throw Error(message("the exhaustive finder met more than ", kMost, " facet sequences of depth ", max_depth,
                        ": reduce max_depth or use shoot-and-bounce"));
  }

 private:
  const PreparedScene& prepared_;
  const PathOptions& options_;
};

class ShotSource : public CandidateSource {
 public:
  ShotSource(const PreparedScene& prepared, const PathOptions& options) : prepared_(prepared), options_(options) {}
  SequenceTree sequences(const Vec3d& from_m, const std::string& device, int max_depth, std::span<const scene::Device>,
                         int64_t num_rays) const override {
    ShootOptions shoot = shoot_options(options_, from_m, device);
    shoot.num_rays = num_rays, shoot.max_depth = max_depth;
    return shoot_sequences(prepared_, shoot, options_.num_threads, options_.progress);
  }

 private:
  const PreparedScene& prepared_;
  const PathOptions& options_;
};

class LearnedSource : public CandidateSource {
 public:
  LearnedSource(const PreparedScene& prepared, const PathOptions& options, const LearnedFinder& finder)
      : options_(options), finder_(finder), outlines_(prepared.facets()) {}
  SequenceTree sequences(const Vec3d& from_m, const std::string& device, int max_depth,
                         std::span<const scene::Device> towards, int64_t) const override {
    const int64_t num_orders = max_depth, count = num_orders * int64_t(towards.size());
    std::vector<std::vector<int32_t>> drawn(static_cast<size_t>(count));  // one after the other
    runtime::parallel_for(count, options_.num_threads, [&](int64_t i) {
      const scene::Device& to = towards[size_t(i / num_orders)];
      const uint64_t key = mix64(mix64(options_.seed ^ source_key(device)) ^ source_key(to.name));
      finder_.sampler->draw(
          FacetBuild(outlines_, from_m, to.position_m), int(i % num_orders) + 1, finder_.num_samples, key,
          [&](std::span<const int32_t> s) { drawn[size_t(i)].insert(drawn[size_t(i)].end(), s.begin(), s.end()); });
    });
    SequenceTree tree(from_m);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t order = i % num_orders + 1;
      int32_t node = 0;
      for (size_t k = 0; k < drawn[size_t(i)].size(); ++k) {
        if (int64_t(k) % order == 0) node = 0;
        node = tree.child(node, SurfaceId::facet(drawn[size_t(i)][k]), outlines_.table());
      }
    }
    return tree;
  }

 private:
  const PathOptions& options_;
  const LearnedFinder& finder_;
  FacetOutlines outlines_;
};

void require_learnable(const PathOptions& o, const LearnedFinder& finder) {
  if (!finder.sampler)
    throw Error("finder 'learned' needs a sampler, e.g. raywave.PathSampler.load(\"models/facet_sampler.bin\")");
  if (finder.num_samples < 1) throw Error(message("num_samples must be >= 1, got ", finder.num_samples));
  if (o.max_depth > nn::kMostSampledOrder)
    throw Error(
        message("finder 'learned' draws up to ", nn::kMostSampledOrder, " reflections, got max_depth ", o.max_depth));
  if (o.diffraction || o.scatters())
    throw Error(message("finder 'learned' draws mirrors between two devices: with ",
                        o.diffraction ? "diffraction" : "scattering",
                        " take finder 'shoot-and-bounce', which finds what leads to edges and surfaces too"));
}

}  // namespace

std::unique_ptr<CandidateSource> candidate_source(const PreparedScene& prepared, const PathOptions& options) {
  switch (options.finder) {
    case Finder::kShootAndBounce:
      return std::make_unique<ShotSource>(prepared, options);
    case Finder::kExhaustive:
      return std::make_unique<ExhaustiveSource>(prepared, options);
  }
  throw InternalError("a finder without a source");
}

std::unique_ptr<CandidateSource> candidate_source(const PreparedScene& prepared, const PathOptions& options,
                                                  const LearnedFinder& finder) {
  require_learnable(options, finder);
  return std::make_unique<LearnedSource>(prepared, options, finder);
}

}  // namespace raywave::paths
