// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_meetings.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/paths/corners.h"
#include "raywave/paths/edge_field.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {

bool in_reach(const Wedge& w, const Vec3d& p, const std::vector<uint8_t>* opaque) {
  if (opaque && has_inside(w, *opaque)) return true;
  const double phi = azimuth(w, p);
  return phi <= w.exterior_angle_rad + 1e-6 || phi >= 2 * kPi - 1e-6;  // on a face: outside, either side of rounding
}

bool past_corner(const Wedge& w, const std::vector<uint8_t>* opaque) { return !opaque && w.facet0 != w.facet_n; }

bool may_face(const PreparedScene& scene, const EdgeOptions& options, int32_t i, int32_t j) {
  const Wedge &w = scene.wedges()[size_t(i)], &v = scene.wedges()[size_t(j)];
  // The inside of a wedge is convex. Over a seam the other edge may lie a little behind the face that they share.
  const auto outside = [&](const Wedge& x, const Vec3d& p) {
    const double c = std::cos(x.exterior_angle_rad), s = std::sin(x.exterior_angle_rad);
    const double above = std::max(dot(p - x.a, x.n0), dot(p - x.a, s * x.t0 - c * x.n0));
    return above >= -scene.seam_tolerance_m() || in_reach(x, p, options.opaque);
  };
  const auto sees = [&](const Wedge& x, const Wedge& y) { return outside(x, y.a) || outside(x, y.at(y.length_m)); };
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
    : scene_(scene), options_(options), source_(source), lit_(lit), begin_(scene.wedges().size() + 1, 0) {
  for (const LitWedge& l : lit_) {
    const Wedge& w = scene.wedges()[size_t(l.wedge)];
    sides_.push_back(side_of(w, source.nodes()[size_t(l.node)].image_m));
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
  constexpr size_t kBlock = 4;
  const auto num_blocks = int64_t((seen.size() + kBlock - 1) / kBlock);
  std::vector<std::vector<Meeting>> parts(static_cast<size_t>(num_blocks));
  runtime::parallel_for(num_blocks, 0, [&](int64_t block) {
    const auto first = size_t(block) * kBlock;
    for (size_t i = first; i < std::min(seen.size(), first + kBlock); ++i)
      meet_over_two(target, seen[i], parts[size_t(block)]);
  });
  std::vector<Meeting> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

MeetingFinder::Reached MeetingFinder::reached(int after) const {
  std::vector<int32_t> wedges;
  for (const LitWedge& l : lit_) {
    const bool fits = source_.nodes()[size_t(l.node)].depth + 1 + after <= options_.max_depth;
    if (fits && (wedges.empty() || wedges.back() != l.wedge)) wedges.push_back(l.wedge);
  }
  std::vector<Box> boxes;
  for (const int32_t w : wedges) boxes.push_back(box_of(scene_.wedges()[size_t(w)]));
  return {std::move(wedges), BoxTree(std::move(boxes))};
}

void MeetingFinder::find(const SequenceTree& target, int32_t node, EdgeSight& sight, std::vector<Meeting>& out) const {
  const Reached& among = by_depth_[size_t(target.nodes()[size_t(node)].depth)];
  if (node == 0) {
    for (const int32_t w : among.wedges) meet(w, target, node, out);
    return;
  }
  sight.look_along(node);
  among.boxes.visit([&](const Box& b) { return options_.exhaustive || sight.may_reach(b.lo, b.hi); },
                    [&](uint32_t i) { meet(among.wedges[i], target, node, out); });
}

void MeetingFinder::meet(int32_t wedge, const SequenceTree& tree, int32_t node, std::vector<Meeting>& out) const {
  const SequenceNode& target = tree.nodes()[size_t(node)];
  const Wedge& w = scene_.wedges()[size_t(wedge)];
  const Side there = side_of(w, target.image_m);
  bool decided = false;  // what depends on the target alone
  for (uint32_t i = begin_[size_t(wedge)]; i < begin_[size_t(wedge) + 1]; ++i) {
    const SequenceNode& source = source_.nodes()[size_t(lit_[i].node)];
    if (source.depth + 1 + target.depth > options_.max_depth) continue;
    double t = 0;
    if (!options_.exhaustive) {
      if (!touches(w, sides_[i], there, t)) continue;
      const Vec3d at = w.at(std::clamp(t, 0.0, w.length_m));
      if (!through(source_, lit_[i].node, at, w) || !through(tree, node, at, w)) continue;
    }
    if (!decided && !may_arrive(w, target)) return;
    decided = true;
    out.push_back({lit_[i].node, wedge, node});
  }
}

void MeetingFinder::meet_over_two(const SequenceTree& target, const LitWedge& seen, std::vector<Meeting>& out) const {
  const int room = options_.max_depth - 2 - target.nodes()[size_t(seen.node)].depth;  // for the source's mirrors
  const auto fits = [&](uint32_t i) { return source_.nodes()[size_t(lit_[i].node)].depth <= room; };
  for (uint32_t i = 0, end; i < lit_.size(); i = end) {
    const int32_t wedge = lit_[i].wedge;
    end = begin_[size_t(wedge) + 1];
    while (i < end && !fits(i)) ++i;
    if (i == end || wedge == seen.wedge || !may_face(scene_, options_, wedge, seen.wedge)) continue;
    for (; i < end; ++i) {
      if (fits(i) && (options_.exhaustive || may_go_over(lit_[i], target, seen)))
        out.push_back({lit_[i].node, wedge, seen.node, seen.wedge});
    }
  }
}

bool MeetingFinder::may_go_over(const LitWedge& lit, const SequenceTree& target, const LitWedge& seen) const {
  const Wedge &w = scene_.wedges()[size_t(lit.wedge)], &v = scene_.wedges()[size_t(seen.wedge)];
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
         through(target, seen.node, v.at(std::clamp(t[1], 0.0, v.length_m)), v);
}

bool MeetingFinder::touches(const Wedge& w, const Side& a, const Side& b, double& t) const {
  const double off = a.off + b.off;
  t = off > 0 ? (a.along * b.off + b.along * a.off) / off : 0.5 * (a.along + b.along);
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

bool MeetingFinder::may_arrive(const Wedge& w, const SequenceNode& target) const {
  const bool direct = target.surface.is_none();
  if (!in_reach(w, target.image_m, options_.opaque) && !(direct && past_corner(w, options_.opaque))) return false;
  return direct || !holds_edge(scene_.facets(), scene_.queries(), w, target.surface.index, scene_.seam_tolerance_m());
}

}  // namespace raywave::paths
