// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_contacts.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "raywave/core/box_tree.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {

double edge_rounding_m(const scene::FacetTable& table, const scene::Edge& e) {
  return 64 * std::max(table.rounding_m(e.a), table.rounding_m(e.b));
}

bool is_too_short(const scene::FacetTable& table, const scene::Edge& e) {
  return !(norm(e.b - e.a) > edge_rounding_m(table, e));
}

namespace {

struct Range {
  double lo, hi;
};

/// Where |p + t q| <= limit.
std::optional<Range> within(const Vec3d& p, const Vec3d& q, double limit, Range r) {
  const double a = norm2(q), b = dot(p, q), c = norm2(p) - limit * limit;
  if (a * (r.hi - r.lo) * (r.hi - r.lo) <= 1e-24 * limit * limit) return c <= 0 ? std::optional(r) : std::nullopt;
  const double root = b * b - a * c;
  if (root < 0) return std::nullopt;
  r.lo = std::max(r.lo, (-b - std::sqrt(root)) / a);
  r.hi = std::min(r.hi, (-b + std::sqrt(root)) / a);
  if (!(r.lo < r.hi)) return std::nullopt;
  return r;
}

/// One edge's line, and what triangles and other edges do along it.
class Line {
 public:
  Line(const scene::FacetTable& table, uint32_t edge, double seam_tolerance_m)
      : table_(table),
        edge_(edge),
        e_(table.edges[edge]),
        a_(e_.a),
        d_(normalized(e_.b - e_.a)),
        length_(norm(e_.b - e_.a)),
        near_(near_edge_m(table, e_, seam_tolerance_m)),
        rounding_(edge_rounding_m(table, e_)) {}

  void beside(uint32_t other, AroundEdge& out) const {
    const scene::Edge& o = table_.edges[other];
    const double s = dot(o.a - a_, d_), t = dot(o.b - a_, d_);
    if (norm(cross(normalized(o.b - o.a), d_)) > kRunsAlong) return;
    const Range overlap{std::max(0.0, std::min(s, t)), std::min(length_, std::max(s, t))};
    const double least = std::min(near_, 0.5 * std::min(length_, std::abs(t - s)));
    if (overlap.hi - overlap.lo <= least) return;
    const Vec3d off_a = o.a - a_ - s * d_, slope = (o.b - a_ - t * d_ - off_a) / (t - s);
    const auto r = within(off_a - s * slope, slope, near_, overlap);
    if (!r || r->hi - r->lo <= least) return;
    const double distance = std::max(norm(off_a + (r->lo - s) * slope), norm(off_a + (r->hi - s) * slope));
    out.contacts.push_back({distance, edge_, other, false, at(r->lo), at(r->hi)});
  }

  void triangle(const scene::Triangle& t, AroundEdge& out) const {
    const Vec3d& n = table_.facets[size_t(t.facet)].normal;
    const double slope = dot(n, d_), height = dot(n, a_ - t.a), height_end = height + slope * length_;
    const bool own = t.facet == e_.facet0 || t.facet == e_.facet1;
    if (own) return;  // it ends here
    if (std::abs(slope) <= kRunsAlong) passage(t, n, height, slope, out);
    const bool other_side = (height > near_ && height_end < -near_) || (height < -near_ && height_end > near_);
    if (std::abs(slope) > kRunsAlong || other_side) cut(t, n, a_ - (table_.distance(t.facet, a_) / slope) * d_, out);
  }

 private:
  Vec3d at(double t) const { return a_ + t * d_; }

  /// Where the edge's line is inside the triangle: as its sides say that cross a line parallel to it, in the triangle's
  /// plane at `side` along `w`, straight on to the line itself.
  std::optional<Range> slice(const scene::Triangle& t, const Vec3d& w, double side) const {
    Range there{1e300, -1e300}, r = there;
    const Vec3d* corners[3] = {&t.a, &t.b, &t.c};
    for (int k = 0; k < 3; ++k) {
      const Vec3d p = *corners[k] - a_, q = *corners[(k + 1) % 3] - a_;
      const double hp = dot(p, w) - side, hq = dot(q, w) - side, x_p = dot(p, d_);
      if ((hp > 0 && hq > 0) || (hp < 0 && hq < 0) || hp == hq) continue;
      const double slope = dot(q - p, d_) / (hq - hp), x = x_p - hp * slope;
      // the side's point that is nearest to the line, on this side of it
      const double nearest = side > 0 ? std::max(0.0, std::min(hp, hq) + side) : std::min(0.0, std::max(hp, hq) + side);
      const double at_line = x + (nearest - side) * slope;
      if (x < there.lo) there.lo = x, r.lo = at_line;
      if (x > there.hi) there.hi = x, r.hi = at_line;
    }
    r = {std::max(r.lo, 0.0), std::min(r.hi, length_)};
    return r.hi - r.lo > rounding_ ? std::optional(r) : std::nullopt;
  }

  void passage(const scene::Triangle& t, const Vec3d& n, double height, double slope, AroundEdge& out) const {
    const Vec3d w = normalized(cross(n, d_));
    const auto beside = within({height, 0, 0}, {slope, 0, 0}, near_, {0, length_});
    if (!beside) return;
    // The facet is looked for where it is as far away as is together; beside the line, so that one side is told from
    // the other.
    const double h = std::max(std::abs(height + slope * beside->lo), std::abs(height + slope * beside->hi));
    const double aside = std::sqrt(std::max(near_ * near_ - h * h, 0.01 * near_ * near_));
    for (const double sign : {-1.0, 1.0}) {
      auto r = slice(t, w, sign * aside);
      if (r) r = within({height, 0, 0}, {slope, 0, 0}, near_, *r);
      if (!r) continue;
      const double distance = std::max(std::abs(height + slope * r->lo), std::abs(height + slope * r->hi));
      out.passages.push_back({edge_, t.facet, at(r->lo), at(r->hi), sign * w});
      if (out.contacts.empty() || !out.contacts.back().with_facet || out.contacts.back().other != uint32_t(t.facet)) {
        out.contacts.push_back({distance, edge_, uint32_t(t.facet), true, at(r->lo), at(r->hi)});
      }
    }
  }

  void cut(const scene::Triangle& t, const Vec3d& n, const Vec3d& p, AroundEdge& out) const {
    const double along = dot(p - a_, d_);
    if (along < -near_ || along > length_ + near_) return;
    const Vec3d* corners[3] = {&t.a, &t.b, &t.c};
    const double turn = dot(cross(t.b - t.a, t.c - t.a), n) < 0 ? -1 : 1;
    int touched[3], num = 0;
    bool outside = false;
    double beyond = std::numeric_limits<double>::infinity();  // how far, however the facet is cut into triangles
    for (int k = 0; k < 3; ++k) {
      const Vec3d from = p - *corners[k], whole = *corners[(k + 1) % 3] - *corners[k], side = normalized(whole);
      const double inside = turn * dot(cross(side, from), n);
      outside = outside || inside < 0;
      beyond = std::min(beyond, norm(from - std::clamp(dot(from, side), 0.0, norm(whole)) * side));
      if (inside <= near_) touched[num++] = k;
    }
    if (num == 3 || (outside && beyond > near_)) return;
    Cut c{edge_, t.facet, p, {}, {}, num == 0};
    if (num == 1) {  // on a side: the half-plane to its left
      c.first = turn * normalized(*corners[(touched[0] + 1) % 3] - *corners[touched[0]]);
      c.second = -c.first;
    } else if (num == 2) {  // at the corner between two sides
      const int k = touched[0] == 0 && touched[1] == 2 ? 0 : touched[1];
      c.first = *corners[(k + 1) % 3] - *corners[k];
      c.second = *corners[(k + 2) % 3] - *corners[k];
      if (turn < 0) std::swap(c.first, c.second);
    }
    if (dot(n, d_) < 0) std::swap(c.first, c.second);
    out.cuts.push_back(c);
  }

  const scene::FacetTable& table_;
  const uint32_t edge_;
  const scene::Edge& e_;
  const Vec3d a_, d_;
  const double length_, near_, rounding_;
};

Box box_of(const scene::Edge& e) {
  Box b;
  b.add(e.a);
  b.add(e.b);
  return b;
}

}  // namespace

std::vector<AroundEdge> look_around(const scene::FacetTable& table, double seam_tolerance_m) {
  std::vector<Box> edges, triangles;
  for (const scene::Edge& e : table.edges) edges.push_back(box_of(e));
  for (const scene::Triangle& t : table.triangles) {
    Box b;
    for (const Vec3d& v : {t.a, t.b, t.c}) b.add(v);
    triangles.push_back(b);
  }
  const BoxTree edge_tree(edges), triangle_tree(std::move(triangles));
  std::vector<AroundEdge> found(table.edges.size());
  const auto count = int64_t(found.size()), num_chunks = std::min<int64_t>(64, count);
  runtime::parallel_for(num_chunks, 0, [&](int64_t chunk) {
    for (auto i = uint32_t(count * chunk / num_chunks); i < uint32_t(count * (chunk + 1) / num_chunks); ++i) {
      const double near = near_edge_m(table, table.edges[i], seam_tolerance_m);
      if (is_too_short(table, table.edges[i])) continue;
      const Line line(table, i, seam_tolerance_m);
      const Box around = edges[i].grown(4 * near);
      edge_tree.overlapping(around, [&](uint32_t other) {
        const scene::Edge& o = table.edges[other];
        if (other > i && !is_too_short(table, o)) line.beside(other, found[i]);
      });
      triangle_tree.overlapping(around, [&](uint32_t t) { line.triangle(table.triangles[t], found[i]); });
    }
  });
  return found;
}

}  // namespace raywave::paths
