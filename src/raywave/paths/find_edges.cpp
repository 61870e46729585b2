// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/find_edges.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/paths/box_tree.h"
#include "raywave/paths/corners.h"
#include "raywave/paths/edge_field.h"
#include "raywave/paths/edge_sight.h"
#include "raywave/paths/path_field.h"
#include "raywave/paths/place.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

/// Is the point where a ray may reach the wedge: outside of its solid, or inside of one that transmits?
bool in_reach(const Wedge& w, const Vec3d& p, const std::vector<uint8_t>* opaque) {
  if (opaque && has_inside(w, *opaque)) return true;
  const double phi = azimuth(w, p);
  return phi <= w.exterior_angle_rad + 1e-6 || phi >= 2 * kPi - 1e-6;  // on a face: outside, either side of rounding
}

/// An end of the path inside the solid's sector may be reached past a corner (Along::kPast), whichever end it is.
bool past_corner(const Wedge& w, const std::vector<uint8_t>* opaque) { return !opaque && w.facet0 != w.facet_n; }

/// Does a source behind the plane of the face at an edge's end see that corner over the face (Along::kPast)?
bool lights_over(const PreparedScene& scene, const Wedge& w, const Vec3d& source_m, double wavelength_m) {
  for (const bool at_end : {false, true}) {
    const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
    const int32_t over = turns.face_0 ? turns.over_0 : turns.over_n;
    if (over < 0) continue;
    const Vec3d corner = w.at(at_end ? w.length_m : 0),
                beside = corner + (at_end ? w.inset_m : -w.inset_m) * w.direction;
    const double height = height_over(scene.facets(), w, at_end, over, source_m), distance = norm(source_m - corner);
    // the distance parameter is at most the distance; as Refiner::go_past_corner()
    if (path_field_detail::over_height(2 * kPi / wavelength_m * distance, height, distance) < -kMostOver) continue;
    const Vec3d from = lifted_over(scene.facets(), w, at_end, over, source_m);
    // (a source inside the body is not outside above it)
    if (!scene.queries().occluded(source_m, from, {}, {}) &&
        !scene.queries().occluded(from, beside, {}, EndFacets::at_edge(w))) {
      return true;
    }
  }
  return false;
}

/// Adds a wedge to those that a node lights.
/// @param sight  looking along the node.
void add_lit(const PreparedScene& scene, const SequenceNode& from, const EdgeOptions& options, const LitWedge& lit,
             EdgeSight* sight, std::vector<LitWedge>& out) {
  const Wedge& w = scene.wedges()[size_t(lit.wedge)];
  const int32_t mirror = from.surface.index;  // -1: the source
  const bool outside = in_reach(w, from.image_m, options.opaque);
  if (!outside && !(mirror < 0 && past_corner(w, options.opaque))) return;
  const auto corner_is_lit = [&] {
    return sight->lights_corner(w) ||
           (options.wavelength_m > 0 && lights_over(scene, w, from.image_m, options.wavelength_m));
  };
  const bool may_go_past = mirror < 0 && past_corner(w, options.opaque);
  if (sight && !(outside && sight->lights(w)) && !(may_go_past && corner_is_lit())) return;
  // A facet that holds the edge, or has it in its plane, does not reflect onto it.
  if (mirror >= 0 && holds_edge(scene.facets(), scene.queries(), w, mirror, scene.seam_tolerance_m())) return;
  out.push_back(lit);
}

std::vector<Box> boxes_of(const std::vector<Wedge>& all, const std::vector<int32_t>& among) {
  std::vector<Box> boxes(among.size());
  for (size_t i = 0; i < boxes.size(); ++i) {
    const Wedge& w = all[size_t(among[i])];
    boxes[i].add(w.a);
    boxes[i].add(w.at(w.length_m));
  }
  return boxes;
}

std::vector<int32_t> every_wedge(const PreparedScene& scene) {
  std::vector<int32_t> all(scene.wedges().size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Finds which of some wedges the sequences of trees light.
class LitFinder {
 public:
  LitFinder(const PreparedScene& scene, const EdgeOptions& options, std::vector<int32_t> among)
      : scene_(scene), options_(options), among_(std::move(among)), boxes_(boxes_of(scene.wedges(), among_)) {}

  /// By nodes of these depths, sorted by wedge.
  std::vector<LitWedge> find(const SequenceTree& tree, int least_depth, int most_depth) const {
    const auto& nodes = tree.nodes();
    if (!options_.reflection) most_depth = std::min(most_depth, 0);
    std::vector<int32_t> from;  // sequences of reflections; the source itself, which sees the most, in shares
    for (size_t n = 1; n < nodes.size(); ++n) {
      if (nodes[n].depth >= least_depth && nodes[n].depth <= most_depth && nodes[n].num_wedges == 0)
        from.push_back(int32_t(n));
    }
    const auto num_wedges = int64_t(among_.size());
    const int64_t num_shares = least_depth > 0 || most_depth < 0 ? 0 : std::min<int64_t>(64, num_wedges);
    constexpr int64_t kBlock = 4;
    const int64_t num_blocks = (int64_t(from.size()) + kBlock - 1) / kBlock;
    std::vector<std::vector<LitWedge>> parts(static_cast<size_t>(num_shares + num_blocks));
    runtime::parallel_for(num_shares + num_blocks, 0, [&](int64_t task) {
      EdgeSight looking(scene_, tree, options_.max_depth, options_.opaque);
      EdgeSight* sight = options_.exhaustive ? nullptr : &looking;
      std::vector<LitWedge>& out = parts[size_t(task)];
      if (task < num_shares) {
        looking.look_along(0);
        for (int64_t w = num_wedges * task / num_shares; w < num_wedges * (task + 1) / num_shares; ++w)
          add_lit(scene_, nodes[0], options_, {among_[size_t(w)], 0}, sight, out);
        return;
      }
      const auto first = size_t((task - num_shares) * kBlock);
      for (size_t i = first; i < std::min(from.size(), first + size_t(kBlock)); ++i) {
        looking.look_along(from[i]);
        boxes_.visit([&](const Box& b) { return options_.exhaustive || looking.may_reach(b.lo, b.hi); },
                     [&](uint32_t w) {
                       add_lit(scene_, nodes[size_t(from[i])], options_, {among_[w], from[i]}, sight, out);
                     });
      }
    });
    std::vector<LitWedge> lit;
    for (const auto& part : parts) lit.insert(lit.end(), part.begin(), part.end());
    std::sort(lit.begin(), lit.end());
    return lit;
  }

 private:
  const PreparedScene& scene_;
  const EdgeOptions& options_;
  const std::vector<int32_t> among_;
  const BoxTree boxes_;
};

/// May a ray run from one wedge to the other?
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

/// A sequence over one edge or two: the source's node, the edges, a target's node.
struct Meeting {
  int32_t source, wedge, target, second = -1;
};

/// The shortest way from a over two lines to b, in the unfolded scene.
struct TwoLines {
  Vec3d a, b;
  unfold_detail::EdgeLine<double> first, second;
  double t = 0, u = 0;  // places on them

  /// Newton's method from a place on the second line, for the length is convex along it.
  /// @return false when it does not settle within a share of 1e-9: at a corner that both lines share, for one.
  bool solve(double length_m) {
    using unfold_detail::side_slope;
    const auto slope = [&](double at, double& curvature) {
      const Vec3d q = second.at(at);
      const auto x = side_slope(a, &first, q, second.direction), y = side_slope(b, nullptr, q, second.direction);
      curvature = x.curvature + y.curvature;
      t = x.t;
      return x.cosine + y.cosine;
    };
    double curvature = 0;
    u = slope(0, curvature) > 0 ? 0 : slope(length_m, curvature) < 0 ? length_m : 0.5 * length_m;
    for (int i = 0; i < 16; ++i) {
      const double g = slope(u, curvature);
      if (!(curvature > 0) || !std::isfinite(g)) return false;
      const double scale = norm(second.at(u) - a) + norm(second.at(u) - b);
      const double step = std::clamp(-g / curvature, -scale, scale);
      u += step;
      if (std::abs(step) > 1e-9 * scale) continue;
      (void)slope(u, curvature);
      return true;
    }
    return false;
  }
};

/// Finds the meetings at edges that the source lights: where the shortest way between both images over the edge's line
/// goes over the edge, or near enough past its end, and through the mirrors beside it. What is in the way is left to
/// the Refiner; edges are many and most are missed. As the Refiner decides, but for what rounding may change.
class MeetingFinder {
 public:
  MeetingFinder(const PreparedScene& scene, const EdgeOptions& options, const SequenceTree& source,
                std::vector<LitWedge> lit)
      : scene_(scene), options_(options), source_(source), lit_(std::move(lit)), begin_(scene.wedges().size() + 1, 0) {
    for (const LitWedge& l : lit_) {
      const Wedge& w = scene.wedges()[size_t(l.wedge)];
      sides_.push_back(side_of(w, source.nodes()[size_t(l.node)].image_m));
      ++begin_[size_t(l.wedge) + 1];
    }
    for (size_t w = 0; w + 1 < begin_.size(); ++w) begin_[w + 1] += begin_[w];
    for (int after = 0; after < options.max_depth; ++after) by_depth_.push_back(reached(after));
  }

  std::vector<Meeting> find(const SequenceTree& target) const {
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

  /// The meetings over a second edge, which a target sees.
  std::vector<Meeting> find_over_two(const SequenceTree& target, const std::vector<LitWedge>& seen) const {
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

 private:
  /// Where an end of the path is seen from an edge: along its line and off it, metres.
  struct Side {
    double along, off;
  };
  static Side side_of(const Wedge& w, const Vec3d& p) {
    const Vec3d v = p - w.a;
    const double along = dot(v, w.direction);
    return {along, norm(v - along * w.direction)};
  }

  /// The edges that leave room for so many mirrors behind them.
  struct Reached {
    std::vector<int32_t> wedges;
    BoxTree boxes;
  };
  Reached reached(int after) const {
    std::vector<int32_t> wedges;
    for (const LitWedge& l : lit_) {
      const bool fits = source_.nodes()[size_t(l.node)].depth + 1 + after <= options_.max_depth;
      if (fits && (wedges.empty() || wedges.back() != l.wedge)) wedges.push_back(l.wedge);
    }
    BoxTree boxes(boxes_of(scene_.wedges(), wedges));
    return {std::move(wedges), std::move(boxes)};
  }

  void find(const SequenceTree& target, int32_t node, EdgeSight& sight, std::vector<Meeting>& out) const {
    const Reached& among = by_depth_[size_t(target.nodes()[size_t(node)].depth)];
    if (node == 0) {
      for (const int32_t w : among.wedges) meet(w, target, node, out);
      return;
    }
    sight.look_along(node);
    among.boxes.visit([&](const Box& b) { return options_.exhaustive || sight.may_reach(b.lo, b.hi); },
                      [&](uint32_t i) { meet(among.wedges[i], target, node, out); });
  }

  void meet(int32_t wedge, const SequenceTree& tree, int32_t node, std::vector<Meeting>& out) const {
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

  void meet_over_two(const SequenceTree& target, const LitWedge& seen, std::vector<Meeting>& out) const {
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

  /// As touches() and through() for two edges. Where there is doubt: yes.
  bool may_go_over(const LitWedge& lit, const SequenceTree& target, const LitWedge& seen) const {
    const Wedge &w = scene_.wedges()[size_t(lit.wedge)], &v = scene_.wedges()[size_t(seen.wedge)];
    TwoLines way{source_.nodes()[size_t(lit.node)].image_m,
                 target.nodes()[size_t(seen.node)].image_m,
                 {w.a, w.direction},
                 {v.a, v.direction}};
    if (!way.solve(v.length_m)) return true;
    const Vec3d p = w.at(way.t), q = v.at(way.u);
    const double legs[3] = {norm(p - way.a), norm(q - p), norm(way.b - q)};
    if (!(legs[0] > 0 && legs[1] > 0)) return true;
    if (!is_near(w, way.t, legs[0], legs[1] + legs[2], dot(p - way.a, w.direction) / legs[0])) return false;
    if (!is_near(v, way.u, legs[0] + legs[1], legs[2], dot(q - p, v.direction) / legs[1])) return false;
    return through(source_, lit.node, w.at(std::clamp(way.t, 0.0, w.length_m)), w) &&
           through(target, seen.node, v.at(std::clamp(way.u, 0.0, v.length_m)), v);
  }

  /// Is the shortest way's point on the edge, or near enough past an end? @param t  where, metres along the edge
  bool touches(const Wedge& w, const Side& a, const Side& b, double& t) const {
    const double off = a.off + b.off;
    t = off > 0 ? (a.along * b.off + b.along * a.off) / off : 0.5 * (a.along + b.along);
    const double slack = 1e-9 * (w.length_m + std::abs(a.along) + std::abs(b.along) + off);
    if (t >= -slack && t <= w.length_m + slack) return true;
    if (!(off > slack)) return true;  // in line with the edge
    const double before = std::sqrt(a.off * a.off + (t - a.along) * (t - a.along)),
                 after = std::sqrt(b.off * b.off + (b.along - t) * (b.along - t));
    return is_near(w, t, before, after, (t - a.along) / before);
  }
  /// Is a place on the edge, or near enough past an end? As Refiner::in_reach().
  bool is_near(const Wedge& w, double t, double before, double after, double cosine) const {
    const double end = t < 0 ? -t : t > w.length_m ? w.length_m - t : 0;
    if (end == 0) return true;
    const double excess = excess_length(before, after, cosine, end) * end * end;
    return !(2 * kPi / options_.wavelength_m * excess >= 1.01 * kEdgeReach * kEdgeReach);
  }

  /// Does the ray between an image and the edge meet the rectangles of its mirrors?
  bool through(const SequenceTree& tree, int32_t node, Vec3d at, const Wedge& w) const {
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

  bool may_arrive(const Wedge& w, const SequenceNode& target) const {
    const bool direct = target.surface.is_none();
    if (!in_reach(w, target.image_m, options_.opaque) && !(direct && past_corner(w, options_.opaque))) return false;
    return direct || !holds_edge(scene_.facets(), scene_.queries(), w, target.surface.index, scene_.seam_tolerance_m());
  }

  const PreparedScene& scene_;
  const EdgeOptions& options_;
  const SequenceTree& source_;
  const std::vector<LitWedge> lit_;
  std::vector<Side> sides_;      // of lit_
  std::vector<uint32_t> begin_;  // [num_wedges + 1] of lit_
  std::vector<Reached> by_depth_;
};

class Joiner {
 public:
  Joiner(const PreparedScene& scene, const EdgeOptions& options, SequenceTree& tree)
      : scene_(scene), options_(options), tree_(tree) {}

  /// @return the sequences for this target.
  std::vector<int32_t> add(const std::vector<Meeting>& meetings, const std::vector<LitWedge>& from_source,
                           const std::vector<LitWedge>& from_target, const SequenceTree& target) {
    added_.clear();
    for (const Meeting& m : meetings) {
      if (m.second < 0) {
        over_all(m.source, {m.wedge}, target, m.target);
      } else {
        over_all(m.source, {m.wedge, m.second}, target, m.target);
      }
    }
    if (options_.max_diffractions > 2) add_over_three(from_source, from_target, target);
    std::sort(added_.begin(), added_.end());
    added_.erase(std::unique(added_.begin(), added_.end()), added_.end());
    return std::move(added_);
  }

 private:
  void add_over_three(const std::vector<LitWedge>& from_source, const std::vector<LitWedge>& from_target,
                      const SequenceTree& target) {
    for (const LitWedge& l : from_source) {
      for (const LitWedge& m : from_target) {
        for (int32_t between = 0; between < int32_t(scene_.wedges().size()); ++between) {
          if (between == l.wedge || between == m.wedge) continue;
          if (!face_each_other(l.wedge, between) || !face_each_other(between, m.wedge)) continue;
          over_all(l.node, {l.wedge, between, m.wedge}, target, m.node);
        }
      }
    }
  }

  /// The node's sequence and a wedge, when that and what follows are within the depth.
  int32_t over(int32_t node, int32_t wedge, int after) {
    if (tree_.nodes()[size_t(node)].depth + 1 + after > options_.max_depth) return -1;
    if (int64_t(tree_.nodes().size()) > options_.max_sequences) {
      throw Error(message("diffraction meets more than ", options_.max_sequences,
                          " sequences: reduce max_depth or max_diffractions"));
    }
    return tree_.child(node, SurfaceId::wedge(wedge), scene_.facets());
  }
  /// The node's sequence, several wedges and what the target sees the last one over.
  void over_all(int32_t node, std::initializer_list<int32_t> wedges, const SequenceTree& target, int32_t from) {
    auto after = int(wedges.size()) + target.nodes()[size_t(from)].depth;
    for (const int32_t w : wedges) {
      node = over(node, w, --after);
      if (node < 0) return;
    }
    suffix(node, target, from);
  }
  void suffix(int32_t node, const SequenceTree& target, int32_t from) {
    for (int32_t n = from; n != 0; n = target.nodes()[size_t(n)].parent) {
      node = tree_.child(node, target.nodes()[size_t(n)].surface, scene_.facets());
    }
    added_.push_back(node);
  }
  /// May a ray run from one wedge to the other? Asked once a pair while the table is small.
  bool face_each_other(int32_t i, int32_t j) {
    const size_t n = scene_.wedges().size();
    if (n > 4096) return may_face(scene_, options_, i, j);
    facing_.resize(n * n, -1);
    int8_t& known = facing_[size_t(i) * n + size_t(j)];
    if (known < 0) known = may_face(scene_, options_, i, j);
    return known > 0;
  }

  const PreparedScene& scene_;
  const EdgeOptions& options_;
  SequenceTree& tree_;
  std::vector<int32_t> added_;
  std::vector<int8_t> facing_;  // [num_wedges, num_wedges], -1: not asked yet
};

}  // namespace

EdgeOptions edge_options(const Interactions& interactions, const RefineOptions& refine) {
  EdgeOptions edges{interactions.max_depth, interactions.max_diffractions, interactions.specular_reflection};
  if (interactions.refraction) edges.opaque = &refine.opaque;
  edges.wavelength_m = refine.wavelength_m;
  return edges;
}

WedgesOfFacets wedges_of_facets(const PreparedScene& scene) {
  WedgesOfFacets of;
  of.begin.assign(scene.facets().facets.size() + 1, 0);
  const auto& wedges = scene.wedges();
  const auto mirror = [&](int32_t facet) { return scene.facets().facets[size_t(facet)].mirror; };
  const auto each = [&](auto&& visit) {
    for (size_t i = 0; i < wedges.size(); ++i) {
      for (const WedgePiece& p : wedges[i].pieces) {
        const int32_t first = mirror(p.facet0), second = mirror(p.facet_n);
        visit(size_t(first), int32_t(i));
        if (second != first) visit(size_t(second), int32_t(i));
      }
    }
  };
  each([&](size_t facet, int32_t) { ++of.begin[facet + 1]; });
  for (size_t f = 0; f + 1 < of.begin.size(); ++f) of.begin[f + 1] += of.begin[f];
  of.wedges.resize(of.begin.back());
  std::vector<uint32_t> next(of.begin.begin(), of.begin.end() - 1);
  each([&](size_t facet, int32_t wedge) { of.wedges[next[facet]++] = wedge; });
  return of;
}

std::vector<LitWedge> lit_wedges(const PreparedScene& scene, const SequenceTree& tree, const EdgeOptions& options) {
  return LitFinder(scene, options, every_wedge(scene)).find(tree, 0, options.max_depth - 1);
}

namespace {

/// From wherever the source of a tree may count as standing (place.h): what a ray along a face or past a rim meets is
/// decided for those places.
template <class Look>
void from_asides(const PreparedScene& scene, SequenceTree tree, Look&& look) {
  for (const Vec3d& from : all_asides(scene, place_at(scene, tree.nodes()[0].image_m))) {
    tree.move_source(from, scene.facets());
    look(tree);
  }
}

std::vector<LitWedge> lit_from_asides(const PreparedScene& scene, const LitFinder& finder, const SequenceTree& tree,
                                      int most_depth) {
  std::vector<LitWedge> all;
  from_asides(scene, tree, [&](const SequenceTree& from) {
    const auto lit = finder.find(from, 0, most_depth);
    all.insert(all.end(), lit.begin(), lit.end());
  });
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

struct EdgeSequences::Found {
  Found(const PreparedScene& scene, const EdgeOptions& wanted, const SequenceTree& tree)
      : options(wanted),
        source(tree),
        all(scene, options, every_wedge(scene)),
        lit(lit_from_asides(scene, all, source, options.max_depth - 1)),
        finder(scene, options, source, lit) {}
  const EdgeOptions options;  // finders keep references to what stands here
  const SequenceTree source;
  const LitFinder all;
  const std::vector<LitWedge> lit;
  const MeetingFinder finder;
};

EdgeSequences::EdgeSequences(const PreparedScene& scene, const EdgeOptions& options, const SequenceTree& source)
    : scene_(scene) {
  if (!scene.wedges().empty() && options.max_depth > 0) found_ = std::make_unique<Found>(scene, options, source);
}
EdgeSequences::~EdgeSequences() = default;
EdgeSequences::EdgeSequences(EdgeSequences&&) noexcept = default;

std::vector<std::vector<int32_t>> EdgeSequences::add(const std::vector<SequenceTree>& targets,
                                                     SequenceTree& tree) const {
  std::vector<std::vector<int32_t>> of_targets(targets.size());
  if (!found_) return of_targets;
  struct FromTarget {
    std::vector<Meeting> meetings;
    std::vector<LitWedge> lit;  // over a second edge
  };
  std::vector<FromTarget> from_targets(targets.size());
  runtime::parallel_for(int64_t(targets.size()), 0, [&](int64_t t) {
    FromTarget& own = from_targets[size_t(t)];
    from_asides(scene_, targets[size_t(t)], [&](const SequenceTree& from) {
      const auto found = found_->finder.find(from);
      own.meetings.insert(own.meetings.end(), found.begin(), found.end());
    });
    if (found_->options.max_diffractions < 2) return;
    own.lit = lit_from_asides(scene_, found_->all, targets[size_t(t)], found_->options.max_depth - 2);
    const auto over_two = found_->finder.find_over_two(targets[size_t(t)], own.lit);
    own.meetings.insert(own.meetings.end(), over_two.begin(), over_two.end());
  });
  Joiner joiner(scene_, found_->options, tree);
  for (size_t t = 0; t < targets.size(); ++t)
    of_targets[t] = joiner.add(from_targets[t].meetings, found_->lit, from_targets[t].lit, targets[t]);
  return of_targets;
}

namespace {

/// Everything behind a wedge: more facets, more wedges.
class Expander {
 public:
  Expander(const PreparedScene& scene, const EdgeOptions& options, SequenceTree& tree)
      : scene_(scene), options_(options), tree_(tree) {}

  bool wedges_behind(int32_t node) {
    const SequenceNode at = tree_.nodes()[size_t(node)];
    if (at.depth >= options_.max_depth || at.num_wedges >= options_.max_diffractions) return true;
    const SurfaceId last = at.surface;
    for (int32_t w = 0; w < int32_t(scene_.wedges().size()); ++w) {
      if (last == SurfaceId::wedge(w) || (last.is_facet() && on_facet(w, last.index))) continue;
      const Wedge& wedge = scene_.wedges()[size_t(w)];
      if (at.num_wedges == 0 && !in_reach(wedge, at.image_m, options_.opaque) &&
          !(last.is_none() && past_corner(wedge, options_.opaque))) {
        continue;
      }
      if (!behind(tree_.child(node, SurfaceId::wedge(w), scene_.facets()))) return false;
    }
    return true;
  }

 private:
  bool behind(int32_t node) {
    if (int64_t(tree_.nodes().size()) > options_.max_sequences) return false;
    if (!wedges_behind(node)) return false;
    const SurfaceId last = tree_.nodes()[size_t(node)].surface;
    if (!options_.reflection || tree_.nodes()[size_t(node)].depth >= options_.max_depth) return true;
    for (int32_t f = 0; f < int32_t(scene_.facets().facets.size()); ++f) {
      if (scene_.facets().facets[size_t(f)].mirror != f) continue;
      if (last.is_wedge() ? on_facet(last.index, f) : f == last.index) continue;
      if (!behind(tree_.child(node, SurfaceId::facet(f), scene_.facets()))) return false;
    }
    return true;
  }
  /// Does the facet, or its plane, hold the wedge's edge?
  bool on_facet(int32_t wedge, int32_t facet) const {
    return holds_edge(scene_.facets(), scene_.queries(), scene_.wedges()[size_t(wedge)], facet,
                      scene_.seam_tolerance_m());
  }

  const PreparedScene& scene_;
  const EdgeOptions& options_;
  SequenceTree& tree_;
};

}  // namespace

bool add_all_edge_sequences(const PreparedScene& scene, const EdgeOptions& options, SequenceTree& tree) {
  Expander expander(scene, options, tree);
  const auto num_nodes = tree.nodes().size();
  for (size_t n = 0; n < num_nodes; ++n) {
    if (!expander.wedges_behind(int32_t(n))) return false;
  }
  return true;
}

}  // namespace raywave::paths
