// SPDX-License-Identifier: Apache-2.0
// What solvers derive from a scene's geometry once: facets, edges, the ray-query structure. Immutable and shareable.
// All of it is relative to the middle of the scene's bounding box, so that it does not matter where the scene lies;
// solvers work on centred() and add the origin to the places that they report.
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

  /// The middle of the scene's bounding box, in its coordinates.
  const Vec3d& origin_m() const { return facets_->origin_m; }
  /// A scene of the same geometry with its coordinates relative to the origin. Derivatives are the same numbers.
  scene::Scene centred(const scene::Scene& scene) const;

  /// Warns of places in one plane that two objects of different materials cover: the first one owns them.
  void warn(const LogSink& log) const;

  const scene::FacetTable& facets() const { return *facets_; }
  const RayQueries& queries() const { return *queries_; }
  /// The edges that diffract, found when first asked for. @throws Error for a wedge folded onto itself.
  const std::vector<Wedge>& wedges() const;
  /// Facet normals in single precision, for shooting rays. [num_facets]
  const std::vector<Vec3f>& normals() const { return normals_; }
  /// normal . p of the facets' points, the same. [num_facets]
  const std::vector<float>& offsets() const { return offsets_; }

 private:
  std::unique_ptr<scene::FacetTable> facets_;  // on the heap: the queries keep a reference when this object moves
  std::unique_ptr<RayQueries> queries_;
  std::vector<Vec3f> normals_;
  std::vector<float> offsets_;
  struct LazyWedges {
    std::once_flag once;
    std::vector<Wedge> wedges;
  };
  std::unique_ptr<LazyWedges> wedges_;
  std::vector<std::string> object_names_;
};

}  // namespace raywave::paths
