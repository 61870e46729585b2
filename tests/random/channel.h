// SPDX-License-Identifier: Apache-2.0
// What a link of a random scene receives, and when two of them are the same.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "raywave/paths/path_solver.h"
#include "scenes.h"

namespace raywave::random {

/// The paths of a link, apart from the frame that they are seen in.
struct Line {
  double length_m, power;
};
struct Channel {
  std::vector<Line> lines;  // by length
  Complexd field[4];        // sum of the transfers, with phase
  double power = 0;
  double sum = 0;  // norm of the paths' sum as a map of vectors to vectors
  double amplitude() const { return std::sqrt(power); }
  double free = 0;  // power of the shortest one in free space
};
paths::PathOptions options_of(const Case& c, paths::Finder finder);
int64_t num_reflections(const paths::Paths& p, int64_t path);

Channel channel_of(const paths::Paths& p, double frequency_hz, int most_reflections = 100);
/// Paths at faces' borders, which may be there or not, go to `marginal_m` by their lengths.
/// @param open  are there paths whose polarisation is (twin.h)?
Channel channel_of(const twin::Solver& solver, const Case& c, std::vector<double>& marginal_m, bool& open);
Channel solve(const Case& c, paths::Finder finder = paths::Finder::kExhaustive);

template <class... Parts>
std::string say(const Parts&... parts) {
  std::ostringstream out;
  out.precision(10);
  (out << ... << parts);
  return out.str();
}

/// @param scale  lengths there over lengths here. @param tolerance  of a path's power. @param length_m  of its length.
/// @return what differs; empty: nothing.
std::string compare(Channel a, Channel b, double tolerance, double length_m, double scale = 1);
/// Leaves out the paths of these lengths.
void drop(const std::vector<double>& lengths_m, Channel& c, double scale = 1);
/// Does an end lie in the plane of a face, or the extension of one? Rays to edges in that plane run along it: ties.
bool in_a_plane(const Case& c);
void drop_faint(Channel& c);
/// compare() of the case's channel with another that it should have, but for what may be there or not.
std::string same(const Case& c, Channel there, double tolerance, double length_m, double scale = 1);

}  // namespace raywave::random
