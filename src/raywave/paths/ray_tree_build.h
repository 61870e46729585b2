// SPDX-License-Identifier: Apache-2.0
// Builds the tree that devices trace rays in (ray_tree.h).
#pragma once

#include <vector>

#include "raywave/paths/ray_tree.h"
#include "raywave/scene/facets.h"

namespace raywave::paths {

struct RayTree {
  std::vector<RayTreeNode> nodes;  // the root first; none without triangles
  std::vector<RayTreeTriangle> triangles;

  RayTreeView view() const { return {nodes.empty() ? nullptr : nodes.data(), triangles.data()}; }
};

/// Over the table's triangles, each larger by its rounding (search_corners). Splits by the surface area that their
/// halves have (Wald, "On fast construction of SAH-based bounding volume hierarchies", 2007: 16 bins an axis), by
/// number where it has become deep. Deterministic.
RayTree build_ray_tree(const scene::FacetTable& table);

}  // namespace raywave::paths
