// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/beams.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "raywave/paths/image_looks.h"
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

/// What may be in the way of a beam's rays up to its window, leg by leg.
class Between {
 public:
  Between(const PreparedScene& scene, const SequenceTree& tree, int32_t node, const Polygon& window)
      : scene_(scene), legs_(size_t(tree.nodes()[size_t(node)].depth) + 1) {
    Polygon end = window, begin;
    for (size_t leg = legs_.size(); leg-- > 0;) {
      const SequenceNode& n = tree.nodes()[size_t(node)];
      if (!pass_back(n, end, begin)) return;
      look(n.image_m, end, begin, legs_[leg]);
      end.swap(begin);
      node = n.parent;
    }
  }
  /// Is a path free whose last point is at a place of the window?
  bool is_free(const Vec3d& source_m, const std::vector<Step>& steps, const Vec3d& at, int32_t facet) {
    for (size_t leg = steps.size() + 1; leg-- > 0;) {  // the last one most often fails
      const bool is_last = leg == steps.size();
      const Vec3d& from = leg == 0 ? source_m : steps[leg - 1].point_m;
      const EndFacets at_from = leg == 0 ? EndFacets() : EndFacets(steps[leg - 1].surface.index);
      const EndFacets at_to = is_last ? facet : steps[leg].surface.index;
      if (scene_.queries().occluded(from, is_last ? at : steps[leg].point_m, at_from, at_to, legs_[leg])) return false;
    }
    return true;
  }

 private:
  /// Sides of a polygon, and its sizes, below this share of it may be rounding's, and what is cut off along them too.
  static constexpr double kShort = 1e-4;

  /// Where the rays to a polygon leave the last mirror. @return false where some do not pass it.
  bool pass_back(const SequenceNode& n, const Polygon& to, Polygon& from) const {
    from.clear();
    if (n.depth == 0) {
      from.push_back(n.image_m);
      return true;
    }
    const scene::FacetTable& table = scene_.facets();
    const double image = table.distance(n.surface.index, n.image_m);
    for (const Vec3d& p : to) {
      const double here = table.distance(n.surface.index, p);
      // the window is cut off at the mirror's plane, up to rounding
      if (image == 0 || (image * here > 0 && std::abs(here) > 1e-9 * std::abs(image))) return false;
      from.push_back(p + (here / (here - image)) * (n.image_m - p));
    }
    return true;
  }
  void look(const Vec3d& image, const Polygon& to, const Polygon& from, RayQueries::Among& out) {
    sides_.clear();
    Vec3d center{};
    double size = 0;
    for (const Vec3d& p : to) center += p / double(to.size()), size = std::max(size, norm(p - to[0]));
    for (size_t i = 0; i < to.size(); ++i) {
      const Vec3d edge = to[(i + 1) % to.size()] - to[i];
      if (norm(edge) < kShort * size) continue;  // nothing is lost without it
      Vec3d n = cross(edge, image - to[i]);
      const double inside = dot(n, center - image);
      if (std::abs(inside) < kShort * norm(n) * size) continue;
      if (inside < 0) n = -n;
      sides_.push_back({n, dot(n, image)});
    }
    corners_ = to;
    corners_.insert(corners_.end(), from.begin(), from.end());
    scene_.queries().look_within(sides_, corners_, out);
  }

  const PreparedScene& scene_;
  std::vector<RayQueries::Among> legs_;
  std::vector<std::pair<Vec3d, double>> sides_;
  Polygon corners_;
};

/// Which parts of a polygon in a facet's plane are surely hidden: squares of the rectangle around it, by quarters.
class DarkParts {
 public:
  DarkParts(const ImageLooks& looks, int32_t node, const scene::Facet& facet, int32_t facet_index,
            const Polygon& polygon)
      : looks_(looks), node_(node), facet_(facet), beside_(facet_index) {
    lo_ = hi_ = scene::FacetView::to_uv(facet, polygon[0]);
    for (const Vec3d& p : polygon) {
      const Vec2d uv = scene::FacetView::to_uv(facet, p);
      lo_ = {std::min(lo_.x, uv.x), std::min(lo_.y, uv.y)};
      hi_ = {std::max(hi_.x, uv.x), std::max(hi_.y, uv.y)};
    }
    darken(0, 0, kSide);
  }
  bool all() const {
    return std::all_of(dark_.begin(), dark_.end(), [](bool d) { return d; });
  }
  bool hold(const Vec3d& p) const {
    const Vec2d uv = scene::FacetView::to_uv(facet_, p);
    return dark_[size_t(place(uv.y, lo_.y, hi_.y) * kSide + place(uv.x, lo_.x, hi_.x))];
  }

 private:
  static constexpr int kSide = 4;

  static int place(double x, double lo, double hi) {
    return hi > lo ? std::clamp(int(kSide * ((x - lo) / (hi - lo))), 0, kSide - 1) : 0;
  }
  Vec3d at(double i, double j) const {
    return facet_.origin + (lo_.x + i / kSide * (hi_.x - lo_.x)) * facet_.axis_u +
           (lo_.y + j / kSide * (hi_.y - lo_.y)) * facet_.axis_v;
  }
  bool hides(const Obstacle& o, int i, int j, int size) const {
    const auto behind = [&](int u, int v) { return looks_.is_behind(o, node_, at(u, v), beside_); };
    return behind(i, j) && behind(i + size, j + size) && behind(i + size, j) && behind(i, j + size);
  }
  void darken(int i, int j, int size) {
    const auto hide = [&](const Obstacle& o) { return hides(o, i, j, size); };
    bool dark = std::any_of(obstacles_.begin(), obstacles_.end(), hide);
    if (!dark) {
      const Obstacle o = looks_.find(node_, at(i + 0.5 * size, j + 0.5 * size), beside_);
      dark = o.leg >= 0 && hide(o);
      if (o.leg >= 0) obstacles_.push_back(o);
    }
    if (dark) {
      for (int v = j; v < j + size; ++v) std::fill_n(dark_.begin() + v * kSide + i, size, true);
    } else if (size > 1) {
      for (const int v : {j, j + size / 2}) {
        for (const int u : {i, i + size / 2}) darken(u, v, size / 2);
      }
    }
  }

  const ImageLooks& looks_;
  const int32_t node_;
  const scene::Facet& facet_;
  const EndFacets beside_;
  Vec2d lo_, hi_;
  std::array<bool, kSide * kSide> dark_{};
  std::vector<Obstacle> obstacles_;  // that were met
};

class Explorer {
 public:
  Explorer(const PreparedScene& scene, const BeamOptions& options, SequenceTree& tree, const BeamVisitor& visitor)
      : scene_(scene),
        table_(scene.facets()),
        options_(options),
        visitor_(visitor),
        tree_(tree),
        looks_(scene, tree),
        refine_{options.max_depth, false, {}} {}

  void run() {
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
      level = explore_level(level);
    }
  }

 private:
  /// What a task found about its candidates.
  struct Found {
    std::vector<Candidate> next;                   // parent: index of the candidate
    std::vector<std::pair<int64_t, Polygon>> lit;  // candidates that light something
  };

  std::vector<Candidate> explore_level(const std::vector<Candidate>& level) {
    constexpr int64_t kBlock = 32;
    const auto n = int64_t(level.size());
    const int64_t num_tasks = (n + kBlock - 1) / kBlock;
    std::vector<Found> found(static_cast<size_t>(num_tasks));
    visitor_.begin_depth(num_tasks);
    runtime::parallel_for(num_tasks, options_.num_threads, [&](int64_t task) {
      Refiner refiner(scene_, refine_);
      for (int64_t i = task * kBlock; i < std::min(n, (task + 1) * kBlock); ++i)
        explore(task, i, level[size_t(i)], refiner, found[size_t(task)]);
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
      f = {};
    }
    windows_.resize(tree_.nodes().size());
    visitor_.end_depth(node_of);
    return next;
  }

  Polygon window_of(const Candidate& c) const {
    const SequenceNode& parent = tree_.nodes()[size_t(c.parent)];
    const scene::Facet& facet = table_.facets[size_t(c.facet)];
    if (c.parent == 0) return rectangle(facet);
    const Polygon& before = windows_[size_t(c.parent)];
    if (parent.surface.index == c.facet || before.empty()) return {};
    return lit_part(facet, table_.facets[size_t(parent.surface.index)], parent.image_m, before);
  }

  void explore(int64_t task, int64_t index, const Candidate& c, Refiner& refiner, Found& out) const {
    const SequenceNode& parent = tree_.nodes()[size_t(c.parent)];
    const scene::Facet& facet = table_.facets[size_t(c.facet)];
    Polygon window = window_of(c);
    if (window.empty()) return;
    const bool is_last = parent.depth + 1 == options_.max_depth;
    std::optional<DarkParts> dark;
    if (!is_last) dark.emplace(looks_, c.parent, facet, c.facet, window);  // at the last depth few rays are wanted
    if (dark && dark->all()) return;
    std::optional<Between> between;
    const PolygonPoints points(window);
    const double wanted = points.area() / (options_.sample_spacing_m * options_.sample_spacing_m);
    const int num = int(std::clamp(wanted, double(options_.min_samples), double(options_.max_samples)));
    const Vec3d image = mirror(parent.image_m, facet);
    GeometricPath path;
    std::vector<int32_t> children;
    bool lit = false;
    for (int k = 0; k < num; ++k) {
      const Vec3d q = points(k);
      if (dark && dark->hold(q)) continue;
      BeamRay ray{int32_t(index), q, normalized(q - image), std::numeric_limits<double>::infinity()};
      if (is_last && !visitor_.wants(task, ray)) continue;
      const int32_t owner = table_.owner(c.facet, q);
      if (owner < 0 || !refiner.known_path(tree_, c.parent, q, path)) continue;
      if (!between) between.emplace(scene_, tree_, c.parent, window);
      if (!between->is_free(tree_.nodes()[0].image_m, path.steps, q, owner)) continue;
      lit = true;
      const int32_t hit = scene_.queries().closest_hit(q, ray.direction, ray.length_m, owner);
      visitor_.found(task, ray);
      if (hit >= 0 && !is_last) children.push_back(table_.facets[size_t(hit)].mirror);
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
  const BeamVisitor& visitor_;
  SequenceTree& tree_;
  const ImageLooks looks_;
  const RefineOptions refine_;
  std::vector<Polygon> windows_;  // by node
};

}  // namespace

void explore_beams(const PreparedScene& scene, const BeamOptions& options, SequenceTree& tree,
                   const BeamVisitor& visitor) {
  if (scene.queries().empty() || options.max_depth < 1) return;
  Explorer(scene, options, tree, visitor).run();
}

}  // namespace raywave::paths
