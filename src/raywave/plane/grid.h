// SPDX-License-Identifier: Apache-2.0
// Maps in the plane: a function of the paths between each device of one side and many points that stand for the other,
// summed over candidates: sum_c valid_c f(path_c). Hard or smoothed, with the derivative by each point and by
// everything in the scene. Walls alone and the image method: points are taken four at a time, images once a candidate,
// and the adjoint is written out; anything else goes path by path. Both give the same values and derivatives. Sums have
// a fixed order: results equal to the bit for any number of threads. Angles are atan2, added over paths: they jump at
// +-pi. Not differentiable in: which candidates there are, hard validity.
#pragma once

#include <vector>

#include "raywave/plane/trace.h"

namespace raywave::plane {

struct Grid2D {
  std::vector<double> x_m, y_m;  // of each point
  size_t count() const { return x_m.size(); }
  /// Points (x, y) row by row, one row for each y.
  static Grid2D of_lines(const std::vector<double>& x_m, const std::vector<double>& y_m);
};

enum class PathFunction : uint8_t { kReceivedPower, kLength, kDelay, kCount, kDeparture, kArrival };
/// "received_power", "length" (m), "delay" (s), "count", "departure_angle", "arrival_angle" (rad).
PathFunction path_function_from_name(std::string_view name);

struct MapOptions {
  TraceOptions trace;
  PathFunction function = PathFunction::kReceivedPower;
  bool over_transmitters = false;  // the points stand for transmitters
  bool per_path = false;           // keep each candidate's share
  bool gradient = false;           // by the points
  bool path_by_path = false;       // the slow way, for tests
};

/// A learned sampler draws for so many of a map's points, one by chance of each of as many equal parts of the list (all
/// when they are fewer), and every point tries what any of them drew.
inline constexpr size_t kDrawnLinks = 256;

struct Map2D {
  size_t num_devices = 0, num_points = 0, num_candidates = 0;
  std::vector<double> value;    // [devices, points]
  std::vector<Vec2d> gradient;  // [devices, points], d value / d point, when asked for
  /// per_path: [devices, candidates, points] and the candidates, as objects from the transmitter on.
  std::vector<double> shares;
  Candidates candidates;
};

/// @throws Error naming a point that is not finite, a scene without devices, per_path above max_bytes or of pruned
/// candidates of several devices.
Map2D map_over_points(const Scene2D& scene, const Grid2D& points, const MapOptions& options);
inline Map2D map_over_receivers(const Scene2D& s, const Grid2D& points, MapOptions o = {}) {
  o.over_transmitters = false;
  return map_over_points(s, points, o);
}

/// The map and the gradient of the sum of cotangent times value by numbers(scene); an empty cotangent stands for that
/// of the mean, 1 / (devices points). @throws Error as map_over_points does, and for a cotangent of another length or
/// with a number that is not finite.
struct MapGradient {
  Map2D map;
  std::vector<double> by_numbers;
};
MapGradient map_vjp(const Scene2D& scene, const Grid2D& points, const MapOptions& options,
                    const std::vector<double>& cotangent);

}  // namespace raywave::plane
