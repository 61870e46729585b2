// SPDX-License-Identifier: Apache-2.0
// Refine: where exactly does a path touch the facets of its sequence? Image method in double precision, then a test of
// every segment against the scene; transmissions are read off the segments.
#pragma once

#include <vector>

#include "raywave/paths/paths.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/paths/sequence_tree.h"

namespace raywave::paths {

/// One interaction of a path.
struct Step {
  Interaction type = Interaction::kSpecularReflection;
  int32_t facet = -1;
  Vec3d point_m;
};

/// A path between two points, before fields.
struct GeometricPath {
  int32_t target = 0;  // index of the receiving point
  std::vector<Step> steps;
};

struct RefineOptions {
  int max_depth = 3;
  bool refraction = false;
  std::vector<uint8_t> opaque;  // [num_facets], 1: transmits nothing. Used with refraction.
};

class Refiner {
 public:
  Refiner(const PreparedScene& scene, const RefineOptions& options)
      : scene_(scene), table_(scene.facets()), options_(options) {}

  /// The path over a node's sequence to a target; false when the images miss a facet or something is in the way.
  /// @param target_facet  the facet that the target lies on, if any: it is not in the way.
  bool path(const SequenceTree& tree, int32_t node, const Vec3d& target_m, GeometricPath& out, int target_facet = -1);

 private:
  bool image_points(const SequenceTree& tree, int32_t node, const Vec3d& target_m);
  bool unobstructed(const Vec3d& source_m, const Vec3d& target_m, int target_facet, GeometricPath& out);

  const PreparedScene& scene_;
  const scene::FacetTable& table_;
  const RefineOptions& options_;
  std::vector<Step> reflections_;
  std::vector<Crossing> crossings_;
};

}  // namespace raywave::paths
