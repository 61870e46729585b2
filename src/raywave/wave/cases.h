// SPDX-License-Identifier: Apache-2.0
// Scenes and measures that the tests and `raywave validate` share.
#pragma once

#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

inline constexpr double kCaseWavelength = 0.0107068735;  // metres, of the files in tests/data/wave

/// Rows of numbers; lines that begin with # are left out.
inline std::vector<std::vector<double>> parse_csv(const std::string& text) {
  std::vector<std::vector<double>> rows;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<double> row;
    std::stringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(std::stod(cell));
    rows.push_back(row);
  }
  return rows;
}

/// ||got - expected|| / ||expected||
inline double relative_error(const std::vector<Complexc>& got, const std::vector<Complexc>& expected) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < got.size(); ++i) error += std::norm(got[i] - expected[i]), norm += std::norm(expected[i]);
  return std::sqrt(error / norm);
}

/// Real and imaginary parts in [-0.5, 0.5).
inline Field random_field(int n, uint64_t seed) {
  Field u(static_cast<size_t>(n));
  for (int j = 0; j < n; ++j)
    u[size_t(j)] = {random_uniform(seed, 1, uint64_t(j), 0) - 0.5, random_uniform(seed, 1, uint64_t(j), 1) - 0.5};
  return u;
}

/// A beam in free space; lengths in units of kCaseWavelength.
inline Scene beam_scene(int n, double spacing, double waist, double z_end, double tilt_rad = 0) {
  const double l = kCaseWavelength;
  Scene s;
  s.frequency_hz = kSpeedOfLight / l;
  s.grid.num_y = n;
  s.grid.spacing_m = spacing * l;
  s.z_end_m = z_end * l;
  Source beam;
  beam.waist_m = waist * l;
  beam.tilt_rad = tilt_rad;
  s.sources = {beam};
  return s;
}

}  // namespace raywave::wave
