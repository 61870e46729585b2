// SPDX-License-Identifier: Apache-2.0
// raywave paths: channels between devices.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>

#include "raywave/cli/commands.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/io/place.h"
#include "raywave/paths/path_solver.h"
#include "raywave/runs/results.h"
#include "raywave/runs/solve.h"
#include "raywave/signal/channel.h"

namespace raywave::cli {
namespace {

struct PathsCommand {
  SceneFlags scene;
  InteractionFlags interactions;
  PathFlags paths;
  std::string json, output;

  int run();
};

std::string summary(const paths::Paths& result) {
  std::vector<std::vector<std::string>> rows{
      {"tx", "rx", "paths", "path gain [dB]", "first delay [ns]", "delay spread [ns]", "Rice factor [dB]"}};
  for (const auto& link : result.links) {
    std::string tx = result.tx_names[link.tx], rx = result.rx_names[link.rx];
    if (link.tx_element >= 0) tx += "[" + std::to_string(link.tx_element) + "]";
    if (link.rx_element >= 0) rx += "[" + std::to_string(link.rx_element) + "]";
    const int64_t count = link.path_end - link.path_begin;
    std::vector<std::string> row{tx, rx, std::to_string(count)};
    if (count > 0) {
      const auto statistics = signal::link_statistics(result, link);
      row.insert(row.end(), {decibel(statistics.path_gain), number(1e9 * result.tau_s[link.path_begin], 6),
                             number(1e9 * statistics.rms_delay_spread_s), decibel(statistics.rice_factor)});
    }
    rows.push_back(row);
  }
  return message(result.num_paths(), " paths at ", number(result.frequency_hz * 1e-9, 6), " GHz\n\n",
                 layout_table(rows));
}

int PathsCommand::run() {
  check_output("--output", output, {".npz", ".h5", ".hdf5"});
  check_output("--json", json, {});
  const scene::Scene loaded = scene.load();
  const auto place = io::read_place(scene.file);
  if (json.empty()) json = scene.config.output.json.value_or("");
  if (output.empty()) output = scene.config.output.paths.value_or("");
  check_output("output.paths", output, {".npz", ".h5", ".hdf5"});
  check_output("output.json", json, {});
  if (loaded.transmitters.empty()) throw UsageError("no transmitter: give --tx x,y,z, or one in the file of --config");
  if (loaded.receivers.empty()) throw UsageError("no receiver: give --rx x,y,z, or one in the file of --config");
  const paths::Paths result = runs::solve_paths(loaded, paths.options(scene, interactions),
                                                runs::read_beside(scene.config_file, scene.config, loaded));
  if (!output.empty()) runs::save_paths(output, result, place);
  if (!json.empty()) write_text(json, runs::paths_json(result, place));
  if (json != "-") std::fputs(summary(result).c_str(), stdout);
  return kDone;
}

}  // namespace

void add_paths_command(CLI::App& app, Action& action) {
  auto command = std::make_shared<PathsCommand>();
  CLI::App* sub = app.add_subcommand("paths", "the paths between transmitters and receivers");
  command->scene.add_to(*sub, true);
  command->interactions.add_to(*sub);
  command->paths.add_to(*sub);
  sub->add_option("--json", command->json, "the paths as JSON; - is standard output");
  sub->add_option("-o,--output", command->output, "arrays: .npz, .h5");
  sub->footer(
      "Example:\n  raywave paths scenes/street_canyon/street_canyon.xml --tx -30,0,10 --rx 30,0,1.5 --max-depth 2 "
      "--json -");
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace raywave::cli
