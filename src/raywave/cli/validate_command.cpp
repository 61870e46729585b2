// SPDX-License-Identifier: Apache-2.0
// raywave validate: the solvers against closed forms; exit code 4 when a row fails.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "raywave/cli/commands.h"
#include "raywave/cli/run_flags.h"
#include "raywave/cli/terminal.h"
#include "raywave/validate/rays_waves.h"
#include "raywave/validate/validation.h"

namespace raywave::cli {
namespace {

struct ValidateCommand {
  std::string filter, json;
  int threads = 0;
  bool rays_vs_waves = false;

  int run() const;
  int run_rays_vs_waves() const;
};

std::string rows_json(const std::vector<validate::ValidationRow>& rows) {
  // NaN has no number in JSON: nlohmann writes null there, and "pass" is false.
  auto list = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    list.push_back({{"case", row.name},
                    {"quantity", row.quantity},
                    {"expected", row.expected},
                    {"got", row.got},
                    {"error", row.error()},
                    {"tolerance", row.tolerance},
                    {"compared", row.compared},
                    {"pass", row.pass()}});
  }
  return nlohmann::ordered_json{{"rows", list}}.dump(1);
}

std::string rows_table(const std::vector<validate::ValidationRow>& rows) {
  std::vector<std::vector<std::string>> table{{"case", "quantity", "expected", "got", "error", "tolerance", "pass"}};
  for (const auto& row : rows) {
    table.push_back({row.name, row.quantity, number(row.expected, 10), number(row.got, 10), number(row.error(), 3),
                     row.compared ? "-" : number(row.tolerance, 3),
                     row.compared ? "-"
                     : row.pass() ? "yes"
                                  : "NO"});
  }
  return layout_table(table);
}

/// Infinite: no limit.
nlohmann::ordered_json or_null(double x) { return std::isfinite(x) ? nlohmann::ordered_json(x) : nullptr; }

std::string rays_waves_json(const validate::RaysWaves& both) {
  auto rows = nlohmann::ordered_json::array(), slopes = nlohmann::ordered_json::array();
  for (const auto& r : both.rows)
    rows.push_back({{"scene", r.scene},
                    {"region", r.what},
                    {"points", r.points},
                    {"mean_db", r.mean_db},
                    {"p95_db", r.p95_db},
                    {"limit_db", or_null(r.limit_db)},
                    {"left", r.left},
                    {"pass", r.pass()}});
  for (const auto& s : both.slopes)
    slopes.push_back({{"scene", s.scene},
                      {"parameter", s.parameter},
                      {"relative_difference", s.difference},
                      {"limit", s.limit},
                      {"y_m", s.y_m},
                      {"rays_per_m", s.rays},
                      {"waves_per_m", s.waves}});
  return nlohmann::ordered_json{{"rows", rows}, {"slopes", slopes}}.dump(1);
}

std::string rays_waves_table(const validate::RaysWaves& both) {
  std::vector<std::vector<std::string>> table{
      {"scene", "region", "points", "mean [dB]", "95 % [dB]", "limit", "pass", "what is left"}};
  for (const auto& r : both.rows) {
    const bool judged = std::isfinite(r.limit_db);
    table.push_back({r.scene, r.what, std::to_string(r.points), number(r.mean_db, 2), number(r.p95_db, 2),
                     judged ? number(r.limit_db) : "-",
                     !judged    ? "-"
                     : r.pass() ? "yes"
                                : "NO",
                     r.left});
  }
  std::vector<std::vector<std::string>> slopes{
      {"scene", "derivative of power by the", "relative L2 difference", "limit"}};
  for (const auto& s : both.slopes) slopes.push_back({s.scene, s.parameter, number(s.difference, 2), number(s.limit)});
  return layout_table(table) + "\n" + layout_table(slopes);
}

int ValidateCommand::run_rays_vs_waves() const {
  const validate::RaysWaves both = validate::rays_against_waves(threads);
  const bool bad =
      std::any_of(both.rows.begin(), both.rows.end(), [](const auto& r) { return !r.pass(); }) ||
      std::any_of(both.slopes.begin(), both.slopes.end(), [](const auto& s) { return !(s.difference <= s.limit); });
  if (!json.empty()) write_text(json, rays_waves_json(both));
  if (json != "-") std::printf("%s", rays_waves_table(both).c_str());
  return bad ? kCheckFailed : kDone;
}

int ValidateCommand::run() const {
  check_output("--json", json, {});
  if (rays_vs_waves && !filter.empty())
    throw UsageError("--rays-vs-waves has no --filter: its rows are also among those of validate");
  if (rays_vs_waves) return run_rays_vs_waves();
  const auto rows = validate::validation_rows(filter, threads);
  if (rows.empty()) throw UsageError(message("--filter: no case's name contains '", filter, "'"));
  const auto failed = std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.pass(); });
  if (!json.empty()) write_text(json, rows_json(rows));
  if (json != "-") {
    std::printf("%s\n%zu checks, %zu failed\n", rows_table(rows).c_str(), rows.size(), size_t(failed));
  }
  return failed == 0 ? kDone : kCheckFailed;
}

}  // namespace

void add_validate_command(CLI::App& app, Action& action) {
  auto command = std::make_shared<ValidateCommand>();
  CLI::App* sub =
      app.add_subcommand("validate", "compare with closed forms: case, quantity, expected, got, error, pass");
  sub->add_option("--filter", command->filter, "only cases whose name contains this");
  sub->add_flag("--rays-vs-waves", command->rays_vs_waves,
                "the same scenes in the plane by rays and by waves: differences in dB, and where each is wrong");
  sub->add_option("--threads", command->threads, "0: all (default)");
  sub->add_option("--json", command->json, "the rows as JSON; - is standard output");
  sub->footer("Example:\n  raywave validate --filter Friis");
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace raywave::cli
