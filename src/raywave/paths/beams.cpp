// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/beams.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/random.h"
#include "raywave/paths/refine.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

using Polygon = std::vector<Vec3d>;

/// Keeps the part of a convex polygon where normal . p >= offset.
void clip(Polygon& polygon, const Vec3d& normal, double offset, Polygon& scratch) {
  scratch.clear();
  for (size_t i = 0; i < polygon.size(); ++i) {
    const Vec3d &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    const double da = dot(normal, a) - offset, db = dot(normal, b) - offset;
    if (da >= 0) scratch.push_back(a);
    if ((da > 0 && db < 0) || (da < 0 && db > 0)) scratch.push_back(a + (da / (da - db)) * (b - a));
  }
  polygon.swap(scratch);
}

Polygon rectangle(const scene::Facet& f) {
  const auto at = [&](double u, double v) { return f.origin + u * f.axis_u + v * f.axis_v; };
  const Vec2d &lo = f.mirror_min_uv, &hi = f.mirror_max_uv;
  return {at(lo.x, lo.y), at(hi.x, lo.y), at(hi.x, hi.y), at(lo.x, hi.y)};
}

/// What the beam from `image` through `window` (in the plane of `last`) lights of a facet.
Polygon lit_part(const scene::Facet& facet, const scene::Facet& last, const Vec3d& image, const Polygon& window) {
  Polygon polygon = rectangle(facet), scratch;
  const double side = dot(last.normal, image) - last.offset > 0 ? -1 : 1;  // beyond the last facet, seen from the image
  clip(polygon, side * last.normal, side * last.offset, scratch);
  Vec3d center{};
  for (const Vec3d& p : window) center += p / double(window.size());
  for (size_t i = 0; i < window.size() && polygon.size() >= 3; ++i) {
    Vec3d n = cross(window[i] - image, window[(i + 1) % window.size()] - image);
    if (dot(n, center - image) < 0) n = -n;
    clip(polygon, n, dot(n, image), scratch);
  }
  if (polygon.size() < 3) polygon.clear();
  return polygon;
}

double fan_area(const Polygon& p, size_t i) { return 0.5 * norm(cross(p[i] - p[0], p[i + 1] - p[0])); }

/// Well-spread points of a convex polygon: the R2 sequence (Roberts 2018) over its fan of triangles.
class PolygonPoints {
 public:
  explicit PolygonPoints(const Polygon& polygon) : polygon_(polygon) {
    for (size_t i = 1; i + 1 < polygon.size(); ++i)
      cumulative_.push_back((cumulative_.empty() ? 0 : cumulative_.back()) + fan_area(polygon, i));
  }
  double area() const { return cumulative_.empty() ? 0 : cumulative_.back(); }
  Vec3d operator()(int k) const {
    const auto fraction = [](double x) { return x - std::floor(x); };
    const double a = fraction(0.5 + 0.7548776662466927 * (k + 1)), b = fraction(0.5 + 0.5698402909980532 * (k + 1));
    const auto j = size_t(std::upper_bound(cumulative_.begin(), cumulative_.end(), a * area()) - cumulative_.begin());
    const size_t i = std::min(j, cumulative_.size() - 1);
    const double below = i == 0 ? 0 : cumulative_[i - 1];
    const double u = std::clamp((a * area() - below) / (cumulative_[i] - below), 0.0, 1.0);
    const double s = std::sqrt(u);
    return polygon_[0] + s * (1 - b) * (polygon_[i + 1] - polygon_[0]) + s * b * (polygon_[i + 2] - polygon_[0]);
  }

 private:
  const Polygon& polygon_;
  std::vector<double> cumulative_;
};

struct Candidate {
  int32_t parent, facet;
};

class Explorer {
 public:
  Explorer(const PreparedScene& scene, const BeamOptions& options, SequenceTree& tree)
      : scene_(scene), table_(scene.facets()), options_(options), tree_(tree), refine_{options.max_depth, false, {}} {}

  void run(const std::function<void(int64_t)>& begin_tasks,
           const std::function<void(int64_t, const BeamRay&)>& on_ray) {
    windows_.assign(1, {});
    std::vector<Candidate> level;
    for (int32_t f = 0; f < int32_t(table_.facets.size()); ++f) {
      if (table_.facets[size_t(f)].mirror == f) level.push_back({0, f});
    }
    for (int depth = 1; depth <= options_.max_depth && !level.empty(); ++depth) {
      // the tree's own nodes of this depth are candidates too
      for (const SequenceNode& n : tree_.nodes()) {
        if (n.depth == depth && depth > 1) level.push_back({n.parent, n.surface.index});
      }
      const auto before = [](const Candidate& a, const Candidate& b) {
        return a.parent != b.parent ? a.parent < b.parent : a.facet < b.facet;
      };
      std::sort(level.begin(), level.end(), before);
      level.erase(std::unique(level.begin(), level.end(),
                              [](auto& a, auto& b) { return a.parent == b.parent && a.facet == b.facet; }),
                  level.end());
      level = explore_level(level, begin_tasks, on_ray);
    }
  }

 private:
  /// What a task found about its candidates.
  struct Found {
    std::vector<BeamRay> rays;                     // node: index of the candidate
    std::vector<Candidate> next;                   // parent: index of the candidate
    std::vector<std::pair<int64_t, Polygon>> lit;  // candidates that light something
  };

  std::vector<Candidate> explore_level(const std::vector<Candidate>& level,
                                       const std::function<void(int64_t)>& begin_tasks,
                                       const std::function<void(int64_t, const BeamRay&)>& on_ray) {
    constexpr int64_t kBlock = 32;
    const auto n = int64_t(level.size());
    const int64_t num_tasks = (n + kBlock - 1) / kBlock;
    std::vector<Found> found(static_cast<size_t>(num_tasks));
    runtime::parallel_for(num_tasks, options_.num_threads, [&](int64_t task) {
      Refiner refiner(scene_, refine_);
      for (int64_t i = task * kBlock; i < std::min(n, (task + 1) * kBlock); ++i)
        explore(i, level[size_t(i)], refiner, found[size_t(task)]);
    });
    std::vector<int32_t> node_of(static_cast<size_t>(n), -1);
    std::vector<Candidate> next;
    for (Found& f : found) {
      for (auto& [i, window] : f.lit) {
        const Candidate& c = level[size_t(i)];
        const int32_t node = tree_.child(c.parent, SurfaceId::facet(c.facet), table_);
        node_of[size_t(i)] = node;
        windows_.resize(tree_.nodes().size());
        windows_[size_t(node)] = std::move(window);
      }
      for (const Candidate& c : f.next) next.push_back({node_of[size_t(c.parent)], c.facet});
    }
    windows_.resize(tree_.nodes().size());
    begin_tasks(num_tasks);
    runtime::parallel_for(num_tasks, options_.num_threads, [&](int64_t task) {
      for (BeamRay ray : found[size_t(task)].rays) {
        ray.node = node_of[size_t(ray.node)];
        on_ray(task, ray);
      }
    });
    return next;
  }

  void explore(int64_t index, const Candidate& c, Refiner& refiner, Found& out) const {
    const SequenceNode& parent = tree_.nodes()[size_t(c.parent)];
    const scene::Facet& facet = table_.facets[size_t(c.facet)];
    if (parent.surface.index == c.facet) return;
    Polygon window;
    if (c.parent == 0) {
      window = rectangle(facet);
    } else if (!windows_[size_t(c.parent)].empty()) {
      window = lit_part(facet, table_.facets[size_t(parent.surface.index)], parent.image_m, windows_[size_t(c.parent)]);
    }
    if (window.empty()) return;
    const PolygonPoints points(window);
    const double wanted = points.area() / (options_.sample_spacing_m * options_.sample_spacing_m);
    const int num = int(std::clamp(wanted, double(options_.min_samples), double(options_.max_samples)));
    const Vec3d image = mirror(parent.image_m, facet);
    GeometricPath path;
    std::vector<int32_t> children;
    bool lit = false;
    for (int k = 0; k < num; ++k) {
      const Vec3d q = points(k);
      const int32_t owner = table_.owner(c.facet, q);
      if (owner < 0 || !refiner.path(tree_, c.parent, q, path, owner)) continue;
      lit = true;
      const Vec3d direction = normalized(q - image);
      double length = 0;
      const int32_t hit = scene_.queries().closest_hit(q, direction, length, owner);
      out.rays.push_back({int32_t(index), q, direction, length});
      if (hit >= 0 && parent.depth + 2 <= options_.max_depth) children.push_back(table_.facets[size_t(hit)].mirror);
    }
    if (!lit) return;
    std::sort(children.begin(), children.end());
    children.erase(std::unique(children.begin(), children.end()), children.end());
    for (const int32_t child : children) out.next.push_back({int32_t(index), child});
    out.lit.push_back({index, std::move(window)});
  }

  const PreparedScene& scene_;
  const scene::FacetTable& table_;
  const BeamOptions& options_;
  SequenceTree& tree_;
  const RefineOptions refine_;
  std::vector<Polygon> windows_;  // by node
};

}  // namespace

void explore_beams(const PreparedScene& scene, const BeamOptions& options, SequenceTree& tree,
                   const std::function<void(int64_t)>& begin_tasks,
                   const std::function<void(int64_t, const BeamRay&)>& on_ray) {
  if (scene.queries().empty() || options.max_depth < 1) return;
  Explorer(scene, options, tree).run(begin_tasks, on_ray);
}

}  // namespace raywave::paths
