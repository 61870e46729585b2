// SPDX-License-Identifier: Apache-2.0
// Paths and maps of a run, with what its file has beside the scene: panels, and materials that vary.
#pragma once

#include <string>
#include <vector>

#include "raywave/maps/radio_map.h"
#include "raywave/paths/panels.h"
#include "raywave/runs/finder_choice.h"
#include "raywave/runs/material_fields.h"
#include "raywave/runs/run_config.h"

namespace raywave::runs {

struct Beside {
  std::vector<paths::Panel> panels;
  MaterialFields materials;
};
/// @param path  of the run; "": none. @param run, scene  what was read of it, and the scene that it makes
/// @throws Error as read_panels() and read_material_fields().
Beside read_beside(const std::string& path, const RunConfig& run, const scene::Scene& scene);

/// For commands that have neither. @throws Error naming the command where the run has some.
void refuse_beside(const std::string& path, const RunConfig& run, const std::string& command);

/// @throws Error also for panels beside a learned finder.
paths::Paths solve_paths(const scene::Scene& scene, const PathSearch& search, const Beside& beside);
/// @throws Error also for materials that vary beside panels, or in a Monte Carlo map.
maps::RadioMap solve_radio_map(const scene::Scene& scene, const maps::Surface& surface,
                               const maps::RadioMapOptions& options, const Beside& beside);

}  // namespace raywave::runs
