// SPDX-License-Identifier: Apache-2.0
// Where what is at an edge changes along it: there stretches begin and end, see wedges.h.
#pragma once

#include <vector>

#include "raywave/paths/edge_contacts.h"

namespace raywave::paths {

constexpr double kSameDirection = 1e-5;  // rad between facets that lie on each other

/// The line of a group of edges: what is within near_m of it is together, within rounding_m the same.
struct GroupLine {
  Vec3d origin, along;
  double near_m, rounding_m;
};

/// Metres along the line, ascending: the ends of the group's edges, of where two run side by side, and of the faces
/// that the line runs over, where these are not at one of the others within the tolerance.
std::vector<double> ends_of_stretches(const scene::FacetTable& table, const EdgeGroup& group, const GroupLine& line);

}  // namespace raywave::paths
