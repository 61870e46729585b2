// SPDX-License-Identifier: Apache-2.0
// raywave plane: paths and maps in two dimensions.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "raywave/cli/commands.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/io/arrays.h"
#include "raywave/plane/grid.h"
#include "raywave/runs/place_arrays.h"
#include "raywave/runs/plane_file.h"
#include "raywave/view/plane_figure.h"

namespace raywave::cli {
namespace {

struct PlaneCommand {
  std::string file, json, map, png, svg;
  runs::PlaneTrace flags;
  int threads = 0;
  std::optional<double> alpha;

  plane::TraceOptions options(const runs::PlaneTrace& trace) const;
  int run();
};

plane::TraceOptions PlaneCommand::options(const runs::PlaneTrace& trace) const {
  enum class List { kAll, kVisible, kSampled };
  static constexpr std::pair<const char*, List> kLists[] = {
      {"all", List::kAll}, {"visible", List::kVisible}, {"sampled", List::kSampled}};
  plane::TraceOptions o;
  o.candidates.min_order = trace.min_order.value_or(0), o.candidates.max_order = trace.max_order.value_or(1);
  const List list = value_named(kLists, "candidates", trace.candidates.value_or("all"));
  o.candidates.pruned = list == List::kVisible;
  o.candidates.sample_seed = trace.seed.value_or(o.candidates.sample_seed);
  o.refine.seed = trace.seed.value_or(o.refine.seed);
  if (list == List::kSampled) {
    runs::set_sampler(trace.sampling, o.candidates);
  } else if (flags.sampling.sampler || flags.sampling.num_samples) {
    warning_log()("--sampler and --num-samples change nothing without --candidates sampled");
  }
  o.refine.method = plane::method_from_name(trace.method.value_or("image"));
  o.num_threads = threads;
  const std::string activation = trace.smoothed.value_or("");
  o.approx = !activation.empty();
  if (o.approx) o.function = plane::activation_from_name(activation);
  return o;
}

std::vector<std::string> touched(const plane::Scene2D& s, const plane::Paths2D& p, size_t i) {
  std::vector<std::string> names;
  for (int64_t k = p.begin[i]; k < p.begin[i + 1]; ++k) names.push_back(s.objects[size_t(p.objects[size_t(k)])].name);
  return names;
}

std::optional<scene::Place> place_of(const plane::Scene2D& s) {
  return s.place.crs.empty() ? std::nullopt : std::optional(s.place);
}

std::string paths_json(const plane::Scene2D& s, const plane::Paths2D& p) {
  nlohmann::json list = nlohmann::json::array();
  for (size_t i = 0; i < p.count(); ++i) {
    nlohmann::json vertices = nlohmann::json::array();
    for (size_t k = 0; k < size_t(p.order[i]) + 2; ++k) {
      const Vec2d v = p.vertices[size_t(p.begin[i]) + 2 * i + k];
      vertices.push_back({v.x, v.y});
    }
    list.push_back({{"tx", s.transmitters[size_t(p.tx[i])].name},
                    {"rx", s.receivers[size_t(p.rx[i])].name},
                    {"objects", touched(s, p, i)},
                    {"valid", p.valid[i]},
                    {"power", p.power[i]},
                    {"length_m", p.length_m[i]},
                    {"vertices_m", vertices}});
  }
  nlohmann::json out{{"paths", list}};
  runs::add_place(out, place_of(s));
  return out.dump(1) + "\n";
}

std::string table(const plane::Scene2D& s, const plane::Paths2D& p) {
  std::vector<std::vector<std::string>> rows{{"tx", "rx", "by", "valid", "length [m]", "power [dB]"}};
  for (size_t i = 0; i < p.count(); ++i) {
    std::string by;
    for (const std::string& name : touched(s, p, i)) by += (by.empty() ? "" : " ") + name;
    rows.push_back({s.transmitters[size_t(p.tx[i])].name, s.receivers[size_t(p.rx[i])].name, by.empty() ? "-" : by,
                    number(p.valid[i]), number(p.length_m[i], 6), decibel(p.valid[i] * p.power[i])});
  }
  return message(p.count(), " paths\n\n", layout_table(rows));
}

struct PowerMap {
  std::vector<double> x_m, y_m;
  plane::Map2D map;
};

/// Over the box of all objects' ends and devices, ends included.
PowerMap power_map(const plane::Scene2D& s, const plane::TraceOptions& o, int points) {
  Vec2d lo{1e300, 1e300}, hi{-1e300, -1e300};
  const auto see = [&](Vec2d p, double r) {
    lo = {std::min(lo.x, p.x - r), std::min(lo.y, p.y - r)}, hi = {std::max(hi.x, p.x + r), std::max(hi.y, p.y + r)};
  };
  for (const auto& object : s.objects) {
    see(object.a, object.kind == plane::Kind::kArc ? object.radius_m : 0);
    if (object.kind != plane::Kind::kArc && object.kind != plane::Kind::kCorner) see(object.b, 0);
  }
  for (const auto& d : s.transmitters) see(d.position_m, 0);
  for (const auto& d : s.receivers) see(d.position_m, 0);
  PowerMap out;
  auto& [x, y, map] = out;
  for (int i = 0; i < points; ++i) {
    const double u = double(i) / (points - 1);
    x.push_back(lo.x + u * (hi.x - lo.x)), y.push_back(lo.y + u * (hi.y - lo.y));
  }
  plane::MapOptions m;
  m.trace = o;
  map = plane::map_over_receivers(s, plane::Grid2D::of_lines(x, y), m);
  return out;
}

void save_map(const std::string& path, const plane::Scene2D& s, const PowerMap& m) {
  std::vector<std::string> names;
  for (const auto& d : s.transmitters) names.push_back(d.name);
  const size_t n = m.x_m.size();
  std::vector<io::NamedArray> arrays{io::array_of("power", {m.map.num_devices, n, n}, m.map.value),
                                     io::array_of("x_m", {n}, m.x_m), io::array_of("y_m", {n}, m.y_m),
                                     io::array_of("tx_names", names)};
  runs::add_place(arrays, place_of(s));
  io::write_arrays(path, arrays);
}

void draw(const std::string& path, const plane::Scene2D& s, const plane::Paths2D& paths, const PowerMap& m) {
  view::PlaneMapToDraw drawn{m.x_m, m.y_m, std::vector<double>(m.map.num_points)};
  for (size_t i = 0; i < m.map.value.size(); ++i) drawn.power[i % m.map.num_points] += m.map.value[i];
  view::plot_plane(path, s, paths, drawn);
}

int PlaneCommand::run() {
  check_output("--json", json, {});
  check_output("--map", map, {".npz", ".h5", ".hdf5"});
  check_output("--png", png, {".png"});
  check_output("--svg", svg, {".svg"});
  if (flags.points.value_or(2) < 2) throw UsageError(message("--points must be at least 2, got ", *flags.points));
  auto [scene, trace] = runs::load_plane_run(file);
  trace.take(flags);
  scene.alpha = alpha.value_or(scene.alpha);
  const plane::TraceOptions o = options(trace);
  const plane::Paths2D paths = plane::trace(scene, o);
  if (!map.empty() || !png.empty() || !svg.empty()) {
    const PowerMap power = power_map(scene, o, trace.points.value_or(300));
    if (!map.empty()) save_map(map, scene, power);
    for (const std::string& picture : {png, svg})
      if (!picture.empty()) draw(picture, scene, paths, power);
  }
  if (!json.empty()) write_text(json, paths_json(scene, paths));
  if (json != "-") std::fputs(table(scene, paths).c_str(), stdout);
  return kDone;
}

}  // namespace

void add_plane_command(CLI::App& app, Action& action) {
  auto command = std::make_shared<PlaneCommand>();
  CLI::App* sub = app.add_subcommand(
      "plane", "paths and maps of a scene in two dimensions; flags take precedence over its file's [trace]");
  sub->add_option("SCENE", command->file, "scene in the plane (TOML, docs/plane.md)")->required();
  sub->add_option("--min-order", command->flags.min_order, "fewest interactions (default 0)");
  sub->add_option("--max-order", command->flags.max_order, "most interactions (default 1)");
  sub->add_option("--candidates", command->flags.candidates, "all (default), visible, or sampled by a --sampler");
  sub->add_option("--sampler", command->flags.sampling.sampler,
                  "model of --candidates sampled, e.g. models/plane_sampler.bin");
  sub->add_option("--num-samples", command->flags.sampling.num_samples,
                  "sequences that it draws of each link and order (default 10)");
  sub->add_option("--seed", command->flags.seed, "of what is drawn, and of starts of min-path (default 42)");
  sub->add_option("--method", command->flags.method, "image (default), fermat, min-path");
  sub->add_option("--smoothed", command->flags.smoothed, "sigmoid or hard_sigmoid: smoothed conditions");
  sub->add_option("--alpha", command->alpha, "their slope (default: the scene's)");
  sub->add_option("--threads", command->threads, "0: all (default)");
  sub->add_option("--json", command->json, "the paths as JSON; - is standard output");
  sub->add_option("--map", command->map, "received power over the scene as arrays: .npz, .h5");
  sub->add_option("--png", command->png, "power, objects and rays as a picture");
  sub->add_option("--svg", command->svg, "the same as SVG");
  sub->add_option("--points", command->flags.points, "of the map, along each side (default 300)");
  sub->footer("Example:\n  raywave plane examples/plane_room.toml --max-order 2 --map room.npz");
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace raywave::cli
