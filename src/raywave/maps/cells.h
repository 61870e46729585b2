// SPDX-License-Identifier: Apache-2.0
// The cells of a map's surface: where their sample points are, how large they are, which cell a ray segment crosses.
#pragma once

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "raywave/maps/height_field.h"
#include "raywave/maps/plane_frame.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/place.h"
#include "raywave/paths/ray_queries.h"

namespace raywave::maps {

/// A point that a cell's gain is taken at. A sample point on a wall is replaced by one in each sector that walls leave
/// around it.
struct SamplePoint {
  Vec3d point_m;
  Vec3d aside_m;  // where it counts as standing, see paths/place.h
  int32_t id;     // of the sample points of its cell, or -2 - index among the pieces of all split points
  double weight;  // in the cell's mean
};

/// How ends count as standing, see paths/place.h.
struct Standing {
  Vec3d source_m;                                     // the source
  Vec3d source_aside_m;                               // where it stands
  bool behind_source = false, behind_target = false;  // on the other side of the faces that they are on
};

/// A cell that a segment crosses, where (fraction of the segment) and the cosine between segment and normal (>= 0).
struct CellCrossing {
  int32_t cell;
  float t, abs_cos;
};

class Cells {
 public:
  /// Fills in the automatic fields of the surface and lays out the cells. @throws Error for zero area, unknown objects,
  /// ground that a terrain does not have, or more memory than options allow.
  Cells(const scene::Scene& scene, const paths::PreparedScene& prepared, const Surface& surface,
        const RadioMapOptions& options);

  const Surface& surface() const { return surface_; }
  int num_x() const { return num_x_; }
  int num_y() const { return num_y_; }
  int size() const { return num_x_ * num_y_; }
  bool is_plane() const { return surface_.kind == Surface::Kind::kPlane; }
  bool is_grid() const { return surface_.kind != Surface::Kind::kMesh; }

  Vec3d center(int cell) const;
  double area_m2(int cell) const {
    return is_plane() ? surface_.cell_size_m.x * surface_.cell_size_m.y : areas_[size_t(cell)];
  }
  /// Sample points a cell, before those on walls are split.
  int points_per_cell() const { return points_per_cell_; }
  /// The sample points of a cell. Empty where a terrain has no ground.
  /// @param standing  of the source, for cells that lie in faces.
  void sample_points(int cell, const Standing& standing, std::vector<SamplePoint>& out) const;
  Vec3d aside(const Vec3d& point_m, const Standing& standing) const;
  /// Do cells lie in faces?
  bool lie_in_faces() const { return !lying_.empty(); }
  /// Where the coherent sum of a sample point stands: [num_cells * points_per_cell + num_pieces].
  size_t slot(int cell, int32_t id) const {
    return id >= 0 ? size_t(cell) * size_t(points_per_cell_) + size_t(id)
                   : size_t(size()) * size_t(points_per_cell_) + size_t(-2 - id);
  }
  size_t num_slots() const { return size_t(size()) * size_t(points_per_cell_) + pieces_.size(); }
  size_t num_split_points() const { return split_.size(); }
  /// `count` (a square number) evenly spread points of a cell, wherever walls are.
  void spread_points(int cell, int count, std::vector<Vec3d>& out) const;
  /// The normal of a cell.
  Vec3d normal(int cell) const { return is_plane() ? normal_ : cell_normals_[size_t(cell)]; }
  /// Planes of cells that pass a source nearer than this are seen edge-on: a tenth of a cell's side, metres.
  double edge_on_m() const { return edge_on_m_; }
  /// Neighbours in the grid, or across the sides of a mesh's triangles: up to 8 (grid) or 3.
  void neighbors(int cell, std::vector<int>& out) const;
  const std::vector<Vec3d>& mesh_corners() const { return corners_; }

  using PlaneFrame = maps::PlaneFrame;
  const PlaneFrame& plane() const { return plane_; }
  /// The plane that rays from a source are to cross: in front of faces that lie in it, or nearer than single precision
  /// tells, on the source's side of those, as on its own of these.
  PlaneFrame plane(const Vec3d& source_m) const;
  /// A terrain's cells over the ground; null for other surfaces, and where its axes stand upright.
  const HeightField* height_field() const { return height_field_.get(); }
  /// Of a surface that is no plane: the triangles that rays cross, and whose cells they are.
  const scene::FacetTable& triangles() const { return triangles_; }
  int32_t cell_of(size_t triangle) const { return cell_of_[triangle]; }
  /// Crossings of a segment with a surface that is no plane.
  void crossings(const Vec3d& a, const Vec3d& b, std::vector<CellCrossing>& out) const;

 private:
  void lay_out_plane(const scene::Scene& scene, double max_bytes);
  void lay_out_terrain(const scene::Scene& scene, const paths::PreparedScene& prepared);
  /// @param offset_m  what shot rays may be off by: cells that these cross lie that far in front of their surface.
  void lay_out_mesh(const scene::Scene& scene, double offset_m);
  void link_mesh_neighbors();
  void add_triangle(const Vec3d& a, const Vec3d& b, const Vec3d& c, int cell);
  Vec3d grid_point(double x, double y) const;
  void split_points_on_walls();
  void find_faces_around();
  void stand_clear_of(int32_t facet, double near_m);
  void collect_cuts(const scene::Triangle& triangle, std::map<int64_t, std::vector<double>>& cuts) const;
  void add_pieces(int64_t sample, std::vector<double> angles);
  Vec3d lattice_point(int64_t x, int64_t y) const;

  Surface surface_;
  const paths::PreparedScene& prepared_;
  std::vector<int32_t> lying_;  // facets that cells lie in
  int points_per_cell_ = 1;
  double edge_on_m_ = 0;
  /// A sample point nearer to a wall than this lies on it, metres: a millionth of the distance between sample points,
  /// which is far below what a cell resolves. Ten times less and walls of single-precision files are missed.
  double on_wall_m_ = 0;
  double side_m_ = 0;                                       // pieces lie this far from the walls, metres
  std::map<int64_t, std::pair<uint32_t, uint32_t>> split_;  // sample (cell * points_per_cell + i) -> its pieces
  struct Piece {
    Vec3d point_m;
    double share;
  };
  std::vector<Piece> pieces_;
  int num_x_ = 0, num_y_ = 0;
  Vec3d axis_x_, axis_y_, normal_;
  PlaneFrame plane_{};
  double clear_m_ = 0;  // how far rays must cross the plane off its place; 0: where it is
  int clear_side_ = 0;  // of the normal; 0: the source's
  std::vector<double> areas_;
  std::vector<Vec3d> corners_;  // mesh: [num_cells, 3]
  std::vector<std::array<int, 3>> mesh_neighbors_;
  const paths::PreparedScene* ground_ = nullptr;
  std::vector<uint8_t> is_ground_;  // terrain: [num_facets]
  double top_z_ = 0, bottom_z_ = 0;
  scene::FacetTable triangles_;   // cells as search triangles (terrain and mesh)
  std::vector<int32_t> cell_of_;  // [triangles_], each a facet by itself: a terrain's cell is two, not in one plane
  std::vector<Vec3d> cell_normals_;
  std::unique_ptr<paths::RayQueries> queries_;
  std::unique_ptr<HeightField> height_field_;
  bool ground_height(double x, double y, double& z) const;
};

/// Which cells a ray's segment crosses; the visitor gets (cell, point, cosine to the normal).
class CellFinder {
 public:
  explicit CellFinder(const Cells& cells) : cells_(cells), plane_(cells.plane()) {}
  /// What rays from a source cross.
  CellFinder(const Cells& cells, const Vec3d& source_m) : cells_(cells), plane_(cells.plane(source_m)) {}

  template <class Visit>
  void visit(const Vec3d& o, const Vec3d& d, double length_m, Visit&& found) {
    if (!cells_.is_plane()) {
      const double length = std::isfinite(length_m) ? length_m : 1e6;
      cells_.crossings(o, o + length * d, crossings_);
      for (const CellCrossing& c : crossings_) found(c.cell, Vec3f(o + (double(c.t) * length) * d), double(c.abs_cos));
      return;
    }
    const Cells::PlaneFrame& f = plane_;
    const double dn = dot(Vec3d(f.normal), d);
    const double t = (double(f.offset) - dot(Vec3d(f.normal), o)) / dn;
    if (!(t > 0 && t < length_m)) return;
    const Vec3f q(o + t * d);
    const float x = dot(f.axis_x, q) - f.x0, y = dot(f.axis_y, q) - f.y0;
    if (x >= 0 && x < float(cells_.num_x()) && y >= 0 && y < float(cells_.num_y()))
      found(int(y) * cells_.num_x() + int(x), q, std::abs(dn));
  }

  /// until(cell) for the cells that a ray, however long, may cross, until one says true. Meshes: true, that is asked as
  /// much as where.
  template <class Until>
  bool any_cell(const Vec3d& o, const Vec3d& d, Until&& until) {
    if (!cells_.is_plane()) return !cells_.height_field() || cells_.height_field()->any(o, d, until);
    bool any = false;
    visit(o, d, std::numeric_limits<double>::infinity(), [&](int cell, const Vec3f&, double) { any = until(cell); });
    return any;
  }

  bool may_cross(const Vec3d& o, const Vec3d& d) {
    return any_cell(o, d, [](int) { return true; });
  }

  /// What leaves a point in the cells' plane along it crosses nothing: cells in a ray's direction, ever further apart.
  template <class Visit>
  void visit_beside(const Vec3d& o, const Vec3d& d, double length_m, Visit&& found) {
    if (!is_in_plane(o)) return;
    const Cells::PlaneFrame& f = plane_;
    const Vec3d n(f.normal), along = d - dot(d, n) * n;
    const double size = norm(along), above = double(f.offset) - dot(n, o);
    if (!(size > 1e-6)) return;
    constexpr int kSteps = 20;  // to 7,000 cells
    double step = 6 * cells_.edge_on_m();
    for (int k = 0; k < kSteps && step < length_m; ++k, step *= 1.6) {
      const Vec3f q(o + above * n + (step / size) * along);
      const float x = dot(f.axis_x, q) - f.x0, y = dot(f.axis_y, q) - f.y0;
      if (x >= 0 && x < float(cells_.num_x()) && y >= 0 && y < float(cells_.num_y()))
        found(int(y) * cells_.num_x() + int(x), q);
    }
  }
  bool is_in_plane(const Vec3d& p) const {
    return cells_.is_plane() && std::abs(double(plane_.offset) - dot(Vec3d(plane_.normal), p)) < cells_.edge_on_m();
  }

 private:
  const Cells& cells_;
  Cells::PlaneFrame plane_;
  std::vector<CellCrossing> crossings_;
};

}  // namespace raywave::maps
