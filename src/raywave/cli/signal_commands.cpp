// SPDX-License-Identifier: Apache-2.0
// raywave radar, raywave ofdm: what a receiver samples of the paths of a run.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>

#include "raywave/cli/run_flags.h"
#include "raywave/cli/signal_commands.h"
#include "raywave/cli/terminal.h"
#include "raywave/core/constants.h"
#include "raywave/io/place.h"
#include "raywave/paths/path_solver.h"
#include "raywave/runs/solve.h"
#include "raywave/runs/waveform_files.h"

namespace raywave::cli {
namespace {

struct SignalCommand {
  std::string table, run_file, output;
  SceneFlags scene;
  InteractionFlags interactions;
  PathFlags paths;

  int run();
  void sample(const scene::Scene& loaded, const paths::Paths& result, const runs::WaveformRun& waveform,
              uint64_t seed) const;
};

/// The strongest place of a block's spectrum, as a row.
std::vector<std::string> peak_row(const runs::WaveformRun& run, const signal::ToneGrid& g, const Complexd* spectrum,
                                  int dopplers, int bins) {
  size_t best = 0;
  for (size_t i = 0; i < size_t(dopplers) * size_t(bins); ++i) {
    if (norm2(spectrum[i]) > norm2(spectrum[best])) best = i;
  }
  const int row = int(best) / bins, column = int(best) % bins;
  const int place = run.fmcw && run.fmcw->slope_hz_per_s < 0 ? (bins - column) % bins : column;
  const double delay = place / (std::abs(g.step_hz) * bins);
  const double period = g.times_per_frame() > 1 ? g.times_s[1] - g.times_s[0] : 0;
  const double shift = period > 0 ? (row < (dopplers + 1) / 2 ? row : row - dopplers) / (period * dopplers) : 0;
  return {number(1e9 * delay, 6), number(0.5 * delay * kSpeedOfLight, 6), number(shift, 6),
          decibel(norm2(spectrum[best]))};
}

std::string summary(const paths::Paths& p, const runs::WaveformRun& run, const signal::ToneGrid& g) {
  std::vector<std::vector<std::string>> rows{
      {"tx", "rx", "delay [ns]", "half the way [m]", "Doppler [Hz]", "level [dB]"}};
  signal::ToneGrid even = g;
  if (run.ofdm) {  // peaks alone: prefixes of one length
    const double period = 1 / run.ofdm->subcarrier_spacing_hz + run.ofdm->cyclic_prefix_s;
    for (size_t s = 0; s < even.times_s.size(); ++s) even.times_s[s] = double(s) * period;
  }
  signal::ChannelShape shape;
  const std::vector<Complexd> x = signal::tone_spectrum(p, even, run.spectrum, &shape);
  const int bins = run.spectrum.range_bins ? run.spectrum.range_bins : g.num_samples;
  const int dopplers = run.spectrum.doppler_bins ? run.spectrum.doppler_bins : g.times_per_frame();
  const size_t block = size_t(bins) * size_t(dopplers) * size_t(g.num_frames);
  for (int rx = 0; rx < shape.num_rx; ++rx) {
    for (int tx = 0; tx < shape.num_tx; ++tx) {
      const size_t pair =
          (size_t(rx) * size_t(shape.num_rx_ant) * size_t(shape.num_tx) + size_t(tx)) * size_t(shape.num_tx_ant);
      std::vector<std::string> row{p.tx_names[size_t(tx)], p.rx_names[size_t(rx)]};
      for (auto& text : peak_row(run, even, &x[pair * block], dopplers, bins)) row.push_back(std::move(text));
      rows.push_back(row);
    }
  }
  return message(p.num_paths(), " paths at ", number(p.frequency_hz * 1e-9, 6),
                 " GHz; strongest peak of each link's first ports\n\n", layout_table(rows));
}

int SignalCommand::run() {
  check_output("--output", output, {".npz", ".h5", ".hdf5"});
  scene.config_file = run_file;
  const runs::WaveformRun waveform = runs::read_waveform_run(run_file, table);
  const scene::Scene loaded = scene.load();
  if (loaded.transmitters.empty() || loaded.receivers.empty())
    throw Error(message(run_file, ": a run of [", table, "] needs a transmitter and a receiver"));
  const runs::PathSearch search = paths.options(scene, interactions);
  const paths::Paths result = runs::solve_paths(loaded, search, runs::read_beside(run_file, scene.config, loaded));
  try {
    sample(loaded, result, waveform, search.options.seed);
  } catch (const Error& e) {  // what no reader of the table alone can know
    throw Error(message(run_file, ": [", table, "] ", e.what()));
  }
  return kDone;
}

void SignalCommand::sample(const scene::Scene& loaded, const paths::Paths& result, const runs::WaveformRun& waveform,
                           uint64_t seed) const {
  const auto place = io::read_place(scene.file);
  const LogSink warn = warning_log();
  for (const std::string& text : waveform.doubts(result)) warn(text);
  const signal::ToneGrid grid = waveform.grid(std::max(1, result.max_tx_ants()));
  if (!output.empty()) {
    signal::PhaseNoise noise = waveform.phase_noise;
    noise.seed = seed;
    signal::ChannelShape shape;
    std::vector<Complexd> samples = signal::tones(result, grid, &shape, noise);
    signal::add_noise(samples, waveform.noise_power(loaded), seed, 0x6e6f697365);
    runs::save_samples(output, samples, shape, grid, waveform, result.frequency_hz, place);
  }
  std::fputs(summary(result, waveform, grid).c_str(), stdout);
}

void add(CLI::App& app, Action& action, const char* table, const char* help, const char* footer) {
  auto command = std::make_shared<SignalCommand>();
  command->table = table;
  CLI::App* sub = app.add_subcommand(table, help);
  sub->add_option("run", command->run_file, message("TOML file with the scene, devices and [", table, "]"))->required();
  command->interactions.add_to(*sub);
  sub->add_option("--seed", command->scene.seed, "of noise and of shot rays");
  sub->add_option("--threads", command->scene.threads, "0: all (default)");
  sub->add_option("-o,--output", command->output, "samples: .npz, .h5");
  sub->footer(footer);
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace

void add_radar_command(CLI::App& app, Action& action) {
  add(app, action, "radar", "what an FMCW radar samples of the paths",
      "Example:\n  raywave radar examples/radar.toml --output cube.npz");
}
void add_ofdm_command(CLI::App& app, Action& action) {
  add(app, action, "ofdm", "the resource grid of an OFDM link",
      "Example:\n  raywave ofdm examples/ofdm.toml --output grid.npz");
}

}  // namespace raywave::cli
