// SPDX-License-Identifier: Apache-2.0
// raywave view: one page with the scene, and its paths and map where asked for.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "raywave/cli/commands.h"
#include "raywave/cli/map_output.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/io/place.h"
#include "raywave/runs/solve.h"
#include "raywave/view/view.h"

namespace raywave::cli {
namespace {

struct ViewCommand {
  SceneFlags scene;
  InteractionFlags interactions;
  PathFlags path_flags;
  MapFlags map_flags;
  bool with_map = false;
  std::string html, metric = "path-gain", title;

  int run();
};

int ViewCommand::run() {
  view::ReportOptions report;
  report.map.metric = metric_from_name(metric);
  check_output("--html", html, {".html", ".htm"});
  const scene::Scene loaded = scene.load();
  if (html.empty()) html = scene.config.output.report.value_or("");
  check_output("output.report", html, {".html", ".htm"});
  if (html.empty()) throw UsageError("no page named: give --html FILE");
  report.title = title.empty() ? std::filesystem::path(scene.file).filename().string() : title;
  std::optional<paths::Paths> paths;
  std::optional<maps::RadioMap> map;
  const auto beside = runs::read_beside(scene.config_file, scene.config, loaded);
  if (!loaded.transmitters.empty() && !loaded.receivers.empty()) {
    paths = runs::solve_paths(loaded, path_flags.options(scene, interactions), beside);
    report.facts.emplace_back("paths", std::to_string(paths->num_paths()));
  }
  if (with_map) {
    map = runs::solve_radio_map(loaded, map_flags.map_surface(scene), map_flags.options(scene, interactions), beside);
  }
  report.place = io::read_place(scene.file);
  report.facts.emplace_back("frequency", number(loaded.frequency_hz * 1e-9, 6) + " GHz");
  report.facts.emplace_back("triangles", std::to_string(loaded.num_triangles()));
  write_text(html, view::report_html(loaded, paths ? &*paths : nullptr, map ? &*map : nullptr, report));
  if (html != "-") std::printf("%s\n", html.c_str());
  return kDone;
}

}  // namespace

void add_view_command(CLI::App& app, Action& action) {
  auto command = std::make_shared<ViewCommand>();
  CLI::App* sub =
      app.add_subcommand("view", "a page with the scene in 3D, its devices, paths (with --tx and --rx) and map");
  command->scene.add_to(*sub, true);
  command->interactions.add_to(*sub);
  command->path_flags.add_to(*sub);
  sub->add_flag("--map", command->with_map, "solve and drape a radio map");
  command->map_flags.add_to(*sub);
  sub->add_option("--metric", command->metric, "of the map: path-gain (default), rss, sinr, association");
  sub->add_option("--title", command->title, "of the page (default: the scene's file)");
  sub->add_option("--html", command->html, "the page; - is standard output");
  sub->footer(
      "Example:\n  raywave view scenes/street_canyon/street_canyon.xml --tx -30,0,10 --rx 30,0,1.5 --html view.html");
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace raywave::cli
