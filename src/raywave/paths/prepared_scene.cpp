// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/prepared_scene.h"

#include "raywave/paths/ray_queries.h"

namespace raywave::paths {

PreparedScene::PreparedScene(const scene::Scene& scene)
    : facets_(std::make_unique<scene::FacetTable>(scene::build_facets(scene))),
      queries_(std::make_unique<RayQueries>(*facets_)),
      wedges_(std::make_unique<LazyWedges>()) {
  for (const auto& o : scene.objects) object_names_.push_back(o.name);
  normals_.reserve(facets_->facets.size());
  for (const auto& f : facets_->facets) {
    normals_.push_back({float(f.normal.x), float(f.normal.y), float(f.normal.z)});
  }
}
const std::vector<Wedge>& PreparedScene::wedges() const {
  std::call_once(wedges_->once, [this] { wedges_->wedges = find_wedges(object_names_, *facets_, *queries_); });
  return wedges_->wedges;
}
PreparedScene::~PreparedScene() = default;
PreparedScene::PreparedScene(PreparedScene&&) noexcept = default;

}  // namespace raywave::paths
