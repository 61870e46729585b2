// SPDX-License-Identifier: Apache-2.0
// Find, with edges: which wedges may a path from the source go over, after which reflections and before which? A wedge
// is lit where one of its faces is: the sequences of the source's tree reach the wedges of the facets that they light,
// the sequences of each target's tree those that the target sees. Every pair that meets at a wedge (or, over more
// edges, at two wedges with none or one between) is a candidate.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "raywave/paths/place.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_options.h"
#include "raywave/paths/refine.h"
#include "raywave/paths/sequence_tree.h"

namespace raywave::paths {

struct EdgeOptions {
  int max_depth = 3;         // interactions, edges included
  int max_diffractions = 1;  // 1 to kMostEdges
  bool reflection = true;    // sequences with reflections too
  bool exhaustive = false;   // all wedges behind all sequences, in place of lit ones
  /// With refraction, [num_facets], 1: transmits nothing. Edges may then be seen from inside and through walls.
  const std::vector<uint8_t>* opaque = nullptr;
  int64_t max_sequences = 50000000;
  double wavelength_m = 0;  // how far past corners fields reach
  int64_t num_targets = 1;  // many: more is found out before any is looked at
};

/// What the interactions say of edges. @param refine  must outlive what is returned.
EdgeOptions edge_options(const Interactions& interactions, const RefineOptions& refine);

/// The sequences with edges from a source.
class EdgeSequences {
 public:
  /// @param source  its reflections up to max_depth.
  EdgeSequences(const PreparedScene& scene, const EdgeOptions& options, const SequenceTree& source);
  ~EdgeSequences();
  EdgeSequences(EdgeSequences&&) noexcept;

  /// Adds those to some targets to the source's tree. @param targets  the reflections from each. @param places  of them
  /// @return [num_targets] the sequences of each target, in order. @throws Error when there are more than
  /// max_sequences.
  std::vector<std::vector<int32_t>> add(const std::vector<SequenceTree>& targets, std::span<const Place> places,
                                        SequenceTree& tree) const;

 private:
  struct Found;
  const PreparedScene& scene_;
  std::unique_ptr<Found> found_;
};

/// Adds every sequence with edges that there can be, whatever the target. @return false, with the tree in no particular
/// state, when there are more than max_sequences.
bool add_all_edge_sequences(const PreparedScene& scene, const EdgeOptions& options, SequenceTree& tree);

/// A wedge that a node of a tree lights, or may: the node's facets reflect onto it.
struct LitWedge {
  int32_t wedge, node;
  bool operator<(const LitWedge& o) const { return wedge != o.wedge ? wedge < o.wedge : node < o.node; }
  bool operator==(const LitWedge& o) const { return wedge == o.wedge && node == o.node; }
};
/// Sorted by wedge. What a sequence lights is found exactly (edge_sight.h) among the edges in the cone behind its
/// facets, so that deep sequences, which light little, cost little. @param tree  reflections alone.
std::vector<LitWedge> lit_wedges(const PreparedScene& scene, const SequenceTree& tree, const EdgeOptions& options);

/// For each mirror the wedges that it is a face of: [num_facets + 1] offsets into the wedges' numbers.
struct WedgesOfFacets {
  std::vector<uint32_t> begin;
  std::vector<int32_t> wedges;
};
WedgesOfFacets wedges_of_facets(const PreparedScene& scene);

}  // namespace raywave::paths
