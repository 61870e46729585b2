// SPDX-License-Identifier: Apache-2.0
// Channels from paths: impulse response, frequency response, taps. Baseband: each path contributes
// a exp(-j 2 pi f_c tau) exp(j 2 pi f_D t).
#pragma once

#include <vector>

#include "raywave/paths/paths.h"

namespace raywave::signal {

/// Dense arrays over [num_rx, num_rx_ant, num_tx, num_tx_ant, ...], padded with zeros where devices have fewer
/// antennas.
struct ChannelShape {
  int num_rx = 0, num_rx_ant = 0, num_tx = 0, num_tx_ant = 0;
};

struct CirOptions {
  double sampling_frequency_hz = 1.0;  // of the time steps
  int num_time_steps = 1;
  bool normalize_delays = true;  // subtract each link's smallest delay, in the phase too
};
struct Cir {
  ChannelShape shape;
  int num_paths = 0, num_time_steps = 0;
  std::vector<Complexd> a;  // [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths, num_time_steps], linear amplitude
  std::vector<double>
      tau_s;  // [num_rx, num_tx, num_paths] (synthetic arrays) or [.., with antennas]; -1 where there is no path
};
Cir cir(const paths::Paths& paths, const CirOptions& options);

struct CfrOptions {
  double sampling_frequency_hz = 1.0;
  int num_time_steps = 1;
  bool normalize_delays = true;
  bool normalize = false;  // unit mean energy over each link's antennas, times and frequencies
};
/// H(f) = sum a_b exp(-j 2 pi f tau), [num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, num_frequencies].
/// @param frequencies_hz  relative to the carrier, [num_frequencies].
std::vector<Complexd> cfr(const paths::Paths& paths, const std::vector<double>& frequencies_hz,
                          const CfrOptions& options, ChannelShape* shape);

struct TapsOptions {
  double bandwidth_hz = 20e6;
  int l_min = 0, l_max = 16;         // taps l_min ... l_max inclusive
  double sampling_frequency_hz = 0;  // of the time steps; 0: bandwidth
  int num_time_steps = 1;
  bool normalize_delays = true;
  bool normalize = false;  // the taps' energies of a time step sum to 1 in the mean over each link's antennas and times
};
/// h_l = sum a_b sinc(l - W tau), [num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, l_max - l_min + 1].
std::vector<Complexd> taps(const paths::Paths& paths, const TapsOptions& options, ChannelShape* shape);

/// sum |a|^2 averaged over the antenna pairs of the two devices, linear, [num_rx, num_tx]; 0 where no path is.
std::vector<double> path_gain(const paths::Paths& paths);
/// Delays weighted by powers, in seconds, [num_rx, num_tx]; 0 where nothing arrives.
std::vector<double> mean_delay(const paths::Paths& paths);

/// Second-order statistics of one link's paths, powers summed over all antenna pairs.
struct LinkStatistics {
  double path_gain = 0;  // sum |a|^2 averaged over antenna pairs, linear
  double mean_delay_s = 0, rms_delay_spread_s = 0;
  double rms_doppler_spread_hz = 0;
  double rice_factor = 0;  // power of the direct path over the rest; 0 without one, infinity when alone
};
LinkStatistics link_statistics(const paths::Paths& paths, const paths::Link& link);

}  // namespace raywave::signal
