// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/image_looks.h"

namespace raywave::paths {

/// The legs of the ray from a place to the source, until one does: until(from, to, the facets at both, its number).
template <class Until>
bool ImageLooks::any_leg(int32_t node, const Vec3d& at, const EndFacets& at_place, Until&& until) const {
  Vec3d from = at;
  EndFacets beside = at_place;
  for (; node != 0; node = tree_.nodes()[size_t(node)].parent) {
    const SequenceNode& n = tree_.nodes()[size_t(node)];
    const double image = scene_.facets().distance(n.surface.index, n.image_m),
                 here = scene_.facets().distance(n.surface.index, from);
    if (!(image * here < 0)) return false;
    const Vec3d on = from + (here / (here - image)) * (n.image_m - from);
    if (until(from, on, beside, EndFacets(n.surface.index), int32_t(n.depth))) return true;
    from = on;
    beside = n.surface.index;
  }
  return until(from, tree_.nodes()[0].image_m, beside, EndFacets(), 0);
}

Obstacle ImageLooks::find(int32_t node, const Vec3d& at, const EndFacets& at_place) const {
  Obstacle found;
  any_leg(node, at, at_place,
          [&](const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b, int32_t leg) {
            // the one that is nearest to the image hides most beside the place
            const int64_t triangle = scene_.queries().occluder(b, a, at_b, at_a, kClear);
            if (triangle >= 0) found = {uint32_t(triangle), leg};
            return triangle >= 0;
          });
  return found;
}

bool ImageLooks::is_behind(const Obstacle& o, int32_t node, const Vec3d& at, const EndFacets& at_place) const {
  return o.leg >= 0 &&
         any_leg(node, at, at_place,
                 [&](const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b, int32_t leg) {
                   return leg == o.leg && scene_.queries().occludes(o.triangle, a, b, at_a, at_b, kClear);
                 });
}

bool ImageLooks::hides_last_leg(int32_t node, const Vec3d& at, const Vec3d& moved, const EndFacets& at_place) const {
  bool hidden = false;
  any_leg(node, at, at_place, [&](const Vec3d&, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b, int32_t) {
    hidden = scene_.queries().occluded(moved, b, at_a, at_b, kClear);
    return true;
  });
  return hidden;
}

}  // namespace raywave::paths
