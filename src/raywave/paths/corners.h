// SPDX-License-Identifier: Apache-2.0
// Corners: where edges of one face end together.
#pragma once

#include <vector>

#include "raywave/paths/ray_queries.h"
#include "raywave/paths/wedges.h"

namespace raywave::paths {

/// Roundings within which points are one: corners of edges, a ray and the boundary it runs along. Above kAside (places
/// are decided beside themselves) and what images after several mirrors are off by; ten times less and the side of a
/// boundary and the ray that it belongs to could be decided apart, ten times more changes nothing above 1e-10 m.
constexpr double kSamePoint = 4096;
/// Sine of the angle to an edge below which a ray runs along it (no Keller cone) and another edge is its continuation.
constexpr double kAlongEdge = 1e-4;

/// How near to each other the ends of two edges of one face lie that meet in a corner, metres: over a seam each face
/// may miss it by the seam tolerance.
double corner_reach_m(const scene::FacetTable& table, double seam_tolerance_m, const Vec3d& at_m);

/// Do two edges bound a common face, in different directions?
bool turn_on_a_face(const RayQueries& queries, const Wedge& v, const Wedge& w);

/// Sets Wedge::turns of all wedges: at which ends do their faces go on along another edge?
void find_corners(std::vector<Wedge>& wedges, const scene::FacetTable& table, const RayQueries& queries,
                  double seam_tolerance_m);

}  // namespace raywave::paths
