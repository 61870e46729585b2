// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_meetings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/paths/corners.h"
#include "raywave/paths/edge_field.h"
#include "raywave/paths/path_field.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
bool in_reach(const Wedge& w, const Vec3d& p, const std::vector<uint8_t>* opaque) {
  if (opaque && has_inside(w, *opaque)) return true;
  const Vec3d v = p - w.a;
  const double in_front = std::max(dot(v, w.n0), dot(v, w.nn)), clear = 1e-5 * norm(v);
  if (std::abs(in_front) > clear) return in_front > 0;
  const double phi = azimuth(w, p);
  return phi <= w.exterior_angle_rad + 1e-6 || phi >= 2 * kPi - 1e-6;  // on a face: outside, either side of rounding
}

bool past_corner(const Wedge& w, const std::vector<uint8_t>* opaque) {
  return w.facet0 != w.facet_n && !(opaque && has_inside(w, *opaque));
}

Facing facing_of(const Wedge& w, const EdgeOptions& options) {
  return {w.a, w.at(w.length_m), w.n0, w.nn, options.opaque && has_inside(w, *options.opaque)};
}

bool may_face(const Facing& w, const Facing& v, double seam_tolerance_m) {
  // The inside of a wedge is convex. Over a seam, or by rounding, the other edge may lie a little behind a face.
  const auto sees = [&](const Facing& x, const Facing& y) {
    const auto in_front = [&](const Vec3d& p) {
      const double most = std::max(dot(p, x.n0), dot(p, x.nn));
      return most >= -seam_tolerance_m || most >= -seam_tolerance_m - kClear * norm(p);
    };
    return x.any_side || in_front(y.a - x.a) || in_front(y.b - x.a);
  };
  return sees(w, v) && sees(v, w);
}

bool may_face(const PreparedScene& scene, const EdgeOptions& options, int32_t i, int32_t j) {
  const auto facing = [&](int32_t w) { return facing_of(scene.wedges()[size_t(w)], options); };
  return may_face(facing(i), facing(j), scene.seam_tolerance_m());
}

Box box_of(const Wedge& w) {
  Box box;
  box.add(w.a);
  box.add(w.at(w.length_m));
  return box;
}

namespace {

constexpr size_t kCacheLine = 64;
void prefetch(const void* of, size_t byte) { __builtin_prefetch(static_cast<const char*>(of) + byte); }

}  // namespace

MeetingFinder::MeetingFinder(const PreparedScene& scene, const EdgeOptions& options, const SequenceTree& source,
                             const std::vector<LitWedge>& lit)
    : scene_(scene), options_(options), source_(source), looks_(scene, source, options.opaque) {
  constexpr size_t kBlock = 64;
  lit_.resize(lit.size());
  runtime::parallel_for(int64_t((lit.size() + kBlock - 1) / kBlock), 0, [&](int64_t block) {
    for (size_t i = size_t(block) * kBlock; i < std::min(lit.size(), size_t(block + 1) * kBlock); ++i) {
      const Wedge& w = scene.wedges()[size_t(lit[i].wedge)];
      const SequenceNode& node = source.nodes()[size_t(lit[i].node)];
      const Side side = side_of(w, node.image_m);
      const EdgeLooks::Seen seen = seen_reach(looks_, lit[i].node, w, side);
      const Known passes = lit[i].node == 0 ? may_pass_corner(w, node.image_m, Reach{seen.lo, seen.hi}) : Known::kYes;
      lit_[i] = {w.a, w.direction, w.length_m, w.inset_m, side, seen, lit[i].node, node.depth, lit[i].wedge, passes};
    }
  });
  for (int after = 0; after < options.max_depth; ++after) by_depth_.push_back(reached(after));
}

std::vector<Meeting> MeetingFinder::find(const SequenceTree& target) const {
  std::vector<int32_t> from;
  for (size_t n = 0; n < target.nodes().size(); ++n) {
    const SequenceNode& node = target.nodes()[n];
    if (node.depth < options_.max_depth && node.num_wedges == 0 && (n == 0 || options_.reflection))
      from.push_back(int32_t(n));
  }
  constexpr size_t kBlock = 16;
  const auto num_blocks = int64_t((from.size() + kBlock - 1) / kBlock);
  std::vector<std::vector<Meeting>> parts(static_cast<size_t>(num_blocks));
  runtime::parallel_for(num_blocks, 0, [&](int64_t block) {
    Walk walk(scene_, target, options_);
    const auto first = size_t(block) * kBlock;
    for (size_t i = first; i < std::min(from.size(), first + kBlock); ++i) find(from[i], walk, parts[size_t(block)]);
  });
  std::vector<Meeting> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

MeetingFinder::Reached MeetingFinder::reached(int after) const {
  Reached all;
  std::vector<LitLines::Line> lines;
  std::vector<FirstEdges::Line> firsts;
  for (size_t i = 0; i < lit_.size(); ++i) {
    const Lit& l = lit_[i];
    if (l.depth + 1 + after > options_.max_depth || l.seen.lo > l.seen.hi) continue;
    const Wedge& w = scene_.wedges()[size_t(l.wedge)];
    if (after > 0 && options_.max_diffractions > 1) {
      const bool any_side = options_.opaque && has_inside(w, *options_.opaque);
      firsts.push_back({w.a, w.direction, w.length_m, w.n0, w.nn, any_side, l.side.along, l.side.off, l.seen.lo,
                        l.seen.hi, uint32_t(i)});
    }
    if (l.passes == Known::kNo && !options_.exhaustive) continue;
    const bool is_seen_behind =
        !past_corner(w, options_.opaque) ||
        std::any_of(w.turns.begin(), w.turns.end(), [](auto& t) { return t.face_0 || t.face_n; });
    lines.push_back({w.a, w.direction, w.length_m, looked_within_m(w), w.n0, w.nn, is_seen_behind, l.side.along,
                     l.side.off, l.seen.lo, l.seen.hi, box_of(w), uint32_t(i)});
  }
  all.lines = LitLines(lines);
  all.firsts = FirstEdges(firsts, scene_.seam_tolerance_m());
  return all;
}

void MeetingFinder::find(int32_t node, Walk& walk, std::vector<Meeting>& out) const {
  const Reached& among = by_depth_[size_t(walk.target.nodes()[size_t(node)].depth)];
  const Vec3d& image_m = walk.target.nodes()[size_t(node)].image_m;
  walk.sight.look_along(node);
  walk.memory.forget();
  walk.wedge = -1;
  walk.touched.clear();
  const int32_t mirror = walk.target.nodes()[size_t(node)].surface.index;  // -1: none
  walk.shadows.clear();
  if (!options_.exhaustive && !options_.opaque) obstacles_.shadows(scene_, image_m, mirror, walk.shadows);
  if (options_.exhaustive) return among.lines.visit_all([&](uint32_t lit) { meet({lit, 0}, node, walk, out); });
  const LitLines::Ask ask{image_m, walk.sight.cones(), node == 0, options_.opaque ? nullptr : &walk.shadows};
  constexpr size_t kAhead = 16;
  among.lines.visit(ask, [&](uint32_t lit) {
    // What is next is fetched before it is asked for: the edges are too many for the near caches.
    for (size_t byte = 0; byte < sizeof(Lit); byte += kCacheLine) prefetch(&lit_[lit], byte);
    walk.touched.push_back({lit, 0});
    if (walk.touched.size() == kAhead) meet_touched(node, walk, out);
  });
  meet_touched(node, walk, out);
  if (ask.shadows) obstacles_.keep(scene_, mirror, walk.memory.found, walk.shadows);
}

void MeetingFinder::meet_touched(int32_t node, Walk& walk, std::vector<Meeting>& out) const {
  const SequenceNode& target = walk.target.nodes()[size_t(node)];
  std::erase_if(walk.touched, [&](Touched& at) {
    const Lit& lit = lit_[at.lit];
    if (!touches(lit, side_of(lit.a, lit.direction, target.image_m), at.t)) return true;
    if (!through(walk.target, node, lit.nearest(at.t), lit.inset_m)) return true;
    for (size_t byte = 0; byte < sizeof(Wedge); byte += kCacheLine) prefetch(&scene_.wedges()[size_t(lit.wedge)], byte);
    return false;
  });
  const size_t known = walk.memory.found.size();
  for (const Touched& at : walk.touched) meet(at, node, walk, out);
  walk.touched.clear();
  for (size_t i = known; i < walk.memory.found.size(); ++i) {
    const auto shadow = shadow_of(scene_, walk.memory.found[i], target.image_m, target.surface.index);
    if (shadow) walk.shadows.push_back(*shadow);
  }
}

void MeetingFinder::meet(const Touched& touched, int32_t node, Walk& walk, std::vector<Meeting>& out) const {
  const Lit& lit = lit_[touched.lit];
  const double t = touched.t;
  const SequenceNode& target = walk.target.nodes()[size_t(node)];
  const Wedge& w = scene_.wedges()[size_t(lit.wedge)];
  if (lit.wedge != walk.wedge)
    walk.wedge = lit.wedge, walk.memory.ends = {}, walk.asked = false, walk.corners.fill(Known::kPerhaps);
  if (!options_.exhaustive) {
    if (node == 0 || lit.passes == Known::kPerhaps) {
      const Way way{t, lit.side, side_of(w, target.image_m)};
      const auto from_target = [&](bool at_end) { return is_seen_over(w, at_end, walk); };
      const auto from_source = [](bool) { return true; };  // those that the source does not see are not lit
      if (node == 0 && !may_pass_corner(w, target.image_m, way, from_target)) return;
      if (lit.passes == Known::kPerhaps && !may_pass_corner(w, source_.nodes()[0].image_m, way, from_source)) return;
    }
    if (!through(source_, lit.node, lit.nearest(t), w.inset_m)) return;
    if (!may_arrive(w, target, walk) || is_hidden(w, t, lit, node, walk)) return;
  }
  if (may_arrive(w, target, walk)) out.push_back({lit.node, lit.wedge, node});
}

bool MeetingFinder::is_hidden(const Wedge& w, double t, const Lit& lit, int32_t node, Walk& walk) const {
  return EdgeLooks::all_tries(EdgeLooks::is_past_end(w, t), [&](EdgeLooks::Try which) {
    // what is known first, then what is remembered, then what must be searched for
    const auto source_hides = [&] { return looks_.hide(lit.node, t, which, w, lit.seen); };
    const bool is_known = lit.seen.ends_known && EdgeLooks::is_past_end(w, t);
    if (is_known && source_hides()) return true;
    return walk.looks.hide(node, t, which, w, walk.memory) || (!is_known && source_hides());
  });
}

MeetingFinder::Reach MeetingFinder::reach_of(const Wedge& w, const Side& end) const {
  const double most = 1.01 * kEdgeReach * kEdgeReach * options_.wavelength_m / (2 * kPi);
  // How much longer is the way to the edge's end than the way to a place beyond it, continued in its direction? What is
  // on the other side of the edge only adds to that (is_near), and it grows with the distance r beyond:
  // d - (d^2 + x r) / e, from the image d to the end, e to the place, x the part of d along the edge.
  const auto reach = [&](double x) {
    const double d = std::hypot(x, end.off), less = d - most, a = less * less - x * x, q = most * (d + less);
    if (!(less > 0 && a > 0)) return std::numeric_limits<double>::infinity();
    return (x * q + std::sqrt(q * (x * x * q + a * d * d))) / a;
  };
  return {-reach(end.along), w.length_m + reach(w.length_m - end.along)};
}

EdgeLooks::Seen MeetingFinder::seen_reach(const EdgeLooks& looks, int32_t node, const Wedge& w, const Side& end) const {
  if (options_.exhaustive) return {};
  const Reach reach = reach_of(w, end);
  constexpr int64_t kMany = 4;  // what looking at eighths of edges costs, each of so many targets spares
  if (options_.num_targets < kMany && options_.max_diffractions < 2) return {reach.lo, reach.hi};
  return looks.seen_part(node, w, reach.lo, reach.hi);
}

bool MeetingFinder::touches(const Lit& lit, const Side& b, double& t) const {
  const Side& a = lit.side;
  const double off = a.off + b.off;
  t = off > 0 ? (a.along * b.off + b.along * a.off) / off : 0.5 * (a.along + b.along);
  if (!lit.seen.may_be_at(t, lit.length_m)) return false;
  const double slack = 1e-9 * (lit.length_m + std::abs(a.along) + std::abs(b.along) + off);
  if (t >= -slack && t <= lit.length_m + slack) return true;
  if (!(off > slack)) return true;  // in line with the edge
  const double before = std::sqrt(a.off * a.off + (t - a.along) * (t - a.along)),
               after = std::sqrt(b.off * b.off + (b.along - t) * (b.along - t));
  return is_near(lit.length_m, t, before, after, (t - a.along) / before);
}

bool MeetingFinder::is_near(double length_m, double t, double before, double after, double cosine) const {
  const double end = t < 0 ? -t : t > length_m ? length_m - t : 0;
  if (end == 0) return true;
  const double excess = excess_length(before, after, cosine, end) * end * end;
  return !(2 * kPi / options_.wavelength_m * excess >= 1.01 * kEdgeReach * kEdgeReach);
}

bool MeetingFinder::through(const SequenceTree& tree, int32_t node, Vec3d at, double inset_m) const {
  for (; node != 0; node = tree.nodes()[size_t(node)].parent) {
    const SequenceNode& n = tree.nodes()[size_t(node)];
    const scene::Facet& f = scene_.facets().facets[size_t(n.surface.index)];
    const double behind = dot(f.normal, n.image_m) - f.offset, beside = dot(f.normal, at) - f.offset;
    const double slack = 4 * inset_m + 1e-9 * norm(at - n.image_m);
    if (std::abs(behind) <= slack) return true;  // in the mirror's plane: it may count as standing on either side
    if (behind > 0 ? beside > slack : beside < -slack) return false;
    at = n.image_m + (behind / (behind - beside)) * (at - n.image_m);
    const Vec2d uv = scene_.facets().to_uv(f, at);
    if (uv.x < f.mirror_min_uv.x - slack || uv.x > f.mirror_max_uv.x + slack || uv.y < f.mirror_min_uv.y - slack ||
        uv.y > f.mirror_max_uv.y + slack) {
      return false;
    }
  }
  return true;
}

template <class Seen>
bool MeetingFinder::may_pass_corner(const Wedge& w, const Vec3d& end_m, const Way& way, Seen&& seen) const {
  if (!is_behind(w, end_m, way.t)) return true;
  const double before = std::hypot(way.source.off, way.t - way.source.along),
               after = std::hypot(way.target.off, way.target.along - way.t),
               wavenumber = 2 * kPi / options_.wavelength_m,
               distance_m = way.source.off * way.target.off / (before + after);
  if (!(before > 0 && after > 0)) return true;
  for (const bool at_end : {false, true}) {  // does the point stand for this corner?
    const double along = at_end ? w.length_m - way.t : -way.t;
    const double excess = excess_length(before, after, (way.t - way.source.along) / before, along) * along * along;
    if (!(at_end ? along < 0 : along > 0) && wavenumber * excess >= 1.01 * kEdgeFade * kEdgeFade) continue;
    if (sees_corner(w, end_m, at_end, distance_m) && seen(at_end)) return true;
  }
  return false;
}

MeetingFinder::Known MeetingFinder::may_pass_corner(const Wedge& w, const Vec3d& end_m, const Reach& within) const {
  const Vec3d v = end_m - w.a;
  if (std::max(dot(v, w.n0), dot(v, w.nn)) >= 0) return Known::kYes;
  if (sees_corner(w, end_m, false, 0) || sees_corner(w, end_m, true, 0)) return Known::kPerhaps;
  const bool is_bounded = within.hi - within.lo < std::numeric_limits<double>::infinity();
  return is_bounded && is_behind(w, end_m, within.lo) && is_behind(w, end_m, within.hi) ? Known::kNo : Known::kPerhaps;
}

/// Behind both faces of a place on the edge's line, beyond rounding?
bool MeetingFinder::is_behind(const Wedge& w, const Vec3d& end_m, double t) const {
  if (!past_corner(w, options_.opaque)) return false;
  const Vec3d v = end_m - w.at(t);
  return std::max(dot(v, w.n0), dot(v, w.nn)) < -kClear * norm(v);
}

bool MeetingFinder::sees_corner(const Wedge& w, const Vec3d& end_m, bool at_end, double distance_m) const {
  const auto is_near = [&](int32_t over) {
    if (over < 0) return true;
    using path_field_detail::over_height;
    const double height = height_over(scene_.facets(), w, at_end, over, end_m),
                 most_m = norm(end_m - w.at(at_end ? w.length_m : 0)), wavenumber = 2 * kPi / options_.wavelength_m;
    return over_height(wavenumber * most_m, height, most_m) > -1.01 * kMostOver &&
           over_height(wavenumber * distance_m, height, most_m) > -1.01 * kOverReach;
  };
  const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
  return (turns.face_0 && is_near(turns.over_0)) || (turns.face_n && is_near(turns.over_n));
}

bool MeetingFinder::is_seen_over(const Wedge& w, bool at_end, Walk& walk) const {
  Known& known = walk.corners[at_end ? 1 : 0];
  if (known != Known::kPerhaps || options_.opaque) return known != Known::kNo;
  const Vec3d &p = walk.target.nodes()[0].image_m, at = w.at(at_end ? w.length_m + w.inset_m : -w.inset_m);
  const RayQueries& queries = scene_.queries();
  const auto is_open = [&](int32_t over) {  // as Refiner::keep_visible_face()
    const Vec3d from = over < 0 ? p : lifted_over(scene_.facets(), w, at_end, over, p);
    return !queries.occluded(from, at, {}, EndFacets::at_edge(w), kClear) &&
           (from == p || !queries.occluded(p, from, {}, {}, kClear));
  };
  const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
  const bool is_seen = (turns.face_0 && is_open(turns.over_0)) || (turns.face_n && is_open(turns.over_n));
  known = is_seen ? Known::kYes : Known::kNo;
  return is_seen;
}

bool MeetingFinder::may_arrive(const Wedge& w, const SequenceNode& target, Walk& walk) const {
  if (walk.asked) return walk.may_arrive;
  walk.asked = true;
  return walk.may_arrive = may_arrive(w, target);
}

bool MeetingFinder::may_arrive(const Wedge& w, const SequenceNode& target) const {
  const bool direct = target.surface.is_none();
  if (!in_reach(w, target.image_m, options_.opaque) && !(direct && past_corner(w, options_.opaque))) return false;
  return direct || !holds_edge(scene_.facets(), scene_.queries(), w, target.surface.index, scene_.seam_tolerance_m());
}

}  // namespace raywave::paths
