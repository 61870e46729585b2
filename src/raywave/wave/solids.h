// SPDX-License-Identifier: Apache-2.0
// Closed meshes in the space of a 3D march (x and y across, z along) and how much of each cell of a slice they cover.
// A slice is cut at the levels of the vertices inside it; between two levels a Gauss rule takes cross-sections, whose
// area in each cell is exact. Boxes and prisms are exact; the rule is second order in the slice for slanted faces.
// Differentiable in every vertex. Faces look outwards; cavities are allowed.
#pragma once

#include <span>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/scene/scene.h"

namespace raywave::wave {

using Solid = raywave::scene::Mesh;

/// @throws Error for a size or radius <= 0.
Solid box_solid(const Vec3d& center_m, const Vec3d& size_m);
/// A triangulated sphere of the ball's volume.
Solid sphere_solid(const Vec3d& center_m, double radius_m, int num_rings = 24);

/// Volume in cubic metres; positive when faces look outwards.
double signed_volume_m3(const Solid& solid);
/// Every edge lies between two faces that run along it in opposite senses.
bool is_closed(const Solid& solid);
/// All vertices lie on two levels of z, each above a vertex of the other.
bool is_prism(const Solid& solid);

/// Adds the share of each cell of z0_m <= z < z1_m that is covered. @param cover  [num_x, num_y], num_x =
/// x_edges.size() - 1.
void add_solid_coverage(std::span<const double> x_edges_m, std::span<const double> y_edges_m, double z0_m, double z1_m,
                        const Solid& solid, std::span<double> cover);
/// Adds the tangent of the coverage for motions of the vertices.
void add_solid_coverage_jvp(std::span<const double> x_edges_m, std::span<const double> y_edges_m, double z0_m,
                            double z1_m, const Solid& solid, std::span<const Vec3d> vertex_tangent,
                            std::span<double> cover_tangent);
/// Adds d(sum cotangent * coverage) / d(vertex) to vertex_cotangent.
void solid_coverage_vjp(std::span<const double> x_edges_m, std::span<const double> y_edges_m, double z0_m, double z1_m,
                        const Solid& solid, std::span<const double> cotangent, std::span<Vec3d> vertex_cotangent);

}  // namespace raywave::wave
