// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>

#include "raywave/cli/validation.h"
#include "raywave/core/constants.h"
#include "raywave/core/units.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/scene.h"

namespace raywave::cli {
namespace {

/// Free space: gain (lambda / 4 pi d)^2, delay d / c.
std::vector<ValidationRow> friis(int num_threads) {
  const double distance_m = 100, frequency_hz = 3.5e9;
  scene::Scene scene;
  scene.frequency_hz = frequency_hz;
  scene::Device tx, rx;
  tx.name = "tx";
  rx.name = "rx";
  rx.position_m = {60, 80, 0};
  scene.add_transmitter(tx);
  scene.add_receiver(rx);
  paths::PathOptions options;
  options.num_threads = num_threads;
  const auto result = paths::solve_paths(scene, options);
  const double gain = result.num_paths() == 1 ? norm2(result.a[0]) : NAN;
  const double delay_s = result.num_paths() == 1 ? result.tau_s[0] : NAN;
  const double expected_db = 20 * std::log10(kSpeedOfLight / frequency_hz / (4 * kPi * distance_m));
  // A few roundings of a double: the level in dB is about 80, the delay about 3e-7 s.
  const double epsilon = 16 * 2.22e-16;
  return {{"Friis, 100 m, 3.5 GHz", "path gain [dB]", expected_db, power_to_db(gain), epsilon * std::abs(expected_db)},
          {"Friis, 100 m, 3.5 GHz", "delay [s]", distance_m / kSpeedOfLight, delay_s,
           epsilon * distance_m / kSpeedOfLight}};
}

}  // namespace

std::vector<ValidationRow> validation_rows(const std::string& filter, int num_threads) {
  const std::vector<std::function<std::vector<ValidationRow>(int)>> cases{friis};
  std::vector<ValidationRow> rows;
  for (const auto& run : cases) {
    for (auto& row : run(num_threads)) {
      if (row.name.find(filter) != std::string::npos) rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace raywave::cli
