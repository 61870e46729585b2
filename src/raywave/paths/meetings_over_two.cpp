// SPDX-License-Identifier: Apache-2.0
// Meetings over two edges.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "raywave/paths/edge_meetings.h"
#include "raywave/paths/unfold.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {

std::vector<Meeting> MeetingFinder::find_over_two(const SequenceTree& target, const std::vector<LitWedge>& seen) const {
  const EdgeLooks looks(scene_, target, options_.opaque);
  const auto wedge_of = [&](const LitWedge& l) -> const Wedge& { return scene_.wedges()[size_t(l.wedge)]; };
  std::vector<Second> all_seconds(seen.size());
  runtime::parallel_for(int64_t(seen.size()), 0, [&](int64_t i) {
    const LitWedge& at = seen[size_t(i)];
    const Wedge& v = wedge_of(at);
    const SequenceNode& node = target.nodes()[size_t(at.node)];
    const Side side = side_of(v, node.image_m);
    all_seconds[size_t(i)] = {
        &target, &looks, &v, at, facing_of(v, options_), side, seen_reach(looks, at.node, v, side)};
  });
  std::erase_if(all_seconds, [](const Second& s) { return s.seen.lo > s.seen.hi; });
  std::stable_sort(all_seconds.begin(), all_seconds.end(),
                   [](const Second& x, const Second& y) { return x.image().depth < y.image().depth; });
  std::vector<std::span<const Second>> blocks;  // of one depth
  constexpr size_t kBlock = 16;
  for (size_t i = 0; i < all_seconds.size();) {
    const size_t begin = i++;
    while (i < all_seconds.size() && i < begin + kBlock &&
           all_seconds[i].image().depth == all_seconds[begin].image().depth)
      ++i;
    blocks.emplace_back(all_seconds.data() + begin, i - begin);
  }
  std::vector<std::vector<Meeting>> parts(blocks.size());
  runtime::parallel_for(int64_t(blocks.size()), 0,
                        [&](int64_t b) { meet_over_two(blocks[size_t(b)], parts[size_t(b)]); });
  std::vector<Meeting> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

void MeetingFinder::meet_over_two(std::span<const Second> seconds, std::vector<Meeting>& out) const {
  const int depth = seconds[0].image().depth;
  if (size_t(depth) + 1 >= by_depth_.size()) return;  // no room for a first one
  struct Pair {
    int32_t wedge = -1;  // the first one
    bool may_face = false;
    Across there{};  // the second one, seen from it
  };
  std::vector<Pair> pairs(seconds.size());  // the last ones
  const auto look = [&](size_t s, uint32_t i) {
    const Second& second = seconds[s];
    const Lit& lit = lit_[i];
    const Wedge& w = scene_.wedges()[size_t(lit.wedge)];
    Pair& pair = pairs[s];
    if (pair.wedge != lit.wedge) {
      pair = {lit.wedge, lit.wedge != second.at.wedge &&
                             may_face(second.facing, facing_of(w, options_), scene_.seam_tolerance_m())};
      if (pair.may_face) pair.there = across(w, *second.wedge, {second.seen.lo, second.seen.hi});
    }
    if (pair.may_face && (options_.exhaustive || may_go_over(lit, w, pair.there, second)))
      out.push_back({lit.node, lit.wedge, second.at.node, second.at.wedge});
  };
  if (options_.exhaustive) {
    for (uint32_t i = 0; i < lit_.size(); ++i) {
      for (size_t s = 0; s < seconds.size() && lit_[i].depth + 2 + depth <= options_.max_depth; ++s) look(s, i);
    }
    return;
  }
  std::vector<FirstEdges::Line> lines;
  for (const Second& s : seconds) {
    const Wedge& v = *s.wedge;
    lines.push_back({v.a, v.direction, v.length_m, v.n0, v.nn, s.facing.any_side, s.side.along, s.side.off, s.seen.lo,
                     s.seen.hi, 0});
  }
  by_depth_[size_t(depth) + 1].firsts.visit(FirstEdges::Seconds(lines), look);
}

MeetingFinder::Across MeetingFinder::across(const Wedge& w, const Wedge& other, const Reach& within) {
  const double size = within.hi - within.lo;
  if (!(size < std::numeric_limits<double>::infinity())) return {{}, {}, false};
  const Side a = side_of(w, other.at(within.lo)), b = side_of(w, other.at(within.hi)),
             middle = side_of(w, other.at(0.5 * (within.lo + within.hi)));
  return {{a.along, b.along}, {std::max(0.0, middle.off - 0.5 * size), std::max(a.off, b.off)}, true};
}

MeetingFinder::Reach MeetingFinder::touched_from(const Side& end, const Across& there) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!there.is_bounded || !(end.off > 0)) return {-kInfinity, kInfinity};
  Reach bounds{kInfinity, -kInfinity};
  for (const double along : {there.along.lo, there.along.hi}) {  // it is monotonous in both
    for (const double off : {there.off.lo, there.off.hi}) {
      const double t = (end.along * off + along * end.off) / (end.off + off);
      bounds = {std::min(bounds.lo, t), std::max(bounds.hi, t)};
    }
  }
  return bounds;
}

bool MeetingFinder::may_go_over(const Lit& lit, const Wedge& w, const Across& there, const Second& second) const {
  const Wedge& v = *second.wedge;
  const Reach on_w = touched_from(lit.side, there);
  if (!lit.seen.may_be_in(on_w.lo, on_w.hi, w.length_m)) return false;
  const Reach on_v = touched_from(second.side, across(v, w, {lit.seen.lo, lit.seen.hi}));
  if (!second.seen.may_be_in(on_v.lo, on_v.hi, v.length_m)) return false;
  const unfold_detail::EdgeChain<double> way{
      source_.nodes()[size_t(lit.node)].image_m, second.image().image_m, 2, {{{w.a, w.direction}, {v.a, v.direction}}}};
  std::array<double, kMostEdges> t{};
  t[1] = 0.5 * v.length_m;
  if (!unfold_detail::solve(way, t.data())) return true;
  if (!lit.seen.may_be_at(t[0], w.length_m) || !second.seen.may_be_at(t[1], v.length_m)) return false;
  const Vec3d p = w.at(t[0]), q = v.at(t[1]);
  const double legs[3] = {norm(p - way.s), norm(q - p), norm(way.p - q)};
  if (!(legs[0] > 0 && legs[1] > 0)) return true;
  if (!is_near(w.length_m, t[0], legs[0], legs[1] + legs[2], dot(p - way.s, w.direction) / legs[0])) return false;
  if (!is_near(v.length_m, t[1], legs[0] + legs[1], legs[2], dot(q - p, v.direction) / legs[1])) return false;
  return through(source_, lit.node, lit.nearest(t[0]), w.inset_m) &&
         through(*second.target, second.at.node, v.at(std::clamp(t[1], 0.0, v.length_m)), v.inset_m) &&
         (options_.opaque || !hidden_between(scene_, w, t[0], v, t[1])) &&
         !EdgeLooks::all_tries(EdgeLooks::is_past_end(w, t[0]) || EdgeLooks::is_past_end(v, t[1]),
                               [&](EdgeLooks::Try which) {
                                 return second.looks->hide(second.at.node, t[1], which, v, second.seen) ||
                                        looks_.hide(lit.node, t[0], which, w, lit.seen);
                               });
}

}  // namespace raywave::paths
