// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/facet_sampler.h"

#include <algorithm>
#include <cmath>

#include "raywave/paths/sequence_tree.h"

namespace raywave::paths {
namespace {

/// The convex hull of a mirror's borders; its rectangle when that has too many corners.
Outline outline_of(const scene::FacetTable& table, int32_t facet) {
  const scene::Facet& f = table.facets[size_t(facet)];
  std::vector<Vec2d> p;
  table.for_members(facet, [&](int32_t m) {
    const scene::Facet& member = table.facets[size_t(m)];
    for (uint32_t i = member.boundary_begin; i < member.boundary_end; ++i) p.push_back(table.boundary[i].a);
  });
  std::sort(p.begin(), p.end(), [](const Vec2d& a, const Vec2d& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  std::vector<Vec2d> hull;
  const auto turn = [](const Vec2d& a, const Vec2d& b, const Vec2d& c) {
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
  };
  // Andrew's chains: the lower one forward, the upper one back
  for (const int chain : {0, 1}) {
    const size_t base = hull.size() + 1;
    for (const Vec2d& q : p) {
      while (hull.size() > base && turn(hull[hull.size() - 2], hull.back(), q) <= 0) hull.pop_back();
      hull.push_back(q);
    }
    hull.pop_back();
    if (chain == 0) std::reverse(p.begin(), p.end());
  }
  Outline out;
  const auto add = [&](double u, double v) { out.add(f.origin + u * f.axis_u + v * f.axis_v); };
  if (hull.size() >= 3 && hull.size() <= 8) {
    for (const Vec2d& q : hull) add(q.x, q.y);
  } else {
    const Vec2d &lo = f.mirror_min_uv, &hi = f.mirror_max_uv;
    add(lo.x, lo.y), add(hi.x, lo.y), add(hi.x, hi.y), add(lo.x, hi.y);
  }
  out.settle();
  double longest = 0;
  for (size_t i = 0; i < out.n; ++i) {
    const Vec3d edge = out.corner[(i + 1) % out.n] - out.corner[i];
    // edges of one length up to rounding: the first
    if (norm(edge) > (1 + 1e-9) * longest) longest = norm(edge), out.axis = (1 / longest) * edge;
  }
  return out;
}

}  // namespace

FacetOutlines::FacetOutlines(const scene::FacetTable& table) : table_(table), rows_(table.facets.size(), 0) {
  for (size_t f = 0; f < table.facets.size(); ++f) {
    if (table.facets[f].mirror != int32_t(f)) continue;
    rows_[f] = facets_.size();
    facets_.push_back(int32_t(f));
    outlines_.push_back(outline_of(table, int32_t(f)));
  }
  beside_ = nn::neighbours(count(), kNeighbours, [this](size_t i, size_t k) {
    return norm(outlines_[k].center - outlines_[i].center) - outlines_[k].radius;
  });
}

bool FacetBuild::lit_part(const State& s, size_t row, Outline& lit) const {
  return clip_to_beam(s.image, s.window, outlines_.outline(row), lit);
}

FacetBuild::State FacetBuild::next(const State& s, int32_t facet) const {
  const size_t row = outlines_.row(facet);
  State out{mirror(s.image, outlines_.plane(row)), {&outlines_.plane(row), {}}, facet, s.remaining - 1};
  if (!lit_part(s, row, out.window.lit)) out.window.lit = outlines_.outline(row);
  return out;
}

std::vector<int32_t> FacetBuild::allowed(const State& s, bool masked, std::vector<State>* behind) const {
  std::vector<int32_t> out;
  if (behind) behind->clear();
  for (size_t row = 0; row < outlines_.count(); ++row) {
    const int32_t facet = outlines_.facet(row);
    if (facet == s.last) continue;
    const scene::Facet& plane = outlines_.plane(row);
    State next{{}, {&plane, {}}, facet, s.remaining - 1};
    const bool lit = lit_part(s, row, next.window.lit);
    if (masked) {
      if (!lit) continue;
      if (s.remaining == 1) {
        // ends that lie in its plane count as standing before it
        const double a = dot(plane.normal, s.image) - plane.offset, b = dot(plane.normal, target_m_) - plane.offset;
        const double rounding = 1e-9 * (norm(s.image - target_m_) + std::abs(a));
        if (a * b < 0 && std::min(std::abs(a), std::abs(b)) > rounding) continue;
      }
    }
    out.push_back(facet);
    if (!behind) continue;
    if (!lit) next.window.lit = outlines_.outline(row);
    next.image = mirror(s.image, plane);
    behind->push_back(next);
  }
  return out;
}

}  // namespace raywave::paths
