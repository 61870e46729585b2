// SPDX-License-Identifier: Apache-2.0
// The result of a path solver: ragged lists, one list of paths a link. A link is a pair of devices (synthetic arrays)
// or of array elements (exact arrays). Nothing is dropped to fit a fixed size; padded views are made on request.
//
// Convention: `a` holds no propagation phase; the baseband coefficient is a * exp(-j 2 pi f tau).
// a = lambda / (4 pi L) * C_rx . (product of the interactions) C_tx, see docs/conventions.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/error.h"
#include "raywave/core/vec.h"
#include "raywave/paths/interaction.h"
#include "raywave/paths/surface.h"

namespace raywave::paths {

/// One end-to-end link: the paths [path_begin, path_end). Elements are -1 when the whole array is one point
/// (synthetic).
struct Link {
  int32_t rx = 0, rx_element = -1, tx = 0, tx_element = -1;
  int64_t path_begin = 0, path_end = 0;
};

struct Paths {
  double frequency_hz = 0;
  bool synthetic_array = true;
  std::vector<std::string> tx_names, rx_names, object_names;
  std::vector<Vec3d> tx_positions_m, rx_positions_m;
  std::vector<int> tx_num_elements, tx_num_slants, rx_num_elements, rx_num_slants;  // per device

  /// Sorted by (rx, rx_element, tx, tx_element).
  std::vector<Link> links;

  // Per path, [num_paths]; inside a link sorted by delay, ties by interactions.
  std::vector<double> tau_s;
  std::vector<double> theta_t, phi_t;  // departure direction, radians, world frame
  std::vector<double> theta_r, phi_r;  // direction from the receiver to where the wave comes from, radians, world frame
  std::vector<double> doppler_hz;
  /// Polarised transfer of the path without antennas: [num_paths, 4] = rows (theta_r, phi_r) x columns (theta_t,
  /// phi_t), including lambda / (4 pi L).
  std::vector<Complexd> transfer;

  /// Interactions of path p: [interaction_begin[p], interaction_begin[p + 1]) in the arrays below. interaction_begin
  /// has num_paths + 1.
  std::vector<int64_t> interaction_begin{0};
  std::vector<Interaction> interactions;
  std::vector<int32_t> objects;  // index into object_names
  std::vector<SurfaceId> surfaces;
  std::vector<Vec3d> vertices_m;
  std::vector<EdgeFacts> edges;      // of diffraction; for derivatives
  std::vector<ScatterFacts> places;  // of what scatters, the same

  /// Antenna gains: path p of link l has the matrix a[a_begin[p] ...], row-major [num_rx_ports(l), num_tx_ports(l)].
  std::vector<int64_t> a_begin{0};
  std::vector<Complexd> a;

  int64_t num_paths() const { return int64_t(tau_s.size()); }
  /// Ports of a link's ends: elements x slants (synthetic), or slants (exact).
  int num_rx_ports(const Link& l) const;
  int num_tx_ports(const Link& l) const;
  /// Where port `port` of a link's end stands among all ports of its device: ports are slant-major, and an exact link's
  /// end holds the slants of one element.
  int rx_ant(const Link& l, int port) const;
  int tx_ant(const Link& l, int port) const;
  /// The most ports of any device: the antenna axes of dense arrays.
  int max_rx_ants() const;
  int max_tx_ants() const;
};

/// Dense padded arrays in the shapes that the field's packages use; unused entries are 0 (tau: -1).
struct PaddedPaths {
  int num_rx = 0, num_rx_ant = 0, num_tx = 0, num_tx_ant = 0, num_paths = 0, max_depth = 0;
  std::vector<Complexd> a;  // [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
  /// [num_rx, num_tx, num_paths] for synthetic arrays, else the shape of a.
  std::vector<double> tau_s, theta_t, phi_t, theta_r, phi_r, doppler_hz;
  std::vector<uint8_t> valid;
  /// [max_depth, shape of tau_s]; 0 / -1 where there is none.
  std::vector<uint32_t> interactions;
  std::vector<int32_t> objects;
  std::vector<double> vertices_m;  // [max_depth, shape of tau_s, 3]
};
/// @throws Error when the padded arrays would need more than max_bytes, with the estimate.
PaddedPaths padded(const Paths& paths, double max_bytes = 8e9);

}  // namespace raywave::paths
