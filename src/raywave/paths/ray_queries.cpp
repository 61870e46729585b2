// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/ray_queries.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/error.h"
#include "raywave/paths/place.h"
#include "raywave/paths/segment_tree.h"
#include "raywave/paths/wedges.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kFloat = std::numeric_limits<float>::epsilon(), kDouble = std::numeric_limits<double>::epsilon();
constexpr double kShortSide = 1e-4;  // of a triangle's distance
constexpr double kDoubt = 1e-6;      // barycentric coordinate
constexpr double kParallel = 1e-5;   // sine of the angle below which facets that meet are taken for one plane
/// Heights of a leg's two ends over a face, by its length, below which the face counts as run along. What a ray must
/// hit to be reflected in such a face behind another one is a strip so narrow that of 1e6 rays (1e-5 sr each) below ten
/// meet it; ten times more would only try more sequences.
constexpr double kGrazing = 1e-3;

double size(const Vec3d& x) { return std::abs(x.x) + std::abs(x.y) + std::abs(x.z); }

/// On which side of the side from p to q does the line pass? Seen from beside it, where less is lost to rounding than
/// from the line's origin (on a short side, all); from q to p the same with the other sign.
double passes_side(const Vec3d& p, const Vec3d& q, const Vec3d& a, const Vec3d& d) {
  const Vec3d beside = a + (dot(0.5 * (p + q) - a, d) / dot(d, d)) * d;
  return dot(cross(p - beside, q - beside), d);
}

/// Does the line from a along d pass through the triangle, its border included? Neighbours share their border's sign to
/// the bit, so that no line slips through between them. @param inside  least barycentric coordinate
bool passes_through(const scene::Triangle& t, const Vec3d& a, const Vec3d& d, double inside) {
  const Vec3d p = t.a - a, q = t.b - a, r = t.c - a;
  double u = dot(cross(p, q), d), v = dot(cross(q, r), d), w = dot(cross(r, p), d);
  if (std::min({std::abs(u), std::abs(v), std::abs(w)}) <= kDoubt * std::abs(u + v + w)) {
    // of a short side, seen from afar, nothing is left but rounding
    const double largest = size(p) + size(q) + size(r), rounding = 4 * kDouble * largest * largest * size(d);
    const auto is_short = [&](const Vec3d& x, const Vec3d& y) { return size(x - y) < kShortSide * largest; };
    if (std::abs(u) < rounding && is_short(p, q)) u = passes_side(t.a, t.b, a, d);
    if (std::abs(v) < rounding && is_short(q, r)) v = passes_side(t.b, t.c, a, d);
    if (std::abs(w) < rounding && is_short(r, p)) w = passes_side(t.c, t.a, a, d);
  }
  const double least = inside * (u + v + w);
  return (u >= least && v >= least && w >= least && least >= 0) || (u <= least && v <= least && w <= least);
}

}  // namespace

/// What decides whether a triangle is crossed.
struct RayQueries::Segment {
  const RayQueries& queries;
  const Vec3d &origin, &end;
  const Vec3d direction;
  const EndFacets &at_origin, &at_end;
  double on_plane_m, along_plane_m;
  double inside = 0;                       // share of a triangle and of the segment off their borders
  int32_t obstacle = -1;                   // a facet that is crossed
  uint32_t crossed = 0;                    // a triangle of it
  std::vector<Crossing>* found = nullptr;  // where all of them go, when they are wanted

  Segment(const RayQueries& q, const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b)
      : queries(q), origin(a), end(b), direction(b - a), at_origin(at_a), at_end(at_b) {
    const scene::FacetTable& table = q.table_;
    const double rounding_m = std::max(table.rounding_m(a), table.rounding_m(b));
    on_plane_m = scene::kSamePlane * rounding_m;
    along_plane_m = kAlongPlane * rounding_m;
  }

  /// Does an end, within rounding of a facet's plane, lie on it? A device (no facets given) does; a point of a path
  /// where that is the facet it touches, or one in the same plane.
  bool lies_on(const EndFacets& e, int32_t f) const {
    if (e.first < 0) return true;
    const auto same = [&](int32_t other) {
      if (other < 0) return false;
      return norm2(cross(queries.planes_[size_t(f)].normal, queries.planes_[size_t(other)].normal)) <
             kParallel * kParallel;
    };
    return same(e.first) || same(e.second) || (e.edge && std::any_of(e.edge->begin(), e.edge->end(), same));
  }

  /// @param t  where, as a fraction
  bool crosses(const scene::Triangle& triangle, double& t) const {
    const Plane& plane = queries.planes_[size_t(triangle.facet)];
    const double da = dot(plane.normal, origin) - plane.offset, db = dot(plane.normal, end) - plane.offset;
    if (!(da < 0 ? db > 0 : da > 0 && db < 0)) return false;
    if (std::abs(da) <= along_plane_m && std::abs(db) <= along_plane_m) return false;
    if (std::abs(da) <= on_plane_m && lies_on(at_origin, triangle.facet)) return false;
    if (std::abs(db) <= on_plane_m && lies_on(at_end, triangle.facet)) return false;
    if (is_at(at_origin, plane.mirror) || is_at(at_end, plane.mirror)) return false;
    if (!passes_through(triangle, origin, direction, inside)) return false;
    t = da / (da - db);
    return t >= inside && t <= 1 - inside &&
           (is_about(triangle, origin + t * direction) || is_about_off_plane(triangle, plane));
  }
  /// What a needle, thinner than rounding, says of the rest of its plane is no crossing.
  bool is_about(const scene::Triangle& triangle, const Vec3d& p) const {
    const auto about = [&](double a, double b, double c, double x) {
      return x >= std::min({a, b, c}) - queries.margin_m_ && x <= std::max({a, b, c}) + queries.margin_m_;
    };
    const Vec3d &a = triangle.a, &b = triangle.b, &c = triangle.c;
    return about(a.x, b.x, c.x, p.x) && about(a.y, b.y, c.y, p.y) && about(a.z, b.z, c.z, p.z);
  }
  /// A triangle that is off its facet's plane by more than rounding is met elsewhere than the plane: at grazing, far
  /// from there.
  bool is_about_off_plane(const scene::Triangle& triangle, const Plane& plane) const {
    double most_m = 0;
    for (const Vec3d& p : {triangle.a, triangle.b, triangle.c})
      most_m = std::max(most_m, std::abs(dot(plane.normal, p) - plane.offset));
    if (most_m <= on_plane_m) return false;
    const Vec3d n = cross(triangle.b - triangle.a, triangle.c - triangle.a);
    const double a = dot(n, origin - triangle.a), b = dot(n, end - triangle.a);
    return a * b < 0 && is_about(triangle, origin + (a / (a - b)) * direction);
  }
  /// @return whether enough is known.
  bool test(uint32_t index) {
    const scene::Triangle& candidate = queries.table_.triangles[index];
    double t = 0;
    if (!crosses(candidate, t)) return false;
    if (found) {
      found->push_back({t, candidate.facet});
      return false;
    }
    obstacle = candidate.facet;
    crossed = index;
    return true;
  }
  /// A segment that ends on a mirror does not cross it.
  bool is_at(const EndFacets& e, int32_t mirror) const {
    const auto same = [&](int32_t other) { return other >= 0 && queries.planes_[size_t(other)].mirror == mirror; };
    return same(e.first) || same(e.second) || (e.edge && std::any_of(e.edge->begin(), e.edge->end(), same));
  }
};

namespace {

std::vector<Boxf> boxes_around(const std::vector<scene::Triangle>& triangles, float margin_m) {
  std::vector<Boxf> boxes;
  boxes.reserve(triangles.size());
  const auto low = [&](double x, double y, double z) { return float(std::min({x, y, z})) - margin_m; };
  const auto high = [&](double x, double y, double z) { return float(std::max({x, y, z})) + margin_m; };
  for (const scene::Triangle& t : triangles) {
    boxes.push_back({{low(t.a.x, t.b.x, t.c.x), low(t.a.y, t.b.y, t.c.y), low(t.a.z, t.b.z, t.c.z)},
                     {high(t.a.x, t.b.x, t.c.x), high(t.a.y, t.b.y, t.c.y), high(t.a.z, t.b.z, t.c.z)}});
  }
  return boxes;
}

}  // namespace

RayQueries::RayQueries(const scene::FacetTable& table, const TracerFactory& tracer) : table_(table) {
  for (const scene::Facet& f : table.facets) planes_.push_back({f.normal, f.offset, f.mirror});
  for (const scene::Triangle& t : table.triangles) {
    if (size_t(t.facet) < planes_.size()) continue;  // a table of triangles alone: each is its own facet's plane
    planes_.resize(size_t(t.facet) + 1);
  }
  offsets_m_.assign(planes_.size(), 0);
  low_ = {kInf, kInf, kInf};
  high_ = {-kInf, -kInf, -kInf};
  double extent = 0;
  for (const scene::Triangle& t : table.triangles) {
    const double reach = std::max({table.largest(t.a), table.largest(t.b), table.largest(t.c)});
    extent = std::max(extent, reach);
    float& offset = offsets_m_[size_t(t.facet)];
    offset = std::max(offset, float(4 * kFloat * reach));
    if (size_t(t.facet) < table.facets.size()) {  // a ray from the facet's plane starts in front of its triangles
      for (const Vec3d& v : {t.a, t.b, t.c}) offset = std::max(offset, float(4 * std::abs(table.distance(t.facet, v))));
    }
    if (size_t(t.facet) >= table.facets.size()) {
      Plane& p = planes_[size_t(t.facet)];
      p.normal = normalized(cross(t.b - t.a, t.c - t.a));
      p.offset = dot(p.normal, t.a);
      p.mirror = t.facet;
    }
    for (const Vec3d& v : {t.a, t.b, t.c}) {
      low_ = {std::min(low_.x, v.x), std::min(low_.y, v.y), std::min(low_.z, v.z)};
      high_ = {std::max(high_.x, v.x), std::max(high_.y, v.y), std::max(high_.z, v.z)};
    }
  }
  // a ray within the box is off by up to two roundings of its origin and of its direction
  margin_m_ = float(8 * kFloat * extent);
  const Vec3d margin{margin_m_, margin_m_, margin_m_};
  low_ -= margin;
  high_ += margin;
  runtime::parallel_for(2, 0, [&](int64_t task) {
    if (task == 0) {
      tracer_ = tracer(table);
    } else {
      tree_ = std::make_unique<SegmentTree>(boxes_around(table.triangles, margin_m_));
    }
  });
}

RayQueries::~RayQueries() = default;

EndFacets EndFacets::at_edge(const Wedge& w) {
  EndFacets e(w.facet0, w.facet_n);
  if (w.facets.size() > (w.facet0 == w.facet_n ? 1u : 2u)) e.edge = &w.facets;  // others within the seam tolerance
  return e;
}

void RayQueries::along(const Vec3d& a, const Vec3d& b, std::vector<int32_t>& mirrors) const {
  mirrors.clear();
  double t0 = 0, t1 = 1;
  if (empty() || !clip(a, b - a, t0, t1)) return;
  const Vec3d from = a + t0 * (b - a), to = a + t1 * (b - a), d = to - from;
  // twice what one end is moved by, for the other's height over the plane
  const double rounding_m = std::max(table_.rounding_m(a), table_.rounding_m(b));
  const double within_m = std::max(2 * kMostAside * rounding_m, kGrazing * norm(d));
  const Vec3d u = norm2(d) > 0 ? normalized(d) : Vec3d{1, 0, 0};
  const bool steep = std::abs(u.z) > 0.5;
  const Vec3d v = normalized(cross(u, Vec3d{steep ? 1. : 0., 0, steep ? 0. : 1.})), w = cross(u, v);
  Regionf region(std::max({size(low_), size(high_), size(from), size(to)}));
  for (const Vec3d& n : {u, v, w}) {
    region.keep(n, dot(n, from) - within_m);
    region.keep(-n, -dot(n, to) - within_m);
  }
  tree_->any_in(region, [&](uint32_t i) {
    const Plane& plane = planes_[size_t(table_.triangles[i].facet)];
    if (std::abs(dot(plane.normal, from) - plane.offset) <= within_m &&
        std::abs(dot(plane.normal, to) - plane.offset) <= within_m)
      mirrors.push_back(plane.mirror);
    return false;
  });
  std::sort(mirrors.begin(), mirrors.end());
  mirrors.erase(std::unique(mirrors.begin(), mirrors.end()), mirrors.end());
}

bool RayQueries::same_plane(int facet, int other) const {
  if (facet == other) return true;
  if (other < 0) return false;
  const scene::Facet &f = table_.facets[size_t(facet)], &g = table_.facets[size_t(other)];
  if (norm2(cross(f.normal, g.normal)) > kParallel * kParallel) return false;
  const Vec3d &p = table_.triangles[f.triangle_begin].a, &q = table_.triangles[g.triangle_begin].a;
  // the plane of the larger one is the better known
  const double off = std::min(std::abs(table_.distance(facet, q)), std::abs(table_.distance(other, p)));
  return off <= scene::kSamePlane * std::max(table_.rounding_m(p), table_.rounding_m(q));
}

/// The part [t0, t1] of a + t d inside the box around the scene: coordinates there are what margins are made for.
bool RayQueries::clip(const Vec3d& a, const Vec3d& d, double& t0, double& t1) const {
  const double o[3] = {a.x, a.y, a.z}, v[3] = {d.x, d.y, d.z};
  const double lo[3] = {low_.x, low_.y, low_.z}, hi[3] = {high_.x, high_.y, high_.z};
  for (int k = 0; k < 3; ++k) {
    if (v[k] == 0) {
      if (o[k] < lo[k] || o[k] > hi[k]) return false;
      continue;
    }
    const double s = (lo[k] - o[k]) / v[k], t = (hi[k] - o[k]) / v[k];
    t0 = std::max(t0, std::min(s, t));
    t1 = std::min(t1, std::max(s, t));
  }
  // to and fro by rounding: what lies on the box's side is in it
  return t0 <= t1;
}

/// search(origin, direction) in the tree of the part of a segment that is within the box around the scene.
template <class Search>
bool RayQueries::within_box(const Vec3d& from, const Vec3d& to, Search&& search) const {
  const auto inside = [&](const Vec3d& p) {
    return p.x >= low_.x && p.x <= high_.x && p.y >= low_.y && p.y <= high_.y && p.z >= low_.z && p.z <= high_.z;
  };
  double t0 = 0, t1 = 1;
  const Vec3d direction = to - from;
  const bool whole = inside(from) && inside(to);
  if (!whole && !clip(from, direction, t0, t1)) return false;
  return search(whole ? from : from + t0 * direction, whole ? direction : (t1 - t0) * direction);
}

/// test(triangle) for those that the segment may meet, until one says that enough is known. @return whether one did.
template <class Test>
bool RayQueries::visit(const Vec3d& from, const Vec3d& to, Test&& test) const {
  return within_box(from, to, [&](const Vec3d& o, const Vec3d& d) { return tree_->any(o, d, test); });
}

/// What hid one segment often hides the next one: the triangles that did last are asked first. The answer is the same.
bool RayQueries::occluded(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                          double inside) const {
  if (empty()) return false;
  thread_local std::array<uint32_t, 4> last{};  // of whichever scene
  Segment segment(*this, a, b, at_a, at_b);
  segment.inside = inside;
  double t = 0;
  for (size_t i = 0; i < last.size(); ++i) {
    if (last[i] >= table_.triangles.size() || !segment.crosses(table_.triangles[last[i]], t)) continue;
    std::swap(last[i], last[i / 2]);
    return true;
  }
  const bool found = visit(a, b, [&](uint32_t i) { return segment.test(i); });
  if (found) last.back() = segment.crossed;
  if (found) std::swap(last.back(), last[1]);
  return found;
}

int64_t RayQueries::occluder(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                             double inside) const {
  if (empty()) return -1;
  Segment segment(*this, a, b, at_a, at_b);
  segment.inside = inside;
  const bool found = within_box(a, b, [&](const Vec3d& o, const Vec3d& d) {
    tree_->nearest(o, d, [&](uint32_t i, float& reach) {
      if (segment.obstacle < 0 && segment.test(i)) reach = -1;  // enough is known
    });
    return segment.obstacle >= 0;
  });
  return found ? int64_t(segment.crossed) : -1;
}

bool RayQueries::occludes(uint32_t triangle, const Vec3d& a, const Vec3d& b, const EndFacets& at_a,
                          const EndFacets& at_b, double inside) const {
  Segment segment(*this, a, b, at_a, at_b);
  segment.inside = inside;
  double t = 0;
  return segment.crosses(table_.triangles[triangle], t);
}

void RayQueries::look_within(std::span<const std::pair<Vec3d, double>> sides, std::span<const Vec3d> corners,
                             Among& out) const {
  constexpr size_t kMost = 40;  // beyond it a search of the tree is quicker
  out.triangles.clear();
  double reach_m = std::max({size(low_), size(high_)});
  Vec3d lo{kInf, kInf, kInf}, hi{-kInf, -kInf, -kInf};
  for (const Vec3d& p : corners) {
    lo = {std::min(lo.x, p.x), std::min(lo.y, p.y), std::min(lo.z, p.z)};
    hi = {std::max(hi.x, p.x), std::max(hi.y, p.y), std::max(hi.z, p.z)};
    reach_m = std::max(reach_m, size(p));
  }
  Regionf region(reach_m);
  region.keep({1, 0, 0}, lo.x), region.keep({0, 1, 0}, lo.y), region.keep({0, 0, 1}, lo.z);
  region.keep({-1, 0, 0}, -hi.x), region.keep({0, -1, 0}, -hi.y), region.keep({0, 0, -1}, -hi.z);
  for (const auto& [normal, offset] : sides) region.keep(normal, offset);
  const double slack_m = kAlongPlane * kDouble * (size(table_.origin_m) + 2 * reach_m);
  const auto may_cross = [&](const scene::Triangle& t) {
    for (const auto& [normal, offset] : sides) {
      const double least = offset - slack_m * size(normal);
      if (dot(normal, t.a) < least && dot(normal, t.b) < least && dot(normal, t.c) < least) return false;
    }
    const Plane& plane = planes_[size_t(t.facet)];
    double above = -kInf, below = kInf;  // how far the region reaches to both sides of its plane
    for (const Vec3d& p : corners) {
      const double d = dot(plane.normal, p) - plane.offset;
      above = std::max(above, d), below = std::min(below, d);
    }
    return above >= -slack_m && below <= slack_m;
  };
  out.is_known = empty() || !tree_->any_in(region, [&](uint32_t i) {
    if (may_cross(table_.triangles[i])) out.triangles.push_back(i);
    return out.triangles.size() > kMost;
  });
}

bool RayQueries::occluded(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                          Among& among) const {
  if (!among.is_known) return occluded(a, b, at_a, at_b);
  const Segment segment(*this, a, b, at_a, at_b);
  double t = 0;
  for (size_t i = 0; i < among.triangles.size(); ++i) {
    if (!segment.crosses(table_.triangles[among.triangles[i]], t)) continue;
    std::swap(among.triangles[i], among.triangles[i / 2]);
    return true;
  }
  return false;
}

int64_t RayQueries::obstacle(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b) const {
  if (empty()) return -1;
  Segment segment(*this, a, b, at_a, at_b);
  return visit(a, b, [&](uint32_t i) { return segment.test(i); }) ? int64_t(segment.crossed) : -1;
}

void RayQueries::crossings(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                           std::vector<Crossing>& out) const {
  out.clear();
  if (empty()) return;
  Segment segment(*this, a, b, at_a, at_b);
  segment.found = &out;
  visit(a, b, [&](uint32_t i) { return segment.test(i); });
  if (out.size() < 2) return;
  // A segment crosses a plane once, however many facets and triangles lie there.
  if (!table_.facets.empty()) {
    for (Crossing& c : out) c.facet = table_.canonical(c.facet, a + c.t * segment.direction);
  }
  std::sort(out.begin(), out.end(),
            [](const Crossing& x, const Crossing& y) { return x.facet != y.facet ? x.facet < y.facet : x.t < y.t; });
  out.erase(
      std::unique(out.begin(), out.end(), [](const Crossing& x, const Crossing& y) { return x.facet == y.facet; }),
      out.end());
  std::sort(out.begin(), out.end(),
            [](const Crossing& x, const Crossing& y) { return x.t != y.t ? x.t < y.t : x.facet < y.facet; });
}

int RayQueries::closest_hit(const Vec3d& origin, const Vec3d& direction, double& t, const EndFacets& at_origin) const {
  t = kInf;
  if (empty()) return -1;
  double t0 = 0, t1 = kInf;
  if (!clip(origin, direction, t0, t1)) return -1;
  // to a little beyond the box, so that the ray does not end on what it is to meet
  const double margin = double(margin_m_) / norm(direction), far = t1 + margin;
  const Vec3d end = origin + far * direction;
  const EndFacets nowhere;
  const Segment segment(*this, origin, end, at_origin, nowhere);
  const double begin = t0 / far;                                   // where the part within the box begins; it ends at 1
  const auto slack = float(2 * margin / (far - t0) + 4 * kFloat);  // of a place on that part, as a fraction
  double nearest = kInf;
  int32_t facet = -1;
  tree_->nearest(origin + begin * segment.direction, (1 - begin) * segment.direction, [&](uint32_t i, float& reach) {
    const scene::Triangle& triangle = table_.triangles[i];
    double at = 0;
    if (!segment.crosses(triangle, at) || at > nearest || (at == nearest && triangle.facet > facet)) return;
    nearest = at;
    facet = triangle.facet;
    reach = std::min(reach, float((at - begin) / (1 - begin)) + slack);
  });
  if (facet < 0) return -1;
  t = nearest * far;
  return facet;
}

Vec3f RayQueries::clear_of_surfaces(const Vec3d& p) const {
  const double least = kFloat * table_.largest(p);
  const auto wanted_m = [&](int32_t f) { return 2 * std::max(double(offset_m(f)), least); };
  std::vector<int32_t> near;  // all that it may come near to
  const double around_m = 64 * std::max(double(margin_m_), least);
  Regionf region(std::max({size(low_), size(high_), size(p)}));
  for (const Vec3d& n : {Vec3d{1, 0, 0}, Vec3d{0, 1, 0}, Vec3d{0, 0, 1}})
    region.keep(n, dot(n, p) - around_m), region.keep(-n, -dot(n, p) - around_m);
  tree_->any_in(region, [&](uint32_t i) {
    if (size_t(table_.triangles[i].facet) < table_.facets.size()) near.push_back(table_.triangles[i].facet);
    return false;
  });
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  Vec3d q = p;
  for (const int32_t f : near) {
    const double d = table_.distance(f, q), wanted = wanted_m(f);
    if (std::abs(d) >= wanted || !table_.touches(f, q - d * planes_[size_t(f)].normal, wanted)) continue;
    q += ((d < 0 ? -wanted : wanted) - d) * planes_[size_t(f)].normal;
  }
  return Vec3f(q);
}

}  // namespace raywave::paths
