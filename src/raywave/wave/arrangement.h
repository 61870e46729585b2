// SPDX-License-Identifier: Apache-2.0
// Who owns a place that several media cover, written once (docs/waves.md): a conductor before every medium, then the
// medium whose permittivity is farthest from vacuum's, |eta - 1|, then the one of larger absorption; equal media of
// several objects share the place. The order of a list plays no part.
//
// Regions (outlines, or what a plane cuts from solids) in one strip z0 <= z <= z1 of the plane (y, z): the strip is cut
// at every vertex and at every crossing of two sides, so that between two cuts sides have an order in y and the owner
// changes at sides alone. A side's piece says who owns the place at its left and at its right: areas and their
// derivatives follow from the pieces (pieces.h). Where sides of several regions run along each other, areas have a
// kink: a piece's slope is the mean of the derivatives to both sides, which is what a central difference gives.
#pragma once

#include <span>
#include <vector>

#include "raywave/wave/geometry.h"
#include "raywave/wave/scene.h"

namespace raywave::wave::detail {

/// Places among the scene's objects by who owns what is shared; equal ranks share. Lower owns. [objects]
std::vector<int> owner_ranks(const Scene& scene, const std::vector<Medium>& media);

/// Part of a region's boundary, the inside at its right: heading +z, that is towards +y.
struct Side {
  Point p, q;
  int region = 0;
  int a = 0, b = 0;  // whatever p and q stand for
};

/// Sets of objects that own a place together; 0 is none.
class OwnerGroups {
 public:
  int of(const std::vector<int>& members);
  const std::vector<int>& members(int group) const { return groups_[size_t(group)]; }
  /// Of the place: 1 over the number of members.
  double share(int group, int object) const;

 private:
  std::vector<std::vector<int>> groups_{{}};
};

/// From s to e along a side p -> q.
struct Piece {
  int side = 0;
  double s = 0, e = 0;
  int left = 0, right = 0;      // owner groups
  double value = 1, slope = 1;  // whether it counts in areas, and in their derivatives
  int toward = 0;               // where sides coincide: -1, what it changes when it moves towards -y (a side along y:
                                // -z), 1, towards +
};

/// @param object_of  each region's object. @param rank_of  each object's rank, of owner_ranks().
/// A side across the march (p.z = q.z) at z0 or z1 counts half: the other half is the neighbouring strip's.
std::vector<Piece> arrange(std::span<const Side> sides, std::span<const int> object_of, std::span<const int> rank_of,
                           double z0, double z1, OwnerGroups& groups);

}  // namespace raywave::wave::detail
