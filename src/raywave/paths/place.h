// SPDX-License-Identifier: Apache-2.0
// Symmetric places. A device may stand exactly on a face, a ray may meet the line that two walls share, the rim of a
// plate, the seam of two floors: what happens there is the limit from beside. So which paths there are is decided for
// ends moved aside by some roundings of their coordinates, in a direction that no scene is aligned with; where paths
// touch and what arrives is then evaluated for the ends themselves. Of the two orders in which a ray may meet two walls
// in their common line one is left, and a point on a shared line has one owner, whatever rounding does.
//
// A device on a face stands on the side of the other end of the link; where that lies in the face's plane too, on the
// side that the face's normal (its winding) points to (of faces that lie on each other and look both ways, the upper
// one). When nothing arrives there, on the other side, unless the other end stands on the same face: two devices on the
// ground do not see each other under it. In an edge or corner that holds for each of the faces. Edges that a device
// stands on do not diffract for it.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/paths/prepared_scene.h"

namespace raywave::paths {

/// How far ends are moved aside, in roundings of their coordinates: from kAside to kMostAside, each place by its own
/// length. Of two ends that are symmetric about something their difference counts, against what rounding leaves of
/// images after some mirrors (about 10); ten times less and that would decide in one of some hundred symmetric places,
/// ten times more only makes the places larger that count as symmetric (now at most 4e-11 m in a room).
constexpr double kAside = 2048, kMostAside = 16384;

struct Place {
  struct Face {
    int32_t mirror;
    int side;  // 0: it lies on it, within kSamePlane roundings; +1, -1: so near that it must be kept on its side
  };
  Vec3d position_m;
  std::vector<Face> faces;
  bool on_a_face() const;
};

Place place_at(const PreparedScene& scene, const Vec3d& position_m);
/// The same for many.
std::vector<Place> places_at(const PreparedScene& scene, const std::vector<Vec3d>& positions_m);
/// The same where only these facets can be near.
Place place_at(const PreparedScene& scene, const Vec3d& position_m, const std::vector<int32_t>& among);

/// Where a device counts as standing for a link to `other_m`. @param behind  on the other side of its faces.
Vec3d aside(const PreparedScene& scene, const Place& place, const Vec3d& other_m, bool behind = false);

/// One such place in each of the sectors that its faces leave around a device; one alone without faces.
std::vector<Vec3d> all_asides(const PreparedScene& scene, const Place& place);

}  // namespace raywave::paths
