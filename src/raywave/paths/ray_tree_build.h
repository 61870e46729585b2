// SPDX-License-Identifier: Apache-2.0
// Builds the tree that devices trace rays in (ray_tree.h).
#pragma once

#include <vector>

#include "raywave/paths/ray_tree.h"
#include "raywave/runtime/device.h"
#include "raywave/scene/facets.h"

namespace raywave::paths {

struct RayTree {
  std::vector<RayTreeNode> nodes;  // the root first; none without triangles
  std::vector<RayTreeTriangle> triangles;

  RayTreeView view() const { return {nodes.empty() ? nullptr : nodes.data(), triangles.data()}; }
};

/// What triangles are in a tree: larger by their rounding (search_corners), so that nothing slips through seams; or as
/// they are, so that what is counted in one is not counted in its neighbour too.
enum class TreeTriangles { kGrown, kAsGiven };

/// Over the table's triangles. Splits by the surface area that their
/// halves have (Wald, "On fast construction of SAH-based bounding volume hierarchies", 2007: 16 bins an axis), by
/// number where it has become deep. Deterministic.
RayTree build_ray_tree(const scene::FacetTable& table, TreeTriangles triangles = TreeTriangles::kGrown);

/// A tree in a device's memory.
class TreeOnDevice {
 public:
  TreeOnDevice() = default;
  TreeOnDevice(runtime::DeviceMemory& memory, const RayTree& tree) {
    if (tree.nodes.empty()) return;
    nodes_ = runtime::uploaded(memory, tree.nodes), triangles_ = runtime::uploaded(memory, tree.triangles);
  }
  RayTreeView view() const { return {nodes_.data(), triangles_.data()}; }

 private:
  runtime::DeviceArray<RayTreeNode> nodes_;
  runtime::DeviceArray<RayTreeTriangle> triangles_;
};

}  // namespace raywave::paths
