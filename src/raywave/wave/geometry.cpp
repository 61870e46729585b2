// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/geometry.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/wave/pieces.h"

namespace raywave::wave {
namespace {

using detail::PieceWeights, detail::piece_weights;

template <class Visit>  // visit(edge, cell, s, e)
void for_each_piece(std::span<const double> edges, double z0, double z1, std::span<const Point> outline,
                    Visit&& visit) {
  for (size_t i = 0; i < outline.size(); ++i)
    detail::for_each_piece(edges, z0, z1, outline[i], outline[(i + 1) % outline.size()],
                           [&](int cell, double s, double e) { visit(int(i), cell, s, e); });
}

// Left boundaries of a clockwise outline run towards +z.
double orientation(std::span<const Point> outline) { return signed_area_m2(outline) > 0 ? -1.0 : 1.0; }

std::pair<int, int> cell_range(std::span<const double> edges, std::span<const Point> outline) {
  const int cells = int(edges.size()) - 1;
  const auto [lo, hi] = y_extent_m(outline);
  const int first = int(std::upper_bound(edges.begin(), edges.end(), lo) - edges.begin()) - 1;
  const int last = int(std::upper_bound(edges.begin(), edges.end(), hi) - edges.begin()) - 1;
  return {std::clamp(first, 0, cells), std::clamp(last + 1, 0, cells)};
}

}  // namespace

double signed_area_m2(std::span<const Point> o) {
  double twice = 0;
  for (size_t i = 0; i < o.size(); ++i) {
    const Point &a = o[i], &b = o[(i + 1) % o.size()];
    twice += (a.y_m - o[0].y_m) * (b.z_m - o[0].z_m) - (b.y_m - o[0].y_m) * (a.z_m - o[0].z_m);
  }
  return 0.5 * twice;
}

std::pair<double, double> z_extent_m(std::span<const Point> o) {
  const auto [lo, hi] = std::minmax_element(o.begin(), o.end(), [](auto& a, auto& b) { return a.z_m < b.z_m; });
  return {lo->z_m, hi->z_m};
}
std::pair<double, double> y_extent_m(std::span<const Point> o) {
  const auto [lo, hi] = std::minmax_element(o.begin(), o.end(), [](auto& a, auto& b) { return a.y_m < b.y_m; });
  return {lo->y_m, hi->y_m};
}

Coverage coverage(std::span<const double> edges, double z0, double z1, std::span<const Point> outline) {
  const auto [first, end] = cell_range(edges, outline);
  Coverage out{first, std::vector<double>(size_t(std::max(0, end - first)))};
  if (out.fraction.empty()) return out;
  std::vector<double> step(out.fraction.size() + 1);
  const double scale = orientation(outline) / (z1 - z0);
  for_each_piece(edges, z0, z1, outline, [&](int i, int cell, double s, double e) {
    const Point p = outline[size_t(i)], q = outline[(size_t(i) + 1) % outline.size()];
    const double dz = (e - s) * (q.z_m - p.z_m) * scale;
    if (cell < first) {
      step[0] += dz;
    } else if (cell < end) {
      const double y = p.y_m + 0.5 * (s + e) * (q.y_m - p.y_m);
      const double width = edges[size_t(cell + 1)] - edges[size_t(cell)];
      out.fraction[size_t(cell - first)] += dz * (edges[size_t(cell + 1)] - y) / width;
      step[size_t(cell + 1 - first)] += dz;
    }
  });
  double sum = 0;
  for (size_t j = 0; j < out.fraction.size(); ++j) {
    sum += step[j];
    out.fraction[j] = std::clamp(out.fraction[j] + sum, 0.0, 1.0);
  }
  return out;
}

void coverage_vjp(std::span<const double> edges, double z0, double z1, std::span<const Point> outline, int first,
                  std::span<const double> cotangent, std::span<Point> bar) {
  const double sense = orientation(outline) / (z1 - z0);
  for_each_piece(edges, z0, z1, outline, [&](int i, int cell, double s, double e) {
    if (cell < first || cell >= first + int(cotangent.size())) return;
    const size_t a = size_t(i), b = (a + 1) % outline.size();
    const double width = edges[size_t(cell + 1)] - edges[size_t(cell)];
    const PieceWeights w = piece_weights(outline[a], outline[b], s, e, sense / width);
    const double c = cotangent[size_t(cell - first)];
    bar[a].y_m += c * w.py, bar[a].z_m += c * w.pz;
    bar[b].y_m += c * w.qy, bar[b].z_m += c * w.qz;
  });
}

void coverage_jvp(std::span<const double> edges, double z0, double z1, std::span<const Point> outline,
                  std::span<const Point> dot, Coverage& tangent) {
  const auto [first, end] = cell_range(edges, outline);
  tangent.first = first;
  tangent.fraction.resize(size_t(std::max(0, end - first)));
  const double sense = orientation(outline) / (z1 - z0);
  for_each_piece(edges, z0, z1, outline, [&](int i, int cell, double s, double e) {
    if (cell < tangent.first || cell >= tangent.first + int(tangent.fraction.size())) return;
    const size_t a = size_t(i), b = (a + 1) % outline.size();
    const double width = edges[size_t(cell + 1)] - edges[size_t(cell)];
    const PieceWeights w = piece_weights(outline[a], outline[b], s, e, sense / width);
    tangent.fraction[size_t(cell - tangent.first)] +=
        w.py * dot[a].y_m + w.pz * dot[a].z_m + w.qy * dot[b].y_m + w.qz * dot[b].z_m;
  });
}

Outline rectangle(Point c, double width, double depth) {
  require_positive("width_y_m", width);
  require_positive("depth_z_m", depth);
  const double y = width / 2, z = depth / 2;
  return {{c.y_m - y, c.z_m - z}, {c.y_m - y, c.z_m + z}, {c.y_m + y, c.z_m + z}, {c.y_m + y, c.z_m - z}};
}

Outline disc(Point c, double radius, int n) {
  require_positive("radius_m", radius);
  if (n < 8) throw Error(message("num_vertices of a disc must be >= 8, got ", n));
  const double step = 2 * kPi / n;
  const double r = radius * std::sqrt(step / std::sin(step));
  Outline out;
  for (int i = 0; i < n; ++i)
    out.push_back({c.y_m + r * std::cos(step * (i + 0.5)), c.z_m - r * std::sin(step * (i + 0.5))});
  return out;
}

Outline lens(Point c, double aperture, double radius, double edge_depth, int n) {
  require_positive("aperture_m", aperture);
  require_positive("radius_of_curvature_m", radius);
  require_non_negative("edge_depth_m", edge_depth);
  if (aperture > 2 * radius)
    throw Error(message("aperture_m must be <= 2 radius_of_curvature_m = ", 2 * radius, ", got ", aperture));
  const double half_angle = std::asin(aperture / (2 * radius));
  const double rim = radius * std::cos(half_angle) - edge_depth / 2;
  Outline out;
  const int half = std::max(4, n / 2);
  for (int side = 0; side < 2; ++side)
    for (int i = side == 1 && edge_depth == 0 ? 1 : 0; i < half + (edge_depth == 0 && side == 1 ? -1 : 0); ++i) {
      const double a = half_angle * (2.0 * i / (half - 1) - 1), sign = side == 0 ? 1 : -1;
      out.push_back({c.y_m + sign * radius * std::sin(a), c.z_m + sign * (radius * std::cos(a) - rim)});
    }
  return out;
}

std::vector<Outline> grating(Point c, double period, double fill, double depth, int bars) {
  require_positive("period_m", period);
  require_in_range("fill", fill, 1e-6, 1.0 - 1e-6);
  if (bars < 1) throw Error(message("num_bars must be >= 1, got ", bars));
  std::vector<Outline> out;
  for (int b = 0; b < bars; ++b)
    out.push_back(rectangle({c.y_m + (b - 0.5 * (bars - 1)) * period, c.z_m}, fill * period, depth));
  return out;
}

Outline half_plane(Point edge, bool below, double depth, double extent) {
  require_positive("extent_m", extent);
  const double far = below ? -extent : extent;
  if (below ? far >= edge.y_m : far <= edge.y_m)
    throw Error(message("extent_m = ", extent, " does not reach beyond the edge at y = ", edge.y_m, " m"));
  return rectangle({0.5 * (edge.y_m + far), edge.z_m}, std::abs(far - edge.y_m), depth);
}

}  // namespace raywave::wave
