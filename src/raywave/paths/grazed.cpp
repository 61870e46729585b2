// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/grazed.h"

#include <algorithm>

#include "raywave/paths/ray_queries.h"

namespace raywave::paths {
namespace {

/// Does a surface that a leg ends at lie in a mirror's plane? An edge's own faces are part of what it does.
bool ends_on(const PreparedScene& scene, const SurfaceId& s, int32_t mirror) {
  const auto in_plane = [&](int32_t f) { return scene.facets().facets[size_t(f)].mirror == mirror; };
  if (!s.is_wedge()) return s.is_facet() && in_plane(s.index);
  const Wedge& w = scene.wedges()[size_t(s.index)];
  return in_plane(w.facet0) || in_plane(w.facet_n) || std::any_of(w.facets.begin(), w.facets.end(), in_plane);
}

/// The sequences, each once, that have one mirror more than a path: one that a leg of it runs along, there. Which of
/// them are paths is for the refiner to say.
std::vector<int32_t> sequences_grazed_by(const GeometricPath& path, const Vec3d& source_m, const Vec3d& target_m,
                                         const PreparedScene& scene, SequenceTree& tree) {
  const scene::FacetTable& table = scene.facets();
  std::vector<SurfaceId> bends;
  std::vector<Vec3d> points{source_m};
  for (const Step& s : path.steps) {
    if (s.type == Interaction::kRefraction) continue;
    const bool mirror = s.type == Interaction::kSpecularReflection;
    bends.push_back(mirror ? SurfaceId::facet(table.facets[size_t(s.surface.index)].mirror) : s.surface);
    points.push_back(s.point_m);
  }
  points.push_back(target_m);
  std::vector<int32_t> nodes, along;
  for (size_t leg = 0; leg <= bends.size(); ++leg) {
    const SurfaceId before = leg > 0 ? bends[leg - 1] : SurfaceId{},
                    behind = leg < bends.size() ? bends[leg] : SurfaceId{};
    if (before.is_wedge() && behind.is_wedge()) continue;  // no mirrors are tried between edges
    scene.queries().along(points[leg], points[leg + 1], along);
    for (const int32_t mirror : along) {
      const SurfaceId grazed = SurfaceId::facet(mirror);
      if (!scene.is_mirror(mirror) || ends_on(scene, before, mirror) || ends_on(scene, behind, mirror)) continue;
      int32_t node = 0;
      for (size_t i = 0; i <= bends.size(); ++i) {
        if (i == leg) node = tree.child(node, grazed, table);
        if (i < bends.size()) node = tree.child(node, bends[i], table);
      }
      if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
    }
  }
  return nodes;
}

}  // namespace

void add_grazed(Refiner& refiner, const PreparedScene& scene, bool los, SequenceTree& tree,
                const std::vector<Vec3d>& targets_m, std::vector<GeometricPath>& paths) {
  if (!scene.has_mirrors()) return;
  const Vec3d source_m = tree.nodes()[0].image_m;
  const size_t num_found = paths.size();
  for (size_t t = 0; t < targets_m.size() && !los; ++t) paths.push_back({int32_t(t), {}});
  const size_t num_asked = paths.size();
  GeometricPath path;
  for (size_t i = 0; i < paths.size(); ++i) {  // those that are added, too
    const GeometricPath along = paths[i];
    const Vec3d& target_m = targets_m[size_t(along.target)];
    for (const int32_t node : sequences_grazed_by(along, source_m, target_m, scene, tree)) {
      if (tree.nodes()[size_t(node)].depth > refiner.options().max_depth) continue;
      if (!refiner.path(tree, node, target_m, path)) continue;
      path.target = along.target;
      const auto is_known = [&](const GeometricPath& p) { return p.target == path.target && same_steps(p, path); };
      if (std::none_of(paths.begin(), paths.end(), is_known)) paths.push_back(path);
    }
  }
  if (paths.size() == num_found) return;
  paths.erase(paths.begin() + long(num_found), paths.begin() + long(num_asked));
  std::stable_sort(paths.begin(), paths.end(), before);
}

}  // namespace raywave::paths
