// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/corners.h"

#include <algorithm>

#include "raywave/paths/box_tree.h"

namespace raywave::paths {
namespace {

bool bounds(const RayQueries& queries, const Wedge& w, int32_t facet) {
  return w.facet0 == facet || w.facet_n == facet || queries.same_plane(w.facet0, facet) ||
         queries.same_plane(w.facet_n, facet);
}

}  // namespace

double corner_reach_m(const scene::FacetTable& table, double seam_tolerance_m, const Vec3d& at_m) {
  return std::max(kSamePoint * table.rounding_m(at_m), 2 * seam_tolerance_m);
}

bool turn_on_a_face(const RayQueries& queries, const Wedge& v, const Wedge& w) {
  return norm(cross(v.direction, w.direction)) >= kAlongEdge &&
         (bounds(queries, w, v.facet0) || bounds(queries, w, v.facet_n));
}

void find_corners(std::vector<Wedge>& wedges, const scene::FacetTable& table, const RayQueries& queries,
                  double seam_tolerance_m) {
  std::vector<Box> ends(2 * wedges.size());
  for (size_t i = 0; i < ends.size(); ++i) ends[i].add(wedges[i / 2].at(i % 2 == 0 ? 0 : wedges[i / 2].length_m));
  const std::vector<Box> places = ends;
  const BoxTree tree(std::move(ends));
  for (size_t i = 0; i < places.size(); ++i) {
    Wedge& w = wedges[i / 2];
    const Vec3d corner = places[i].lo;
    const double reach = corner_reach_m(table, seam_tolerance_m, corner);
    Wedge::Turns& turns = w.turns[i % 2];
    tree.overlapping(places[i].grown(reach), [&](uint32_t j) {
      const Wedge& v = wedges[j / 2];
      if (&v == &w || norm(places[j].lo - corner) > reach || norm(cross(v.direction, w.direction)) < kAlongEdge) return;
      turns.face_0 = turns.face_0 || bounds(queries, v, w.facet0);
      turns.face_n = turns.face_n || bounds(queries, v, w.facet_n);
    });
  }
}

}  // namespace raywave::paths
