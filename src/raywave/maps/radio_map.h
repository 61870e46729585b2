// SPDX-License-Identifier: Apache-2.0
// Radio maps: mean path gain in the cells of a surface, from every transmitter; RSS, SINR and association follow.
//
// monte-carlo: rays cross cells, gain = sum |E|^2 (lambda / 4 pi)^2 Omega / (|cos theta| A_cell).
// exact: facet sequences solved exactly at each cell's sample points; no sampling noise. In small scenes all sequences
// there can be are tried; else those that shot rays and their beams discover. Partly lit cells: where a sequence leaves
// all sample points dark but lights a neighbour, or a ray crossed the cell, 256 probe points stand in; they count where
// the cell would be dark otherwise. A sample point on a wall stands for both of its sides: it has the mean of the
// limits over the sectors into which walls cut the surface around it, each weighted by its angle.
// monte-carlo where the cells' plane passes the transmitter within a tenth of a cell: rays within the plane do not
// cross it, so that what travels there is solved exactly at 9 points a cell. The receiver is an ideal isotropic antenna
// of both polarisations. Cells of meshes are their front sides (outward normals), one for each triangle that was given,
// in that order; triangles without area have gain 0. Derivatives: maps/map_derivative.h.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/ray_options.h"
#include "raywave/paths/varying_materials.h"
#include "raywave/scene/scene.h"

namespace raywave::maps {

enum class Method { kMonteCarlo, kExact };

struct KeptArrivals;  // maps/arrivals.h

/// Cells on a plane (any orientation), on the triangles of objects, or on ground followed at a height.
struct Surface {
  enum class Kind { kPlane, kMesh, kTerrain } kind = Kind::kPlane;
  // kPlane, kTerrain: centre, orientation (yaw, pitch, roll), size along the plane's own x and y. A size of 0 means:
  // the scene's bounding box, at height_m. A centre that is not given (NaN) is the middle of the bounding box, or
  // (0, 0) in an empty scene, at height_m.
  static constexpr double kNotGiven = std::numeric_limits<double>::quiet_NaN();
  Vec3d center_m{kNotGiven, kNotGiven, kNotGiven};
  Vec3d orientation_rad{0, 0, 0};
  Vec2d size_m{0, 0};
  Vec2d cell_size_m{10, 10};
  double height_m = 1.5;             // above z = 0 (plane without a centre) or above the ground (kTerrain)
  std::vector<std::string> objects;  // kMesh: the cells are these objects' triangles; kTerrain: the ground
};

/// The same surface elsewhere.
Surface moved(Surface surface, const Vec3d& by_m);

struct RadioMapOptions : paths::RayOptions {  // behind shot rays two edges of a path are those of one face
  Method method = Method::kExact;
  int samples_per_beam = 256;  // exact: rays, at least, through what each facet sequence lights; 0: none
  int points_per_cell = 1;     // exact: 1, 4 or 9 sample points
  bool coherent = false;       // exact: add fields instead of powers (per sample point and polarisation)
  bool keep_arrivals = false;  // exact: keep in the map what derivatives replay, 100 bytes an arrival and a tile; else
                               // they solve it again
  double max_bytes = 4e9;      // refuse maps that need more
  /// @throws Error naming the bad field.
  void validate() const;
  /// The same without what scatters.
  RadioMapOptions without_scattering() const;
};

struct RadioMap {
  Surface surface;  // with centre and size filled in
  double frequency_hz = 0;
  double noise_power_w = 0;
  std::vector<std::string> tx_names;
  std::vector<double> tx_power_w;
  int num_tx = 0, num_y = 0, num_x = 0;          // mesh surfaces: num_y = 1, num_x = number of cells
  std::vector<double> path_gain;                 // [num_tx, num_y, num_x], linear
  std::vector<double> standard_error;            // of scattered power by samples, as path_gain; else empty
  std::vector<Vec3d> cell_centers_m;             // [num_y, num_x]
  std::vector<Vec3d> cell_corners_m;             // mesh surfaces: [num_x, 3]; empty for planes
  int64_t num_arrivals = 0;                      // exact: how many paths to how many points were summed up
  int64_t num_split_points = 0;                  // sample points on walls
  bool materials_vary = false;                   // maps/varied_map.h
  std::shared_ptr<const KeptArrivals> arrivals;  // with RadioMapOptions::keep_arrivals
  int num_cells() const { return num_y * num_x; }

  /// Received signal strength in watt, [num_tx, num_y, num_x].
  std::vector<double> rss_w() const;
  /// P g / (k T B + sum over the other transmitters), linear, [num_tx, num_y, num_x].
  std::vector<double> sinr() const;
  /// Index of the best transmitter by "path_gain", "rss" or "sinr"; -1 where none reaches. [num_y, num_x]
  std::vector<int32_t> tx_association(const std::string& metric = "path_gain") const;
};

/// @throws Error for bad options, a map of zero area, or more cells than max_bytes allow (with the estimate).
RadioMap solve_radio_map(const scene::Scene& scene, const Surface& surface, const RadioMapOptions& options);
RadioMap solve_radio_map(const scene::Scene& scene, const paths::PreparedScene& prepared, const Surface& surface,
                         const RadioMapOptions& options);
/// A monte-carlo map whose materials vary. It has no derivatives. @throws Error for an exact map: maps/varied_map.h.
RadioMap solve_radio_map(const scene::Scene& scene, const paths::PreparedScene& prepared, const Surface& surface,
                         const RadioMapOptions& options, const paths::VaryingMaterials& varying);

}  // namespace raywave::maps
