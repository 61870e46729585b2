// SPDX-License-Identifier: Apache-2.0
// A path before fields: what it touches, and where.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/paths/interaction.h"
#include "raywave/paths/surface.h"

namespace raywave::paths {

/// One interaction of a path.
struct Step {
  Interaction type = Interaction::kSpecularReflection;
  SurfaceId surface;
  Vec3d point_m;
  EdgeFacts edge{};        // of diffraction
  ScatterFacts scatter{};  // of what scatters
};

/// A path between two points, before fields.
struct GeometricPath {
  int32_t target = 0;  // index of the receiving point
  std::vector<Step> steps;
};

/// The same interactions with the same surfaces, in order?
inline bool same_steps(const GeometricPath& a, const GeometricPath& b) {
  return std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
                    [](const Step& x, const Step& y) { return x.type == y.type && x.surface == y.surface; });
}

/// Paths in the order of their targets and steps.
inline bool before(const GeometricPath& a, const GeometricPath& b) {
  if (a.target != b.target) return a.target < b.target;
  return std::lexicographical_compare(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
                                      [](const Step& x, const Step& y) {
                                        return std::tie(x.surface.index, x.type) < std::tie(y.surface.index, y.type);
                                      });
}

}  // namespace raywave::paths
