// SPDX-License-Identifier: Apache-2.0
// The launched field and its derivatives, in closed form.
#pragma once

#include <string>
#include <vector>

#include "raywave/wave/backend.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

/// u(y, z_begin) on the grid, after focusing and the angle filter.
Field launch(const Scene& scene, const Source& source, const Backend& backend);

/// d u / d value of one real number: `parameter` as in gradients ("position_m"), `index` within it.
struct LaunchColumn {
  std::string parameter;
  size_t index = 0;
  Field column;
};
/// Every derivative of launch(); the wavenumber's is named "wavenumber". Samples of a sampled source are left out:
/// their derivative is the field itself.
std::vector<LaunchColumn> launch_columns(const Scene& scene, const Source& source, const Backend& backend);

/// Green's function of the line source, G = -(j/4) H0^(2)(k r), and its derivatives to r and k.
struct LineSource {
  Complexc value, d_r, d_k;
};
LineSource line_source(double wavenumber_rad_per_m, double distance_m);

/// The launch's filter F(ky) = exp(+j kz focus) soft(|ky| / k): applied as S F A. [num_bins]
/// Whether it is applied: a focus, or a limit of the directions that the launched field does not have yet.
bool has_launch_filter(const Scene& scene, const Source& source);
Field launch_filter(const Scene& scene, const Source& source, const Backend& backend);

}  // namespace raywave::wave
