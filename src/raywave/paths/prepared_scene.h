// SPDX-License-Identifier: Apache-2.0
// What solvers derive from a scene's geometry once: facets, edges, the ray-query structure. Immutable and shareable.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "raywave/paths/wedges.h"
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

  const scene::FacetTable& facets() const { return *facets_; }
  const RayQueries& queries() const { return *queries_; }
  /// The edges that diffract, found when first asked for. @throws Error for a wedge folded onto itself.
  const std::vector<Wedge>& wedges() const;
  /// Facet normals in single precision, for shooting rays. [num_facets]
  const std::vector<Vec3f>& normals() const { return normals_; }

 private:
  std::unique_ptr<scene::FacetTable> facets_;  // on the heap: the queries keep a reference when this object moves
  std::unique_ptr<RayQueries> queries_;
  std::vector<Vec3f> normals_;
  struct LazyWedges {
    std::once_flag once;
    std::vector<Wedge> wedges;
  };
  std::unique_ptr<LazyWedges> wedges_;
  std::vector<std::string> object_names_;
};

}  // namespace raywave::paths
