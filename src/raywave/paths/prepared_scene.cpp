// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/prepared_scene.h"

#include <array>
#include <set>

#include "raywave/paths/ray_queries.h"

namespace raywave::paths {

namespace {

Vec3d middle(const scene::Scene& scene) {
  if (scene.num_triangles() == 0) return {0, 0, 0};
  Vec3d lo, hi;
  scene.bounding_box(lo, hi);
  return lo + 0.5 * (hi - lo);
}

}  // namespace

PreparedScene::PreparedScene(const scene::Scene& scene)
    : facets_(std::make_unique<scene::FacetTable>(scene::build_facets(scene, middle(scene)))),
      queries_(std::make_unique<RayQueries>(*facets_)),
      wedges_(std::make_unique<LazyWedges>()) {
  for (const auto& o : scene.objects) object_names_.push_back(o.name);
  normals_.reserve(facets_->facets.size());
  for (const auto& f : facets_->facets) {
    normals_.push_back({float(f.normal.x), float(f.normal.y), float(f.normal.z)});
    offsets_.push_back(float(f.offset));
  }
}

void PreparedScene::warn(const LogSink& log) const {
  if (!log) return;
  std::set<std::array<int32_t, 2>> said;  // object pairs
  for (const auto& [f, g] : facets_->disputed) {
    const scene::Facet& owner = facets_->facets[size_t(f)];
    const int32_t first = owner.object, second = facets_->facets[size_t(g)].object;
    if (!said.insert({first, second}).second) continue;
    const Vec3d p = facets_->triangles[owner.triangle_begin].a + origin_m();
    log(message("objects '", object_names_[size_t(first)], "' and '", object_names_[size_t(second)],
                "' of different materials cover the same places of one plane (that of the point ", p.x, ", ", p.y, ", ",
                p.z, " m): there '", object_names_[size_t(first)], "' counts, which comes first in the scene"));
  }
}

scene::Scene PreparedScene::centred(const scene::Scene& scene) const {
  scene::Scene s = scene;
  for (scene::Object& o : s.objects) {
    for (Vec3d& v : o.mesh.vertices_m) v -= origin_m();
  }
  for (auto* devices : {&s.transmitters, &s.receivers}) {
    for (scene::Device& d : *devices) d.position_m -= origin_m();
  }
  return s;
}

const std::vector<Wedge>& PreparedScene::wedges() const {
  std::call_once(wedges_->once, [this] { wedges_->wedges = find_wedges(object_names_, *facets_, *queries_); });
  return wedges_->wedges;
}
PreparedScene::~PreparedScene() = default;
PreparedScene::PreparedScene(PreparedScene&&) noexcept = default;

}  // namespace raywave::paths
