// SPDX-License-Identifier: Apache-2.0
// Radar cross section of a perfectly conducting mesh by physical optics, with several bounces (shooting and bouncing
// beams). A plane wave lights facets; what lies in the shadow of others is cut away, polygon by polygon, so that lit
// parts are exact. Each part carries the current 2 n x H and sends
//   sqrt(sigma) = -j k / sqrt(pi)  q . [n x (k_i x p)]  integral of exp(j k (s - k_i) . r) dS
// whose integral over a polygon is closed (Gordon 1975). Each part also reflects a beam that lights further facets.
// Parts of a facet that do not see the observer send nothing to it. Limits: facets of some wavelengths and more, away
// from grazing; no edge or creeping waves; curved surfaces are their tessellation (sagitta below a sixteenth of a
// wavelength). Cross polarisation of edges is not in physical optics. Differentiable in: vertices (and so poses). Not
// in: which parts are lit, in what order, by how many bounces (their outlines are: points where edges' shadows cross
// move with the vertices). Source: physical optics after Balanis, Advanced Engineering Electromagnetics, section 11.3;
// bounces after Ling, Chou and Lee (1989), with polygons in place of ray tubes.
#pragma once

#include <array>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/vec.h"

namespace raywave::signal {

struct ScatteringOptions {
  int max_bounces = 3;
  int num_threads = 0;
};

/// A triangle mesh; both sides of a triangle scatter.
struct ScatteringMesh {
  std::vector<Vec3d> vertices_m;
  std::vector<std::array<int, 3>> triangles;
  /// @throws Error for indices out of range or coordinates that are not finite.
  void validate() const;
};

/// A plane wave from one direction, observed in another: unit vectors from the target to the radar's ends.
struct ScatteringAngles {
  Vec3d to_transmitter, to_receiver;
};

/// sqrt(sigma) in metres, with phase (of the origin): [angles, 2, 2] = rows (theta, phi) of the field that arrives at
/// the receiver, columns (theta, phi) of what was sent, both in the bases of their direction seen from the target.
std::vector<Complexd> scattering(const ScatteringMesh& mesh, double frequency_hz,
                                 const std::vector<ScatteringAngles>& angles, const ScatteringOptions& options = {});
/// The gradient of sum(Re(conj(cotangent) scattering)) by the vertices, [num_vertices].
std::vector<Vec3d> scattering_vjp(const ScatteringMesh& mesh, double frequency_hz,
                                  const std::vector<ScatteringAngles>& angles, const std::vector<Complexd>& cotangent,
                                  const ScatteringOptions& options = {});

}  // namespace raywave::signal
