// SPDX-License-Identifier: Apache-2.0
// Waveforms as the grids of tones that they sample (tones.h): FMCW radars, OFDM with the numerologies of 5G. What lies
// outside their unambiguous range, Doppler interval or cyclic prefix is sampled all the same, as a receiver would, and
// said.
#pragma once

#include <string>
#include <vector>

#include "raywave/signal/tones.h"

namespace raywave::signal {

enum class Multiplexing {
  kTdm,  // the transmitter's ports send one after the other: num_chirps for each, chirp_period_s apart
  kDdm   // all ports send every chirp, port t turned by t / num_ports a chirp: its echoes are shifted in Doppler
};

struct FmcwWaveform {
  double slope_hz_per_s = 0;         // of the chirp; < 0: falling
  double sampling_frequency_hz = 0;  // of the mixer's output
  int num_samples = 0, num_chirps = 1, num_frames = 1;
  double chirp_period_s = 0;             // start to start; 0: as long as the ramp
  double frame_period_s = 0;             // 0: frames follow each other
  double adc_start_s = 0;                // first sample after the chirp's start
  double ramp_duration_s = 0;            // 0: until the last sample
  double first_frequency_offset_hz = 0;  // at the first sample, from the scene's frequency
  bool residual_video_phase = false;
  bool complex_sampling = true;  // real: unambiguous to half the range
  Multiplexing multiplexing = Multiplexing::kTdm;

  /// Swept over the samples: |slope| num_samples / sampling_frequency.
  double bandwidth_hz() const;
  /// From chirp to chirp of one port.
  double slow_period_s(int num_tx_ports) const;
  /// @throws Error naming the field: zero bandwidth, samples beyond the end of the ramp, a ramp longer than the period.
  void validate() const;
  /// @param num_tx_ports  of the transmitters.
  ToneGrid grid(int num_tx_ports) const;
};

struct OfdmWaveform {
  int num_subcarriers = 0;  // K: k = -K/2 ... K/2 - 1 about the scene's frequency
  double subcarrier_spacing_hz = 0;
  int num_symbols = 1;
  double cyclic_prefix_s = 0;
  /// Symbols whose prefix is longer: every `long_every`, by this; 0: none (5G: twice a millisecond).
  double long_prefix_extra_s = 0;
  int long_every = 0;

  void validate() const;
  /// Starts of the symbols' useful parts, the first at 0.
  std::vector<double> times_s() const;
  ToneGrid grid() const;
};
/// "mu0" to "mu4" (15 to 240 kHz, normal prefix), "mu2-extended": 3GPP TS 38.211, tables 4.2-1 and 4.3.2-1, section
/// 5.3.1. @throws Error naming those known.
OfdmWaveform numerology(const std::string& name, int num_resource_blocks, int num_symbols);

/// What the grid samples ambiguously, one sentence each, naming the devices: the strongest such path of each link.
/// Paths weaker than 1e-6 of the link's strongest (60 dB) are let pass.
std::vector<std::string> doubts(const paths::Paths& paths, const FmcwWaveform& waveform);
std::vector<std::string> doubts(const paths::Paths& paths, const OfdmWaveform& waveform);

}  // namespace raywave::signal
