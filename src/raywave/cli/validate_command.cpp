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
#include "raywave/validate/validation.h"

namespace raywave::cli {
namespace {

struct ValidateCommand {
  std::string filter, json;
  int threads = 0;

  int run() const;
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

int ValidateCommand::run() const {
  check_output("--json", json, {});
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
  sub->add_option("--threads", command->threads, "0: all (default)");
  sub->add_option("--json", command->json, "the rows as JSON; - is standard output");
  sub->footer("Example:\n  raywave validate --filter Friis");
  sub->callback([command, &action] { action = [command] { return command->run(); }; });
}

}  // namespace raywave::cli
