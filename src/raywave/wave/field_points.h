// SPDX-License-Identifier: Apache-2.0
// The field at any points behind a plane from its angular spectrum:
//   u(x, y, dz) = sum_m s_m exp(j kx_m x + j ky_m y - j kz_m dz),  kz = sqrt(k^2 - kx^2 - ky^2), Im kz <= 0.
// Few points are summed directly, to rounding; many by type 3 transforms, to `kTolerance` of the largest |u|.
// Evanescent waves fit no transform in dz: points of one plane take them along, others sum those that are left of them.
#pragma once

#include <vector>

#include "raywave/core/vec.h"
#include "raywave/wave/backend.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

class FieldPoints {
 public:
  static constexpr double kTolerance = 1e-13;
  /// How sums are made; kAuto takes what is estimated to be quicker.
  enum class Method { kAuto, kDirect, kTransform };

  /// @param from_plane  x and y from the first point of the grid, z from the plane, >= 0.
  FieldPoints(const Backend& backend, double wavenumber_rad_per_m, std::vector<Vec3d> from_plane,
              Method method = Method::kAuto);

  /// [points] from [num_bins].
  std::vector<Complexc> values(const Field& spectrum) const;
  /// d values / d wavenumber; a wave that grazes to rounding counts as kz = k sqrt(2/N).
  std::vector<Complexc> values_dk(const Field& spectrum) const;
  /// The adjoint of values(): [num_bins] from [points].
  Field spectrum(const std::vector<Complexc>& values) const;

 private:
  /// Points that one transform takes together.
  struct Group {
    std::vector<size_t> points;
    bool one_plane = false;  // all at the same dz
    bool direct = true;
  };
  void sort_into_groups(Method method);
  bool transform_is_quicker(const Group& group) const;
  std::vector<double> transverse(const Group& group, bool along_x) const;
  void add_direct(const Group& group, bool evanescent_alone, const Field& s, std::vector<Complexc>& out) const;
  void add_direct_adjoint(const Group& group, bool evanescent_alone, const std::vector<Complexc>& v, Field& out) const;
  void add_transform(const Group& group, const Field& s, std::vector<Complexc>& out) const;
  void add_transform_adjoint(const Group& group, const std::vector<Complexc>& v, Field& out) const;

  double k_;
  std::vector<double> kx_, ky_;
  std::vector<Complexc> kz_;
  std::vector<size_t> propagating_, evanescent_;  // bins; the latter in increasing decay
  std::vector<Vec3d> points_;
  std::vector<Group> groups_;
};

}  // namespace raywave::wave
