// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/prepared_scene.h"

#include "raywave/paths/ray_queries.h"

namespace raywave::paths {

PreparedScene::PreparedScene(const scene::Scene& scene)
    : facets_(std::make_unique<scene::FacetTable>(scene::build_facets(scene))),
      queries_(std::make_unique<RayQueries>(*facets_)) {
  normals_.reserve(facets_->facets.size());
  for (const auto& f : facets_->facets) {
    normals_.push_back({float(f.normal.x), float(f.normal.y), float(f.normal.z)});
  }
}
PreparedScene::~PreparedScene() = default;
PreparedScene::PreparedScene(PreparedScene&&) noexcept = default;

}  // namespace raywave::paths
