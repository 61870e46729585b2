// SPDX-License-Identifier: Apache-2.0
// Prints the number of paths of one free-space link, its delay in nanoseconds, and how many bytes of JSON say so.
#include <cstdio>

#include "raywave/paths/path_solver.h"
#include "raywave/runs/results.h"

int main() {
  raywave::scene::Scene scene;
  raywave::scene::Device tx, rx;
  tx.name = "tx";
  rx.name = "rx";
  rx.position_m = {299.792458, 0, 0};
  scene.add_transmitter(tx);
  scene.add_receiver(rx);
  const auto paths = raywave::paths::solve_paths(scene, {});
  std::printf("%lld %.6f %d\n", static_cast<long long>(paths.num_paths()), paths.tau_s.at(0) * 1e9,
              raywave::runs::paths_json(paths).empty() ? 0 : 1);
}
