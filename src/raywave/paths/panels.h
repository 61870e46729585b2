// SPDX-License-Identifier: Apache-2.0
// Reconfigurable surfaces in paths: panels whose elements each reflect with a phase of their own.
//
// An element of area A takes in what arrives and sends it out again: the link by way of it has the amplitude
// A sqrt(cos theta_i cos theta_o) / (4 pi d_1 d_2), angles from the panel's normal (its own +x, as arrays face). So it
// is an antenna of gain 4 pi A cos theta / lambda^2 for two polarisations, the panel's own y and z turned by the least
// rotation from the normal to the ray's direction, each closed by a load that reflects with
// -j amplitude exp(j phase): with phases of 0 the sum over the elements tends to a perfectly conducting mirror, where
// the spacing is at most half a wavelength. The back sends nothing.
//
// Every element has ways of its own to it and on from it, paths of the scene, so that no plane wave is assumed over a
// panel; each pair of them is a path with Interaction::kPanel at the element. Not modelled: coupling of elements,
// ways over two panels, the panel as an obstacle.
// Differentiable in: phases, amplitudes, poses of panels, and all that paths are. Not in: which paths there are.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "raywave/paths/paths_derivative.h"
#include "raywave/paths/touched_materials.h"

namespace raywave::paths {

struct Panel {
  std::string name;
  Vec3d position_m{0, 0, 0};                                // of its middle
  Vec3d orientation_rad{0, 0, 0};                           // (yaw, pitch, roll), as of devices
  int num_rows = 1, num_cols = 1;                           // rows from the top, columns along +y
  double vertical_spacing_m = 0, horizontal_spacing_m = 0;  // an element's area is their product
  std::vector<double> phase_rad;                            // [num_rows, num_cols]; empty: 0
  /// [num_rows, num_cols], of what an element sends on; empty: 1. Derivatives and trials of a fit may pass 1.
  std::vector<double> amplitude;

  int num_elements() const { return num_rows * num_cols; }
  /// In the panel's frame, row by row.
  std::vector<Vec3d> offsets_m() const;
  double phase_of(int element) const { return phase_rad.empty() ? 0.0 : phase_rad[size_t(element)]; }
  double amplitude_of(int element) const { return amplitude.empty() ? 1.0 : amplitude[size_t(element)]; }
  /// Phases by which all elements add up at to_m, of what comes from from_m in free space; bits > 0: rounded to 2^bits
  /// steps (a codebook's word).
  void steer(const Vec3d& from_m, const Vec3d& to_m, double wavelength_m, int bits = 0);
  /// @throws Error naming the bad field.
  void validate() const;
};

struct PanelDerivative {
  std::vector<double> phase_rad, amplitude;  // [num_rows, num_cols]
  Vec3d position_m, orientation_rad;
};
/// A gradient, or a direction, of scene and panels.
struct PanelsDerivative {
  scene::SceneDerivative scene;
  std::vector<PanelDerivative> panels;

  PanelsDerivative() = default;
  /// Zeros.
  PanelsDerivative(const scene::Scene& scene, const std::vector<Panel>& panels);
  PanelsDerivative& operator+=(const PanelsDerivative& other);
};

/// How a path comes about: path `to` of the direct ones, or by way of an element.
struct PanelRoute {
  int32_t panel = -1, element = -1;
  int64_t to = -1, from = -1;
};

/// Paths of a scene with panels. object_names has the panels' behind the scene's.
struct PanelPaths {
  std::vector<Panel> panels;
  Paths paths;                           // all of them
  Paths direct, to_panels, from_panels;  // what they are made of: panels stand for receivers, transmitters
  std::vector<PanelRoute> routes;        // [num_paths]

  std::array<const Paths*, 3> legs() const { return {&direct, &to_panels, &from_panels}; }
  /// Materials that vary are asked on the legs: TouchedPlace::touch counts their interactions behind each other.
  int64_t num_touches() const {
    return 2 * int64_t(direct.interactions.size() + to_panels.interactions.size() + from_panels.interactions.size());
  }
};

inline constexpr double kMostPanelPaths = 2e7;

/// @param direct  with the paths that touch no panel
/// @throws Error as solve_paths does, for panels without a name of their own, for more than kMostPanelPaths, and for
/// paths that scatter where arrays are synthetic.
PanelPaths solve_panel_paths(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                             std::vector<Panel> panels, bool direct = true);

/// As their namesakes in touched_materials.h.
std::vector<TouchedPlace> touched_places(const scene::Scene& scene, const PreparedScene& prepared,
                                         const PathOptions& options, const PanelPaths& paths);
void revalue(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
             const TouchedMaterials& touched, PanelPaths& paths);

/// As touched_vjp and touched_jvp. @param slopes  where there are touched materials
PanelsDerivative panel_paths_vjp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                                 const PanelPaths& paths, const PathsDerivative& cotangent,
                                 const TouchedMaterials& touched = {},
                                 std::vector<em::PlaceNumbers<double>>* slopes = nullptr);
PathsDerivative panel_paths_jvp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                                const PanelPaths& paths, const PanelsDerivative& direction,
                                const TouchedMaterials& touched = {},
                                const std::vector<em::PlaceNumbers<double>>& moved = {});

}  // namespace raywave::paths
