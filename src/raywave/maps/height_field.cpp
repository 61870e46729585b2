// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/height_field.h"

namespace raywave::maps {

HeightField::HeightField(int num_x, int num_y, const Vec3d& corner_m, const Vec3d& side_x_m, const Vec3d& side_y_m,
                         const std::vector<double>& heights_m, double margin_m)
    : num_x_(num_x),
      num_y_(num_y),
      blocks_x_((num_x + kBlock - 1) / kBlock),
      blocks_y_((num_y + kBlock - 1) / kBlock),
      corner_m_(corner_m),
      cells_(size_t(num_x) * size_t(num_y)),
      blocks_(size_t(blocks_x_) * size_t(blocks_y_)) {
  const double area_m2 = side_x_m.x * side_y_m.y - side_x_m.y * side_y_m.x;
  to_x_ = Vec3d{side_y_m.y, -side_y_m.x, 0} / area_m2;
  to_y_ = Vec3d{-side_x_m.y, side_x_m.x, 0} / area_m2;
  for (int y = 0; y < num_y_; ++y) {
    for (int x = 0; x < num_x_; ++x) {
      const double* z = &heights_m[size_t(y) * size_t(num_x_ + 1) + size_t(x)];
      if (std::isnan(z[0] + z[1] + z[num_x_ + 1] + z[num_x_ + 2])) continue;
      const auto [lo, hi] = std::minmax({z[0], z[1], z[num_x_ + 1], z[num_x_ + 2]});
      const Range range{float(lo - margin_m), float(hi + margin_m)};
      cells_[size_t(y * num_x_ + x)] = range;
      blocks_[size_t((y / kBlock) * blocks_x_ + x / kBlock)].add(range);
      all_.add(range);
    }
  }
}

}  // namespace raywave::maps
