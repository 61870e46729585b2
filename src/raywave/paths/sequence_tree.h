// SPDX-License-Identifier: Apache-2.0
// Sequences of reflecting facets and diffracting wedges as a tree: a node is its parent's sequence and one surface
// more, with the image of the source in its facets up to the first wedge. Each sequence stands once.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/paths/surface.h"
#include "raywave/scene/facets.h"

namespace raywave::paths {

constexpr int kMostDepth = 1000;  // surfaces in a sequence; SequenceNode::depth could hold more

struct SequenceNode {
  int32_t parent = -1;
  SurfaceId surface;  // none: the source
  int16_t depth = 0, num_wedges = 0;
  Vec3d image_m;  // the source mirrored in every facet up to this one; without meaning behind a wedge
};

class SequenceTree {
 public:
  explicit SequenceTree(const Vec3d& source_m);

  const std::vector<SequenceNode>& nodes() const { return nodes_; }
  /// The child of a node over a surface, added when new.
  int32_t child(int32_t parent, SurfaceId surface, const scene::FacetTable& table);
  /// Adds all sequences of another tree from the same source. @return where its nodes are here.
  std::vector<int32_t> merge(const SequenceTree& other);
  /// The same sequences seen from another source point.
  void move_source(const Vec3d& source_m, const scene::FacetTable& table);

 private:
  int32_t* find_slot(uint64_t key);
  int32_t insert(int32_t parent, SurfaceId surface, const Vec3d& image_m);
  void grow();

  std::vector<SequenceNode> nodes_;
  std::vector<int32_t> slots_;  // open addressing over (parent, surface); -1 is free
};

inline Vec3d mirror(const Vec3d& p, const scene::Facet& f) { return p - 2 * (dot(f.normal, p) - f.offset) * f.normal; }

}  // namespace raywave::paths
