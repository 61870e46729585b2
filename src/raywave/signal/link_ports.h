// SPDX-License-Identifier: Apache-2.0
// What channels and their derivatives share: where a link's antenna pairs stand in dense arrays, which delay is
// subtracted, phases that keep their digits. For the sources of this room.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/signal/channel.h"

namespace raywave::signal::detail {

inline ChannelShape shape_of(const paths::Paths& p) {
  return {int(p.rx_names.size()), p.max_rx_ants(), int(p.tx_names.size()), p.max_tx_ants()};
}

inline size_t antenna_index(const ChannelShape& s, int rx, int rx_ant, int tx, int tx_ant) {
  return ((size_t(rx) * size_t(s.num_rx_ant) + size_t(rx_ant)) * size_t(s.num_tx) + size_t(tx)) * size_t(s.num_tx_ant) +
         size_t(tx_ant);
}
inline size_t num_antenna_pairs(const ChannelShape& s) {
  return size_t(s.num_rx) * size_t(s.num_rx_ant) * size_t(s.num_tx) * size_t(s.num_tx_ant);
}

/// visit(antenna index, index into Paths::a) for all port pairs of a path.
template <class Visit>
void for_port_indices(const paths::Paths& p, const ChannelShape& s, const paths::Link& l, int64_t path, Visit&& visit) {
  const int rx_ports = p.num_rx_ports(l), tx_ports = p.num_tx_ports(l);
  for (int r = 0; r < rx_ports; ++r) {
    for (int t = 0; t < tx_ports; ++t) {
      visit(antenna_index(s, l.rx, p.rx_ant(l, r), l.tx, p.tx_ant(l, t)),
            size_t(p.a_begin[size_t(path)]) + size_t(r * tx_ports + t));
    }
  }
}

/// visit(antenna index) for all entries of a device pair, padded ones too.
template <class Visit>
void for_pair_antennas(const ChannelShape& s, int rx, int tx, Visit&& visit) {
  for (int r = 0; r < s.num_rx_ant; ++r) {
    for (int t = 0; t < s.num_tx_ant; ++t) visit(antenna_index(s, rx, r, tx, t));
  }
}

/// The path whose delay each link subtracts: the first of the device pair, so that the elements of exact arrays keep
/// their differences. Of equal delays the first in the list; -1: nothing is subtracted.
inline std::vector<int64_t> reference_paths(const paths::Paths& p, bool normalize) {
  std::vector<int64_t> pair(p.rx_names.size() * p.tx_names.size(), -1), per_link(p.links.size(), -1);
  if (!normalize) return per_link;
  const auto of = [&](const paths::Link& l) -> int64_t& {
    return pair[size_t(l.rx) * p.tx_names.size() + size_t(l.tx)];
  };
  for (const paths::Link& l : p.links) {
    int64_t& first = of(l);
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      if (first < 0 || p.tau_s[size_t(i)] < p.tau_s[size_t(first)]) first = i;
    }
  }
  for (size_t li = 0; li < p.links.size(); ++li) per_link[li] = of(p.links[li]);
  return per_link;
}

inline std::vector<double> reference_delays(const paths::Paths& p, bool normalize) {
  std::vector<double> delays;
  for (const int64_t i : reference_paths(p, normalize)) delays.push_back(i < 0 ? 0 : p.tau_s[size_t(i)]);
  return delays;
}

/// Antenna pairs of the link's two devices.
inline double num_port_pairs(const paths::Paths& p, const paths::Link& l) {
  return double(p.rx_num_elements[size_t(l.rx)]) * p.rx_num_slants[size_t(l.rx)] * p.tx_num_elements[size_t(l.tx)] *
         p.tx_num_slants[size_t(l.tx)];
}

/// What the energies |h|^2 of a device pair sum to when normalised: 1 for each of its antenna pairs (not the padded
/// ones) and each of `entries`: times and frequencies of a frequency response, times alone of taps, which share it.
inline double normalized_energy(const paths::Paths& p, int rx, int tx, size_t entries) {
  return double(entries) * p.rx_num_elements[size_t(rx)] * p.rx_num_slants[size_t(rx)] * p.tx_num_elements[size_t(tx)] *
         p.tx_num_slants[size_t(tx)];
}

/// |a|^2 of a path, averaged over the antenna pairs of the two devices.
inline double path_power(const paths::Paths& p, const paths::Link& l, int64_t path) {
  double power = 0;
  for (auto k = size_t(p.a_begin[size_t(path)]); k < size_t(p.a_begin[size_t(path) + 1]); ++k) power += norm2(p.a[k]);
  return power / num_port_pairs(p, l);
}

/// exp(-j 2 pi f tau) without losing the phase's digits to the size of f tau.
inline Complexd delay_phase(double frequency_hz, double tau_s) {
  const double turns = frequency_hz * tau_s;
  return expj(-2 * kPi * (turns - std::floor(turns)));
}

inline double sinc(double x) { return std::abs(x) < 1e-12 ? 1.0 : std::sin(kPi * x) / (kPi * x); }

inline void require_steps(int num_time_steps, double sampling_frequency_hz) {
  if (num_time_steps < 1) throw Error(message("num_time_steps must be >= 1, got ", num_time_steps));
  require_positive("sampling_frequency_hz", sampling_frequency_hz);
}

inline double taps_sampling_hz(const TapsOptions& options) {
  require_positive("bandwidth_hz", options.bandwidth_hz);
  const double sampling = options.sampling_frequency_hz == 0 ? options.bandwidth_hz : options.sampling_frequency_hz;
  require_steps(options.num_time_steps, sampling);
  if (options.l_max < options.l_min)
    throw Error(message("l_max must be >= l_min, got ", options.l_max, " < ", options.l_min));
  return sampling;
}

}  // namespace raywave::signal::detail
