// SPDX-License-Identifier: Apache-2.0
// Where the port pairs of a link stand in sampled tones, and the phases of a path there. For the sources of this room.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "raywave/signal/derivative_support.h"
#include "raywave/signal/link_ports.h"
#include "raywave/signal/tones.h"

namespace raywave::signal::detail {

/// @throws Error for tones at no frequency that there is
inline void require_band(const paths::Paths& p, const ToneGrid& grid) {
  const double lowest = p.frequency_hz + grid.first_offset_hz + std::min(0.0, grid.step_hz * (grid.num_samples - 1));
  if (!(lowest > 0))
    throw Error(message("the waveform reaches down to ", lowest, " Hz at a carrier of ", p.frequency_hz,
                        " Hz: all its frequencies must be > 0"));
}

inline ChannelShape tone_shape(const paths::Paths& p, const ToneGrid& grid) {
  require_band(p, grid);
  ChannelShape s = shape_of(p);
  if (grid.sum_ports) s.num_tx_ant = 1;
  return s;
}

/// @throws Error naming a path that no sum may hold.
inline void check_finite_paths(const paths::Paths& p) {
  for (size_t i = 0; i < p.tau_s.size(); ++i) {
    if (!finite(p.tau_s[i]) || !finite(p.doppler_hz[i]))
      throw Error(message("path ", i, " has a delay or a Doppler shift that is not finite"));
    for (int64_t k = p.a_begin[i]; k < p.a_begin[i + 1]; ++k) {
      if (!finite(p.a[size_t(k)])) throw Error(message("path ", i, " has a gain that is not finite"));
    }
  }
}

/// A pair of ports of a link: its block in the output, its place in a path's matrix of gains, the transmitter's port.
struct PortPair {
  size_t block, entry;
  int tx_port;
};
/// Ordered by block: pairs of one block follow each other.
inline std::vector<PortPair> port_pairs(const paths::Paths& p, const ChannelShape& s, bool sum_ports,
                                        const paths::Link& l) {
  std::vector<PortPair> out;
  const int rx_ports = p.num_rx_ports(l), tx_ports = p.num_tx_ports(l);
  for (int r = 0; r < rx_ports; ++r) {
    for (int t = 0; t < tx_ports; ++t) {
      const int port = p.tx_ant(l, t);
      out.push_back(
          {antenna_index(s, l.rx, p.rx_ant(l, r), l.tx, sum_ports ? 0 : port), size_t(r * tx_ports + t), port});
    }
  }
  return out;
}
/// First pairs of each block, and the end.
inline std::vector<size_t> block_begins(const std::vector<PortPair>& pairs) {
  std::vector<size_t> out;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (i == 0 || pairs[i].block != pairs[i - 1].block) out.push_back(i);
  }
  out.push_back(pairs.size());
  return out;
}

/// exp(j 2 pi turns) with the digits of the fraction.
inline Complexd turn(double turns) { return expj(2 * kPi * (turns - std::floor(turns))); }

/// Turns of a path at sample 0, port 0 and time 0; what it turns from sample to sample.
struct PathTurns {
  double start, step;
};
inline PathTurns path_turns(const ToneGrid& g, double carrier_hz, double tau, double nu) {
  return {-(carrier_hz + g.first_offset_hz) * tau + 0.5 * g.residual_hz_per_s * tau * tau,
          nu * g.sample_period_s - g.step_hz * tau};
}

/// From derivatives by the turns of a path to those by delay, Doppler shift and carrier: `constant` weights the turns
/// at sample 0 and time 0 (the ports' own time included), `by_sample` and `by_time_s` how they grow.
struct TurnMoments {
  double constant = 0, by_sample = 0, by_time_s = 0;
};
inline void add_turn_moments(paths::PathsDerivative& out, const ToneGrid& g, const paths::Paths& p, int64_t path,
                             double port_time_s, const TurnMoments& m) {
  const auto i = size_t(path);
  const double tau = p.tau_s[i];
  out.tau_s[i] +=
      m.constant * (g.residual_hz_per_s * tau - p.frequency_hz - g.first_offset_hz) - g.step_hz * m.by_sample;
  out.doppler_hz[i] += port_time_s * m.constant + m.by_time_s + g.sample_period_s * m.by_sample;
  out.frequency_hz -= tau * m.constant;
}
/// The reverse: how turns move.
inline TurnMoments turn_tangent(const ToneGrid& g, const paths::Paths& p, int64_t path, double port_time_s,
                                double d_tau, double d_nu, double d_carrier) {
  const double tau = p.tau_s[size_t(path)];
  return {
      d_tau * (g.residual_hz_per_s * tau - p.frequency_hz - g.first_offset_hz) + port_time_s * d_nu - tau * d_carrier,
      g.sample_period_s * d_nu - g.step_hz * d_tau, d_nu};
}

}  // namespace raywave::signal::detail
