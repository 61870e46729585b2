// SPDX-License-Identifier: Apache-2.0
// What a radar or a multicarrier link samples of a channel: one sum of tones for the frequency response, for FMCW and
// for OFDM. Sample n at the time t_m, between the ports r and t of a link:
//   y[m, n] = sum_i a_i exp(j 2 pi phi_i)
//   phi_i = -(f_c + f_1 + n df) tau_i + nu_i (t_m + t t_port + n T_s) + mu tau_i^2 / 2 + m t c_port
// with the gains a (no carrier phase), delays tau and Doppler shifts nu of the paths. FMCW of slope mu and sampling
// rate f_s: df = mu / f_s, T_s = 1 / f_s, mixer output RX conj(TX); OFDM: df the subcarriers' spacing, T_s = 0. Per
// path it is a product of a tone in n and one in m, so that its windowed transforms are kernels (kernels.h). Doppler is
// that of the carrier at every frequency; velocity times duration is small against the cell of range. Differentiable
// in: gains, delays, Doppler shifts, the carrier. Not in: the grid itself.
#pragma once

#include <cstdint>
#include <vector>

#include "raywave/paths/paths_derivative.h"
#include "raywave/signal/channel.h"
#include "raywave/signal/kernels.h"

namespace raywave::signal {

struct ToneGrid {
  double first_offset_hz = 0;  // f_1: frequency of sample 0 from the carrier
  double step_hz = 0;          // df
  double sample_period_s = 0;  // T_s
  int num_samples = 1;
  int num_frames = 1;              // of equally many times
  std::vector<double> times_s{0};  // t_m, [num_frames * times a frame]
  double residual_hz_per_s = 0;    // mu where the residual video phase is kept, else 0
  double port_delay_s = 0;         // time multiplex: the transmitter's port t sends t times this later
  double port_cycles = 0;          // Doppler multiplex: its port t turns by t times this a time step
  bool sum_ports = false;          // the transmitter's ports send at once; the axis num_tx_ant has length 1

  int times_per_frame() const { return int(times_s.size()) / num_frames; }
  /// @throws Error naming the field.
  void validate() const;
};

/// Phase noise of free running oscillators: Brownian, of this linewidth (full, of the Lorentzian line). With one
/// oscillator for both ends a path sees B(t) - B(t - tau): near echoes are cleaner than far ones.
struct PhaseNoise {
  double linewidth_hz = 0;
  bool shared_oscillator = true;  // of each transmitter and all receivers; else each device has its own
  uint64_t seed = 1;
};

/// [num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, times a frame, num_samples].
/// @param shape  its antenna axes, where it is asked for.
std::vector<Complexd> tones(const paths::Paths& paths, const ToneGrid& grid, ChannelShape* shape = nullptr,
                            const PhaseNoise& noise = {});
/// Cotangents are d loss / d Re + j d loss / d Im. @throws Error for another length, or numbers that are not finite.
paths::PathsDerivative tones_vjp(const paths::Paths& paths, const ToneGrid& grid,
                                 const std::vector<Complexd>& cotangent);
std::vector<Complexd> tones_jvp(const paths::Paths& paths, const ToneGrid& grid, const paths::PathsDerivative& tangent);

/// Windowed transforms of every frame: over n with exp(+j 2 pi k n / range_bins), so that delays stand at positive k,
/// over m with exp(-j 2 pi l m / doppler_bins); divided by the sums of both windows, so that a path on a bin has its
/// gain there. In closed form per path.
struct SpectrumOptions {
  Window range_window = Window::kHann, doppler_window = Window::kHann;
  int range_bins = 0, doppler_bins = 0;  // 0: as many as samples and times; more: zero padding
  /// Kernels are cut after so many (unpadded) bins on either side of their peak: each path is then off by at most
  /// kernel_tail of either window times its gain. 0: whole.
  int kernel_bins = 0;
};
/// [num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, doppler_bins, range_bins].
/// @throws Error where times within a frame are not evenly spaced, bins are fewer than samples.
std::vector<Complexd> tone_spectrum(const paths::Paths& paths, const ToneGrid& grid, const SpectrumOptions& options,
                                    ChannelShape* shape = nullptr);
paths::PathsDerivative tone_spectrum_vjp(const paths::Paths& paths, const ToneGrid& grid,
                                         const SpectrumOptions& options, const std::vector<Complexd>& cotangent);
std::vector<Complexd> tone_spectrum_jvp(const paths::Paths& paths, const ToneGrid& grid, const SpectrumOptions& options,
                                        const paths::PathsDerivative& tangent);

/// Adds circular complex Gaussian noise of this power (mean |z|^2) to each sample; a number depends on seed, stream and
/// its place alone.
void add_noise(std::vector<Complexd>& samples, double power, uint64_t seed, uint64_t stream);

}  // namespace raywave::signal
