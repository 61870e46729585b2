// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/find.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/progress.h"

namespace raywave::paths {
void SequenceFollower::follow(const RayTile& tile, const scene::FacetTable& table, SequenceTree& tree) {
  int32_t last_parent = -1, last_facet = -1, last_child = -1;  // neighbours mostly do the same
  for (int lane = 0; lane < RayTile::kRays; ++lane) {
    const RayPacket& p = tile.packets[size_t(lane / RayPacket::kSize)];
    const int i = lane % RayPacket::kSize;
    if (tile.event[size_t(lane)] != Event::kReflect) continue;
    const int32_t facet = table.facets[size_t(p.facet[i])].mirror;
    if (node_[size_t(lane)] != last_parent || facet != last_facet) {
      last_parent = node_[size_t(lane)];
      last_facet = facet;
      last_child = tree.child(last_parent, SurfaceId::facet(last_facet), table);
    }
    node_[size_t(lane)] = last_child;
  }
}

SequenceTree shoot_sequences(const PreparedScene& scene, const ShootOptions& options, int num_threads,
                             const runtime::Progress& progress) {
  if (scene.queries().empty() || options.max_depth == 0 || !options.reflection || !scene.has_mirrors())
    return SequenceTree(options.origin_m);
  struct Nothing {};
  ShootOptions to_the_last_bounce = options;
  to_the_last_bounce.ends = false;
  return follow_rays(
      scene, to_the_last_bounce, num_threads, progress, [] { return Nothing(); }, [](Nothing&, const FollowedRay&) {},
      [](Nothing, const std::vector<int32_t>&) {});
}

namespace {

/// The pyramid from an image point through a facet's bounding rectangle, beyond the facet. A facet that has no corner
/// inside any one of its half spaces cannot be reached.
struct Beam {
  std::array<Vec3d, 5> normal;
  std::array<double, 5> offset;

  bool misses(const std::array<Vec3d, 4>& corners) const {
    for (size_t i = 0; i < normal.size(); ++i) {
      bool all_outside = true;
      for (const Vec3d& c : corners) all_outside = all_outside && dot(normal[i], c) <= offset[i];
      if (all_outside) return true;
    }
    return false;
  }
};

std::array<Vec3d, 4> rectangle_corners(const scene::Facet& f) {
  const auto at = [&](double u, double v) { return f.origin + u * f.axis_u + v * f.axis_v; };
  const Vec2d &lo = f.mirror_min_uv, &hi = f.mirror_max_uv;
  return {at(lo.x, lo.y), at(hi.x, lo.y), at(hi.x, hi.y), at(lo.x, hi.y)};
}

Beam beam_through(const scene::Facet& f, const std::array<Vec3d, 4>& corners, const Vec3d& image) {
  Beam beam;
  const double side = dot(f.normal, image) - f.offset;
  // beyond the facet, seen from the image
  beam.normal[4] = side > 0 ? -f.normal : f.normal;
  beam.offset[4] = side > 0 ? -f.offset : f.offset;
  const Vec3d center = 0.5 * (corners[0] + corners[2]);
  for (size_t i = 0; i < 4; ++i) {
    Vec3d n = cross(corners[i] - image, corners[(i + 1) % 4] - image);
    if (dot(n, center - image) < 0) n = -n;
    // the slack keeps facets that touch the beam: rounding never prunes
    beam.normal[i] = n;
    beam.offset[i] = dot(n, image) - 1e-9 * (norm(n) + std::abs(dot(n, image)));
  }
  return beam;
}

class ExhaustiveSearch {
 public:
  ExhaustiveSearch(const PreparedScene& scene, const Vec3d& source_m, int max_depth, int64_t max_sequences)
      : scene_(scene),
        table_(scene.facets()),
        source_m_(source_m),
        max_depth_(max_depth),
        max_sequences_(max_sequences) {
    corners_.reserve(table_.facets.size());
    for (const auto& f : table_.facets) corners_.push_back(rectangle_corners(f));
  }

  bool too_many() const { return count_ > max_sequences_; }
  /// Does a mirror bear this facet's name?
  bool is_first(int32_t facet) const { return table_.facets[size_t(facet)].mirror == facet && scene_.is_mirror(facet); }

  /// On a random way down the products of the numbers of choices sum to the number of sequences in the mean (Knuth,
  /// Math. Comp. 29, 1975). True where the mean of some ways is beyond the limit by three of its own deviations: large
  /// trees are refused before the work on them.
  bool surely_too_many() const {
    constexpr int kWays = 400;
    if (max_sequences_ < 10000 * kWays) return false;  // counting them is soon done
    double sum = 0, squares = 0;
    for (int way = 0; way < kWays; ++way) {
      const double n = weight_of_way(uint64_t(way));
      sum += n, squares += n * n;
    }
    const double mean = sum / kWays, variance = std::max(0.0, squares / kWays - mean * mean) / kWays;
    return mean - 3 * std::sqrt(variance) > double(max_sequences_);
  }

  /// All sequences that begin with one facet.
  SequenceTree from(int32_t first) {
    SequenceTree tree(source_m_);
    descend(tree, tree.child(0, SurfaceId::facet(first), table_));
    return tree;
  }

 private:
  /// Calls visit(facet) for each that the beam through a sequence's last one meets, until it returns false.
  template <class Visit>
  void for_each_next(const SequenceNode& current, const Visit& visit) const {
    const int32_t last = current.surface.index;
    const Beam beam = beam_through(table_.facets[size_t(last)], corners_[size_t(last)], current.image_m);
    for (int32_t next = 0; next < int32_t(table_.facets.size()); ++next) {
      if (next == last || !is_first(next) || beam.misses(corners_[next])) continue;
      if (!visit(next)) return;
    }
  }

  void descend(SequenceTree& tree, int32_t node) {
    const SequenceNode current = tree.nodes()[node];
    if (current.depth == max_depth_) return;
    for_each_next(current, [&](int32_t next) {
      if (++count_ > max_sequences_) return false;
      descend(tree, tree.child(node, SurfaceId::facet(next), table_));
      return true;
    });
  }

  double weight_of_way(uint64_t way) const {
    SequenceTree tree(source_m_);
    std::vector<int32_t> choices;
    for (int32_t f = 0; f < int32_t(table_.facets.size()); ++f)
      if (table_.facets[size_t(f)].mirror == f) choices.push_back(f);
    double product = 1, sum = 0;
    int32_t node = 0;
    for (int depth = 1; !choices.empty(); ++depth) {
      product *= double(choices.size()), sum += product;
      if (depth == max_depth_) break;
      const int32_t facet = choices[random_bits(0, 0, way, uint64_t(depth)) % choices.size()];
      node = tree.child(node, SurfaceId::facet(facet), table_);
      choices.clear();
      for_each_next(tree.nodes()[node], [&](int32_t next) { return choices.push_back(next), true; });
    }
    return sum;
  }

  const PreparedScene& scene_;
  const scene::FacetTable& table_;
  const Vec3d source_m_;
  const int max_depth_;
  const int64_t max_sequences_;
  std::atomic<int64_t> count_ = 0;
  std::vector<std::array<Vec3d, 4>> corners_;
};

}  // namespace

std::optional<SequenceTree> all_sequences(const PreparedScene& scene, const Vec3d& source_m, int max_depth,
                                          int num_threads, int64_t max_sequences, const runtime::Progress& progress) {
  SequenceTree tree(source_m);
  if (max_depth == 0 || !scene.has_mirrors()) return tree;
  if (int64_t(scene.facets().facets.size()) > max_sequences) return std::nullopt;
  ExhaustiveSearch search(scene, source_m, max_depth, max_sequences);
  if (search.surely_too_many()) return std::nullopt;
  const auto num_facets = int64_t(scene.facets().facets.size());
  std::vector<SequenceTree> trees(static_cast<size_t>(num_facets), SequenceTree(source_m));
  runtime::Reporter reporter(progress, num_facets);
  runtime::parallel_for(num_facets, num_threads, [&](int64_t first) {
    reporter.check();
    if (!search.too_many() && search.is_first(int32_t(first))) trees[size_t(first)] = search.from(int32_t(first));
    reporter.task_done();
  });
  if (search.too_many()) return std::nullopt;
  for (SequenceTree& part : trees) {
    tree.merge(part);
    part = SequenceTree(source_m);
  }
  return tree;
}

}  // namespace raywave::paths
