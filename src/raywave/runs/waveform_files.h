// SPDX-License-Identifier: Apache-2.0
// Waveforms of a run: the tables [radar] and [ofdm] of run.toml, beside those of run_config.h; samples as files.
//
//   [radar]                              # or [ofdm]: num_subcarriers, subcarrier_spacing_hz, num_symbols,
//                                        # cyclic_prefix_s; or numerology = "mu1", num_resource_blocks, num_symbols
//   slope_hz_per_s = 30e12
//   sampling_frequency_hz = 10e6
//   num_samples = 256                    # num_chirps, num_frames, chirp_period_s, frame_period_s, adc_start_s,
//   num_chirps = 64                      # ramp_duration_s, first_frequency_offset_hz, residual_video_phase,
//   chirp_period_s = 40e-6               # complex_sampling, multiplexing ("tdm", "ddm")
//   noise_figure_db = 12                 # noise of the receiver at the scene's temperature; without it there is none
//   linewidth_hz = 0                     # of one oscillator for both ends; shared_oscillator = false: of each
//   window = "hann"                      # and range_bins, doppler_bins: of the printed peaks
#pragma once

#include <optional>
#include <string>

#include "raywave/scene/place.h"
#include "raywave/scene/scene.h"
#include "raywave/signal/waveforms.h"

namespace raywave::runs {

struct WaveformRun {
  std::optional<signal::FmcwWaveform> fmcw;  // one of the two
  std::optional<signal::OfdmWaveform> ofdm;
  std::optional<double> noise_figure_db;
  signal::PhaseNoise phase_noise;
  signal::SpectrumOptions spectrum;

  signal::ToneGrid grid(int num_tx_ports) const { return fmcw ? fmcw->grid(num_tx_ports) : ofdm->grid(); }
  std::vector<std::string> doubts(const paths::Paths& p) const {
    return fmcw ? signal::doubts(p, *fmcw) : signal::doubts(p, *ofdm);
  }
  /// Mean |noise|^2 a sample over the power that the first transmitter sends; 0 without a noise figure.
  double noise_power(const scene::Scene& scene) const;
};
/// @param table  "radar" or "ofdm". @throws Error "FILE:LINE: ..." for what is not understood, or when it is not there.
WaveformRun read_waveform_run(const std::string& path, const std::string& table);

/// samples [num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, num_chirps, num_samples], axes (their names), waveform
/// (JSON: "kind", and the fields), frequency_hz, and where the scene has a place crs and origin_m; .npz or .h5, as
/// raywave.signal.load_cube reads it.
void save_samples(const std::string& path, const std::vector<Complexd>& samples, const signal::ChannelShape& shape,
                  const signal::ToneGrid& grid, const WaveformRun& run, double frequency_hz,
                  const std::optional<scene::Place>& place = {});

}  // namespace raywave::runs
