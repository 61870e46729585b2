// SPDX-License-Identifier: Apache-2.0
// raywave wave: fields by the angular spectrum, and its backends compared.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "raywave/cli/commands.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/core/constants.h"
#include "raywave/core/files.h"
#include "raywave/runs/wave_files.h"
#include "raywave/view/wave_figure.h"

namespace raywave::cli {
namespace {

/// What both subcommands take; a flag wins over the file.
struct WaveFlags {
  std::string config;
  std::optional<std::string> backend, precision, memory, device;
  std::optional<int> threads, planes;
  std::string json, png, svg, html;

  void add_to(CLI::App& app);
  void check_files() const;
  void apply_to(wave::SimulateOptions& options) const;
};

void WaveFlags::add_to(CLI::App& app) {
  app.add_option("--device", device,
                 "cpu (default), cuda, or emulated: the march of cuda as loops on the CPU, for tests");
  app.add_option("--memory", memory, "limit of fields and checkpoints: 1GiB (default), 512MiB, 1e9");
  app.add_option("--threads", threads, "0: all (default)");
  app.add_option("--planes", planes, "evenly spaced planes of the field");
  app.add_option("--json", json, "settings and numbers as JSON; - is standard output");
  app.add_option("--png", png, "a picture");
  app.add_option("--svg", svg, "a drawing");
}

void WaveFlags::check_files() const {
  check_output("--json", json, {});
  check_output("--png", png, {".png"});
  check_output("--svg", svg, {".svg"});
  check_output("--html", html, {".html", ".htm"});
}

void WaveFlags::apply_to(wave::SimulateOptions& o) const {
  if (backend) o.backend.kind = wave::backend_from_name(*backend);
  if (precision) {
    if (*precision != "double" && *precision != "float")
      throw UsageError(message("--precision must be double or float, got '", *precision, "'",
                               did_you_mean(*precision, {"double", "float"})));
    o.backend.precision = *precision == "float" ? wave::Precision::kFloat : wave::Precision::kDouble;
  }
  if (memory) o.memory_bytes = runs::parse_bytes(*memory);
  if (threads) o.num_threads = *threads;
  if (planes && *planes < 1) throw UsageError(message("--planes must be >= 1, got ", *planes));
  if (device) {
    if (*device != "cpu" && *device != "cuda" && *device != "emulated")
      throw UsageError(message("--device must be cpu, cuda or emulated, got '", *device, "'",
                               did_you_mean(*device, {"cpu", "cuda", "emulated"})));
    o.device = wave::device_from_name(*device);
  }
  o.log = warning_log();
}

struct WaveCommand {
  WaveFlags flags;
  std::string output;

  int run();
};

std::string run_summary(const wave::Result& r) {
  const wave::Scene& s = r.scene();
  std::vector<std::vector<std::string>> rows{
      {"source", "plane z [m]", s.grid.volume() ? "power [W]" : "power [W/m]", "largest |u|"}};
  for (size_t i = 0; i < s.sources.size(); ++i)
    for (const size_t p : {size_t(0), r.z_m.size() - 1}) {
      double top = 0;
      for (const auto v : r.field[p][i]) top = std::max(top, std::abs(v));
      rows.push_back({s.sources[i].name, number(r.z_m[p], 6), number(r.power_w_per_m(int(p), int(i)), 6), number(top)});
      if (r.z_m.size() == 1) break;
    }
  std::string out = message(r.z_m.size(), " planes of ", s.grid.num_points(), " points at ",
                            number(s.frequency_hz * 1e-9, 6), " GHz\n");
  for (size_t i = 0; i < s.sources.size(); ++i)
    if (r.cones[i].half_angle_rad < kPi / 2)
      out += message("source '", s.sources[i].name, "': holds within ",
                     number(r.cones[i].half_angle_rad * 180 / kPi, 3), " degrees of its axis\n");
  for (const std::string& choice : r.choices) out += choice + "\n";
  return out + "\n" + layout_table(rows);
}

int WaveCommand::run() {
  flags.check_files();
  check_output("--output", output, {".npz", ".h5", ".hdf5"});
  runs::WaveConfig config = runs::read_wave_config(flags.config, warning_log());
  flags.apply_to(config.options);
  if (flags.planes) config.planes = *flags.planes;
  if (config.planes > 0) config.options.output_z_m = wave::even_planes_m(config.scene, config.planes);
  if (!output.empty()) config.field = output;
  if (!flags.json.empty()) config.json = flags.json;
  if (flags.png.empty() && flags.svg.empty() && !config.image.empty())
    (config.image.ends_with(".svg") ? flags.svg : flags.png) = config.image;
  check_output("output.field", config.field, {".npz", ".h5", ".hdf5"});
  check_output("output.image", flags.png, {".png"});
  check_output("output.json", config.json, {});
  config.options.progress = progress_bar("wave");
  const wave::Result result = wave::simulate(config.scene, config.options);
  if (!config.field.empty()) runs::save_wave_result(config.field, result, config.place);
  for (const std::string& image : {flags.png, flags.svg})
    if (!image.empty()) view::plot_wave_field(image, result);
  if (!config.json.empty()) write_text(config.json, runs::wave_json(result, config));
  if (config.json != "-") std::fputs(run_summary(result).c_str(), stdout);
  return kDone;
}

struct CompareCommand {
  WaveFlags flags;

  int run() const;
};

std::string comparison_json(const wave::Comparison& m) {
  auto solvers = nlohmann::ordered_json::array();
  for (const auto& s : m.solvers) {
    nlohmann::ordered_json row{{"solver", s.name}};
    if (s.missing.empty()) {
      row["seconds"] = s.seconds, row["error_to_fft"] = s.error_to_fft;
      if (s.error_to_green >= 0 && s.name != "green") row["error_to_green"] = s.error_to_green;
    } else {
      row["missing"] = s.missing;
    }
    solvers.push_back(row);
  }
  nlohmann::ordered_json out{{"frequency_hz", m.scene.frequency_hz}, {"planes", m.z_m.size()}, {"solvers", solvers}};
  if (!m.tangent.empty())
    out["source_shift"] = {{"sensitivity_error", m.sensitivity_error},
                           {"tangent_error", m.tangent_error},
                           {"adjoint_error", m.adjoint_error},
                           {"tangent_seconds", m.seconds_tangent},
                           {"adjoint_seconds", m.seconds_adjoint}};
  return out.dump(1);
}

int CompareCommand::run() const {
  flags.check_files();
  runs::WaveConfig config;
  if (flags.config.empty()) {
    config.scene = wave::comparison_scene();
  } else {
    config = runs::read_wave_config(flags.config, warning_log());
  }
  flags.apply_to(config.options);
  const int planes = flags.planes.value_or(config.planes > 1 ? config.planes : 161);
  const auto m = wave::compare(config.scene, wave::even_planes_m(config.scene, planes), config.options);
  for (const std::string& image : {flags.png, flags.svg})
    if (!image.empty()) view::plot_wave_comparison(image, m);
  if (!flags.html.empty()) {
    const std::string drawing = flags.html + ".drawing.svg";
    view::plot_wave_comparison(drawing, m);
    const std::string svg = read_file(drawing);
    std::filesystem::remove(drawing);
    write_text(flags.html, view::wave_comparison_html(m, svg));
  }
  if (!flags.json.empty()) write_text(flags.json, comparison_json(m));
  if (flags.json != "-") {
    std::fputs(layout_table(view::comparison_table(m)).c_str(), stdout);
    for (const auto& s : m.solvers)
      if (!s.missing.empty()) std::printf("%s: %s\n", s.name.c_str(), s.missing.c_str());
    if (!m.tangent.empty())
      std::printf("source shift: tangent %s, marched slope %s from finite differences; adjoint %s from the tangent\n",
                  number(m.tangent_error, 2).c_str(), number(m.sensitivity_error, 2).c_str(),
                  number(m.adjoint_error, 2).c_str());
  }
  return kDone;
}

}  // namespace

void add_wave_command(CLI::App& app, Action& action) {
  CLI::App* sub =
      app.add_subcommand("wave", "fields of a 2D or 3D scene by the angular spectrum; `wave compare`: its backends");
  auto command = std::make_shared<WaveCommand>();
  sub->add_option("config", command->flags.config, "the run as a TOML file");
  sub->add_option("--backend", command->flags.backend, "fft (default), dense, nufft, gaussian_beams");
  sub->add_option("--precision", command->flags.precision, "double (default) or float");
  command->flags.add_to(*sub);
  sub->add_option("-o,--output", command->output, "arrays: .npz, .h5");
  sub->footer("Example:\n  raywave wave examples/wave_walls.toml --png field.png");
  auto comparison = std::make_shared<CompareCommand>();
  CLI::App* compare = sub->add_subcommand("compare", "all backends and the Green's-function reference for one scene");
  compare->add_option("config", comparison->flags.config, "the run as a TOML file (default: a beam past a strip)");
  comparison->flags.add_to(*compare);
  compare->add_option("--html", comparison->flags.html, "a page with the figure and the table");
  compare->footer("Example:\n  raywave wave compare --png compare.png --html compare.html");
  sub->require_subcommand(0, 1);
  sub->callback([command, comparison, compare, &action] {
    if (compare->parsed()) {
      action = [comparison] { return comparison->run(); };
      return;
    }
    if (command->flags.config.empty()) throw UsageError("no run named: give a TOML file, or `raywave wave compare`");
    action = [command] { return command->run(); };
  });
}

}  // namespace raywave::cli
