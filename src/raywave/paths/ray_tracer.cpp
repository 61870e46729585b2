// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/ray_tracer.h"

#include <algorithm>
#include <limits>

namespace raywave::paths {

std::array<Vec3f, 3> search_corners(const scene::FacetTable& table, const scene::Triangle& t) {
  constexpr double kFloat = std::numeric_limits<float>::epsilon();
  const Vec3d middle = (1.0 / 3) * (t.a + t.b + t.c);
  const double grow = 4 * kFloat * std::max({table.largest(t.a), table.largest(t.b), table.largest(t.c)});
  std::array<Vec3f, 3> out;
  size_t k = 0;
  for (const Vec3d& v : {t.a, t.b, t.c}) {
    const double radius = norm(v - middle);
    out[k++] = Vec3f(radius > 0 ? v + (grow / radius) * (v - middle) : v);
  }
  return out;
}

}  // namespace raywave::paths
