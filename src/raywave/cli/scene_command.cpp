// SPDX-License-Identifier: Apache-2.0
// raywave scene info|check: what is in a scene file, and what is wrong with it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "raywave/cli/commands.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/core/units.h"
#include "raywave/em/material.h"
#include "raywave/io/scene_files.h"
#include "raywave/scene/facets.h"

namespace raywave::cli {
namespace {

using Json = nlohmann::ordered_json;

struct SceneCommand {
  std::string file, json;
  std::string frequency = "3.5GHz";

  scene::Scene load(const LogSink& log) const {
    io::LoadOptions options;
    options.frequency_hz = parse_frequency_hz(frequency);
    options.log = log;
    check_output("--json", json, {});
    return io::load_scene(file, options);
  }
  int info() const;
  int check() const;
};

Json info_json(const scene::Scene& scene, const scene::FacetTable& table) {
  Json out{{"objects", scene.objects.size()},
           {"triangles", scene.num_triangles()},
           {"facets", table.facets.size()},
           {"edges", table.edges.size()},
           {"frequency_hz", scene.frequency_hz}};
  if (scene.num_triangles() > 0) {
    Vec3d lo, hi;
    scene.bounding_box(lo, hi);
    out["min_m"] = {lo.x, lo.y, lo.z};
    out["max_m"] = {hi.x, hi.y, hi.z};
  }
  out["materials"] = Json::array();
  for (size_t m = 0; m < scene.materials.size(); ++m) {
    const auto& material = scene.materials[m];
    const auto properties = em::properties_at(material, scene.frequency_hz);
    size_t objects = 0;
    for (const auto& object : scene.objects) objects += object.material == int(m);
    Json row{{"name", material.name},
             {"itu_name", material.itu_name},
             {"perfect_conductor", material.perfect_conductor},
             {"eta", {properties.eta.re, properties.eta.im}},
             {"thickness_m", material.thickness_m},
             {"objects", objects}};
    out["materials"].push_back(row);
  }
  return out;
}

std::string info_text(const Json& info) {
  const auto vec = [](const Json& v) { return number(v[0], 6) + ", " + number(v[1], 6) + ", " + number(v[2], 6); };
  std::vector<std::vector<std::string>> counts;
  for (const char* key : {"objects", "triangles", "facets", "edges"})
    counts.push_back({key, std::to_string(info[key].get<size_t>())});
  if (info.contains("min_m")) {
    counts.push_back({"from [m]", vec(info["min_m"])});
    counts.push_back({"to [m]", vec(info["max_m"])});
  }
  std::vector<std::vector<std::string>> materials{{"material", "objects", "permittivity", "loss", "thickness [m]"}};
  for (const auto& m : info["materials"]) {
    const bool conductor = m["perfect_conductor"];
    materials.push_back({m["name"], std::to_string(m["objects"].get<size_t>()),
                         conductor ? "conductor" : number(m["eta"][0]),
                         conductor ? "" : number(-m["eta"][1].get<double>()), number(m["thickness_m"])});
  }
  return layout_table(counts) +
         message("\nMaterials at ", number(info["frequency_hz"].get<double>() * 1e-9, 6), " GHz\n") +
         layout_table(materials);
}

int SceneCommand::info() const {
  const scene::Scene scene = load(warning_log());
  const Json info = info_json(scene, scene::build_facets(scene));
  if (!json.empty()) write_text(json, info.dump(1));
  if (json != "-") std::fputs(info_text(info).c_str(), stdout);
  return kDone;
}

int SceneCommand::check() const {
  std::vector<std::string> warnings;
  const scene::Scene scene = load([&](std::string_view text) { warnings.emplace_back(text); });
  scene.validate();
  for (const auto& material : scene.materials) {
    em::properties_at(material, scene.frequency_hz, [&](std::string_view text) { warnings.emplace_back(text); });
  }
  if (!json.empty()) write_text(json, Json{{"warnings", warnings}}.dump(1));
  if (json == "-") return kDone;
  for (const auto& warning : warnings) std::printf("warning: %s\n", warning.c_str());
  std::printf("%s: %zu triangles in %zu objects, %zu warnings\n", file.c_str(), scene.num_triangles(),
              scene.objects.size(), warnings.size());
  return kDone;
}

}  // namespace

void add_scene_command(CLI::App& app, Action& action) {
  CLI::App* parent = app.add_subcommand("scene", "look at a scene file");
  parent->require_subcommand(1);
  parent->footer("Example:\n  raywave scene info scenes/street_canyon/street_canyon.xml");
  const auto add = [&](const char* name, const char* help, int (SceneCommand::*run)() const) {
    auto command = std::make_shared<SceneCommand>();
    CLI::App* sub = parent->add_subcommand(name, help);
    sub->add_option("SCENE", command->file, "scene file")->required();
    sub->add_option("--frequency", command->frequency, "of the materials, like 3.5GHz");
    sub->add_option("--json", command->json, "the same as JSON; - is standard output");
    sub->footer(std::string("Example:\n  raywave scene ") + name + " scenes/street_canyon/street_canyon.xml");
    sub->callback([command, run, &action] { action = [command, run] { return ((*command).*run)(); }; });
  };
  add("info", "counts, extent, materials", &SceneCommand::info);
  add("check", "read everything, list what was repaired or is doubtful", &SceneCommand::check);
}

}  // namespace raywave::cli
