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

/// May a source behind the plane of the face at an edge's end see that corner over the face (Along::kPast)?
bool may_light_over(const PreparedScene& scene, const Wedge& w, bool at_end, const Vec3d& source_m,
                    double wavelength_m) {
  const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
  const int32_t over = turns.face_0 ? turns.over_0 : turns.over_n;
  if (over < 0) return false;
  const double height = height_over(scene.facets(), w, at_end, over, source_m),
               distance = norm(source_m - w.at(at_end ? w.length_m : 0));
  // the distance parameter is at most the distance; as Refiner::go_past_corner()
  return path_field_detail::over_height(2 * kPi / wavelength_m * distance, height, distance) >= -kMostOver;
}

/// Does it?
bool lights_over(const PreparedScene& scene, const Wedge& w, const Vec3d& source_m, double wavelength_m) {
  for (const bool at_end : {false, true}) {
    if (!may_light_over(scene, w, at_end, source_m, wavelength_m)) continue;
    const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
    const int32_t over = turns.face_0 ? turns.over_0 : turns.over_n;
    const Vec3d beside = w.at(at_end ? w.length_m + w.inset_m : -w.inset_m);
    const Vec3d from = lifted_over(scene.facets(), w, at_end, over, source_m);
    // (a source inside the body is not outside above it)
    if (!scene.queries().occluded(source_m, from, {}, {}) &&
        !scene.queries().occluded(from, beside, {}, EndFacets::at_edge(w))) {
      return true;
    }
  }
  return false;
}

/// Boxes that hold the wedges and the places beside their ends, from which they are looked at.
std::vector<Box> boxes_of(const std::vector<Wedge>& all, const std::vector<int32_t>& among) {
  std::vector<Box> boxes(among.size());
  for (size_t i = 0; i < boxes.size(); ++i) {
    const Wedge& w = all[size_t(among[i])];
    boxes[i].add(w.at(-w.inset_m));
    boxes[i].add(w.at(w.length_m + w.inset_m));
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
    std::vector<int32_t> from;  // sequences of reflections; the source itself, which sees the most, in parts
    for (size_t n = 1; n < nodes.size(); ++n) {
      if (nodes[n].depth >= least_depth && nodes[n].depth <= most_depth && nodes[n].num_wedges == 0)
        from.push_back(int32_t(n));
    }
    const std::vector<uint32_t> parts = least_depth > 0 || most_depth < 0 ? std::vector<uint32_t>() : boxes_.parts(64);
    const auto num_parts = int64_t(parts.size());
    constexpr int64_t kBlock = 16;
    const int64_t num_blocks = (int64_t(from.size()) + kBlock - 1) / kBlock;
    std::vector<std::vector<LitWedge>> found(static_cast<size_t>(num_parts + num_blocks));
    runtime::parallel_for(num_parts + num_blocks, 0, [&](int64_t task) {
      EdgeSight sight(scene_, tree, options_.max_depth, options_.opaque);
      if (task < num_parts) {
        sight.look_along(0);
        from_source(nodes[0], parts[size_t(task)], sight, found[size_t(task)]);
        return;
      }
      const auto first = size_t((task - num_parts) * kBlock);
      for (size_t i = first; i < std::min(from.size(), first + size_t(kBlock)); ++i) {
        sight.look_along(from[i]);
        by_mirrors(nodes[size_t(from[i])], from[i], sight, found[size_t(task)]);
      }
    });
    std::vector<LitWedge> lit;
    for (const auto& part : found) lit.insert(lit.end(), part.begin(), part.end());
    std::sort(lit.begin(), lit.end());
    return lit;
  }

 private:
  const Wedge& wedge(uint32_t i) const { return scene_.wedges()[size_t(among_[i])]; }
  bool may_be_lit(const Box& box, EdgeSight& sight) const {
    return options_.exhaustive || (sight.may_reach(box) && !sight.hides(box));
  }

  void from_source(const SequenceNode& source, uint32_t part, EdgeSight& sight, std::vector<LitWedge>& out) const {
    std::vector<uint32_t> seen;
    boxes_.visit_part(
        part, [&](const Box& b) { return may_be_lit(b, sight); }, [&](uint32_t i) { seen.push_back(i); });
    std::sort(seen.begin(), seen.end());
    for (const uint32_t i : boxes_.of_part(part)) {
      const Wedge& w = wedge(i);
      const bool may_go_past = past_corner(w, options_.opaque);
      const auto is_outside = [&] { return in_reach(w, source.image_m, options_.opaque); };
      const auto is_lit = [&] {
        if (options_.exhaustive) return may_go_past || is_outside();
        if (std::binary_search(seen.begin(), seen.end(), i) &&
            ((is_outside() && sight.lights(w)) || (may_go_past && sight.lights_corner(w))))
          return true;
        return may_go_past && options_.wavelength_m > 0 &&
               lights_over(scene_, w, source.image_m, options_.wavelength_m);
      };
      if (is_lit()) out.push_back({among_[i], 0});
    }
  }

  void by_mirrors(const SequenceNode& from, int32_t node, EdgeSight& sight, std::vector<LitWedge>& out) const {
    boxes_.visit([&](const Box& b) { return may_be_lit(b, sight); },
                 [&](uint32_t i) {
                   const Wedge& w = wedge(i);
                   if (!options_.exhaustive && !sight.may_reach(boxes_.box(i))) return;
                   if (!in_reach(w, from.image_m, options_.opaque)) return;  // the image must be outside
                   if (!options_.exhaustive && !sight.lights(w)) return;
                   // a facet that holds the edge, or has it in its plane, does not reflect onto it
                   if (!holds_edge(scene_.facets(), scene_.queries(), w, from.surface.index, scene_.seam_tolerance_m()))
                     out.push_back({among_[i], node});
                 });
  }

  const PreparedScene& scene_;
  const EdgeOptions& options_;
  const std::vector<int32_t> among_;
  const BoxTree boxes_;
};

class Joiner {
 public:
  Joiner(const PreparedScene& scene, const EdgeOptions& options, SequenceTree& tree)
      : scene_(scene), options_(options), tree_(tree) {}

  /// @return the sequences for this target.
  std::vector<int32_t> add(const std::vector<LitWedge>& from_source, const std::vector<LitWedge>& from_target,
                           const SequenceTree& target) {
    added_.clear();
    for (const LitWedge& m : from_target) {
      const auto [begin, end] =
          std::equal_range(from_source.begin(), from_source.end(), m,
                           [](const LitWedge& x, const LitWedge& y) { return x.wedge < y.wedge; });
      for (auto l = begin; l != end; ++l) {
        const int32_t edge = over(l->node, l->wedge, target.nodes()[size_t(m.node)].depth);
        if (edge >= 0) suffix(edge, target, m.node);
      }
    }
    if (options_.max_diffractions > 1) add_over_several(from_source, from_target, target);
    std::sort(added_.begin(), added_.end());
    added_.erase(std::unique(added_.begin(), added_.end()), added_.end());
    return std::move(added_);
  }

 private:
  void add_over_several(const std::vector<LitWedge>& from_source, const std::vector<LitWedge>& from_target,
                        const SequenceTree& target) {
    for (const LitWedge& l : from_source) {
      for (const LitWedge& m : from_target) {
        if (l.wedge != m.wedge && face_each_other(l.wedge, m.wedge))
          over_all(l.node, {l.wedge, m.wedge}, target, m.node);
        if (options_.max_diffractions < 3) continue;
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
    if (n > 4096) return look_for_each_other(i, j);
    facing_.resize(n * n, -1);
    int8_t& known = facing_[size_t(i) * n + size_t(j)];
    if (known < 0) known = look_for_each_other(i, j);
    return known > 0;
  }
  bool look_for_each_other(int32_t i, int32_t j) const {
    const Wedge &w = scene_.wedges()[size_t(i)], &v = scene_.wedges()[size_t(j)];
    // The inside of a wedge is convex. Over a seam the other edge may lie a little behind the face that they share.
    const auto outside = [&](const Wedge& x, const Vec3d& p) {
      const double c = std::cos(x.exterior_angle_rad), s = std::sin(x.exterior_angle_rad);
      const double above = std::max(dot(p - x.a, x.n0), dot(p - x.a, s * x.t0 - c * x.n0));
      return above >= -scene_.seam_tolerance_m() || in_reach(x, p, options_.opaque);
    };
    const auto sees = [&](const Wedge& x, const Wedge& y) { return outside(x, y.a) || outside(x, y.at(y.length_m)); };
    return sees(w, v) && sees(v, w);
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
std::vector<LitWedge> find_from_asides(const PreparedScene& scene, const LitFinder& finder, SequenceTree tree,
                                       int least_depth, int most_depth) {
  std::vector<LitWedge> all;
  for (const Vec3d& from : all_asides(scene, place_at(scene, tree.nodes()[0].image_m))) {
    tree.move_source(from, scene.facets());
    const auto lit = finder.find(tree, least_depth, most_depth);
    all.insert(all.end(), lit.begin(), lit.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

std::vector<std::vector<int32_t>> add_edge_sequences(const PreparedScene& scene, const EdgeOptions& options,
                                                     const std::vector<SequenceTree>& targets, SequenceTree& tree) {
  std::vector<std::vector<int32_t>> of_targets(targets.size());
  if (scene.wedges().empty() || options.max_depth < 1) return of_targets;
  const LitFinder all(scene, options, every_wedge(scene));
  const std::vector<LitWedge> from_source = find_from_asides(scene, all, tree, 0, options.max_depth - 1);
  // A target's sequence with no room for a second edge must meet the source's at the same one, and both fit the depth.
  const int with_second = options.max_diffractions < 2 ? -1 : options.max_depth - 2;  // the deepest that has room
  std::vector<LitFinder> among_met;                                                   // by what stands behind the edge
  for (int depth = with_second + 1; depth < options.max_depth; ++depth) {
    std::vector<int32_t> met;
    for (const LitWedge& l : from_source) {
      const bool fits = tree.nodes()[size_t(l.node)].depth + 1 + depth <= options.max_depth;
      if (fits && (met.empty() || met.back() != l.wedge)) met.push_back(l.wedge);
    }
    among_met.emplace_back(scene, options, std::move(met));
  }
  std::vector<std::vector<LitWedge>> from_targets(targets.size());
  runtime::parallel_for(int64_t(targets.size()), 0, [&](int64_t t) {
    std::vector<LitWedge>& lit = from_targets[size_t(t)];
    lit = find_from_asides(scene, all, targets[size_t(t)], 0, with_second);
    for (int depth = with_second + 1; depth < options.max_depth; ++depth) {
      const auto more =
          find_from_asides(scene, among_met[size_t(depth - with_second - 1)], targets[size_t(t)], depth, depth);
      lit.insert(lit.end(), more.begin(), more.end());
    }
    std::sort(lit.begin(), lit.end());
  });
  Joiner joiner(scene, options, tree);
  for (size_t t = 0; t < targets.size(); ++t) of_targets[t] = joiner.add(from_source, from_targets[t], targets[t]);
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
