// SPDX-License-Identifier: Apache-2.0
// One scene through every backend and the Green's-function reference, and the change of its field with the position of
// the source found in three ways. Every solver marches the scene's first source.
#pragma once

#include <string>
#include <vector>

#include "raywave/wave/simulate.h"

namespace raywave::wave {

/// A field over (plane, y); planes that a solver does not know are empty.
struct SolverField {
  std::string name;            // "fft", "dense", "gaussian_beams", "nufft", "green"
  std::string missing;         // why there is no field, or empty
  double seconds = 0;          // preparation and run
  std::vector<Field> field;    // [planes]
  double error_to_fft = 0;     // || u - u_fft || / || u_fft || over all planes that both know
  double error_to_green = -1;  // the same against the reference; -1: there is none
};

struct Comparison {
  Scene scene;
  std::vector<double> z_m, y_m;
  std::vector<SolverField> solvers;
  /// d u / d position_m of the source: the launched slope marched as a source of its own (the march is linear), the
  /// tangent propagated by jvp, and a fourth-order central difference of two marches each side.
  std::vector<Field> shift_sensitivity, tangent, finite_difference;  // [planes]
  double sensitivity_error = 0, tangent_error = 0;                   // against the finite difference
  double adjoint_error = 0;  // | <w, J v> - <J^T w, v> | / (|w| |J v|) for the power at the last plane
  double seconds_tangent = 0, seconds_adjoint = 0;
};

/// The reference: Rayleigh-Sommerfeld integrals (Hankel kernel) from the launch to the first opaque strip, from strip
/// to strip, and on to each plane. Planes nearer than half a wavelength behind a strip or the launch are empty.
/// @throws Error naming what it cannot do: media, cells, grounds, absorbers, nonuniform points, strips thicker than
/// half a wavelength or nearer than half a wavelength to each other.
std::vector<Field> green_planes(const Scene& scene, const std::vector<double>& z_m);

/// @throws Error for a bad scene or less than two planes. A backend or reference that refuses the scene says so in
/// `missing`.
Comparison compare(const Scene& scene, const std::vector<double>& z_m, const SimulateOptions& options = {});

/// The scene that `raywave wave compare` shows when none is given: a tilted beam of 28 GHz past a conducting strip.
Scene comparison_scene();

}  // namespace raywave::wave
