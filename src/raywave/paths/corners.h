// SPDX-License-Identifier: Apache-2.0
// Corners: where edges of one face end together.
#pragma once

#include <array>
#include <vector>

#include "raywave/paths/ray_queries.h"
#include "raywave/paths/wedges.h"

namespace raywave::paths {

/// The least cosine between the normals of two facets that may be pieces of one face, over a seam.
constexpr double kOnePlane = 0.9;

/// Roundings within which points are one: corners of edges, a ray and the boundary it runs along. Above kAside (places
/// are decided beside themselves) and what images after several mirrors are off by; ten times less and the side of a
/// boundary and the ray that it belongs to could be decided apart, ten times more changes nothing above 1e-10 m.
constexpr double kSamePoint = 32768;
/// Sine of the angle to an edge below which a ray runs along it (no Keller cone) and another edge is its continuation.
constexpr double kAlongEdge = 1e-4;

/// How near to each other the ends of two edges of one face lie that meet in a corner, metres: over a seam each face
/// may miss it by the seam tolerance.
double corner_reach_m(const scene::FacetTable& table, double seam_tolerance_m, const Vec3d& at_m);

/// Does a facet's plane hold the edge: one of its faces', or that of another facet at the edge, within the seam
/// tolerance along all of it? Such a facet has no image of the edge.
bool holds_edge(const scene::FacetTable& table, const RayQueries& queries, const Wedge& w, int32_t facet,
                double seam_tolerance_m);

/// Do two edges bound a common face, in different directions? Faces are one when both edges lie in their planes within
/// the seam tolerance, on one side.
bool turn_on_a_face(const scene::FacetTable& table, const RayQueries& queries, double seam_tolerance_m, const Wedge& v,
                    const Wedge& w);

/// How far behind the plane of height_over() an end may lie, in the units of W of a distance parameter as large as the
/// distance. Finders look no farther; fields have faded out before, but with the path's other end within a sixteenth of
/// that distance of the corner.
constexpr double kMostOver = 16;

/// A leg past an edge's end runs over a facet (Wedge::Turns::over_0, over_n): how far an end p of the path is in front
/// of that facet's plane, metres; and p itself, or where it is behind a place in front from which the corner is looked
/// at.
double height_over(const scene::FacetTable& table, const Wedge& w, bool at_end, int32_t over, const Vec3d& p);
Vec3d lifted_over(const scene::FacetTable& table, const Wedge& w, bool at_end, int32_t over, const Vec3d& p);

/// How far from an edge's end sight of it is decided, at least (roundings) and at most (of its length). Larger, and
/// what stands at the corner would be missed or seen over that length; smaller, and rounding would decide whether a
/// facet that ends in the corner hides it. Between them: four times by what the facets there miss it. Of a short edge
/// far from its coordinates' origin more than kMostInset, so that a step of it crosses a plane for certain.
constexpr double kLeastInset = 16 * kSamePoint, kMostInset = 1e-4, kCertainInset = 16 * kAlongPlane;

/// Where facets at an edge's corner miss it by less than the seam tolerance (Wedge::miss_m: a neighbour's wall that
/// stands into the body, or ends short of it) none of them hides it: it is looked at from these places as well, beside
/// the edge.
std::array<Vec3d, 3> about_corner(const Wedge& w, bool at_end);
/// Is such a place not on the other side of a wall that the edge stands in?
bool is_this_side(const RayQueries& queries, const Wedge& w, bool at_end, const Vec3d& about_m);

/// Sets Wedge::turns of all wedges: at which ends do their faces go on along another edge? And Wedge::inset_m, miss_m.
void find_corners(std::vector<Wedge>& wedges, const scene::FacetTable& table, const RayQueries& queries,
                  double seam_tolerance_m);

}  // namespace raywave::paths
