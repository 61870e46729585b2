// SPDX-License-Identifier: Apache-2.0
// Facets that closed cracks make larger or smaller.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "raywave/scene/facets.h"
#include "raywave/scene/mirrors.h"

namespace raywave::scene {
namespace {

using Polygon = std::vector<Vec2d>;

double twice_area(const Polygon& p) {
  double sum = 0;
  for (size_t k = 1; k + 1 < p.size(); ++k) sum += cross(p[k] - p[0], p[k + 1] - p[0]);
  return sum;
}

/// What of a convex polygon lies to the left of a line (or to its right).
Polygon clipped(const Polygon& p, const Vec2d& a, const Vec2d& d, bool left) {
  Polygon out;
  const auto side = [&](const Vec2d& q) { return (left ? 1 : -1) * cross(d, q - a); };
  for (size_t k = 0; k < p.size(); ++k) {
    const Vec2d &q = p[k], &r = p[(k + 1) % p.size()];
    const double at_q = side(q), at_r = side(r);
    if (at_q >= 0) out.push_back(q);
    if ((at_q > 0 && at_r < 0) || (at_q < 0 && at_r > 0)) out.push_back(q + at_q / (at_q - at_r) * (r - q));
  }
  return out;
}

/// A facet's triangles and border, as strips change them.
class StripWork {
 public:
  StripWork(const FacetTable& table, int facet, FacetTable& out)
      : table_(table), out_(out), facet_(facet), f_(out.facets[size_t(facet)]) {
    triangles_.assign(table.triangles.begin() + f_.triangle_begin, table.triangles.begin() + f_.triangle_end);
    border_.assign(table.boundary.begin() + f_.boundary_begin, table.boundary.begin() + f_.boundary_end);
    double area = 0;
    for (const BoundarySegment& s : border_) area += cross(s.a, s.b);
    turn_ = area < 0 ? -1 : 1;
  }
  void add(const Strip& s) {
    const std::array<Vec3d, 4> p{s.from, s.to, s.beyond_to, s.beyond_from};
    bool any = false;
    for (const auto& [i, j, k] : {std::array<size_t, 3>{0, 1, 2}, std::array<size_t, 3>{0, 2, 3}}) {
      if (is_sliver({uv(p[i]), uv(p[j]), uv(p[k])}, s.from)) continue;
      triangles_.push_back({p[i], p[j], p[k], facet_, kNoSource});
      any = true;
    }
    if (any) add_ring({uv(s.from), uv(s.to), uv(s.beyond_to), uv(s.beyond_from)});
  }
  void take_off(const Strip& s) {
    Polygon strip{uv(s.from), uv(s.to), uv(s.beyond_to), uv(s.beyond_from)};
    if (twice_area(strip) < 0) std::reverse(strip.begin(), strip.end());
    std::vector<Triangle> left_over;
    for (const Triangle& t : triangles_) {
      Polygon rest{uv(t.a), uv(t.b), uv(t.c)};
      std::vector<Polygon> pieces;
      for (size_t k = 0; k < strip.size() && rest.size() > 2; ++k) {
        const Vec2d d = strip[(k + 1) % strip.size()] - strip[k];
        if (d.x == 0 && d.y == 0) continue;  // of a triangle
        pieces.push_back(clipped(rest, strip[k], d, false));
        rest = clipped(rest, strip[k], d, true);
      }
      if (rest.size() < 3 || is_sliver(rest, s.from)) {
        left_over.push_back(t);  // beside the strip
        continue;
      }
      for (const Polygon& p : pieces) {
        for (size_t k = 1; k + 1 < p.size(); ++k) {
          if (!is_sliver({p[0], p[k], p[k + 1]}, s.from))
            left_over.push_back({point(p[0]), point(p[k]), point(p[k + 1]), facet_, t.source});
        }
      }
    }
    triangles_ = std::move(left_over);
    was_cut_ = true;
  }
  void finish() {
    if (was_cut_) {  // what is left is where its triangles are
      border_.clear();
      for (const Triangle& t : triangles_) add_ring({uv(t.a), uv(t.b), uv(t.c)});
    }
    f_.triangle_begin = uint32_t(out_.triangles.size());
    f_.boundary_begin = uint32_t(out_.boundary.size());
    out_.triangles.insert(out_.triangles.end(), triangles_.begin(), triangles_.end());
    out_.boundary.insert(out_.boundary.end(), border_.begin(), border_.end());
    f_.triangle_end = uint32_t(out_.triangles.size());
    f_.boundary_end = uint32_t(out_.boundary.size());
    for (const BoundarySegment& s : border_) {
      f_.min_uv = {std::min(f_.min_uv.x, s.a.x), std::min(f_.min_uv.y, s.a.y)};
      f_.max_uv = {std::max(f_.max_uv.x, s.a.x), std::max(f_.max_uv.y, s.a.y)};
    }
  }

 private:
  /// Slivers of roundings: thinner than what edges are looked at beside their ends. (Not smaller than some area: the
  /// tip of a long triangle may stick out.)
  bool is_sliver(const Polygon& p, const Vec3d& at_m) const {
    const double thin = 2048 * table_.rounding_m(at_m);
    Vec2d low = p[0], high = p[0];
    for (const Vec2d& q : p) {
      low = {std::min(low.x, q.x), std::min(low.y, q.y)};
      high = {std::max(high.x, q.x), std::max(high.y, q.y)};
    }
    return std::abs(twice_area(p)) <= thin * (high.x - low.x + high.y - low.y);
  }
  Vec2d uv(const Vec3d& p) const { return table_.to_uv(f_, p); }
  Vec3d point(const Vec2d& p) const { return f_.origin + p.x * f_.axis_u + p.y * f_.axis_v; }
  void add_ring(Polygon p) {
    if (twice_area(p) * turn_ < 0) std::reverse(p.begin(), p.end());
    for (size_t k = 0; k < p.size(); ++k) border_.push_back({p[k], p[(k + 1) % p.size()]});
  }

  const FacetTable& table_;
  FacetTable& out_;
  const int facet_;
  Facet& f_;
  std::vector<Triangle> triangles_;
  std::vector<BoundarySegment> border_;
  double turn_ = 1;
  bool was_cut_ = false;
};

}  // namespace

FacetTable with_strips(const FacetTable& table, const std::vector<Strip>& strips) {
  std::vector<std::vector<const Strip*>> of(table.facets.size());
  for (const Strip& s : strips) of[size_t(s.facet)].push_back(&s);
  FacetTable out = table;
  out.boundary.clear();
  out.triangles.clear();
  for (size_t i = 0; i < table.facets.size(); ++i) {
    StripWork work(table, int(i), out);
    // what one border adds at a corner may stick out over another one
    for (const Strip* s : of[i]) {
      if (!s->taken_off) work.add(*s);
    }
    for (const Strip* s : of[i]) {
      if (s->taken_off) work.take_off(*s);
    }
    work.finish();
  }
  find_mirrors(out);
  return out;
}

}  // namespace raywave::scene
