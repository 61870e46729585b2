// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/solve.h"

#include "raywave/core/error.h"
#include "raywave/maps/panel_map.h"
#include "raywave/maps/varied_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/runs/panel_config.h"

namespace raywave::runs {
namespace {

/// Paths that were found: with the materials that vary where they touch them. What was warned of is not said again.
template <class Found>
void vary(const scene::Scene& scene, const paths::PreparedScene& prepared, paths::PathOptions options,
          const MaterialFields& fields, int64_t num_touches, Found& found) {
  options.log = nullptr;
  const auto places = paths::touched_places(scene, prepared, options, found);
  paths::revalue(scene, prepared, options, touched_materials(fields, scene, num_touches, places), found);
}

}  // namespace

Beside read_beside(const std::string& path, const RunConfig& run, const scene::Scene& scene) {
  return {read_panels(path, scene.wavelength_m()), read_material_fields(run, scene)};
}

void refuse_beside(const std::string& path, const RunConfig& run, const std::string& command) {
  refuse_panels(path, command);
  for (const MaterialConfig& m : run.materials) {
    if (m.texture || m.network)
      throw Error(message(path, ": ", command, " has no materials that vary ('", m.name,
                          "'); raywave paths, map, radar, ofdm, arrivals, view, fit and calibrate have"));
  }
}

paths::Paths solve_paths(const scene::Scene& scene, const PathSearch& search, const Beside& beside) {
  if (search.learned && !beside.panels.empty()) refuse_learned_panels();
  if (!search.learned && beside.panels.empty() && beside.materials.empty())
    return paths::solve_paths(scene, search.options);
  scene.validate();
  const paths::PreparedScene prepared(scene);
  if (!beside.panels.empty()) {
    paths::PanelPaths found = paths::solve_panel_paths(scene, prepared, search.options, beside.panels);
    if (!beside.materials.empty()) vary(scene, prepared, search.options, beside.materials, found.num_touches(), found);
    return std::move(found.paths);
  }
  paths::Paths found = search.learned ? paths::solve_paths(scene, prepared, search.options, *search.learned)
                                      : paths::solve_paths(scene, prepared, search.options);
  if (!beside.materials.empty())
    vary(scene, prepared, search.options, beside.materials, 2 * int64_t(found.interactions.size()), found);
  return found;
}

maps::RadioMap solve_radio_map(const scene::Scene& scene, const maps::Surface& surface,
                               const maps::RadioMapOptions& options, const Beside& beside) {
  if (beside.panels.empty() && beside.materials.empty()) return maps::solve_radio_map(scene, surface, options);
  const paths::PreparedScene prepared(scene);
  if (beside.materials.empty()) return maps::solve_panel_map(scene, prepared, surface, options, beside.panels);
  if (!beside.panels.empty())
    throw Error(
        "a map has panels or materials that vary, not both: the places that the ways to a panel's elements touch are "
        "not kept");
  if (options.method != maps::Method::kExact)
    return maps::solve_radio_map(scene, prepared, surface, options, varying_materials(beside.materials, scene));
  maps::RadioMapOptions keeping = options;
  keeping.keep_arrivals = true;
  const maps::RadioMap found = maps::solve_radio_map(scene, prepared, surface, keeping);
  keeping.log = nullptr;
  const maps::MapPlaces touched = maps::touched_places(scene, prepared, keeping, found);
  return maps::varied(
      scene, prepared, keeping, found,
      touched_materials(beside.materials, scene, 2 * int64_t(touched.num_interactions), touched.places));
}

}  // namespace raywave::runs
