// SPDX-License-Identifier: Apache-2.0
// Ray queries: closest hits of packets of neighbouring rays in single precision, which propose, and segments and single
// rays in double precision, which decide. Packets are followed by an engine (ray_tracer.h).
//
// A segment crosses a facet when its ends lie on different sides of the facet's plane and its line passes through one
// of the facet's triangles, border included. Both are asked in double precision of every triangle whose box the segment
// passes through; the boxes are larger by more than single precision can be wrong. What counts as on a plane is said in
// roundings of the coordinates compared, metres: see kSamePlane, kAlongPlane.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/paths/ray_tracer.h"
#include "raywave/scene/facets.h"

namespace raywave::paths {

/// A facet crossed by a segment and where, as a fraction of its length.
struct Crossing {
  double t;
  int32_t facet;
};

struct Wedge;
class SegmentTree;

/// The facets that an end of a segment lies on: one for a reflection, those of a wedge for a point on an edge, -1 for
/// none.
struct EndFacets {
  int32_t first = -1, second = -1;
  const std::vector<int32_t>* edge = nullptr;  // all that are at an edge
  EndFacets(int32_t f = -1) : first(f) {}      // NOLINT: most ends lie on one facet
  EndFacets(int32_t f, int32_t g) : first(f), second(g) {}
  static EndFacets at_edge(const Wedge& w);
};

/// A segment whose two ends lie this many roundings off a plane runs along it and does not cross it. More than what
/// decisions are moved aside by (kAside in place.h): ten times less and a link in the plane of a wall would be cut by
/// chance, ten times more and sheets of 1e-11 m would begin to vanish.
constexpr double kAlongPlane = 8192;

class RayQueries {
 public:
  explicit RayQueries(const scene::FacetTable& table, const TracerFactory& tracer = embree_tracer);
  ~RayQueries();
  RayQueries(const RayQueries&) = delete;
  RayQueries& operator=(const RayQueries&) = delete;

  bool empty() const { return table_.triangles.empty(); }

  /// What follows packets of rays.
  const RayTracer& tracer() const { return *tracer_; }

  /// Is anything between a and b? An end on a facet, given or within kSamePlane roundings, does not cross it.
  /// @param inside  only what is crossed by more than rounding counts: at least this share of the segment from its
  /// ends, and this barycentric coordinate from its triangle's border.
  bool occluded(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b, double inside = 0) const;

  /// The same with one of the triangles that occlude, as near to a as is soon found; -1: none.
  int64_t occluder(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b, double inside) const;
  /// Does this triangle alone occlude?
  bool occludes(uint32_t triangle, const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                double inside) const;

  /// What may be in the way of segments within a convex region.
  struct Among {
    bool is_known = false;            // false: there is much, or nobody looked
    std::vector<uint32_t> triangles;  // those that were last in the way come first
  };
  /// @param sides  its half-spaces, normal . p >= offset; all places that count lie in the box around `corners`
  void look_within(std::span<const std::pair<Vec3d, double>> sides, std::span<const Vec3d> corners, Among& out) const;
  /// The same answer as without it.
  bool occluded(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b, Among& among) const;

  /// A triangle that occludes, -1: none.
  int64_t obstacle(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b) const;

  /// All facets between a and b, by distance, one entry a mirror (its owner there); ends as in occluded().
  void crossings(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                 std::vector<Crossing>& out) const;

  /// The mirrors whose faces the segment runs along: where it is inside the scene's box both its ends lie in the plane,
  /// within what ends are moved aside by or a thousandth of its length, and it passes the face about as near. In order,
  /// each once.
  void along(const Vec3d& a, const Vec3d& b, std::vector<int32_t>& mirrors) const;

  /// Do two facets lie in one plane? False for other < 0.
  bool same_plane(int facet, int other) const;

  /// The first facet that a ray meets, -1 for none. `t` in units of |direction|.
  int closest_hit(const Vec3d& origin, const Vec3d& direction, double& t, const EndFacets& at_origin = {}) const;

  /// The point, off all surfaces that single precision could take it to lie behind, on the side on which it is. For
  /// rays in packets.
  Vec3f clear_of_surfaces(const Vec3d& p) const;

  /// Distance by which rays in packets are moved off a facet: above the rounding of its coordinates in single
  /// precision, metres.
  float offset_m(int32_t facet) const { return offsets_m_[size_t(facet)]; }
  /// The same for all facets: how far single precision may be wrong anywhere.
  float offset_m() const { return margin_m_; }

 private:
  struct Segment;
  bool clip(const Vec3d& a, const Vec3d& d, double& t0, double& t1) const;
  template <class Search>
  bool within_box(const Vec3d& from, const Vec3d& to, Search&& search) const;
  template <class Test>
  bool visit(const Vec3d& from, const Vec3d& to, Test&& test) const;
  const scene::FacetTable& table_;
  std::unique_ptr<RayTracer> tracer_;
  std::unique_ptr<SegmentTree> tree_;  // the triangles' boxes, for what double precision decides
  struct Plane {
    Vec3d normal;
    double offset;
    int32_t mirror;
  };
  std::vector<Plane> planes_;     // [num_facets]
  std::vector<float> offsets_m_;  // [num_facets]
  Vec3d low_, high_;              // box around all boxes of the tree
  float margin_m_ = 0;
};

}  // namespace raywave::paths
