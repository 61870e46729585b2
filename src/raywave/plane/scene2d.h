// SPDX-License-Identifier: Apache-2.0
// A scene in the plane: transmitters, receivers, and objects that rays meet (walls, reflecting surfaces with a fixed
// angle or a phase profile, corners, arcs, objects of the user's own law). Lengths in metres, angles in radians.
// Everything that has a derivative is a number in one list (numbers(), parameters()); kernels read it over any scalar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/core/vec.h"
#include "raywave/em/material.h"
#include "raywave/scene/place.h"

namespace raywave::plane {

class OwnLaw;

enum class Kind : uint8_t { kWall, kRis, kPanel, kCorner, kArc, kOwn };

/// What a ray meets. Straight ones run from a to b, their places are a + t (b - a) with t in [0, 1].
struct Object {
  std::string name;
  Kind kind = Kind::kWall;
  Vec2d a, b;  // ends; of a corner a alone; of an arc its centre is a
  /// Ris: sends what comes from anywhere towards this angle from its back normal (its normal is (t_y, -t_x)).
  double phi_rad = 0.7853981633974483;
  /// Panel: the optical path that it adds at the distance s from a is sum_j profile_m[j] s^j, in metres.
  std::vector<double> profile_m;
  double radius_m = 1, begin_rad = 0, end_rad = 0;  // of an arc: from begin counter-clockwise to end
  std::string material;                             // of Scene2D::materials; "" : perfect conductor
  std::shared_ptr<const OwnLaw> law;                // of an own object
  std::vector<double> own;                          // its law's own numbers
};

struct Device {
  std::string name;
  Vec2d position_m;
};

struct Scene2D {
  std::vector<Device> transmitters, receivers;
  std::vector<Object> objects;
  std::vector<em::Material> materials;
  double r_coef = 0.5;          // share of power kept at an interaction, of the rough power law
  double height_m = 0.1;        // of the rough power law r_coef^n / (height^2 + length^2)
  double alpha = 100;           // slope of smoothed conditions
  double frequency_hz = 2.4e9;  // of fields
  scene::Place place;           // of (0, 0); without a CRS: none

  /// @throws Error naming the thing: no finite number, walls of zero length, names given twice or empty, unknown
  /// materials.
  void validate() const;
  /// As validate; besides, objects that lie on each other over their whole length: each hides the other and every path
  /// over them, or (corners) has its paths twice.
  void validate_distinct() const;
};

Object wall(std::string name, Vec2d a, Vec2d b);
Object ris(std::string name, Vec2d a, Vec2d b, double phi_rad);
Object corner(std::string name, Vec2d at);
Object arc(std::string name, Vec2d center, double radius_m, double begin_rad, double end_rad);

/// Four walls of the unit square, "south", "east", "north", "west"; tx (.2, .2), rx (.5, .6).
Scene2D square_scene();
/// With a wall at x = 1/2 of length `ratio`; tx (.2, .5), rx (.8, .5).
Scene2D square_scene_with_wall(double ratio = 0.6);
/// With a square of side `ratio` in the middle.
Scene2D square_scene_with_obstacle(double ratio = 0.1);
/// A unit square with three walls inside; tx (.1, .1), rx (.302, .2147).
Scene2D basic_scene();
/// Everything uniform in the unit square, a pure function of the seed.
Scene2D random_uniform_scene(int num_transmitters, int num_walls, int num_receivers, uint64_t seed = 1234);
/// Walls from their ends, named wall_0, ...; without devices.
Scene2D from_walls(const std::vector<std::pair<Vec2d, Vec2d>>& walls);

/// Where the numbers of a scene stand in its list.
struct Layout {
  static constexpr size_t kRCoef = 0, kHeight = 1, kAlpha = 2, kFrequency = 3;
  size_t tx_begin = 0, rx_begin = 0, material_begin = 0, count = 0;
  std::vector<size_t> object_begin;  // [objects + 1]
  size_t num_numbers(size_t object) const { return object_begin[object + 1] - object_begin[object]; }
};
Layout layout(const Scene2D& scene);
/// All of them: r_coef, height_m, alpha, frequency_hz; positions of transmitters, receivers; objects: wall, ris, panel,
/// own a.x a.y b.x b.y and then phi, the profile or own numbers; corner x y; arc center, radius, begin, end; materials:
/// permittivity, conductivity (an ITU material's at the scene's frequency), thickness.
std::vector<double> numbers(const Scene2D& scene);
/// Gives a scene of this layout these numbers. An ITU material whose permittivity or conductivity changes becomes
/// constant in both, as em::set_number has it.
void set_numbers(Scene2D& scene, std::span<const double> values);

/// One parameter: a run of the list.
struct Parameter {
  std::string name;  // device/NAME/position_m, wall/NAME/ends_m, ris/NAME/phi_rad, ..., r_coef, alpha
  std::string unit;
  std::vector<int64_t> shape;
  size_t begin = 0, count = 0;
};
std::vector<Parameter> parameters(const Scene2D& scene);
/// @throws Error naming the nearest known name.
Parameter parameter(const Scene2D& scene, std::string_view name);
/// @throws Error for an unknown name, another number of values, values that the scene may not have.
void set_parameter(Scene2D& scene, std::string_view name, const std::vector<double>& value);

}  // namespace raywave::plane
