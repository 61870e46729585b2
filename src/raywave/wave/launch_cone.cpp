// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/launch_cone.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"

namespace raywave::wave {
namespace {

constexpr double kSoftness = 0.1, kToLimit = 1.5, kToCone = 6.5;  // in cos(theta_e); in softnesses
// a source and its image cancel near the ground, what both ring does not
constexpr double kAboveGround = 1;

double softness(double end_rad) { return kSoftness * std::cos(end_rad); }

// The steepest launch that leaves the cone of a window without absorber alone.
double end_for_window(double window_m, double length_m, double most_rad) {
  double lo = 0, hi = most_rad;
  const auto needs = [&](double end) { return std::tan(end) + std::tan(std::asin(cone_sine(end))); };
  if (needs(hi) * length_m <= window_m) return hi;
  for (int i = 0; i < 60; ++i) (needs(0.5 * (lo + hi)) * length_m <= window_m ? lo : hi) = 0.5 * (lo + hi);
  return lo;
}

// Without a given limit: the end of the launch.
double launch_end_rad(const Scene& scene, const Source& s) {
  const Grid& g = scene.grid;
  double end = steepest_launch_rad(scene.absorber);
  // a beam has directions of its own: a window that does not hold them is named by the march
  if (s.kind == SourceKind::kPoint && scene.absorber.width_m == 0 && g.num_y > 0 && g.num_x > 0) {
    const double length = scene.z_end_m - scene.z_begin_m + s.distance_m;
    double window = g.length_m();
    // above a ground the rim reflects at the top alone, and the image of the source is that far behind it
    if (scene.boundary != Boundary::kPeriodic) window = 2 * std::max(0.0, g.y_m(0) + g.length_m() - s.position_m);
    if (g.volume()) window = std::min(window, g.length_x_m());
    end = end_for_window(window, length, end);
  }
  const double spacing = std::max(g.num_y > 0 ? g.length_m() / g.num_y : 0.0, g.volume() ? g.spacing_x_m : 0.0);
  const double nyquist = spacing > 0 ? scene.wavelength_m() / (2 * spacing) : 1;
  return nyquist < std::sin(end) ? std::asin(nyquist) : end;
}

// Beams and patches so narrow that they send waves beyond the limit.
bool spreads(const Scene& scene, const Source& s, double limit) {
  if (s.kind == SourceKind::kPoint) return true;
  if (s.kind != SourceKind::kGaussian && s.kind != SourceKind::kArray) return false;
  const double tilt = s.kind == SourceKind::kGaussian ? std::hypot(std::sin(s.tilt_rad), std::sin(s.tilt_x_rad)) : 0;
  const double x = 0.5 * std::max(0.0, limit - tilt) * scene.wavenumber_rad_per_m() * s.waist_m;
  return std::exp(-x * x) > 1e-5;
}

}  // namespace

double cone_sine(double end_rad) { return std::max(0.0, std::sin(end_rad) - kToCone * softness(end_rad)); }

// Where the absorber leaves exp(-5) of a wave that meets it; the launch is down to 1/60 there.
double steepest_launch_rad(const Absorber& a) { return std::atan(std::tan(a.max_angle_rad) * a.nepers / 5); }

LaunchLimit launch_limit(const Scene& scene, const Source& s) {
  if (scene.angle_filter_rad >= kPi / 2 - 1e-9) return {};
  if (scene.angle_filter_rad > 0) return {std::sin(scene.angle_filter_rad), 0.02};
  if (s.kind == SourceKind::kSampled || s.kind == SourceKind::kPlane) return {};
  const double end = launch_end_rad(scene, s), soft = softness(end);
  const LaunchLimit out{std::max(1e-3, std::sin(end) - kToLimit * soft), soft};
  return spreads(scene, s, out.limit) ? out : LaunchLimit{};
}

double taper_of(const Scene& scene, const Source& s) {
  if (s.taper_m >= 0) return s.taper_m;
  return 8 * std::sqrt(scene.wavelength_m() * (scene.z_end_m - scene.z_begin_m));
}

bool Cone::holds(const Vec3d& p) const {
  if (p.y < y_min_m || p.y > y_max_m) return false;
  if (volume && (p.x < x_min_m || p.x > x_max_m)) return false;
  const double along = p.z - apex_z_m;
  const double y = p.y - apex_y_m - along * std::tan(tilt_rad),
               x = volume ? p.x - apex_x_m - along * std::tan(tilt_x_rad) : 0;
  if (std::isfinite(half_width_m)) return std::max(std::abs(x), std::abs(y)) <= half_width_m;
  if (half_angle_rad >= kPi / 2) return true;
  const double radius = along * std::tan(half_angle_rad),
               image = std::isnan(ground_y_m) ? 0 : 2 * (apex_y_m - ground_y_m);
  return std::hypot(x, y) <= radius && std::hypot(x, y + image) <= radius;
}

Cone cone_of(const Scene& scene, const Source& s) {
  Cone c;
  const Grid& g = scene.grid;
  c.volume = g.volume();
  const double rim = scene.absorber.width_m;
  const auto edges = g.cell_edges_m();
  c.y_min_m = edges.front() + (scene.boundary == Boundary::kPeriodic ? rim : 0), c.y_max_m = edges.back() - rim;
  c.apex_y_m = s.position_m, c.apex_z_m = scene.z_begin_m, c.half_angle_rad = kPi / 2;
  if (g.volume()) {
    const auto x = g.x_edges_m();
    c.x_min_m = x.front() + rim, c.x_max_m = x.back() - rim, c.apex_x_m = s.position_x_m;
  }
  const LaunchLimit limit = launch_limit(scene, s);
  if (s.kind == SourceKind::kPlane) {
    c.tilt_rad = s.tilt_rad, c.tilt_x_rad = s.tilt_x_rad;
    // rims of less than the default ripple what is nearer than the difference
    c.half_width_m = std::max(
        0.0,
        s.width_m / 2 - (s.taper_m >= 0 ? 8 * std::sqrt(scene.wavelength_m() * (scene.z_end_m - scene.z_begin_m)) : 0));
    return c;
  }
  if (s.kind == SourceKind::kSampled || !limit.on()) return c;
  if (s.kind == SourceKind::kPoint) c.apex_z_m -= s.distance_m;
  // what is not launched would have met in the waist: it is missing about there, not about the launch
  if (s.kind == SourceKind::kGaussian) c.apex_z_m += std::max(0.0, s.focus_m);
  const double cosine = std::sqrt(1 - std::min(1.0, limit.limit * limit.limit));
  // a given limit has a softness of its own: sharper than the default it rings farther
  const double wanted = kSoftness * cosine, sharper = std::max(1.0, wanted / limit.softness);
  c.half_angle_rad = std::asin(
      std::max(0.0, limit.limit - (kToCone - kToLimit) * std::max(wanted, limit.softness) * std::pow(sharper, 1.2)));
  const bool ground = scene.boundary != Boundary::kPeriodic;
  if (scene.angle_filter_rad == 0)
    c.half_angle_rad =
        std::asin(std::max(0.0, limit.limit - (kToCone + (ground ? kAboveGround : 0) - kToLimit) * limit.softness));
  if (ground) c.ground_y_m = edges.front();
  if (s.kind == SourceKind::kArray) {
    const auto middle = [](const std::vector<double>& v) {
      if (v.empty()) return std::pair{0.0, 0.0};
      const auto [lo, hi] = std::minmax_element(v.begin(), v.end());
      return std::pair{0.5 * (*lo + *hi), 0.5 * (*hi - *lo)};
    };
    const auto [y, half_y] = middle(s.element_offsets_m);
    const auto [x, half_x] = middle(s.element_offsets_x_m);
    c.apex_y_m += y, c.apex_x_m += x;
    c.apex_z_m += std::hypot(half_x, half_y) / std::tan(std::max(c.half_angle_rad, 1e-3));
  }
  return c;
}

}  // namespace raywave::wave
