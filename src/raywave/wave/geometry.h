// SPDX-License-Identifier: Apache-2.0
// Outlines in the plane of the march (y across, z along) and how much of each cell they cover: the exact area, so that
// it is differentiable in every vertex. An outline is a simple polygon in either sense of rotation.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace raywave::wave {

struct Point {
  double y_m = 0, z_m = 0;
};
using Outline = std::vector<Point>;

/// Sides along the axes. @throws Error for a width or depth <= 0.
Outline rectangle(Point center, double width_y_m, double depth_z_m);
/// A regular polygon of num_vertices with the disc's area. @throws Error for a radius <= 0.
Outline disc(Point center, double radius_m, int num_vertices = 720);
/// A biconvex lens: two circular arcs of radius_of_curvature_m over an aperture in y, `edge_depth_m` thick at the rim.
/// @throws Error when the aperture exceeds twice the radius of curvature.
Outline lens(Point center, double aperture_m, double radius_of_curvature_m, double edge_depth_m = 0,
             int num_vertices = 256);
/// Bars of width `fill * period_m` along y. [num_bars]
std::vector<Outline> grating(Point center, double period_m, double fill, double depth_z_m, int num_bars);
/// All y < edge (`below`) or y > edge, of a given depth, up to y = +-extent_m.
Outline half_plane(Point edge_center, bool below, double depth_z_m, double extent_m);

/// Share of each cell first ... first + size - 1 of one slice that is covered.
struct Coverage {
  int first = 0;
  std::vector<double> fraction;
};

/// @param cell_edges_m  increasing, [num_cells + 1]; the slice is z0_m <= z < z1_m.
Coverage coverage(std::span<const double> cell_edges_m, double z0_m, double z1_m, std::span<const Point> outline);
/// Adds d(sum_j cotangent[j] fraction[j]) / d(vertex) to vertex_cotangent. @param cotangent  aligned with a Coverage at
/// `first`.
void coverage_vjp(std::span<const double> cell_edges_m, double z0_m, double z1_m, std::span<const Point> outline,
                  int first, std::span<const double> cotangent, std::span<Point> vertex_cotangent);
/// Adds the tangent of fraction, aligned as coverage() gives it.
void coverage_jvp(std::span<const double> cell_edges_m, double z0_m, double z1_m, std::span<const Point> outline,
                  std::span<const Point> vertex_tangent, Coverage& tangent);

double signed_area_m2(std::span<const Point> outline);
/// z extent (min, max).
std::pair<double, double> z_extent_m(std::span<const Point> outline);
std::pair<double, double> y_extent_m(std::span<const Point> outline);

}  // namespace raywave::wave
