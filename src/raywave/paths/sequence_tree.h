// SPDX-License-Identifier: Apache-2.0
// Sequences of reflecting facets as a tree: a node is its parent's sequence and one facet more, with the image of the
// source in all of them. Each sequence stands once.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/scene/facets.h"

namespace raywave::paths {

struct SequenceNode {
  int32_t parent = -1;
  int32_t facet = -1;
  int32_t depth = 0;
  Vec3d image_m;  // the source mirrored in every facet up to this one
};

class SequenceTree {
 public:
  explicit SequenceTree(const Vec3d& source_m);

  const std::vector<SequenceNode>& nodes() const { return nodes_; }
  /// The child of a node over a facet, added when new.
  int32_t child(int32_t parent, int32_t facet, const scene::FacetTable& table);
  /// Adds all sequences of another tree from the same source. @return where its nodes are here.
  std::vector<int32_t> merge(const SequenceTree& other);
  /// The same sequences seen from another source point.
  void move_source(const Vec3d& source_m, const scene::FacetTable& table);

 private:
  int32_t* find_slot(uint64_t key);
  int32_t insert(int32_t parent, int32_t facet, const Vec3d& image_m);
  void grow();

  std::vector<SequenceNode> nodes_;
  std::vector<int32_t> slots_;  // open addressing over (parent, facet); -1 is free
};

inline Vec3d mirror(const Vec3d& p, const scene::Facet& f) { return p - 2 * (dot(f.normal, p) - f.offset) * f.normal; }

}  // namespace raywave::paths
