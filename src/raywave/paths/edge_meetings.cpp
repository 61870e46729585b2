// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_meetings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/paths/corners.h"
#include "raywave/paths/edge_field.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

/// Of a segment and of a triangle (RayQueries::occluded), and rad off a face: clear of rounding, in scenes of any size.
constexpr double kClear = 1e-6;

bool is_inside(const Wedge& w, double t) { return t >= w.inset_m && t <= w.length_m - w.inset_m; }

/// Does a direction run off the planes of both faces?
bool off_faces(const Wedge& w, const Vec3d& direction) {
  const double least = kClear * norm(direction);
  return std::abs(dot(direction, w.n0)) > least && std::abs(dot(direction, w.nn)) > least;
}

}  // namespace

bool in_reach(const Wedge& w, const Vec3d& p, const std::vector<uint8_t>* opaque) {
  if (opaque && has_inside(w, *opaque)) return true;
  const double phi = azimuth(w, p);
  return phi <= w.exterior_angle_rad + 1e-6 || phi >= 2 * kPi - 1e-6;  // on a face: outside, either side of rounding
}

bool past_corner(const Wedge& w, const std::vector<uint8_t>* opaque) { return !opaque && w.facet0 != w.facet_n; }

bool may_face(const PreparedScene& scene, const EdgeOptions& options, int32_t i, int32_t j) {
  const Wedge &w = scene.wedges()[size_t(i)], &v = scene.wedges()[size_t(j)];
  // The inside of a wedge is convex. Over a seam, or by rounding, the other edge may lie a little behind a face.
  const auto sees = [&](const Wedge& x, const Wedge& y) {
    if (options.opaque && has_inside(x, *options.opaque)) return true;
    const Vec3d ends[2] = {y.a - x.a, y.at(y.length_m) - x.a};
    return std::any_of(std::begin(ends), std::end(ends), [&](const Vec3d& p) {
      return std::max(dot(p, x.n0), dot(p, x.nn)) >= -scene.seam_tolerance_m() - kClear * norm(p);
    });
  };
  return sees(w, v) && sees(v, w);
}

Box box_of(const Wedge& w) {
  Box box;
  box.add(w.a);
  box.add(w.at(w.length_m));
  return box;
}

MeetingFinder::MeetingFinder(const PreparedScene& scene, const EdgeOptions& options, const SequenceTree& source,
                             const std::vector<LitWedge>& lit)
    : scene_(scene), options_(options), source_(source), begin_(scene.wedges().size() + 1, 0) {
  lit_.reserve(lit.size());
  for (const LitWedge& l : lit) {
    const Wedge& w = scene.wedges()[size_t(l.wedge)];
    const SequenceNode& node = source.nodes()[size_t(l.node)];
    const Side side = side_of(w, node.image_m);
    lit_.push_back({side, reach_of(w, side), l.node, node.depth});
    ++begin_[size_t(l.wedge) + 1];
  }
  for (size_t w = 0; w + 1 < begin_.size(); ++w) begin_[w + 1] += begin_[w];
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
    EdgeSight sight(scene_, target, options_.max_depth, options_.opaque);
    const auto first = size_t(block) * kBlock;
    for (size_t i = first; i < std::min(from.size(), first + kBlock); ++i)
      find(target, from[i], sight, parts[size_t(block)]);
  });
  std::vector<Meeting> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<Meeting> MeetingFinder::find_over_two(const SequenceTree& target, const std::vector<LitWedge>& seen) const {
  std::vector<size_t> begin;  // of each wedge's
  for (size_t i = 0; i < seen.size(); ++i) {
    if (i == 0 || seen[i].wedge != seen[i - 1].wedge) begin.push_back(i);
  }
  begin.push_back(seen.size());
  const auto num_wedges = int64_t(begin.size()) - 1;
  std::vector<std::vector<Meeting>> parts(static_cast<size_t>(num_wedges));
  runtime::parallel_for(num_wedges, 0, [&](int64_t w) {
    const std::vector<int32_t> among = faced(seen[begin[size_t(w)]].wedge);
    for (size_t i = begin[size_t(w)]; i < begin[size_t(w) + 1]; ++i)
      meet_over_two(target, seen[i], among, parts[size_t(w)]);
  });
  std::vector<Meeting> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

MeetingFinder::Reached MeetingFinder::reached(int after) const {
  std::vector<Reached::Line> lines;
  std::vector<Box> boxes;
  for (size_t w = 0; w + 1 < begin_.size(); ++w) {
    const auto fits = [&](const Lit& l) { return l.depth + 1 + after <= options_.max_depth; };
    if (!std::any_of(lit_.begin() + begin_[w], lit_.begin() + begin_[w + 1], fits)) continue;
    const Wedge& wedge = scene_.wedges()[w];
    lines.push_back({int32_t(w), begin_[w], begin_[w + 1], wedge.a, wedge.direction});
    boxes.push_back(box_of(wedge));
  }
  return {std::move(lines), BoxTree(std::move(boxes))};
}

void MeetingFinder::find(const SequenceTree& target, int32_t node, EdgeSight& sight, std::vector<Meeting>& out) const {
  const Reached& among = by_depth_[size_t(target.nodes()[size_t(node)].depth)];
  if (node == 0) {
    for (const Reached::Line& line : among.lines) meet(line, target, node, out);
    return;
  }
  sight.look_along(node);
  among.boxes.visit([&](const Box& b) { return options_.exhaustive || sight.may_reach(b.lo, b.hi); },
                    [&](uint32_t i) { meet(among.lines[i], target, node, out); });
}

void MeetingFinder::meet(const Reached::Line& line, const SequenceTree& tree, int32_t node,
                         std::vector<Meeting>& out) const {
  const SequenceNode& target = tree.nodes()[size_t(node)];
  const Wedge& w = scene_.wedges()[size_t(line.wedge)];
  const Side there = side_of(line.a, line.direction, target.image_m);
  bool decided = false;  // what depends on the target alone
  for (uint32_t i = line.lit_begin; i < line.lit_end; ++i) {
    const Lit& lit = lit_[i];
    if (lit.depth + 1 + target.depth > options_.max_depth) continue;
    double t = 0;
    if (!options_.exhaustive) {
      if (!touches(w, lit, there, t)) continue;
      const Vec3d at = w.at(std::clamp(t, 0.0, w.length_m));
      if (!through(source_, lit.node, at, w) || !through(tree, node, at, w)) continue;
      if (hidden(tree, node, t, w)) continue;
    }
    if (!decided && !may_arrive(w, target)) return;
    decided = true;
    out.push_back({lit.node, line.wedge, node});
  }
}

std::vector<int32_t> MeetingFinder::faced(int32_t wedge) const {
  std::vector<int32_t> found;
  if (by_depth_.size() < 2) return found;
  for (const Reached::Line& other : by_depth_[1].lines) {
    if (other.wedge != wedge && may_face(scene_, options_, other.wedge, wedge)) found.push_back(other.wedge);
  }
  return found;
}

void MeetingFinder::meet_over_two(const SequenceTree& target, const LitWedge& seen, const std::vector<int32_t>& among,
                                  std::vector<Meeting>& out) const {
  const SequenceNode& from = target.nodes()[size_t(seen.node)];
  const int room = options_.max_depth - 2 - from.depth;  // for the source's mirrors
  const Wedge& v = scene_.wedges()[size_t(seen.wedge)];
  const Side there = side_of(v, from.image_m);
  const Reach reach = options_.exhaustive ? Reach{} : reach_of(v, there);
  for (const int32_t wedge : among) {
    for (uint32_t i = begin_[size_t(wedge)]; i < begin_[size_t(wedge) + 1]; ++i) {
      const Lit& lit = lit_[i];
      if (lit.depth > room) continue;
      if (options_.exhaustive || may_go_over(lit, scene_.wedges()[size_t(wedge)], target, seen, there, reach))
        out.push_back({lit.node, wedge, seen.node, seen.wedge});
    }
  }
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

MeetingFinder::Reach MeetingFinder::touched_from(const Wedge& w, const Side& end, const Wedge& other,
                                                 const Reach& within) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Reach bounds{-kInfinity, kInfinity};
  if (!(within.hi - within.lo < kInfinity) || !(end.off > 0)) return bounds;
  const Side a = side_of(w, other.at(within.lo)), b = side_of(w, other.at(within.hi)),
             middle = side_of(w, other.at(0.5 * (within.lo + within.hi)));
  const double offs[2] = {std::max(0.0, middle.off - 0.5 * (within.hi - within.lo)), std::max(a.off, b.off)};
  std::swap(bounds.lo, bounds.hi);
  for (const double along : {a.along, b.along}) {  // it is monotonous in both
    for (const double off : offs) {
      const double t = (end.along * off + along * end.off) / (end.off + off);
      bounds = {std::min(bounds.lo, t), std::max(bounds.hi, t)};
    }
  }
  return bounds;
}

bool MeetingFinder::may_go_over(const Lit& lit, const Wedge& w, const SequenceTree& target, const LitWedge& seen,
                                const Side& there, const Reach& reach) const {
  const Wedge& v = scene_.wedges()[size_t(seen.wedge)];
  const Reach on_w = touched_from(w, lit.side, v, reach);
  if (on_w.hi < lit.reach.lo || on_w.lo > lit.reach.hi) return false;
  const Reach on_v = touched_from(v, there, w, lit.reach);
  if (on_v.hi < reach.lo || on_v.lo > reach.hi) return false;
  const unfold_detail::EdgeChain<double> way{source_.nodes()[size_t(lit.node)].image_m,
                                             target.nodes()[size_t(seen.node)].image_m,
                                             2,
                                             {{{w.a, w.direction}, {v.a, v.direction}}}};
  std::array<double, kMostEdges> t{};
  t[1] = 0.5 * v.length_m;
  if (!unfold_detail::solve(way, t.data())) return true;
  const Vec3d p = w.at(t[0]), q = v.at(t[1]);
  const double legs[3] = {norm(p - way.s), norm(q - p), norm(way.p - q)};
  if (!(legs[0] > 0 && legs[1] > 0)) return true;
  if (!is_near(w, t[0], legs[0], legs[1] + legs[2], dot(p - way.s, w.direction) / legs[0])) return false;
  if (!is_near(v, t[1], legs[0] + legs[1], legs[2], dot(q - p, v.direction) / legs[1])) return false;
  return through(source_, lit.node, w.at(std::clamp(t[0], 0.0, w.length_m)), w) &&
         through(target, seen.node, v.at(std::clamp(t[1], 0.0, v.length_m)), v) && !hidden_between(w, t[0], v, t[1]) &&
         !hidden(target, seen.node, t[1], v);
}

bool MeetingFinder::touches(const Wedge& w, const Lit& lit, const Side& b, double& t) const {
  const Side& a = lit.side;
  const double off = a.off + b.off;
  t = off > 0 ? (a.along * b.off + b.along * a.off) / off : 0.5 * (a.along + b.along);
  if (t < lit.reach.lo || t > lit.reach.hi) return false;
  const double slack = 1e-9 * (w.length_m + std::abs(a.along) + std::abs(b.along) + off);
  if (t >= -slack && t <= w.length_m + slack) return true;
  if (!(off > slack)) return true;  // in line with the edge
  const double before = std::sqrt(a.off * a.off + (t - a.along) * (t - a.along)),
               after = std::sqrt(b.off * b.off + (b.along - t) * (b.along - t));
  return is_near(w, t, before, after, (t - a.along) / before);
}

bool MeetingFinder::is_near(const Wedge& w, double t, double before, double after, double cosine) const {
  const double end = t < 0 ? -t : t > w.length_m ? w.length_m - t : 0;
  if (end == 0) return true;
  const double excess = excess_length(before, after, cosine, end) * end * end;
  return !(2 * kPi / options_.wavelength_m * excess >= 1.01 * kEdgeReach * kEdgeReach);
}

bool MeetingFinder::through(const SequenceTree& tree, int32_t node, Vec3d at, const Wedge& w) const {
  for (; node != 0; node = tree.nodes()[size_t(node)].parent) {
    const SequenceNode& n = tree.nodes()[size_t(node)];
    const scene::Facet& f = scene_.facets().facets[size_t(n.surface.index)];
    const double behind = dot(f.normal, n.image_m) - f.offset, beside = dot(f.normal, at) - f.offset;
    const double slack = 4 * w.inset_m + 1e-9 * norm(at - n.image_m);
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

bool MeetingFinder::hidden(const SequenceTree& tree, int32_t node, double t, const Wedge& w) const {
  if (options_.opaque || !is_inside(w, t)) return false;
  Vec3d at = w.at(t);
  const Vec3d& end = tree.nodes()[0].image_m;
  if (node == 0 && !(off_faces(w, end - at) && std::max(dot(end - at, w.n0), dot(end - at, w.nn)) > 0)) return false;
  const RayQueries& queries = scene_.queries();
  EndFacets beside = EndFacets::at_edge(w);
  for (; node != 0; node = tree.nodes()[size_t(node)].parent) {
    const SequenceNode& n = tree.nodes()[size_t(node)];
    const double image = scene_.facets().distance(n.surface.index, n.image_m),
                 here = scene_.facets().distance(n.surface.index, at);
    if (!(image * here < 0)) return false;
    const Vec3d on = at + (here / (here - image)) * (n.image_m - at);
    if (queries.occluded(at, on, beside, n.surface.index, kClear)) return true;
    at = on;
    beside = n.surface.index;
  }
  return queries.occluded(at, end, beside, {}, kClear);
}

bool MeetingFinder::hidden_between(const Wedge& w, double t, const Wedge& v, double u) const {
  if (options_.opaque || !is_inside(w, t) || !is_inside(v, u)) return false;
  const Vec3d a = w.at(t), b = v.at(u);
  return off_faces(w, b - a) && off_faces(v, b - a) &&
         scene_.queries().occluded(a, b, EndFacets::at_edge(w), EndFacets::at_edge(v), kClear);
}

bool MeetingFinder::may_arrive(const Wedge& w, const SequenceNode& target) const {
  const bool direct = target.surface.is_none();
  if (!in_reach(w, target.image_m, options_.opaque) && !(direct && past_corner(w, options_.opaque))) return false;
  return direct || !holds_edge(scene_.facets(), scene_.queries(), w, target.surface.index, scene_.seam_tolerance_m());
}

}  // namespace raywave::paths
