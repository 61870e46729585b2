// SPDX-License-Identifier: Apache-2.0
// Sight of edges: which part of a wedge does a source light, directly or by the reflections of a sequence? Exact but
// for rounding: the plane through the (image of the) source and the edge cuts each facet of the sequence in a window
// and each obstacle in a shadow on the edge; the windows' common part less the shadows is what is lit. Obstacles are
// found one by one: a ray to the middle of what may still be lit either arrives or names the next one.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/paths/sequence_tree.h"

namespace raywave::paths {

/// Metres along a wedge.
struct LitPart {
  double lo = 0, hi = 0;
};

/// What a mirror's rectangle lights, seen from an image: half-spaces normal . p >= offset.
struct MirrorCone {
  struct HalfSpace {
    Vec3d normal;
    double offset;
  };
  HalfSpace behind;                  // its plane
  std::array<HalfSpace, 4> through;  // its sides
};

class EdgeSight {
 public:
  /// @param max_depth  interactions up to the edge's, which bounds transmissions. @param opaque  [num_facets], 1:
  /// transmits nothing; none: every facet is opaque.
  EdgeSight(const PreparedScene& scene, const SequenceTree& tree, int max_depth, const std::vector<uint8_t>* opaque)
      : scene_(scene), tree_(tree), max_depth_(max_depth), opaque_(opaque) {}

  /// Sets the sequence (reflections alone) along which edges are looked at.
  void look_along(int32_t node);

  const Vec3d& image_m() const { return image_; }
  /// Triangles that hid something behind the last mirror since this was cleared.
  std::vector<uint32_t>& obstacles() { return obstacles_; }

  /// What each mirror's rectangle lights, seen from the last image.
  const std::vector<MirrorCone>& cones() const { return cones_; }

  /// Does it light the wedge anywhere? Where there is doubt (rounding): yes.
  bool lights(const Wedge& w);
  /// Does a ray arrive beside one of the wedge's ends, past which its field goes on?
  bool lights_corner(const Wedge& w);
  /// From the first lit place to the last; what lies between may be dark in part.
  std::optional<LitPart> lit(const Wedge& w);

 private:
  struct Mirror {
    int32_t facet;
    Vec3d image;           // of the source in the facets up to this one
    Vec3d normal, inside;  // unfolded by the facets behind it: normal turned to the image's side, a point of the plane
  };
  Vec3d unfold(Vec3d p, size_t first) const;
  bool stands_on(size_t mirror) const;
  bool start(const Wedge& w);
  bool sees_beside_end(const Wedge& w);
  std::optional<LitPart> search(const Wedge& w, bool whole);
  bool reflects(const Wedge& w, double t);
  bool dark(const Wedge& w, double t);
  bool legs_dark(const Wedge& w, double t);
  bool dark_leg(size_t leg, const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b, double t,
                LitPart& shadow, int& crossings);
  std::optional<LitPart> shadow_of(int32_t facet, size_t leg, double t) const;
  std::optional<LitPart> slice(const scene::Triangle& triangle, size_t leg, bool window) const;
  void remove(const LitPart& s);

  const PreparedScene& scene_;
  const SequenceTree& tree_;
  const int max_depth_;
  const std::vector<uint8_t>* opaque_;
  std::vector<Mirror> mirrors_;
  Vec3d image_;
  std::vector<MirrorCone> cones_;
  std::vector<uint32_t> obstacles_;
  // The fan of rays from the image to the wedge:
  Vec3d along_, across_, normal_;
  double distance_ = 0, foot_ = 0;  // of the image from the wedge's line, and where along it
  std::vector<LitPart> open_;       // what may be lit
  std::vector<Crossing> crossings_;
  std::vector<Vec3d> points_;
};

}  // namespace raywave::paths
