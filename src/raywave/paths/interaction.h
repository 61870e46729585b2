// SPDX-License-Identifier: Apache-2.0
// What happens where a path touches something, and what is decided of it before fields are evaluated.
#pragma once

#include <array>
#include <cstdint>

#include "raywave/core/vec.h"

namespace raywave::paths {

enum class Interaction : uint8_t {
  kSpecularReflection = 1,
  kDiffuseReflection = 2,  // scattering by the material's pattern
  kRefraction = 4,
  kDiffraction = 8,
  kDirectionalReflection = 16,  // scattering by a lobe in the mirror's place
  kPanel = 32,                  // an element of a reconfigurable surface (panels.h)
};

/// What there is to say of each, a row an interaction.
struct InteractionRow {
  Interaction kind;
  const char* name;  // in results
  bool mirrors;      // does the path turn at a facet's plane as an image does?
};
inline constexpr InteractionRow kInteractions[] = {
    {Interaction::kSpecularReflection, "specular_reflection", true},
    {Interaction::kDiffuseReflection, "diffuse_reflection", false},
    {Interaction::kRefraction, "refraction", false},
    {Interaction::kDiffraction, "diffraction", false},
    {Interaction::kDirectionalReflection, "directional_reflection", false},
    {Interaction::kPanel, "panel", false},
};
constexpr const InteractionRow* row_of(Interaction i) {
  for (const InteractionRow& row : kInteractions) {
    if (row.kind == i) return &row;
  }
  return nullptr;
}
/// "unknown" for what is none.
inline const char* interaction_name(Interaction i) { return row_of(i) ? row_of(i)->name : "unknown"; }
/// Which of them mirror, a bit each.
inline constexpr unsigned kMirrors = [] {
  unsigned bits = 0;
  for (const InteractionRow& row : kInteractions) bits |= row.mirrors ? unsigned(row.kind) : 0u;
  return bits;
}();
constexpr bool mirrors(Interaction i) { return (kMirrors & unsigned(i)) != 0; }
/// Does a path begin anew there, at a place of the surface?
constexpr bool scatters(Interaction i) {
  return i == Interaction::kDiffuseReflection || i == Interaction::kDirectionalReflection;
}

/// Of the power that a place scatters the share K_x (xpd_coefficient) arrives in the polarisation across: turned before
/// the place's mirror or behind it, half each, so that both ends see the same. The three add in power: paths of their
/// own.
enum class Turned : int8_t { kNot, kBefore, kBehind };
/// Whose foot does a place that scatters lie about (own_face.h)? Nobody's, or that of an end which stands on its face.
enum class Below : int8_t { kNone, kSource, kTarget };
/// What is decided of a place that scatters.
struct ScatterFacts {
  int32_t triangle = -1;  // into the facet table
  Below below = Below::kNone;
  Vec3d lift_m;          // of that end, off this face and others that it stands on
  Vec2d at;              // the place, by two of the triangle's barycentric coordinates; below an end by its directions
  double share = 0;      // of the triangle's area that it stands for
  double phase_rad = 0;  // of its own, beside that of the path's length
  Turned turned = Turned::kNot;
};

/// On which face of a wedge a leg of the path runs.
enum class OnFace : int8_t { kNone, kFace0, kFaceN };
/// What a leg between two edges runs along: nothing, a face of both edges, or both faces of one sheet (OnFace names one
/// of them). OnFace without it: a leg to an end or mirror that is in the face's plane within rounding. To another
/// edge's point in a sheet's plane that is no rim of that face (kOver) it runs on either side, half each; OnFace names
/// one.
///
/// A point near the end of its edge or beyond it stands for the corner there. What it sends along a face does not stop
/// at the face's plane, for the face ends in the corner too: behind the plane, in the wedge's own sector, the field on
/// the face is continued and fades out (kPast: along the face that OnFace names; kPastBoth: along both). The further
/// inside the edge the point lies, the more is left to the path over this edge and the face's next one.
enum class Along : int8_t { kNone, kFace, kSheet, kOver, kPast, kPastBoth };
RAYWAVE_HD inline bool is_along_face(Along a) { return a == Along::kFace || a == Along::kSheet; }
/// In one or the other of two ways, of which both count.
RAYWAVE_HD inline bool is_twofold(Along a) { return a == Along::kSheet || a == Along::kOver || a == Along::kPastBoth; }
RAYWAVE_HD inline bool is_beside_faces(Along a) { return a == Along::kNone || a == Along::kOver; }
RAYWAVE_HD inline bool is_past(Along a) { return a == Along::kPast || a == Along::kPastBoth; }

/// What refining says of a path at one edge, beyond its point.
struct EdgeFacts {
  std::array<int8_t, 3> sides{};  // see em::WedgeRay
  OnFace arrives_on = OnFace::kNone, leaves_on = OnFace::kNone;
  Along arrives_along = Along::kNone, leaves_along = Along::kNone;
  bool shares_begin = false, shares_end = false;  // is this end a corner with the edge before or behind in the path?
  /// Where an end goes past a corner along face 0, n (Along::kPast): is the path's other leg in front of that plane?
  std::array<bool, 2> in_front{};
  /// Within rounding of a boundary and of an end of the edge: where the corner there lies from the path without the
  /// edge, along the edge and beside it for each of `sides`, to scale and far below the unit of W. Fields turn about a
  /// corner.
  struct Vertex {
    int8_t end = 0;  // -1 the edge's first, 1 its last, 0: not there
    double along = 0;
    std::array<double, 3> beside{};
  } vertex;
  /// And past which end of the edge: its last? Of the leg that arrives, that leaves.
  std::array<bool, 2> past_end{};
};

}  // namespace raywave::paths
