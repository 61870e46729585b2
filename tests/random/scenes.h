// SPDX-License-Identifier: Apache-2.0
// Random scenes as people build them: from quadrilaterals, on round numbers, with walls that are shared, faces that are
// given twice, plates that cross, and devices on symmetry planes, in walls' planes and on faces.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "raywave/scene/scene.h"
#include "twin.h"

namespace raywave::random {

/// A plane quadrilateral, cut along its first diagonal (0), its second (1), or into four quadrilaterals (2).
struct Quad {
  std::array<Vec3d, 4> corners;
  int cut = 0;
};

struct Part {
  std::string name;
  std::vector<Quad> quads;
  int material = 0;
};

struct Case {
  std::string kind;
  uint64_t seed = 0;
  std::vector<Part> parts;
  Vec3d tx, rx;
  double frequency_hz = 2e9;
  int max_depth = 2;
  bool refraction = false;
  bool swap_windings = false;
  bool edges = false;  // diffraction too
  int max_diffractions = 1;
};

/// Random numbers of one case.
class Dice {
 public:
  /// Neighbouring seeds share no numbers.
  explicit Dice(uint64_t seed) : state_(mixed(seed + 0x1234567)) {}
  uint64_t bits() { return mixed(state_ += 0x9E3779B97F4A7C15u); }
  double uniform(double lo, double hi) { return lo + (hi - lo) * double(bits() >> 11) * 0x1p-53; }
  int below(int n) { return int(bits() % uint64_t(n)); }
  bool chance(double p) { return uniform(0, 1) < p; }
  /// A multiple of 1/2 in [lo, hi].
  double half(double lo, double hi) { return 0.5 * (int(2 * lo) + below(int(2 * hi) - int(2 * lo) + 1)); }
  Mat3d rotation();

 private:
  static uint64_t mixed(uint64_t bits);
  uint64_t state_;
};

const std::vector<std::string>& kinds();
/// @throws std::out_of_range for an unknown kind.
Case make_case(const std::string& kind, uint64_t seed);

/// A device within this distance of a face is on it, metres.
bool is_on_a_face(const Case& c, const Vec3d& p, double within_m);
/// One place on one face, and its normal.
struct Place {
  Vec3d point, normal;
};
Place place_on_a_face(const Case& c, Dice& dice);

scene::Scene scene_of(const Case& c);
twin::Solver twin_of(const Case& c);
twin::V twin_of(const Vec3d& v);
/// What a person needs to build it again.
std::string describe(const Case& c);

}  // namespace raywave::random
