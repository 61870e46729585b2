// SPDX-License-Identifier: Apache-2.0
// Directions drawn from the lobes that have a formula (em/lobes.h), and what shares of them are above the horizon as a
// table, for the CPU and for devices.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/hd.h"
#include "raywave/em/lobes.h"

namespace raywave::em {
namespace lobe_detail {

/// The integral of ((1 + cos psi) / 2)^alpha over the sphere.
template <class T>
RAYWAVE_HD T directive_sphere(const T& alpha) {
  return T(4 * kPi) / (alpha + T(1));
}

/// The direction at (1 - cos) / 2 = y from the axis, at azimuth 2 pi turn.
RAYWAVE_HD inline Vec3d about(const Vec3d& axis, double y, double turn) {
  const Vec3d helper = std::abs(axis.z) < 0.7 ? Vec3d{0, 0, 1} : Vec3d{1, 0, 0};
  const Vec3d e1 = normalized(cross(helper, axis)), e2 = cross(axis, e1);
  const double sine = 2 * std::sqrt(y * (1 - y)), phi = 2 * kPi * turn;
  return (1 - 2 * y) * axis + (sine * std::cos(phi)) * e1 + (sine * std::sin(phi)) * e2;
}

RAYWAVE_HD inline double directive_y(double alpha, double random) {
  return -std::expm1(std::log1p(-random) / (alpha + 1));
}

}  // namespace lobe_detail

/// sample() of a lobe that is not one's own. @param u_o  the direction, where there is one @return whether there is
RAYWAVE_HD inline bool draw(const Lobe& lobe, const Vec3d& n, const Vec3d& u_i, const double (&random)[3], Vec3d& u_o) {
  using namespace lobe_detail;
  const double cos_i = -dot(u_i, n);
  if (!(cos_i > 0)) return false;
  const Vec3d u_r = u_i + 2 * cos_i * n;
  switch (lobe.kind) {
    case LobeKind::kLambertian:  // cos^2 theta is uniform
      u_o = about(n, 0.5 * random[0] / (1 + std::sqrt(1 - random[0])), random[1]);
      break;
    case LobeKind::kDirective:
      u_o = about(u_r, directive_y(lobe.alpha_r, random[0]), random[1]);
      break;
    case LobeKind::kBackscattering: {
      const double mirror = lobe.lambda * directive_sphere(lobe.alpha_r),
                   back = (1 - lobe.lambda) * directive_sphere(lobe.alpha_i);
      const bool mirrors = random[2] * (mirror + back) < mirror;
      u_o = about(mirrors ? u_r : -u_i, directive_y(mirrors ? lobe.alpha_r : lobe.alpha_i, random[0]), random[1]);
      break;
    }
    case LobeKind::kVonMisesFisher: {
      const double y = -std::log1p(random[0] * std::expm1(-2 * lobe.kappa)) / (2 * lobe.kappa);
      u_o = about(u_r, y < 1 ? y : 1.0, random[1]);
      break;
    }
    case LobeKind::kHalfVector: {
      const double tan_h = lobe.slope * std::sqrt(-2 * std::log1p(-random[0]));  // Box and Muller
      const double cos_h = 1 / std::sqrt(1 + tan_h * tan_h), y = 0.5 * (tan_h * cos_h) * (tan_h * cos_h) / (1 + cos_h);
      const Vec3d h = about(n, y, random[1]);
      const double facing = -dot(u_i, h);
      if (!(facing > 0)) return false;
      u_o = u_i + 2 * facing * h;
      break;
    }
    case LobeKind::kOwn:
      return false;
  }
  return dot(u_o, n) > 0;
}

/// The share of what draw() proposes that is above the horizon, over the cosine between -u_i and the normal: a row of a
/// table, closer where the lobe is about to pass the horizon.
struct LobeShareRow {
  static constexpr int kSamples = 1024;  // a row has kSamples + 1
  const float* samples = nullptr;        // null: the lobe has none
  float inverse_width = 1, scale = 1;    // sample scale * log(1 + cosine / width)

  RAYWAVE_HD float at(float cosine) const {
    const float x = scale * std::log1p(inverse_width * cosine);
    const int i = x < float(kSamples - 1) ? int(x) : kSamples - 1;
    return samples[i] + (x - float(i)) * (samples[i + 1] - samples[i]);
  }
};

/// The table of one lobe; of one's own and of the Lambertian one, whose share is 1, none. It errs by 1e-5 at
/// most, and that where a narrow lobe passes the horizon.
class LobeShares {
 public:
  explicit LobeShares(const Lobe& lobe);
  /// @param samples  where the row's are: here, or a device's copy of samples()
  LobeShareRow row(const float* samples) const { return {samples, inverse_width_, scale_}; }
  const std::vector<float>& samples() const { return samples_; }

 private:
  std::vector<float> samples_;  // [0 or kSamples + 1]
  float inverse_width_ = 1, scale_ = 1;
};

/// reciprocal_kernel() / (cos_theta_i density()) of a direction that draw() gave: what carries over of
/// cos_theta_i f(u_o; u_i), made the same both ways, when u_o is drawn. Of the lobe's shape nothing is left.
RAYWAVE_HD inline double drawn_weight(const LobeShareRow& shares, double cos_i, double cos_o) {
  if (!shares.samples) return 1;
  return std::sqrt(cos_o / (cos_i * double(shares.at(float(cos_i))) * double(shares.at(float(cos_o)))));
}

}  // namespace raywave::em
