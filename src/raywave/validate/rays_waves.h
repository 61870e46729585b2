// SPDX-License-Identifier: Apache-2.0
// The same scene in the plane by the two solvers: cylindrical waves with the uniform theory at corners (plane/fields.h)
// against the march of the angular spectrum (wave/simulate.h), which share the materials alone. Both are summed with
// their phase; compared is the rms of |u| over one wavelength across, in dB, for nulls of interference would else rule
// the mean. Regions by the direct ray: `lit` and `shadow`, and between them `penumbra`, where the detour by some edge
// is below a quarter of the wavelength (|nu| <= 1 of ITU-R P.526).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "raywave/validate/validation.h"

namespace raywave::validate {

struct RaysWavesRow {
  std::string scene, what;  // "half plane", "penumbra"
  size_t points = 0;        // windows of a wavelength compared
  double mean_db = 0, p95_db = 0;
  double limit_db = std::numeric_limits<double>::infinity();  // on both; infinity: reported alone
  std::string left;                                           // what makes the difference

  bool pass() const { return !(mean_db > limit_db) && !(p95_db > limit_db) && p95_db >= 0; }
};

/// How power over one wavelength, P, moves with a parameter, by the adjoint of the rays and the tangent of the march:
/// ||dP_rays - dP_waves|| / ||dP_waves|| over one line.
struct RaysWavesSlope {
  std::string scene, parameter;
  std::vector<double> y_m, rays, waves;  // dP/dparameter, 1/m of the free field's power there
  double difference = 0, limit = 0;
};

struct RaysWaves {
  std::vector<RaysWavesRow> rows;
  std::vector<RaysWavesSlope> slopes;
};
/// Half plane, slit, wall of concrete, its end, corridor, street corner. Some ten seconds.
RaysWaves rays_against_waves(int num_threads);

/// The same as rows of `raywave validate`.
std::vector<ValidationRow> rays_waves_validation_rows(const std::string& filter, int num_threads);

}  // namespace raywave::validate
