// SPDX-License-Identifier: Apache-2.0
// The cells of a terrain as a field of heights over a grid: over which of them is a ray between the cell's lowest and
// highest place, asked cell by cell along it, where it is neither above nor below all of a block of them. It proposes;
// Cells::crossings decides.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "raywave/core/vec.h"

namespace raywave::maps {

class HeightField {
 public:
  HeightField() = default;
  /// Cells are num_y rows of num_x.
  /// @param corner_m   where the grid begins
  /// @param side_x_m, side_y_m  of a cell; what counts of them and of corner_m are x and y, in which the cells must
  ///                   have an area
  /// @param heights_m  of the cells' corners, [num_y + 1, num_x + 1]; NaN: the cells around are none
  /// @param margin_m   what rounding may be wrong by
  HeightField(int num_x, int num_y, const Vec3d& corner_m, const Vec3d& side_x_m, const Vec3d& side_y_m,
              const std::vector<double>& heights_m, double margin_m);

  /// until(cell) for the cells that a ray, however long, may cross, in its order, until one says true. @return whether
  /// one did.
  template <class Until>
  bool any(const Vec3d& origin_m, const Vec3d& direction, Until&& until) const;

 private:
  static constexpr int kBlock = 8;  // cells a side
  struct Range {
    float lo = std::numeric_limits<float>::infinity(), hi = -std::numeric_limits<float>::infinity();
    void add(const Range& r) { lo = std::min(lo, r.lo), hi = std::max(hi, r.hi); }
    bool meets(double a, double b) const { return std::max(a, b) >= double(lo) && std::min(a, b) <= double(hi); }
  };
  /// A ray over the grid: x and y in cells, z in metres.
  struct Ray {
    Vec3d o, d;
    double z(double t) const { return o.z + t * d.z; }
  };

  template <class Visit>
  static bool walk(const Ray& ray, double per_side, int x0, int y0, int x1, int y1, double begin, double end,
                   Visit&& visit);
  static void clip(double o, double d, double lo, double hi, double& begin, double& end);

  int num_x_ = 0, num_y_ = 0, blocks_x_ = 0, blocks_y_ = 0;
  Vec3d corner_m_{}, to_x_{}, to_y_{};  // dot(to_x_, p - corner_m_): cells along x
  std::vector<Range> cells_, blocks_;
  Range all_;
};

/// Where o + t d lies within [lo, hi]; begin > end: nowhere.
inline void HeightField::clip(double o, double d, double lo, double hi, double& begin, double& end) {
  if (d == 0) {
    if (o < lo || o > hi) end = -1;
    return;
  }
  const double a = (lo - o) / d, b = (hi - o) / d;
  begin = std::max(begin, std::min(a, b)), end = std::min(end, std::max(a, b));
}

/// visit(x, y, from, to) for the squares [x0, x1) x [y0, y1) of so many cells a side that the ray passes over between
/// `begin` and `end`, in its order, until one says true.
template <class Visit>
bool HeightField::walk(const Ray& ray, double per_side, int x0, int y0, int x1, int y1, double begin, double end,
                       Visit&& visit) {
  const double ox = ray.o.x / per_side, oy = ray.o.y / per_side, dx = ray.d.x / per_side, dy = ray.d.y / per_side;
  int x = std::clamp(int(std::floor(ox + begin * dx)), x0, x1 - 1),
      y = std::clamp(int(std::floor(oy + begin * dy)), y0, y1 - 1);
  constexpr double kNever = std::numeric_limits<double>::infinity();
  const int step_x = dx < 0 ? -1 : 1, step_y = dy < 0 ? -1 : 1;
  const double each_x = dx == 0 ? kNever : std::abs(1 / dx), each_y = dy == 0 ? kNever : std::abs(1 / dy);
  double next_x = dx == 0 ? kNever : (x + (dx > 0) - ox) / dx, next_y = dy == 0 ? kNever : (y + (dy > 0) - oy) / dy;
  for (double from = begin;;) {
    const double to = std::min({next_x, next_y, end});
    if (visit(x, y, from, to)) return true;
    if (to >= end) return false;
    if (next_x < next_y) {
      x += step_x, next_x += each_x;
      if (x < x0 || x >= x1) return false;
    } else {
      y += step_y, next_y += each_y;
      if (y < y0 || y >= y1) return false;
    }
    from = to;
  }
}

template <class Until>
bool HeightField::any(const Vec3d& origin_m, const Vec3d& direction, Until&& until) const {
  const Vec3d p = origin_m - corner_m_;
  const Ray ray{{dot(to_x_, p), dot(to_y_, p), origin_m.z},
                {dot(to_x_, direction), dot(to_y_, direction), direction.z}};
  double begin = 0, end = std::numeric_limits<double>::infinity();
  clip(ray.o.z, ray.d.z, double(all_.lo), double(all_.hi), begin, end);
  clip(ray.o.x, ray.d.x, 0, num_x_, begin, end);
  clip(ray.o.y, ray.d.y, 0, num_y_, begin, end);
  if (!(begin <= end)) return false;
  return walk(ray, kBlock, 0, 0, blocks_x_, blocks_y_, begin, end, [&](int bx, int by, double b0, double b1) {
    if (!blocks_[size_t(by * blocks_x_ + bx)].meets(ray.z(b0), ray.z(b1))) return false;
    const int x = bx * kBlock, y = by * kBlock;
    return walk(ray, 1, x, y, std::min(x + kBlock, num_x_), std::min(y + kBlock, num_y_), b0, b1,
                [&](int cx, int cy, double c0, double c1) {
                  const int cell = cy * num_x_ + cx;
                  return cells_[size_t(cell)].meets(ray.z(c0), ray.z(c1)) && until(cell);
                });
  });
}

}  // namespace raywave::maps
