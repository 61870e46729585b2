// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>

#include "raywave/core/constants.h"
#include "raywave/core/files.h"
#include "raywave/io/arrays.h"
#include "raywave/runs/place_arrays.h"
#include "raywave/runs/toml_table.h"
#include "raywave/runs/waveform_files.h"

namespace raywave::runs {
namespace {

using detail::Table;

template <class Value>
void put(Table& t, const char* key, Value& out) {
  std::optional<Value> v;
  if constexpr (std::is_same_v<Value, int>) {
    t.read_integer(key, v, 0);
  } else {
    t.read(key, v);
  }
  if (v) out = *v;
}

void read_fmcw(Table& t, signal::FmcwWaveform& w) {
  put(t, "slope_hz_per_s", w.slope_hz_per_s);
  put(t, "sampling_frequency_hz", w.sampling_frequency_hz);
  put(t, "num_samples", w.num_samples);
  put(t, "num_chirps", w.num_chirps);
  put(t, "num_frames", w.num_frames);
  put(t, "chirp_period_s", w.chirp_period_s);
  put(t, "frame_period_s", w.frame_period_s);
  put(t, "adc_start_s", w.adc_start_s);
  put(t, "ramp_duration_s", w.ramp_duration_s);
  put(t, "first_frequency_offset_hz", w.first_frequency_offset_hz);
  put(t, "residual_video_phase", w.residual_video_phase);
  put(t, "complex_sampling", w.complex_sampling);
  std::optional<signal::Multiplexing> m;
  t.read_choice("multiplexing", m, {"tdm", "ddm"});
  if (m) w.multiplexing = *m;
}

void read_ofdm(Table& t, signal::OfdmWaveform& w) {
  std::optional<std::string> name;
  t.read("numerology", name);
  put(t, "num_symbols", w.num_symbols);
  int blocks = 0;
  put(t, "num_resource_blocks", blocks);
  try {
    if (name) w = signal::numerology(*name, blocks, w.num_symbols);
  } catch (const Error& e) {
    t.fail(*t.raw().get("numerology"), message("[ofdm] ", e.what()));
  }
  put(t, "num_subcarriers", w.num_subcarriers);
  put(t, "subcarrier_spacing_hz", w.subcarrier_spacing_hz);
  put(t, "cyclic_prefix_s", w.cyclic_prefix_s);
  put(t, "long_prefix_extra_s", w.long_prefix_extra_s);
  put(t, "long_every", w.long_every);
}

std::string waveform_json(const WaveformRun& run) {
  nlohmann::ordered_json j;
  if (run.fmcw) {
    const signal::FmcwWaveform& w = *run.fmcw;
    j = {{"kind", "fmcw"},
         {"slope_hz_per_s", w.slope_hz_per_s},
         {"sampling_frequency_hz", w.sampling_frequency_hz},
         {"num_samples", w.num_samples},
         {"num_chirps", w.num_chirps},
         {"num_frames", w.num_frames},
         {"chirp_period_s", w.chirp_period_s},
         {"frame_period_s", w.frame_period_s},
         {"adc_start_s", w.adc_start_s},
         {"ramp_duration_s", w.ramp_duration_s},
         {"first_frequency_offset_hz", w.first_frequency_offset_hz},
         {"residual_video_phase", w.residual_video_phase},
         {"complex_sampling", w.complex_sampling},
         {"multiplexing", w.multiplexing == signal::Multiplexing::kTdm ? "tdm" : "ddm"}};
  } else {
    const signal::OfdmWaveform& w = *run.ofdm;
    j = {{"kind", "ofdm"},
         {"num_subcarriers", w.num_subcarriers},
         {"subcarrier_spacing_hz", w.subcarrier_spacing_hz},
         {"num_symbols", w.num_symbols},
         {"cyclic_prefix_s", w.cyclic_prefix_s},
         {"long_prefix_extra_s", w.long_prefix_extra_s},
         {"long_every", w.long_every}};
  }
  return j.dump();
}

}  // namespace

double WaveformRun::noise_power(const scene::Scene& scene) const {
  if (!noise_figure_db) return 0;
  if (scene.transmitters.empty()) throw Error("noise over the power sent needs a transmitter");
  const double sent_w = 1e-3 * std::pow(10.0, scene.transmitters[0].power_dbm / 10);
  const double bandwidth = fmcw ? fmcw->sampling_frequency_hz : ofdm->subcarrier_spacing_hz;
  // of OFDM's power each carrier has its share
  const double share = fmcw ? 1.0 : 1.0 / ofdm->num_subcarriers;
  return kBoltzmann * scene.temperature_k * bandwidth * std::pow(10.0, *noise_figure_db / 10) / (sent_w * share);
}

WaveformRun read_waveform_run(const std::string& path, const std::string& name) {
  const toml::table parsed = detail::parse_toml(read_file(path), path);
  Table whole(parsed, path, "");
  auto table = whole.sub_table(name.c_str());
  if (!table) throw Error(message(path, ": no table [", name, "]"));
  Table& t = *table;
  WaveformRun run;
  if (name == "radar") {
    read_fmcw(t, run.fmcw.emplace());
  } else {
    read_ofdm(t, run.ofdm.emplace());
  }
  t.read("noise_figure_db", run.noise_figure_db);
  put(t, "linewidth_hz", run.phase_noise.linewidth_hz);
  put(t, "shared_oscillator", run.phase_noise.shared_oscillator);
  std::optional<signal::Window> window;
  t.read_choice("window", window, {"rectangular", "hann", "hamming", "blackman"});
  if (window) run.spectrum.range_window = run.spectrum.doppler_window = *window;
  put(t, "range_bins", run.spectrum.range_bins);
  put(t, "doppler_bins", run.spectrum.doppler_bins);
  t.finish();
  try {
    if (run.fmcw) {
      run.fmcw->validate();
    } else {
      run.ofdm->validate();
    }
  } catch (const Error& e) {
    throw Error(message(path, ":", t.line(), ": [", name, "] ", e.what()));
  }
  return run;
}

void save_samples(const std::string& path, const std::vector<Complexd>& samples, const signal::ChannelShape& s,
                  const signal::ToneGrid& g, const WaveformRun& run, double frequency_hz,
                  const std::optional<scene::Place>& place) {
  const std::vector<size_t> shape{size_t(s.num_rx),     size_t(s.num_rx_ant), size_t(s.num_tx),
                                  size_t(s.num_tx_ant), size_t(g.num_frames), size_t(g.times_per_frame()),
                                  size_t(g.num_samples)};
  const std::vector<std::string> axes{"num_rx",     "num_rx_ant", "num_tx",     "num_tx_ant",
                                      "num_frames", "num_chirps", "num_samples"};
  std::vector<double> real;
  const bool is_real = run.fmcw && !run.fmcw->complex_sampling;
  for (const Complexd& z : samples) {
    if (is_real) real.push_back(z.re);
  }
  std::vector<io::NamedArray> arrays{
      is_real ? io::array_of("samples", shape, real) : io::array_of("samples", shape, samples),
      io::array_of("axes", axes), io::array_of("waveform", waveform_json(run)),
      io::array_of("frequency_hz", frequency_hz)};
  add_place(arrays, place);
  io::write_arrays(path, arrays);
}

}  // namespace raywave::runs
