// SPDX-License-Identifier: Apache-2.0
// What is asked of a march's field.
#include <algorithm>
#include <cmath>
#include <map>

#include "raywave/wave/simulate.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};

}  // namespace

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
  const auto &kx = backend.kx_rad_per_m(), &ky = backend.ky_rad_per_m(), &kt = backend.transverse_rad_per_m();
  const double k = scene_->wavenumber_rad_per_m();
  std::map<size_t, Field> spectra;
  std::vector<Complexc> out;
  for (const Vec3d& p : points) {
    require_finite("point", p.x + p.y + p.z);
    const size_t plane = plane_before(p.z);
    Field& s = spectra[plane];
    if (s.empty()) {
      s.resize(ky.size());
      backend.analyze(field[plane][size_t(source)].data(), s.data());
    }
    Complexc sum;
    for (size_t m = 0; m < ky.size(); ++m) {
      Complexc kz = std::sqrt(Complexc(k * k - kt[m] * kt[m]));
      if (kz.imag() > 0) kz = -kz;
      const double across = ky[m] * (p.y - y_m[0]) + (kx.empty() ? 0 : kx[m] * (p.x - x_m[0]));
      sum += s[m] * std::exp(kJ * across - kJ * kz * (p.z - z_m[plane]));
    }
    out.push_back(sum / double(ky.size()));
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
