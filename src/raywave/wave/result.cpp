// SPDX-License-Identifier: Apache-2.0
// What is asked of a march's field.
#include <algorithm>
#include <cmath>

#include "raywave/wave/field_points.h"
#include "raywave/wave/simulate.h"

namespace raywave::wave {

std::vector<Complexc> Result::at(const std::vector<Point>& points, int source) const {
  if (scene_->grid.volume()) throw Error("points of a 3D scene have three coordinates (x, y, z)");
  std::vector<Vec3d> p;
  for (const Point& q : points) p.push_back({0, q.y_m, q.z_m});
  return at(p, source);
}

std::vector<Complexc> Result::at(const std::vector<Vec3d>& points, int source) const {
  if (field.empty() || source < 0 || size_t(source) >= field[0].size())
    throw Error(message("source must be in [0, ", field.empty() ? 0 : field[0].size(), "), got ", source));
  const Backend& backend = march_->backend();
  std::vector<Complexc> out(points.size());
  for (const auto& [plane, part] : points_by_plane(points)) {
    Field s(backend.ky_rad_per_m().size());
    backend.analyze(field[plane][size_t(source)].data(), s.data());
    const auto values = FieldPoints(backend, scene_->wavenumber_rad_per_m(), part.from_plane).values(s);
    for (size_t i = 0; i < values.size(); ++i) out[part.index[i]] = values[i] / double(s.size());
  }
  return out;
}

std::map<size_t, Result::PointsOfPlane> Result::points_by_plane(const std::vector<Vec3d>& points) const {
  std::map<size_t, PointsOfPlane> out;
  for (size_t i = 0; i < points.size(); ++i) {
    const Vec3d& p = points[i];
    require_finite("point", p.x + p.y + p.z);
    const size_t plane = plane_before(p.z);
    out[plane].index.push_back(i);
    out[plane].from_plane.push_back({p.x - x_m[0], p.y - y_m[0], p.z - z_m[plane]});
  }
  return out;
}

size_t Result::plane_before(double z) const {
  const auto next = std::upper_bound(z_m.begin(), z_m.end(), z);
  if (next == z_m.begin())
    throw Error(message("point z_m = ", z, " lies before the first plane, z = ", z_m.front(), " m"));
  const size_t plane = size_t(next - z_m.begin()) - 1;
  const auto blocks = [&](double z0, double z1) { return z0 < z && z1 > z_m[plane]; };
  for (const Object& o : scene_->objects)
    for (const Extent& e : extents(o))
      if (blocks(e.z0, e.z1))
        throw Error(message("object '", o.name, "' lies between the plane z = ", z_m[plane], " m and the point z = ", z,
                            " m: add an output plane behind it"));
  for (const CellMedium& c : scene_->cells)
    if (blocks(c.z_begin_m, c.z_end_m))
      throw Error(message("the cell medium lies between a plane and the point z = ", z, " m"));
  return plane;
}

Field Result::coherent_sum(int plane) const {
  Field sum(x_m.size() * y_m.size());
  for (const Field& f : field.at(size_t(plane)))
    for (size_t j = 0; j < f.size(); ++j) sum[j] += f[j];
  return sum;
}

std::vector<double> Result::incoherent_sum(int plane) const {
  std::vector<double> sum(x_m.size() * y_m.size());
  for (const Field& f : field.at(size_t(plane)))
    for (size_t j = 0; j < f.size(); ++j) sum[j] += std::norm(f[j]);
  return sum;
}

}  // namespace raywave::wave
