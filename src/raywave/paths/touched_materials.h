// SPDX-License-Identifier: Apache-2.0
// Materials that vary: what paths touch is asked place by place. Which places those are is known once paths are found
// (touched_places), so that a material that is a function of place, angle and frequency is evaluated for all of them in
// one batch; its numbers stand in the scene's place for every reflection, transmission, edge and place that scatters,
// with the shares S and K_x and the width of the lobe there (revalue, and the derivatives below). Where paths may go is
// decided by the scene's own materials: a wall that a varying material makes transparent must not be a perfect
// conductor in the scene. Differentiable in: the numbers, and by their slopes over the place all that moves the place.
// Not in: how the numbers depend on the angle, which is held fixed when things move.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "raywave/em/place_numbers.h"
#include "raywave/paths/paths_derivative.h"
#include "raywave/paths/step.h"

namespace raywave::paths {

/// A face at an interaction of a path.
struct TouchedPlace {
  int64_t touch = 0;  // 2 * interaction + face: 0 a facet, or a wedge's face 0; 1 its face n
  int32_t object = 0, material = 0;
  Vec3d point_m, normal;     // world; normal of unit length, either way
  double cos_incidence = 0;  // |normal . arriving direction|
};
/// All of them in the order of Paths; of wedges both faces (a half plane's twice).
std::vector<TouchedPlace> touched_places(const scene::Scene& scene, const PreparedScene& prepared,
                                         const PathOptions& options, const Paths& paths);

struct TouchedMaterials {
  /// [2 * num_interactions] by TouchedPlace::touch: a row of numbers, each row once; -1: the scene's material.
  std::vector<int32_t> row;
  std::vector<em::PlaceNumbers<double>> numbers;  // at the scene's frequency
  /// d numbers / d place in 1/m, [num_rows]; empty: they do not change with the place.
  std::vector<std::array<Vec3d, em::kNumPlaceNumbers>> slopes;

  bool empty() const { return row.empty(); }
  /// @throws Error for sizes that are not those of paths with so many interactions, rows used twice, numbers out of
  /// their bounds.
  void check(size_t num_interactions) const;
};

/// The faces at what one path touches, the first step that of so many interactions before it.
/// @param source_m, steps  relative to the prepared scene's origin
void add_touched_places(const PreparedScene& prepared, const Vec3d& source_m, const std::vector<Step>& steps,
                        int64_t first, std::vector<TouchedPlace>& places);

/// Of one function of the place.
TouchedMaterials touched_materials(size_t num_interactions, const std::vector<TouchedPlace>& places,
                                   const std::function<em::PlaceNumbers<double>(const TouchedPlace&)>& material);

/// The gains and transfers of these paths in this scene, whose geometry, devices' places and frequency are those that
/// they were found with: other materials and antennas, or materials that vary.
/// @param touched  may be empty.
void revalue(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
             const TouchedMaterials& touched, Paths& paths);

/// As paths_vjp, of paths whose values are those of revalue. @param slopes  [num_rows], written: by the numbers.
scene::SceneDerivative touched_vjp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                                   const Paths& paths, const PathsDerivative& cotangent,
                                   const TouchedMaterials& touched, std::vector<em::PlaceNumbers<double>>& slopes);
/// As paths_jvp. @param moved  [num_rows]: how the numbers move; empty: not at all.
PathsDerivative touched_jvp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                            const Paths& paths, const scene::SceneDerivative& direction,
                            const TouchedMaterials& touched, const std::vector<em::PlaceNumbers<double>>& moved);

}  // namespace raywave::paths
