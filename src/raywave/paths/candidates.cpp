// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/candidates.h"

#include "raywave/paths/find.h"

namespace raywave::paths {
namespace {

class ExhaustiveSource : public CandidateSource {
 public:
  ExhaustiveSource(const PreparedScene& prepared, const PathOptions& options)
      : prepared_(prepared), options_(options) {}
  SequenceTree sequences(const Vec3d& from_m, const std::string&, int64_t) const override {
    constexpr int64_t kMost = 50000000;  // 3 GB
    auto found = all_sequences(prepared_, from_m, options_.max_depth, options_.num_threads, kMost, options_.progress);
    if (found) return *std::move(found);
    throw Error(message("the exhaustive finder met more than ", kMost, " facet sequences of depth ", options_.max_depth,
                        ": reduce max_depth or use shoot-and-bounce"));
  }

 private:
  const PreparedScene& prepared_;
  const PathOptions& options_;
};

class ShotSource : public CandidateSource {
 public:
  ShotSource(const PreparedScene& prepared, const PathOptions& options) : prepared_(prepared), options_(options) {}
  SequenceTree sequences(const Vec3d& from_m, const std::string& device, int64_t num_rays) const override {
    ShootOptions shoot = shoot_options(options_, from_m, device);
    shoot.num_rays = num_rays;
    return shoot_sequences(prepared_, shoot, options_.num_threads, options_.progress);
  }

 private:
  const PreparedScene& prepared_;
  const PathOptions& options_;
};

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

}  // namespace raywave::paths
