// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/corners.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "raywave/core/box_tree.h"
#include "raywave/paths/edge_sight.h"

namespace raywave::paths {
namespace {

/// Does the edge lie in the facet's plane?
bool in_plane(const scene::FacetTable& table, const Wedge& w, int32_t facet, double within_m) {
  const auto near = [&](const Vec3d& p) { return std::abs(table.distance(facet, p)) <= within_m; };
  return near(w.a) && near(w.at(w.length_m));
}

/// One face of a wedge: its facet and its normal, out of the body.
struct Face {
  int32_t facet;
  Vec3d normal;
};
std::array<Face, 2> faces_of(const Wedge& w) { return {Face{w.facet0, w.n0}, Face{w.facet_n, w.nn}}; }

/// Are these one face of two wedges?
bool one_face(const scene::FacetTable& table, const RayQueries& queries, double seam_tolerance_m, const Wedge& v,
              const Face& f, const Wedge& w, const Face& g) {
  if (!(dot(f.normal, g.normal) > kOnePlane)) return false;  // back to back or across: two faces
  return f.facet == g.facet || queries.same_plane(f.facet, g.facet) ||
         (in_plane(table, w, f.facet, seam_tolerance_m) && in_plane(table, v, g.facet, seam_tolerance_m));
}

/// Is the facet's plane that of a face of the wedge, but for a small angle?
bool runs_along_a_face(const scene::FacetTable& table, const Wedge& w, int32_t facet) {
  constexpr double kAlong = 0.05;  // sine
  const Vec3d& n = table.facets[size_t(facet)].normal;
  return std::min(norm(cross(n, w.n0)), norm(cross(n, w.nn))) < kAlong;
}

/// The edge's place beside its corner.
Vec3d beside_corner(const Wedge& w, bool at_end) { return w.at(at_end ? w.length_m - w.inset_m : w.inset_m); }

/// Is the facet's face there, whatever it is cut into, within that much of a point?
bool is_face_at(const scene::FacetTable& table, const RayQueries& queries, int32_t facet, const Vec3d& p,
                double within_m) {
  const Vec3d &n = table.facets[size_t(facet)].normal, on = p - table.distance(facet, p) * n;
  std::vector<Crossing> crossed;
  queries.crossings(on + within_m * n, on - within_m * n, {}, {}, crossed);
  return std::any_of(crossed.begin(), crossed.end(),
                     [&](const Crossing& c) { return queries.same_plane(c.facet, facet); });
}

/// The other side of a wall or plate whose rim both edges bound, of one side each; -1: they don't.
int32_t other_side(const scene::FacetTable& table, const RayQueries& queries, double seam_tolerance_m, const Wedge& w,
                   const Wedge& v) {
  if (w.facet0 == w.facet_n || v.facet0 == v.facet_n) return -1;
  const auto own = faces_of(w), next = faces_of(v);
  for (const size_t i : {0, 1}) {
    for (const size_t j : {0, 1}) {
      if (dot(own[1 - i].normal, next[1 - j].normal) < -kOnePlane &&
          one_face(table, queries, seam_tolerance_m, w, own[i], v, next[j]))
        return next[1 - j].facet;
    }
  }
  return -1;
}

/// Does the facet's face lie over the edge itself, beside this end?
bool covers(const scene::FacetTable& table, const RayQueries& queries, const Wedge& w, bool at_end, int32_t facet,
            double reach_m) {
  const double inside = std::min(reach_m, 0.5 * w.length_m);
  return is_face_at(table, queries, facet, w.at(at_end ? w.length_m - inside : inside), reach_m);
}

/// Does a face of the wedge go on beside its line beyond this end: is the face's corner there no convex one?
bool faces_go_on(const scene::FacetTable& table, const RayQueries& queries, const Wedge& w, bool at_end,
                 double reach_m) {
  const Vec3d beyond = w.at(at_end ? w.length_m + reach_m : -reach_m);
  const double aside = reach_m / 8;
  return is_face_at(table, queries, w.facet0, beyond + aside * w.t0, aside) ||
         is_face_at(table, queries, w.facet_n, beyond + aside * w.tn, aside);
}

/// Do two edges bound one sheet, which ends in a convex corner between them? @param at_end  is the corner their last
/// end?
bool is_rim_of_one_sheet(const scene::FacetTable& table, const RayQueries& queries, double seam_tolerance_m,
                         const Wedge& w, const Wedge& v, bool w_at_end, bool v_at_end) {
  if (w.facet0 != w.facet_n || v.facet0 != v.facet_n) return false;
  const Face face{w.facet0, w.n0}, next{v.facet0, dot(v.n0, w.n0) < 0 ? -v.n0 : v.n0};
  if (!one_face(table, queries, seam_tolerance_m, w, face, v, next)) return false;
  const Vec3d along_w = w_at_end ? -w.direction : w.direction, along_v = v_at_end ? -v.direction : v.direction;
  return dot(along_v, w.t0) > 0 && dot(along_w, v.t0) > 0;
}

}  // namespace

std::array<Vec3d, 3> about_corner(const Wedge& w, bool at_end) {
  constexpr double kTimes = 8;
  const Vec3d beside = beside_corner(w, at_end);
  std::array<Vec3d, 3> places;
  for (size_t i = 0; i < places.size(); ++i) {
    const double phi = std::array{0.05, 0.5, 0.95}[i] * w.exterior_angle_rad;
    places[i] = beside + kTimes * w.miss_m[at_end ? 1 : 0] * (std::cos(phi) * w.t0 + std::sin(phi) * w.n0);
  }
  return places;
}

bool is_this_side(const RayQueries& queries, const Wedge& w, bool at_end, const Vec3d& about_m) {
  return !queries.occluded(beside_corner(w, at_end), about_m, {w.facet0, w.facet_n}, {});
}

double corner_reach_m(const scene::FacetTable& table, double seam_tolerance_m, const Vec3d& at_m) {
  return std::max(kSamePoint * table.rounding_m(at_m), 2 * seam_tolerance_m);
}

bool holds_edge(const scene::FacetTable& table, const RayQueries& queries, const Wedge& w, int32_t facet,
                double seam_tolerance_m) {
  if (queries.same_plane(w.facet0, facet) || queries.same_plane(w.facet_n, facet)) return true;
  const auto is = [&](int32_t other) { return other == facet || queries.same_plane(other, facet); };
  return std::any_of(w.facets.begin(), w.facets.end(), is) && in_plane(table, w, facet, seam_tolerance_m);
}

bool turn_on_a_face(const scene::FacetTable& table, const RayQueries& queries, double seam_tolerance_m, const Wedge& v,
                    const Wedge& w) {
  if (norm(cross(v.direction, w.direction)) < kAlongEdge) return false;
  for (const Face& f : faces_of(v)) {
    for (const Face& g : faces_of(w)) {
      if (one_face(table, queries, seam_tolerance_m, v, f, w, g)) return true;
    }
  }
  return false;
}

namespace {
double outward(const scene::FacetTable& table, const Wedge& w, bool at_end, int32_t over) {
  return (dot(table.facets[size_t(over)].normal, w.direction) > 0) == at_end ? 1 : -1;
}
}  // namespace

double height_over(const scene::FacetTable& table, const Wedge& w, bool at_end, int32_t over, const Vec3d& p) {
  return outward(table, w, at_end, over) * table.distance(over, p);
}

Vec3d lifted_over(const scene::FacetTable& table, const Wedge& w, bool at_end, int32_t over, const Vec3d& p) {
  const Vec3d& n = table.facets[size_t(over)].normal;
  const double missing = w.inset_m * std::abs(dot(n, w.direction)) - height_over(table, w, at_end, over, p);
  return missing > 0 ? p + (missing * outward(table, w, at_end, over)) * n : p;
}

void find_corners(std::vector<Wedge>& wedges, const scene::FacetTable& table, const RayQueries& queries,
                  double seam_tolerance_m) {
  std::vector<Box> ends(2 * wedges.size());
  for (size_t i = 0; i < ends.size(); ++i) ends[i].add(wedges[i / 2].at(i % 2 == 0 ? 0 : wedges[i / 2].length_m));
  const std::vector<Box> places = ends;
  const BoxTree tree(std::move(ends));
  // A neighbour's face that goes on along the edge's line from its end, in its plane but for a seam: at the edge, too.
  std::vector<std::vector<int32_t>> beside(wedges.size());
  for (size_t i = 0; i < places.size(); ++i) {
    Wedge& w = wedges[i / 2];
    const Vec3d corner = places[i].lo;
    const double reach = corner_reach_m(table, seam_tolerance_m, corner);
    Wedge::Turns& turns = w.turns[i % 2];
    const double least = kLeastInset * table.rounding_m(corner);
    double inset = least;
    std::vector<int32_t> other_sides;
    const auto for_near = [&](auto&& visit) {
      tree.overlapping(places[i].grown(reach), [&](uint32_t j) {
        if (j / 2 != i / 2 && norm(places[j].lo - corner) <= reach) visit(j);
      });
    };
    for_near([&](uint32_t j) {
      const int32_t f = other_side(table, queries, seam_tolerance_m, w, wedges[j / 2]);
      if (f >= 0) other_sides.push_back(f);
    });
    // what facets miss the corner by; but for the other side of a wall
    const auto keep_off = [&](const Wedge& at) {
      for (const int32_t f : at.facets) {
        const double miss = std::abs(table.distance(f, corner));
        if (miss > std::max(seam_tolerance_m, least)) continue;
        const auto is = [&](int32_t other) { return queries.same_plane(f, other); };
        if (std::none_of(other_sides.begin(), other_sides.end(), is)) inset = std::max(inset, 4 * miss);
      }
    };
    keep_off(w);
    std::array<bool, 2> known{};  // is the face that goes on over each face the one next to it for certain?
    for_near([&](uint32_t j) {
      const Wedge& v = wedges[j / 2];
      for (const int32_t f : v.facets) {
        if (in_plane(table, w, f, seam_tolerance_m) && runs_along_a_face(table, w, f) &&
            !covers(table, queries, w, i % 2 == 1, f, reach))
          beside[i / 2].push_back(f);
      }
      if (norm(cross(v.direction, w.direction)) < kAlongEdge) return;
      keep_off(v);
      if (is_rim_of_one_sheet(table, queries, seam_tolerance_m, w, v, i % 2 == 1, j % 2 == 1))
        turns.next_0 = int32_t(j / 2);
      const auto own = faces_of(w), next = faces_of(v);
      for (const size_t i_face : {0, 1}) {
        for (const size_t j_face : {0, 1}) {
          if (!one_face(table, queries, seam_tolerance_m, w, own[i_face], v, next[j_face])) continue;
          (i_face == 0 ? turns.face_0 : turns.face_n) = true;
          int32_t& over = i_face == 0 ? turns.over_0 : turns.over_n;
          // the very face before one that is in its plane within the tolerance, whichever comes first
          const bool same =
              own[i_face].facet == next[j_face].facet || queries.same_plane(own[i_face].facet, next[j_face].facet);
          if (v.facet0 == v.facet_n || (over >= 0 && (known[i_face] || !same))) continue;
          over = next[1 - j_face].facet;
          if (w.facet0 != w.facet_n) (i_face == 0 ? turns.next_0 : turns.next_n) = int32_t(j / 2);
          known[i_face] = same;
        }
      }
    });
    // nothing goes past a corner into which the faces go on: there is the body
    if (faces_go_on(table, queries, w, i % 2 == 1, reach))
      turns.face_0 = turns.face_n = false, turns.over_0 = turns.over_n = -1;
    if (inset > least) w.miss_m[i % 2] = 0.25 * inset;
    const double certain = std::min(kCertainInset * table.rounding_m(corner), 0.25 * w.length_m);
    w.inset_m = std::min(std::max(kMostInset * w.length_m, certain), std::max(w.inset_m, inset));
  }
  for (size_t i = 0; i < wedges.size(); ++i) {
    std::vector<int32_t>& at = wedges[i].facets;
    at.insert(at.end(), beside[i].begin(), beside[i].end());
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
  }
}

}  // namespace raywave::paths
