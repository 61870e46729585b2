// SPDX-License-Identifier: Apache-2.0
// Refine: where exactly does a path touch the facets and wedges of its sequence? Image method and Fermat's principle in
// double precision, then a test of every segment against the scene; transmissions are read off the segments. All
// positions are relative to the scene's origin (PreparedScene). Which paths there are is asked for ends moved aside
// (place.h); the tree's source is where it counts as standing.
#pragma once

#include <vector>

#include "raywave/paths/corners.h"
#include "raywave/paths/path_field.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/paths/step.h"

namespace raywave::paths {

struct RefineOptions {
  int max_depth = 3;
  bool refraction = false;
  /// With refraction: [num_facets], 1 where the material transmits less than -200 dB of the power at normal incidence.
  std::vector<uint8_t> opaque;
  double wavelength_m = 1;  // of diffraction: how far beyond an edge's end the field reaches
};

/// The frame of a wedge for the field kernels.
WedgeFrame<double> frame_of(const Wedge& w);

class Refiner {
 public:
  Refiner(const PreparedScene& scene, const RefineOptions& options)
      : scene_(scene), table_(scene.facets()), options_(options) {}

  const RefineOptions& options() const { return options_; }

  /// The path over a node's sequence to a target; false when the images miss a facet or something is in the way.
  /// @param target_facets  the facets that the target lies on, if any: they are not in the way.
  bool path(const SequenceTree& tree, int32_t node, const Vec3d& target_m, GeometricPath& out,
            const EndFacets& target_facets = {});

  /// The same for a path that is known to be there: nothing is in its way.
  bool known_path(const SequenceTree& tree, int32_t node, const Vec3d& target_m, GeometricPath& out);

  /// Moves the points of a path that is known to be there to where it touches between these ends.
  void settle(const Vec3d& source_m, const Vec3d& target_m, std::vector<Step>& steps);

  /// Sets what evaluation needs beyond a path's interactions and points (Step's fields of diffraction).
  void annotate(const Vec3d& source_m, const Vec3d& target_m, std::vector<Step>& steps);

 private:
  bool bends(const SequenceTree& tree, int32_t node, const Vec3d& target_m);
  void set_shape(size_t i);
  bool image_points(const SequenceTree& tree, int32_t node, const Vec3d& target_m);
  bool edge_points(const SequenceTree& tree, int32_t node, const Vec3d& target_m);
  void share_ends();
  bool in_reach(const Vec3d& target_m) const;
  void lengths_about(size_t i, const Vec3d& target_m, double& before, double& after) const;
  bool mirrors_see_edge(size_t edge) const;
  bool set_looks(const Vec3d& target_m);
  Vec3d unfolded_before(size_t edge) const;
  Vec3d unfolded_after(size_t edge, const Vec3d& target_m) const;
  bool set_faces(const Vec3d& target_m);
  void set_sides(const Vec3d& target_m);
  void set_vertex(size_t i, const Vec3d& target_m);
  bool passes(size_t edge, const Vec3d& target_m, int32_t face);
  int8_t reflection_side(size_t edge, int32_t facet, const Vec3d& target_m);
  bool unobstructed(const Vec3d& target_m, const EndFacets& target_facets, GeometricPath& out);
  void meet_on_faces(size_t i);
  bool is_on_both_sides(size_t i) const;
  void keep_open_sides();
  bool is_hidden(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b);
  Vec3d past_corner_end(size_t bend, bool leaves, const Vec3d& p) const;
  bool keep_visible_face(size_t bend, bool leaves, const Vec3d& p);
  bool is_open_beyond(size_t bend, const Vec3d& at, const Vec3d& towards) const;
  /// From where a leg is looked along, and what it lies on there.
  struct LegEnd {
    Vec3d place_m;
    EndFacets facets;
  };
  std::vector<LegEnd> about_corner(size_t bend, const LegEnd& at, Along along) const;
  template <class Try>
  bool any_about_corners(size_t leg, const LegEnd& a, const LegEnd& b, Try&& free) const;
  size_t num_opaque(const std::vector<Crossing>& crossings) const;
  size_t num_edges() const;
  double wavenumber_distance(size_t edge, const Vec3d& target_m) const;
  bool go_past_corner(size_t i, const Vec3d& target_m, bool leaves);
  bool mirror_is_outside(size_t edge, size_t mirror) const;
  void set_in_front(size_t i, const Vec3d& before_m, const Vec3d& after_m);
  bool at_corner(const Vec3d& target_m, size_t i, const Vec3d& leg, bool& at_end) const;
  bool in_front(const Wedge& w, const Vec3d& p, const Vec3d& other_end_m) const;
  bool set_side_of_sheet(size_t i, const Vec3d& target_m);
  EndFacets facets_at(const Step& s) const;
  Vec3d occlusion_point(size_t i, bool past_ends, Along along, bool leaves) const;
  /// Where a leg along a face is looked along: so far above it.
  struct AboveFace {
    Vec3d lift_m{};
    bool both_sides = false;  // a sheet's face, on whose two sides rays run
    int32_t facet = -1;       // the face
  };
  AboveFace above_face(size_t leg) const;
  std::array<Vec3d, 2> off_edges(size_t leg) const;
  bool meets_kerb(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b, const AboveFace& above);
  bool beyond_an_end() const;

  /// This many roundings of the coordinates near a point, metres.
  double roundings_m(double many, const Vec3d& p) const { return many * table_.rounding_m(p); }

  const PreparedScene& scene_;
  const scene::FacetTable& table_;
  const RefineOptions& options_;
  Vec3d source_m_;
  bool past_ends_ = false;   // see occlusion_point
  std::vector<Step> bends_;  // reflections and diffractions, in order
  std::vector<Crossing> crossings_, other_crossings_;
  std::vector<Bend<double>> shapes_, other_shapes_;  // of bends_; of the path without an edge
  std::vector<Vec3d> points_, other_points_;
  std::vector<Vec3d> looks_;  // of bends_: where the path is looked along, see set_looks()
};

}  // namespace raywave::paths
