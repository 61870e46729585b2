// SPDX-License-Identifier: Apache-2.0
// A directed edge of an outline cut at the cells of a row: the ground of exact coverage and its derivatives.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "raywave/wave/geometry.h"

namespace raywave::wave::detail {

/// How far apart two equal numbers may be that were computed in different ways: a few roundings of their size. Ten
/// times less, and faces that were meant to meet do not; ten times more still is nothing beside a cell.
inline double coincidence(double size) { return 16 * 2.220446049250313e-16 * size; }

/// Pieces of the edge p -> q between ta and tb inside one cell, t from s to e along the edge.
/// visit(cell, s, e); cell -1: left of the grid, num_cells: right of it.
template <class Visit>
void for_each_piece_of(std::span<const double> edges, const Point& p, const Point& q, double ta, double tb,
                       Visit&& visit) {
  const int cells = int(edges.size()) - 1;
  const double dy = q.y_m - p.y_m;
  if (!(ta < tb)) return;
  const double start = p.y_m + ta * dy;
  int cell = int(std::upper_bound(edges.begin(), edges.end(), start) - edges.begin()) - 1;
  if (dy < 0 && cell >= 0 && start == edges[size_t(cell)]) --cell;
  for (double s = ta; s < tb;) {
    double e = tb;
    if (dy > 0 && cell < cells) e = std::min(tb, (edges[size_t(cell + 1)] - p.y_m) / dy);
    if (dy < 0 && cell >= 0) e = std::min(tb, (edges[size_t(std::min(cell, cells))] - p.y_m) / dy);
    e = std::max(e, s);
    if (e > s) visit(cell, s, e);
    s = e;
    if (s >= tb) break;
    cell += dy > 0 ? 1 : -1;
    if (cell < -1 || cell > cells) break;
  }
}

/// The same inside the row z0 <= z < z1.
template <class Visit>
void for_each_piece(std::span<const double> edges, double z0, double z1, const Point& p, const Point& q,
                    Visit&& visit) {
  double ta = 0, tb = 1;
  const double dz = q.z_m - p.z_m;
  if (dz != 0) {
    const double a = (z0 - p.z_m) / dz, b = (z1 - p.z_m) / dz;
    ta = std::max(ta, std::min(a, b)), tb = std::min(tb, std::max(a, b));
  } else if (p.z_m < z0 || p.z_m >= z1) {
    return;
  }
  for_each_piece_of(edges, p, q, ta, tb, visit);
}

/// The cells whose shares a piece's motion changes: visit(cell, s, e, weight). A piece that runs along the border of
/// two cells belongs to both by halves (the mean of the derivatives to both sides), or to the one that it moves
/// `toward`.
template <class Visit>
void for_each_moved(std::span<const double> edges, const Point& p, const Point& q, double ta, double tb, int toward,
                    Visit&& visit) {
  const double y = p.y_m, tolerance = coincidence(std::abs(y));
  if (std::abs(q.y_m - y) > tolerance) {
    return for_each_piece_of(edges, p, q, ta, tb, [&](int cell, double s, double e) { visit(cell, s, e, 1.0); });
  }
  const auto next = std::lower_bound(edges.begin(), edges.end(), y - tolerance);
  const int cell = int(next - edges.begin()) - 1;
  if (next == edges.end() || *next > y + tolerance) return visit(cell, ta, tb, 1.0);
  if (toward <= 0) visit(cell, ta, tb, toward < 0 ? 1.0 : 0.5);
  if (toward >= 0) visit(cell + 1, ta, tb, toward > 0 ? 1.0 : 0.5);
}

/// d(fraction of the piece's cell) for motions of (p.y, q.y, p.z, q.z); left boundaries run towards +z.
struct PieceWeights {
  double py, qy, pz, qz;
};
inline PieceWeights piece_weights(const Point& p, const Point& q, double s, double e, double scale) {
  const double m = 0.5 * (e * e - s * s), l = (e - s) - m;
  const double dz = q.z_m - p.z_m, dy = q.y_m - p.y_m;
  return {-scale * dz * l, -scale * dz * m, scale * dy * l, scale * dy * m};
}

}  // namespace raywave::wave::detail
