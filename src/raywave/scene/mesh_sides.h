// SPDX-License-Identifier: Apache-2.0
// Which triangles of a mesh meet along which lines. A side on which vertices of other triangles lie is in pieces there:
// a wall whose triangles do not meet corner to corner (a long side beside two short ones) is one wall all the same.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/scene/scene.h"

namespace raywave::scene {

/// A piece of a triangle's side, along the triangle's winding, keyed by its two vertices.
struct SidePiece {
  uint64_t key;  // lower vertex << 32 | higher vertex
  uint32_t triangle, from, to;
};

class MeshSides {
 public:
  /// @param tolerance_m  a vertex that near to a side of one triangle alone lies on it.
  MeshSides(const Mesh& mesh, double tolerance_m);

  /// A triangle's pieces, from its first corner round.
  std::span<const SidePiece> of_triangle(uint32_t triangle) const {
    return {pieces_.data() + first_of_[triangle], pieces_.data() + first_of_[triangle + 1]};
  }
  /// All pieces between the vertices of this one, by triangle.
  std::span<const SidePiece> at(const SidePiece& piece) const;

 private:
  struct OnSide {
    uint32_t side;  // 3 triangle + corner
    double along;   // of its length
    uint32_t vertex;
  };
  std::vector<OnSide> vertices_on_open_sides(const Mesh& mesh, double tolerance_m) const;
  void sort();

  std::vector<SidePiece> pieces_;   // by triangle
  std::vector<uint32_t> first_of_;  // [num_triangles + 1]
  std::vector<SidePiece> sorted_;   // by key, then triangle
  std::vector<uint32_t> begin_;     // of pieces_: where their key begins in sorted_
};

}  // namespace raywave::scene
