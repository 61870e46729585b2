// SPDX-License-Identifier: Apache-2.0
// Stretches of edges on their way to wedges: those that go on in each other are one, and where faces end over a crack
// at other places than their meshes do, so do the edges on them.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "raywave/paths/wedges.h"

namespace raywave::paths {

constexpr double kFlat = 1e-4;    // rad from a plane: no edge; between faces that go on in each other
constexpr double kShallow = 0.1;  // rad between planes: below it a facet goes on in the other, their line is far away

/// Sorts pieces of an edge by what its line is taken from: the longest first (in tolerances, so that rounding does not
/// decide), of equal ones that which comes first in space; `index` tells those in one place apart.
inline std::array<double, 3> longest_first(double length_m, double near_m, const Vec3d& middle_m, size_t index) {
  return {-std::round(length_m / near_m), along_no_axis(middle_m), double(index)};
}

/// A stretch of wedge before stretches are joined.
struct WedgeStretch {
  Wedge wedge;
  bool cut_lo = false, cut_hi = false;  // does a facet cross the outside at this end?
  double near_m = 0;
  bool is_remainder = false;  // beside a cut, shorter than the tolerance
};

/// Joins stretches end to end; what is no more than a remainder is dropped.
std::vector<Wedge> join(const scene::FacetTable& table, std::vector<WedgeStretch> stretches);

/// Where a facet meets another one, its partner, at an edge.
struct Seam {
  int32_t facet, partner;
  Vec3d direction, ends[2];
};

/// Edges of a face end where it ends: those that run to its border at a crack go on with it (or end before it), and
/// with them the strips that lie along them. At a corner both end where the planes of three faces meet, and strips are
/// mitred from there to the corner of the face's own border.
void lengthen_over_seams(const scene::FacetTable& table, double seam_tolerance_m, const std::vector<Seam>& seams,
                         Edges& edges);

}  // namespace raywave::paths
