// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/find_edges.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/paths/corners.h"
#include "raywave/paths/edge_meetings.h"
#include "raywave/paths/edge_sight.h"
#include "raywave/paths/lit_lines.h"
#include "raywave/paths/path_field.h"
#include "raywave/paths/place.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/paths/shadows.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

/// Does a source behind the plane of the face at an edge's end see that corner over the face (Along::kPast)?
bool lights_over(const PreparedScene& scene, const Wedge& w, const Vec3d& source_m, double wavelength_m) {
  const auto lights = [&](bool at_end, int32_t over) {
    if (over < 0) return false;
    const Vec3d corner = w.at(at_end ? w.length_m : 0),
                beside = corner + (at_end ? w.inset_m : -w.inset_m) * w.direction;
    const double height = height_over(scene.facets(), w, at_end, over, source_m), distance = norm(source_m - corner);
    // the distance parameter is at most the distance; as Refiner::go_past_corner()
    if (path_field_detail::over_height(2 * kPi / wavelength_m * distance, height, distance) < -kMostOver) return false;
    const Vec3d from = lifted_over(scene.facets(), w, at_end, over, source_m);
    // (a source inside the body is not outside above it)
    return !scene.queries().occluded(source_m, from, {}, {}) &&
           !scene.queries().occluded(from, beside, {}, EndFacets::at_edge(w));
  };
  for (const bool at_end : {false, true}) {
    const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
    if (lights(at_end, turns.over_0) || lights(at_end, turns.over_n)) return true;
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
  // A facet that holds the edge, or has it in its plane, does not reflect onto it.
  if (mirror >= 0 && holds_edge(scene.facets(), scene.queries(), w, mirror, scene.seam_tolerance_m())) return;
  const auto may_go_past = [&] {  // (what lights() has not seen beside an end is not looked at again)
    if (mirror >= 0 || !past_corner(w, options.opaque)) return false;
    return (!outside && sight->lights_corner(w)) ||
           (options.wavelength_m > 0 && lights_over(scene, w, from.image_m, options.wavelength_m));
  };
  if (sight && !(outside && sight->lights(w)) && !may_go_past()) return;
  out.push_back(lit);
}

/// All edges, without what is lit.
LitLines lines_of(const PreparedScene& scene, const EdgeOptions& options) {
  std::vector<LitLines::Line> lines;
  for (const Wedge& w : scene.wedges()) {
    const bool is_seen_behind = options.opaque && has_inside(w, *options.opaque);
    lines.push_back({w.a, w.direction, w.length_m, looked_within_m(w), w.n0, w.nn, is_seen_behind, 0, 0, 0, 0,
                     box_of(w), uint32_t(lines.size())});
  }
  return LitLines(lines);
}

/// Finds which wedges the sequences of trees light.
class LitFinder {
 public:
  LitFinder(const PreparedScene& scene, const EdgeOptions& options)
      : scene_(scene), options_(options), lines_(lines_of(scene, options)) {}

  /// By nodes up to a depth, sorted by wedge.
  std::vector<LitWedge> find(const SequenceTree& tree, int most_depth) const {
    const auto& nodes = tree.nodes();
    if (most_depth < 0) return {};
    if (!options_.reflection) most_depth = 0;
    std::vector<int32_t> from;  // sequences of reflections; the source itself, which sees the most, in shares
    for (size_t n = 1; n < nodes.size(); ++n) {
      if (nodes[n].depth <= most_depth && nodes[n].num_wedges == 0) from.push_back(int32_t(n));
    }
    const auto num_wedges = int64_t(scene_.wedges().size());
    const int64_t num_shares = std::min<int64_t>(64, num_wedges);
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
          add_lit(scene_, nodes[0], options_, {int32_t(w), 0}, sight, out);
        return;
      }
      const auto first = size_t((task - num_shares) * kBlock);
      for (size_t i = first; i < std::min(from.size(), first + size_t(kBlock)); ++i) {
        looking.look_along(from[i]);
        for_seen(nodes[size_t(from[i])], looking, [&](uint32_t w) {
          add_lit(scene_, nodes[size_t(from[i])], options_, {int32_t(w), from[i]}, sight, out);
        });
      }
    });
    std::vector<LitWedge> lit;
    for (const auto& part : parts) lit.insert(lit.end(), part.begin(), part.end());
    std::sort(lit.begin(), lit.end());
    return lit;
  }

 private:
  /// look(wedge) for those that may be seen behind a mirror. What hides some is remembered for this node alone: where
  /// sight is in doubt an edge counts as lit, and that must not depend on what other nodes found first.
  template <class Look>
  void for_seen(const SequenceNode& node, EdgeSight& sight, Look&& look) const {
    if (options_.exhaustive) return lines_.visit_all(look);
    std::vector<Shadow> shadows;
    const LitLines::Ask ask{node.image_m, sight.cones(), false, options_.opaque ? nullptr : &shadows};
    std::vector<uint32_t>& found = sight.obstacles();
    found.clear();
    lines_.visit_seen(ask, [&](uint32_t wedge) {
      const size_t known = found.size();
      look(wedge);
      if (!ask.shadows) return;
      for (size_t i = known; i < found.size(); ++i) {
        if (const auto s = shadow_of(scene_, found[i], node.image_m, node.surface.index)) shadows.push_back(*s);
      }
    });
  }

  const PreparedScene& scene_;
  const EdgeOptions& options_;
  const LitLines lines_;
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
  return LitFinder(scene, options).find(tree, options.max_depth - 1);
}

namespace {

/// From wherever the source of a tree may count as standing (place.h): what a ray along a face or past a rim meets is
/// decided for those places.
template <class Look>
void from_asides(const PreparedScene& scene, SequenceTree tree, const Place& place, Look&& look) {
  for (const Vec3d& from : all_asides(scene, place)) {
    tree.move_source(from, scene.facets());
    look(tree);
  }
}

std::vector<LitWedge> lit_from_asides(const PreparedScene& scene, const LitFinder& finder, const SequenceTree& tree,
                                      const Place& place, int most_depth) {
  std::vector<LitWedge> all;
  from_asides(scene, tree, place, [&](const SequenceTree& from) {
    const auto lit = finder.find(from, most_depth);
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
        all(scene, options),
        lit(lit_from_asides(scene, all, source, place_at(scene, source.nodes()[0].image_m), options.max_depth - 1)),
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
                                                     std::span<const Place> places, SequenceTree& tree) const {
  std::vector<std::vector<int32_t>> of_targets(targets.size());
  if (!found_) return of_targets;
  struct FromTarget {
    std::vector<Meeting> meetings;
    std::vector<LitWedge> lit;  // over a second edge
  };
  std::vector<FromTarget> from_targets(targets.size());
  runtime::parallel_for(int64_t(targets.size()), 0, [&](int64_t t) {
    FromTarget& own = from_targets[size_t(t)];
    from_asides(scene_, targets[size_t(t)], places[size_t(t)], [&](const SequenceTree& from) {
      const auto found = found_->finder.find(from);
      own.meetings.insert(own.meetings.end(), found.begin(), found.end());
    });
    if (found_->options.max_diffractions < 2) return;
    own.lit =
        lit_from_asides(scene_, found_->all, targets[size_t(t)], places[size_t(t)], found_->options.max_depth - 2);
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
      if (last.is_wedge() && !may_face(scene_, options_, last.index, w)) continue;
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
