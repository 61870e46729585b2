// SPDX-License-Identifier: Apache-2.0
// raywave gradcheck: exact derivatives beside central differences of the whole solver; exit code 4 when they differ.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "raywave/ad/gradient_check.h"
#include "raywave/cli/commands.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/maps/map_derivative.h"
#include "raywave/paths/paths_derivative.h"
#include "raywave/runs/solve.h"
#include "raywave/runtime/threads.h"
#include "raywave/scene/parameters.h"
#include "raywave/signal/channel_derivative.h"

namespace raywave::cli {
namespace {

/// A sum of what a solver gives, as a function of the scene, and its gradient.
class Quantity {
 public:
  virtual ~Quantity() = default;
  virtual const scene::Differentiable& solver() const = 0;
  virtual const char* meaning() const = 0;
  virtual double value(const scene::Scene& scene) = 0;
  virtual scene::SceneDerivative gradient(const scene::Scene& scene) = 0;
  /// What was there at the last value(): paths; covered cells, paths to their points, sample points on walls. A
  /// change within a step is a jump.
  std::vector<int64_t> count;
};

double sum(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

class OfPaths : public Quantity {
 public:
  OfPaths(runs::PathSearch search, bool delay) : search_(std::move(search)), delay_(delay) {}
  const scene::Differentiable& solver() const override { return paths::kDifferentiableByPaths; }
  const char* meaning() const override {
    return delay_ ? "sum over the links of the power-weighted mean delay [s]" : "sum over the links of the path gain";
  }
  double value(const scene::Scene& scene) override {
    const paths::Paths p = runs::solve_paths(scene, search_, {});
    count = {p.num_paths()};
    return sum(delay_ ? signal::mean_delay(p) : signal::path_gain(p));
  }
  scene::SceneDerivative gradient(const scene::Scene& scene) override {
    return runtime::on_threads(search_.options.num_threads, [&] {
      const paths::PreparedScene prepared(scene);
      const paths::Paths p = runs::solve_paths(scene, search_, {});
      const std::vector<double> ones(p.rx_names.size() * p.tx_names.size(), 1);
      return paths::paths_vjp(scene, prepared, search_.options, p,
                              delay_ ? signal::mean_delay_vjp(p, ones) : signal::path_gain_vjp(p, ones));
    });
  }

 private:
  const runs::PathSearch search_;
  const bool delay_;
};

class OfMap : public Quantity {
 public:
  OfMap(maps::RadioMapOptions options, maps::Surface surface)
      : options_(std::move(options)), surface_(std::move(surface)) {}
  const scene::Differentiable& solver() const override { return maps::differentiable_by(options_.method); }
  const char* meaning() const override { return "sum over transmitters and cells of the path gain"; }
  double value(const scene::Scene& scene) override {
    const maps::RadioMap map = maps::solve_radio_map(scene, surface_, options_);
    const auto covered = std::count_if(map.path_gain.begin(), map.path_gain.end(), [](double g) { return g > 0; });
    count = {covered, map.num_arrivals, map.num_split_points};
    return sum(map.path_gain);
  }
  scene::SceneDerivative gradient(const scene::Scene& scene) override {
    return runtime::on_threads(options_.num_threads, [&] {
      const paths::PreparedScene prepared(scene);
      const maps::RadioMap map = maps::solve_radio_map(scene, prepared, surface_, options_);
      surface_ = map.surface;  // the cells stay where they are when the scene moves
      return maps::map_vjp(scene, prepared, options_, map, std::vector<double>(map.path_gain.size(), 1));
    });
  }

 private:
  maps::RadioMapOptions options_;
  maps::Surface surface_;
};

struct Checked {
  scene::Parameter parameter;
  ad::GradientCheck check;
  bool jumps = false;
};

struct GradcheckCommand {
  SceneFlags scene;
  InteractionFlags interactions;
  PathFlags paths;
  MapFlags map;
  std::string of = "path-gain", json;
  std::vector<std::string> wrt;
  std::optional<double> step;
  double tolerance = 1e-5;

  std::unique_ptr<Quantity> quantity() const;
  Checked check(const scene::Scene& at, Quantity& of_scene, const scene::ParameterTree& gradient,
                const std::string& name) const;
  int run();
};

std::unique_ptr<Quantity> GradcheckCommand::quantity() const {
  if (of == "map") {
    maps::RadioMapOptions options = map.options(scene, interactions);
    options.progress = [](int64_t, int64_t) { return !interrupted(); };
    return std::make_unique<OfMap>(std::move(options), map.map_surface(scene));
  }
  if (of != "path-gain" && of != "delay") {
    throw UsageError(message("--of must be one of path-gain, delay, map, got '", of, "'",
                             did_you_mean(of, {"path-gain", "delay", "map"})));
  }
  runs::PathSearch search = paths.options(scene, interactions);
  search.options.progress = [](int64_t, int64_t) { return !interrupted(); };
  return std::make_unique<OfPaths>(std::move(search), of == "delay");
}

Checked GradcheckCommand::check(const scene::Scene& at, Quantity& of_scene, const scene::ParameterTree& gradient,
                                const std::string& name) const {
  Checked out;
  out.parameter = scene::parameter(at, name);
  const double h = step.value_or(scene::difference_step(at, out.parameter));
  std::vector<int64_t> first;
  const auto f = [&](const std::vector<double>& x) {
    scene::Scene moved = at;
    scene::set_parameter(moved, name, x);
    const double value = of_scene.value(moved);
    if (first.empty()) first = of_scene.count;
    out.jumps = out.jumps || of_scene.count != first;
    return value;
  };
  out.check = ad::check_gradient(f, out.parameter.value, gradient.at(name), h);
  return out;
}

std::string component_name(const Checked& c, int component) {
  std::string name = c.parameter.name;
  if (c.parameter.shape.empty()) return name;
  int64_t rest = component;
  std::string index;
  for (size_t axis = c.parameter.shape.size(); axis-- > 0;) {
    index.insert(0, std::to_string(rest % c.parameter.shape[axis]) + (index.empty() ? "" : ","));
    rest /= c.parameter.shape[axis];
  }
  return name + "[" + index + "]";
}

std::string table(const std::vector<Checked>& all, double tolerance) {
  std::vector<std::vector<std::string>> rows{
      {"parameter", "unit", "exact derivative", "central difference", "relative error", "step", "pass"}};
  for (const Checked& c : all) {
    for (const auto& row : c.check.rows) {
      rows.push_back({component_name(c, row.component), c.parameter.unit, number(row.exact, 10),
                      number(row.difference, 10), number(row.relative_error, 3), number(c.check.step, 3),
                      row.passed(tolerance) ? "yes" : "NO"});
    }
  }
  return layout_table(rows);
}

std::string rows_json(const std::vector<Checked>& all, const std::string& of, double tolerance, bool passed) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (const Checked& c : all) {
    for (const auto& row : c.check.rows) {
      rows.push_back({{"parameter", c.parameter.name},
                      {"component", row.component},
                      {"unit", c.parameter.unit},
                      {"at", c.parameter.value[size_t(row.component)]},
                      {"exact", row.exact},
                      {"central_difference", row.difference},
                      {"relative_error", row.relative_error},
                      {"step", c.check.step},
                      {"jumps", c.jumps},
                      {"pass", row.passed(tolerance)}});
    }
  }
  return Json{
      {"of", of}, {"value", all.front().check.value}, {"tolerance", tolerance}, {"pass", passed}, {"rows", rows}}
      .dump(1);
}

int GradcheckCommand::run() {
  check_output("--json", json, {});
  if (step) require_positive("step", *step);
  require_positive("tolerance", tolerance);
  const scene::Scene loaded = scene.load();
  runs::refuse_beside(scene.config_file, scene.config, "raywave gradcheck");
  const auto of_scene = quantity();
  for (const auto& name : wrt)
    scene::require_differentiable(loaded, name, of_scene->solver(), maps::differentiable_solvers());
  const scene::ParameterTree gradient = scene::gradient_tree(loaded, of_scene->gradient(loaded));
  if (&of_scene->solver() == &maps::kDifferentiableByMonteCarloMaps) {
    warning_log()(
        "rays that are shot carry no distance: differences of a Monte Carlo map with respect to geometry are 0 or "
        "jumps; compare with --method exact");
  }
  std::vector<Checked> all;
  bool passed = true;
  for (const auto& name : wrt) {
    all.push_back(check(loaded, *of_scene, gradient, name));
    passed = passed && all.back().check.passed(tolerance);
    if (all.back().jumps) {
      warning_log()(message(name,
                            of == "map" ? ": covered cells, paths to their points, or points on walls" : ": paths",
                            " appear or end within the step, and the difference sees them jump"));
    }
  }
  if (!json.empty()) write_text(json, rows_json(all, of, tolerance, passed));
  if (json != "-") {
    std::printf("%s: %s\n\n%s\nlargest relative error allowed: %s; %s\n", of_scene->meaning(),
                number(all.front().check.value, 10).c_str(), table(all, tolerance).c_str(),
                number(tolerance, 3).c_str(), passed ? "passed" : "FAILED");
  }
  return passed ? kDone : kCheckFailed;
}

}  // namespace

void add_gradcheck_command(CLI::App& app, Action& action) {
  auto command = std::make_shared<GradcheckCommand>();
  CLI::App* sub = app.add_subcommand("gradcheck", "exact derivatives beside central differences of the whole solver");
  command->scene.add_to(*sub, true);
  command->interactions.add_to(*sub);
  command->paths.add_to(*sub);
  command->map.add_to(*sub);
  sub->add_option("--of", command->of,
                  "path-gain (default), delay (both summed over links) or map (summed over cells)");
  sub->add_option("--wrt", command->wrt, "parameter like device/tx0/position_m; repeatable")
      ->allow_extra_args(false)
      ->required();
  sub->add_option("--step", command->step, "of the differences, in the parameter's unit (default: by its kind)");
  sub->add_option("--tolerance", command->tolerance,
                  "largest relative error; components below a thousandth of the largest count as that (default 1e-5)");
  sub->add_option("--json", command->json, "the rows as JSON; - is standard output");
  sub->footer(
      "Example:\n  raywave gradcheck scenes/street_canyon/street_canyon.xml --tx -30,0,10 --rx 30,0,1.5 --max-depth 2 "
      "--of path-gain --wrt device/tx0/position_m --wrt material/brick/relative_permittivity");
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace raywave::cli
