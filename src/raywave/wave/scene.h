// SPDX-License-Identifier: Apache-2.0
// A scene for the wave solver. Two dimensions (num_x = 1): a scalar field u(y, z), y across, z along the march,
// invariant in x. Three (num_x not 1): u(x, y, z), one Cartesian component of the field, so that media do not turn its
// polarisation.
// Time factor exp(+j omega t): a wave towards +z is exp(-j k z), a lossy index has n = n' - j n''. TE: u = E_x (a
// perfect conductor forces u = 0); TM: u = H_x. One-way model: what is scattered backwards is not followed, but for the
// ground.
#pragma once

#include <complex>
#include <cstddef>
#include <string>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/em/material.h"
#include "raywave/scene/scene.h"
#include "raywave/wave/geometry.h"
#include "raywave/wave/solids.h"

namespace raywave::wave {

using Complexc = std::complex<double>;
using Field = std::vector<Complexc>;  // [num_y]; in 3D [num_x, num_y]

/// Where the field is sampled: uniform, y_j = center + (j - num_y/2) spacing, or at points_m when given (increasing).
struct Grid {
  int num_y = 0;
  double spacing_m = 0;
  double center_m = 0;
  std::vector<double> points_m;  // [num_y] or empty; needs the nufft backend
  int num_x = 1;                 // other than 1: a 3D scene; 0, as num_y = 0: to be chosen (choose_window)
  double spacing_x_m = 0;        // uniform: x_i = center_x + (i - num_x/2) spacing_x
  double center_x_m = 0;

  bool uniform() const { return points_m.empty(); }
  double y_m(int j) const { return uniform() ? center_m + from_middle(j, num_y) * spacing_m : points_m[size_t(j)]; }
  bool volume() const { return num_x != 1; }
  int num_points() const { return num_x * num_y; }
  /// Of point j of n, in points: whole, point n/2 (rounded down) is the middle.
  static int from_middle(int j, int n) { return j - n / 2; }
  double x_m(int i) const { return volume() ? center_x_m + from_middle(i, num_x) * spacing_x_m : 0; }
  double length_x_m() const { return num_x * spacing_x_m; }
  /// The length of a period. For nonuniform points: the span times num_y / (num_y - 1).
  double length_m() const;
  /// [num_y + 1], half way between points.
  std::vector<double> cell_edges_m() const;
  /// [num_x + 1]
  std::vector<double> x_edges_m() const;
};

enum class SourceKind { kGaussian, kPlane, kPoint, kArray, kSampled };

/// The field at z = z_begin_m. `amplitude exp(j phase)` scales every kind.
struct Source {
  std::string name = "source0";
  SourceKind kind = SourceKind::kGaussian;
  double position_m = 0;    // y of the beam's axis, the source point, the array's centre
  double position_x_m = 0;  // x of the same; 3D
  double amplitude = 1;
  double phase_rad = 0;
  double tilt_rad = 0;                    // from z towards +y: Gaussian, plane, array (steering)
  double tilt_x_rad = 0;                  // from z towards +x; direction cosines sin(tilt_x), sin(tilt)
  double waist_m = 0;                     // Gaussian: 1/e radius of |u|; array: radius of one element's Gaussian patch
  double focus_m = 0;                     // Gaussian: the waist lies this far ahead of z_begin
  double width_m = 0;                     // plane: flat part
  double taper_m = -1;                    // plane: raised-cosine rim on each side; below 0: chosen (launch_cone.h)
  double distance_m = 0;                  // point: the source lies this far before z_begin; at least one wavelength
  std::vector<double> element_offsets_m;  // array, along y
  std::vector<double> element_offsets_x_m;  // array, along x; empty: zero
  std::vector<Complexc> weights;            // array
  Field samples;                            // sampled: on the grid
};
/// Amplitude of a point (line) source that radiates power_w_per_m watt a metre: u = E_x in V/m, G = -(j/4) H0^(2)(k r);
/// P' = A^2 / (8 k eta0).
double line_source_amplitude(double power_w_per_m, double frequency_hz);
/// The same for a point in 3D, G = exp(-j k r) / (4 pi r): P = A^2 / (8 pi eta0).
double point_source_amplitude(double power_w);

/// How a medium is crossed. Screen: phase screen, second-order (Strang) splitting. Wpm: wave propagation method.
/// Slab: the exact plane-parallel slab in every direction. Auto chooses by contrast and shape and says why.
enum class MediaModel { kAuto, kScreen, kWpm, kSlab };

struct Object {
  std::string name;
  em::Material material;          // perfect conductors are opaque masks
  std::vector<Outline> outlines;  // 2D, that do not overlap
  MediaModel model = MediaModel::kAuto;
  double absorption_np_per_m = 0;  // added loss of amplitude
  std::vector<Solid> solids;       // 3D, that do not overlap
};
/// The box around one outline or solid (x of an outline: 0).
struct Extent {
  double x0 = 0, x1 = 0, y0 = 0, y1 = 0, z0 = 0, z1 = 0;
};
/// Of each outline or solid.
std::vector<Extent> extents(const Object& object);

/// Complex index minus one of every cell between z_begin_m and z_end_m, [num_z, num_x, num_y].
struct CellMedium {
  double z_begin_m = 0, z_end_m = 0;
  int num_z = 0;
  std::vector<Complexc> index_minus_one;
};

/// Layers at both rims of the window. Amplitude falls by exp(-s dz (t)^power), t from 0 to 1 across the layer, with s
/// such that a ray at max_angle_rad loses `nepers` while crossing a layer and its neighbour's.
struct Absorber {
  double width_m = 0;                         // 0: none
  double max_angle_rad = 1.3089969389957472;  // 75 degrees
  double nepers = 7;
  int power = 3;
};

/// What limits the window: images on both sides (periodic), or a ground at the lower rim (half a cell below the first
/// point) with u = 0 (Dirichlet: perfect conductor in TE) or du/dy = 0 (Neumann: perfect conductor in TM).
enum class Boundary { kPeriodic, kDirichlet, kNeumann };
enum class Polarization { kTe, kTm };

struct Scene {
  Grid grid;
  double frequency_hz = 0;
  double z_begin_m = 0, z_end_m = 0;
  double step_m = 0;  // thickness of a slice of media; 0: a quarter of the wavelength
  std::vector<Source> sources;
  std::vector<Object> objects;
  std::vector<CellMedium> cells;  // at most one
  Absorber absorber;
  double angle_filter_rad = 0;  // soft limit of the launched directions; 0: chosen (launch_cone.h); pi/2: none
  Boundary boundary = Boundary::kPeriodic;
  Polarization polarization = Polarization::kTe;

  double wavelength_m() const;
  double wavenumber_rad_per_m() const;
  double slice_m() const { return step_m > 0 ? step_m : wavelength_m() / 4; }
  /// @throws Error naming the quantity, value and limit. Warns where results would be poor.
  void validate(const LogSink& log = {}) const;
};

enum class Axis { kX, kY };
/// Half the width across (3D: along an axis) that sources, objects and the waves between them need: what lies farthest
/// from the grid's centre and how far the waves that matter go from there: tilt and 2.5 times the spread 2/(k waist) of
/// a beam, a point source's cone and what must not come back into it (launch_cone.h), 30 degrees of what objects
/// diffract, at most the angle filter; with an absorber its width and what the sources send alone.
/// @param point_launch_rad  steepest direction of point sources; 0: steepest_launch_rad().
double needed_half_width_m(const Scene& scene, Axis axis = Axis::kY, double point_launch_rad = 0);
/// num_y, a power of two, such that the window holds that. The spacing stays. @throws Error above 2^22 points.
int guarded_num_y(const Scene& scene);
/// Sets what of num_x and num_y is 0: in 2D guarded_num_y(); in 3D even products of 2, 3 and 5. Where both together
/// pass 2^22 points, point sources are held to a narrower cone (launch_cone.h). @throws Error where that is not enough.
void choose_window(Scene& scene);

/// Outlines of a horizontal (z = height_m) cut through the meshes of a 3D scene: the scene's x becomes z of the march
/// and its y stays; open cuts are closed as walls of the material's thickness. Objects the plane misses are left out.
std::vector<Object> cut(const raywave::scene::Scene& scene, double height_m);

/// The closed meshes of a 3D scene for a 3D march: the scene's x becomes z, its y stays, its height becomes x. Meshes
/// that are open (sheets without thickness) are left out with a word to the log, and so is what lies outside the
/// window.
std::vector<Object> solids_of(const raywave::scene::Scene& scene, const Scene& window, const LogSink& log = {});

/// Outlines cut off at both ends of the march; objects outside the window are left out.
std::vector<Object> clipped_to(const Scene& scene, std::vector<Object> objects);

/// Complex index n = sqrt(eta), Im <= 0, and d eta/d k, of a material at frequency_hz.
struct Medium {
  Complexc eta{1, 0}, index{1, 0}, d_eta_d_k{0, 0};
  bool opaque = false;
};
Medium medium_of(const em::Material& material, double frequency_hz, const LogSink& log = {});

}  // namespace raywave::wave
