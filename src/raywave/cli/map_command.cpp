// SPDX-License-Identifier: Apache-2.0
// raywave map: coverage of a surface.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "raywave/cli/commands.h"
#include "raywave/cli/map_output.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/io/place.h"
#include "raywave/runs/results.h"
#include "raywave/runs/solve.h"
#include "raywave/view/view.h"

namespace raywave::cli {

view::MapMetric metric_from_name(const std::string& name) {
  if (name == "path-gain") return view::MapMetric::kPathGain;
  if (name == "rss") return view::MapMetric::kRss;
  if (name == "sinr") return view::MapMetric::kSinr;
  if (name == "association") return view::MapMetric::kAssociation;
  throw UsageError(message("--metric must be one of path-gain, rss, sinr, association, got '", name, "'",
                           did_you_mean(name, {"path-gain", "rss", "sinr", "association"})));
}

std::string map_summary(const maps::RadioMap& map) {
  std::vector<std::vector<std::string>> rows{
      {"transmitter", "cells covered", "share [%]", "median gain [dB]", "best gain [dB]"}};
  for (int t = 0; t < map.num_tx; ++t) {
    const auto begin = map.path_gain.begin() + int64_t(t) * map.num_cells();
    std::vector<double> covered;
    std::copy_if(begin, begin + map.num_cells(), std::back_inserter(covered), [](double g) { return g > 0; });
    std::sort(covered.begin(), covered.end());
    std::vector<std::string> row{map.tx_names[t], std::to_string(covered.size()),
                                 number(100.0 * double(covered.size()) / std::max(1, map.num_cells()), 3)};
    if (!covered.empty()) row.insert(row.end(), {decibel(covered[covered.size() / 2]), decibel(covered.back())});
    rows.push_back(row);
  }
  const std::string cells = map.cell_corners_m.empty() ? message(map.num_x, " x ", map.num_y, " cells")
                                                       : message(map.num_cells(), " triangles as cells");
  return message(cells, " at ", number(map.frequency_hz * 1e-9, 6), " GHz\n\n", layout_table(rows));
}

namespace {

struct MapCommand {
  SceneFlags scene;
  InteractionFlags interactions;
  MapFlags map;
  std::string json, output, png, svg, html, metric = "path-gain";

  int run();
};

int MapCommand::run() {
  const view::MapMetric drawn = metric_from_name(metric);
  check_output("--output", output, {".npz", ".h5", ".hdf5"});
  check_output("--json", json, {});
  check_output("--png", png, {".png"});
  check_output("--svg", svg, {".svg"});
  check_output("--html", html, {".html", ".htm"});
  const scene::Scene loaded = scene.load();
  const auto place = io::read_place(scene.file);
  const runs::OutputConfig& configured = scene.config.output;
  if (json.empty()) json = configured.json.value_or("");
  if (output.empty()) output = configured.map.value_or("");
  if (html.empty()) html = configured.report.value_or("");
  if (png.empty() && svg.empty()) png = configured.image.value_or("");
  check_output("output.map", output, {".npz", ".h5", ".hdf5"});
  check_output("output.json", json, {});
  check_output("output.report", html, {".html", ".htm"});
  if (!svg.ends_with(".svg")) check_output("output.image", png, {".png", ".svg"});
  if (loaded.transmitters.empty()) throw UsageError("no transmitter: give --tx x,y,z, or one in the file of --config");
  const auto options = map.options(scene, interactions);
  const maps::RadioMap result = runs::solve_radio_map(loaded, map.map_surface(scene), options,
                                                      runs::read_beside(scene.config_file, scene.config, loaded));
  if (!output.empty()) runs::save_radio_map(output, result, place);
  view::MapPlotOptions plot;
  plot.metric = drawn;
  for (const std::string& image : {png, svg}) {
    if (!image.empty()) view::plot_radio_map(image, result, loaded, plot);
  }
  if (!html.empty()) {
    view::ReportOptions report;
    report.map = plot;
    report.place = place;
    write_text(html, view::report_html(loaded, nullptr, &result, report));
  }
  if (!json.empty()) write_text(json, runs::radio_map_json(result, options, place));
  if (json != "-") std::fputs(map_summary(result).c_str(), stdout);
  return kDone;
}

}  // namespace

void add_map_command(CLI::App& app, Action& action) {
  auto command = std::make_shared<MapCommand>();
  CLI::App* sub = app.add_subcommand("map", "path gain, received power and SINR over a surface");
  command->scene.add_to(*sub, true);
  command->interactions.add_to(*sub);
  command->map.add_to(*sub);
  sub->add_option("--metric", command->metric, "of the pictures: path-gain (default), rss, sinr, association");
  sub->add_option("--json", command->json, "settings and statistics as JSON; - is standard output");
  sub->add_option("-o,--output", command->output, "arrays: .npz, .h5");
  sub->add_option("--png", command->png, "the map as a picture");
  sub->add_option("--svg", command->svg, "the map as a drawing");
  sub->add_option("--html", command->html, "a page with the scene and the map");
  sub->footer(
      "Example:\n  raywave map scenes/street_canyon/street_canyon.xml --tx 0,0,10 --cell-size 5 --max-depth 2 -o "
      "map.npz");
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace raywave::cli
