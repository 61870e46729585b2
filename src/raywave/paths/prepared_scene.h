// SPDX-License-Identifier: Apache-2.0
// What solvers derive from a scene's geometry once: facets, edges, the ray-query structure. Immutable and shareable.
#pragma once

#include <memory>

#include "raywave/scene/facets.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

class RayQueries;

class PreparedScene {
 public:
  /// Geometry of a cleaned scene (scene::clean_meshes). A scene without triangles is free space.
  explicit PreparedScene(const scene::Scene& scene);
  ~PreparedScene();
  PreparedScene(PreparedScene&&) noexcept;

  const scene::FacetTable& facets() const { return facets_; }
  const RayQueries& queries() const { return *queries_; }

 private:
  scene::FacetTable facets_;
  std::unique_ptr<RayQueries> queries_;
};

}  // namespace raywave::paths
