// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/cells.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace raywave::maps {

namespace {

constexpr double kMaxCells = 2e9;

bool is_automatic(const Vec3d& center_m) {
  return std::isnan(center_m.x) && std::isnan(center_m.y) && std::isnan(center_m.z);
}

int count_cells(double size, double cell) { return std::max(1, int(std::ceil(size / cell - 1e-9))); }

/// Cells are asked by segments alone.
std::unique_ptr<paths::RayTracer> no_tracer(const scene::FacetTable&) { return nullptr; }

void require_memory(double num_cells, size_t num_tx, double max_bytes) {
  // gains of all transmitters, centres, and the working copies of the sums
  const double bytes = num_cells * (8.0 * double(num_tx) + 24 + 32);
  if (bytes > max_bytes || num_cells > kMaxCells) {
    throw Error(message("the map would have ", num_cells, " cells and need about ", bytes / 1e9,
                        " GB, more than max_bytes = ", max_bytes / 1e9, " GB: use larger cells or a smaller area"));
  }
}

}  // namespace

Cells::Cells(const scene::Scene& scene, const paths::PreparedScene& prepared, const Surface& surface,
             const RadioMapOptions& options)
    : surface_(surface),
      prepared_(prepared),
      points_per_cell_(options.method == Method::kExact ? options.points_per_cell : 9) {
  if (surface.kind == Surface::Kind::kMesh) {
    lay_out_mesh(scene, prepared.queries().offset_m());
  } else {
    require_positive("cell_size_m.x", surface.cell_size_m.x);
    require_positive("cell_size_m.y", surface.cell_size_m.y);
    require_finite("height_m", surface.height_m);
    if ((!is_finite(surface.center_m) && !is_automatic(surface.center_m)) || !is_finite(surface.orientation_rad))
      throw Error("the map's center_m and orientation_rad must be finite");
    if (!(surface.size_m.x >= 0 && surface.size_m.y >= 0)) {
      throw Error(message("the map's size_m must be > 0, got (", surface.size_m.x, ", ", surface.size_m.y, ")"));
    }
    lay_out_plane(scene, options.max_bytes);
    if (surface.kind == Surface::Kind::kTerrain) lay_out_terrain(scene, prepared);
    edge_on_m_ = 0.1 * std::min(surface_.cell_size_m.x, surface_.cell_size_m.y);
    find_faces_around();
    split_points_on_walls();
  }
}

void Cells::lay_out_plane(const scene::Scene& scene, double max_bytes) {
  Surface& s = surface_;
  const bool automatic = s.size_m.x == 0 && s.size_m.y == 0;
  if (automatic || is_automatic(s.center_m)) {
    Vec3d lo, hi;
    if (automatic && scene.num_triangles() == 0) throw Error("a map over an empty scene needs center_m and size_m");
    if (scene.num_triangles() > 0) scene.bounding_box(lo, hi);
    s.center_m = {0.5 * (lo.x + hi.x), 0.5 * (lo.y + hi.y), s.kind == Surface::Kind::kPlane ? s.height_m : 0.0};
    if (automatic) s.orientation_rad = {0, 0, 0};
    if (automatic) s.size_m = {hi.x - lo.x, hi.y - lo.y};
  }
  if (!(s.size_m.x > 0 && s.size_m.y > 0)) {
    throw Error(message("the map has zero area: size_m is (", s.size_m.x, ", ", s.size_m.y, ")"));
  }
  require_memory(std::ceil(s.size_m.x / s.cell_size_m.x) * std::ceil(s.size_m.y / s.cell_size_m.y),
                 scene.transmitters.size(), max_bytes);
  num_x_ = count_cells(s.size_m.x, s.cell_size_m.x);
  num_y_ = count_cells(s.size_m.y, s.cell_size_m.y);
  const Mat3d rotation = rotation_from_euler(s.orientation_rad);
  axis_x_ = rotation * Vec3d{1, 0, 0};
  axis_y_ = rotation * Vec3d{0, 1, 0};
  normal_ = rotation * Vec3d{0, 0, 1};
  plane_.normal = Vec3f(normal_);
  plane_.offset = float(dot(normal_, s.center_m));
  plane_.axis_x = Vec3f(axis_x_ / s.cell_size_m.x);
  plane_.axis_y = Vec3f(axis_y_ / s.cell_size_m.y);
  plane_.x0 = float(dot(axis_x_, s.center_m) / s.cell_size_m.x - 0.5 * num_x_);
  plane_.y0 = float(dot(axis_y_, s.center_m) / s.cell_size_m.y - 0.5 * num_y_);
}

Vec3d Cells::grid_point(double x, double y) const {
  return surface_.center_m + ((x - 0.5 * num_x_) * surface_.cell_size_m.x) * axis_x_ +
         ((y - 0.5 * num_y_) * surface_.cell_size_m.y) * axis_y_;
}

bool Cells::ground_height(double x, double y, double& z) const {
  // down through what stands on the ground
  thread_local std::vector<paths::Crossing> below;
  const scene::FacetTable& table = ground_->facets();
  ground_->queries().crossings({x, y, top_z_ + 1}, {x, y, bottom_z_ - 1}, -1, -1, below);
  for (const paths::Crossing& c : below) {
    int ground = -1;  // of what lies on each other there
    table.for_members(table.facets[size_t(c.facet)].mirror, [&](int32_t f) {
      if (ground < 0 && is_ground_[size_t(f)]) ground = f;
    });
    if (ground < 0) continue;
    const scene::Facet& f = table.facets[size_t(ground)];
    z = f.normal.z != 0 ? (f.offset - f.normal.x * x - f.normal.y * y) / f.normal.z
                        : top_z_ + 1 - c.t * (top_z_ - bottom_z_ + 2);
    return true;
  }
  return false;
}

void Cells::lay_out_terrain(const scene::Scene& scene, const paths::PreparedScene& prepared) {
  if (surface_.objects.empty()) throw Error("a terrain map needs the names of the ground's objects");
  ground_ = &prepared;
  is_ground_.assign(prepared.facets().facets.size(), 0);
  for (const auto& name : surface_.objects) {
    const int object = scene.find_object(name);
    for (size_t f = 0; f < is_ground_.size(); ++f)
      is_ground_[f] |= uint8_t(prepared.facets().facets[f].object == object);
  }
  Vec3d lo, hi;
  scene.bounding_box(lo, hi);
  top_z_ = hi.z;
  bottom_z_ = lo.z;
  areas_.assign(size_t(size()), 0);
  cell_normals_.assign(size_t(size()), {0, 0, 1});
  // as meshes: rays are to cross cells in front of the ground
  const double clear_m = 4 * double(prepared.queries().offset_m());
  const double height_m = std::abs(surface_.height_m) < clear_m ? clear_m : surface_.height_m;
  std::vector<double> heights(size_t(num_x_ + 1) * size_t(num_y_ + 1), std::nan(""));
  const auto height = [&](int x, int y) -> double& { return heights[size_t(y) * size_t(num_x_ + 1) + size_t(x)]; };
  for (int y = 0; y <= num_y_; ++y) {
    for (int x = 0; x <= num_x_; ++x) {
      // corners on the rim of the ground are looked up a hair inside
      const Vec3d p =
          grid_point(std::clamp(double(x), 1e-6, num_x_ - 1e-6), std::clamp(double(y), 1e-6, num_y_ - 1e-6));
      double z = 0;
      if (ground_height(p.x, p.y, z)) height(x, y) = z + height_m;
    }
  }
  for (int cell = 0; cell < size(); ++cell) {
    const int x = cell % num_x_, y = cell / num_x_;
    Vec3d c[4] = {grid_point(x, y), grid_point(x + 1, y), grid_point(x + 1, y + 1), grid_point(x, y + 1)};
    const double z[4] = {height(x, y), height(x + 1, y), height(x + 1, y + 1), height(x, y + 1)};
    if (std::isnan(z[0] + z[1] + z[2] + z[3])) continue;
    for (int k = 0; k < 4; ++k) c[k].z = z[k];
    add_triangle(c[0], c[1], c[2], cell);
    add_triangle(c[0], c[2], c[3], cell);
  }
  queries_ = std::make_unique<paths::RayQueries>(triangles_, no_tracer);
  const Vec3d x = surface_.cell_size_m.x * axis_x_, y = surface_.cell_size_m.y * axis_y_;
  if (std::abs(cross(x, y).z) > 1e-6 * norm(x) * norm(y)) {
    height_field_ =
        std::make_unique<HeightField>(num_x_, num_y_, grid_point(0, 0), x, y, heights, double(queries_->offset_m()));
  }
}

void Cells::lay_out_mesh(const scene::Scene& scene, double offset_m) {
  const double lift_m = 4 * offset_m;
  if (surface_.objects.empty()) throw Error("a map over a mesh needs the names of its objects");
  for (const auto& name : surface_.objects) {
    const scene::Mesh& mesh = scene.objects[size_t(scene.find_object(name))].mesh;
    for (const auto& t : mesh.all_triangles()) {
      const Vec3d a = mesh.vertices_m[t[0]], b = mesh.vertices_m[t[1]], c = mesh.vertices_m[t[2]];
      corners_.insert(corners_.end(), {a, b, c});
      const int cell = num_x_++;
      areas_.push_back(0);
      const Vec3d area = cross(b - a, c - a);
      const Vec3d n = scene::is_degenerate(a, b, c) ? Vec3d{0, 0, 0} : normalized(area);
      cell_normals_.push_back(n);
      if (n == Vec3d{0, 0, 0}) continue;  // keeps its place, dark
      const Vec3d shift = lift_m * n;
      add_triangle(a + shift, b + shift, c + shift, cell);
    }
  }
  num_y_ = 1;
  if (triangles_.triangles.empty()) throw Error("the map has zero area: its objects have no triangles");
  double total_m2 = 0;
  for (const double a : areas_) total_m2 += a;
  edge_on_m_ = 0.1 * std::sqrt(total_m2 / double(triangles_.triangles.size()));
  queries_ = std::make_unique<paths::RayQueries>(triangles_, no_tracer);
  link_mesh_neighbors();
}

void Cells::link_mesh_neighbors() {
  mesh_neighbors_.assign(size_t(num_x_), {-1, -1, -1});
  const auto key = [](const Vec3d& p) { return std::array<double, 3>{p.x, p.y, p.z}; };
  std::map<std::array<std::array<double, 3>, 2>, std::pair<int, int>> first;
  for (int cell = 0; cell < num_x_; ++cell) {
    for (int k = 0; k < 3; ++k) {
      std::array<std::array<double, 3>, 2> side{key(corners_[size_t(3 * cell + k)]),
                                                key(corners_[size_t(3 * cell + (k + 1) % 3)])};
      if (side[1] < side[0]) std::swap(side[0], side[1]);
      const auto [it, is_new] = first.try_emplace(side, cell, k);
      if (is_new) continue;
      mesh_neighbors_[size_t(cell)][size_t(k)] = it->second.first;
      mesh_neighbors_[size_t(it->second.first)][size_t(it->second.second)] = cell;
    }
  }
}

void Cells::add_triangle(const Vec3d& a, const Vec3d& b, const Vec3d& c, int cell) {
  const Vec3d n = cross(b - a, c - a);
  areas_[size_t(cell)] += 0.5 * norm(n);
  triangles_.triangles.push_back({a, b, c, int32_t(cell_of_.size())});
  cell_of_.push_back(cell);
  if (surface_.kind == Surface::Kind::kTerrain) cell_normals_[size_t(cell)] = normalized(n.z < 0 ? -n : n);
}

Vec3d Cells::center(int cell) const {
  if (!is_grid()) {
    const Vec3d* c = &corners_[size_t(3 * cell)];
    return (c[0] + c[1] + c[2]) / 3.0;
  }
  const int row = cell / num_x_;
  Vec3d p = grid_point(cell % num_x_ + 0.5, row + 0.5);
  if (double z = 0; !is_plane()) p.z = ground_height(p.x, p.y, z) ? z + surface_.height_m : std::nan("");
  return p;
}

Cells::PlaneFrame Cells::plane(const Vec3d& source_m) const {
  PlaneFrame out = plane_;
  const int side = clear_side_ != 0 ? clear_side_ : dot(normal_, source_m - surface_.center_m) < 0 ? -1 : 1;
  out.offset += float(side * clear_m_);
  return out;
}

/// A ray that is shot ends at a face within what single precision tells: cells nearer to it count half of the rays, by
/// chance, and none that it reflects.
void Cells::stand_clear_of(int32_t facet, double near_m) {
  const double clear_m = 4 * double(prepared_.queries().offset_m());
  const scene::FacetTable& table = prepared_.facets();
  const scene::Facet& f = table.facets[size_t(facet)];
  const auto above_m = [&](const Vec3d& p) { return dot(normal_, p - surface_.center_m); };
  for (uint32_t i = f.triangle_begin; i < f.triangle_end; ++i) {
    const scene::Triangle& t = table.triangles[i];
    const double a = above_m(t.a), b = above_m(t.b), c = above_m(t.c);
    if (std::max({std::abs(a), std::abs(b), std::abs(c)}) > clear_m) continue;
    const double mean = (a + b + c) / 3;
    const bool is_first = clear_m_ == 0;
    clear_m_ = clear_m;
    if (std::abs(mean) <= near_m) {
      clear_side_ = 0;
      return;
    }
    if (is_first) clear_side_ = mean < 0 ? 1 : -1;
  }
}

/// The facets that the cells lie in: those of the plane, or a terrain's ground without height.
void Cells::find_faces_around() {
  const scene::FacetTable& table = prepared_.facets();
  const double near_m = 2 * paths::kMostAside * table.rounding_m(surface_.center_m);
  for (int32_t f = 0; f < int32_t(table.facets.size()); ++f) {
    const scene::Facet& facet = table.facets[size_t(f)];
    if (!is_plane()) {
      if (is_ground_[size_t(f)] && std::abs(surface_.height_m) <= near_m) lying_.push_back(f);
      continue;
    }
    const auto in_plane = [&](const Vec3d& p) { return std::abs(dot(normal_, p - surface_.center_m)) <= near_m; };
    if (std::abs(dot(normal_, facet.normal)) < 0.99) continue;
    stand_clear_of(f, near_m);
    const auto first = table.triangles.begin() + facet.triangle_begin,
               last = table.triangles.begin() + facet.triangle_end;
    if (std::any_of(first, last,
                    [&](const scene::Triangle& t) { return in_plane(t.a) && in_plane(t.b) && in_plane(t.c); }))
      lying_.push_back(f);
  }
}

Vec3d Cells::aside(const Vec3d& point_m, const Standing& standing) const {
  const paths::Place place = lying_.empty() ? paths::Place{point_m, {}} : place_at(prepared_, point_m, lying_);
  return paths::aside(prepared_, place, standing.source_m, standing.behind_target);
}

void Cells::sample_points(int cell, const Standing& standing, std::vector<SamplePoint>& out) const {
  out.clear();
  thread_local std::vector<Vec3d> points;
  spread_points(cell, points_per_cell_, points);
  const double weight = 1.0 / points_per_cell_;
  for (int i = 0; i < int(points.size()); ++i) {
    if (std::isnan(points[size_t(i)].z)) continue;
    if (!split_.empty()) {
      const auto split = split_.find(int64_t(cell) * points_per_cell_ + i);
      if (split != split_.end()) {
        for (uint32_t k = split->second.first; k < split->second.second; ++k)
          out.push_back(
              {pieces_[k].point_m, aside(pieces_[k].point_m, standing), -2 - int32_t(k), weight * pieces_[k].share});
        continue;
      }
    }
    out.push_back({points[size_t(i)], aside(points[size_t(i)], standing), i, weight});
  }
}

void Cells::spread_points(int cell, int count, std::vector<Vec3d>& out) const {
  out.clear();
  const int n = int(std::lround(std::sqrt(count)));
  if (!is_grid()) {
    if (!(areas_[size_t(cell)] > 0)) return;
    // n^2 congruent pieces of the triangle, their centroids
    const Vec3d *c = &corners_[size_t(3 * cell)], u = (c[1] - c[0]) / double(n), v = (c[2] - c[0]) / double(n);
    // just too far off for a place on the face, which would count as standing on the side of the source
    const double lift_m = 4 * paths::kMostAside * prepared_.facets().rounding_m(center(cell));
    const Vec3d lift = lift_m * cell_normals_[size_t(cell)];
    for (int i = 0; i < n; ++i) {
      for (int j = 0; i + j < n; ++j) {
        out.push_back(c[0] + (i + 1 / 3.0) * u + (j + 1 / 3.0) * v + lift);
        if (i + j + 1 < n) out.push_back(c[0] + (i + 2 / 3.0) * u + (j + 2 / 3.0) * v + lift);
      }
    }
    return;
  }
  const int x = cell % num_x_, y = cell / num_x_;
  for (int j = 0; j < n; ++j) {
    for (int i = 0; i < n; ++i) {
      Vec3d p = grid_point(x + (i + 0.5) / n, y + (j + 0.5) / n);
      if (double z = 0; !is_plane()) p.z = ground_height(p.x, p.y, z) ? z + surface_.height_m : std::nan("");
      out.push_back(p);
    }
  }
}

void Cells::neighbors(int cell, std::vector<int>& out) const {
  out.clear();
  if (!is_grid()) {
    for (const int n : mesh_neighbors_[size_t(cell)]) {
      if (n >= 0) out.push_back(n);
    }
    return;
  }
  const int x = cell % num_x_, y = cell / num_x_;
  for (int v = std::max(0, y - 1); v <= std::min(num_y_ - 1, y + 1); ++v) {
    for (int u = std::max(0, x - 1); u <= std::min(num_x_ - 1, x + 1); ++u) {
      if (u != x || v != y) out.push_back(v * num_x_ + u);
    }
  }
}

void Cells::crossings(const Vec3d& a, const Vec3d& b, std::vector<CellCrossing>& out) const {
  out.clear();
  std::vector<paths::Crossing> hits;
  queries_->crossings(a, b, -1, -1, hits);
  const Vec3d d = normalized(b - a);
  const double same = double(queries_->offset_m()) / norm(b - a);
  double last = -1;
  for (const auto& h : hits) {
    const scene::Triangle& t = triangles_.triangles[size_t(h.facet)];
    const int32_t cell = cell_of_[size_t(h.facet)];
    const double c = dot(d, normalized(cross(t.b - t.a, t.c - t.a)));
    if (!out.empty() && out.back().cell == cell && h.t - last <= same) continue;  // once where its triangles meet
    out.push_back({cell, float(h.t), float(std::abs(c))});
    last = h.t;
  }
}

}  // namespace raywave::maps
