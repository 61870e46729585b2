// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/refine.h"

#include <algorithm>

#include "raywave/paths/ray_queries.h"

namespace raywave::paths {

bool Refiner::image_points(const SequenceTree& tree, int32_t node, const Vec3d& target_m) {
  const auto& nodes = tree.nodes();
  Vec3d next = target_m;
  reflections_.resize(size_t(nodes[node].depth));
  for (int32_t n = node; n != 0; n = nodes[n].parent) {
    const SequenceNode& current = nodes[n];
    const scene::Facet& f = table_.facets[current.facet];
    const double d_image = dot(f.normal, current.image_m) - f.offset, d_next = dot(f.normal, next) - f.offset;
    if (!(d_image * d_next < 0)) return false;
    const Vec3d p = current.image_m + (d_image / (d_image - d_next)) * (next - current.image_m);
    if (!table_.contains(current.facet, p)) return false;
    reflections_[size_t(current.depth - 1)] = {Interaction::kSpecularReflection, current.facet, p};
    next = p;
  }
  return true;
}

bool Refiner::unobstructed(const Vec3d& source_m, const Vec3d& target_m, int target_facet, GeometricPath& out) {
  const size_t n = reflections_.size();
  const RayQueries& queries = scene_.queries();
  for (size_t i = n + 1; i-- > 0;) {  // the last segment first: it is the one that most often fails
    const Vec3d a = i == 0 ? source_m : reflections_[i - 1].point_m, b = i == n ? target_m : reflections_[i].point_m;
    const int facet_a = i == 0 ? -1 : reflections_[i - 1].facet,
              facet_b = i == n ? target_facet : reflections_[i].facet;
    if (!options_.refraction) {
      if (queries.occluded(a, b, facet_a, facet_b)) return false;
      continue;
    }
    queries.crossings(a, b, facet_a, facet_b, crossings_);
    size_t transmissions = crossings_.size();
    for (const Step& s : out.steps) transmissions += s.facet >= 0;
    if (transmissions + n > size_t(options_.max_depth)) return false;
    for (size_t c = crossings_.size(); c-- > 0;) {  // steps are collected from the end
      const int32_t facet = crossings_[c].facet;
      if (options_.opaque[size_t(facet)]) return false;
      const scene::Facet& f = table_.facets[facet];
      const double da = dot(f.normal, a) - f.offset, db = dot(f.normal, b) - f.offset;
      const double t = da == db ? double(crossings_[c].t) : da / (da - db);
      out.steps.push_back({Interaction::kRefraction, facet, a + t * (b - a)});
    }
    if (i > 0) out.steps.push_back({});  // a place for the reflection
  }
  return true;
}

bool Refiner::path(const SequenceTree& tree, int32_t node, const Vec3d& target_m, GeometricPath& out,
                   int target_facet) {
  out.steps.clear();
  if (!image_points(tree, node, target_m)) return false;
  for (Step& s : reflections_) s.facet = table_.canonical(s.facet, s.point_m);
  if (!unobstructed(tree.nodes()[0].image_m, target_m, target_facet, out)) return false;
  if (!options_.refraction) {
    out.steps = reflections_;
    return true;
  }
  std::reverse(out.steps.begin(), out.steps.end());
  size_t r = 0;
  for (Step& s : out.steps) {
    if (s.facet < 0) s = reflections_[r++];
  }
  return true;
}

}  // namespace raywave::paths
