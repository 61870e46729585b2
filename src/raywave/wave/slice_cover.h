// SPDX-License-Identifier: Apache-2.0
// How much of each cell of one slice of the march each object owns: exact areas of the places that arrangement.h gives
// it, so that the shares of all objects add up to at most one and no place is filled twice. Differentiable in every
// vertex; where faces of two objects coincide, the mean of the derivatives to both sides.
#pragma once

#include <memory>
#include <vector>

#include "raywave/wave/arrangement.h"
#include "raywave/wave/march.h"
#include "raywave/wave/solid_sections.h"

namespace raywave::wave {

class SliceCover {
 public:
  struct Place {  // what stays the same from slice to slice
    const Scene* scene = nullptr;
    const std::vector<std::vector<Extent>>* extents = nullptr;  // per object
    const std::vector<int>* ranks = nullptr;                    // of detail::owner_ranks
    std::span<const double> x_edges, y_edges;
  };
  /// @param objects  of the scene; all that may reach into z0_m <= z <= z1_m.
  SliceCover(const Place& place, const std::vector<int>& objects, double z0_m, double z1_m);
  SliceCover(const SliceCover&) = delete;
  SliceCover& operator=(const SliceCover&) = delete;

  /// Shares of each cell, [objects][num_x num_y], in the order given.
  std::vector<std::vector<double>> values() const;
  /// Their tangent for motions of vertices. @param flat  a slab: z of its faces bounds the slice and moves nothing
  /// here.
  std::vector<std::vector<double>> tangents(const MediaTangent& t, bool flat) const;
  /// Adds what a cotangent of the shares is for the vertices; an empty row of it is zero.
  void cotangents(const std::vector<std::vector<double>>& bar, bool flat, MediaTangent& out) const;

 private:
  /// Regions that may overlap.
  struct Cluster {
    std::vector<std::pair<int, int>> regions;  // object, its outline or solid
    std::vector<int> object_of;
    std::vector<detail::Side> sides;  // 2D
    std::vector<detail::Piece> pieces;
    std::unique_ptr<detail::SolidSections> sections;  // 3D
  };
  void add_cluster(const std::vector<std::pair<int, int>>& regions);
  void add_outlines(Cluster& c, size_t region) const;
  size_t row_length() const { return place_.y_edges.size() - 1; }
  size_t num_cells() const { return row_length() * (place_.x_edges.size() - 1); }
  template <class Vertices, class Visit>
  void for_each_motion(const Cluster& c, Vertices& vertices, bool flat, Visit&& visit) const;

  Place place_;
  double z0_, z1_;
  std::vector<int> objects_, position_;  // place of an object among `objects`, or -1
  detail::OwnerGroups groups_;
  std::vector<Cluster> clusters_;
};

}  // namespace raywave::wave
