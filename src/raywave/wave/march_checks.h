// SPDX-License-Identifier: Apache-2.0
// What a march says of itself. Two laws are looked at, at the launch and at planes of the result:
//   Flux. sum kz |U|^2 of a passive scene does not grow; what evanescent waves could turn into is allowed for, and a
//   part in a thousand, which is less than any of the models promises. Masks, screens, jumps, slabs and absorbers keep
//   to it; the wave propagation method does not always (docs/waves.md). Rim. A window is periodic: what leaves it comes
//   back. The field is split into blocks across and directions (local spectra under sine windows, whose squares sum to
//   one), each follows its ray to the next plane, and what passes the rim and is not absorbed on both sides of it is
//   summed.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "raywave/wave/march.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

/// A field on a plane.
struct MarchPlane {
  double z_m = 0;
  const Field* field = nullptr;
};
/// The largest factor by which the flux grows from a plane to a later one, above the allowance; 1: it does not.
struct FluxGain {
  double factor = 1, z_m = 0, later_z_m = 0;
};

/// What of the power goes wrong on its way: comes back over the rim, is sent back by the absorber, or begins in the
/// absorber and is missing where it leaves it.
struct Astray {
  double returned = 0, reflected = 0, absorbed = 0;
  void add(const Astray& other, double times) {
    returned += times * other.returned, reflected += times * other.reflected, absorbed += times * other.absorbed;
  }
};

/// Looks at one source's field on its way: planes in their order, the launch first.
class MarchWatch {
 public:
  /// @param rounding  relative error of the flux; below 0: the flux is not looked at.
  MarchWatch(const Scene& scene, const March& march, const Source& source, double rounding);
  void look(double z_m, const Field& u);
  const FluxGain& flux_gain() const { return gain_; }
  /// Shares of the launched power, over the planes seen.
  Astray astray() const;
  std::vector<std::string> warnings() const;

 private:
  void look_at_flux(double z_m, const Field& u);

  const Scene& scene_;
  const March& march_;
  const Source& source_;
  double rounding_;
  FluxGain gain_;
  double least_ = INFINITY, least_z_m_ = 0, launched_ = 0;
  double launched_power_ = 0, z_m_ = 0;
  Field first_, last_;
  Astray sum_;
};

FluxGain flux_gain(const Scene& scene, const March& march, const std::vector<MarchPlane>& planes, double rounding);
/// Share of the power of planes[0] that comes back over the rim before the last plane, into the cone where it has one.
double returning_share(const Scene& scene, const Source& source, const std::vector<MarchPlane>& planes);
/// No medium amplifies.
bool is_passive(const Scene& scene);
/// Words for one source. @param planes  the launch first. @param rounding  relative error of the flux; below 0: the
/// flux is not looked at.
std::vector<std::string> march_warnings(const Scene& scene, const March& march, const Source& source,
                                        const std::vector<MarchPlane>& planes, double rounding);

}  // namespace raywave::wave
