// SPDX-License-Identifier: Apache-2.0
// Solids in one slice of a 3D march, cut at the levels of their vertices; between two levels a Gauss rule takes
// cross-sections, and who owns what in a section is the plane's arrangement. Of solids that overlap all levels are cuts
// of all. A level that meets another solid's, or an end of the slice, is a kink: derivatives are the mean of both
// orders of the two.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "raywave/wave/arrangement.h"
#include "raywave/wave/solids.h"

namespace raywave::wave::detail {

class SolidSections {
 public:
  /// One solid for each region. Spans must outlive this.
  SolidSections(std::span<const double> x_edges, std::span<const double> y_edges, double z0_m, double z1_m,
                std::vector<const Solid*> solids, std::vector<int> object_of, std::span<const int> rank_of,
                OwnerGroups& groups);

  /// Tangents and cotangents of a solid's vertices.
  using Dots = std::function<std::span<const Vec3d>(int region)>;
  using Bars = std::function<std::span<Vec3d>(int region)>;
  /// What the owners at the right of a side gain in a cell of [num_x, num_y] and those at its left lose; `rest`: in it
  /// and in all that follow in its row.
  using Add = std::function<void(int left, int right, size_t cell, double value, bool rest)>;
  /// The cotangent of that.
  using Jump = std::function<double(int left, int right, size_t cell, bool rest)>;

  void values(const Add& add) const;
  void tangents(const Dots& vertex_dot, const Add& add) const;
  void cotangents(const Jump& jump, const Bars& vertex_bar) const;

 private:
  /// Where the slice is cut: vertices of one solid or several, or an end of the slice. Alone and inside, its motion is
  /// that of the sections beside it. Where several meet, or one meets an end, each way that one may move is a half.
  struct Level {
    double z = 0;
    bool first = false, last = false;                           // an end of the slice
    std::vector<std::pair<int, std::vector<size_t>>> vertices;  // of a region
    bool tied() const { return vertices.size() + (first || last ? 1 : 0) > 1; }
  };
  struct End {
    size_t a = 0, b = 0;
    double s = 0;
    Point at;  // (y, x)
  };
  struct Segment {
    End p, q;
    int region = 0;
  };
  /// One node of the rule between a level and the next: its weight is share (hi.z - lo.z) / (z1 - z0).
  struct Section {
    size_t level = 0;
    double t = 0, share = 0, weight = 0;
    std::vector<Segment> segments;
    std::vector<Piece> pieces;
  };
  void find_levels();
  /// At a height in all solids, but for one region (or -1) that stands as above or below a level that it has there.
  Section section(double z, bool above, int other) const;
  void add_segments(int region, double z, bool above, std::vector<Segment>& out) const;
  template <class Visit>
  void for_each_cell(const Segment& g, const Piece& piece, bool moved, Visit&& visit) const;
  double area(int row, int cell) const {
    return (xs_[size_t(row) + 1] - xs_[size_t(row)]) * (ys_[size_t(cell) + 1] - ys_[size_t(cell)]);
  }
  void add_section(const Section& section, double weight, const Add& add) const;
  double section_jump(const Section& section, double weight, const Jump& jump) const;
  /// Motion of a level, summed over what meets in it, and its share in that of the sections beside it.
  double level_dot(const Level& level, const Dots& vertex_dot) const;
  /// visit(region, vertices, section, sign): what one that meets others leaves or takes as it moves on by itself.
  template <class Visit>
  void for_each_tie(Visit&& visit) const;

  std::span<const double> xs_, ys_;
  double z0_, z1_, same_;
  std::vector<const Solid*> solids_;
  std::vector<int> object_of_;
  std::span<const int> rank_of_;
  OwnerGroups& groups_;
  std::vector<Level> levels_;
  std::vector<Section> sections_;
};

}  // namespace raywave::wave::detail
