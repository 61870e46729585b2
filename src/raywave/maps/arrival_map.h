// SPDX-License-Identifier: Apache-2.0
// Arrival maps: the power that comes from each direction, over azimuth and elevation, at a receiver (or goes in each at
// a transmitter), from its paths: as an array of virtual elements sees it (synthetic aperture), or an antenna that is
// turned (mechanical scan). With k_i the unit direction that path i comes from, b_i its gain of one pair of ports, f
// the carrier and k(Omega) the direction looked at, in the aperture's frame, lambda the wavelength:
//   synthetic   R_i = sum over m of conj(w_m) exp(j 2 pi / lambda (k_i - k(Omega)) . q_m),  sum |w_m| = 1
//   mechanical  R_i = g(Q^T k_i) exp(j 2 pi / lambda k_i . Q q_0),  Q e_x = k(Omega), no roll; q_0 the phase centre
//   incoherent  P = sum over i of |b_i R_i|^2;  coherent  P = |sum over i of b_i exp(-j 2 pi f tau_i) R_i|^2
// The mean of the coherent power over independent phases of the paths is the incoherent one. With near fields the
// element's phase k_i . q_m is that of a sphere around where the path seems to come from, D = c tau away (paths over
// edges: their last edge, the wavefront's curvature along the edge taken as that across it), D - |D k_i - q_m|, and its
// amplitude D / |D k_i - q_m|. Paths per element (PathOptions::synthetic_array = false) are the exact solution at each
// element of the receiver's array, whose places are the aperture's; their sum is coherent.
// With a bandwidth B and delays t_n, b_i is multiplied by sinc(B (t_n - tau_i)): the angle-delay spectrum.
// Limits: the ports are those of the device (its pattern and polarisation stand for each element's; the horn multiplies
// its amplitude). Differentiable in: what paths are differentiable in. Not in: grid, aperture, antenna, orientation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/vec.h"
#include "raywave/em/antenna.h"
#include "raywave/paths/paths.h"
#include "raywave/paths/paths_derivative.h"

namespace raywave::maps {

/// Directions, rows by columns. k = (cos el cos az, cos el sin az, sin el).
struct ArrivalGrid {
  enum class Kind {
    kAngles,  // rows: elevations, columns: azimuths, radians
    kSines,   // rows: sin(elevation), columns: cos(elevation) sin(azimuth), of the half space ahead (x >= 0); what is
              // outside the unit circle is no direction: power 0, angles NaN
  } kind = Kind::kAngles;
  std::vector<double> rows, columns;
};
/// Evenly spaced: all azimuths (from -pi on, the end left out) and elevations (both ends).
ArrivalGrid angle_grid(int num_elevations, int num_azimuths, double lowest_rad, double highest_rad);
/// Evenly spaced from -1 to 1, in the middles of as many steps.
ArrivalGrid sine_grid(int num_rows, int num_columns);

struct Aperture {
  std::vector<Vec3d> positions_m;  // [num_elements], the aperture's frame: x ahead, z up
  std::vector<Complexd> weights;   // [num_elements] or empty: equal; scaled so that sum |w| = 1
  /// Where positions and weights are those of planar_aperture(): the grid, evaluated as such.
  struct Grid {
    int num_y = 1, num_z = 1;
    double spacing_y_m = 0, spacing_z_m = 0;
    std::vector<Complexd> weights_y, weights_z;
  };
  std::optional<Grid> grid;
};
/// @param weights_y, weights_z  empty: equal. @throws Error naming the bad field.
Aperture planar_aperture(int num_y, int num_z, double spacing_y_m, double spacing_z_m,
                         std::vector<Complexd> weights_y = {}, std::vector<Complexd> weights_z = {});
/// A ring in the horizontal plane, the first element ahead.
Aperture circular_aperture(int num_elements, double radius_m);

/// An antenna that is turned.
struct ScanAntenna {
  enum class Kind {
    kGaussian,        // G = 16 ln 2 / (w_az w_el) exp(-4 ln 2 ((az / w_az)^2 + (el / w_el)^2)): half-power widths
    kVonMisesFisher,  // G = 2 k / (1 - exp(-2 k)) exp(k (cos - 1)) of half-power width w_az: cos(w / 2) = 1 - ln 2 / k
    kPattern,         // the power gain of an antenna pattern, its boresight along x
  } kind = Kind::kGaussian;
  double azimuth_width_rad = 0.2, elevation_width_rad = 0.2;
  em::AntennaPattern pattern;
  Vec3d phase_center_m{0, 0, 0};  // in the antenna's frame, from the axes of rotation
};

struct ArrivalMapOptions {
  ArrivalGrid grid;
  Aperture aperture;
  std::optional<ScanAntenna> antenna;  // mechanical: instead of the aperture
  Vec3d orientation_rad{0, 0, 0};      // (yaw, pitch, roll) of grid and aperture, world
  bool coherent = false;
  bool departures = false;  // at transmitters
  bool near_field = false;  // of apertures
  int rx_port = 0, tx_port = 0;
  std::vector<double> delays_s;  // empty: all paths together
  double bandwidth_hz = 0;       // with delays_s
  int num_threads = 0;
  /// @throws Error naming the bad field.
  void validate() const;
};

struct ArrivalMap {
  double frequency_hz = 0;
  bool departures = false;
  ArrivalGrid::Kind kind = ArrivalGrid::Kind::kAngles;
  std::vector<std::string> tx_names, rx_names;
  std::vector<double> delays_s;  // those of the options
  int num_rx = 0, num_tx = 0, num_delays = 1, num_rows = 0, num_columns = 0;
  std::vector<double> azimuth_rad, elevation_rad;  // [num_rows, num_columns], the aperture's frame
  std::vector<double> gain;                        // [num_rx, num_tx, num_delays, num_rows, num_columns], linear
};

ArrivalMap arrival_map(const paths::Paths& paths, const ArrivalMapOptions& options);

/// The cotangent of the paths for one of the map's gain, [as gain]. @throws Error for a wrong length, numbers that are
/// not finite, and near fields of paths over edges, whose sources move with the edge.
paths::PathsDerivative arrival_map_vjp(const paths::Paths& paths, const ArrivalMapOptions& options,
                                       const std::vector<double>& cotangent);
/// How the gain moves when the paths do.
std::vector<double> arrival_map_jvp(const paths::Paths& paths, const ArrivalMapOptions& options,
                                    const paths::PathsDerivative& tangent);

struct ArrivalPeak {
  double azimuth_rad = 0, elevation_rad = 0, gain = 0;
};
/// The directions of a link's map that none of their eight neighbours exceeds, strongest first; of neighbours that are
/// equal the first. Azimuths that go all around are neighbours at their ends.
/// @param within_db  of the strongest
std::vector<ArrivalPeak> arrival_peaks(const ArrivalMap& map, int rx, int tx, int delay, int at_most, double within_db);

/// Power-weighted by solid angle over a map whose grid is evenly spaced: circular mean and standard deviation of
/// azimuths, sqrt(-2 ln |sum P exp(j az)| / sum P) (TR 38.901, annex A), mean and standard deviation of elevations. NaN
/// where nothing arrives.
struct AngularSpread {
  double mean_azimuth_rad = 0, azimuth_spread_rad = 0, mean_elevation_rad = 0, elevation_spread_rad = 0;
};
AngularSpread angular_spread(const ArrivalMap& map, int rx, int tx, int delay);

}  // namespace raywave::maps
