// SPDX-License-Identifier: Apache-2.0
// Fields in the plane: cylindrical waves with their phase, walls of material, edges that diffract.
//
// A line source that radiates 1 W per metre has u = exp(-j k r) / sqrt(2 pi r) far from it: |u|^2 is a power density in
// W/m^2, and u = sqrt(k / 4) exp(-j pi / 4) H0^(2)(k r) but for terms of order 1 / (k r) (Abramowitz and Stegun, 9.2.4:
// H0^(2)(x) ~ sqrt(2 / (pi x)) exp(-j (x - pi / 4))). u is E_z (TE: E across the
// plane of incidence) or eta H_z (TM). A path has u = C exp(-j k L) / sqrt(2 pi L), L its length, C the product of
//   - the slab coefficients (em/fresnel.h) R of the walls that reflect it and T of those that it passes,
//   - at a corner the uniform theory's matrix (em/utd.h) with the distance parameter s' s / (s' + s).
// A corner is where a wall ends, or where two meet: a wedge, solid on its smaller side unless one of its walls passes
// rays. Where a wall goes on in line as another, physical optics' term of the difference takes the step away. Ends of
// three and more walls do not diffract. Walls without material are perfect conductors. At most one corner in a path,
// walls before and after it. Walls pass rays where they have a material and `transmission` is set.
// Differentiable in: devices, ends of walls, materials, frequency (with what ITU materials change by). Not in: which
// paths there are. Limits: first-order asymptotics in k s' s / (s' + s); slabs in vacuum; a wave past two corners is
// left out, so that a diffracted one ends with a step of its own size where a second corner shadows it; reflections
// inside of a corner whose angle is no pi / m end with a step.
#pragma once

#include <span>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/plane/trace.h"

namespace raywave::plane {

enum class Polarization : uint8_t { kTe, kTm };

struct FieldOptions {
  int max_order = 1;  // reflections, before and after a corner together
  bool diffraction = true;
  bool transmission = true;
  Polarization polarization = Polarization::kTe;
  double max_bytes = 1e9;  // of the list of sequences
  int num_threads = 0;

  /// @throws Error naming the field.
  void validate() const;
};

struct FieldMap {
  size_t num_tx = 0, num_points = 0;
  std::vector<Complexd> field;  // [tx, points], sqrt(W/m^2) for 1 W/m
};

/// The sum of all paths from each transmitter at points. Objects must be walls (and corners, which are found anyway).
/// @param points  m. @throws Error naming a point that is not finite, max_order, an object that is neither wall nor
/// corner, or max_bytes.
FieldMap field_over_points(const Scene2D& scene, std::span<const Vec2d> points, const FieldOptions& options);

/// The gradient by numbers(scene) of a loss whose derivatives by the field are d/dRe + j d/dIm, [tx, points]; and,
/// where asked for, by the points.
/// @param by_points  [points], d loss / d point, summed over transmitters. @throws Error as field_over_points does, and
/// for a cotangent of another length or with a number that is not finite.
std::vector<double> field_vjp(const Scene2D& scene, std::span<const Vec2d> points, const FieldOptions& options,
                              std::span<const Complexd> cotangent, std::vector<Vec2d>* by_points = nullptr);

}  // namespace raywave::plane
