// SPDX-License-Identifier: Apache-2.0
// Which faces hide whole boxes from a point? Sight of thousands of edges is decided for boxes of them first: in a
// street the walls beside a device hide most of the city.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/paths/box_tree.h"
#include "raywave/scene/facets.h"

namespace raywave::paths {

/// {p : normal . p >= offset}
struct HalfSpace {
  Vec3d normal;
  double offset = 0;
};

class Occluders {
 public:
  explicit Occluders(const scene::FacetTable& table);

  /// Does every segment from a point to a box cross one convex piece of the facet, by more than rounding? Where there
  /// is doubt: no. @param within  what the piece must lie in, if anything: what is beyond a mirror.
  bool hides(int32_t facet, const Vec3d& from, const Box& box, const std::optional<HalfSpace>& within) const;

 private:
  void add_outline(const scene::Facet& f);
  bool piece_hides(size_t piece, const Vec3d& from, const Box& box) const;

  const scene::FacetTable& table_;
  // A facet is one piece where its outline is convex, else its triangles are.
  std::vector<uint32_t> pieces_;  // [num_facets + 1]: where a facet's pieces begin
  std::vector<uint32_t> begin_;   // [num_pieces + 1]: where a piece's corners begin
  std::vector<Vec3d> corners_;
};

}  // namespace raywave::paths
