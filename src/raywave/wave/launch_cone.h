// SPDX-License-Identifier: Apache-2.0
// What of a source a window can hold: the steepest direction that is launched, how softly the launch ends there, and
// the cone inside which the result is the source's field.
//   A window is periodic. With an absorber, waves up to its reach may meet the rim; without one, waves up to theta_e
//   must not come back into the cone theta_c before the march ends: (L + d) (tan theta_e + tan theta_c) <= W, with L
//   the march, d the distance of the source before it, W the window. The launch is multiplied by erfc((q - q_f) / s) /
//   2 of q = sin(theta), s = 0.1 cos(theta_e), q_f = q_e - 1.5 s. With that s and sin(theta_c) = q_e - 6.5 s the field
//   is within 0.5 % of the source's from 20 wavelengths on (measured; a sharper end rings, a softer one narrows the
//   cone).
// The chosen directions depend on lengths alone, and derivatives hold them.
#pragma once

#include <vector>

#include "raywave/wave/scene.h"

namespace raywave::wave {

/// Soft limit of the launched directions; limit 0: none.
struct LaunchLimit {
  double limit = 0;  // sine of the direction that is launched by half
  double softness = 0.02;
  bool on() const { return limit > 0; }
};
LaunchLimit launch_limit(const Scene& scene, const Source& source);

/// Where a source's field is what the scene makes of the source, from 20 wavelengths behind the apex on: within
/// half_angle_rad of the axis through the apex (a point source; of a beam its waist, where that lies ahead; of an array
/// the point whose cone lies in those of all elements), and where the window is clear of its absorber.
struct Cone {
  double apex_x_m = 0, apex_y_m = 0, apex_z_m = 0;
  double tilt_rad = 0, tilt_x_rad = 0;  // of its axis
  double half_angle_rad = 0;            // pi/2: no limit but the window
  double half_width_m = INFINITY;       // plane wave: of the flat part, along the axis, at the launch
  double ground_y_m = NAN;              // above a ground: the image's cone, mirrored there, must hold as well
  double y_min_m = 0, y_max_m = 0;      // clear of the absorber
  double x_min_m = 0, x_max_m = 0;

  /// (x, y, z) in metres; x of a 2D scene is not looked at.
  bool holds(const Vec3d& point_m) const;
  bool volume = false;
};
Cone cone_of(const Scene& scene, const Source& source);

/// Steepest direction that a launch of the default width takes up: what an absorber of that reach, or any window, is
/// made for.
double steepest_launch_rad(const Absorber& absorber);
/// sin of the cone for a launch that ends at theta_e.
double cone_sine(double end_rad);

/// Flat part's rims where taper_m is not given: 8 sqrt(lambda L), so that they ripple the flat part by less than 0.5 %.
double taper_of(const Scene& scene, const Source& source);

}  // namespace raywave::wave
