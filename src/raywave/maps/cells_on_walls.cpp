// SPDX-License-Identifier: Apache-2.0
// Sample points that lie on walls. A wall cuts the surface along a line; about a point on it the surface falls into
// sectors, and the point's gain is the mean of the limits from these, weighted by their angles: of a wall that goes on,
// the mean of its two sides; at a building's corner, three quarters outside and one inside.
#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/maps/cells.h"

namespace raywave::maps {
namespace {

/// Faces that make a smaller angle than this with the surface do not cut it; sectors narrower than this are none, rad.
constexpr double kLeastAngle = 1e-3;

using Polygon = std::vector<Vec3d>;

/// Keeps the part of a convex polygon where sign * z <= limit.
void clip_z(Polygon& polygon, double sign, double limit) {
  Polygon kept;
  for (size_t i = 0; i < polygon.size(); ++i) {
    const Vec3d &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    const double da = limit - sign * a.z, db = limit - sign * b.z;
    if (da >= 0) kept.push_back(a);
    if ((da > 0 && db < 0) || (da < 0 && db > 0)) kept.push_back(a + (da / (da - db)) * (b - a));
  }
  polygon = std::move(kept);
}

/// The x that a convex polygon has at y +- margin. @return false when it does not come there.
bool extent_at(const Polygon& polygon, double y, double margin, double& lo, double& hi) {
  lo = 1e300, hi = -1e300;
  const auto take = [&](double x) { lo = std::min(lo, x), hi = std::max(hi, x); };
  for (size_t i = 0; i < polygon.size(); ++i) {
    const Vec3d &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    if (std::abs(a.y - y) <= margin) take(a.x);
    for (const double at : {y - margin, y + margin}) {
      if ((a.y - at) * (b.y - at) < 0) take(a.x + (at - a.y) / (b.y - a.y) * (b.x - a.x));
    }
  }
  return lo <= hi;
}

/// Does a point (in the triangle's plane) lie in the triangle, or outside of it by no more than the margin?
bool holds(const scene::Triangle& t, const Vec3d& normal, const Vec3d& p, double margin) {
  const Vec3d corners[] = {t.a, t.b, t.c, t.a};
  for (int k = 0; k < 3; ++k) {
    const Vec3d side = corners[k + 1] - corners[k];
    if (dot(cross(side, p - corners[k]), normal) < -margin * norm(side)) return false;
  }
  return true;
}

}  // namespace

Vec3d Cells::lattice_point(int64_t x, int64_t y) const {
  const auto n = double(std::lround(std::sqrt(points_per_cell_)));
  Vec3d p = grid_point((double(x) + 0.5) / n, (double(y) + 0.5) / n);
  if (double z = 0; !is_plane()) p.z = ground_height(p.x, p.y, z) ? z + surface_.height_m : std::nan("");
  return p;
}

void Cells::split_points_on_walls() {
  if (!is_grid() || prepared_.queries().empty()) return;
  const double spacing = std::min(surface_.cell_size_m.x, surface_.cell_size_m.y) / std::sqrt(double(points_per_cell_));
  const double far = norm(surface_.center_m) + surface_.size_m.x + surface_.size_m.y;
  const double rounding_m = prepared_.facets().rounding_m({far, far, far});
  on_wall_m_ = 1e-6 * spacing + 8 * rounding_m;
  // and so far that no side is left where ends are moved aside (paths/place.h)
  side_m_ = std::max(4 * on_wall_m_, 4 * paths::kMostAside * rounding_m);
  std::map<int64_t, std::vector<double>> cuts;
  for (const scene::Triangle& t : prepared_.facets().triangles) {
    if (is_plane() || !is_ground_[size_t(t.facet)]) collect_cuts(t, cuts);
  }
  for (auto& [sample, angles] : cuts) add_pieces(sample, std::move(angles));
}

/// Adds, for each sample point on a triangle, the directions (about the surface's normal, from axis x) in which the
/// triangle cuts the surface there.
void Cells::collect_cuts(const scene::Triangle& t, std::map<int64_t, std::vector<double>>& cuts) const {
  const Vec3d area = cross(t.b - t.a, t.c - t.a);
  if (!(norm(area) > 0)) return;
  const Vec3d n = normalized(area);
  const auto per_side = int64_t(std::lround(std::sqrt(points_per_cell_)));
  const double dx = surface_.cell_size_m.x / double(per_side), dy = surface_.cell_size_m.y / double(per_side);
  const int64_t count_x = num_x_ * per_side, count_y = num_y_ * per_side;
  Polygon polygon;  // in units of the lattice of sample points, which are its whole numbers; z in metres
  for (const Vec3d& corner : {t.a, t.b, t.c}) {
    const Vec3d v = corner - surface_.center_m;
    polygon.push_back({dot(axis_x_, v) / dx + 0.5 * double(count_x) - 0.5,
                       dot(axis_y_, v) / dy + 0.5 * double(count_y) - 0.5, dot(normal_, v)});
  }
  if (is_plane()) {
    if (norm(cross(n, normal_)) < kLeastAngle) return;
    clip_z(polygon, 1, on_wall_m_);
    clip_z(polygon, -1, on_wall_m_);
    if (polygon.empty()) return;
  }
  const double margin_x = on_wall_m_ / dx, margin_y = on_wall_m_ / dy;
  const auto [low, high] =
      std::minmax_element(polygon.begin(), polygon.end(), [](const Vec3d& a, const Vec3d& b) { return a.y < b.y; });
  const auto first_y = int64_t(std::ceil(std::max(low->y - margin_y, 0.0))),
             last_y = int64_t(std::floor(std::min(high->y + margin_y, double(count_y - 1))));
  for (int64_t y = first_y; y <= last_y; ++y) {
    double lo = 0, hi = 0;
    if (!extent_at(polygon, double(y), margin_y, lo, hi)) continue;
    const auto first_x = int64_t(std::ceil(std::max(lo - margin_x, 0.0))),
               last_x = int64_t(std::floor(std::min(hi + margin_x, double(count_x - 1))));
    for (int64_t x = first_x; x <= last_x; ++x) {
      const int64_t cell = (y / per_side) * num_x_ + x / per_side;
      const Vec3d p = lattice_point(x, y), up = normal(int(cell)), d = cross(up, n);
      if (!(std::abs(dot(n, p - t.a)) <= on_wall_m_) || !holds(t, n, p, on_wall_m_) || norm(d) < kLeastAngle) continue;
      const Vec3d along = normalized(d);
      auto& angles = cuts[cell * points_per_cell_ + (y % per_side) * per_side + x % per_side];
      for (const double sign : {1.0, -1.0}) {
        if (holds(t, n, p + (sign * 8 * on_wall_m_) * along, on_wall_m_))
          angles.push_back(std::atan2(sign * dot(along, axis_y_), sign * dot(along, axis_x_)));
      }
    }
  }
}

void Cells::add_pieces(int64_t sample, std::vector<double> angles) {
  for (double& a : angles) a = a < 0 ? a + 2 * kPi : a;
  std::sort(angles.begin(), angles.end());
  std::vector<double> cuts;
  for (const double a : angles) {
    const bool is_first_again = !cuts.empty() && a - cuts.front() > 2 * kPi - kLeastAngle;
    if (cuts.empty() || (a - cuts.back() > kLeastAngle && !is_first_again)) cuts.push_back(a);
  }
  if (cuts.empty()) return;
  const auto per_side = int64_t(std::lround(std::sqrt(points_per_cell_)));
  const int64_t cell = sample / points_per_cell_, i = sample % points_per_cell_;
  const Vec3d p = lattice_point((cell % num_x_) * per_side + i % per_side, (cell / num_x_) * per_side + i / per_side);
  const auto begin = uint32_t(pieces_.size());
  for (size_t k = 0; k < cuts.size(); ++k) {
    const double width = (k + 1 < cuts.size() ? cuts[k + 1] : cuts[0] + 2 * kPi) - cuts[k],
                 middle = cuts[k] + width / 2;
    const double r = side_m_ / std::sin(std::min(width, kPi) / 2);
    Vec3d q = p + r * (std::cos(middle) * axis_x_ + std::sin(middle) * axis_y_);
    if (double z = 0; !is_plane() && ground_height(q.x, q.y, z)) q.z = z + surface_.height_m;
    pieces_.push_back({q, width / (2 * kPi)});
  }
  split_[sample] = {begin, uint32_t(pieces_.size())};
}

}  // namespace raywave::maps
