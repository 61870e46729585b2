// SPDX-License-Identifier: Apache-2.0
// What the learned sampler sees of a scene in space: numbers of facets relative to a source (a device or its image),
// the receiver and the window that the source shines through. Directions are told by their sines against the planes
// through an apex and an edge, lengths over the distance from source to receiver and squashed to -1..1: nothing changes
// when the whole is moved, turned or scaled.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/scene/facets.h"

namespace raywave::paths {

/// A convex polygon in space.
struct Outline {
  static constexpr size_t kMost = 16;
  std::array<Vec3d, kMost> corner;
  size_t n = 0;
  Vec3d axis;    // unit, along the longest edge of the whole facet
  Vec3d center;  // of its corners
  double radius = 0, area = 0;

  void add(const Vec3d& p) { corner[n++] = p; }
  void settle();  // center, radius, area of the corners
};

/// The part of a facet that a source shines through; none at the beginning.
struct Window {
  const scene::Facet* facet = nullptr;
  Outline lit;
  const Window* if_any() const { return facet ? this : nullptr; }
};

/// What of an outline the beam from an apex through a window meets: planes and sides alone. Never less than the beam
/// meets (a slack of 1e-9 rad, far above rounding). @return false when it meets nothing.
bool clip_to_beam(const Vec3d& apex, const Window& window, const Outline& outline, Outline& lit);

/// The smallest sine between a direction and the planes through the apex and the outline's edges: positive when the ray
/// goes through it. -1 where apex and outline are in one plane.
double margin(const Vec3d& apex, const Outline& outline, const Vec3d& direction);

/// The pyramid through a rectangle around an outline, along its axis: inward unit normals, zero where the apex
/// sees a side edge on. Of the rectangle's two directions the one that the way to the target runs along more comes
/// first, both with it.
using Sides = std::array<Vec3d, 4>;

struct FacetSight {
  Vec3d source, target;
  const Window* window;  // null: of all directions
  int remaining;
  static constexpr int kNumbers = 12;
  void add(std::vector<float>& out) const;
  double length() const;
};

/// A facet as it is looked at from a state. Keeps references.
class FacetLook {
 public:
  static constexpr int kNextNumbers = 23, kPairNumbers = 36, kStateNumbers = FacetSight::kNumbers;

  /// @param lit  the part of the facet that the source reaches. @param area  of the whole facet.
  FacetLook(const FacetSight& sight, const scene::Facet& facet, const Outline& lit, double area);
  /// As the next one.
  void add_next(std::vector<float>& out) const;
  /// Another facet beside it: where it stands on the way to the facet and from there to the target, and as the one
  /// after it.
  void add_pair(const scene::Facet& plane, const Outline& other, std::vector<float>& out) const;

 private:
  FacetSight sight_;
  const scene::Facet& facet_;
  const Outline& lit_;
  double area_, length_, to_window_ = 0;
  Vec3d image_, touch_;     // of the source; where the way to the target over this facet alone touches it
  bool proper_;             // there is such a way in its plane
  double source_side_ = 1;  // on which side of the facet the source is
  Sides from_source_, from_image_;
};

}  // namespace raywave::paths
