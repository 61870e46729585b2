// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_sight.h"

#include <algorithm>
#include <cmath>

namespace raywave::paths {
namespace {

constexpr double kTiny = 1e-9;       // of the edge's length or distance: what rounding leaves between two shadows
constexpr int kMostObstacles = 256;  // then the edge counts as lit

/// Keeps the part of a segment where (p - q) . n >= 0. @return false when there is none.
bool clip(Vec3d& a, Vec3d& b, const Vec3d& q, const Vec3d& n) {
  const double da = dot(a - q, n), db = dot(b - q, n);
  if (da < 0 && db < 0) return false;
  if (da < 0) {
    a = a + (da / (da - db)) * (b - a);
  } else if (db < 0) {
    b = b + (db / (db - da)) * (a - b);
  }
  return true;
}

Vec3d mirror_direction(const Vec3d& d, const scene::Facet& f) { return d - 2 * dot(f.normal, d) * f.normal; }

void sort_and_unite(std::vector<LitPart>& parts, double gap) {
  std::sort(parts.begin(), parts.end(), [](const LitPart& x, const LitPart& y) { return x.lo < y.lo; });
  size_t n = 0;
  for (const LitPart& p : parts) {
    if (n > 0 && p.lo <= parts[n - 1].hi + gap) {
      parts[n - 1].hi = std::max(parts[n - 1].hi, p.hi);
    } else {
      parts[n++] = p;
    }
  }
  parts.resize(n);
}

}  // namespace

/// A point of the stretch before mirror `first`, as seen behind all of them.
Vec3d EdgeSight::unfold(Vec3d p, size_t first) const {
  for (size_t i = first; i < mirrors_.size(); ++i) p = mirror(p, scene_.facets().facets[size_t(mirrors_[i].facet)]);
  return p;
}

void EdgeSight::look_along(int32_t node) {
  const auto& nodes = tree_.nodes();
  const auto& facets = scene_.facets().facets;
  mirrors_.clear();
  for (int32_t n = node; n != 0; n = nodes[size_t(n)].parent) {
    mirrors_.push_back({nodes[size_t(n)].surface.index, nodes[size_t(n)].image_m, {}, {}});
  }
  std::reverse(mirrors_.begin(), mirrors_.end());
  image_ = nodes[size_t(node)].image_m;
  for (size_t i = 0; i < mirrors_.size(); ++i) {
    Mirror& m = mirrors_[i];
    const scene::Facet& f = facets[size_t(m.facet)];
    m.inside = unfold(f.origin, i + 1);
    m.normal = f.normal;
    for (size_t j = i + 1; j < mirrors_.size(); ++j)
      m.normal = mirror_direction(m.normal, facets[size_t(mirrors_[j].facet)]);
    if (dot(image_ - m.inside, m.normal) < 0) m.normal = -m.normal;
  }
  cones_.clear();
  for (const Mirror& m : mirrors_) {
    const auto i = size_t(&m - mirrors_.data());
    const scene::Facet& f = facets[size_t(m.facet)];
    MirrorCone& cone = cones_.emplace_back();
    cone.behind = {-m.normal, -dot(m.normal, m.inside)};
    Vec3d corners[4];
    for (int c = 0; c < 4; ++c) {
      const double u = c == 0 || c == 3 ? f.mirror_min_uv.x : f.mirror_max_uv.x,
                   v = c < 2 ? f.mirror_min_uv.y : f.mirror_max_uv.y;
      corners[c] = unfold(f.origin + u * f.axis_u + v * f.axis_v, i + 1);
    }
    const Vec3d center = 0.5 * (corners[0] + corners[2]);
    for (int c = 0; c < 4; ++c) {
      Vec3d n = cross(corners[c] - image_, corners[(c + 1) % 4] - image_);
      if (dot(n, center - image_) < 0) n = -n;
      cone.through[size_t(c)] = {n, dot(n, image_)};
    }
  }
}

/// Where the fan meets a triangle that stands in the stretch before mirror `leg`, seen from the image on the wedge. As
/// a window the triangle is of mirror `leg` itself.
std::optional<LitPart> EdgeSight::slice(const scene::Triangle& triangle, size_t leg, bool window) const {
  const size_t first = window ? leg + 1 : leg;
  const Vec3d corners[3] = {unfold(triangle.a, first), unfold(triangle.b, first), unfold(triangle.c, first)};
  double side[3];
  for (int k = 0; k < 3; ++k) side[k] = dot(corners[k] - image_, normal_);
  Vec3d ends[2];
  int num = 0;
  for (int k = 0; k < 3 && num < 2; ++k) {
    const int l = (k + 1) % 3;
    if ((side[k] < 0) == (side[l] < 0)) continue;
    ends[num++] = corners[k] + (side[k] / (side[k] - side[l])) * (corners[l] - corners[k]);
  }
  if (num < 2) return std::nullopt;
  if (!window) {
    if (leg > 0 && !clip(ends[0], ends[1], mirrors_[leg - 1].inside, -mirrors_[leg - 1].normal)) return std::nullopt;
    if (leg < mirrors_.size() && !clip(ends[0], ends[1], mirrors_[leg].inside, mirrors_[leg].normal))
      return std::nullopt;
  }
  if (!clip(ends[0], ends[1], image_ + (kTiny * distance_) * across_, across_)) return std::nullopt;
  if (!clip(ends[0], ends[1], image_ + distance_ * across_, -across_)) return std::nullopt;
  double t[2];
  for (int k = 0; k < 2; ++k) {
    const Vec3d v = ends[k] - image_;
    t[k] = foot_ + dot(v, along_) * distance_ / dot(v, across_);
  }
  return LitPart{std::min(t[0], t[1]), std::max(t[0], t[1])};
}

/// Is the source so near to a mirror that all rays in front of it come through? What slice() leaves out would be all.
bool EdgeSight::stands_on(size_t mirror) const {
  const Mirror& m = mirrors_[mirror];
  const double near_m = kTiny * distance_;
  if (std::abs(dot(image_ - m.inside, m.normal)) > near_m) return false;
  const Vec3d& source = tree_.nodes()[0].image_m;
  return norm(source - m.image) <= 2 * near_m && scene_.facets().owner(m.facet, source) >= 0;
}

/// Sets the fan and what the facets' windows let through.
bool EdgeSight::start(const Wedge& w) {
  along_ = w.direction;
  foot_ = dot(image_ - w.a, along_);
  const Vec3d v = w.at(foot_) - image_;
  distance_ = norm(v);
  open_.assign(1, {0, w.length_m});
  if (!(distance_ > 1e-9 * (w.length_m + std::abs(foot_)))) return mirrors_.empty();  // along the edge
  across_ = v / distance_;
  normal_ = cross(along_, across_);
  for (size_t i = 0; i < mirrors_.size() && !open_.empty(); ++i) {
    if (stands_on(i)) continue;
    const scene::FacetTable& table = scene_.facets();
    std::vector<LitPart> window, both;
    table.for_members(mirrors_[i].facet, [&](int32_t member) {
      const scene::Facet& f = table.facets[size_t(member)];
      for (uint32_t t = f.triangle_begin; t < f.triangle_end; ++t) {
        if (const auto s = slice(table.triangles[t], i, true)) window.push_back(*s);
      }
    });
    sort_and_unite(window, kTiny * w.length_m);
    for (const LitPart& x : open_) {
      for (const LitPart& y : window) {
        const LitPart z{std::max(x.lo, y.lo), std::min(x.hi, y.hi)};
        if (z.lo < z.hi) both.push_back(z);
      }
    }
    open_ = std::move(both);
  }
  return !open_.empty();
}

void EdgeSight::remove(const LitPart& s) {
  std::vector<LitPart> rest;
  for (const LitPart& x : open_) {
    if (s.hi <= x.lo || s.lo >= x.hi) {
      rest.push_back(x);
      continue;
    }
    if (s.lo > x.lo) rest.push_back({x.lo, s.lo});
    if (s.hi < x.hi) rest.push_back({s.hi, x.hi});
  }
  open_ = std::move(rest);
}

/// The part around t of what a facet in the stretch before mirror `leg` hides.
std::optional<LitPart> EdgeSight::shadow_of(int32_t facet, size_t leg, double t) const {
  const scene::Facet& f = scene_.facets().facets[size_t(facet)];
  std::vector<LitPart> parts;
  for (uint32_t i = f.triangle_begin; i < f.triangle_end; ++i) {
    if (const auto s = slice(scene_.facets().triangles[i], leg, false)) parts.push_back(*s);
  }
  sort_and_unite(parts, 0);
  for (const LitPart& p : parts) {
    if (p.lo <= t && t <= p.hi) return p;
  }
  return std::nullopt;
}

/// @param shadow  around t; made smaller; of no matter where nothing is open. @param crossings  with what transmits,
/// counted up.
bool EdgeSight::dark_leg(size_t leg, const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                         double t, LitPart& shadow, int& crossings) {
  if (!opaque_) {
    const int64_t triangle = scene_.queries().obstacle(a, b, at_a, at_b);
    if (triangle < 0) return false;
    if (leg == mirrors_.size()) obstacles_.push_back(uint32_t(triangle));
    if (!open_.empty())
      shadow = shadow_of(scene_.facets().triangles[size_t(triangle)].facet, leg, t).value_or(LitPart{t, t});
    return true;
  }
  scene_.queries().crossings(a, b, at_a, at_b, crossings_);
  for (const Crossing& c : crossings_) {
    const LitPart here = open_.empty() ? LitPart{} : shadow_of(c.facet, leg, t).value_or(LitPart{t, t});
    if ((*opaque_)[size_t(c.facet)]) {
      shadow = here;
      return true;
    }
    shadow = {std::max(shadow.lo, here.lo), std::min(shadow.hi, here.hi)};
    if (++crossings + int(mirrors_.size()) + 1 > max_depth_) return true;  // where all of them are
  }
  return false;
}

/// Where does the ray to w.at(t) meet the mirrors' planes? @return false: not one after the other.
bool EdgeSight::reflects(const Wedge& w, double t) {
  const size_t n = mirrors_.size();
  points_.resize(n);
  Vec3d next = w.at(t);
  for (size_t i = n; i-- > 0;) {
    const scene::Facet& f = scene_.facets().facets[size_t(mirrors_[i].facet)];
    const Vec3d& image = mirrors_[i].image;
    const double di = dot(f.normal, image) - f.offset, dn = dot(f.normal, next) - f.offset;
    if (!(di * dn < 0)) return false;
    next = points_[i] = image + (di / (di - dn)) * (next - image);
  }
  return true;
}

/// Looks along the ray to w.at(t). When it is blocked, the shadow around t is removed from what may be lit.
bool EdgeSight::dark(const Wedge& w, double t) {
  if (reflects(w, t)) return legs_dark(w, t);
  remove({t - kTiny * w.length_m, t + kTiny * w.length_m});
  return true;
}

bool EdgeSight::legs_dark(const Wedge& w, double t) {
  const size_t n = mirrors_.size();
  LitPart shadow{0, w.length_m};
  int crossings = 0;
  for (size_t leg = n + 1; leg-- > 0;) {
    const Vec3d a = leg == 0 ? tree_.nodes()[0].image_m : points_[leg - 1], b = leg == n ? w.at(t) : points_[leg];
    const EndFacets at_a = leg == 0 ? EndFacets() : EndFacets(mirrors_[leg - 1].facet),
                    at_b = leg == n ? EndFacets::at_edge(w) : EndFacets(mirrors_[leg].facet);
    if (!dark_leg(leg, a, b, at_a, at_b, t, shadow, crossings)) continue;
    const double least = kTiny * w.length_m;  // rounding decided: go on beside it
    remove({std::min(shadow.lo, t - least), std::max(shadow.hi, t + least)});
    return true;
  }
  return false;
}

std::optional<LitPart> EdgeSight::search(const Wedge& w, bool whole) {
  if (!start(w)) return std::nullopt;
  if (!(distance_ > 1e-9 * (w.length_m + std::abs(foot_)))) return LitPart{0, w.length_m};
  const double least = 4 * kTiny * w.length_m;
  const auto drop_tiny = [&] { std::erase_if(open_, [&](const LitPart& p) { return p.hi - p.lo <= least; }); };
  int obstacles = 0;
  for (;; ++obstacles) {
    drop_tiny();
    if (open_.empty()) return std::nullopt;
    if (obstacles == kMostObstacles) break;
    const auto widest = std::max_element(open_.begin(), open_.end(),
                                         [](const LitPart& x, const LitPart& y) { return x.hi - x.lo < y.hi - y.lo; });
    if (!dark(w, 0.5 * (widest->lo + widest->hi))) break;
  }
  for (const bool first : {true, false}) {
    while (whole && obstacles++ < kMostObstacles && !open_.empty()) {
      const LitPart p = first ? open_.front() : open_.back();
      if (!dark(w, first ? p.lo + 0.5 * least : p.hi - 0.5 * least)) break;
      drop_tiny();
    }
  }
  if (open_.empty()) return std::nullopt;
  return LitPart{open_.front().lo, open_.back().hi};
}

/// From beside an end a ray may leave the edge's corner though the edge itself is dark.
bool EdgeSight::lights(const Wedge& w) {
  if (search(w, false)) return true;
  open_.clear();
  return sees_beside_end(w);
}

bool EdgeSight::lights_corner(const Wedge& w) {
  open_.clear();  // shadows are not asked for
  return sees_beside_end(w);
}

bool EdgeSight::sees_beside_end(const Wedge& w) {
  const double inset = w.inset_m;
  for (const double t : {-inset, w.length_m + inset}) {
    const auto inside = [&](const Mirror& m) {
      return scene_.facets().owner(m.facet, points_[size_t(&m - mirrors_.data())]) >= 0;
    };
    if (reflects(w, t) && std::all_of(mirrors_.begin(), mirrors_.end(), inside) && !legs_dark(w, t)) return true;
  }
  return false;
}

std::optional<LitPart> EdgeSight::lit(const Wedge& w) { return search(w, true); }

}  // namespace raywave::paths
